//! What go knows of a project before it reads the go.mod file of a dependency,
//! and how it compares that with the modules whose packages it loads (cmd/go
//! modload/buildlist.go, updatePrunedRoots and spotCheckRoots). Where a module is
//! at go 1.17 or later, `go build` reads the whole graph only where the go.mod
//! file alone does not lead to every package.

use std::collections::{HashMap, HashSet};

use airgo_gomod::{ModuleVersion, gover};

use crate::error::{LoadError, ResolveError};
use crate::ids::Id;
use crate::loader::{Loaded, Loader};
use crate::project::Project;
use crate::requirements::Requirements;
use crate::resolution::Resolution;
use crate::source::{GoModSource, SourceError};
use crate::{check, update};

/// The modules that go.mod lists, or the workspace's own, as a build list: the
/// graph is not read.
///
/// # Errors
/// A go.mod or go.work file that go refuses by itself.
pub fn resolve_roots(project: &Project) -> Result<Resolution, ResolveError> {
    let running = project.running_go();
    check::check(project, &running)?;
    let mut nothing = Nothing;
    let mut loader = Loader::new(project, running, &mut nothing)?;
    let resolution = update::roots(&mut loader).map(|expanded| Resolution::new(&mut loader, expanded));
    match std::mem::take(&mut loader.faults).into_values().next() {
        Some(fault) => Err(fault.into()),
        None => resolution,
    }
}

/// How the go.mod files of the modules that provide packages agree with the
/// project's own.
#[derive(Clone, Debug, Default)]
pub struct Spot {
    /// Those that cannot be used; go reports each.
    pub faults: Vec<LoadError>,
    /// Whether none requires more than the project's go.mod says: go reads the
    /// whole graph where one does.
    pub agrees: bool,
}

/// Reads the go.mod files of these modules, which are named as they are required.
///
/// # Errors
/// A go.mod or go.work file of the project that go refuses by itself.
pub fn spot_check(
    project: &Project,
    used: &[ModuleVersion],
    source: &mut dyn GoModSource,
) -> Result<Spot, ResolveError> {
    let mut loader = Loader::new(project, project.running_go(), source)?;
    let requirements = Requirements::of_project(&mut loader);
    let wanted: Vec<Id> = used.iter().map(|m| loader.ids.intern(m)).collect();
    let mut loaded: HashMap<Id, Loaded> = HashMap::new();
    let mut open: HashSet<Id> = HashSet::new();
    for &m in &wanted {
        match loader.load(m) {
            Some(summary) => drop(loaded.insert(m, summary)),
            None => drop(open.insert(m)),
        }
    }
    while !open.is_empty() {
        let arrived = loader.wait();
        if arrived.is_empty() {
            break;
        }
        for (m, summary) in arrived {
            open.remove(&m);
            loaded.insert(m, summary);
        }
    }
    let mut spot = Spot { faults: Vec::new(), agrees: open.is_empty() };
    for m in &wanted {
        let Some(summary) = loaded.get(m) else { continue };
        match &**summary {
            Err(fault) => {
                spot.agrees = false;
                spot.faults.push(fault.clone());
            }
            Ok(summary) => {
                spot.agrees &= summary.require.iter().all(|&r| !exceeds(&loader, &requirements, r));
            }
        }
    }
    Ok(spot)
}

/// Whether a requirement is above what the project's own go.mod has of that path.
fn exceeds(loader: &Loader<'_>, requirements: &Requirements, required: Id) -> bool {
    let ids = &loader.ids;
    let path = ids.path_of(required);
    if loader.is_main(path) {
        // A main module has no version, which is below any.
        return true;
    }
    requirements.root_selected(loader, path).is_some_and(|root| {
        gover::mod_compare(ids.path(required), ids.version(root), ids.version(required)).is_lt()
    })
}

/// A source for what asks nothing.
struct Nothing;

impl GoModSource for Nothing {
    fn request(&mut self, _: &ModuleVersion) {}

    fn next(&mut self) -> Option<(ModuleVersion, Result<Vec<u8>, SourceError>)> {
        None
    }
}
