//! A plugin that has to be signed: by whom the policy file trusts, over these
//! very bytes, or nothing is judged (exit 10).

use crate::airgo::Run;
use crate::secrets::payloads;
use crate::site::{Site, text};
use airgo_testkit::{require_tool, sha256_hex};
use serde_json::{Value, json};
use std::fs;
use std::process::Command;

/// Some component: what it says is no matter here.
const PLUGIN: &[u8] = include_bytes!("../../plugins/built/allowlist.wasm");

/// A site with the plugin beside its policy, which has these lines of its own.
fn judged(site: &Site, plugin: &[u8], lines: &str) -> Run {
    site.temp.write("house.wasm", plugin);
    let policy = site.temp.write("signed.toml", policy_with(plugin, lines));
    site.pack_with(&["--policy", text(&policy)])
}

fn policy_with(plugin: &[u8], lines: &str) -> String {
    format!(
        "{}[[plugin]]\nname = \"house\"\npath = \"house.wasm\"\nsha256 = \"{}\"\n{}",
        if lines.starts_with("plugin-trust") { lines } else { "" },
        sha256_hex(plugin),
        if lines.starts_with("plugin-trust") { "signature = \"house.wasm.sshsig\"\n" } else { lines },
    )
}

fn sign(site: &Site, key: &str, format: &str) {
    let (plugin, key) = (site.temp.write("house.wasm", PLUGIN), site.temp.join(key));
    site.airgo.run(&["sign", text(&plugin), "--detached", format, "--key", text(&key)]).done();
}

fn lines(signature: &str, trust: &str) -> String {
    format!("signature = \"{signature}\"\ntrust = [\"{trust}\"]\n")
}

#[test]
fn a_plugin_signed_in_any_format_judges() {
    let site = Site::new();
    for (format, extension) in [
        ("raw", "sig"),
        ("base64", "sig.b64"),
        ("ssh", "sshsig"),
        ("minisign", "minisig"),
        ("attestation", "att.json"),
    ] {
        sign(&site, "key", format);
        judged(&site, PLUGIN, &lines(&format!("house.wasm.{extension}"), "key.pub")).done();
    }
    judged(&site, PLUGIN, "plugin-trust = [\"key.pub\"]\n").done();
}

/// In the report of every command and in the signed statement.
#[test]
fn the_verdict_says_who_signed_a_plugin() {
    let site = Site::new();
    sign(&site, "key", "ssh");
    site.temp.write(
        "trust.toml",
        "schema = \"https://airgo.dev/trust/v1\"\n\n[roles]\nauthor = 1\n\n\
         [[key]]\nname = \"pat\"\nfile = \"key.pub\"\nroles = [\"author\"]\n",
    );
    let document = |run: Run| serde_json::from_str::<Value>(&run.done().stdout).unwrap();
    let packed = |lines: &str| {
        site.temp.write("house.wasm", PLUGIN);
        let policy = site.temp.write("signed.toml", policy_with(PLUGIN, lines));
        let packed = document(site.pack_with(&["--policy", text(&policy), "--json"]));
        let (key, bundle) = (site.public_key(), site.bundle());
        let stated = payloads(&fs::read(&bundle).unwrap());
        let stated: Vec<Value> = stated.iter().map(|p| serde_json::from_str(p).unwrap()).collect();
        let verdict = stated.iter().find(|s| s["predicateType"].as_str().unwrap().ends_with("/verdict/v1"));
        let common = ["--policy", text(&policy), "--trust", text(&key), "--json"];
        let checked = document(site.airgo.run(&[&["policy", "check", text(&bundle)], &common[..]].concat()));
        let cache = site.temp.join("modcache");
        let unpack = ["unpack", text(&bundle), "--gomodcache", text(&cache)];
        let unpacked = document(site.airgo.run(&[&unpack[..], &common[..]].concat()));
        let signer = packed["policy"]["plugins"][0]["signer"].clone();
        assert_eq!(checked["plugins"][0]["signer"], signer);
        assert_eq!(unpacked["policy"]["plugins"][0]["signer"], signer);
        assert_eq!(verdict.unwrap()["predicate"]["plugins"][0]["signer"], signer);
        // The packer's key is the plugin author's here.
        (signer, packed["signedBy"][0].clone())
    };
    let (signer, key_id) = packed(&lines("house.wasm.sshsig", "trust.toml"));
    assert_eq!(signer, json!({"keyId": key_id, "name": "pat", "roles": ["author"]}));
    let (signer, key_id) = packed(&lines("house.wasm.sshsig", "key.pub"));
    assert_eq!(signer, json!({"keyId": key_id}));
    let (signer, _) = packed("");
    assert_eq!(signer, Value::Null, "nobody was asked for");
    let told = judged(&site, PLUGIN, &lines("house.wasm.sshsig", "trust.toml")).done();
    assert!(!told.stderr.contains("pat"), "{}", told.stderr);
    let policy = site.temp.join("signed.toml");
    let told = site.pack_with(&["--policy", text(&policy), "-v"]).done();
    let line = format!("plugin house: signed by {} (pat)", key_id.as_str().unwrap());
    assert!(told.stderr.contains(&line), "{}", told.stderr);
}

#[test]
fn openssl_signs_plugins_too() {
    if !require_tool("openssl") {
        return;
    }
    let site = Site::new();
    let (key, plugin) = (site.temp.join("key"), site.temp.write("house.wasm", PLUGIN));
    let made = Command::new("openssl")
        .args(["pkeyutl", "-sign", "-rawin", "-inkey"])
        .arg(key)
        .arg("-in")
        .arg(plugin)
        .arg("-out")
        .arg(site.temp.join("by-openssl.sig"))
        .status()
        .unwrap();
    assert!(made.success());
    judged(&site, PLUGIN, &lines("by-openssl.sig", "key.pub")).done();
}

#[test]
fn what_nobody_trusted_signed_judges_nothing() {
    let site = Site::new();
    site.airgo.run(&["keygen", "-o", text(&site.temp.join("other"))]).done();
    sign(&site, "key", "ssh");
    let refused = |plugin: &[u8], lines: &str, words: &[&str]| {
        let run = judged(&site, plugin, lines).ends(10).says(&["policy refused: plugin house "]).says(words);
        site.assert_nothing_written();
        run
    };
    let good = lines("house.wasm.sshsig", "key.pub");
    refused(PLUGIN, &lines("house.wasm.sshsig", "other.pub"), &["no trusted key made this signature"]);
    // Other bytes than were signed, though they are what is pinned.
    let mut changed = PLUGIN.to_vec();
    changed.extend(b"\0\x02\x01x");
    refused(&changed, &good, &["is not verified by ", "house.wasm.sshsig"]);
    refused(PLUGIN, &lines("nowhere.sig", "key.pub"), &["has no signature that can be read from "]);
    refused(PLUGIN, &lines("house.wasm.sshsig", "nowhere.pub"), &["cannot be checked against "]);
    fs::write(site.temp.join("empty.sig"), "").unwrap();
    refused(PLUGIN, &lines("empty.sig", "key.pub"), &["not a detached signature"]);
    refused(PLUGIN, "plugin-trust = [\"other.pub\"]\n", &["no trusted key made this signature"]);
}

#[test]
fn a_policy_that_trusts_signers_wants_every_plugin_signed() {
    let site = Site::new();
    let text_of = |rest: &str| {
        format!(
            "{rest}[[plugin]]\nname = \"house\"\npath = \"house.wasm\"\nsha256 = \"{}\"\n",
            sha256_hex(PLUGIN)
        )
    };
    site.temp.write("house.wasm", PLUGIN);
    let unsigned = site.temp.write("unsigned.toml", text_of("plugin-trust = [\"key.pub\"]\n"));
    site.pack_with(&["--policy", text(&unsigned)])
        .ends(1)
        .says(&["unsigned.toml:2:1: plugin house has no signature"]);
    let nobody = site.temp.write("nobody.toml", text_of("") + "signature = \"house.wasm.sshsig\"\n");
    site.pack_with(&["--policy", text(&nobody)]).ends(1).says(&["nobody says whose counts"]);
    site.assert_nothing_written();
}
