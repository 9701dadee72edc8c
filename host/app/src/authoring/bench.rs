//! What a plugin takes, beside what it may take.

use super::case::{self, Case, EVALUATED_AT};
use super::component::Component;
use super::{NamedPlugin, engine, fixture_failure, start};
use crate::Context;
use crate::errors::disk;
use crate::failure::{Failure, Result};
use crate::paths::shown;
use crate::policy::view::View;
use crate::quantity::count;
use crate::requests::TrustFiles;
use crate::trust::open;
use airgo_author::{fixture, generated};
use airgo_model::atomic::ScratchDir;
use airgo_policy::{
    BundleView, CheckRequest, DataSet, Engine, EngineConfig, Gathering, Limits, Measured, Plugin, Usage,
};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What to measure.
#[derive(Clone, Debug, Default)]
pub struct BenchRequest {
    /// The plugin.
    pub plugin: NamedPlugin,
    /// A bundle, or the directory of a test case; default: a generated bundle.
    pub bundle: Option<PathBuf>,
    /// Modules of the generated bundle.
    pub modules: usize,
    /// How often to run it; once at least.
    pub runs: u32,
    /// Its config, a TOML file.
    pub config: Option<PathBuf>,
    /// Whom to trust, and what a delta builds on.
    pub trust: TrustFiles,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Benched {
    /// The plugin, as it was named.
    pub plugin: String,
    /// The SHA-256 of the component.
    pub sha256: String,
    /// Bytes of the component.
    pub size: u64,
    /// Bytes of code, over all core modules in it.
    pub code_bytes: u64,
    /// Functions, over all core modules in it.
    pub functions: u64,
    /// What it may use.
    pub limits: Limits,
    /// What it was run over, in words.
    pub subject: String,
    /// How many modules that has.
    pub modules: usize,
    /// Of compiling and loading it.
    pub compile: Duration,
    /// Of loading compiled code: the quickest.
    pub from_cache: Duration,
    /// Of the checks.
    pub checks: Times,
    /// What the last check used.
    pub usage: Usage,
    /// How many findings the last check came to.
    pub findings: usize,
    /// Of the facts of modules; none where the plugin gathers none.
    pub facts: Option<Facts>,
}

/// What knowing the facts of all modules took.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Of the last run of those that remember nothing.
    pub cold: Gathering,
    /// Of the last run of those in which all could be remembered.
    pub warm: Gathering,
    /// Of those runs.
    pub checks: Times,
}

/// The times of several runs.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    fn new(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self(times)
    }

    /// How many runs.
    pub fn runs(&self) -> usize {
        self.0.len()
    }

    /// Half of them were quicker.
    pub fn median(&self) -> Duration {
        self.0.get(self.0.len() / 2).copied().unwrap_or_default()
    }

    /// The quickest.
    pub fn quickest(&self) -> Duration {
        self.0.first().copied().unwrap_or_default()
    }
}

/// Compiles, loads and runs it.
///
/// # Errors
/// The plugin cannot be opened or fails, or what it is to be run over cannot be
/// read.
pub fn bench(context: &Context, request: &BenchRequest) -> Result<Benched> {
    let component = Component::open(context, &request.plugin)?;
    // What an earlier run left must not help.
    let fresh = start(EngineConfig::default())?;
    let begin = Instant::now();
    let loaded = component.load(&fresh, &component.limits)?;
    let compile = begin.elapsed();
    let Subject { name: subject, request: check, plugin } = subject(context, request, &component, &loaded)?;
    // For compiled code, then for facts.
    let dir = ScratchDir::create(&std::env::temp_dir(), "airgo-bench-").map_err(|e| {
        disk::unwritable("to a temporary directory", &e, "name one that can be written: TMPDIR=DIR")
    })?;
    let remembers = start(EngineConfig { cache_dir: Some(dir.path().join("plugins")) })?;
    let (from_cache, with_memory) = from_cache(&component, &remembers, plugin.limits(), request.runs)?;
    let runs = |plugin: &Plugin| over(context, &component, plugin, &check, request.runs);
    let (checks, last) = runs(&plugin)?;
    let facts = match last.gathering {
        None => None,
        Some(cold) => {
            over(context, &component, &with_memory, &check, 1)?;
            let (checks, last) = runs(&with_memory)?;
            Some(Facts { cold, warm: last.gathering.unwrap_or_default(), checks })
        }
    };
    Ok(Benched {
        sha256: plugin.sha256().to_owned(),
        size: component.size,
        code_bytes: plugin.scan().code_bytes,
        functions: plugin.scan().functions,
        limits: plugin.limits().clone(),
        subject,
        modules: check.view.modules().len(),
        compile,
        from_cache,
        checks,
        usage: last.usage,
        findings: last.checked.findings.len(),
        facts,
        plugin: component.shown,
    })
}

/// Runs it so often: the times, and what the last run came to.
fn over(
    context: &Context,
    component: &Component,
    plugin: &Plugin,
    request: &Arc<CheckRequest>,
    runs: u32,
) -> Result<(Times, Measured)> {
    let once = || {
        context.interrupt.check()?;
        let begin = Instant::now();
        let measured = plugin.measure(Arc::clone(request)).map_err(|e| component.failed(&e))?;
        Ok((begin.elapsed(), measured))
    };
    let (first, mut last) = once()?;
    let mut checks = vec![first];
    for _ in 1..runs {
        let (took, measured) = once()?;
        checks.push(took);
        last = measured;
    }
    Ok((Times::new(checks), last))
}

/// What it is run over, and the plugin with the limits that count there.
struct Subject {
    name: String,
    request: Arc<CheckRequest>,
    plugin: Plugin,
}

fn subject(
    context: &Context,
    asked: &BenchRequest,
    component: &Component,
    loaded: &Plugin,
) -> Result<Subject> {
    let own = asked.config.as_deref();
    let own = own.map(|file| fixture::config(file).map_err(|e| fixture_failure(&e))).transpose()?;
    if let Some(dir) = asked.bundle.as_deref().filter(|path| path.is_dir()) {
        let case = Case::read(context, &engine(context)?, component, loaded, dir)?;
        let mut request = case.request;
        if let Some(config) = own {
            let CheckRequest { view, data, judged_at, .. } = &*request;
            let (view, data, judged_at) = (Arc::clone(view), Arc::clone(data), *judged_at);
            request = Arc::new(CheckRequest { view, data, judged_at, config: config.to_string() });
        }
        return Ok(Subject { name: format!("the case {}", shown(dir)), request, plugin: case.plugin });
    }
    let config = own.unwrap_or_else(|| json!({}));
    case::ready(loaded, &config, &[]).map_err(|why| {
        Failure::failed(format!("{} {why}", component.shown))
            .hint("give it a config: --config FILE; or run it over a case with config and data: airgo plugin bench PLUGIN CASE")
    })?;
    let (name, view): (_, Arc<dyn BundleView>) = match asked.bundle.as_deref() {
        Some(file) => {
            let bundle = Arc::new(open::open_signed(context, file, &asked.trust)?);
            (shown(file), Arc::new(View::of_bundle(&bundle)?))
        }
        None => {
            let made = generated::bundle(asked.modules);
            let name = format!("a generated bundle of {}", count(asked.modules, "module"));
            (name, Arc::new(case::memory(made)))
        }
    };
    let judged_at = EVALUATED_AT.parse().map_err(|e| Failure::failed(format!("{EVALUATED_AT}: {e}")))?;
    let request =
        CheckRequest { view, data: Arc::new(DataSet::default()), judged_at, config: config.to_string() };
    Ok(Subject { name, request: Arc::new(request), plugin: loaded.clone() })
}

/// The quickest load of compiled code, by an engine with a cache.
fn from_cache(
    component: &Component,
    engine: &Engine,
    limits: &Limits,
    runs: u32,
) -> Result<(Duration, Plugin)> {
    let plugin = component.load(engine, limits)?;
    let mut quickest = Duration::MAX;
    for _ in 0..runs.max(1) {
        let begin = Instant::now();
        component.load(engine, limits)?;
        quickest = quickest.min(begin.elapsed());
    }
    Ok((quickest, plugin))
}
