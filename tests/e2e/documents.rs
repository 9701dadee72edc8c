//! The one document of each command with `--json`, held in `snapshots/json-*`.

use crate::airgo::Airgo;
use crate::outputs::holds;
use crate::redact::Redact;
use crate::site::{Site, main_module, small_world, text};
use airgo_testkit::Module;
use serde_json::Value;
use std::fs;

/// A site, and the runs over it whose documents are held.
struct Documents {
    site: Site,
    redact: Redact,
}

impl Documents {
    fn new() -> Self {
        let mut world = small_world();
        world.add(
            Module::new("example.com/a", "v1.1.0")
                .go("1.21")
                .require("example.com/b/v2", "v2.1.0")
                .file("a.go", "package a\n\nimport _ \"example.com/b/v2/inner\"\n"),
        );
        let site = Site::of(world, &main_module());
        let redact = Redact::of(&site);
        Self { site, redact }
    }

    /// Runs with `--json`: the document has a schema, and is that of the
    /// snapshot `json-NAME`.
    #[track_caller]
    fn hold(&self, name: &str, args: &[&str], code: i32) {
        self.hold_of(&self.site.airgo, name, args, code);
    }

    #[track_caller]
    fn hold_of(&self, airgo: &Airgo, name: &str, args: &[&str], code: i32) {
        let run = airgo.run(&[args, &["--json"]].concat()).ends(code);
        let document: Value =
            serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {}", run.stdout));
        let schema = document["schema"].as_str().unwrap_or_else(|| panic!("{name}: no schema"));
        assert!(schema.starts_with("airgo.dev/"), "{schema}");
        holds(&format!("json-{name}"), &self.redact.document(&run.stdout));
    }
}

#[test]
fn documents_of_bundles() {
    let all = Documents::new();
    let site = &all.site;
    let (project, bundle, key, public) = (site.project(), site.bundle(), site.key(), site.public_key());
    let trust = ["--trust", text(&public)];
    let pack =
        ["pack", text(&project), "-o", text(&bundle), "--key", text(&key), "--comment", "first release"];
    all.hold("pack", &[&pack[..], &["--sequence", "1", "--at", "2026-01-01T00:00:00Z"]].concat(), 0);
    let of = |command: &'static str| [&[command, text(&bundle)], &trust[..]].concat();
    all.hold("verify", &of("verify"), 0);
    let cache = site.modcache();
    all.hold("unpack", &[&of("unpack")[..], &["--gomodcache", text(&cache)]].concat(), 0);
    let image = site.temp.join("deps.tar");
    let image = ["-o", text(&image), "-t", "deps", "--platform", "linux/amd64,linux/arm64"];
    all.hold("image", &[&of("image")[..], &image].concat(), 0);
    all.hold("env", &of("env"), 0);
    all.hold("inspect", &of("inspect"), 0);
    all.hold("check", &[&of("check")[..], &[text(&project)]].concat(), 0);
    all.hold("why", &[&of("why")[..], &["example.com/b/v2"]].concat(), 0);
    let newer = site.temp.join("newer.airgo");
    let go_mod = fs::read_to_string(project.join("go.mod")).unwrap();
    fs::write(project.join("go.mod"), go_mod.replace("a v1.0.0", "a v1.1.0")).unwrap();
    site.airgo.run(&["pack", text(&project), "-o", text(&newer), "--key", text(&key)]).done();
    all.hold("check-incomplete", &[&of("check")[..], &[text(&project)]].concat(), 1);
    fs::write(project.join("go.mod"), &go_mod).unwrap();
    all.hold("diff", &[&of("diff")[..], &[text(&newer)]].concat(), 0);
    let compact = site.temp.join("compact.airgo");
    let convert = ["--compact", "-o", text(&compact), "--key", text(&key)];
    all.hold("convert", &[&of("convert")[..], &convert].concat(), 0);
    let rae = site.temp.join("rae.key");
    all.hold("keygen", &["keygen", "-o", text(&rae)], 0);
    all.hold("key", &["key", "show", text(&public)], 0);
    let sign = ["--role", "reviewer", "--key", text(&rae)];
    all.hold("sign", &[&of("sign")[..], &sign].concat(), 0);
    all.hold("sign-detached", &[&of("sign")[..], &["--detached", "ssh", "--key", text(&key)]].concat(), 0);
    let exec = ["--allow-network", "--gomodcache", text(&cache), "--json", "--", "true"];
    let run = site.airgo.run(&[&of("exec")[..], &exec].concat()).done();
    holds("json-exec", &all.redact.document(&run.stdout));
    all.hold("bundle-key", &["key", text(&project)], 0);
    all.hold("resolve", &["resolve", text(&project)], 0);
    all.hold("version", &["version"], 0);
}

#[test]
fn documents_of_damaged_media() {
    let all = Documents::new();
    let site = &all.site;
    let public = site.public_key();
    site.pack().done();
    let bytes = fs::read(site.bundle()).unwrap();
    let mut damaged = bytes.clone();
    let at = damaged.windows(10).position(|w| w == b"v1.0.0.zip").unwrap();
    damaged[at + 60] ^= 1;
    let damaged = site.temp.write("damaged.airgo", damaged);
    let (need, patch, whole) =
        (site.temp.join("need.json"), site.temp.join("patch"), site.temp.join("w.airgo"));
    let verify = ["verify", text(&damaged), "--trust", text(&public), "--request", text(&need)];
    all.hold("error-damaged", &verify, 11);
    all.hold("resend", &["resend", text(&need), text(&site.bundle()), "-o", text(&patch)], 0);
    let repair = ["repair", text(&damaged), text(&patch), "-o", text(&whole), "--trust", text(&public)];
    all.hold("repair", &repair, 0);
    site.pack_with(&["--split", "4KiB"]).done();
    fs::remove_file(format!("{}.002", text(&site.bundle()))).unwrap();
    all.hold("error-volumes", &["verify", text(&site.bundle()), "--trust", text(&public)], 1);
}

#[test]
fn documents_of_policy() {
    let all = Documents::new();
    let site = &all.site;
    let project = site.project();
    let policy = "[[plugin]]\nname = \"allowlist\"\nbuiltin = \"allowlist\"\nconfig.default = \"deny\"\nconfig.allow = [\"example.com/a\"]\n\n[[exception]]\nrule = \"allowlist/not-listed\"\nmodule = \"example.com/c\"\nreason = \"as in the last release\"\nexpires = 2027-03-31\n";
    let policy = site.temp.write("deny.toml", policy);
    let at = ["--at", "2026-01-01T00:00:00Z"];
    let policy = ["--policy", text(&policy)];
    all.hold("policy", &[&["policy", "check", text(&project)], &policy[..], &at].concat(), 12);
    let (bundle, key, nosuch) = (site.bundle(), site.key(), site.temp.join("nosuch.pub"));
    let pack = ["pack", text(&project), "-o", text(&bundle), "--key", text(&key)];
    all.hold("error-policy", &[&pack[..], &policy, &at].concat(), 12);
    site.pack().done();
    all.hold("error", &["verify", text(&bundle), "--trust", text(&nosuch)], 1);
    let other = site.temp.join("other");
    site.airgo.run(&["keygen", "-o", text(&other)]).done();
    let other = format!("{}.pub", text(&other));
    all.hold("error-signature", &["verify", text(&bundle), "--trust", &other], 10);
    all.hold("error-usage", &["pack", "--no-such-flag"], 2);
}

#[test]
fn documents_of_plugins() {
    let all = Documents::new();
    let site = &all.site;
    let dir = site.temp.join("no-forks");
    all.hold("plugin-new", &["plugin", "new", "no-forks", "--lang", "go", "--dir", text(&dir)], 0);
    all.hold("plugin-inspect", &["plugin", "inspect", "builtin:allowlist"], 0);
    let text_file = site.temp.write("text.wasm", "no component");
    all.hold("error-plugin-inspect", &["plugin", "inspect", text(&text_file)], 1);
    let module = "[[module]]\npath = \"example.com/a\"\nversion = \"v1.0.0\"\n";
    site.temp.write("cases/one/bundle.toml", format!("[config]\ndefault = \"deny\"\n{module}"));
    site.temp.write("cases/two/bundle.toml", module);
    site.temp
        .write("cases/two/findings.json", "{\"schema\":\"airgo.dev/plugin-findings/v1\",\"findings\":[]}");
    let cases = site.temp.join("cases");
    let test = ["plugin", "test", "builtin:allowlist", "--cases", text(&cases)];
    all.hold("error-plugin-test", &test, 1);
    all.hold("plugin-test", &[&test[..], &["--only", "two"]].concat(), 0);
    let bench = ["plugin", "bench", "builtin:native", "--modules", "3", "--runs", "1"];
    all.hold("plugin-bench", &bench, 0);
}

#[test]
fn documents_of_this_machine() {
    let all = Documents::new();
    let site = &all.site;
    let cache = site.temp.join("cache");
    let airgo = Airgo::new(&site.proxy.url()).env("AIRGO_CACHE", text(&cache)).env("GOSUMDB", "off");
    let (project, bundle, key) = (site.project(), site.bundle(), site.key());
    airgo.run(&["pack", text(&project), "-o", text(&bundle), "--key", text(&key)]).done();
    all.hold_of(&airgo, "cache", &["cache", "show"], 0);
    all.hold_of(&airgo, "cache-verify", &["cache", "verify"], 0);
    all.hold_of(&airgo, "cache-trim", &["cache", "trim", "--max-age", "30d"], 0);
    all.hold_of(&airgo, "cache-clear", &["cache", "clear"], 0);
    let entry = r#"{"id":"GO-2026-0001","modified":"2026-01-02T00:00:00Z","summary":"Flood",
        "affected":[{"package":{"name":"example.com/b/v2","ecosystem":"Go"},
        "ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"2.2.0"}]}]}]}"#;
    site.temp.write("osv/GO-2026-0001.json", entry);
    let (osv, data) = (site.temp.join("osv"), site.temp.join("v.airgodb"));
    all.hold("vulndb", &["vulndb", "import", text(&osv), "-o", text(&data)], 0);
    all.hold("doctor-message", &["doctor", "--message", "lookup x on y:53: server misbehaving"], 0);
    // What a check finds is of the machine; the shape is not.
    let run = airgo.run(&["doctor", text(&project), "--json"]);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    let names: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(names, ["causes", "checks", "failed", "schema", "warned"], "{document}");
}
