//! `--toolchain`: which toolchains go into the bundle, so that `go` can switch
//! to them offline (cmd/go toolchain/select.go).

use crate::Context;
use crate::failure::Result;
use crate::project::several::Projects;
use airgo_gomod::gosource::Platform;
use airgo_gomod::{ModuleVersion, gover};
use airgo_resolve::TOOLCHAIN_MODULE;
use std::collections::BTreeSet;

/// The toolchain modules for these platforms: what GOTOOLCHAIN names, or what
/// go.mod and go.work ask for where they may ask and ask for something newer.
pub fn modules(
    context: &Context,
    projects: &Projects,
    platforms: &[Platform],
) -> Result<BTreeSet<ModuleVersion>> {
    let mut found = BTreeSet::new();
    if platforms.is_empty() {
        return Ok(found);
    }
    let setting = context.env.toolchain()?;
    for loaded in &projects.list {
        let named = setting.minimum.as_ref().map(|version| format!("go{version}"));
        let asked = loaded.project.toolchain_needed().filter(|_| setting.switches);
        let newer = |a: &String, b: &String| {
            gover::compare(gover::from_toolchain(a), gover::from_toolchain(b)).is_gt()
        };
        let needed = match (named, asked) {
            (Some(named), Some(asked)) if newer(&asked, &named) => Some(asked),
            (Some(named), _) => Some(named),
            (None, asked) => asked,
        };
        let Some(name) = needed else {
            let place = loaded.project.mains.first().map(|m| m.file_name.as_str()).unwrap_or("go.mod");
            context
                .warning(format!("{place} and GOTOOLCHAIN name no toolchain: --toolchain adds none for it"));
            continue;
        };
        context.detail(format!("toolchain {name}"));
        let version = |p: &Platform| format!("v0.0.1-{name}.{}-{}", p.os, p.arch);
        found.extend(platforms.iter().map(|p| ModuleVersion::new(TOOLCHAIN_MODULE, version(p))));
    }
    Ok(found)
}
