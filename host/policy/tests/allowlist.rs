//! The built-in allowlist through the whole host: policy file, sandbox,
//! report. One text file a case in tests/cases/allowlist; `AIRGO_UPDATE=1`
//! writes what the cases now come to.
//!
//! `AIRGO_TEST_PLUGINS=DIR` runs the components in DIR in place of the built-in
//! ones: `plugins/build.sh --check` compares behaviour with it.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::sync::Arc;

use airgo_gomod::ModuleVersion;
use airgo_policy::airgo_toml::{self, PluginSource};
use airgo_policy::{Engine, EngineConfig, MemoryBundle, ModuleInfo, Policy, PolicyError, ReportedFinding};

#[test]
fn cases() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/allowlist");
    let update = std::env::var_os("AIRGO_UPDATE").is_some();
    let engine = Engine::new(EngineConfig::default()).unwrap();
    let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let case = Case::parse(&text);
        let found = case.run(&engine);
        if found == case.report {
            continue;
        }
        if update {
            let (before, _) = text.split_once("-- report --\n").unwrap();
            std::fs::write(&file, format!("{before}-- report --\n{found}")).unwrap();
        } else {
            let name = file.file_name().unwrap().display().to_string();
            wrong.push(format!("{name}: wanted\n{}found\n{found}", case.report));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// More findings than a bundle of a few modules may have.
#[test]
fn each_of_very_many_modules_may_have_its_finding() {
    let policy = "[[plugin]]\nname = \"allowlist\"\nbuiltin = \"allowlist\"\n\n\
                  [plugin.config]\ndefault = \"warn\"\nallow = [\"nowhere.example\"]\n";
    let file = airgo_toml::parse("airgo.toml", policy).unwrap();
    let engine = Engine::new(EngineConfig::default()).unwrap();
    let judged_at = "2026-06-01T00:00:00Z".parse().unwrap();
    let policy = Policy::load(&engine, file, Path::new("."), judged_at).unwrap();
    let mut bundle = MemoryBundle::default();
    for n in 0..30_000 {
        let (path, version) = (format!("example.com/m{n}"), "v1.0.0".to_owned());
        bundle.add(ModuleInfo { path, version, ..ModuleInfo::default() }, &[]);
    }
    let report = policy.evaluate(&(Arc::new(bundle) as _)).unwrap().report;
    assert_eq!(report.findings.len(), 30_000);
}

struct Case<'a> {
    policy: &'a str,
    modules: &'a str,
    report: &'a str,
}

impl<'a> Case<'a> {
    fn parse(text: &'a str) -> Self {
        let (_, rest) = text.split_once("-- airgo.toml --\n").unwrap();
        let (policy, rest) = rest.split_once("-- modules --\n").unwrap();
        let (modules, report) = rest.split_once("-- report --\n").unwrap();
        Case { policy, modules, report }
    }

    fn run(&self, engine: &Engine) -> String {
        match self.evaluate(engine) {
            Ok(report) => report,
            Err(err) => format!("error: {err}\n"),
        }
    }

    fn evaluate(&self, engine: &Engine) -> Result<String, PolicyError> {
        let mut file = airgo_toml::parse("airgo.toml", self.policy)?;
        if let Some(dir) = std::env::var_os("AIRGO_TEST_PLUGINS") {
            for plugin in &mut file.plugins {
                if let PluginSource::Builtin(name) = &plugin.source {
                    plugin.source = PluginSource::Path(Path::new(&dir).join(format!("{name}.wasm")));
                }
            }
        }
        let judged_at = "2026-06-01T00:00:00Z".parse().unwrap();
        let policy = Policy::load(engine, file, Path::new("."), judged_at)?;
        let report = policy.evaluate(&(Arc::new(self.bundle()) as _))?.report;
        let mut text: String = report.findings.iter().map(line).collect();
        for exception in &report.exceptions {
            text +=
                &format!("exception {}: {:?}, lifts {}\n", exception.rule, exception.state, exception.lifted);
        }
        let counts = report.counts;
        text += &format!(
            "{:?}: {} allowed, {} warnings, {} denied, {} excepted\n",
            report.verdict, counts.allow, counts.warn, counts.deny, counts.excepted
        );
        Ok(text)
    }

    /// One module a line: `path version [=> path [version]]`.
    fn bundle(&self) -> MemoryBundle {
        let mut bundle = MemoryBundle::default();
        for line in self.modules.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let replaced_by = match words[2..] {
                [] => None,
                ["=>", dir] => Some(ModuleVersion::new(dir, "")),
                ["=>", path, version] => Some(ModuleVersion::new(path, version)),
                _ => panic!("{line:?} is no module"),
            };
            let (path, version) = (words[0].to_owned(), words[1].to_owned());
            bundle.add(ModuleInfo { path, version, replaced_by, ..ModuleInfo::default() }, &[]);
        }
        bundle
    }
}

fn line(finding: &ReportedFinding) -> String {
    let subject = match (&finding.module, &finding.version) {
        (Some(path), Some(version)) => format!(" {path}@{version}"),
        _ => String::new(),
    };
    let lifted = finding.excepted.as_ref().map(|reason| format!(" [lifted: {reason}]")).unwrap_or_default();
    let advice = finding.advice.as_ref().map(|advice| format!("; {advice}")).unwrap_or_default();
    format!("{:?} {}{subject}: {}{advice}{lifted}\n", finding.verdict, finding.code(), finding.message)
}
