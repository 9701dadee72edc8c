//! `airgo diff`: what a reviewer has to look at since the last approved bundle.

use crate::Context;
use crate::args::Diff;
use airgo_app::Result;
use airgo_app::bundle_io;
use airgo_bundle::Manifest;
use airgo_bundle::manifest::{Module, Replacement};
use airgo_gomod::semver;
use airgo_model::escape::foreign;
use serde_json::{Value, json};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Prints added, removed and changed modules of the build list.
pub fn run(context: &Context, args: &Diff) -> Result<()> {
    let old = bundle_io::open_signed(context, &args.old, &args.trust.request())?;
    let new = bundle_io::open_signed(context, &args.new, &args.trust.request())?;
    let changes = changes(old.manifest(), new.manifest());
    if context.printer.is_json() {
        let modules: Vec<Value> = changes.iter().map(Change::json).collect();
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

/// What became of one module path.
struct Change {
    path: String,
    kind: &'static str,
    old: Option<String>,
    new: Option<String>,
    /// The hashes that differ where the version does not.
    sums: Option<(String, String)>,
}

impl Change {
    fn json(&self) -> Value {
        let sums = self.sums.as_ref().map(|(old, new)| json!({ "old": old, "new": new }));
        json!({ "path": self.path, "change": self.kind, "old": self.old, "new": self.new, "sums": sums })
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = match self.kind {
            "added" => '+',
            "removed" => '-',
            "sum-changed" => '!',
            _ => '~',
        };
        write!(f, "{sign} {}", self.path)?;
        match (&self.old, &self.new) {
            (Some(old), Some(new)) if old == new => write!(f, " {new}")?,
            (Some(old), Some(new)) => write!(f, " {old} -> {new}")?,
            (Some(one), None) | (None, Some(one)) => write!(f, " {one}")?,
            (None, None) => {}
        }
        write!(f, "  ({})", self.kind)?;
        if let Some((old, new)) = &self.sums {
            write!(f, ": same version, other content: {old} -> {new}")?;
        }
        Ok(())
    }
}

fn changes(old: &Manifest, new: &Manifest) -> Vec<Change> {
    let (old, new) = (by_path(old), by_path(new));
    let paths: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let changes = |path: &str| {
        let [old, new] = [&old, &new].map(|side| side.get(path).cloned().unwrap_or_default());
        path_changes(path, old, new)
    };
    paths.into_iter().flat_map(|path| changes(path)).collect()
}

/// Several versions of a path stand in a bundle of several projects.
fn by_path(manifest: &Manifest) -> BTreeMap<&str, Vec<&Module>> {
    let mut map: BTreeMap<&str, Vec<&Module>> = BTreeMap::new();
    for module in manifest.modules.iter().filter(|m| m.selected) {
        map.entry(&module.path).or_default().push(module);
    }
    map
}

/// Versions on both sides are held against each other; what is left is one
/// change where it is one on each side, else something added or removed.
fn path_changes(path: &str, mut old: Vec<&Module>, mut new: Vec<&Module>) -> Vec<Change> {
    let mut changes = Vec::new();
    old.retain(|before| {
        let Some(at) = new.iter().position(|after| shown(after) == shown(before)) else { return true };
        changes.extend(change(path, Some(before), Some(new.remove(at))));
        false
    });
    if let ([before], [after]) = (old.as_slice(), new.as_slice()) {
        changes.extend(change(path, Some(before), Some(after)));
        return changes;
    }
    changes.extend(old.into_iter().filter_map(|before| change(path, Some(before), None)));
    changes.extend(new.into_iter().filter_map(|after| change(path, None, Some(after))));
    changes
}

fn shown(module: &Module) -> String {
    match &module.replacement {
        None => module.version.clone(),
        Some(Replacement::Module(r)) => format!("{} => {} {}", module.version, r.path, r.version),
        Some(Replacement::Directory(d)) => format!("{} => {}", module.version, d.directory),
    }
}

fn change(path: &str, old: Option<&Module>, new: Option<&Module>) -> Option<Change> {
    let make = |kind, sums| {
        Some(Change { path: path.to_owned(), kind, old: old.map(shown), new: new.map(shown), sums })
    };
    let (Some(before), Some(after)) = (old, new) else {
        return make(if old.is_none() { "added" } else { "removed" }, None);
    };
    if shown(before) != shown(after) {
        return make(
            match semver::compare(&before.version, &after.version) {
                Ordering::Less => "upgraded",
                Ordering::Greater => "downgraded",
                Ordering::Equal => "replacement-changed",
            },
            None,
        );
    }
    let pairs = [(before.zip, after.zip), (before.go_mod, after.go_mod)];
    pairs.into_iter().find_map(|pair| match pair {
        (Some(a), Some(b)) if a.h1 != b.h1 => make("sum-changed", Some((a.h1.to_string(), b.h1.to_string()))),
        _ => None,
    })
}
