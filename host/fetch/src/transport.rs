//! One HTTP request and its body, with the waits bounded and every failure
//! named. No retries here.
//!
//! HTTP/2 multiplexes all requests to a host over one connection a lane;
//! several lanes make several connections. The clients are in `clients.rs`.

use crate::config::{FetchConfig, Timeouts};
use crate::error::FetchError;
use crate::invalid::InvalidContent;
use crate::net::cause::{Login, NameFault, TlsFault};
use crate::net::chain::{chain, innermost};
use crate::net::clients::{RedirectRefused, Transport};
use crate::net::credentials::Headers;
use crate::net::decode::{Body, BodyError, Encoding};
use crate::net::dns::DnsError;
use crate::net::dns::resolv_conf::ResolvConf;
use crate::net::text::scrub;
use crate::net::text::{clean, host};
use crate::object::Object;
use crate::proxyurl::{self, ProxyUrl};
use crate::refusal::{Form, own_phrase, reason};
use crate::site::{At, Phase, Site};
use airgo_model::io_cause::IoCause;
use reqwest::header::{
    ACCEPT_ENCODING, AGE, CONTENT_RANGE, CONTENT_TYPE, DATE, ETAG, IF_RANGE, RANGE, RETRY_AFTER,
};
use reqwest::{Response, Url};
use std::io;
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, timeout};

/// As cmd/go web/api.go maxErrorDetailBytes.
const MAX_DETAIL: usize = 8 * 81;

/// Between the end of the wait for a connection and that of the whole wait.
const GRACE: Duration = Duration::from_millis(100);

/// What is there already of a body that broke off.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rest {
    /// Where to go on; 0 asks for all.
    pub(crate) offset: u64,
    /// The whole length that was announced.
    pub(crate) length: Option<u64>,
    /// The strong validator that came with the first part.
    pub(crate) etag: Option<String>,
}

/// An answer with status 200, or 206 where a rest was asked for, whose body is
/// still to come.
pub(crate) struct Incoming {
    body: Body,
    encoding: Encoding,
    etag: Option<String>,
    at: At,
    offset: u64,
    length: Option<u64>,
    received: u64,
    timeouts: Timeouts,
    window: Duration,
    window_bytes: u64,
}

impl Transport {
    /// Asks for all of an object; any status but 200 is an error.
    pub(crate) async fn get(
        &self,
        config: &FetchConfig,
        object: &Object,
        proxy: &ProxyUrl,
        proxy_path: &str,
    ) -> Result<Incoming, FetchError> {
        self.get_rest(config, object, proxy, proxy_path, &mut Rest::default()).await
    }

    /// Asks for the rest of an object. The server may send all of it instead:
    /// see [`Incoming::offset`]. `rest` becomes the default if the server has
    /// no such rest.
    pub(crate) async fn get_rest(
        &self,
        config: &FetchConfig,
        object: &Object,
        proxy: &ProxyUrl,
        proxy_path: &str,
        rest: &mut Rest,
    ) -> Result<Incoming, FetchError> {
        let answer = self.ask(config, object, proxy, proxy_path, rest).await;
        answer.map_err(|error| error.scrubbed(proxy.secrets()))
    }

    async fn ask(
        &self,
        config: &FetchConfig,
        object: &Object,
        proxy: &ProxyUrl,
        proxy_path: &str,
        rest: &mut Rest,
    ) -> Result<Incoming, FetchError> {
        let Some(url) = proxy.object_url(proxy_path) else {
            return Err(FetchError::ProxyList("not an http proxy".to_owned()));
        };
        let mut site = Site::new(proxy.host(), proxy.object_shown(proxy_path));
        let via = self.proxies.via(&url);
        site.public = is_public(config.default_goproxy.reveal(), &url);
        let mut at = At { object: object.clone(), site };
        if let Some(variable) = via.as_ref().and_then(|via| via.unusable) {
            return Err(FetchError::HttpProxy { at: Box::new(at), variable });
        }
        at.site.through = via.map(|via| via.shown);
        let (headers, own) = match login_for(proxy, &url, &at)? {
            Some(headers) => (headers, true),
            None => (self.auth.first(&url).await.map_err(FetchError::GoAuth)?, false),
        };
        let response = self.send(config, &at, &url, &headers, rest).await?;
        // An address's own login is the last word.
        let other = if own { None } else { self.auth.again(&url, &headers, &response).await };
        let (response, headers) = match other {
            Some(headers) => (self.send(config, &at, &url, &headers, rest).await?, headers),
            None => (response, headers),
        };
        self.auth.learn(&url, response.status().as_u16());
        self.compare_clocks(&at, &response);
        if response.url().host_str() != url.host_str() {
            at.site.redirected = Some(host(response.url()));
        }
        let encoding = Encoding::of(response.headers());
        // The length of what is encoded says nothing of what it becomes.
        let announced = response.content_length().filter(|_| encoding.is_identity());
        let (offset, length) = match response.status().as_u16() {
            200 => (0, announced),
            206 if rest.offset > 0 && encoding.is_identity() && continues(&response, rest) => {
                (rest.offset, announced.map(|l| l + rest.offset))
            }
            // Another part than was asked for: begin again.
            206 | 416 if rest.offset > 0 => {
                *rest = Rest::default();
                let reason = "it cannot be resumed".to_owned();
                return Err(FetchError::Broken { at: Box::new(at), received: 0, reason });
            }
            _ => {
                let mut secrets = headers.secrets().to_vec();
                // An address that a server redirects to is signed by its query.
                if *response.url() != url {
                    let words = proxyurl::words(response.url().path(), response.url().query());
                    secrets.extend(words.into_iter().filter(|word| !proxy_path.contains(word.as_str())));
                }
                let mut error = refused(at, response, config, &secrets).await;
                if let FetchError::Forbidden { detail, login, status, .. } = &mut error {
                    let said = detail.take().into_iter().chain(self.auth.failures());
                    *detail = Some(said.collect::<Vec<_>>().join("; ")).filter(|d| !d.is_empty());
                    *login = match status {
                        Some(407) => Login::HttpProxy { sent: self.proxies.sends_login(&url) },
                        _ if own => Login::Address,
                        _ => self.auth.account(&url, &headers),
                    };
                }
                return Err(error);
            }
        };
        let timeouts = config.timeouts.clone();
        let (window, window_bytes) = (Duration::ZERO, 0);
        let etag = response.headers().get(ETAG).and_then(|v| v.to_str().ok());
        // Of an encoded body the validator is that of its encoded form.
        let etag = etag.filter(|e| e.starts_with('"') && encoding.is_identity()).map(str::to_owned);
        let body = Body::of(response, &encoding);
        let received = offset;
        Ok(Incoming { body, encoding, etag, at, offset, length, received, timeouts, window, window_bytes })
    }

    /// One request, up to the answer's headers.
    async fn send(
        &self,
        config: &FetchConfig,
        at: &At,
        url: &Url,
        headers: &Headers,
        rest: &Rest,
    ) -> Result<Response, FetchError> {
        let lane = self.lane();
        let passage = lane.enter(url).await;
        let client = passage.client().map_err(FetchError::TlsSetup)?;

        // Modules are compressed already, and hashed as they are.
        let mut request = client.get(url.clone()).header(ACCEPT_ENCODING, "identity");
        for (name, value) in headers.lines() {
            request = request.header(name, value);
        }
        if rest.offset > 0 {
            request = request.header(RANGE, format!("bytes={}-", rest.offset));
            if let Some(etag) = &rest.etag {
                request = request.header(IF_RANGE, etag);
            }
        }
        let secrets = headers.secrets();
        let fault = |e: reqwest::Error| {
            let mut at = at.clone();
            let led_to = lane.redirected(url).map(|to| host(&to));
            at.site.redirected = led_to.filter(|to| *to != host(url));
            failed(&at, &e.without_url(), config, secrets, self.proxies.sends_login(url))
        };
        let request = request.build().map_err(fault)?;
        // The client's own wait for the connection is up first, so that it is named as that.
        let whole = config.timeouts.first_byte.max(config.timeouts.connect) + GRACE;
        let answer = timeout(whole, client.execute(request)).await;
        passage.leave(url, answer.as_ref().ok());
        match answer {
            Err(_) => {
                let after = config.timeouts.first_byte;
                Err(FetchError::Timeout { at: Box::new(at.clone()), phase: Phase::FirstByte, after })
            }
            Ok(Err(e)) => Err(fault(e)),
            Ok(Ok(response)) => {
                lane.redirected(url);
                Ok(response)
            }
        }
    }
}

impl Transport {
    fn compare_clocks(&self, at: &At, response: &Response) {
        let header = |name| response.headers().get(name).and_then(|v| v.to_str().ok());
        // A cache sends the date of when it got the answer, and how old that is.
        let age = header(AGE).and_then(|v| v.trim().parse::<u64>().ok()).unwrap_or_default();
        let date = header(DATE).and_then(http_date).map(|date| date.saturating_add(age));
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map(|d| d.as_secs());
        if let Some((date, now)) = date.zip(now.ok()) {
            let skew = Duration::from_secs(now.abs_diff(date));
            self.clock.get_or_init(|| (at.site.host.clone(), now > date, skew));
        }
    }
}

impl Incoming {
    /// Where this part begins.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// How to ask for this again from its beginning, or from later on.
    pub(crate) fn rest(&self) -> Rest {
        Rest { offset: 0, length: self.length, etag: self.etag.clone() }
    }

    /// The announced length of the whole.
    pub(crate) fn length(&self) -> Option<u64> {
        self.length
    }

    /// How much of the whole there is.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    pub(crate) fn at(&self) -> &At {
        &self.at
    }

    /// Appends the next piece of the body; false at its end.
    pub(crate) async fn read(&mut self, buffer: &mut Vec<u8>) -> Result<bool, FetchError> {
        let began = Instant::now();
        let before = buffer.len();
        let read = timeout(self.timeouts.idle, self.body.read(buffer)).await;
        let read = match read {
            Err(_) => return Err(self.stalled(self.timeouts.idle)),
            Ok(Err(BodyError::Transport(e))) => {
                let reason = innermost(&e.without_url(), &[]);
                return Err(FetchError::Broken { at: self.boxed_at(), received: self.received, reason });
            }
            Ok(Err(BodyError::Encoding(problem))) => return Err(self.undecodable(problem)),
            Ok(Ok(None)) => return Ok(false),
            Ok(Ok(Some(read))) => read,
        };
        let first = self.received == self.offset;
        if self.encoding.unknown && first && is_binary(&buffer[before..]) {
            return Err(self.undecodable("known are gzip, deflate, br and zstd".to_owned()));
        }
        self.received += read as u64;

        // Only time spent waiting counts: our own disk may be the slow one.
        self.window += began.elapsed();
        self.window_bytes += read as u64;
        if self.window >= self.timeouts.slow_window {
            if self.window_bytes < self.timeouts.slow_bytes {
                return Err(self.stalled(self.timeouts.slow_window));
            }
            (self.window, self.window_bytes) = (Duration::ZERO, 0);
        }
        Ok(true)
    }

    fn undecodable(&self, problem: String) -> FetchError {
        let encoding = clean(&self.encoding.name, 80);
        FetchError::InvalidContent {
            at: self.boxed_at(),
            what: InvalidContent::Encoding { encoding, problem: clean(&problem, 200) },
        }
    }

    fn stalled(&self, after: Duration) -> FetchError {
        FetchError::Timeout { at: self.boxed_at(), phase: Phase::Body, after }
    }

    fn boxed_at(&self) -> Box<At> {
        Box::new(self.at.clone())
    }
}

/// Neither text nor a zip: what a coding would have made of either.
fn is_binary(start: &[u8]) -> bool {
    let text = std::str::from_utf8(start).map_or_else(|e| e.error_len().is_none(), |_| true)
        && !start.iter().any(|b| *b < 0x20 && !b.is_ascii_whitespace());
    !text && !start.starts_with(b"PK")
}

/// The address's own user name and password, over TLS only.
fn login_for(proxy: &ProxyUrl, url: &Url, at: &At) -> Result<Option<Headers>, FetchError> {
    let ProxyUrl::Http { login: Some(login), .. } = proxy else { return Ok(None) };
    if url.scheme() != "https" {
        return Err(FetchError::InsecureCredentials { at: Box::new(at.clone()) });
    }
    Ok(Some(Headers::basic(login)))
}

/// Whether an address is on a host of the default GOPROXY.
fn is_public(default_goproxy: &str, url: &Url) -> bool {
    let entries = default_goproxy.split([',', '|']).filter_map(|entry| ProxyUrl::parse(entry.trim()).ok());
    let mut hosts = entries.filter(|entry| matches!(entry, ProxyUrl::Http { .. })).map(|entry| entry.host());
    hosts.any(|known| known == host(url))
}

/// Names a failure before any answer.
fn failed(
    at: &At,
    error: &reqwest::Error,
    config: &FetchConfig,
    secrets: &[String],
    login_sent: bool,
) -> FetchError {
    let at = Box::new(at.clone());
    let reason = innermost(error, secrets);
    let system = || chain(error).filter_map(|e| e.downcast_ref::<io::Error>());
    if let Some(source) = system().find(|e| IoCause::of(e) == IoCause::OpenFiles) {
        let source =
            source.raw_os_error().map_or_else(|| io::Error::other(reason), io::Error::from_raw_os_error);
        return FetchError::OpenFiles { object: Box::new(at.object), source };
    }
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
        let asked = at.site.redirected.as_deref().unwrap_or(&at.site.host);
        let name = at.site.through.as_deref().unwrap_or(asked);
        let name = name.rsplit_once(':').map_or(name, |(name, _)| name);
        // With --dns the file has no part in it.
        let traps = if config.dns.is_none() { ResolvConf::system_traps(name) } else { Vec::new() };
        let ours = chain(error).find_map(|e| e.downcast_ref::<DnsError>());
        let fault = match ours {
            Some(DnsError::NoSuchName { .. } | DnsError::NoAddress { .. } | DnsError::BadName(_)) => {
                NameFault::Unknown
            }
            Some(_) => NameFault::NoAnswer,
            None => system()
                .map(NameFault::of_system)
                .find(|f| *f == NameFault::Unknown)
                .unwrap_or(NameFault::NoAnswer),
        };
        // The system does not say who gave no answer.
        let silent = (fault == NameFault::NoAnswer && ours.is_none() && config.dns.is_none())
            .then(ResolvConf::system_servers)
            .flatten();
        let reason = match silent {
            Some(servers) => format!("{reason} ({servers})"),
            None => reason,
        };
        return FetchError::Dns { at, reason, traps, fault };
    }
    if error.is_connect() {
        if error.is_timeout() {
            return FetchError::Timeout { at, phase: Phase::Connect, after: config.timeouts.connect };
        }
        if let Some(tls) = chain(error).find_map(|e| e.downcast_ref::<rustls::Error>()) {
            let fault = TlsFault::of(tls);
            let reason = match fault {
                TlsFault::Authority => "its certificate is a certificate authority's own".to_owned(),
                _ => reason,
            };
            return FetchError::Tls { at, reason, fault };
        }
        // The tunnel's own error has no type that is public.
        if at.site.through.is_some() && reason.contains("proxy auth") {
            let login = Login::HttpProxy { sent: login_sent };
            return FetchError::Forbidden { at, status: Some(407), detail: None, login };
        }
        return FetchError::Connect { at, reason };
    }
    FetchError::Broken { at, received: 0, reason }
}

/// Names an answer that is not 200.
async fn refused(at: At, response: Response, config: &FetchConfig, secrets: &[String]) -> FetchError {
    let status = response.status().as_u16();
    let header = |name| response.headers().get(name).and_then(|v| v.to_str().ok());
    let retry_after = header(RETRY_AFTER).and_then(seconds_of);
    let form = header(CONTENT_TYPE).and_then(Form::of);
    let phrase = own_phrase(&response, MAX_DETAIL);
    let encoding = Encoding::of(response.headers());
    let (mut coming, mut body) = (Body::of(response, &encoding), Vec::new());
    // Of JSON all is needed, of a page its head. Whoever sends it drop by drop is not waited for.
    let most = if form == Some(Form::Text) { MAX_DETAIL } else { 16 << 10 };
    let reading = async {
        while form.is_some() && body.len() < most {
            match coming.read(&mut body).await {
                Ok(Some(_)) => {}
                _ => break,
            }
        }
    };
    let _ = timeout(config.timeouts.idle, reading).await;
    let said = reason(phrase, form, &body, MAX_DETAIL);
    let detail = clean(&scrub(&said, secrets), MAX_DETAIL);
    let detail = Some(detail).filter(|d| !d.is_empty());
    let at = Box::new(at);
    match status {
        404 | 410 => FetchError::UnknownVersion { at, status: Some(status), detail },
        401 | 403 | 407 | 451 => {
            // Who asked tells what was sent.
            FetchError::Forbidden { at, status: Some(status), detail, login: Login::default() }
        }
        _ => FetchError::Status { at, status, detail, retry_after },
    }
}

/// Whether a 206 is the rest that was asked for, of the same whole.
fn continues(response: &Response, rest: &Rest) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|v| v.to_str().ok());
    let Some((range, whole)) = range.and_then(|r| r.strip_prefix("bytes ")?.split_once('/')) else {
        return false;
    };
    let first = range.split_once('-').and_then(|(first, _)| first.parse::<u64>().ok());
    let same = rest.length.is_none_or(|l| whole.parse::<u64>().is_ok_and(|w| w == l));
    first == Some(rest.offset) && same
}

/// Retry-After: seconds or an HTTP date.
fn seconds_of(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
    Some(Duration::from_secs(http_date(value)?.saturating_sub(now)))
}

/// Seconds since 1970 of a date in a header (RFC 9110, section 5.6.7).
fn http_date(text: &str) -> Option<u64> {
    let date = httpdate::parse_http_date(text).ok()?;
    date.duration_since(SystemTime::UNIX_EPOCH).ok().map(|d| d.as_secs())
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
}
