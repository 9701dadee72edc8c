//! What changed in the build list from one bundle to the next.

use crate::Context;
use crate::failure::Result;
use crate::requests::TrustFiles;
use crate::trust::open;
use airgo_bundle::Manifest;
use airgo_bundle::manifest::{Module, Replacement};
use airgo_gomod::semver;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// What to compare.
#[derive(Clone, Debug, Default)]
pub struct DiffRequest {
    /// The bundle approved before.
    pub old: PathBuf,
    /// The bundle to review.
    pub new: PathBuf,
    /// Whom to trust, and what a delta builds on.
    pub trust: TrustFiles,
}

/// What a reviewer has to look at since the last approved bundle.
#[derive(Clone, Debug)]
pub struct Diff {
    /// Added, removed and changed modules of the build list, by path.
    pub changes: Vec<Change>,
    /// What the older bundle holds.
    pub old_content_id: String,
    /// What the newer bundle holds.
    pub new_content_id: String,
}

/// Compares two signed bundles.
///
/// # Errors
/// One of them does not verify.
pub fn diff(context: &Context, request: &DiffRequest) -> Result<Diff> {
    let old = open::open_signed(context, &request.old, &request.trust)?;
    let new = open::open_signed(context, &request.new, &request.trust)?;
    let changes = changes(old.manifest(), new.manifest());
    if changes.is_empty() {
        context.status("Same", "the two bundles have the same build list and hashes");
    }
    Ok(Diff {
        changes,
        old_content_id: old.manifest().content_id.clone(),
        new_content_id: new.manifest().content_id.clone(),
    })
}

/// What became of one module path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The module path.
    pub path: String,
    /// `added`, `removed`, `upgraded`, `downgraded`, `replacement-changed`, or
    /// `sum-changed`: the same version with other content.
    pub kind: &'static str,
    /// The version before, with its replacement.
    pub old: Option<String>,
    /// The version after.
    pub new: Option<String>,
    /// The hashes that differ where the version does not.
    pub sums: Option<(String, String)>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

/// The changes, by module path.
fn changes(old: &Manifest, new: &Manifest) -> Vec<Change> {
    let (old, new) = (by_path(old), by_path(new));
    let paths: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let changes = |path: &str| {
        let [old, new] = [&old, &new].map(|side| side.get(path).cloned().unwrap_or_default());
        path_changes(path, old, new)
    };
    paths.into_iter().flat_map(|path| changes(path)).collect()
}

/// A bundle of several projects may have several versions of a path.
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
