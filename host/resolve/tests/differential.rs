//! The real go command checks random projects: build list, graph, and the
//! files that both read, equal byte for byte, or both fail.
//!
//! `AIRGO_DIFF_COUNT` says how many projects (200), `AIRGO_DIFF_SEED` with which
//! to begin. A failure prints its seed and the project's text.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use airgo_testkit::Rng;
use airgo_testkit::{World, require_tool};
use support::generate;
use support::oracle::Oracle;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |v| v.parse().unwrap())
}

/// The modules of Go's own tests, and random ones beside them.
fn world(seed: u64) -> World {
    let mut all = World::of_go();
    for m in generate::world(&mut Rng::new(seed), 30, 4).modules() {
        all.add(m.clone());
    }
    all
}

/// Everything that makes up a project, for the report.
fn text(dir: &Path) -> String {
    let mut out = String::new();
    let mut stack = vec![dir.to_owned()];
    while let Some(at) = stack.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                stack.push(path);
            } else if path.extension().is_some_and(|e| e == "mod" || e == "work") {
                let name = path.strip_prefix(dir).unwrap().display();
                out.push_str(&format!("-- {name} --\n{}", fs::read_to_string(&path).unwrap()));
            }
        }
    }
    out
}

#[test]
fn random_projects_resolve_as_go_does() {
    if !require_tool("go") {
        return;
    }
    let count = number("AIRGO_DIFF_COUNT", 200);
    let seed = number("AIRGO_DIFF_SEED", 1);
    println!("{count} projects from seed {seed}");
    let oracle = Oracle::new(&world(7));
    let world = world(7);
    let (lists, graphs, downloads) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let failures = Mutex::new(Vec::new());
    let reasons: Mutex<BTreeMap<&str, usize>> = Mutex::default();
    let next = AtomicU64::new(seed);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().unwrap().get() {
            scope.spawn(|| {
                loop {
                    let case = next.fetch_add(1, Ordering::Relaxed);
                    if case >= seed + count {
                        break;
                    }
                    let mut rng = Rng::new(case.wrapping_mul(0x1000_0001));
                    let place = oracle.place();
                    generate::project(&mut rng, &world, &place);
                    // A random go.mod is seldom consistent: half of them are
                    // made so by go first.
                    if rng.chance(50) {
                        oracle.go().output(place.path(), &["list", "-m", "-mod=mod", "all"]);
                    }
                    let before = text(place.path());
                    let mut result = oracle.compare(place.path(), case);
                    if let Ok(verdict) = result {
                        if let Some(reason) = verdict.reason {
                            *reasons.lock().unwrap().entry(reason).or_default() += 1;
                        }
                        lists.fetch_add(usize::from(verdict.list), Ordering::Relaxed);
                        graphs.fetch_add(usize::from(verdict.graph), Ordering::Relaxed);
                        if verdict.graph && case.is_multiple_of(4) {
                            downloads.fetch_add(1, Ordering::Relaxed);
                            let more = oracle.compare_details(place.path(), case);
                            let more = more.and_then(|()| oracle.compare_download(place.path(), case));
                            result = more.map(|()| verdict);
                        }
                    }
                    if let Err(e) = result {
                        failures.lock().unwrap().push(format!("AIRGO_DIFF_SEED={case}\n{e}\n{before}"));
                    }
                }
            });
        }
    });
    let (lists, graphs, downloads) = (lists.into_inner(), graphs.into_inner(), downloads.into_inner());
    println!("equal: {lists} lists, {graphs} graphs, {downloads} downloads; the others fail in both");
    println!("because of: {:?}", reasons.into_inner().unwrap());
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {count} differ\n\n{}", failures.len(), failures.join("\n\n"));
}
