//! Which files of the modules a build reads, over all projects of a bundle.

use super::{Inputs, files_of};
use crate::completeness::Files;
use crate::failure::{Failure, Result};
use crate::requests::Exact;
use airgo_bundle::{Carried, CarriedModule};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::Platform;
use airgo_resolve::packages::{self, Builds, Selecting, Selection, Settings, Starts};
use std::collections::{BTreeMap, BTreeSet};

/// The modules of which something is read, by path and version, each with its list.
/// `files` has all names of the modules.
pub fn select(wanted: &Exact, inputs: &Inputs<'_>, files: &mut Files<'_>) -> Result<Vec<CarriedModule>> {
    let ports = Platform::ports();
    let platforms = if inputs.build.platforms.is_empty() { &ports } else { &inputs.build.platforms };
    let mut read: BTreeMap<ModuleVersion, Selection> = BTreeMap::new();
    for (loaded, resolution) in inputs.projects.list.iter().zip(inputs.resolutions) {
        let builds = Builds::Of { platforms, tags: &inputs.build.tags, cgo: None };
        let starts = Starts { project: wanted.packages.is_empty(), tools: true, patterns: &wanted.packages };
        let mut add = |builds, tests, vendor| -> Result<()> {
            let settings = Settings { builds, tests, embeds: true, sums: None, standard: &|_| None };
            let closure = packages::load_from(&starts, &loaded.project, resolution, &settings, files)?;
            let selecting = Selecting { tests, vendor };
            for (module, selection) in packages::select(&closure, &selecting, files)? {
                join(&mut read, module, selection);
            }
            Ok(())
        };
        add(builds, wanted.tests, None)?;
        if wanted.vendor {
            add(Builds::Any, true, Some(loaded.project.go_version()))?;
        }
    }
    let modules = read.into_iter().map(|(module, selection)| {
        let list = files_of(inputs.objects, &module)
            .ok_or_else(|| Failure::failed(format!("the zip of {module} was not fetched")))?
            .clone();
        let carried = match &selection {
            Selection::Whole => Carried::all(list.len()),
            Selection::Files(names) => {
                let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
                let has: Vec<bool> = list.iter().map(|file| names.contains(file.name)).collect();
                Carried::of(list.len(), |index| has[index])
            }
        };
        Ok(CarriedModule { module, list, carried })
    });
    modules.collect()
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
