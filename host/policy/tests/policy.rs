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
    // Young at the time judged for, and without a licence.
    let young = ModuleInfo {
        time: Some("2026-05-31T00:00:00Z".to_owned()),
        sum: "h1:a".to_owned(),
        ..module("a.example", "v1.0.0")
    };
    let report = judge(PolicyFile::without_file(), Path::new("."), &bundle([young])).unwrap();
    let codes: Vec<String> = report.findings.iter().map(|f| f.code()).collect();
    assert_eq!(codes, ["vulnerability/no-data", "freshness/young", "licence/missing"]);
    assert!(report.findings.iter().all(|f| f.verdict == Verdict::Warn), "{:#?}", report.findings);
    assert_eq!((report.verdict, report.counts.warn), (Verdict::Warn, 3));
    assert!(report.findings[0].advice.as_ref().unwrap().contains("airgo vulndb import"));
}

#[test]
fn without_a_policy_file_every_builtin_judges_as_it_says() {
    let file = PolicyFile::without_file();
    assert!(file.is_default());
    let report = judge(file, Path::new("."), &bundle([])).unwrap();
    let judged: Vec<_> = report
        .plugins
        .iter()
        .map(|p| (p.name.as_str(), p.builtin, p.sha256.clone(), p.config_sha256.clone()))
        .collect();
    let wanted: Vec<_> =
        BUILTINS.iter().map(|b| (b.name, true, b.sha256(), b.config_sha256_without_file())).collect();
    assert_eq!(judged, wanted);
}

/// Whatever a plugin fails at, where nobody asked for policy the bundle passes,
/// and it is said who did not judge; the others do.
#[test]
fn a_plugin_that_fails_refuses_only_where_there_is_a_policy_file() {
    let limited = |file: &mut PolicyFile| {
        for plugin in &mut file.plugins {
            match plugin.name.as_str() {
                "freshness" => plugin.limits.host_calls = 0,
                "licence" => plugin.limits.component_bytes = 1,
                "native" => plugin.limits.fact_bytes = 0,
                _ => {}
            }
        }
    };
    let mut with_code = MemoryBundle::default();
    let native = ModuleInfo { sum: "h1:a".to_owned(), ..module("a.example", "v1.0.0") };
    with_code.add(native, &[("a.go", "package a\n\nimport \"C\"\n")]);
    let with_code: Arc<dyn BundleView> = Arc::new(with_code);

    let mut file = PolicyFile::without_file();
    limited(&mut file);
    let report = judge(file, Path::new("."), &with_code).unwrap();
    let judged: Vec<&str> = report.plugins.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(judged, ["allowlist", "drift", "vulnerability"]);
    let said: Vec<_> = report.findings.iter().map(|f| (f.code(), f.message.as_str())).collect();
    let size = BUILTINS.iter().find(|b| b.name == "licence").unwrap().component().len();
    let licence = format!("plugin licence did not judge: it is {size} bytes, more than 1");
    let wanted = [
        (
            "freshness/not-judged",
            "plugin freshness did not judge: it used more than 0 calls into the host in check",
        ),
        ("licence/not-judged", licence.as_str()),
        (
            "native/not-judged",
            "plugin native did not judge: it used more than 0 bytes of facts in gather, over a.example@v1.0.0",
        ),
    ];
    assert_eq!(said[..3], wanted.map(|(code, message)| (code.to_owned(), message)));
    assert_eq!(said[3].0, "vulnerability/no-data");
    assert_eq!((said.len(), report.verdict), (4, Verdict::Warn));
    assert!(report.findings[0].advice.as_ref().unwrap().contains("airgo policy init"));

    for name in ["freshness", "licence", "native"] {
        let text = format!("[[plugin]]\nname = \"{name}\"\nbuiltin = \"{name}\"\n");
        let mut file = airgo_toml::parse("airgo.toml", &text).unwrap();
        limited(&mut file);
        let err = judge(file, Path::new("."), &with_code).unwrap_err().to_string();
        assert!(err.starts_with(&format!("plugin {name} ")), "{err}");
    }
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
    assert_eq!(plugin["sha256"], hex(&Sha256::digest(BUILTINS[0].component())));
    assert_eq!(plugin["configSha256"], hex(&Sha256::digest(br#"{"default":"deny"}"#)));
    assert_eq!(plugin["interface"], "1.0");
    let finding = &json["findings"][0];
    assert_eq!((&finding["module"], &finding["rule"]), (&"example.com/a".into(), &"not-listed".into()));
    assert_eq!(finding["excepted"], serde_json::Value::Null);
}

#[test]
fn a_plugin_from_a_file_is_pinned() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join("mine.wasm"), BUILTINS[0].component()).unwrap();
    let text = |sha256: &str| {
        format!(
            "[[plugin]]\nname = \"mine\"\npath = \"mine.wasm\"\nsha256 = \"{sha256}\"\nconfig.default = \"warn\""
        )
    };
    let sha256 = hex(&Sha256::digest(BUILTINS[0].component()));
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
    let text = err.to_string();
    let asked =
        text.strip_prefix("plugin allowlist used more than 65536 bytes of memory in describe (it asked for ");
    assert!(asked.and_then(|a| a.strip_suffix(')')?.parse().ok()).is_some_and(|n: u64| n > 65536), "{text}");
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
        .map(|b| format!("{}  {}.wasm\n", hex(&Sha256::digest(b.component())), b.name))
        .collect();
    assert_eq!(found, sums);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
