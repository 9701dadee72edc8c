//! The allowlist over 2,000 modules: what a user waits for, cold and with warm
//! compiled code. `cargo bench -p airgo-policy`; medians of several runs.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use airgo_policy::{BundleView, Engine, EngineConfig, MemoryBundle, ModuleInfo, Policy, airgo_toml};

const MODULES: usize = 2_000;
const RUNS: usize = 15;

fn main() {
    let entries: String = (0..200).map(|n| format!("\"=example.com/team{n}/module@v1.{n}.0\",\n")).collect();
    let text = format!(
        "[[plugin]]\nname = \"allowlist\"\nbuiltin = \"allowlist\"\n[plugin.config]\ndefault = \"warn\"\n\
         deny = [\"*.evil.example\", {{ pattern = \"golang.org/x/net\", versions = \"<v0.23.0\" }}]\n\
         allow = [\"golang.org/x/*\", \"github.com/acme\",\n{entries}]\n"
    );
    let mut bundle = MemoryBundle::default();
    for n in 0..MODULES {
        let (path, version) =
            (format!("example.com/team{}/module{}", n % 250, n / 250), format!("v1.{}.0", n % 7));
        bundle.add(ModuleInfo { path, version, ..ModuleInfo::default() }, &[]);
    }
    let bundle: Arc<dyn BundleView> = Arc::new(bundle);
    println!("allowlist, {MODULES} modules, 202 allow and 2 deny entries, medians of {RUNS} runs");
    let temp = tempfile::tempdir().unwrap();
    let cold = (0..RUNS).map(|n| once(&text, &temp.path().join(n.to_string()), &bundle)).collect();
    print("cold", cold);
    let warm = (0..RUNS).map(|_| once(&text, &temp.path().join("0"), &bundle)).collect();
    print("warm compiled code", warm);
}

/// Engine, load (scan, compile or cache, describe), check.
fn once(text: &str, cache: &Path, bundle: &Arc<dyn BundleView>) -> [Duration; 3] {
    let start = Instant::now();
    let engine = Engine::new(EngineConfig { cache_dir: Some(cache.to_owned()) }).unwrap();
    let engine_done = start.elapsed();
    let file = airgo_toml::parse("airgo.toml", text).unwrap();
    let policy =
        Policy::load(&engine, file, Path::new("."), "2026-06-01T00:00:00Z".parse().unwrap()).unwrap();
    let load_done = start.elapsed();
    let report = policy.evaluate(bundle).unwrap().report;
    assert!(report.findings.len() > 1000);
    let check_done = start.elapsed();
    [engine_done, load_done - engine_done, check_done - load_done]
}

fn print(name: &str, runs: Vec<[Duration; 3]>) {
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    let column = |i: usize| median(runs.iter().map(|run| run[i]).collect());
    let total = median(runs.iter().map(|run| run.iter().sum()).collect());
    println!(
        "{name:<20} engine {:>9.2?}  load {:>9.2?}  check {:>9.2?}  in all {total:>9.2?}",
        column(0),
        column(1),
        column(2)
    );
}
