//! A plugin that asks for findings of others sees those of the bundle and of its
//! baseline, whatever its name is.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use airgo_policy::{
    BundleView, Engine, EngineConfig, MemoryBundle, ModuleInfo, Policy, PolicyError, airgo_toml,
};
use sha2::{Digest, Sha256};

const MIT: &str = include_str!("../../../plugins/licence/fixtures/mit.txt");
const GPL: &str = include_str!("../../../plugins/licence/fixtures/gpl-3.0-or-later-header.txt");

/// The built-in component drift with other text of the same length.
fn patched(old: &str, new: &str) -> Vec<u8> {
    let mut bytes = airgo_policy::Builtin::find("drift").unwrap().component().to_vec();
    let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(old.as_bytes())).collect();
    assert_eq!((places.len(), old.len()), (1, new.len()), "{old}");
    bytes[places[0]..places[0] + new.len()].copy_from_slice(new.as_bytes());
    bytes
}

/// The same plugin, of a team and with a name of its own.
fn watch() -> Vec<u8> {
    patched("drift0.1.0Compares", "watch0.1.0Compares")
}

fn load(component: &[u8], policy: &str) -> Result<Policy, PolicyError> {
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join("watch.wasm"), component).unwrap();
    let policy = policy.replace("SHA256", &format!("{:x}", Sha256::digest(component)));
    let file = airgo_toml::parse("airgo.toml", &policy).unwrap();
    let engine = Engine::new(EngineConfig { cache_dir: None }).unwrap();
    Policy::load(&engine, file, temp.path(), "2026-06-01T00:00:00Z".parse().unwrap())
}

const WATCH: &str = "[[plugin]]\nname = \"ours\"\npath = \"watch.wasm\"\nsha256 = \"SHA256\"\n";

fn bundle(licence: &str, source: &str) -> Arc<dyn BundleView> {
    let mut bundle = MemoryBundle::default();
    let module = ModuleInfo {
        path: "example.com/a".to_owned(),
        version: "v1.0.0".to_owned(),
        sum: format!("h1:{licence}{source}"),
        zip_size: 1000,
        ..ModuleInfo::default()
    };
    bundle.add(module, &[("LICENSE", licence), ("a.go", source)]);
    Arc::new(bundle)
}

/// What it says of a bundle beside the one approved before, its sums aside.
fn said(policy: &Policy, now: &Arc<dyn BundleView>, was: &Arc<dyn BundleView>) -> Vec<String> {
    let evaluation = policy.evaluate_beside(now, was).unwrap();
    let findings =
        evaluation.report.findings.iter().filter(|f| f.plugin == "ours" && f.rule != "changed-sum");
    findings.map(|f| format!("{}: {}", f.rule, f.message)).collect()
}

#[test]
fn a_plugin_of_any_name_compares_what_it_asks_for() {
    let (was, now) =
        (bundle(MIT, "package a\n"), bundle(GPL, "package a\n\nimport \"C\"\nimport \"unsafe\"\n"));
    let policy = load(&watch(), WATCH).unwrap();
    assert_eq!(policy.plugins().next().unwrap().1.describe().name, "watch");
    let changed = [
        "changed-licence: has licence GPL-3.0-or-later, where MIT was approved",
        "changed-native: has native cgo unsafe, where none was approved",
    ];
    assert_eq!(said(&policy, &now, &was), changed);
    assert_eq!(said(&policy, &was, &was), [""; 0]);
    // Without a baseline nothing is compared, and no other plugin runs.
    let alone = policy.evaluate(&now).unwrap();
    assert!(alone.gathered.is_empty(), "{:?}", alone.gathered);
    assert_eq!(alone.report.findings[0].rule, "no-baseline");
}

/// The config of what is compared is the plugin's, not that of the policy file;
/// the report has the plugins of the policy file alone.
#[test]
fn a_plugin_of_the_policy_file_is_run_with_the_asked_config() {
    let (was, now) = (bundle(MIT, "package a\n"), bundle(GPL, "package a\n"));
    let licence = "[[plugin]]\nname = \"licence\"\nbuiltin = \"licence\"\nconfig.default = \"allow\"\n";
    let policy = load(&watch(), &format!("{WATCH}{licence}")).unwrap();
    assert_eq!(
        said(&policy, &now, &was),
        ["changed-licence: has licence GPL-3.0-or-later, where MIT was approved"]
    );
    let report = policy.evaluate_beside(&now, &was).unwrap().report;
    let plugins: Vec<&str> = report.plugins.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(plugins, ["ours", "licence"]);
}

#[test]
fn what_cannot_be_compared_is_an_error_at_load() {
    let error = |component: &[u8], policy: &str| load(component, policy).err().unwrap().to_string();
    let unknown = patched("\"licence\": {", "\"licenze\": {");
    let err = error(&unknown, WATCH);
    assert!(err.contains("\"licenze\", which is neither in the policy file nor built in"), "{err}");
    // Another plugin has that name, and does not take the config.
    let other = "[[plugin]]\nname = \"licence\"\nbuiltin = \"native\"\n";
    let err = error(&watch(), &format!("{WATCH}{other}"));
    assert!(err.contains("it compares findings of plugin \"licence\", which "), "{err}");
    let broken = patched("\"x-airgo-compare\": {", "\"x-airgo-compared\":{");
    assert!(error(&broken, WATCH).contains("x-airgo-compared"), "{}", error(&broken, WATCH));
}
