//! The HTTP clients and which of them a request takes.
//!
//! Before a host's first answer nobody knows whether it speaks HTTP/2, and each
//! waiting request would open a connection of its own. So the first request of
//! a lane to an https host goes alone, for a moment; and a host that has
//! answered by HTTP/2 is asked through a client that speaks nothing else,
//! because only that one shares a connection that is still being made, after a
//! GOAWAY too.

use crate::net::auth::Auth;
use crate::net::chain::innermost;
use crate::net::dns::DnsServer;
use crate::net::dns::resolver::Resolver;
use crate::net::httpproxy::{HttpProxies, HttpProxyVars};
use crate::net::tls::{self, Speak, Tls};
use reqwest::{Client, Proxy, Response, Url, Version, redirect};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// Go's own limit (cmd/go web/http.go checkRedirect).
const MAX_REDIRECTS: usize = 10;
/// How long other requests wait for the first one: longer than a TLS handshake,
/// far shorter than a caching proxy's fetch of a large module.
const HEAD_START: Duration = Duration::from_secs(2);
/// What a server may send ahead of our reading, of one stream and in all: the
/// bound on memory.
const STREAM_WINDOW: u32 = 2 << 20;
const CONNECTION_WINDOW: u32 = 8 << 20;

/// All lanes.
pub(crate) struct Transport {
    lanes: Vec<Lane>,
    next: AtomicUsize,
    pub(crate) proxies: HttpProxies,
    /// How far the first server's clock was from ours: its host, whether ours is ahead, by how much.
    pub(crate) clock: OnceLock<(String, bool, Duration)>,
    pub(crate) auth: Arc<Auth>,
}

/// Clients of which each keeps at most one HTTP/2 connection to a host. They
/// are made when first needed: a `file://` proxy needs no TLS roots.
pub(crate) struct Lane {
    tls: Tls,
    wire: Wire,
    any: OnceLock<Result<Client, String>>,
    http2: OnceLock<Result<Client, String>>,
    /// For http:// where the machine has no TLS roots.
    rootless: OnceLock<Result<Client, String>>,
    gates: Mutex<HashMap<String, Arc<Gate>>>,
}

/// Where redirects of requests under way lead, by the address that was asked
/// first: the client's errors name that one, whichever host failed.
#[derive(Clone, Default)]
struct Redirects(Arc<Mutex<HashMap<Url, Url>>>);

impl Redirects {
    fn follow(&self, attempt: &redirect::Attempt<'_>) {
        if let Some(first) = attempt.previous().first() {
            lock(&self.0).insert(first.clone(), attempt.url().clone());
        }
    }
}

/// How connections are made, whatever is spoken over them.
#[derive(Clone)]
pub(crate) struct Wire {
    redirects: Redirects,
    resolver: Option<Resolver>,
    proxies: HttpProxies,
    user_agent: String,
    connect_timeout: Duration,
}

impl Wire {
    /// `connect_timeout` is for name resolution, TCP and TLS together.
    pub(crate) fn new(
        http_proxy: &HttpProxyVars,
        dns: Option<DnsServer>,
        user_agent: &str,
        connect_timeout: Duration,
    ) -> Self {
        Self {
            redirects: Redirects::default(),
            resolver: dns.map(Resolver::new),
            proxies: HttpProxies::new(http_proxy),
            user_agent: user_agent.to_owned(),
            connect_timeout,
        }
    }
}

/// What is known of one https host.
#[derive(Default)]
struct Gate {
    first: Arc<tokio::sync::Mutex<()>>,
    known: Mutex<Option<Speaks>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaks {
    /// HTTP/1, or nobody knows after the first try.
    Any,
    Http2,
}

/// One request's way through its lane.
pub(crate) struct Passage<'a> {
    lane: &'a Lane,
    gate: Option<Arc<Gate>>,
    /// Held by the first request, until its answer.
    #[expect(dead_code, reason = "dropped with the passage")]
    held: Option<tokio::sync::OwnedMutexGuard<()>>,
}

/// Why a redirect is not followed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RedirectRefused {
    #[error("more than 10 times")]
    TooMany,
    #[error("from https to an address without TLS")]
    Downgrade,
}

impl Transport {
    /// `connections` is over how many an HTTP/2 host is asked.
    pub(crate) fn new(wire: &Wire, auth: Arc<Auth>, connections: usize) -> Self {
        let tls = Tls::default();
        let lanes = (0..connections.max(1)).map(|_| Lane::new(tls.clone(), wire.clone())).collect();
        let proxies = wire.proxies.clone();
        Self { lanes, next: AtomicUsize::new(0), proxies, clock: OnceLock::new(), auth }
    }

    /// What the first answer said of the clocks.
    pub(crate) fn clock_skew(&self) -> Option<(String, bool, Duration)> {
        self.clock.get().cloned()
    }

    /// A client of its own kind, which connects as all others do; `change` has
    /// the last word on its settings.
    pub(crate) fn special(
        &self,
        tls: rustls::ClientConfig,
        change: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Result<Client, String> {
        build(&self.lane().wire, tls, change)
    }

    /// The lanes take turns, so that another try takes another connection.
    pub(crate) fn lane(&self) -> &Lane {
        &self.lanes[self.next.fetch_add(1, Ordering::Relaxed) % self.lanes.len()]
    }
}

impl Lane {
    fn new(tls: Tls, wire: Wire) -> Self {
        let [any, http2, rootless] = std::array::from_fn(|_| OnceLock::new());
        Self { tls, wire, any, http2, rootless, gates: Mutex::default() }
    }

    /// Where redirects have led from this address; forgotten then.
    pub(crate) fn redirected(&self, url: &Url) -> Option<Url> {
        lock(&self.wire.redirects.0).remove(url)
    }

    /// Waits until enough is known of the host.
    pub(crate) async fn enter(&self, url: &Url) -> Passage<'_> {
        if url.scheme() != "https" {
            return Passage { lane: self, gate: None, held: None };
        }
        let gate = lock(&self.gates).entry(url.origin().ascii_serialization()).or_default().clone();
        let mut held = None;
        if lock(&gate.known).is_none() {
            held = timeout(HEAD_START, Arc::clone(&gate.first).lock_owned()).await.ok();
        }
        // The one before may have answered the question.
        let held = held.filter(|_| lock(&gate.known).is_none());
        Passage { lane: self, gate: Some(gate), held }
    }
}

impl<'a> Passage<'a> {
    /// The client to use.
    pub(crate) fn client(&self) -> Result<&'a Client, String> {
        let known = self.gate.as_ref().and_then(|gate| *lock(&gate.known));
        let client = match known {
            Some(Speaks::Http2) => {
                let tls = || self.lane.tls.config(Speak::Http2);
                self.lane.http2.get_or_init(|| build(&self.lane.wire, tls()?, |b| b.http2_prior_knowledge()))
            }
            Some(Speaks::Any) | None => {
                let tls = || self.lane.tls.config(Speak::Any);
                self.lane.any.get_or_init(|| build(&self.lane.wire, tls()?, |b| b))
            }
        };
        match client.as_ref() {
            Err(_) if self.gate.is_none() => {
                let rootless = || build(&self.lane.wire, tls::rootless_config()?, |b| b);
                self.lane.rootless.get_or_init(rootless).as_ref()
            }
            client => client,
        }
        .map_err(Clone::clone)
    }

    /// Learns from what came; lets the others go.
    pub(crate) fn leave(self, url: &Url, answer: Option<&Result<Response, reqwest::Error>>) {
        let Some(gate) = &self.gate else { return };
        let mut known = lock(&gate.known);
        match answer {
            Some(Ok(response)) if response.url().origin() == url.origin() => {
                let http2 = response.version() == Version::HTTP_2;
                *known = Some(if http2 { Speaks::Http2 } else { Speaks::Any });
            }
            // A host that no longer agrees to HTTP/2 fails the handshake.
            Some(Err(e)) if e.is_connect() => *known = Some(Speaks::Any),
            _ => *known = Some(known.unwrap_or(Speaks::Any)),
        }
    }
}

fn build(
    wire: &Wire,
    tls: rustls::ClientConfig,
    change: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> Result<Client, String> {
    let redirects = wire.redirects.clone();
    let policy = redirect::Policy::custom(move |attempt| {
        let was_secure = attempt.previous().first().is_some_and(|u| u.scheme() == "https");
        if attempt.previous().len() > MAX_REDIRECTS {
            attempt.error(RedirectRefused::TooMany)
        } else if was_secure && attempt.url().scheme() != "https" {
            attempt.error(RedirectRefused::Downgrade)
        } else {
            redirects.follow(&attempt);
            attempt.follow()
        }
    });
    let mut builder = Client::builder()
        // The system's settings come in through `wire`, with Go's exception for this machine.
        .no_proxy()
        .user_agent(&wire.user_agent)
        .redirect(policy)
        .referer(false)
        .tls_backend_preconfigured(tls)
        .connect_timeout(wire.connect_timeout)
        .tcp_keepalive(Duration::from_secs(30))
        .pool_idle_timeout(Duration::from_secs(90))
        // A connection that died silently is found by a ping, not by a request's long wait.
        .http2_keep_alive_interval(Duration::from_secs(15))
        .http2_keep_alive_timeout(Duration::from_secs(20))
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW);
    let proxies = wire.proxies.clone();
    builder = builder.proxy(Proxy::custom(move |url| proxies.via(url).map(|via| via.url)));
    if let Some(resolver) = &wire.resolver {
        builder = builder.dns_resolver(resolver.clone());
    }
    change(builder).build().map_err(|e| innermost(&e, &[]))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
