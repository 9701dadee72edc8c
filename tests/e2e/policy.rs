//! Policy at pack, at unpack and on its own: a refusal is exit 12 and leaves
//! nothing behind.

use crate::site::{Site, snapshot, text};
use airgo_testkit::sha256_hex;
use std::path::PathBuf;
use std::time::{Duration, Instant};

fn allowlist(allow: &str, default: &str) -> String {
    format!(
        "[[plugin]]\nname = \"allowlist\"\nbuiltin = \"allowlist\"\nconfig.default = \"{default}\"\nconfig.allow = [{allow}]\n"
    )
}

fn policy(site: &Site, name: &str, text: &str) -> PathBuf {
    site.temp.write(name, text)
}

#[test]
fn an_allowed_project_passes() {
    let site = Site::new();
    let file = policy(&site, "good.toml", &allowlist("\"example.com/*\"", "deny"));
    site.pack_with(&["--policy", text(&file)]).done();
    site.unpack(&site.bundle(), &["--policy", text(&file)]).done();
    let (bundle, key) = (site.bundle(), site.public_key());
    site.airgo
        .run(&["policy", "check", text(&bundle), "--policy", text(&file), "--trust", text(&key)])
        .done();
}

#[test]
fn a_denied_module_stops_pack() {
    let site = Site::new();
    let file = policy(&site, "bad.toml", &allowlist("\"example.com/a\"", "deny"));
    site.pack_with(&["--policy", text(&file)]).ends(12).says(&["example.com/b/v2", "allowlist/not-listed"]);
    site.assert_nothing_written();
}

#[test]
fn airgo_toml_beside_go_mod_is_the_policy_of_pack() {
    let site = Site::new();
    policy(&site, "main/airgo.toml", &allowlist("\"example.com/a\"", "deny"));
    site.pack().ends(12);
    site.assert_nothing_written();
}

#[test]
fn a_denied_module_stops_unpack() {
    let site = Site::new();
    site.pack().done();
    let file = policy(&site, "bad.toml", &allowlist("\"example.com/a\"", "deny"));
    site.unpack(&site.bundle(), &["--policy", text(&file)]).ends(12).says(&["example.com/b/v2"]);
    assert!(snapshot(&site.modcache()).is_empty(), "a refused bundle left files");
    let (bundle, key) = (site.bundle(), site.public_key());
    let check = ["policy", "check", text(&bundle), "--policy", text(&file), "--trust", text(&key)];
    site.airgo.run(&check).ends(12);
    let json = site.airgo.run(&[&check[..], &["--json"]].concat());
    assert_eq!(json.code, 12, "{}", json.stderr);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert!(json.get("schema").is_some() && json.to_string().contains("not-listed"), "{json}");
}

#[test]
fn a_broken_policy_file_is_shown_at_its_line() {
    let site = Site::new();
    let file = policy(&site, "broken.toml", "[[plugin]]\nname = \"x\"\nbuiltin = \"allowlist\"\nconfg = 1\n");
    site.pack_with(&["--policy", text(&file)]).ends(1).says(&["broken.toml:4", "confg"]);
    site.assert_nothing_written();
}

#[test]
fn a_policy_file_without_plugins_is_spoken_of() {
    let site = Site::new();
    let file = policy(&site, "empty.toml", "# later\n");
    site.pack_with(&["--policy", text(&file)])
        .done()
        .says(&["empty.toml names no plugin", "nothing is evaluated"]);
}

#[test]
fn a_policy_file_that_is_not_there_is_no_permission() {
    let site = Site::new();
    let file = site.temp.join("missing.toml");
    site.pack_with(&["--policy", text(&file)]).ends(1).says(&["missing.toml"]);
    site.assert_nothing_written();
}

#[test]
fn a_plugin_that_is_no_component_refuses() {
    let site = Site::new();
    site.temp.write("plugin.wasm", b"\0asm\x01\0\0\0");
    let digest = "93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476";
    let file = policy(
        &site,
        "core.toml",
        &format!("[[plugin]]\nname = \"core\"\npath = \"plugin.wasm\"\nsha256 = \"{digest}\"\n"),
    );
    site.pack_with(&["--policy", text(&file)]).ends(12).says(&["core"]);
    site.assert_nothing_written();
}

#[test]
fn a_plugin_of_another_hash_refuses() {
    let site = Site::new();
    site.temp.write("plugin.wasm", b"\0asm\x0d\0\x01\0");
    let file = policy(
        &site,
        "hash.toml",
        &format!("[[plugin]]\nname = \"other\"\npath = \"plugin.wasm\"\nsha256 = \"{}\"\n", "0".repeat(64)),
    );
    let run = site.pack_with(&["--policy", text(&file)]);
    assert!(run.code == 11 || run.code == 12, "exit {}: {}", run.code, run.stderr);
    site.assert_nothing_written();
}

/// Its `check` never returns: see plugins/README.md.
const LOOPS: &[u8] = include_bytes!("plugins/loops.wasm");

#[test]
fn a_plugin_that_loops_for_ever_is_stopped_and_refuses() {
    let site = Site::new();
    site.temp.write("loops.wasm", LOOPS);
    let file = policy(
        &site,
        "loops.toml",
        &format!(
            "[[plugin]]\nname = \"endless\"\npath = \"loops.wasm\"\nsha256 = \"{}\"\n",
            sha256_hex(LOOPS)
        ),
    );
    site.pack_with(&["--policy", text(&file)]).ends(12).says(&["endless", "took longer than"]);
    site.assert_nothing_written();

    site.pack().done();
    let start = Instant::now();
    site.unpack(&site.bundle(), &["--policy", text(&file)]).ends(12).says(&["endless"]);
    assert!(start.elapsed() < PATIENCE, "stopped only after {:?}", start.elapsed());
    assert!(snapshot(&site.modcache()).is_empty(), "a refused bundle left files");
}

/// Far beyond the limit of any plugin: a machine may be busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// A plugin is tried without an entry in airgo.toml that pins it; the policy
/// file's own plugins do not run, its data sources are there.
#[test]
fn a_plugin_is_tried_unpinned_over_a_project_and_a_bundle() {
    let site = Site::new();
    site.temp.write("main/airgo.toml", allowlist("", "deny"));
    site.temp.write("try.toml", "default = \"deny\"\nallow = [\"example.com/a\"]\n");
    let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/built/allowlist.wasm");
    let (project, config) = (site.project(), site.temp.join("try.toml"));
    for plugin in ["builtin:allowlist", built] {
        let run = site.airgo.run(&[
            "policy",
            "check",
            text(&project),
            "--plugin",
            plugin,
            "--config",
            text(&config),
            "--json",
        ]);
        let run = run.ends(12);
        run.says(&["example.com/b/v2@v2.1.0", "allowlist/not-listed"]);
    }
    // Another plugin than that of airgo.toml: its refusals are none of this run.
    let run = site.airgo.run(&["policy", "check", text(&project), "--plugin", "builtin:freshness"]).done();
    assert!(!run.stderr.contains("not-listed") && !run.stdout.contains("not-listed"), "{}", run.stderr);
    site.pack_with(&["--policy", text(&policy(&site, "good.toml", &allowlist("\"example.com/*\"", "deny")))])
        .done();
    let (bundle, key) = (site.bundle(), site.public_key());
    let tried = ["policy", "check", text(&bundle), "--trust", text(&key), "--plugin", "builtin:allowlist"];
    site.airgo
        .run(&[&tried[..], &["--config", text(&config)]].concat())
        .ends(12)
        .says(&["example.com/b/v2@"]);
    let two = [&tried[..], &["--plugin", "builtin:native", "--config", text(&config)]].concat();
    site.airgo.run(&two).ends(2).says(&["--config is of one plugin"]);
    site.airgo
        .run(&["policy", "check", text(&project), "--plugin", "nowhere.wasm"])
        .ends(1)
        .says(&["nowhere.wasm"]);
}
