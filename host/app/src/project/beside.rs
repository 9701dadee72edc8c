//! Whether the project in the working directory is in the state that a bundle
//! was packed for: `go build` there may otherwise want what the bundle lacks.

use crate::Context;
use crate::inputs;
use crate::paths::shown;
use crate::project::{self, Loaded};
use crate::quantity::count;
use airgo_bundle::manifest::SumSource;
use airgo_bundle::predicate::Inputs;
use airgo_bundle::{Sha256, SignedBundle};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosum::Subject;
use std::path::Path;

/// How a project is another than the one that a bundle was packed for.
#[derive(Debug, Default)]
pub struct Differences {
    /// Whether the bundle was packed for one of its modules.
    pub is_of_bundle: bool,
    /// Whether a trusted signer states the lines that go reads modules by, which are those
    /// of this project: go.mod and go.work may differ in comments.
    pub same_lines: bool,
    /// What differs.
    pub list: Vec<Difference>,
}

/// What differs of a project.
#[derive(Debug)]
pub struct Difference {
    /// In words.
    pub text: String,
    /// What it is.
    pub what: What,
}

/// What may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A go.mod file.
    GoMod,
    /// A hash in go.sum.
    Hash,
    /// A line that go.sum had, or that is another project's.
    Lacking,
}

/// Warns where go.mod or go.sum of the project here are not those of the
/// bundle. Without a project here, or one of the bundle's, nothing is reported; nor where
/// a go.mod differs only in what go does not read modules by, such as a comment.
pub fn compare(context: &Context, bundle: &SignedBundle) {
    let Ok(loaded) = project::load(Path::new("."), &context.env) else { return };
    let differences = differences(&loaded, bundle).list;
    for Difference { text, .. } in &differences {
        context.warning(format!("the bundle was packed for another state of this project: {text}"));
    }
    if !differences.is_empty() {
        context.hint("pack again, or check out the state that was packed");
    }
}

/// Compares go.mod and go.sum of a project with those that a bundle was packed for.
/// Nothing differs where the bundle is of other projects.
pub fn differences(loaded: &Loaded, bundle: &SignedBundle) -> Differences {
    let manifest = bundle.manifest();
    let stated = bundle.signers().trusted_statements::<Inputs>().unwrap_or_default();
    let same_lines = inputs::modules(std::slice::from_ref(loaded), &loaded.root)
        .is_ok_and(|now| stated.iter().any(|(_, then)| then.modules == now));
    let mut found = Differences { same_lines, ..Differences::default() };
    let mut add = |text, what| found.list.push(Difference { text, what });
    let mut same_project = false;
    for (main, bytes) in loaded.project.mains.iter().zip(&loaded.go_mods) {
        let Some(path) = main.modfile.module.as_ref().map(|m| m.path.as_str()) else { continue };
        let mut packed = manifest.main_modules.iter().filter(|m| m.path == path).peekable();
        if packed.peek().is_none() {
            continue;
        }
        same_project = true;
        let sha256 = Sha256::of(bytes);
        if !same_lines && !packed.any(|m| m.go_mod_sha256 == sha256) {
            let file = shown(&Path::new(&main.dir).join("go.mod"));
            add(format!("{file} is not the go.mod that was packed"), What::GoMod);
        }
    }
    if !same_project {
        return found;
    }
    let (mut other, mut lacking) = (Vec::new(), Vec::new());
    for module in manifest.modules.iter().filter(|m| m.replacement.is_none()) {
        let id = ModuleVersion::new(module.path.as_str(), module.version.as_str());
        for (hashed, subject) in [(module.zip, Subject::Zip), (module.go_mod, Subject::GoMod)] {
            let Some(hashed) = hashed else { continue };
            let mut lines = loaded.sums.lookup(&id, subject).filter(|sum| sum.is_known()).peekable();
            if lines.peek().is_none() {
                if hashed.sum == SumSource::GoSum {
                    lacking.push(id.to_string());
                }
            } else if !lines.any(|sum| sum.hash == hashed.h1.to_string()) {
                other.push(id.to_string());
            }
        }
    }
    let file = shown(&loaded.sum_file);
    let mut say = |names: Vec<String>, words: &str, what| {
        if let Some(first) = names.first() {
            let more = match names.len() - 1 {
                0 => String::new(),
                n => format!(" and {}", count(n, "more line")),
            };
            add(format!("{file} {words} {first}{more}"), what);
        }
    };
    say(other, "has another hash for", What::Hash);
    say(lacking, "no longer has the line for", What::Lacking);
    found.is_of_bundle = true;
    found
}
