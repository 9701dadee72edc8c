//! Vendor directories: what `go mod vendor` and `go work vendor` write, file by
//! file and byte for byte, and whether go builds from one that is there.
//!
//! The reference is cmd/go modcmd/vendor.go and modload/vendor.go. Nothing here does
//! I/O: files come from [`ModuleFiles`].

mod consistency;
mod listed;
mod modules_txt;
mod tree;

pub use consistency::{Inconsistency, inconsistencies};
pub use listed::{ModulesTxt, load};
pub use tree::{Copied, VendorFault};

use crate::packages::{Builds, Fault, ModuleFiles, Problem, Settings, Starts, Sums, load_from};
use crate::{GoModSource, Project, Resolution};
use std::collections::BTreeMap;

/// What go writes into a vendor directory.
#[derive(Clone, Debug, Default)]
pub struct Vendored {
    /// The files but modules.txt, by their paths below the directory.
    pub files: BTreeMap<String, Copied>,
    /// The text of modules.txt; empty where there is nothing to vendor, and go
    /// removes the directory.
    pub modules_txt: String,
    /// Imports that go refuses: then it writes nothing.
    pub problems: Vec<Problem>,
    /// What else it refuses.
    pub faults: Vec<VendorFault>,
}

/// Where the packages are looked for.
#[derive(Clone, Copy)]
pub struct Looking<'a> {
    /// go.sum, where go wants all sums from it (cmd/go mustHaveSums).
    pub sums: Option<Sums<'a>>,
    /// Whether the standard library has this package; None where nobody knows.
    pub standard: &'a dyn Fn(&str) -> Option<bool>,
}

/// Computes what `go mod vendor` writes for a main module, `go work vendor` for a
/// workspace. `go_mods` is asked for the go.mod files that were not read for the
/// resolution: modules.txt states go versions.
///
/// # Errors
/// What `files` gives. What go would refuse is in [`Vendored::problems`] and
/// [`Vendored::faults`].
pub fn vendor<F: ModuleFiles>(
    project: &Project,
    resolution: &Resolution,
    looking: &Looking<'_>,
    files: &mut F,
    go_mods: &mut dyn GoModSource,
) -> Result<Vendored, F::Error> {
    let starts = Starts { project: true, tools: true, patterns: &[] };
    let settings = Settings {
        builds: Builds::Any,
        tests: true,
        embeds: false,
        sums: looking.sums,
        standard: looking.standard,
    };
    let closure = load_from(&starts, project, resolution, &settings, files)?;
    let text = modules_txt::write(project, resolution, &closure, go_mods);
    let tree::Copies { files: copied, mut faults } = tree::copy(project, &closure, files)?;
    faults.extend(text.faults);
    // Go passes over packages that look as if they were of another Go's library.
    let problems = closure.problems.into_iter().filter(|problem| problem.fault != Fault::NotStandard);
    Ok(Vendored { files: copied, modules_txt: text.text, problems: problems.collect(), faults })
}
