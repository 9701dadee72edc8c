//! Plugins that mean harm. Each must end in a clear refusal, within 2 s of CPU
//! time and 100 MiB over the idle host; the table of results is printed
//! (`cargo test -p airgo-policy --test hostile -- --nocapture`).

#![allow(clippy::unwrap_used, clippy::panic)]

mod facts;
mod kit;
mod suite;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use airgo_policy::{
    CheckRequest, DataSet, Engine, EngineConfig, Finding, Limits, MemoryBundle, ModuleInfo, PluginError,
};
use kit::{Guest, encode, finding};
use suite::{Case, Subject};

/// The tests of this file measure the process, so that one runs at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn engine() -> Engine {
    Engine::new(EngineConfig::default()).unwrap()
}

/// A bundle of ten modules, one of which has a file of 3 MiB.
fn bundle() -> Arc<MemoryBundle> {
    let mut bundle = MemoryBundle::default();
    for n in 0..10 {
        let (path, version) = (format!("example.com/m{n}"), "v1.0.0".to_owned());
        let module = ModuleInfo { path, version, zip_size: 1000, ..ModuleInfo::default() };
        let big = "x".repeat(if n == 0 { 3 << 20 } else { 10 });
        bundle.add(module, &[("go.mod", "module m\n"), ("big", &big)]);
    }
    Arc::new(bundle)
}

fn run(engine: &Engine, component: &[u8], bundle: &Arc<MemoryBundle>) -> Result<Vec<Finding>, PluginError> {
    let plugin = engine.load(component, &Limits::default())?;
    let request = CheckRequest {
        view: Arc::clone(bundle) as _,
        data: Arc::new(DataSet::default()),
        judged_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        config: "{}".to_owned(),
    };
    plugin.check(Arc::new(request)).map(|checked| checked.findings)
}

#[test]
fn every_hostile_plugin_is_refused() {
    let _alone = alone();
    let engine = engine();
    let bundle = bundle();
    assert_eq!(run(&engine, &Guest::default().component(), &bundle), Ok(vec![]), "the harmless one passes");
    let cases = suite::cases();
    assert!(cases.len() >= 25);
    println!("{:<34} {:>7} {:>7} {:>9}  refused because it", "plugin", "cpu ms", "wall ms", "peak MiB");
    let mut wrong = Vec::new();
    for Case { name, subject, wanted } in cases {
        let component = match subject {
            Subject::Guest(guest) => guest.component(),
            Subject::Bytes(bytes) => bytes,
        };
        let meter = Meter::start();
        let result = run(&engine, &component, &bundle);
        let used = meter.stop();
        let said = match &result {
            Ok(findings) => format!("passed with {} findings", findings.len()),
            Err(err) => err.to_string(),
        };
        println!(
            "{name:<34} {:>7} {:>7} {:>9}  {said:.90}",
            used.cpu.as_millis(),
            used.wall.as_millis(),
            used.peak >> 20
        );
        if !said.contains(wanted) || result.is_ok() {
            wrong.push(format!("{name}: wanted {wanted:?}, found {said:?}"));
        }
        if used.cpu > Duration::from_secs(2) {
            wrong.push(format!("{name}: took {:?}", used.cpu));
        }
        if used.peak > 100 << 20 {
            wrong.push(format!("{name}: took {} MiB", used.peak >> 20));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// CPU time, because other tests and builds share the machine.
struct Meter {
    cpu: Duration,
    wall: Instant,
    idle: u64,
}

struct Used {
    cpu: Duration,
    wall: Duration,
    /// Bytes of resident memory over the idle host; 0 where it is not known.
    peak: u64,
}

impl Meter {
    fn start() -> Self {
        // Linux: takes the peak down to what is resident now.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        Meter { cpu: process_time(), wall: Instant::now(), idle: status("VmRSS:") }
    }

    fn stop(self) -> Used {
        Used {
            cpu: process_time() - self.cpu,
            wall: self.wall.elapsed(),
            peak: status("VmHWM:").saturating_sub(self.idle),
        }
    }
}

fn process_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn status(key: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) << 10
}

/// What looks hostile but is within the rules: an answer, not a trap.
#[test]
fn reads_at_the_edge_are_answered() {
    let _alone = alone();
    let read = |module: &str, offset: &str, len: &str| {
        let check = format!(
            r#"(call $read (i32.const {module}) (i32.const 700) (i32.const 3)
                (i64.const {offset}) (i32.const {len}) (i32.const 320))
            {}"#,
            // The line of the finding: 0 where bytes came, else 1 for
            // not-found, 2 for out-of-range, 3 for too-large.
            finding(
                "(i32.store (i32.const 544) (i32.const 1))
                 (i32.store (i32.const 548) (if (result i32) (i32.load8_u (i32.const 320))
                    (then (i32.add (i32.load8_u (i32.const 328)) (i32.const 1))) (else (i32.const 0))))",
                1
            )
        );
        let guest = Guest {
            imports: r#"(import "airgo:policy/host@1.0.0" "read"
                (func $read (param i32 i32 i32 i64 i32 i32)))"#,
            check,
            fields: "(memory (export \"memory\") 1) (data (i32.const 700) \"big\")".to_owned(),
            ..Guest::default()
        };
        let findings = run(&engine(), &guest.component(), &bundle()).unwrap();
        findings.into_iter().map(|f| f.line).collect::<Vec<_>>()
    };
    let (max32, max64) = ("0xffffffff", "0xffffffffffffffff");
    assert_eq!(read("0", "0", "10"), [Some(0)]);
    assert_eq!(read("0", "3145728", "10"), [Some(0)], "the very end is an empty read");
    assert_eq!(read("0", "3145729", "10"), [Some(2)]);
    assert_eq!(read("0", max64, "10"), [Some(2)]);
    assert_eq!(read("0", "0", max32), [Some(3)]);
    assert_eq!(read(max32, "0", "10"), [Some(1)]);
    assert_eq!(read("10", "0", "10"), [Some(1)]);
}

/// Escape codes and CI commands are text like any other here: handed on as
/// they are, for the printer to escape.
#[test]
fn control_characters_in_text_are_handed_on() {
    let _alone = alone();
    let text = "\x1b]0;pwned\x07\n::error::\u{202e}";
    let guest = Guest {
        fields: "(memory (export \"memory\") 1)
            (data (i32.const 700) \"\\1b]0;pwned\\07\\n::error::\\e2\\80\\ae\")"
            .to_owned(),
        check: finding(
            &format!(
                "(i32.store (i32.const 552) (i32.const 700)) (i32.store (i32.const 556) (i32.const {}))",
                text.len()
            ),
            1,
        ),
        ..Guest::default()
    };
    let findings = run(&engine(), &guest.component(), &bundle()).unwrap();
    assert_eq!(findings[0].message, text);
}

/// Damage anywhere in a component is an error or another plugin, never a
/// crash; and nothing but a refusal where the bytes are cut off.
#[test]
fn damaged_components_never_crash_the_host() {
    let _alone = alone();
    let engine = engine();
    let bundle = bundle();
    let good = Guest::default().component();
    for len in (0..good.len()).step_by(7) {
        assert!(run(&engine, &good[..len], &bundle).is_err(), "cut at {len}");
    }
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..300 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut bytes = good.clone();
        let at = (seed >> 16) as usize % bytes.len();
        bytes[at] ^= 1 << (seed >> 60 & 7);
        // Most fail; a flip in a name or a constant may not.
        let _ = run(&engine, &bytes, &bundle);
    }
    for len in [0, 1, 8, 100, 5000] {
        let random: Vec<u8> = (0..len).map(|n: u64| (n.wrapping_mul(seed) >> 23) as u8).collect();
        assert!(run(&engine, &random, &bundle).is_err());
        let mut with_header = good[..8].to_vec();
        with_header.extend(&random);
        assert!(run(&engine, &with_header, &bundle).is_err());
    }
}

/// The versions of the interface: an older minor one would do, a newer one or
/// another major one is named, together with what this airgo speaks.
#[test]
fn other_versions_are_refused_by_name() {
    let _alone = alone();
    let wit = include_str!("../../../../plugins/wit/v1/policy.wit");
    for version in ["2.0.0", "1.1.0", "0.9.0"] {
        let text = wit.replace("airgo:policy@1.0.0", &format!("airgo:policy@{version}"));
        let core = replace(&Guest::default().core(), b"@1.0.0#", format!("@{version}#").as_bytes());
        let err = run(&engine(), &encode(core, &text), &bundle()).unwrap_err();
        let short = &version[..3];
        assert_eq!(err.to_string(), format!("speaks airgo:policy@{short}; this airgo speaks 1.0"));
    }
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    for at in 0..bytes.len() - from.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
    }
    bytes
}
