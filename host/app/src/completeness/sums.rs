//! What go.sum says of the modules that go reads, beside what the bundle has.

use super::problem::{Problem, ProblemKind};
use crate::Context;
use crate::paths::shown;
use crate::project::Loaded;
use airgo_bundle::Manifest;
use airgo_bundle::manifest::{Hashed, Module};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosum::{Recorded, Subject};
use airgo_gomod::module::{escape_path, escape_version, match_prefix_patterns};
use std::collections::{BTreeSet, HashMap};

/// The modules of a bundle by the names that they are stored under.
pub type Stored<'a> = HashMap<ModuleVersion, &'a Module>;

/// See [`Stored`].
pub fn stored(manifest: &Manifest) -> Stored<'_> {
    manifest.modules.iter().filter_map(|module| Some((module.stored_as()?, module))).collect()
}

/// What go reads of the bundle.
pub struct Reads<'a> {
    /// The zips.
    pub zips: BTreeSet<ModuleVersion>,
    /// The go.mod files.
    pub go_mods: BTreeSet<ModuleVersion>,
    /// The pieces of evidence of the checksum database, by name.
    pub evidence: BTreeSet<&'a str>,
}

/// Each hash that is not that of go.sum; and, of a workspace, those that neither
/// go.sum nor the bundle's evidence has: go asks the checksum database for these.
pub fn compare(context: &Context, loaded: &Loaded, modules: &Stored<'_>, reads: &Reads<'_>) -> Vec<Problem> {
    let zips = reads.zips.iter().map(|m| (m, Subject::Zip, hashed(modules, m, |module| module.zip)));
    let mods = reads.go_mods.iter().map(|m| (m, Subject::GoMod, hashed(modules, m, |module| module.go_mod)));
    let mut problems = Vec::new();
    for (module, subject, hashed) in zips.chain(mods) {
        let Some(hashed) = hashed else { continue };
        let suffix = if subject == Subject::GoMod { "/go.mod" } else { "" };
        match loaded.sums.check(module, subject, &hashed.h1) {
            Err(mismatch) => {
                let recorded = &mismatch.recorded;
                let mut problem = Problem::new(
                    ProblemKind::SumMismatch,
                    format!("verifying {module}{suffix}: checksum mismatch"),
                );
                problem.sums = vec![
                    format!("{}:{}: {}", recorded.file, recorded.line, recorded.hash),
                    format!("the bundle: {}", hashed.h1),
                ];
                problems.push(problem.of(module));
            }
            Ok(Recorded::No) if loaded.project.workspace.is_some() && asks(context, module, reads) => {
                let what = if suffix.is_empty() { "" } else { " for go.mod file" };
                let message = format!("{module}: missing go.sum entry{what}; go asks the checksum database");
                let mut problem = Problem::new(ProblemKind::SumMissing, message);
                let (file, path, version) = (shown(&loaded.sum_file), &module.path, &module.version);
                problem.sums = vec![format!("{file} lacks: {path} {version}{suffix} h1:…")];
                problems.push(problem.of(module).fix("go work sync"));
            }
            Ok(_) => {}
        }
    }
    problems
}

fn hashed(
    modules: &Stored<'_>,
    module: &ModuleVersion,
    of: impl Fn(&Module) -> Option<Hashed>,
) -> Option<Hashed> {
    of(modules.get(module)?)
}

/// Whether go asks the checksum database about a module, and the bundle does not
/// have the answer.
fn asks(context: &Context, module: &ModuleVersion, reads: &Reads<'_>) -> bool {
    let database = context.env.gosumdb();
    let exempt = context.env.gonosumdb();
    let name = database.reveal().split_whitespace().next().unwrap_or_default().to_owned();
    if name == "off" || exempt.is_some_and(|globs| match_prefix_patterns(globs.reveal(), &module.path)) {
        return false;
    }
    let name = name.split('+').next().unwrap_or_default();
    let (Ok(path), Ok(version)) = (escape_path(&module.path), escape_version(&module.version)) else {
        return true;
    };
    !reads.evidence.contains(format!("proxy/sumdb/{name}/lookup/{path}@{version}").as_str())
}
