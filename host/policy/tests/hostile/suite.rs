//! The hostile plugins, each with a part of the refusal that it must get.

use crate::kit::{BUMP, Guest, NOTHING, encode, finding};

/// One hostile plugin.
pub struct Case {
    pub name: &'static str,
    pub subject: Subject,
    pub wanted: &'static str,
}

pub enum Subject {
    Guest(Guest),
    Bytes(Vec<u8>),
}

const FOREVER: &str = "(loop $l (br $l))";
const MEMORY: &str = "(memory (export \"memory\") 1)";
const LOG: &str = r#"(import "airgo:policy/host@1.0.0" "log" (func $log (param i32 i32 i32)))"#;
const JUDGED_AT: &str = r#"(import "airgo:policy/host@1.0.0" "judged-at" (func $judged_at (param i32)))"#;
const MODULES: &str = r#"(import "airgo:policy/host@1.0.0" "modules" (func $modules (param i32)))"#;
const LIST_FILES: &str =
    r#"(import "airgo:policy/host@1.0.0" "list-files" (func $list_files (param i32 i32)))"#;
const READ: &str =
    r#"(import "airgo:policy/host@1.0.0" "read" (func $read (param i32 i32 i32 i64 i32 i32)))"#;
/// A realloc that always gives the same place: a flood needs no memory.
const SAME: &str = "(i32.const 8192)";

pub fn cases() -> Vec<Case> {
    let kinds = [time(), memory(), floods(), lies(), shapes(), bombs(), crate::facts::cases()];
    kinds.into_iter().flatten().collect()
}

pub fn guest(name: &'static str, wanted: &'static str, guest: Guest) -> Case {
    Case { name, subject: Subject::Guest(guest), wanted }
}

fn check(name: &'static str, wanted: &'static str, body: &str) -> Case {
    guest(name, wanted, Guest { check: body.to_owned(), ..Guest::default() })
}

fn bytes(name: &'static str, wanted: &'static str, bytes: Vec<u8>) -> Case {
    Case { name, subject: Subject::Bytes(bytes), wanted }
}

fn time() -> Vec<Case> {
    let start = format!("{MEMORY} (func $start {FOREVER}) (start $start)");
    let post = format!(
        "{MEMORY} (func (export \"cabi_post_airgo:policy/policy@1.0.0#check\") (param i32) {FOREVER})"
    );
    vec![
        check("loop in check", "longer than 1.5s in check", &format!("{FOREVER} {NOTHING}")),
        guest(
            "loop in describe",
            "longer than 1.5s in describe",
            Guest { describe: FOREVER, ..Guest::default() },
        ),
        guest("loop in start function", "longer than 1.5s", Guest { fields: start, ..Guest::default() }),
        guest("loop after the answer", "longer than 1.5s in check", Guest { fields: post, ..Guest::default() }),
        guest(
            "loop in realloc",
            "longer than 1.5s in check",
            Guest { realloc: "(loop $l (br $l)) (unreachable)", ..Guest::default() },
        ),
        check(
            "memory.fill for ever",
            "longer than 1.5s in check",
            "(drop (memory.grow (i32.const 900)))
             (loop $l (memory.fill (i32.const 8192) (i32.const 1) (i32.const 0x3000000)) (br $l)) (unreachable)",
        ),
        check(
            "call tree without a loop",
            "longer than 1.5s in check",
            "(drop (call $tree (i32.const 60))) (i32.const 256)",
        )
        .with_fields(
            "(memory (export \"memory\") 1) (func $tree (param i32) (result i32)
                (if (result i32) (local.get 0)
                    (then (i32.add (call $tree (i32.sub (local.get 0) (i32.const 1)))
                                   (call $tree (i32.sub (local.get 0) (i32.const 1)))))
                    (else (i32.const 1))))",
        ),
    ]
}

impl Case {
    fn with_fields(mut self, fields: &str) -> Self {
        if let Subject::Guest(guest) = &mut self.subject {
            guest.fields = fields.to_owned();
        }
        self
    }
}

fn memory() -> Vec<Case> {
    vec![
        check(
            "memory bomb",
            "more than 67108864 bytes of memory in check",
            "(local $at i32)
             (loop $l
                (local.set $at (i32.shl (memory.grow (i32.const 16)) (i32.const 16)))
                (memory.fill (local.get $at) (i32.const 1) (i32.const 0x100000))
                (br $l)) (unreachable)",
        ),
        guest(
            "4 GiB of memory from the start",
            "more than 67108864 bytes of memory in describe",
            Guest { fields: "(memory (export \"memory\") 65536)".to_owned(), ..Guest::default() },
        ),
        check(
            "grow by nothing for ever",
            "longer than 1.5s in check",
            "(loop $l (drop (memory.grow (i32.const 0))) (br $l)) (unreachable)",
        ),
        check(
            "table growth",
            "more than 100000 table elements in check",
            "(loop $l (drop (table.grow $t (ref.null func) (i32.const 1000))) (br $l)) (unreachable)",
        )
        .with_fields("(memory (export \"memory\") 1) (table $t 1 funcref)"),
        guest(
            "a table of 2^32-1 from the start",
            "more than 100000 table elements in describe",
            Guest {
                fields: "(memory (export \"memory\") 1) (table $t 0xffffffff funcref)".to_owned(),
                ..Guest::default()
            },
        ),
        check("deep recursion", "more than its stack in check", "(call $deep) (i32.const 256)")
            .with_fields("(memory (export \"memory\") 1) (func $deep (call $deep) (call $deep))"),
        check(
            "recursion with wide frames",
            "more than its stack in check",
            "(drop (call $deep (i64.const 1))) (i32.const 256)",
        )
        .with_fields(&wide_frames()),
    ]
}

/// A function that calls itself while 500 values are alive.
fn wide_frames() -> String {
    let locals: String = (0..500).map(|n| format!("(local $x{n} i64)")).collect();
    let set: String =
        (0..500).map(|n| format!("(local.set $x{n} (i64.mul (local.get 0) (i64.const {n})))\n")).collect();
    let add: String = (0..500).map(|n| format!("(i64.add (local.get $x{n}))\n")).collect();
    format!(
        "(memory (export \"memory\") 1)
         (func $deep (param i64) (result i64) {locals} {set}
            (call $deep (i64.add (local.get 0) (i64.const 1))) {add})"
    )
}

fn floods() -> Vec<Case> {
    let import = |name, wanted, imports, realloc, body: &str| {
        guest(name, wanted, Guest { imports, realloc, check: body.to_owned(), ..Guest::default() })
    };
    vec![
        import(
            "host-call flood",
            "more than 1000000 calls into the host in check",
            JUDGED_AT,
            SAME,
            "(loop $l (call $judged_at (i32.const 320)) (br $l)) (unreachable)",
        ),
        import(
            "module list flood",
            "longer than 1.5s in check",
            MODULES,
            SAME,
            "(loop $l (call $modules (i32.const 320)) (br $l)) (unreachable)",
        ),
        import(
            "file list flood",
            "bytes read from the bundle in check",
            LIST_FILES,
            SAME,
            "(loop $l (call $list_files (i32.const 0) (i32.const 320)) (br $l)) (unreachable)",
        ),
        import(
            "read flood",
            "bytes read from the bundle in check",
            READ,
            SAME,
            "(local $at i64)
             (drop (memory.grow (i32.const 64)))
             (i32.store (i32.const 700) (i32.const 0x676962))
             (loop $l (call $read (i32.const 0) (i32.const 700) (i32.const 3) (local.get $at)
                (i32.const 0x100000) (i32.const 320))
                (local.set $at (i64.xor (local.get $at) (i64.const 0x100000))) (br $l)) (unreachable)",
        ),
        import(
            "reads of what is not there",
            "in check",
            READ,
            SAME,
            "(loop $l (call $read (i32.const 0) (i32.const 700) (i32.const 1) (i64.const 0)
                (i32.const 10) (i32.const 320)) (br $l)) (unreachable)",
        ),
        import(
            "log flood",
            "more than 1000 log lines in check",
            LOG,
            BUMP,
            "(loop $l (call $log (i32.const 0) (i32.const 16) (i32.const 7)) (br $l)) (unreachable)",
        ),
        import(
            "log line of 60 KiB",
            "more than 4096 bytes in a log line in check",
            LOG,
            BUMP,
            "(call $log (i32.const 0) (i32.const 4096) (i32.const 60000)) (i32.const 256)",
        ),
        import(
            "log line of 60 MiB",
            "bytes in one call to the host in check",
            LOG,
            BUMP,
            "(drop (memory.grow (i32.const 1000)))
             (call $log (i32.const 0) (i32.const 0) (i32.const 0x3c00000)) (i32.const 256)",
        ),
        check("finding flood", "more than 20000 findings", &room(&finding("", 30_000))),
        check("a million findings", "bytes in one call to the host", &room(&finding("", 1_000_000))),
        check("findings beyond memory", "gave an answer that cannot be", &finding("", u32::MAX)),
        check(
            "one message of 60 KiB",
            "the message of a finding is 60000 bytes, more than 4096",
            &finding(
                "(i32.store (i32.const 552) (i32.const 4096)) (i32.store (i32.const 556) (i32.const 60000))",
                1,
            ),
        ),
        check(
            "a message of 20 MiB",
            "bytes in one call to the host in check",
            &format!(
                "(drop (memory.grow (i32.const 900))) {}",
                finding("(i32.store (i32.const 556) (i32.const 0x1400000))", 1)
            ),
        ),
        check(
            "ten thousand times the same 4 KiB",
            "bytes in one call to the host in check",
            &room(&same_list(10_000)),
        ),
        check(
            "attributes without end",
            "attributes of a finding, more than 64",
            &finding(
                "(i32.store (i32.const 584) (i32.const 4096)) (i32.store (i32.const 588) (i32.const 1000))",
                1,
            ),
        ),
    ]
}

/// A list of findings needs memory to lie in: 80 bytes each.
fn room(body: &str) -> String {
    let filled = "(local $n i32) (drop (memory.grow (i32.const 900)))";
    // Each is a copy of the one at 512, so that all are good ones.
    let copy = "(loop $c
        (memory.copy (i32.add (i32.const 65536) (i32.mul (local.get $n) (i32.const 80))) (i32.const 512) (i32.const 80))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $c (i32.lt_u (local.get $n) (i32.const 700000))))";
    let body = body.replace(
        "(i32.store (i32.const 260) (i32.const 512))",
        &format!("{copy} (i32.store (i32.const 260) (i32.const 65536))"),
    );
    let body = body.replace("(i32.const 1000000))", "(i32.const 700000))");
    format!("{filled} {body}")
}

fn same_list(count: u32) -> String {
    finding(
        "(i32.store (i32.const 552) (i32.const 4096)) (i32.store (i32.const 556) (i32.const 4096))",
        count,
    )
}

fn lies() -> Vec<Case> {
    let describe = |name, wanted, body| guest(name, wanted, Guest { describe: body, ..Guest::default() });
    vec![
        check("a panic", "crashed in check: wasm `unreachable` instruction executed", "(unreachable)"),
        guest(
            "a panic with a message",
            "crashed in check: wasm `unreachable` instruction executed (it last logged: hostile)",
            Guest {
                imports: LOG,
                check: "(call $log (i32.const 2) (i32.const 16) (i32.const 7)) (unreachable)".to_owned(),
                ..Guest::default()
            },
        ),
        check(
            "division by zero",
            "crashed in check: integer divide by zero",
            "(i32.div_u (i32.const 1) (i32.const 0))",
        ),
        check(
            "a wild pointer",
            "crashed in check: out of bounds memory access",
            "(i32.load (i32.const 0x7fffffff))",
        ),
        check("an answer beyond memory", "gave an answer that cannot be", "(i32.const 0x7ffffff0)"),
        check("an answer out of line", "gave an answer that cannot be", "(i32.const 257)"),
        check(
            "a result that is neither",
            "gave an answer that cannot be",
            "(i32.store8 (i32.const 256) (i32.const 7)) (i32.const 256)",
        ),
        check(
            "a verdict that is none",
            "gave an answer that cannot be",
            &finding("(i32.store8 (i32.const 512) (i32.const 9))", 1),
        ),
        check(
            "a message that is no UTF-8",
            "gave an answer that cannot be",
            &finding("(i32.store (i32.const 16) (i32.const 0xfffefdfc))", 1),
        ),
        check(
            "a finding without a message",
            "without a message",
            &finding("(i32.store (i32.const 556) (i32.const 0))", 1),
        ),
        check(
            "a rule that is not described",
            "a finding of rule \"hosti\", which it does not describe",
            &finding(
                "(i32.store (i32.const 516) (i32.const 16)) (i32.store (i32.const 520) (i32.const 5))",
                1,
            ),
        ),
        check(
            "a module that is not there",
            "a finding about module 4294967295 of 10",
            &finding(
                "(i32.store8 (i32.const 524) (i32.const 1)) (i32.store (i32.const 528) (i32.const -1))",
                1,
            ),
        ),
        describe(
            "a name that is none",
            "its name \"1.0.0{}\" is not of lower-case words",
            "(i32.store (i32.const 64) (i32.const 23)) (i32.store (i32.const 68) (i32.const 7))",
        ),
        describe(
            "a schema that is no JSON",
            "its config schema is no JSON",
            "(i32.store (i32.const 88) (i32.const 16))",
        ),
        describe(
            "a description beyond memory",
            "gave an answer that cannot be",
            "(i32.store (i32.const 68) (i32.const -1))",
        ),
        describe(
            "rules without end",
            "rules, more than 1000",
            "(i32.store (i32.const 96) (i32.const 4096)) (i32.store (i32.const 100) (i32.const 1500))",
        ),
        guest(
            "realloc beyond memory",
            "gave an answer that cannot be",
            Guest { realloc: "(i32.const 0x7ffffff0)", ..Guest::default() },
        ),
        guest(
            "realloc that calls the host",
            "crashed in check: cannot leave component instance",
            Guest {
                imports: LOG,
                realloc: "(call $log (i32.const 0) (i32.const 16) (i32.const 7)) (i32.const 8192)",
                ..Guest::default()
            },
        ),
        guest(
            "a log level that is none",
            "gave an answer that cannot be",
            Guest {
                imports: LOG,
                check: "(call $log (i32.const 77) (i32.const 16) (i32.const 7)) (i32.const 256)".to_owned(),
                ..Guest::default()
            },
        ),
    ]
}

fn shapes() -> Vec<Case> {
    let wat = |text: &str| wat::parse_str(text).unwrap();
    let wit = include_str!("../../../../plugins/wit/v1/policy.wit");
    let with_wasi = r#"(component
        (import "wasi:cli/environment@0.2.0" (instance))
        (instance $none)
        (export "airgo:policy/policy@1.0.0" (instance $none)))"#;
    let more_host =
        wit.replace("  judged-at: func", "  open-file: func(path: string) -> list<u8>;\n  judged-at: func");
    let opens = Guest {
        imports: r#"(import "airgo:policy/host@1.0.0" "open-file" (func $open (param i32 i32 i32)))"#,
        check: "(call $open (i32.const 0) (i32.const 0) (i32.const 320)) (i32.const 256)".to_owned(),
        ..Guest::default()
    };
    let other_types = wit.replace("record config-error {", "record config-error { code: u32,");
    vec![
        bytes("nothing at all", "is not WebAssembly", Vec::new()),
        bytes("text", "is not WebAssembly", b"#!/bin/sh\nrm -rf /\n".to_vec()),
        bytes("a core module", "is a core WebAssembly module, not a component", Guest::default().core()),
        bytes("an empty component", "does not export airgo:policy/policy", wat("(component)")),
        bytes("WASI", "imports \"wasi:cli/environment@0.2.0\", which is outside its sandbox", wat(with_wasi)),
        bytes(
            "a lone function import",
            "imports \"sneak\", which is outside its sandbox",
            wat("(component (import \"sneak\" (func)))"),
        ),
        bytes(
            "a host function of its own making",
            "does not fit the world",
            encode(opens.core(), &more_host),
        ),
        bytes(
            "an interface with other types",
            "does not fit the world",
            encode(Guest::default().core(), &other_types),
        ),
        bytes(
            "an interface with nothing in it",
            "does not fit the world",
            wat("(component (instance $n) (export \"airgo:policy/policy@1.0.0\" (instance $n)))"),
        ),
        bytes(
            "policy without a version",
            "does not export airgo:policy/policy",
            wat("(component (instance $n) (export \"airgo:policy/policy\" (instance $n)))"),
        ),
    ]
}

/// What costs the compiler more than it looks like.
fn bombs() -> Vec<Case> {
    let policy = "(instance $n) (export \"airgo:policy/policy@1.0.0\" (instance $n))";
    let component =
        |module: &str| wat::parse_str(format!("(component (core module {module}) {policy})")).unwrap();
    let big = format!("(func (result i32) (i32.const 0) {})", "(i32.add (i32.const 1))".repeat(100_000));
    let nested = format!("(func {} {})", "(block ".repeat(60_000), ")".repeat(60_000));
    let loops = format!("(func {} {})", "(loop ".repeat(5_000), ")".repeat(5_000));
    let body = "(loop (local.set 1 (i32.add (local.get 2) (local.get 0))) (br_if 0 (local.get 3)))";
    let phis = format!("(func (param i32) {} {})", "(local i32)".repeat(1_000), body.repeat(5_000));
    let row = format!("(func (param i32) {})", "(block (br_if 0 (local.get 0)))".repeat(30_000));
    let calls = |arity: usize, count: usize| {
        let (values, calls) = ("i32 ".repeat(arity), "(call $a) (call $b)".repeat(count));
        format!("(func $a (result {values}) unreachable) (func $b (param {values})) (func {calls})")
    };
    let (values, sixteen) = (calls(1_000, 500), calls(16, 60_000));
    let many = "(func)".repeat(30_000);
    let heavy = format!(
        "(func (param i32) (result i32) (local.get 0) {})",
        "(i32.add (i32.load (local.get 0)))".repeat(20_000)
    );
    let locals = "(local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)".repeat(600);
    let deep = format!("{}{}", "(component ".repeat(20), ")".repeat(20));
    let types = "(type (func (param i32 i64 f32 f64) (result i32)))".repeat(250_000);
    let mut large = wat::parse_str(format!("(component {policy})")).unwrap();
    // A custom section of 9 MiB.
    large.extend([0, 0x80, 0x80, 0xc0, 0x04, 1, b'x']);
    large.resize(large.len() + (9 << 20) - 2, 0);
    vec![
        bytes("9 MiB of component", "more than 8388608", large),
        bytes("a function of 300 KB", "bytes in one function, more than 262144", component(&big)),
        bytes(
            "blocks in blocks, 60,000 deep",
            "units of compile cost, more than 3000000",
            component(&nested),
        ),
        bytes("loops in loops, 5,000 deep", "units of compile cost", component(&loops)),
        bytes("5,000 loops over 1,000 locals", "units of compile cost", component(&phis)),
        bytes("30,000 blocks in a row", "units of compile cost", component(&row)),
        bytes("calls with 1,000 results", "results of one function, more than 16", component(&values)),
        bytes("calls with 16 results", "units of compile cost", component(&sixteen)),
        bytes("30,000 functions", "30000 functions, more than 20000", component(&many)),
        bytes(
            "4.9 MB of code",
            "bytes of code, more than 4194304",
            component(&format!("(memory 1) {}", heavy.repeat(50))),
        ),
        bytes(
            "6,000 locals",
            "locals in one function, more than 5000",
            component(&format!("(func {locals})")),
        ),
        bytes(
            "components in components",
            "levels of components in components, more than 16",
            wat::parse_str(format!("(component {deep} {policy})")).unwrap(),
        ),
        bytes("250,000 types", "types, imports, exports and instances, more than", component(&types)),
    ]
}
