//! The modules of which a build reads something, each with its list.

use super::Inputs;
use crate::collect::collected::list_of;
use crate::completeness::{Files, Selected, Selection, part_of};
use crate::failure::Result;
use crate::requests::Exact;
use airgo_bundle::CarriedModule;
use airgo_fetch::Kind;
use airgo_resolve::TOOLCHAIN_MODULE;

/// The modules by path and version. `files` has all names of the modules.
pub fn select(wanted: &Exact, inputs: &Inputs<'_>, files: &mut Files<'_>) -> Result<Vec<CarriedModule>> {
    let selected = Selected { exact: wanted, platforms: &inputs.build.platforms, tags: &inputs.build.tags };
    let projects = inputs.projects.list.iter().zip(inputs.resolutions);
    let mut read = selected.of(projects, files)?;
    // They were asked for by themselves.
    let zips = inputs.objects.keys().filter(|object| object.kind == Kind::Zip);
    let toolchains = zips.filter(|object| object.module.path == TOOLCHAIN_MODULE);
    read.extend(toolchains.map(|object| (object.module.clone(), Selection::Whole)));
    let modules = read.into_iter().map(|(module, selection)| {
        let list = list_of(inputs.objects, &module)?.clone();
        Ok(part_of(module, &selection, list))
    });
    modules.collect()
}
