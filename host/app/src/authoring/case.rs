//! One case of a plugin's tests: from the fixture to the golden that the plugin
//! comes to in the sandbox.

use super::component::{Component, limits_failure};
use super::fixture_failure;
use crate::Context;
use crate::failure::{Failure, Result};
use crate::paths::shown;
use crate::policy::view::View;
use crate::requests::TrustFiles;
use crate::trust::open;
use airgo_author::fixture::{FIXTURE_FILE, Fixture, Made, Module, Subject};
use airgo_author::golden::{Golden, GoldenFinding};
use airgo_policy::{
    BundleInfo, BundleView, CheckRequest, DataSet, Engine, Finding, LogLine, MainModule, MemoryBundle,
    ModuleInfo, Plugin, PluginError, Verdict, airgo_toml,
};
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;

/// The time to evaluate for where a case names none: the same on every day.
pub(super) const EVALUATED_AT: &str = "2026-01-01T00:00:00Z";

/// A case that was read.
pub(super) struct Case {
    /// What the plugin is run over.
    pub request: Arc<CheckRequest>,
    /// The plugin, with the limits of the case.
    pub plugin: Plugin,
    config: serde_json::Value,
    data: Vec<String>,
}

impl Case {
    /// Reads a case; `loaded` is the plugin with its usual limits.
    pub fn read(
        context: &Context,
        engine: &Engine,
        component: &Component,
        loaded: &Plugin,
        dir: &Path,
    ) -> Result<Self> {
        let fixture = Fixture::read(dir).map_err(|e| fixture_failure(&e))?;
        let file = shown(&dir.join(FIXTURE_FILE));
        let limits =
            airgo_toml::limits(&file, &fixture.text, loaded.limits()).map_err(|e| limits_failure(&e))?;
        let plugin =
            if limits == *loaded.limits() { loaded.clone() } else { component.load(engine, &limits)? };
        let mut data = DataSet::default();
        let names = fixture.data.keys().cloned().collect();
        for (name, source) in fixture.data {
            let date = source.date.map(|date| instant(&file, &date)).transpose()?;
            data.insert(&name, date, source.records);
        }
        let view: Arc<dyn BundleView> = match fixture.subject {
            Subject::Made(made) => Arc::new(memory(made)),
            Subject::Packed { file, trust } => {
                let trust = TrustFiles { trust, base: Vec::new() };
                let bundle = Arc::new(open::open_signed(context, &file, &trust)?);
                Arc::new(View::of_bundle(&bundle)?)
            }
        };
        let judged_at = instant(&file, fixture.judged_at.as_deref().unwrap_or(EVALUATED_AT))?;
        let config = fixture.config.to_string();
        let request = Arc::new(CheckRequest { view, data: Arc::new(data), judged_at, config });
        Ok(Case { request, plugin, config: fixture.config, data: names })
    }

    /// Runs the plugin as a policy would, and says what it comes to.
    pub fn run(&self) -> (Golden, Vec<LogLine>) {
        match self.check() {
            Ok((findings, logs)) => {
                let modules = self.request.view.modules();
                let findings = findings.into_iter().map(|finding| golden(finding, modules)).collect();
                (Golden::found(findings), logs)
            }
            Err(error) => (Golden::failed(error), Vec::new()),
        }
    }

    fn check(&self) -> std::result::Result<(Vec<Finding>, Vec<LogLine>), String> {
        ready(&self.plugin, &self.config, &self.data)?;
        let checked = self.plugin.check(Arc::clone(&self.request)).map_err(|e| e.to_string())?;
        Ok((checked.findings, checked.logs))
    }
}

/// What a policy asks of a plugin before it runs it.
pub(super) fn ready(
    plugin: &Plugin,
    config: &serde_json::Value,
    data: &[String],
) -> std::result::Result<(), String> {
    plugin.check_config(config).map_err(|e: PluginError| e.to_string())?;
    let missing = |name: &String| !data.contains(name);
    match plugin.describe().data.iter().find(|need| need.required && missing(&need.name)) {
        Some(need) => Err(format!("needs the data source {} ({})", need.name, need.summary)),
        None => Ok(()),
    }
}

fn instant(file: &str, text: &str) -> Result<Timestamp> {
    text.parse().map_err(|_| {
        Failure::failed(format!("{file}: {text:?} is not a time"))
            .hint("write it as RFC 3339: judged-at = 2026-01-01T00:00:00Z")
    })
}

/// A bundle written by hand, as the host sees any bundle.
pub(super) fn memory(made: Made) -> MemoryBundle {
    let main_modules = made.main_modules.into_iter().map(|main| MainModule {
        path: main.path,
        go_version: main.go_version,
        imports: main.imports,
        attributes: main.attributes,
    });
    let info = BundleInfo {
        content_id: made.content_id,
        main_modules: main_modules.collect(),
        platforms: made.platforms,
        attributes: made.attributes,
    };
    let baseline = made.baseline.map(|modules| modules.into_iter().map(|m| split(m).0).collect());
    let (modules, files) = made.modules.into_iter().map(split).unzip();
    MemoryBundle { info, modules, baseline, files }
}

fn split(module: Module) -> (ModuleInfo, std::collections::BTreeMap<String, Vec<u8>>) {
    let Module { path, version, replaced_by, sum, go_mod_sum, zip_size, time, direct, attributes, files } =
        module;
    let info = ModuleInfo {
        path,
        version,
        replaced_by,
        sum,
        go_mod_sum,
        zip_size,
        part: String::new(),
        time,
        direct,
        attributes,
    };
    (info, files)
}

fn golden(finding: Finding, modules: &[ModuleInfo]) -> GoldenFinding {
    let module = finding.module.and_then(|position| modules.get(position));
    GoldenFinding {
        module: module.map(|m| format!("{}@{}", m.path, m.version)),
        rule: finding.rule,
        verdict: match finding.verdict {
            Verdict::Allow => "allow",
            Verdict::Warn => "warn",
            Verdict::Deny => "deny",
        }
        .to_owned(),
        file: finding.file,
        line: finding.line,
        message: finding.message,
        advice: finding.advice,
        help_url: finding.help_url,
        attributes: finding.attributes,
    }
}
