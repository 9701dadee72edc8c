//! Plugins that mean harm where facts are gathered: those that take too much,
//! and those that want to know, or to carry on, what their facts may not
//! depend on.

use std::sync::Arc;

use airgo_policy::{CheckRequest, DataSet, Limits, MemoryBundle, ModuleInfo};

use crate::kit::{Guest, NO_FACT, YES, finding};
use crate::suite::{Case, guest};
use crate::{alone, engine};

const LOG: &str = r#"(import "airgo:policy/host@1.0.0" "log" (func $log (param i32 i32 i32)))"#;
const READ: &str =
    r#"(import "airgo:policy/host@1.0.0" "read" (func $read (param i32 i32 i32 i64 i32 i32)))"#;
const GATHERED: &str = r#"(import "airgo:policy/host@1.0.0" "gathered" (func $gathered (param i32 i32)))"#;
const FOREVER: &str = "(loop $l (br $l)) (unreachable)";

fn gathers(body: &str) -> Guest {
    Guest { facts: Some((YES.to_owned(), body.to_owned())), ..Guest::default() }
}

/// `gather` that leaves `len` bytes from `at` as the fact.
fn fact(at: u32, len: u32) -> String {
    format!(
        "(i32.store (i32.const 420) (i32.const {at})) (i32.store (i32.const 424) (i32.const {len})) (i32.const 416)"
    )
}

pub fn cases() -> Vec<Case> {
    let plan = |body: &str| Guest { facts: Some((body.to_owned(), NO_FACT.to_owned())), ..Guest::default() };
    let error = format!("(i32.store8 (i32.const 416) (i32.const 1)) {}", fact(16, 7));
    let memory = "(local $at i32)
        (loop $l
            (local.set $at (i32.shl (memory.grow (i32.const 16)) (i32.const 16)))
            (memory.fill (local.get $at) (i32.const 1) (i32.const 0x100000))
            (br $l)) (unreachable)";
    let reads = "(local $at i64)
        (drop (memory.grow (i32.const 64)))
        (i32.store (i32.const 700) (i32.const 0x676962))
        (loop $l (call $read (i32.const 0) (i32.const 700) (i32.const 3) (local.get $at)
            (i32.const 0x100000) (i32.const 320))
            (local.set $at (i64.xor (local.get $at) (i64.const 0x100000))) (br $l)) (unreachable)";
    let flood = Guest {
        imports: GATHERED,
        facts: Some((YES.to_owned(), fact(4096, 60_000))),
        realloc: "(i32.const 4096)",
        check: "(loop $l (call $gathered (i32.const 0) (i32.const 320)) (br $l)) (unreachable)".to_owned(),
        ..Guest::default()
    };
    let others = plan("(unreachable)");
    vec![
        guest("loop in plan", "longer than 1.5s in plan", plan(FOREVER)),
        guest("a panic in plan", "crashed in plan: wasm `unreachable`", others),
        guest(
            "a plan of 60 KiB",
            "its plan is 60000 bytes, more than 4096",
            plan(
                "(i32.store (i32.const 404) (i32.const 4096)) (i32.store (i32.const 408) (i32.const 60000))
                 (i32.store (i32.const 400) (i32.const 1)) (i32.const 400)",
            ),
        ),
        guest("loop in gather", "longer than 500ms in gather, over example.com/m0@v1.0.0", gathers(FOREVER)),
        guest(
            "a panic in gather",
            "crashed in gather: wasm `unreachable` instruction executed, over example.com/m0@v1.0.0",
            gathers("(unreachable)"),
        ),
        guest(
            "memory bomb in gather",
            "more than 33554432 bytes of memory in gather (it asked for ",
            gathers(memory),
        ),
        guest(
            "a fact of 300 KiB",
            "more than 262144 bytes of facts in gather, over example.com/m0@v1.0.0",
            gathers(&format!("(drop (memory.grow (i32.const 16))) {}", fact(4096, 300 << 10))),
        ),
        guest(
            "a fact of 20 MiB",
            "bytes in one call to the host in gather, over example.com/m0@v1.0.0",
            gathers(&format!("(drop (memory.grow (i32.const 400))) {}", fact(4096, 20 << 20))),
        ),
        guest("a fact beyond memory", "gave an answer that cannot be", gathers(&fact(4096, u32::MAX))),
        guest(
            "an error in gather",
            "cannot judge the bundle: hostile, over example.com/m0@v1.0.0",
            gathers(&error),
        ),
        guest(
            "read flood in gather",
            "bytes read from the bundle in gather, over example.com/m",
            Guest { imports: READ, realloc: "(i32.const 8192)", ..gathers(reads) },
        ),
        guest(
            "log flood in gather",
            "more than 1000 log lines in gather, over example.com/m0@v1.0.0",
            Guest {
                imports: LOG,
                ..gathers(
                    "(loop $l (call $log (i32.const 0) (i32.const 16) (i32.const 7)) (br $l)) (unreachable)",
                )
            },
        ),
        guest("fact flood", "bytes read from the bundle in check", flood),
    ]
}

/// A bundle with all that facts may not depend on.
fn bundle(times: &str) -> Arc<MemoryBundle> {
    let mut bundle = MemoryBundle::default();
    bundle.info.platforms = vec![times.to_owned()];
    for n in 0..20 {
        let module = ModuleInfo {
            path: format!("example.com/m{n}"),
            version: "v1.0.0".to_owned(),
            time: Some(times.to_owned()),
            direct: n % 2 == 0,
            attributes: vec![("origin.url".to_owned(), times.to_owned())],
            ..ModuleInfo::default()
        };
        bundle.add(module, &[("go.mod", "module m\n"), ("a", "x")]);
    }
    bundle.baseline = Some(bundle.modules.clone());
    Arc::new(bundle)
}

/// The facts of a run, as the messages of findings: `check` repeats what was
/// gathered of each module.
fn told(guest: Guest, times: &str) -> Vec<String> {
    // For each module: gathered → 320 {tag, ptr, len}; a finding at 4096 + 80n.
    let check = r#"(local $n i32) (local $at i32)
        (drop (memory.grow (i32.const 8)))
        (loop $l
            (call $gathered (local.get $n) (i32.const 320))
            (local.set $at (i32.add (i32.const 4096) (i32.mul (local.get $n) (i32.const 80))))
            (i32.store (i32.add (local.get $at) (i32.const 4)) (i32.const 30))
            (i32.store (i32.add (local.get $at) (i32.const 8)) (i32.const 4))
            (i32.store8 (i32.add (local.get $at) (i32.const 12)) (i32.const 1))
            (i32.store (i32.add (local.get $at) (i32.const 16)) (local.get $n))
            (i32.store (i32.add (local.get $at) (i32.const 40)) (i32.load (i32.const 324)))
            (i32.store (i32.add (local.get $at) (i32.const 44)) (i32.load (i32.const 328)))
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br_if $l (i32.lt_u (local.get $n) (i32.const 20))))
        (i32.store (i32.const 260) (i32.const 4096)) (i32.store (i32.const 264) (i32.const 20))
        (i32.const 256)"#;
    // Findings below 8192, what realloc hands out above.
    let fields = guest.fields.replace("export \"memory\") 1", "export \"memory\") 2");
    let guest = Guest { check: check.to_owned(), fields, realloc: HIGH, ..guest };
    let engine = engine();
    let plugin = engine.load(&guest.component(), &Limits::default()).unwrap();
    assert!(plugin.gathers());
    let mut data = DataSet::default();
    data.insert("vulndb", None, [(String::new(), times.as_bytes().to_vec())].into());
    let request = CheckRequest {
        view: bundle(times),
        data: Arc::new(data),
        judged_at: times.parse().unwrap(),
        config: format!("{{\"x\":\"{times}\"}}"),
    };
    let checked = plugin.check(Arc::new(request)).unwrap();
    assert_eq!(checked.findings.len(), 20);
    checked.findings.into_iter().map(|f| f.message).collect()
}

const HIGH: &str = r#"
    (local $at i32)
    (if (i32.lt_u (global.get $heap) (i32.const 65536)) (then (global.set $heap (i32.const 65536))))
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
    (global.set $heap (i32.add (local.get $at) (local.get $len)))
    (local.get $at)"#;

/// A counter in memory, one in a global and one in a table would grow from
/// module to module, if an instance lived as long.
#[test]
fn nothing_is_carried_from_module_to_module() {
    let _alone = alone();
    let gather = format!(
        "(global.set $count (i32.add (global.get $count) (i32.const 1)))
         (i32.store (i32.const 600) (i32.add (i32.load (i32.const 600)) (i32.const 1)))
         (i32.store8 (i32.const 608) (i32.add (i32.const 48) (global.get $count)))
         (i32.store8 (i32.const 609) (i32.add (i32.const 48) (i32.load (i32.const 600))))
         (i32.store8 (i32.const 610) (i32.add (i32.const 48) (table.grow $t (ref.null func) (i32.const 1))))
         {}",
        fact(608, 3)
    );
    let guest = Guest {
        imports: GATHERED,
        fields: "(memory (export \"memory\") 1) (table $t 1 funcref) (global $count (mut i32) (i32.const 0))"
            .to_owned(),
        ..gathers(&gather)
    };
    let facts = told(guest, "2026-01-01T00:00:00Z");
    assert!(facts.iter().all(|fact| fact == "111"), "{facts:?}");
}

/// All that the host tells in `gather` is written into the fact: it is the
/// same at another time, under another config, in another bundle.
#[test]
fn facts_see_the_content_alone() {
    let _alone = alone();
    // judged-at (string), bundle (3 lists and a string at 56 bytes), baseline
    // (option), data-stat (result), modules (list of one), gathered (option).
    let imports = r#"(import "airgo:policy/host@1.0.0" "gathered" (func $gathered (param i32 i32)))
        (import "airgo:policy/host@1.0.0" "judged-at" (func $judged_at (param i32)))
        (import "airgo:policy/host@1.0.0" "bundle" (func $bundle (param i32)))
        (import "airgo:policy/host@1.0.0" "baseline" (func $baseline (param i32)))
        (import "airgo:policy/host@1.0.0" "modules" (func $modules (param i32)))
        (import "airgo:policy/host@1.0.0" "data-stat" (func $data_stat (param i32 i32 i32)))
        (import "airgo:policy/host@1.0.0" "data-get" (func $data_get (param i32 i32 i32 i32 i32)))"#;
    let digit =
        |at: u32, value: &str| format!("(i32.store8 (i32.const {at}) (i32.add (i32.const 48) {value}))");
    let gather =
        format!(
        "(call $judged_at (i32.const 640)) (call $bundle (i32.const 660)) (call $baseline (i32.const 700))
         (call $modules (i32.const 720)) (call $gathered (i32.const 0) (i32.const 740))
         (call $data_stat (i32.const 760) (i32.const 6) (i32.const 800))
         (call $data_get (i32.const 760) (i32.const 6) (i32.const 0) (i32.const 0) (i32.const 840))
         {} {} {} {} {} {} {} {} {} {} {}",
        digit(608, "(i32.load (i32.const 644))"),
        digit(609, "(i32.add (i32.load (i32.const 664)) (i32.load (i32.const 672)))"),
        digit(610, "(i32.load (i32.const 680))"),
        digit(611, "(i32.load8_u (i32.const 700))"),
        digit(612, "(i32.load (i32.const 724))"),
        digit(613, "(i32.load8_u (i32.const 740))"),
        digit(614, "(i32.load8_u (i32.const 800))"),
        digit(615, "(i32.load8_u (i32.const 840))"),
        // Of the module: its index, the tag of time, direct (offsets as in
        // module-info: index 0, replaced-by 20, time 64, direct 76, attributes 80).
        digit(616, "(i32.load (i32.load (i32.const 720)))"),
        digit(617, "(i32.load8_u offset=64 (i32.load (i32.const 720)))"),
        digit(618, "(i32.add (i32.load8_u offset=76 (i32.load (i32.const 720)))
            (i32.load offset=84 (i32.load (i32.const 720))))"),
    ) + &fact(608, 11);
    for times in ["2026-01-01T00:00:00Z", "2031-07-01T00:00:00Z"] {
        let guest = Guest {
            imports,
            fields: "(memory (export \"memory\") 1) (data (i32.const 760) \"vulndb\")".to_owned(),
            ..gathers(&gather)
        };
        let facts = told(guest, times);
        // No time, no main modules, no platforms, no baseline, one module, no
        // facts, errors for data; index 0, no time, neither direct nor attributes.
        assert!(facts.iter().all(|fact| fact == "00001011000"), "{facts:?}");
    }
}

/// The other modules of the bundle cannot be read.
#[test]
fn other_modules_are_out_of_reach() {
    let _alone = alone();
    let imports = r#"(import "airgo:policy/host@1.0.0" "gathered" (func $gathered (param i32 i32)))
        (import "airgo:policy/host@1.0.0" "list-files" (func $list_files (param i32 i32)))"#;
    let gather = format!(
        "(call $list_files (i32.const 0) (i32.const 640)) (call $list_files (i32.const 1) (i32.const 664))
         (i32.store8 (i32.const 608) (i32.add (i32.const 48) (i32.load8_u (i32.const 640))))
         (i32.store8 (i32.const 609) (i32.add (i32.const 48) (i32.load8_u (i32.const 664)))) {}",
        fact(608, 2)
    );
    let facts = told(Guest { imports, ..gathers(&gather) }, "2026-01-01T00:00:00Z");
    assert!(facts.iter().all(|fact| fact == "01"), "{facts:?}");
}

/// A plan of none: nothing is gathered, and `check` is told so.
#[test]
fn without_a_plan_nothing_is_gathered() {
    let _alone = alone();
    let guest = Guest {
        imports: GATHERED,
        facts: Some(("(i32.const 400)".to_owned(), "(unreachable)".to_owned())),
        check: format!(
            "(call $gathered (i32.const 0) (i32.const 320)) (if (i32.load8_u (i32.const 320)) (then (unreachable))) {}",
            finding("", 1)
        ),
        ..Guest::default()
    };
    let bundle = bundle("2026-01-01T00:00:00Z");
    assert_eq!(crate::run(&engine(), &guest.component(), &bundle).unwrap().len(), 1);
}
