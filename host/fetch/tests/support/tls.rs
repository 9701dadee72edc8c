//! A module proxy over TLS and HTTP/2 on loopback. It counts connections and
//! streams, and can be made to misbehave in the ways only HTTP/2 can.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use airgo_testkit::World;
use h2::Reason;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What is wrong with the server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flaw {
    None,
    /// Every third stream is reset after half of its body.
    ResetStreams,
    /// Each connection ends with GOAWAY after twenty streams.
    GoAway,
    /// Each body ends after 700,000 bytes, ranges are served.
    Breaks,
    /// The same without ranges.
    BreaksForGood,
    /// The same, and the rest that is sent is not the one asked for.
    BreaksAndLies,
    /// Each answer is 403 with the request's Authorization header as its text.
    Echo,
    /// Each request without the planted secret is answered with 401.
    Guarded,
    /// Each answer is a redirect to an address without TLS.
    Downgrade,
    /// TLS is not spoken at all.
    Plain,
}

pub struct TlsProxy {
    pub port: u16,
    pub connections: Arc<AtomicUsize>,
    pub streams: Arc<AtomicUsize>,
    pub most_streams: Arc<AtomicUsize>,
    pub ranges: Arc<AtomicUsize>,
    _runtime: Runtime,
}

struct Shared {
    files: BTreeMap<String, Vec<u8>>,
    flaw: Flaw,
    connections: Arc<AtomicUsize>,
    streams: Arc<AtomicUsize>,
    active: AtomicUsize,
    most: Arc<AtomicUsize>,
    ranges: Arc<AtomicUsize>,
}

/// A file of tests/tls.
pub fn pem(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

impl TlsProxy {
    pub fn serve(world: &World, certificate: &str, flaw: Flaw) -> Self {
        Self::serve_at("127.0.0.1", world, certificate, flaw)
    }

    pub fn serve_at(ip: &str, world: &World, certificate: &str, flaw: Flaw) -> Self {
        let chain = vec![CertificateDer::from_pem_file(pem(certificate)).unwrap()];
        let key = PrivateKeyDer::from_pem_file(pem("key.pem")).unwrap();
        let provider = Arc::new(ring::default_provider());
        let builder =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = builder.with_no_client_auth().with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));

        let (connections, streams) = <(Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let (most, ranges) = <(Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let shared = Arc::new(Shared {
            files: world.files(),
            flaw,
            connections: connections.clone(),
            streams: streams.clone(),
            active: AtomicUsize::new(0),
            most: most.clone(),
            ranges: ranges.clone(),
        });
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind((ip, 0))).unwrap();
        let port = listener.local_addr().unwrap().port();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, acceptor.clone(), Arc::clone(&shared)));
            }
        });
        Self { port, connections, streams, most_streams: most, ranges, _runtime: runtime }
    }

    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    shared.connections.fetch_add(1, Ordering::SeqCst);
    if shared.flaw == Flaw::Plain {
        let _ = stream.try_write(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        return;
    }
    let Ok(tls) = acceptor.accept(stream).await else { return };
    let Ok(mut h2) = h2::server::Builder::new().max_concurrent_streams(100).handshake(tls).await else {
        return;
    };
    let mut count = 0;
    while let Some(Ok((request, respond))) = h2.accept().await {
        count += 1;
        if shared.flaw == Flaw::GoAway && count == 20 {
            h2.graceful_shutdown();
        }
        tokio::spawn(answer(request, respond, Arc::clone(&shared)));
    }
}

async fn answer(
    request: http::Request<h2::RecvStream>,
    mut respond: h2::server::SendResponse<bytes::Bytes>,
    shared: Arc<Shared>,
) {
    let number = shared.streams.fetch_add(1, Ordering::SeqCst);
    let active = shared.active.fetch_add(1, Ordering::SeqCst) + 1;
    shared.most.fetch_max(active, Ordering::SeqCst);
    // Long enough for the others to arrive.
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;

    let file = shared.files.get(request.uri().path().trim_start_matches('/')).cloned();
    let (status, body) = match (shared.flaw, file) {
        (Flaw::Echo, _) => {
            let header = request.headers().get("authorization").map(|v| v.as_bytes().to_vec());
            (403, header.unwrap_or_default())
        }
        (Flaw::Downgrade, _) => (302, Vec::new()),
        (Flaw::Guarded, _) if !knows_the_secret(request.headers()) => {
            let headers = format!("{:?}", request.headers());
            (401, headers.into_bytes())
        }
        (_, Some(file)) => (200, file),
        (_, None) => (404, b"not found".to_vec()),
    };
    let breaks = matches!(shared.flaw, Flaw::Breaks | Flaw::BreaksForGood | Flaw::BreaksAndLies);
    let (whole, mut status, mut body, mut first) = (body.len(), status, body, 0);
    let range = request
        .headers()
        .get("range")
        .and_then(|v| v.to_str().ok()?.strip_prefix("bytes=")?.strip_suffix('-'));
    if let Some(from) = range.filter(|_| breaks && shared.flaw != Flaw::BreaksForGood) {
        shared.ranges.fetch_add(1, Ordering::SeqCst);
        let lie = usize::from(shared.flaw == Flaw::BreaksAndLies);
        first = from.parse::<usize>().unwrap() - lie;
        (status, body) = (206, body[first..].to_vec());
    }
    let head = http::Response::builder().status(status).header("content-length", body.len());
    let head = head.header("content-range", format!("bytes {first}-{}/{whole}", whole.max(1) - 1));
    let head = head.header("content-type", "text/plain").header("location", "http://127.0.0.1:1/");
    let head = head.body(()).unwrap();
    if let Ok(mut stream) = respond.send_response(head, false) {
        let half = shared.flaw == Flaw::ResetStreams && number.is_multiple_of(3);
        let part = if half { body.len() / 2 } else { 700_000 };
        if half || breaks && body.len() > part {
            let _ = stream.send_data(body[..part].to_vec().into(), false);
            // Not before all that was sent is on its way.
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            stream.send_reset(Reason::INTERNAL_ERROR);
        } else {
            let _ = stream.send_data(body.into(), true);
        }
    }
    shared.active.fetch_sub(1, Ordering::SeqCst);
}

/// The secret that tests plant: a server that is guarded wants to see it.
pub const SECRET: &str = "s3cret-t0ken-planted";

fn knows_the_secret(headers: &http::HeaderMap) -> bool {
    use base64::Engine as _;
    headers.values().filter_map(|v| v.to_str().ok()).any(|value| {
        let basic = value.strip_prefix("Basic ").unwrap_or_default();
        let decoded = base64::engine::general_purpose::STANDARD.decode(basic).unwrap_or_default();
        value.contains(SECRET) || String::from_utf8_lossy(&decoded).contains(SECRET)
    })
}
