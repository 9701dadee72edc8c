//! Making plugins by hand: a core module in WebAssembly text, wrapped into a
//! component for the world of plugins/wit/v1.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Where the parts of [`Guest`] put things in memory.
///
/// 0..4096 constants; 4096.. what `cabi_realloc` hands out.
pub const HEAP: u32 = 4096;

/// A plugin whose parts can be swapped for hostile ones.
pub struct Guest {
    /// `(import …)` fields.
    pub imports: &'static str,
    /// Memory, tables, globals, start functions, helpers.
    pub fields: String,
    /// The body of `describe`, before it returns the description at 64.
    pub describe: &'static str,
    /// The body of `check`: parameters `$ptr $len`, must leave an i32.
    pub check: String,
    /// The bodies of `plan` (parameters `$ptr $len`) and `gather` (parameter
    /// `$args`), each of which must leave an i32, where it exports `facts`.
    pub facts: Option<(String, String)>,
    /// The body of `cabi_realloc`: parameters `$old $old_len $align $len`.
    pub realloc: &'static str,
}

/// What `check` leaves to say "no findings": an ok result with an empty list.
pub const NOTHING: &str = "(i32.const 256)";

impl Default for Guest {
    fn default() -> Self {
        Guest {
            imports: "",
            fields: "(memory (export \"memory\") 1)".to_owned(),
            describe: "",
            check: NOTHING.to_owned(),
            facts: None,
            realloc: BUMP,
        }
    }
}

/// What `plan` leaves to say "yes": some text, at 400, which is empty.
pub const YES: &str = "(i32.store (i32.const 400) (i32.const 1)) (i32.const 400)";
/// What `gather` leaves to say that there is nothing to tell.
pub const NO_FACT: &str = "(i32.const 416)";

/// Hands out memory without ever taking it back, growing as it must.
pub const BUMP: &str = r#"
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
    (global.set $heap (i32.add (local.get $at) (local.get $len)))
    (if (i32.gt_u (global.get $heap) (i32.shl (memory.size) (i32.const 16)))
        (then (drop (memory.grow (i32.add (i32.shr_u (local.get $len) (i32.const 16)) (i32.const 1))))))
    (local.get $at)"#;

impl Guest {
    /// The core module.
    pub fn core(&self) -> Vec<u8> {
        // The description at 64, its strings below it, one rule at 128.
        let text = format!(
            r#"(module
                {imports}
                {fields}
                (global $heap (mut i32) (i32.const {HEAP}))
                (func (export "cabi_realloc")
                    (param $old i32) (param $old_len i32) (param $align i32) (param $len i32) (result i32)
                    {realloc})
                (func (export "airgo:policy/policy@1.0.0#describe") (result i32)
                    {describe}
                    (i32.const 64))
                (func (export "airgo:policy/policy@1.0.0#check")
                    (param $ptr i32) (param $len i32) (result i32)
                    {check})
                (data (i32.const 16) "hostile" "1.0.0" "{{}}" "rule")
                (data (i32.const 64)
                    "\10\00\00\00\07\00\00\00" "\17\00\00\00\05\00\00\00"
                    "\10\00\00\00\07\00\00\00" "\1c\00\00\00\02\00\00\00"
                    "\80\00\00\00\01\00\00\00" "\00\00\00\00\00\00\00\00")
                (data (i32.const 128)
                    "\1e\00\00\00\04\00\00\00" "\10\00\00\00\07\00\00\00"
                    "\10\00\00\00\00\00\00\00" "\00\00\00\00\00\00\00\00\00\00\00\00")
            )"#,
            imports = self.imports,
            fields = self.fields,
            realloc = self.realloc,
            describe = self.describe,
            check = self.check,
        );
        let facts = self.facts.as_ref().map_or_else(String::new, |(plan, gather)| {
            format!(
                r#"(func (export "airgo:policy/facts@1.0.0#plan")
                    (param $ptr i32) (param $len i32) (result i32) {plan})
                (func (export "airgo:policy/facts@1.0.0#gather") (param $args i32) (result i32) {gather})"#
            )
        });
        let text = text.replace("(data (i32.const 16)", &format!("{facts}\n(data (i32.const 16)"));
        wat::parse_str(&text).unwrap_or_else(|err| panic!("{err}\n{text}"))
    }

    /// The component.
    pub fn component(&self) -> Vec<u8> {
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/wit/v1/policy.wit");
        let world = if self.facts.is_some() { "policy-plugin-with-facts" } else { "policy-plugin" };
        encode_for(world, self.core(), &std::fs::read_to_string(wit).unwrap())
    }
}

/// Wraps a core module into a component for world `policy-plugin` of a WIT text.
pub fn encode(core: Vec<u8>, wit: &str) -> Vec<u8> {
    encode_for("policy-plugin", core, wit)
}

/// The same for another world of the text.
pub fn encode_for(world: &str, mut core: Vec<u8>, wit: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("policy.wit", wit).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    embed_component_metadata(&mut core, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&core).unwrap().validate(true).encode().unwrap()
}

/// `check` that stores one finding and returns it `count` times over; `fields`
/// are stores into the finding at 512, all zero before (verdict allow, no
/// module, empty message). Its rule is the one described.
pub fn finding(fields: &str, count: u32) -> String {
    format!(
        r#"(i32.store (i32.const 516) (i32.const 30)) (i32.store (i32.const 520) (i32.const 4))
        (i32.store (i32.const 552) (i32.const 16)) (i32.store (i32.const 556) (i32.const 7))
        {fields}
        (i32.store (i32.const 260) (i32.const 512)) (i32.store (i32.const 264) (i32.const {count}))
        (i32.const 256)"#
    )
}
