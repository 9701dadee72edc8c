//! `airgo plugin bench`: the request from the arguments, what a plugin takes beside
//! what it may take.

use super::named;
use crate::Context;
use crate::args::PluginBench;
use crate::page::Page;
use airgo_app::Result;
use airgo_app::authoring::bench::{BenchRequest, Benched, Facts, Times, bench};
use airgo_app::documents;
use airgo_app::quantity::{bytes, count};
use airgo_policy::Gathering;
use std::time::Duration;

/// Measures a plugin, and prints a table.
pub fn run(context: &Context, args: &PluginBench) -> Result<()> {
    let request = BenchRequest {
        plugin: named(context, &args.plugin, &args.limits),
        bundle: args.bundle.clone(),
        modules: args.modules,
        runs: args.runs,
        config: args.config.clone(),
        trust: args.trust.request(),
    };
    let benched = bench(context, &request)?;
    if context.printer.is_json() {
        return context.printer.document(&document(&benched));
    }
    let runs = count(args.runs as usize, "run");
    context.printer.status("Measured", format!("{} over {}, {runs}", benched.plugin, benched.subject));
    context.printer.page(&page(&benched))
}

fn page(benched: &Benched) -> Page {
    let Benched { limits, usage, checks, .. } = benched;
    let none = || "-".to_owned();
    let mut rows = vec![
        ("component", bytes(benched.size), bytes(limits.component_bytes)),
        ("code", bytes(benched.code_bytes), bytes(limits.code_bytes)),
        ("functions", benched.functions.to_string(), limits.functions.to_string()),
        ("load, compiling", time(benched.compile), none()),
        ("load, from the cache", time(benched.from_cache), none()),
        ("check, median", time(checks.median()), none()),
        ("check, quickest", time(checks.quickest()), none()),
        ("guest CPU time", time(usage.time), time(limits.time)),
        ("guest memory", bytes(usage.memory), bytes(limits.memory)),
        ("table elements", usage.table_elements.to_string(), limits.table_elements.to_string()),
        ("host calls", usage.host_calls.to_string(), limits.host_calls.to_string()),
        ("read for it", bytes(usage.read_bytes), bytes(usage.read_limit)),
        ("findings", benched.findings.to_string(), limits.findings.to_string()),
    ];
    if let Some(Facts { cold, warm, checks }) = &benched.facts {
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
            ("  check, median", time(checks.median()), none()),
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

fn document(benched: &Benched) -> documents::PluginBench<'_> {
    let Benched { limits, usage, .. } = benched;
    documents::PluginBench {
        check_micros: run_times(&benched.checks),
        compile_micros: micros(benched.compile),
        facts: benched.facts.as_ref().map(|facts| documents::BenchFacts {
            check_micros: run_times(&facts.checks),
            gathered: gathering(&facts.cold),
            remembered: gathering(&facts.warm),
        }),
        from_cache_micros: micros(benched.from_cache),
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
        modules: benched.modules,
        plugin: &benched.plugin,
        runs: benched.checks.runs(),
        schema: documents::PluginBenchV1,
        sha256: &benched.sha256,
        subject: &benched.subject,
        used: documents::BenchUsed {
            code_bytes: benched.code_bytes,
            component_bytes: benched.size,
            findings: benched.findings,
            functions: benched.functions,
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

fn run_times(times: &Times) -> documents::RunTimes {
    documents::RunTimes { median: micros(times.median()), quickest: micros(times.quickest()) }
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
