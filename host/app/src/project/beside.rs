//! Whether the project in the working directory is in the state that a bundle
//! was packed for: `go build` there may otherwise want what the bundle lacks.

use crate::Context;
use crate::inputs;
use crate::paths::shown;
use crate::project::{self, Loaded};
use crate::quantity::count;
use airgo_bundle::manifest::SumSource;
use airgo_bundle::predicate::Inputs;
use airgo_bundle::{Manifest, Sha256, SignedBundle};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosum::Subject;
use std::path::Path;

/// Warns where go.mod or go.sum of the project here are not those of the
/// bundle. Without a project here, or one of the bundle's, nothing is reported; nor where
/// a go.mod differs only in what go does not read modules by, such as a comment.
pub fn compare(context: &Context, bundle: &SignedBundle) {
    let Ok(loaded) = project::load(Path::new("."), &context.env) else { return };
    let stated = bundle.signers().trusted_statements::<Inputs>().unwrap_or_default();
    let same = inputs::modules(std::slice::from_ref(&loaded), &loaded.root)
        .is_ok_and(|now| stated.iter().any(|(_, then)| then.modules == now));
    let differences = differences(&loaded, bundle.manifest(), same);
    for difference in &differences {
        context.warning(format!("the bundle was packed for another state of this project: {difference}"));
    }
    if !differences.is_empty() {
        context.hint("pack again, or check out the state that was packed");
    }
}

fn differences(loaded: &Loaded, manifest: &Manifest, same_lines: bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut same_project = false;
    for (main, bytes) in loaded.project.mains.iter().zip(&loaded.go_mods) {
        let Some(path) = main.modfile.module.as_ref().map(|m| m.path.as_str()) else { continue };
        let Some(packed) = manifest.main_modules.iter().find(|m| m.path == path) else { continue };
        same_project = true;
        if !same_lines && Sha256::of(bytes) != packed.go_mod_sha256 {
            found.push(format!(
                "{} is not the go.mod that was packed",
                shown(&Path::new(&main.dir).join("go.mod"))
            ));
        }
    }
    if !same_project {
        return Vec::new();
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
    let mut say = |names: Vec<String>, what: &str| {
        if let Some(first) = names.first() {
            let more = match names.len() - 1 {
                0 => String::new(),
                n => format!(" and {}", count(n, "more line")),
            };
            found.push(format!("{file} {what} {first}{more}"));
        }
    };
    say(other, "has another hash for");
    say(lacking, "no longer has the line for");
    found
}
