//! Which files of the modules a build reads, over all projects of a bundle: what
//! `airgo pack --exact` carries, and what `airgo unpack --exact` installs.

use super::Files;
use crate::failure::Result;
use crate::project::Loaded;
use crate::requests::Exact;
use airgo_bundle::{Carried, CarriedModule};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::Platform;
use airgo_gomod::modzip::FileList;
use airgo_resolve::Resolution;
pub use airgo_resolve::packages::Selection;
use airgo_resolve::packages::{self, Builds, Closure, Selecting, Settings, Starts};
use std::collections::{BTreeMap, BTreeSet};

/// For what files are selected.
#[derive(Clone, Copy, Debug)]
pub struct Selected<'a> {
    /// Which packages, and whether with their tests.
    pub exact: &'a Exact,
    /// The platforms; none: all that Go builds for.
    pub platforms: &'a [Platform],
    /// Build tags that are set.
    pub tags: &'a [String],
}

impl Selected<'_> {
    /// What is read of each module, by the names that they are stored under. `files`
    /// has all names of the modules.
    ///
    /// # Errors
    /// What `files` gives.
    pub fn of<'p>(
        &self,
        projects: impl Iterator<Item = (&'p Loaded, &'p Resolution)>,
        files: &mut Files<'_>,
    ) -> Result<BTreeMap<ModuleVersion, Selection>> {
        let Self { exact, platforms, tags } = *self;
        let ports = Platform::ports();
        let platforms = if platforms.is_empty() { &ports } else { platforms };
        let mut read: BTreeMap<ModuleVersion, Selection> = BTreeMap::new();
        for (loaded, resolution) in projects {
            let builds = Builds::Of { platforms, tags, cgo: None };
            let starts =
                Starts { project: exact.packages.is_empty(), tools: true, patterns: &exact.packages };
            let mut add = |builds, tests, vendor| -> Result<()> {
                let settings = Settings { builds, tests, embeds: true, sums: None, standard: &|_| None };
                let closure = packages::load_from(&starts, &loaded.project, resolution, &settings, files)?;
                add_read(&mut read, &closure, Selecting { tests, vendor }, files)
            };
            add(builds, exact.tests, None)?;
            if exact.vendor {
                add(Builds::Any, true, Some(loaded.project.go_version()))?;
            }
        }
        Ok(read)
    }
}

/// What is read of each module for packages that are loaded already, with tests, where
/// embedded files were looked up.
///
/// # Errors
/// What `files` gives.
pub fn read_by(closures: &[Closure], files: &mut Files<'_>) -> Result<BTreeMap<ModuleVersion, Selection>> {
    let mut read = BTreeMap::new();
    for closure in closures {
        add_read(&mut read, closure, Selecting { tests: true, vendor: None }, files)?;
    }
    Ok(read)
}

fn add_read(
    read: &mut BTreeMap<ModuleVersion, Selection>,
    closure: &Closure,
    selecting: Selecting<'_>,
    files: &mut Files<'_>,
) -> Result<()> {
    for (module, selection) in packages::select(closure, &selecting, files)? {
        join(read, module, selection);
    }
    Ok(())
}

/// What either selection has.
fn join(read: &mut BTreeMap<ModuleVersion, Selection>, module: ModuleVersion, more: Selection) {
    let known = read.entry(module).or_insert_with(|| Selection::Files(BTreeSet::new()));
    match (known, more) {
        (Selection::Whole, _) => {}
        (known, Selection::Whole) => *known = Selection::Whole,
        (Selection::Files(known), Selection::Files(more)) => known.extend(more),
    }
}

/// The module with its list, and which of the list is selected.
pub fn part_of(module: ModuleVersion, selection: &Selection, list: FileList) -> CarriedModule {
    let carried = match selection {
        Selection::Whole => Carried::all(list.len()),
        Selection::Files(names) => {
            let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
            let has: Vec<bool> = list.iter().map(|file| names.contains(file.name)).collect();
            Carried::of(list.len(), |index| has[index])
        }
    };
    CarriedModule { module, list, carried }
}
