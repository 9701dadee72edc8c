//! How to fetch: everything the caller decided. This crate reads no
//! environment variable itself; the TLS roots (SSL_CERT_FILE, SSL_CERT_DIR,
//! except on macOS and Windows, as Go) and the default of
//! [`FetchConfig::http_proxy`] are the exceptions.

use crate::direct::config::DirectConfig;
use crate::net::auth::Auth;
use crate::net::clients::{Transport, Wire};
use crate::net::credentials::Credentials;
use crate::net::dns::DnsServer;
use crate::net::httpproxy::HttpProxyVars;
use crate::net::process::environment::Environment;
use crate::observe::Observer;
use airgo_gomod::Setting;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The caller's decisions. Start from [`FetchConfig::new`].
#[derive(Clone)]
pub struct FetchConfig {
    /// GOPROXY as resolved from environment, `go env -w` file and `go.env`.
    pub goproxy: Setting,
    /// GOPRIVATE: the default of GONOPROXY.
    pub goprivate: Setting,
    /// GONOPROXY: globs of modules that no proxy may be asked for.
    pub gonoproxy: Setting,
    /// GOINSECURE: matters only for finding a module's repository;
    /// Go never relaxes a proxy's TLS (cmd/go modfetch/proxy.go getBody).
    pub goinsecure: Setting,
    /// GOAUTH; empty means `netrc`.
    pub goauth: Setting,
    /// The default that Go comes with, where that is known: of its proxies a
    /// hint says that private modules are not there.
    pub default_goproxy: Setting,
    /// Credentials for https hosts, as netrc holds them: used where GOAUTH says `netrc`.
    pub credentials: Credentials,
    /// The name server to ask in place of the system's resolver.
    pub dns: Option<DnsServer>,
    /// HTTP_PROXY and the like; at first those of this process.
    pub http_proxy: HttpProxyVars,
    /// The environment for git and GOAUTH commands, which are found on its
    /// PATH; the empty default finds none.
    pub environment: Environment,
    /// How to fetch from modules' own repositories.
    pub direct: DirectConfig,
    /// How many requests may be under way at once.
    pub jobs: usize,
    /// Over how many connections one HTTP/2 host is asked.
    pub connections: usize,
    /// Where the download store lives; made when missing.
    pub store_dir: PathBuf,
    /// An existing GOMODCACHE to look into before asking the network.
    pub source_cache: Option<PathBuf>,
    /// The User-Agent header.
    pub user_agent: String,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// How often to try again.
    pub retries: RetryPolicy,
    /// How much to accept.
    pub limits: Limits,
    /// To whom progress is reported.
    pub observer: Option<Arc<dyn Observer>>,
}

impl FetchConfig {
    /// The defaults for this proxy list and store directory.
    pub fn new(goproxy: impl Into<String>, store_dir: impl Into<PathBuf>) -> Self {
        Self {
            goproxy: Setting::addresses(goproxy),
            goprivate: Setting::default(),
            gonoproxy: Setting::default(),
            goinsecure: Setting::default(),
            goauth: Setting::default(),
            default_goproxy: Setting::default(),
            credentials: Credentials::default(),
            dns: None,
            http_proxy: HttpProxyVars::from_env(),
            environment: Environment::default(),
            direct: DirectConfig::default(),
            jobs: 64,
            connections: 1,
            store_dir: store_dir.into(),
            source_cache: None,
            user_agent: concat!("airgo/", env!("CARGO_PKG_VERSION")).to_owned(),
            timeouts: Timeouts::default(),
            retries: RetryPolicy::default(),
            limits: Limits::default(),
            observer: None,
        }
    }

    /// What makes connections: so many to each HTTP/2 host.
    pub(crate) fn transport(&self, connections: usize) -> Transport {
        let wire = Wire::new(&self.http_proxy, self.dns, &self.user_agent, self.timeouts.connect);
        let auth = Auth::new(self.goauth.reveal(), self.credentials.clone(), self.environment.clone());
        Transport::new(&wire, auth, connections)
    }

    /// GONOPROXY, or GOPRIVATE where that is empty (cmd/go cfg.go).
    pub(crate) fn no_proxy_globs(&self) -> &Setting {
        if self.gonoproxy.is_empty() { &self.goprivate } else { &self.gonoproxy }
    }
}

/// How long to wait. The go command waits forever.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// For name resolution, TCP and TLS together.
    pub connect: Duration,
    /// From the request to the answer's headers. Generous, because a caching
    /// proxy may be fetching the module itself.
    pub first_byte: Duration,
    /// Between two pieces of a body.
    pub idle: Duration,
    /// A body slower than `slow_bytes` in each `slow_window` is given up.
    pub slow_window: Duration,
    /// See `slow_window`. Low: many streams may share a thin line.
    pub slow_bytes: u64,
}

impl Timeouts {
    /// No try waits longer than this for a connection or for an answer to
    /// begin, nor goes on with a body that brings next to nothing within it: in
    /// a shorter window the usual least rate, in a longer one the usual number
    /// of bytes. A large body that gets on may take as long as it takes. For
    /// `--timeout`.
    pub fn within(limit: Duration) -> Self {
        let usual = Self::default();
        let part = limit.as_secs_f64() / usual.slow_window.as_secs_f64();
        Self {
            connect: usual.connect.min(limit),
            first_byte: limit,
            idle: limit,
            slow_window: limit,
            slow_bytes: ((usual.slow_bytes as f64 * part.min(1.0)) as u64).max(1),
        }
    }

    /// The least rate of a body, in bytes a second.
    pub(crate) fn least_rate(&self) -> u64 {
        ((self.slow_bytes as f64 / self.slow_window.as_secs_f64().max(0.001)) as u64).max(1)
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            first_byte: Duration::from_secs(120),
            idle: Duration::from_secs(30),
            slow_window: Duration::from_secs(30),
            slow_bytes: 1024,
        }
    }
}

/// How often to try one proxy again for one object, and how long to wait between.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    /// Tries in all where the host does answer now and then (5xx, 429, resets,
    /// truncated bodies). Eight make one fault in five harmless over thousands of objects.
    pub attempts: u32,
    /// Tries in all where the host could not be reached, where a wait was too
    /// long, or where the answer was not a module file at all.
    pub unreachable_attempts: u32,
    /// The first pause; each further one doubles. The real pause is a random
    /// part between half and all of it.
    pub base: Duration,
    /// The longest pause.
    pub max: Duration,
    /// The longest Retry-After that is waited for; a longer one ends the tries.
    pub max_retry_after: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 8,
            unreachable_attempts: 4,
            base: Duration::from_millis(200),
            max: Duration::from_secs(10),
            max_retry_after: Duration::from_secs(60),
        }
    }
}

/// How many bytes to accept; Go's own limits (golang.org/x/mod/zip/zip.go
/// MaxZipFile, MaxGoMod; the limit on `.info` is ours).
#[derive(Clone, Debug)]
pub struct Limits {
    /// Of a `.zip`.
    pub zip: u64,
    /// Of a `.mod`.
    pub go_mod: u64,
    /// Of an `.info`.
    pub info: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { zip: 500 << 20, go_mod: 16 << 20, info: 1 << 20 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_limit_keeps_the_least_rate() {
        let usual = Timeouts::default();
        for (seconds, bytes) in [(1, 34), (5, 170), (30, 1024), (300, 1024)] {
            let limit = Duration::from_secs(seconds);
            let within = Timeouts::within(limit);
            assert_eq!((within.slow_window, within.slow_bytes), (limit, bytes), "{seconds}");
            assert_eq!((within.first_byte, within.idle), (limit, limit));
            assert!(within.connect <= usual.connect && within.least_rate() <= usual.least_rate());
        }
        assert_eq!(Timeouts::within(Duration::from_millis(1)).slow_bytes, 1);
    }
}
