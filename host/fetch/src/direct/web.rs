//! Pages with go-import tags, each asked for once (cmd/go web/http.go get).
//!
//! https first; plain http, and certificates that no trusted root has signed, only for
//! modules that match GOINSECURE. A page is accepted whatever its status.

use crate::config::FetchConfig;
use crate::engine::Engine;
use crate::net::chain::innermost;
use crate::net::credentials::Headers;
use crate::net::decode::{Body, BodyError, Encoding};
use crate::net::text::host;
use crate::net::text::scrub;
use airgo_gomod::address;
use airgo_gomod::goimport::{self, GoImport};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::timeout;

/// Go's own limit (cmd/go web/http.go checkRedirect).
const MAX_REDIRECTS: usize = 10;
/// The most of a page that is read; tags are in its head.
const MAX_PAGE: usize = 1 << 20;
/// As Go waits for a host whose certificate it does not check.
const IMPATIENCE: Duration = Duration::from_secs(5);

/// What a page says.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) status: u16,
    /// Its address, without what could be a secret.
    pub(super) shown: String,
    pub(super) imports: Vec<GoImport>,
}

/// Why there is no page.
#[derive(Clone, Debug)]
pub(super) struct NoPage {
    pub(super) why: String,
    /// Nobody answered: its name, the network, a proxy.
    pub(super) unreached: bool,
}

impl From<String> for NoPage {
    fn from(why: String) -> Self {
        Self { why, unreached: false }
    }
}

type Answer = Arc<OnceCell<Result<Page, NoPage>>>;

/// The pages of a run.
#[derive(Default)]
pub(super) struct Pages {
    asked: Mutex<HashMap<Url, Answer>>,
    careless: OnceLock<Result<Client, String>>,
}

impl Pages {
    /// Asks for an https page; `insecure` lets http do.
    pub(super) async fn get(&self, engine: &Engine, url: &Url, insecure: bool) -> Result<Page, NoPage> {
        let answer = {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.entry(url.clone()).or_default().clone()
        };
        answer.get_or_init(|| self.ask(engine, url, insecure)).await.clone()
    }

    async fn ask(&self, engine: &Engine, url: &Url, insecure: bool) -> Result<Page, NoPage> {
        let error = match self.fetch(engine, url, insecure).await {
            Ok(page) => return Ok(page),
            Err(error) => error,
        };
        let mut plain = url.clone();
        if !insecure || plain.set_scheme("http").is_err() {
            return Err(NoPage { why: format!("{}: {}", show(url), error.why), ..error });
        }
        let named = |e: NoPage| NoPage { why: format!("{}: {}", show(&plain), e.why), ..e };
        self.fetch(engine, &plain, insecure).await.map_err(named)
    }

    async fn fetch(&self, engine: &Engine, url: &Url, insecure: bool) -> Result<Page, NoPage> {
        let mut attempt = 1;
        loop {
            let error = match self.fetch_once(engine, url, insecure).await {
                Ok(page) if !passing(page.status) => return Ok(page),
                Ok(page) if attempt >= engine.config.retries.unreachable_attempts => return Ok(page),
                Ok(_) => None,
                Err(error) => Some(error),
            };
            // Go does not try again at all; a host that is insecure is tried by http next.
            if let Some(error) = error
                && (insecure || attempt >= engine.config.retries.unreachable_attempts)
            {
                return Err(error);
            }
            tokio::time::sleep(engine.config.retries.base * attempt).await;
            attempt += 1;
        }
    }

    async fn fetch_once(&self, engine: &Engine, url: &Url, insecure: bool) -> Result<Page, NoPage> {
        let careless = insecure && url.scheme() == "https";
        let auth = &engine.transport.auth;
        let mut sent = auth.first(url).await.map_err(|e| e.to_string())?;
        let mut response = self.send(engine, url, &sent, careless).await?;
        if let Some(other) = auth.again(url, &sent, &response).await {
            response = self.send(engine, url, &other, careless).await?;
            sent = other;
        }
        let status = response.status().as_u16();
        auth.learn(url, status);
        let shown = match response.url() == url {
            true => show(url),
            false => format!("{} (by a redirect to {})", show(url), address::shown(response.url().as_str())),
        };
        let page = read(response, &engine.config).await.map_err(|e| scrub(&e, sent.secrets()))?;
        Ok(Page { status, shown, imports: goimport::parse(&page) })
    }

    async fn send(
        &self,
        engine: &Engine,
        url: &Url,
        headers: &Headers,
        careless: bool,
    ) -> Result<Response, NoPage> {
        let config = &engine.config;
        let passage = engine.transport.lane().enter(url).await;
        let client = match careless {
            true => self.careless.get_or_init(|| careless_client(engine)).as_ref().map_err(Clone::clone)?,
            false => passage.client()?,
        };
        let mut request = client.get(url.clone());
        for (name, value) in headers.lines() {
            request = request.header(name, value);
        }
        let wait = match careless {
            true => IMPATIENCE,
            false => config.timeouts.connect + config.timeouts.first_byte,
        };
        let answer = timeout(wait, request.send()).await;
        passage.leave(url, answer.as_ref().ok());
        match answer {
            Err(_) => Err(NoPage { why: format!("no answer for {} s", wait.as_secs()), unreached: true }),
            Ok(Err(e)) => {
                let unreached = e.is_connect();
                Err(NoPage { why: innermost(&e.without_url(), headers.secrets()), unreached })
            }
            Ok(Ok(response)) => Ok(response),
        }
    }
}

fn passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..)
}

async fn read(response: Response, config: &FetchConfig) -> Result<String, String> {
    let encoding = Encoding::of(response.headers());
    let mut body = Body::of(response, &encoding);
    let mut page = Vec::new();
    // A page is small: it has one wait for all of it, so that none can be drawn out by single bytes.
    let whole = config.timeouts.first_byte;
    let reading = async {
        while page.len() < MAX_PAGE {
            match timeout(config.timeouts.idle, body.read(&mut page)).await {
                Err(_) => return Err(format!("nothing more for {} s", config.timeouts.idle.as_secs())),
                Ok(Err(BodyError::Transport(e))) => return Err(innermost(&e.without_url(), &[])),
                Ok(Err(BodyError::Encoding(problem))) => {
                    return Err(format!(
                        "its Content-Encoding is {}, and it cannot be decoded: {problem}",
                        encoding.name
                    ));
                }
                Ok(Ok(None)) => break,
                Ok(Ok(Some(_))) => {}
            }
        }
        Ok(())
    };
    match timeout(whole, reading).await {
        Err(_) => Err(format!("the page is not complete after {} s", whole.as_secs())),
        Ok(read) => read.map(|()| String::from_utf8_lossy(&page).into_owned()),
    }
}

/// A client that takes any certificate, as Go's impatientInsecureHTTPClient.
fn careless_client(engine: &Engine) -> Result<Client, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let checks_nothing = Arc::new(AnyCertificate(Arc::clone(&provider)));
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(checks_nothing)
        .with_no_client_auth();
    let policy = redirect::Policy::custom(|attempt| {
        if attempt.previous().len() > MAX_REDIRECTS {
            attempt.error("it redirects more than 10 times")
        } else {
            attempt.follow()
        }
    });
    let change = |builder: reqwest::ClientBuilder| builder.redirect(policy).connect_timeout(IMPATIENCE);
    engine.transport.special(tls, change)
}

/// Checks signatures, as TLS itself needs, and nothing else.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The address of a page, which is made of a module path.
fn show(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), host(url), url.path())
}

/// A status as it is written.
pub(super) fn status_text(status: u16) -> String {
    match StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()) {
        Some(reason) => format!("{status} {reason}"),
        None => status.to_string(),
    }
}
