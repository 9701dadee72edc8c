//! Policy files and bundles: what is pinned, what is read, what a verdict
//! depends on.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::sync::Arc;

use airgo_policy::{
    BUILTINS, BundleView, Engine, EngineConfig, MemoryBundle, ModuleInfo, Policy, PolicyError, PolicyFile,
    Report, Verdict, airgo_toml,
};
use sha2::{Digest, Sha256};

const DENY: &str = r#"
[[plugin]]
name = "allowlist"
builtin = "allowlist"
config.default = "deny"
"#;

fn module(path: &str, version: &str) -> ModuleInfo {
    ModuleInfo { path: path.to_owned(), version: version.to_owned(), ..ModuleInfo::default() }
}

fn bundle(modules: impl IntoIterator<Item = ModuleInfo>) -> Arc<dyn BundleView> {
    let mut bundle = MemoryBundle::default();
    for module in modules {
        bundle.add(module, &[]);
    }
    Arc::new(bundle)
}

fn judge(file: PolicyFile, base: &Path, bundle: &Arc<dyn BundleView>) -> Result<Report, PolicyError> {
    let engine = Engine::new(EngineConfig::default()).unwrap();
    let policy = Policy::load(&engine, file, base, "2026-06-01T00:00:00Z".parse().unwrap())?;
    Ok(policy.evaluate(bundle)?.report)
}

fn judge_text(text: &str, base: &Path) -> Result<Report, PolicyError> {
    let file = airgo_toml::parse("airgo.toml", text)?;
    judge(file, base, &bundle([module("example.com/a", "v1.0.0")]))
}

#[test]
fn without_a_policy_file_nothing_is_refused() {
    let report = judge(PolicyFile::without_file(), Path::new("."), &bundle([module("a.example", "v1.0.0")]));
    let report = report.unwrap();
    assert_eq!((report.verdict, report.findings.len()), (Verdict::Allow, 0));
    assert_eq!(report.plugins.len(), BUILTINS.iter().filter(|b| b.by_default).count());
    assert!(!report.plugins.is_empty());
    assert!(report.plugins[0].builtin);
}

#[test]
fn the_order_of_a_view_changes_nothing() {
    let mut modules: Vec<_> = (0..20).map(|n| module(&format!("example.com/m{n}"), "v1.0.0")).collect();
    let file = airgo_toml::parse("airgo.toml", DENY).unwrap();
    let report = judge(file.clone(), Path::new("."), &bundle(modules.clone())).unwrap();
    assert_eq!(report.counts.deny, 20);
    assert!(report.is_denied());
    assert!(report.findings.is_sorted());
    modules.reverse();
    modules.swap(3, 11);
    assert_eq!(judge(file, Path::new("."), &bundle(modules)).unwrap(), report);
}

#[test]
fn a_report_says_what_it_rests_on() {
    let report = judge_text(DENY, Path::new(".")).unwrap();
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["judgedAt"], "2026-06-01T00:00:00Z");
    assert_eq!(json["verdict"], "deny");
    assert_eq!(json["counts"]["deny"], 1);
    let plugin = &json["plugins"][0];
    assert_eq!(plugin["sha256"], hex(&Sha256::digest(BUILTINS[0].component)));
    assert_eq!(plugin["configSha256"], hex(&Sha256::digest(br#"{"default":"deny"}"#)));
    assert_eq!(plugin["interface"], "1.0");
    let finding = &json["findings"][0];
    assert_eq!((&finding["module"], &finding["rule"]), (&"example.com/a".into(), &"not-listed".into()));
    assert_eq!(finding["excepted"], serde_json::Value::Null);
}

#[test]
fn a_plugin_from_a_file_is_pinned() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join("mine.wasm"), BUILTINS[0].component).unwrap();
    let text = |sha256: &str| {
        format!(
            "[[plugin]]\nname = \"mine\"\npath = \"mine.wasm\"\nsha256 = \"{sha256}\"\nconfig.default = \"warn\""
        )
    };
    let sha256 = hex(&Sha256::digest(BUILTINS[0].component));
    let report = judge_text(&text(&sha256), temp.path()).unwrap();
    assert_eq!((report.verdict, report.plugins[0].builtin), (Verdict::Warn, false));
    assert_eq!(report.findings[0].code(), "mine/not-listed");

    let other = "0".repeat(64);
    let err = judge_text(&text(&other), temp.path()).unwrap_err().to_string();
    assert_eq!(err, format!("plugin mine has sha256 {sha256}, where the policy file pins {other}"));

    std::fs::remove_file(temp.path().join("mine.wasm")).unwrap();
    let err = judge_text(&text(&sha256), temp.path()).unwrap_err().to_string();
    assert!(err.starts_with("cannot read plugin mine from "), "{err}");
}

#[test]
fn a_builtin_can_be_pinned_too() {
    let err = judge_text(&format!("{DENY}\nsha256 = \"{}\"", "0".repeat(64)), Path::new("."));
    // Below `config.default` the key still belongs to the plugin.
    assert!(err.unwrap_err().to_string().contains("where the policy file pins"));
}

#[test]
fn a_plugin_larger_than_its_limit_is_not_loaded() {
    let err = judge_text(&format!("[limits]\ncomponent = \"1KiB\"\n{DENY}"), Path::new(".")).unwrap_err();
    assert!(err.to_string().ends_with("bytes, more than 1024"), "{err}");
}

#[test]
fn a_limit_of_the_file_holds() {
    let err = judge_text(&format!("[limits]\nmemory = \"64KiB\"\n{DENY}"), Path::new(".")).unwrap_err();
    assert_eq!(err.to_string(), "plugin allowlist used more than 65536 bytes of memory in describe");
    let err = judge_text(&format!("[limits]\nfindings = 0\n{DENY}"), Path::new(".")).unwrap_err();
    assert_eq!(err.to_string(), "plugin allowlist used more than 0 findings in check");
}

#[test]
fn data_is_pinned_and_may_not_be_old() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("db");
    std::fs::create_dir_all(dir.join("ID")).unwrap();
    std::fs::write(dir.join("ID/1.json"), "{}").unwrap();
    std::fs::write(dir.join("index.json"), "[]").unwrap();
    let list =
        format!("{}  ID/1.json\n{}  index.json\n", hex(&Sha256::digest("{}")), hex(&Sha256::digest("[]")));
    let sha256 = hex(&Sha256::digest(list));
    let text = |rest: &str| format!("{DENY}\n[[data]]\nname = \"db\"\npath = \"db\"\n{rest}");

    let fresh = text(&format!("sha256 = \"{sha256}\"\ndate = 2026-05-28\nmax-age = \"7d\""));
    let report = judge_text(&fresh, temp.path()).unwrap();
    assert_eq!(report.data[0].sha256, sha256);
    assert_eq!(report.data[0].date.as_deref(), Some("2026-05-28T00:00:00Z"));

    let old = judge_text(&text("date = 2026-05-01\nmax-age = \"7d\""), temp.path()).unwrap_err();
    let wanted = "data source db is of 2026-05-01T00:00:00Z, 31 days before 2026-06-01T00:00:00Z; it may be 7 days old";
    assert_eq!(old.to_string(), wanted);

    let other = judge_text(&text(&format!("sha256 = \"{}\"", "0".repeat(64))), temp.path()).unwrap_err();
    assert!(other.to_string().starts_with(&format!("data source db has sha256 {sha256}")), "{other}");

    let missing =
        judge_text(&text("").replace("path = \"db\"", "path = \"nowhere\""), temp.path()).unwrap_err();
    assert!(missing.to_string().starts_with("cannot read data source db from "), "{missing}");
}

/// plugins/built/SHA256SUMS is what a reviewer compares.
#[test]
fn the_builtins_are_those_of_the_list() {
    let sums = include_str!("../../../plugins/built/SHA256SUMS");
    let found: String = BUILTINS
        .iter()
        .map(|b| format!("{}  {}.wasm\n", hex(&Sha256::digest(b.component)), b.name))
        .collect();
    assert_eq!(found, sums);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
