//! The lists of downloads, which are what go.sum says.

use super::lists::Lists;
use super::{Checked, UNCOMPARED, Vendoring};
use crate::Context;
use crate::collect::{Zips, with_modules};
use crate::failure::{Failure, Result};
use crate::project::several;
use crate::requests::{Network, Scope};
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::FileList;
use std::path::Path;

impl Lists for Zips<'_> {
    fn list(&self, module: &ModuleVersion) -> Result<FileList> {
        Zips::list(self, module).cloned()
    }
}

/// Compares a vendor directory of the project in `project`.
pub fn check(context: &Context, network: &Network, project: &Path, dir: &Path) -> Result<Checked> {
    let projects = several::load(&[project.to_owned()], &context.env, Scope::Build)?;
    with_modules(context, network, &projects, |resolutions, zips, go_mods| {
        let (Some(loaded), Some(resolution)) = (projects.list.first(), resolutions.first()) else {
            return Err(Failure::failed("no project is named"));
        };
        let vendoring = Vendoring { context, loaded, resolution, dir, bundle: None, undone: UNCOMPARED };
        let mut checked = vendoring.compare(zips, go_mods)?;
        // The checksum database has attested these.
        checked.unsummed.clear();
        Ok(checked)
    })
}
