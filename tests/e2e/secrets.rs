//! Credentials reach no bundle, no log, no error text and no file.

use crate::airgo::{Airgo, Run};
use crate::site::{main_module, small_world, text};
use airgo_testkit::{Fault, Proxy, TempTree};
use std::fs;
use std::path::Path;

const USER: &str = "alice";
const SECRET: &str = "s3cr3t-Pa55";
/// `alice:s3cr3t-Pa55` as Basic authorization sends it.
const BASIC: &str = "Basic YWxpY2U6czNjcjN0LVBhNTU=";

/// Fails where the password or its encoding is in `bytes`.
#[track_caller]
fn clean(what: &str, bytes: &[u8]) {
    for secret in [SECRET, BASIC.trim_start_matches("Basic ")] {
        let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
        assert!(!found, "{what} holds the credentials");
    }
}

fn clean_run(run: &Run) {
    clean("stdout", run.stdout.as_bytes());
    clean("stderr", run.stderr.as_bytes());
}

fn clean_tree(dir: &Path) {
    for (path, (_, bytes)) in crate::site::snapshot(dir) {
        clean(&path.display().to_string(), &bytes);
        clean("a file's name", path.as_os_str().as_encoded_bytes());
    }
}

/// Plain http may not carry them at all, so that the proxy that has a login is
/// one that does not answer; what is sent over TLS is told in host/fetch.
#[test]
fn credentials_in_goproxy_stay_there() {
    let world = small_world();
    let proxy = Proxy::serve(&world);
    let temp = TempTree::new();
    main_module().write_dir(&temp.dir("main"));
    temp.write("main/go.sum", world.go_sum());
    let (project, bundle, cache) = (temp.join("main"), temp.dir("out").join("app.airgo"), temp.dir("cache"));
    let pack = |goproxy: &str, json: &[&str]| {
        let airgo = Airgo::new(goproxy);
        let mut args = vec!["pack", "-v", text(&project), "-o", text(&bundle), "--cache", text(&cache)];
        args.extend(json);
        let run = airgo.run(&args);
        clean_run(&run);
        run
    };

    // Every way to fail first, while nothing is in the store.
    let plain = proxy.url().replace("://", &format!("://{USER}:{SECRET}@"));
    pack(&plain, &[]).ends(1).says(&["without TLS"]);
    let gone = format!("https://{USER}:{SECRET}@127.0.0.1:1");
    pack(&gone, &[]).ends(1).says(&["127.0.0.1:1"]);
    assert_eq!(pack(&gone, &["--json"]).code, 1);
    for odd in [format!("https://{USER}:{SECRET}@ host/"), format!("ftp://{USER}:{SECRET}@host/")] {
        pack(&odd, &[]).ends(1);
    }
    let both = format!("{gone}|{}", proxy.url());
    for fault in [Fault::Status(500), Fault::Status(403), Fault::Reset, Fault::Truncate(10), Fault::Html] {
        proxy.fault("example.com/a/@v/v1.0.0.zip", fault);
        assert_eq!(pack(&both, &["--json", "--retries", "1"]).code, 1);
        proxy.heal();
    }
    let doctor = Airgo::new(&both).env("GOSUMDB", "off").run(&["doctor", "--json", text(&project)]);
    clean_run(&doctor);

    // GOPROXY is in the provenance, without them.
    pack(&both, &[]).done();
    let bytes = fs::read(&bundle).unwrap();
    clean("the bundle", &bytes);
    let payloads = payloads(&bytes);
    assert!(payloads.iter().any(|p| p.contains("https://127.0.0.1:1|")), "{payloads:?}");
    payloads.iter().for_each(|p| clean("a statement", p.as_bytes()));
    clean_tree(&cache);
}

/// What the envelopes of a bundle sign, decoded.
pub fn payloads(bundle: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bundle);
    let encoded = text.split("{\"payload\":\"").skip(1).filter_map(|rest| rest.split('"').next());
    let decoded = encoded.map(|e| String::from_utf8(base64_decode(e)).unwrap());
    decoded.collect()
}

fn base64_decode(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut bits, mut have) = (Vec::new(), 0_u32, 0);
    for byte in text.bytes().take_while(|b| *b != b'=') {
        bits = bits << 6 | ALPHABET.iter().position(|a| *a == byte).unwrap() as u32;
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have) as u8);
        }
    }
    out
}
