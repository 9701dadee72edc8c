//! Bundles on their way: who has to sign, old ones that come back, volumes,
//! deltas, damage.

use crate::airgo::{Airgo, Run};
use crate::site::{Site, main_module, small_world, snapshot, text};
use airgo_testkit::{Module, require_tool};
use std::fs;
use std::path::{Path, PathBuf};

fn keygen(site: &Site, name: &str) -> PathBuf {
    let key = site.temp.join(name);
    site.airgo.run(&["keygen", "-o", text(&key), "--format", "openssh"]).done();
    key
}

fn public(key: &Path) -> String {
    fs::read_to_string(format!("{}.pub", key.display())).unwrap().trim().to_owned()
}

fn verify(site: &Site, bundle: &Path, more: &[&str]) -> Run {
    let key = site.public_key();
    let mut args = vec!["verify", text(bundle), "--trust", text(&key)];
    args.extend(more);
    site.airgo.run(&args)
}

#[test]
fn a_trust_file_demands_roles_and_bounds_them() {
    let site = Site::new();
    let (packer, reviewer, other) =
        (keygen(&site, "packer"), keygen(&site, "reviewer"), keygen(&site, "other"));
    let bundle = site.bundle();
    let project = site.project();
    site.airgo.run(&["pack", text(&project), "-o", text(&bundle), "--key", text(&packer)]).done();
    let trust_file = |module: &str| {
        format!(
            "schema = \"https://airgo.dev/trust/v1\"\n\n[roles]\npacker = 1\nreviewer = 1\n\n\
             [[key]]\nname = \"pat\"\npublic-key = \"{}\"\nroles = [\"packer\"]\nmodules = [\"{module}\"]\n\n\
             [[key]]\nname = \"rae\"\npublic-key = \"{}\"\nroles = [\"reviewer\"]\n",
            public(&packer),
            public(&reviewer)
        )
    };
    let trust = site.temp.write("trust.toml", trust_file("example.com/*"));
    let check = |trust: &Path| site.airgo.run(&["verify", text(&bundle), "--trust", text(trust)]);
    check(&trust).ends(10).says(&["reviewer"]);
    // Nobody whom the file does not name as one is a reviewer.
    let lone = site.temp.write("lone.pub", public(&packer));
    site.airgo.run(&["sign", text(&bundle), "--key", text(&other), "--trust", text(&lone)]).done();
    check(&trust).ends(10).says(&["reviewer"]);
    site.airgo.run(&["sign", text(&bundle), "--key", text(&reviewer), "--trust", text(&lone)]).done();
    check(&trust).done();
    // The same keys, but not for this project.
    let elsewhere = site.temp.write("elsewhere.toml", trust_file("example.org/*"));
    check(&elsewhere).ends(10).says(&["example.com/main"]);
    let broken =
        site.temp.write("broken.toml", trust_file("example.com/*").replace("packer = 1", "packer = 0"));
    check(&broken).ends(1).says(&["broken.toml:4"]);
}

#[test]
fn an_old_bundle_does_not_come_back() {
    let site = Site::new();
    let record = site.temp.join("seen.json");
    let packed = |name: &str, sequence: &str| {
        site.pack_with(&["--sequence", sequence]).done();
        let copy = site.temp.join(name);
        fs::copy(site.bundle(), &copy).unwrap();
        copy
    };
    let (one, two) = (packed("one.airgo", "1"), packed("two.airgo", "2"));
    let with = ["--last-seen", text(&record)];
    site.unpack(&one, &with).done();
    site.unpack(&two, &with).done();
    let before = snapshot(&site.modcache());
    site.unpack(&one, &with).ends(10).says(&["sequence 1", "older"]);
    verify(&site, &one, &with).ends(10);
    site.unpack(&two, &with).done();
    assert!(snapshot(&site.modcache()) == before);
    site.pack().done();
    site.unpack(&site.bundle(), &with).ends(10).says(&["sequence"]);
    // An expired one does not count either.
    site.pack_with(&["--expires", "2020-01-01T00:00:00Z"]).done();
    verify(&site, &site.bundle(), &[]).ends(10).says(&["expired"]);
}

#[test]
fn a_command_signs_for_a_key_that_airgo_never_sees() {
    if !require_tool("openssl") {
        return;
    }
    let site = Site::new();
    let key = site.key();
    // openssl wants a file: the command is two steps in a script.
    let script = site.temp.write(
        "sign.sh",
        format!(
            "#!/bin/sh\nset -e\nt=$(mktemp)\ncat >\"$t\"\nopenssl pkeyutl -sign -inkey '{}' -rawin -in \"$t\"\nrm \"$t\"\n",
            key.display()
        ),
    );
    let command = format!("sh '{}'", script.display());
    let (project, bundle, public) = (site.project(), site.bundle(), site.public_key());
    let pack =
        ["pack", text(&project), "-o", text(&bundle), "--sign-with", &command, "--public-key", text(&public)];
    site.airgo.run(&pack).done();
    verify(&site, &bundle, &[]).done();
    // A command that signs with another key is found out before anything is written.
    fs::remove_file(&bundle).unwrap();
    let other = keygen(&site, "other");
    let wrong = format!("{}.pub", other.display());
    let mut pack = pack;
    pack[7] = &wrong;
    site.airgo.run(&pack).ends(1).says(&["does not verify"]);
    assert!(!bundle.exists());
}

#[test]
fn other_tools_verify_what_is_signed_beside_the_file() {
    let site = Site::new();
    site.pack().done();
    let (bundle, key, public) = (site.bundle(), site.key(), site.public_key());
    for (format, extension) in [
        ("raw", ".sig"),
        ("base64", ".sig.b64"),
        ("ssh", ".sshsig"),
        ("minisign", ".minisig"),
        ("attestation", ".att.json"),
    ] {
        let before = fs::read(&bundle).unwrap();
        site.airgo
            .run(&[
                "sign",
                text(&bundle),
                "--key",
                text(&key),
                "--trust",
                text(&public),
                "--detached",
                format,
            ])
            .done();
        assert!(fs::read(&bundle).unwrap() == before, "{format} changed the bundle");
        let signature = format!("{}{extension}", bundle.display());
        verify(&site, &bundle, &["--signature", &signature])
            .done()
            .says(&[&format!("app.airgo{extension} by SHA256:")]);
    }
    if require_tool("openssl") {
        let out = std::process::Command::new("openssl")
            .args(["pkeyutl", "-verify", "-pubin", "-inkey", text(&public), "-rawin", "-in", text(&bundle)])
            .arg("-sigfile")
            .arg(format!("{}.sig", bundle.display()))
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }
    // One byte more, and none of them holds.
    let mut bytes = fs::read(&bundle).unwrap();
    bytes.push(0);
    let longer = site.temp.write("longer.airgo", bytes);
    verify(&site, &longer, &["--signature", &format!("{}.sig", bundle.display())]).ends(13);
}

/// A world in which one more module makes a second bundle.
fn later() -> Site {
    let mut world = small_world();
    let noise: String = (0..20_000).map(|n| format!("// {n} {}\n", n * 7919 % 10_007)).collect();
    world
        .add(Module::new("example.com/new", "v1.0.0").go("1.21").file("n.go", format!("package n\n{noise}")));
    Site::of(world, &main_module().require("example.com/new", "v1.0.0"))
}

#[test]
fn a_delta_holds_what_is_new_and_needs_its_base() {
    let site = later();
    let old = {
        let small = Site::new();
        fs::copy(site.key(), small.key()).unwrap();
        small.pack().done();
        let copy = site.temp.join("old.airgo");
        fs::copy(small.bundle(), &copy).unwrap();
        copy
    };
    site.pack().done();
    let whole = fs::read(site.bundle()).unwrap();
    let cache = site.temp.join("whole");
    let public = site.public_key();
    let unpack = |bundle: &Path, cache: &Path, more: &[&str]| {
        let mut args = vec!["unpack", text(bundle), "--gomodcache", text(cache), "--trust", text(&public)];
        args.extend(more);
        Airgo::new("off").run(&args)
    };
    unpack(&site.bundle(), &cache, &[]).done();

    site.pack_with(&["--since", text(&old), "--trust", text(&public)]).done().says(&["since"]);
    assert!(fs::read(site.bundle()).unwrap().len() < whole.len());
    let other = site.temp.join("delta");
    unpack(&site.bundle(), &other, &[]).ends(1).says(&["--base"]);
    assert!(snapshot(&other).is_empty());
    unpack(&site.bundle(), &other, &["--base", text(&old)]).done();
    let bare = |dir: &Path| {
        snapshot(dir)
            .into_iter()
            .map(|(path, rest)| (path.strip_prefix(dir).unwrap().to_owned(), rest))
            // Inodes and times, of which each cache has its own.
            .filter(|(path, _)| !text(path).contains("airgo-record-"))
            .collect::<Vec<_>>()
    };
    assert!(bare(&cache) == bare(&other), "a delta unpacks to something else");
}

#[test]
fn volumes_travel_apart_and_only_the_damaged_one_again() {
    let site = later();
    site.pack().done();
    let whole = site.temp.join("whole.airgo");
    fs::copy(site.bundle(), &whole).unwrap();
    site.pack_with(&["--split", "16KiB"]).done().says(&["volumes"]);
    assert!(!site.bundle().exists());
    let volume = |n: u32| PathBuf::from(format!("{}.{n:03}", site.bundle().display()));
    verify(&site, &volume(2), &[]).done();
    site.unpack(&volume(1), &[]).done();

    let sound = fs::read(volume(2)).unwrap();
    let mut bytes = sound.clone();
    let at = bytes.len() - 7;
    bytes[at] ^= 0x20;
    fs::write(volume(2), bytes).unwrap();
    verify(&site, &volume(1), &[]).says(&["send again: volume 2 of"]);
    let again = site.temp.write("again", sound);
    let (fixed, public) = (site.temp.join("fixed.airgo"), site.public_key());
    let mut files: Vec<PathBuf> = (1..).map(&volume).take_while(|v| v.exists()).collect();
    files.push(again);
    let mut args = vec!["repair", "-o", text(&fixed), "--trust", text(&public)];
    args.extend(files.iter().map(|f| text(f)));
    site.airgo.run(&args).done();
    verify(&site, &fixed, &[]).done();
}

/// What damage makes of a signed entry is no forgery: it too is sent again alone.
#[test]
fn damage_to_what_is_signed_is_told_and_repaired() {
    let site = later();
    site.pack().done();
    let good = fs::read(site.bundle()).unwrap();
    let begins = |what: &[u8]| good.windows(what.len()).position(|w| w == what).unwrap();
    let manifest = begins(br#"{"contentId":"#) + 30;
    let signature = begins(br#"{"payload":""#) + 60;
    for (at, entry) in [(manifest, "airgo.json"), (signature, "dsse.json")] {
        let mut bytes = good.clone();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let damaged = site.temp.write("damaged.airgo", bytes);
        let (need, patch) = (site.temp.join("need.json"), site.temp.join("patch"));
        let run = verify(&site, &damaged, &["--request", text(&need)]);
        assert_eq!(run.code, 10, "{}", run.stderr);
        let line = run.stderr.lines().find(|l| l.contains("send again: "));
        assert!(line.is_some_and(|l| l.ends_with(entry)), "{entry}: {}", run.stderr);
        site.airgo.run(&["resend", text(&need), text(&site.bundle()), "-o", text(&patch)]).done();
        let (fixed, public) = (site.temp.join("fixed.airgo"), site.public_key());
        let args = ["repair", text(&damaged), text(&patch), "-o", text(&fixed), "--trust", text(&public)];
        site.airgo.run(&args).done();
        assert!(fs::read(&fixed).unwrap() == good, "{entry}");
    }
}

#[test]
fn a_damaged_module_alone_is_sent_again() {
    let site = later();
    site.pack().done();
    let good = site.temp.join("good.airgo");
    fs::copy(site.bundle(), &good).unwrap();
    let mut bytes = fs::read(&good).unwrap();
    let at =
        bytes.windows(30).position(|w| w.starts_with(b"proxy/example.com/new/@v/v1.0.0.zip")).unwrap_or_else(
            || bytes.windows(35).position(|w| w == b"proxy/example.com/new/@v/v1.0.0.zip").unwrap(),
        );
    bytes[at + 100] ^= 1;
    let damaged = site.temp.write("damaged.airgo", bytes);
    let request = site.temp.join("need.json");
    verify(&site, &damaged, &["--request", text(&request)])
        .ends(11)
        .says(&["send again: example.com/new@v1.0.0", "airgo resend"]);
    let patch = site.temp.join("patch");
    site.airgo.run(&["resend", text(&request), text(&good), "-o", text(&patch)]).done();
    assert!(fs::metadata(&patch).unwrap().len() < fs::metadata(&good).unwrap().len());
    let (fixed, public) = (site.temp.join("fixed.airgo"), site.public_key());
    site.airgo
        .run(&["repair", text(&damaged), text(&patch), "-o", text(&fixed), "--trust", text(&public)])
        .done();
    assert!(fs::read(&fixed).unwrap() == fs::read(&good).unwrap());
}
