//! One HTTP request and its body, with the waits bounded and every failure
//! named. No retries here.
//!
//! HTTP/2 multiplexes all requests to a host over one connection a lane;
//! several lanes make several connections. The very first request of a lane to
//! a host goes alone: before its answer nobody knows that the host speaks
//! HTTP/2, and each waiting request would open a connection of its own.

use crate::config::{FetchConfig, Timeouts};
use crate::credentials::Login;
use crate::error::{At, FetchError, Phase, Site};
use crate::load::clean;
use crate::object::Object;
use crate::proxyurl::{self, ProxyUrl};
use crate::rfc3339::http_date;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, Url, redirect};
use std::collections::HashMap;
use std::error::Error as StdError;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, timeout};

/// Go's own limit (cmd/go web/http.go checkRedirect).
const MAX_REDIRECTS: usize = 10;
/// As cmd/go web/api.go maxErrorDetailBytes.
const MAX_DETAIL: usize = 8 * 81;

/// The HTTP clients, made when first needed: a `file://` proxy needs no TLS roots.
pub(crate) struct Transport {
    lanes: Vec<Lane>,
    next: AtomicUsize,
}

#[derive(Default)]
struct Lane {
    client: OnceLock<Result<Client, String>>,
    /// By origin: the lock that the first request holds until it is answered.
    gates: Mutex<HashMap<String, Arc<Gate>>>,
}

#[derive(Default)]
struct Gate {
    first: tokio::sync::Mutex<()>,
    passed: OnceLock<()>,
}

/// An answer with status 200 whose body is still to come.
pub(crate) struct Incoming {
    response: Response,
    at: At,
    length: Option<u64>,
    received: u64,
    timeouts: Timeouts,
    window: Duration,
    window_bytes: u64,
}

/// Why a redirect is not followed.
#[derive(Debug, thiserror::Error)]
enum RedirectRefused {
    #[error("more than 10 times")]
    TooMany,
    #[error("from https to an address without TLS")]
    Downgrade,
}

impl Transport {
    pub(crate) fn new(connections: usize) -> Self {
        let lanes = (0..connections.max(1)).map(|_| Lane::default()).collect();
        Self { lanes, next: AtomicUsize::new(0) }
    }

    /// Asks for an object; any status but 200 is an error.
    pub(crate) async fn get(
        &self,
        config: &FetchConfig,
        object: &Object,
        proxy: &ProxyUrl,
        proxy_path: &str,
    ) -> Result<Incoming, FetchError> {
        let Some(url) = proxy.object_url(proxy_path) else {
            return Err(FetchError::ProxyList("not an http proxy".to_owned()));
        };
        let site = Site { host: proxy.host(), url: proxyurl::show(&url), attempts: 1 };
        let at = At { object: object.clone(), site };
        let login = login_for(config, proxy, &url, &at)?;

        let lane = &self.lanes[self.next.fetch_add(1, Ordering::Relaxed) % self.lanes.len()];
        let client = lane.client.get_or_init(|| build(config)).as_ref();
        let client = client.map_err(|e| FetchError::TlsSetup(e.clone()))?;

        let mut request = client.get(url.clone());
        let mut secrets = Vec::new();
        if let Some(login) = login {
            request = request.basic_auth(&login.user, Some(&login.password));
            secrets.push(login.password.clone());
            // Tokens are also given as user names; a short name may be any word of an answer.
            secrets.extend(Some(login.user.clone()).filter(|u| u.len() >= 12 || login.password.is_empty()));
        }
        let request = request.build().map_err(|e| failed(&at, &e.without_url(), config, &secrets))?;
        if let Some(value) = request.headers().get(AUTHORIZATION).and_then(|v| v.to_str().ok()) {
            secrets.push(value.trim_start_matches("Basic ").to_owned());
        }
        secrets.extend(url.query().map(str::to_owned));

        let gate = lane.gate(url.origin().ascii_serialization());
        let held = match gate.passed.get() {
            Some(()) => None,
            None => Some(gate.first.lock().await),
        };
        // The one before us may have passed meanwhile; then there is nothing to hold.
        let held = held.filter(|_| gate.passed.get().is_none());
        let answer =
            timeout(config.timeouts.connect + config.timeouts.first_byte, client.execute(request)).await;
        let _ = gate.passed.set(());
        drop(held);

        let response = match answer {
            Err(_) => {
                let after = config.timeouts.first_byte;
                return Err(FetchError::Timeout { at: Box::new(at), phase: Phase::FirstByte, after });
            }
            Ok(Err(e)) => return Err(failed(&at, &e.without_url(), config, &secrets)),
            Ok(Ok(response)) => response,
        };
        if response.status().as_u16() != 200 {
            return Err(refused(at, response, config, &secrets).await);
        }
        let (length, timeouts) = (response.content_length(), config.timeouts.clone());
        Ok(Incoming { response, at, length, received: 0, timeouts, window: Duration::ZERO, window_bytes: 0 })
    }
}

impl Lane {
    fn gate(&self, origin: String) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        gates.entry(origin).or_default().clone()
    }
}

impl Incoming {
    /// The announced length.
    pub(crate) fn length(&self) -> Option<u64> {
        self.length
    }

    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    pub(crate) fn at(&self) -> &At {
        &self.at
    }

    /// Appends the next piece of the body; false at its end.
    pub(crate) async fn read(&mut self, buffer: &mut Vec<u8>) -> Result<bool, FetchError> {
        let began = Instant::now();
        let chunk = timeout(self.timeouts.idle, self.response.chunk()).await;
        let chunk = match chunk {
            Err(_) => return Err(self.stalled(self.timeouts.idle)),
            Ok(Err(e)) => {
                let reason = innermost(&e.without_url(), &[]);
                return Err(FetchError::Broken { at: self.boxed_at(), received: self.received, reason });
            }
            Ok(Ok(None)) => return Ok(false),
            Ok(Ok(Some(chunk))) => chunk,
        };
        buffer.extend_from_slice(&chunk);
        self.received += chunk.len() as u64;

        // Only time spent waiting counts: our own disk may be the slow one.
        self.window += began.elapsed();
        self.window_bytes += chunk.len() as u64;
        if self.window >= self.timeouts.slow_window {
            if self.window_bytes < self.timeouts.slow_bytes {
                return Err(self.stalled(self.timeouts.slow_window));
            }
            (self.window, self.window_bytes) = (Duration::ZERO, 0);
        }
        Ok(true)
    }

    fn stalled(&self, after: Duration) -> FetchError {
        FetchError::Timeout { at: self.boxed_at(), phase: Phase::Body, after }
    }

    fn boxed_at(&self) -> Box<At> {
        Box::new(self.at.clone())
    }
}

/// User name and password for this request: the address's own, else netrc's, over TLS only.
fn login_for<'a>(
    config: &'a FetchConfig,
    proxy: &'a ProxyUrl,
    url: &Url,
    at: &At,
) -> Result<Option<&'a Login>, FetchError> {
    let ProxyUrl::Http { login, .. } = proxy else { return Ok(None) };
    let secure = url.scheme() == "https";
    match login {
        Some(_) if !secure => Err(FetchError::InsecureCredentials { at: Box::new(at.clone()) }),
        Some(login) => Ok(Some(login)),
        None if secure => Ok(config.credentials.find(&url.as_str()["https://".len()..])),
        None => Ok(None),
    }
}

fn build(config: &FetchConfig) -> Result<Client, String> {
    let policy = redirect::Policy::custom(|attempt| {
        let was_secure = attempt.previous().first().is_some_and(|u| u.scheme() == "https");
        if attempt.previous().len() > MAX_REDIRECTS {
            attempt.error(RedirectRefused::TooMany)
        } else if was_secure && attempt.url().scheme() != "https" {
            attempt.error(RedirectRefused::Downgrade)
        } else {
            attempt.follow()
        }
    });
    let builder = || {
        Client::builder()
            .user_agent(&config.user_agent)
            .redirect(policy)
            .referer(false)
            .connect_timeout(config.timeouts.connect)
            .tcp_keepalive(Duration::from_secs(30))
            .pool_idle_timeout(Duration::from_secs(90))
            // A connection that died silently is found by a ping, not by a request's long wait.
            .http2_keep_alive_interval(Duration::from_secs(15))
            .http2_keep_alive_timeout(Duration::from_secs(20))
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(CONNECTION_WINDOW)
    };
    builder().build().map_err(|e| innermost(&e, &[]))
}

/// What a server may send ahead of our reading, of one stream and in all: the
/// bound on memory. Larger windows were not faster (docs/PERFORMANCE.md).
const STREAM_WINDOW: u32 = 2 << 20;
const CONNECTION_WINDOW: u32 = 8 << 20;

/// Names a failure before any answer.
fn failed(at: &At, error: &reqwest::Error, config: &FetchConfig, secrets: &[String]) -> FetchError {
    let at = Box::new(at.clone());
    let reason = innermost(error, secrets);
    if error.is_redirect() {
        let refused = chain(error).find_map(|e| e.downcast_ref::<RedirectRefused>());
        let reason = match refused {
            Some(RedirectRefused::Downgrade) => "from https to an address without TLS",
            Some(RedirectRefused::TooMany) => "more than 10 times",
            None => "to an address that cannot be followed",
        };
        return FetchError::Redirect { at, reason };
    }
    if error.is_dns() {
        return FetchError::Dns { at, reason };
    }
    if error.is_connect() {
        if error.is_timeout() {
            return FetchError::Timeout { at, phase: Phase::Connect, after: config.timeouts.connect };
        }
        // rustls reports what it refuses as invalid data.
        let tls = chain(error)
            .filter_map(|e| e.downcast_ref::<io::Error>())
            .any(|e| e.kind() == io::ErrorKind::InvalidData);
        if tls {
            return FetchError::Tls { at, reason };
        }
        return FetchError::Connect { at, reason };
    }
    FetchError::Broken { at, received: 0, reason }
}

/// Names an answer that is not 200.
async fn refused(at: At, mut response: Response, config: &FetchConfig, secrets: &[String]) -> FetchError {
    let status = response.status().as_u16();
    let header = |name| response.headers().get(name).and_then(|v| v.to_str().ok());
    let retry_after = header(RETRY_AFTER).and_then(seconds_of);
    let plain =
        header(CONTENT_TYPE).is_some_and(|t| t.trim_start().to_ascii_lowercase().starts_with("text/plain"));
    let mut body = Vec::new();
    while plain && body.len() < MAX_DETAIL {
        match timeout(config.timeouts.idle, response.chunk()).await {
            Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
            _ => break,
        }
    }
    let detail = clean(&scrub(&String::from_utf8_lossy(&body), secrets), MAX_DETAIL);
    let detail = Some(detail).filter(|d| !d.is_empty());
    let at = Box::new(at);
    match status {
        404 | 410 => FetchError::UnknownVersion { at, status: Some(status), detail },
        401 | 403 | 407 => FetchError::Forbidden { at, status: Some(status), detail },
        _ => FetchError::Status { at, status, detail, retry_after },
    }
}

/// Retry-After: seconds or an HTTP date.
fn seconds_of(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
    Some(Duration::from_secs(http_date(value)?.saturating_sub(now)))
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let this = next?;
        next = this.source();
        Some(this)
    })
}

/// The last of the chain of causes, which is what the system or TLS library said.
fn innermost(error: &(dyn StdError + 'static), secrets: &[String]) -> String {
    let last = chain(error).last().map(ToString::to_string).unwrap_or_default();
    clean(&scrub(&last, secrets), 300)
}

/// Takes secrets out of a text that a server or library wrote.
fn scrub(text: &str, secrets: &[String]) -> String {
    let mut secrets: Vec<&String> = secrets.iter().filter(|s| !s.is_empty()).collect();
    secrets.sort_by_key(|s| std::cmp::Reverse(s.len()));
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "xxxxx"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(seconds_of(" 12 "), Some(Duration::from_secs(12)));
        assert_eq!(seconds_of("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert_eq!(seconds_of("soon"), None);
    }

    #[test]
    fn scrubbing_takes_the_longest_first() {
        let secrets = ["ab".to_owned(), "abc".to_owned(), String::new()];
        assert_eq!(scrub("x abc y ab", &secrets), "x xxxxx y xxxxx");
    }
}
