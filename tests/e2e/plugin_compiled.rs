//! Plugins compiled ahead: run by the signature of somebody whom the caller
//! trusts, whatever the policy file says; else nothing is judged.

use crate::airgo::Run;
use crate::site::{Site, text};
use airgo_testkit::sha256_hex;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// A plugin that is not built in: one that is, with a section of its own. It
/// refuses every module that is not on its list, which is empty.
fn plugin() -> Vec<u8> {
    [include_bytes!("../../plugins/built/allowlist.wasm"), &b"\0\x05\x04note"[..]].concat()
}

/// A site with the plugin and a policy that names its compiled code.
fn site() -> (Site, PathBuf) {
    let site = Site::new();
    site.temp.write("team.wasm", plugin());
    let entry = format!(
        "[[plugin]]\nname = \"team\"\npath = \"team.wasm\"\nsha256 = \"{}\"\n\
         compiled = \"team.compiled\"\nconfig = {{ allow = [\"*\"] }}\n",
        sha256_hex(&plugin())
    );
    let policy = site.temp.write("policy.toml", entry);
    (site, policy)
}

fn compile(site: &Site, key: &str, more: &[&str]) -> Run {
    let (plugin, key) = (site.temp.join("team.wasm"), site.temp.join(key));
    site.airgo.run(&[&["plugin", "compile", text(&plugin), "--key", text(&key)], more].concat())
}

fn check(site: &Site, policy: &str, trust: &str) -> Run {
    let (bundle, policy, trust) = (site.bundle(), site.temp.join(policy), site.temp.join(trust));
    site.airgo.run(&["policy", "check", text(&bundle), "--policy", text(&policy), "--trust", text(&trust)])
}

#[test]
fn a_compiled_plugin_judges_as_its_component_does() {
    let (site, policy) = site();
    let run = compile(&site, "key", &["--json"]).done();
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["schema"], "airgo.dev/plugin-compile/v1");
    assert_eq!(document["sha256"], sha256_hex(&plugin()));
    assert!(document["file"].as_str().unwrap().ends_with("team.compiled"), "{document}");
    // The key is named, for it is not the personal one, which is all that pack trusts by itself.
    let key = site.public_key();
    let packed = site.pack_with(&["--policy", text(&policy), "--trust", text(&key), "--json"]).done();
    let packed: Value = serde_json::from_str(&packed.stdout).unwrap();
    // The component's digest, not that of its code.
    assert_eq!(packed["policy"]["plugins"][0]["sha256"], sha256_hex(&plugin()));

    let compiled = check(&site, "policy.toml", "key.pub").done();
    let without = fs::read_to_string(&policy).unwrap().replace("compiled = \"team.compiled\"\n", "");
    site.temp.write("without.toml", without);
    let component = check(&site, "without.toml", "key.pub").done();
    assert_eq!(compiled.stdout, component.stdout);
}

#[test]
fn compiled_code_counts_only_by_a_signature_of_somebody_trusted() {
    let (site, _) = site();
    site.pack().done();
    let file = site.temp.join("team.compiled");
    check(&site, "policy.toml", "key.pub").ends(12).says(&[
        "plugin team cannot be run from ",
        "it cannot be read",
        "airgo plugin compile ",
    ]);

    // That the policy file trusts a signer is not enough: it may come with the code.
    site.airgo.run(&["keygen", "-o", text(&site.temp.join("other"))]).done();
    compile(&site, "other", &[]).done();
    check(&site, "policy.toml", "key.pub")
        .ends(10)
        .says(&["nobody whom you trust has signed it", "compiled code runs outside the sandbox"]);

    assert_eq!(compile(&site, "key", &[]).done().stdout, "compiled = \"team.compiled\"\n");
    check(&site, "policy.toml", "key.pub").done();
    let good = fs::read(&file).unwrap();
    let change = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        fs::write(&file, bytes).unwrap();
        check(&site, "policy.toml", "key.pub")
    };
    let lines: Vec<usize> = good.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at).collect();
    // A digit of a digest in the head; a letter of the signature; a byte of the code.
    change(lines[1] - 40).ends(10).says(&["nobody whom you trust has signed it"]);
    change(lines[1] + 9).ends(10).says(&["nobody whom you trust has signed it"]);
    change(lines[2] + 5000).ends(12).says(&["its code is not what was signed"]);
    fs::write(&file, &good[..good.len() / 2]).unwrap();
    check(&site, "policy.toml", "key.pub").ends(12).says(&["its code is not what was signed"]);
    fs::write(&file, plugin()).unwrap();
    check(&site, "policy.toml", "key.pub").ends(12).says(&["is not a file that `airgo plugin compile`"]);
    let bundle = site.bundle();
    let unpack = ["--policy", text(&site.temp.join("policy.toml"))].map(str::to_owned);
    site.unpack(&bundle, &[&unpack[0], &unpack[1]])
        .ends(12)
        .says(&["nothing was written to the module cache"]);
}

#[test]
fn code_of_another_plugin_is_refused() {
    let (site, policy) = site();
    site.pack().done();
    compile(&site, "key", &[]).done();
    let changed = [&plugin()[..], b"\0\x02\x01x"].concat();
    let entry = fs::read_to_string(&policy).unwrap();
    site.temp.write("policy.toml", entry.replace(&sha256_hex(&plugin()), &sha256_hex(&changed)));
    site.temp.write("team.wasm", changed);
    check(&site, "policy.toml", "key.pub")
        .ends(12)
        .says(&["it was compiled from a component with sha256 ", "airgo plugin compile "]);
}

#[test]
fn what_is_no_plugin_of_ones_own_is_not_compiled() {
    let (site, _) = site();
    site.airgo.run(&["plugin", "compile", "builtin:drift"]).ends(1).says(&["it comes with airgo"]);
    site.temp.write("team.wasm", b"\0asm\x0d\0\x01\0");
    compile(&site, "key", &[]).ends(1).says(&["team.wasm", "team.compiled was not written"]);
    assert!(!site.temp.join("team.compiled").exists());
    let entry = "[[plugin]]\nname = \"drift\"\nbuiltin = \"drift\"\ncompiled = \"x\"\n";
    site.temp.write("policy.toml", entry);
    site.pack().done();
    check(&site, "policy.toml", "key.pub").ends(1).says(&["policy.toml:4:12", "is compiled there"]);
}
