//! `airgo plugin bench`: what a plugin takes, beside what it may take.

use super::case::{self, Case, JUDGED_AT};
use super::{Component, engine, fixture_failure, start};
use crate::Context;
use crate::args::PluginBench;
use crate::page::Page;
use airgo_app::documents;
use airgo_app::errors::disk;
use airgo_app::paths::shown;
use airgo_app::policy::view::View;
use airgo_app::quantity::{bytes, count};
use airgo_app::trust::open;
use airgo_app::{Failure, Result};
use airgo_author::{fixture, generated};
use airgo_model::atomic::ScratchDir;
use airgo_policy::{CheckRequest, DataSet, Engine, EngineConfig, Gathering, Limits, Plugin, Usage};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What was measured.
struct Measured {
    compile: Duration,
    cached: Duration,
    /// Sorted.
    checks: Vec<Duration>,
    usage: Usage,
    findings: usize,
    facts: Option<Facts>,
}

/// What knowing the facts of all modules took.
struct Facts {
    /// Of the last run of those that remember nothing.
    cold: Gathering,
    /// Of the last run of those in which all could be remembered.
    warm: Gathering,
    /// Those runs, sorted.
    checks: Vec<Duration>,
}

/// Compiles, loads and runs, and prints a table.
pub fn run(context: &Context, args: &PluginBench) -> Result<()> {
    let component = Component::open(context, &args.plugin, &args.limits)?;
    // What an earlier run left must not help.
    let fresh = start(EngineConfig::default())?;
    let begin = Instant::now();
    let loaded = component.load(&fresh, &component.limits)?;
    let compile = begin.elapsed();
    let (subject, request, plugin) = subject(context, args, &component, &loaded)?;
    // For compiled code, then for facts.
    let dir = ScratchDir::create(&std::env::temp_dir(), "airgo-bench-").map_err(|e| {
        disk::unwritable("to a temporary directory", &e, "name one that can be written: TMPDIR=DIR")
    })?;
    let remembers = start(EngineConfig { cache_dir: Some(dir.path().join("plugins")) })?;
    let (cached, with_memory) = from_cache(&component, &remembers, plugin.limits(), args.runs)?;
    let runs = |plugin: &Plugin| over(context, &component, plugin, &request, args.runs);
    let (checks, last) = runs(&plugin)?;
    let facts = match last.gathering {
        None => None,
        Some(cold) => {
            over(context, &component, &with_memory, &request, 1)?;
            let (checks, last) = runs(&with_memory)?;
            Some(Facts { cold, warm: last.gathering.unwrap_or_default(), checks })
        }
    };
    let (findings, usage) = (last.checked.findings.len(), last.usage);
    let measured = Measured { compile, cached, checks, usage, findings, facts };
    if context.printer.is_json() {
        return context.printer.document(&document(&component, &plugin, &subject, &request, &measured));
    }
    context.printer.status(
        "Measured",
        format!("{} over {subject}, {}", component.shown, count(args.runs as usize, "run")),
    );
    context.printer.page(&page(&component, &plugin, &measured))
}

/// Runs it so often: the times, sorted, and what the last run came to.
fn over(
    context: &Context,
    component: &Component,
    plugin: &Plugin,
    request: &Arc<CheckRequest>,
    runs: u32,
) -> Result<(Vec<Duration>, airgo_policy::Measured)> {
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
    checks.sort();
    Ok((checks, last))
}

/// What it is run over, and the plugin with the limits that count there.
fn subject(
    context: &Context,
    args: &PluginBench,
    component: &Component,
    loaded: &Plugin,
) -> Result<(String, Arc<CheckRequest>, Plugin)> {
    let own = args
        .config
        .as_deref()
        .map(|file| fixture::config(file).map_err(|e| fixture_failure(&e)))
        .transpose()?;
    if let Some(dir) = args.bundle.as_deref().filter(|path| path.is_dir()) {
        let case = Case::read(context, &engine(context)?, component, loaded, dir)?;
        let mut request = case.request;
        if let Some(config) = own {
            let CheckRequest { view, data, judged_at, .. } = &*request;
            let (view, data, judged_at) = (Arc::clone(view), Arc::clone(data), *judged_at);
            request = Arc::new(CheckRequest { view, data, judged_at, config: config.to_string() });
        }
        return Ok((format!("the case {}", shown(dir)), request, case.plugin));
    }
    let config = own.unwrap_or_else(|| json!({}));
    case::ready(loaded, &config, &[]).map_err(|why| {
        Failure::failed(format!("{} {why}", component.shown))
            .hint("give it a config: --config FILE; or run it over a case with config and data: airgo plugin bench PLUGIN CASE")
    })?;
    let (name, view): (_, Arc<dyn airgo_policy::BundleView>) = match args.bundle.as_deref() {
        Some(file) => {
            let bundle = Arc::new(open::open_signed(context, file, &args.trust.request())?);
            (shown(file), Arc::new(View::of_bundle(&bundle)))
        }
        None => {
            let made = generated::bundle(args.modules);
            (format!("a generated bundle of {}", count(args.modules, "module")), Arc::new(case::memory(made)))
        }
    };
    let judged_at = JUDGED_AT.parse().map_err(|e| Failure::failed(format!("{JUDGED_AT}: {e}")))?;
    let request =
        CheckRequest { view, data: Arc::new(DataSet::default()), judged_at, config: config.to_string() };
    Ok((name, Arc::new(request), loaded.clone()))
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
    for _ in 0..runs {
        let begin = Instant::now();
        component.load(engine, limits)?;
        quickest = quickest.min(begin.elapsed());
    }
    Ok((quickest, plugin))
}

fn median(sorted: &[Duration]) -> Duration {
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn quickest(sorted: &[Duration]) -> Duration {
    sorted.first().copied().unwrap_or_default()
}

fn page(component: &Component, plugin: &Plugin, measured: &Measured) -> Page {
    let (limits, usage, scan) = (plugin.limits(), &measured.usage, plugin.scan());
    let none = || "-".to_owned();
    let mut rows = vec![
        ("component", bytes(component.size), bytes(limits.component_bytes)),
        ("code", bytes(scan.code_bytes), bytes(limits.code_bytes)),
        ("functions", scan.functions.to_string(), limits.functions.to_string()),
        ("load, compiling", time(measured.compile), none()),
        ("load, from the cache", time(measured.cached), none()),
        ("check, median", time(median(&measured.checks)), none()),
        ("check, quickest", time(quickest(&measured.checks)), none()),
        ("guest CPU time", time(usage.time), time(limits.time)),
        ("guest memory", bytes(usage.memory), bytes(limits.memory)),
        ("table elements", usage.table_elements.to_string(), limits.table_elements.to_string()),
        ("host calls", usage.host_calls.to_string(), limits.host_calls.to_string()),
        ("read for it", bytes(usage.read_bytes), bytes(usage.read_limit)),
        ("findings", measured.findings.to_string(), limits.findings.to_string()),
    ];
    if let Some(Facts { cold, warm, checks }) = &measured.facts {
        let all = count(cold.gathered + cold.remembered, "module");
        rows.extend([
            ("facts, gathered", format!("of {all}"), none()),
            ("  guest CPU time", time(cold.guest), none()),
            ("  with the reading", time(cold.cpu), time(limits.gather_total)),
            ("  wall clock", time(cold.wall), none()),
            ("  read for it", bytes(cold.read_bytes), none()),
            ("  bytes", bytes(cold.bytes), bytes(limits.facts_bytes)),
            ("facts, remembered", format!("of {}", count(warm.remembered, "module")), none()),
            ("  wall clock", time(warm.wall), none()),
            ("  check, median", time(median(checks)), none()),
        ]);
    }
    let rows = rows.into_iter().map(|(what, found, limit)| vec![what.to_owned(), found, limit].into());
    let mut page = Page::default();
    page.table(&["WHAT", "MEASURED", "LIMIT"], rows, None);
    page
}

/// `0.42ms`, `24.3ms`, `1.52s`: finer than a status line, which is the point.
fn time(duration: Duration) -> String {
    let millis = duration.as_secs_f64() * 1000.0;
    match millis {
        m if m < 10.0 => format!("{m:.2}ms"),
        m if m < 1000.0 => format!("{m:.1}ms"),
        m => format!("{:.2}s", m / 1000.0),
    }
}

fn document<'a>(
    component: &'a Component,
    plugin: &'a Plugin,
    subject: &'a str,
    request: &CheckRequest,
    measured: &Measured,
) -> documents::PluginBench<'a> {
    let (limits, usage) = (plugin.limits(), &measured.usage);
    documents::PluginBench {
        check_micros: run_times(&measured.checks),
        compile_micros: micros(measured.compile),
        facts: measured.facts.as_ref().map(|facts| documents::BenchFacts {
            check_micros: run_times(&facts.checks),
            gathered: gathering(&facts.cold),
            remembered: gathering(&facts.warm),
        }),
        from_cache_micros: micros(measured.cached),
        limits: documents::BenchLimits {
            code_bytes: limits.code_bytes,
            component_bytes: limits.component_bytes,
            facts_bytes: limits.facts_bytes,
            findings: limits.findings,
            functions: limits.functions,
            gather_total_micros: micros(limits.gather_total),
            host_calls: limits.host_calls,
            memory: limits.memory,
            read_bytes: usage.read_limit,
            table_elements: limits.table_elements,
            time_micros: micros(limits.time),
        },
        modules: request.view.modules().len(),
        plugin: &component.shown,
        runs: measured.checks.len(),
        schema: documents::PluginBenchV1,
        sha256: plugin.sha256(),
        subject,
        used: documents::BenchUsed {
            code_bytes: plugin.scan().code_bytes,
            component_bytes: component.size,
            findings: measured.findings,
            functions: plugin.scan().functions,
            host_calls: usage.host_calls,
            memory: usage.memory,
            read_bytes: usage.read_bytes,
            table_elements: usage.table_elements,
            time_micros: micros(usage.time),
        },
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn run_times(sorted: &[Duration]) -> documents::RunTimes {
    documents::RunTimes { median: micros(median(sorted)), quickest: micros(quickest(sorted)) }
}

fn gathering(took: &Gathering) -> documents::GatheredFacts {
    documents::GatheredFacts {
        bytes: took.bytes,
        cpu_micros: micros(took.cpu),
        gathered: took.gathered,
        guest_micros: micros(took.guest),
        read_bytes: took.read_bytes,
        remembered: took.remembered,
        wall_micros: micros(took.wall),
    }
}
