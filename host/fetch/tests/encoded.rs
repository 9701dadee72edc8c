//! Servers that compress without being asked (RFC 9110 section 12.5.3), as some
//! mirrors and web filters do: what they send is decoded, within the limits, and
//! a coding that is not what the header says is named.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use airgo_fetch::{FetchConfig, FetchError, Kind};
use airgo_testkit::{Fault, Module, Proxy, World};
use async_compression::tokio::write::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use support::Run;
use tokio::io::AsyncWriteExt as _;

const A: (&str, &str) = ("example.com/a", "v1.2.3");
const KINDS: [(Kind, &str); 3] = [(Kind::Info, ".info"), (Kind::Mod, ".mod"), (Kind::Zip, ".zip")];

fn world() -> World {
    let module = Module::new(A.0, A.1)
        .go("1.21")
        .file("a.go", "package a\n")
        .file("noise.bin", support::noise(200_000));
    World::new().with(module)
}

fn once(config: &mut FetchConfig) {
    config.retries.attempts = 1;
    config.retries.unreachable_attempts = 1;
}

/// The bytes that the proxy serves for a kind.
fn body(world: &World, suffix: &str) -> Vec<u8> {
    world.files().into_iter().find(|(path, _)| path.ends_with(suffix)).unwrap().1
}

macro_rules! encoded {
    ($encoder:ident, $bytes:expr) => {{
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut encoder = $encoder::new(Vec::new());
            encoder.write_all($bytes).await.unwrap();
            encoder.shutdown().await.unwrap();
            encoder.into_inner()
        })
    }};
}

/// The codings by the names that servers give them.
fn codings(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let gzip = encoded!(GzipEncoder, bytes);
    vec![
        ("x-gzip", gzip.clone()),
        ("deflate", encoded!(ZlibEncoder, bytes)),
        // Against the standard, and so common that clients take it.
        ("deflate", encoded!(DeflateEncoder, bytes)),
        ("br", encoded!(BrotliEncoder, bytes)),
        ("zstd", encoded!(ZstdEncoder, bytes)),
        ("gzip, br", encoded!(BrotliEncoder, &gzip)),
        ("gzip", gzip),
        // Neither is a coding; the body is as it is, and go takes it.
        ("identity", bytes.to_vec()),
        ("utf-8", bytes.to_vec()),
    ]
}

#[test]
fn what_is_encoded_is_decoded() {
    let world = world();
    for (kind, suffix) in KINDS {
        let plain = Run::with(&Proxy::serve(&world).url(), once).fetch(A.0, A.1, kind).unwrap();
        for (coding, bytes) in codings(&body(&world, suffix)) {
            let proxy = Proxy::serve(&world);
            proxy.fault(suffix, Fault::Encoded(coding.to_owned(), bytes));
            let fetched = Run::with(&proxy.url(), once).fetch(A.0, A.1, kind);
            let fetched = fetched.unwrap_or_else(|e| panic!("{coding} {suffix}: {e}"));
            assert_eq!((fetched.sha256, fetched.h1), (plain.sha256, plain.h1), "{coding} {suffix}");
            let asked = proxy.requests();
            assert!(asked.iter().all(|r| r.header("accept-encoding") == Some("identity")), "{asked:?}");
        }
    }
}

#[test]
fn what_is_not_encoded_as_it_says_is_named() {
    let world = world();
    for (kind, suffix) in KINDS {
        let whole = body(&world, suffix);
        let cut = |bytes: Vec<u8>| bytes[..bytes.len() - 9].to_vec();
        let gzip = encoded!(GzipEncoder, &whole);
        for (coding, bytes) in [
            ("gzip", whole.clone()),
            ("zstd", whole.clone()),
            ("br", gzip.clone()),
            ("gzip", cut(gzip.clone())),
            ("zstd", cut(encoded!(ZstdEncoder, &whole))),
            ("compress", gzip.clone()),
            ("gzip, compress", gzip.clone()),
        ] {
            let proxy = Proxy::serve(&world);
            proxy.fault(suffix, Fault::Encoded(coding.to_owned(), bytes));
            let error = Run::with(&proxy.url(), once).fetch(A.0, A.1, kind).unwrap_err();
            assert!(matches!(error, FetchError::InvalidContent { .. }), "{coding} {suffix}: {error:?}");
            let text = error.to_string();
            assert!(text.contains(&format!("Content-Encoding: {coding}")) && text.contains(A.0), "{text}");
        }
    }
}

/// The limits are those of what comes out: 64 MiB from a few bytes.
#[test]
fn a_bomb_is_stopped_at_the_limit() {
    let zeros = vec![0; 64 << 20];
    let bombs = [
        ("gzip", encoded!(GzipEncoder, &zeros)),
        ("br", encoded!(BrotliEncoder, &zeros)),
        ("zstd", encoded!(ZstdEncoder, &zeros)),
    ];
    for (coding, bomb) in bombs {
        assert!(bomb.len() < 100_000, "{coding}");
        for (kind, suffix) in [(Kind::Info, ".info"), (Kind::Mod, ".mod")] {
            let proxy = Proxy::serve(&world());
            proxy.fault(suffix, Fault::Encoded(coding.to_owned(), bomb.clone()));
            let error = Run::with(&proxy.url(), once).fetch(A.0, A.1, kind).unwrap_err();
            assert!(matches!(error, FetchError::TooLarge { .. }), "{coding} {suffix}: {error:?}");
        }
    }
}

/// A zip that breaks off while it is decoded goes on with what is not encoded.
#[test]
fn a_resumed_zip_never_mixes_its_forms() {
    let world = world();
    let proxy = Proxy::serve(&world);
    let gzip = encoded!(GzipEncoder, &body(&world, ".zip"));
    let half = gzip[..gzip.len() / 2].to_vec();
    proxy.serve_ranges().fault_times(".zip", 1, Fault::Encoded("gzip".to_owned(), half));
    let plain = Run::with(&Proxy::serve(&world).url(), once).fetch(A.0, A.1, Kind::Zip).unwrap();
    let fetched = Run::new(&proxy.url()).fetch(A.0, A.1, Kind::Zip).unwrap();
    assert_eq!(fetched.h1, plain.h1);
}
