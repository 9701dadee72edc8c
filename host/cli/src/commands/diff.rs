//! `airgo diff`: what a reviewer has to look at since the last approved bundle.

use crate::Context;
use crate::args::Diff;
use airgo_app::Result;
use airgo_app::diff::{Change, changes};
use airgo_app::trust::open;
use airgo_model::escape::foreign;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Prints added, removed and changed modules of the build list.
pub fn run(context: &Context, args: &Diff) -> Result<()> {
    let old = open::open_signed(context, &args.old, &args.trust.request())?;
    let new = open::open_signed(context, &args.new, &args.trust.request())?;
    let changes = changes(old.manifest(), new.manifest());
    if context.printer.is_json() {
        let modules: Vec<Value> = changes.iter().map(json_of).collect();
        return context.printer.document(&json!({
            "schema": "airgo.dev/diff/v1",
            "oldContentId": old.manifest().content_id,
            "newContentId": new.manifest().content_id,
            "modules": modules,
        }));
    }
    let mut text = String::new();
    for change in &changes {
        let _ = writeln!(text, "{}", foreign(&change.to_string()));
    }
    if changes.is_empty() {
        context.printer.status("Same", "the two bundles have the same build list and hashes");
    }
    context.printer.text(&text)
}

fn json_of(change: &Change) -> Value {
    let sums = change.sums.as_ref().map(|(old, new)| json!({ "old": old, "new": new }));
    json!({
        "path": change.path, "change": change.kind, "old": change.old, "new": change.new, "sums": sums,
    })
}
