//! `--toolchain`: which toolchains go into the bundle, so that `go` can switch
//! to them offline (cmd/go toolchain/select.go).

use crate::Context;
use crate::failure::{Failure, Result};
use crate::goenv::GoEnv;
use crate::projects::Projects;
use crate::settings;
use airgo_gomod::gosource::Platform;
use airgo_gomod::{ModuleVersion, gover};
use airgo_resolve::{GoToolchain, TOOLCHAIN_MODULE};
use std::collections::BTreeSet;

/// GOTOOLCHAIN. Where no go is installed the one that unpacks is as go.env
/// comes: auto.
pub fn toolchain_setting(env: &GoEnv) -> Result<GoToolchain> {
    let setting = env.get(settings::GOTOOLCHAIN).unwrap_or_else(|| settings::GOTOOLCHAIN.of("auto"));
    GoToolchain::parse(setting.reveal())
        .map_err(|_| Failure::failed(format!("invalid GOTOOLCHAIN {:?}", setting.shown())))
}

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
    let setting = toolchain_setting(&context.env)?;
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
            context.warning(format!(
                "{place} and GOTOOLCHAIN ask for no toolchain of their own: --toolchain adds none for it"
            ));
            continue;
        };
        context.detail(format!("toolchain {name}"));
        let version = |p: &Platform| format!("v0.0.1-{name}.{}-{}", p.os, p.arch);
        found.extend(platforms.iter().map(|p| ModuleVersion::new(TOOLCHAIN_MODULE, version(p))));
    }
    Ok(found)
}
