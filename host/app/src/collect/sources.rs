//! What the main modules' own packages import: read from their sources, for
//! policies that ask which packages of a dependency are reached.
//!
//! That is what `./...` matches, with the packages of the project that it leads
//! to: in `testdata` and other directories that the pattern passes over, and in
//! directories that replace a module, which no bundle carries.

use super::Build;
use crate::Context;
use crate::completeness::Files;
use crate::failure::{Failure, Result};
use crate::paths::shown;
use crate::project::Loaded;
use airgo_bundle::manifest::Import;
use airgo_gomod::gosource::Platform;
use airgo_resolve::Resolution;
use airgo_resolve::packages::{self, Builds, ModuleFiles, Settings};
use std::path::Path;

/// The imports of each main module of each project, in their order.
pub fn imports(
    context: &Context,
    projects: &[Loaded],
    resolutions: &[Resolution],
    files: &mut Files<'_>,
    build: &Build,
) -> Result<Vec<Vec<Vec<Import>>>> {
    let platforms = if build.platforms.is_empty() { Platform::ports() } else { build.platforms.clone() };
    let projects = projects.iter().zip(resolutions).map(|(loaded, resolution)| {
        // A dependency may import a package of a directory that replaces a module.
        // Without one, nothing in a zip says what the project itself imports.
        let builds = (platforms.as_slice(), build.tags.as_slice());
        match loaded.project.replacement_directories().is_empty() {
            true => of_project(context, loaded, resolution, &mut files.own(), builds),
            false => of_project(context, loaded, resolution, files, builds),
        }
    });
    projects.collect()
}

fn of_project(
    context: &Context,
    loaded: &Loaded,
    resolution: &Resolution,
    files: &mut impl ModuleFiles<Error = Failure>,
    (platforms, tags): (&[Platform], &[String]),
) -> Result<Vec<Vec<Import>>> {
    let settings = Settings {
        builds: Builds::Of { platforms, tags, cgo: None },
        tests: true,
        embeds: false,
        sums: None,
        standard: &|_| None,
    };
    let closure = packages::load(&loaded.project, resolution, &settings, files)?;
    for file in &closure.unreadable {
        let path = shown(&Path::new(&file.root).join(&file.file));
        context.warning(format!("the imports of {path} are not recorded: {}", file.problem));
    }
    let plain = |path: &str| !path.is_empty() && !path.chars().any(|c| c.is_control() || c == ' ');
    let mains = loaded.project.mains.iter().map(|main| {
        let path = main.modfile.module.as_ref().map(|m| m.path.as_str()).unwrap_or_default();
        let found = closure.imports_of_main(path).into_iter().filter(|(path, _)| plain(path));
        let import = found.map(|(path, on)| Import {
            path: path.to_string(),
            platforms: names(on.any(), platforms),
            test: on.is_tests_only(),
        });
        import.collect()
    });
    Ok(mains.collect())
}

/// The platforms of these bits, sorted; none where it is all of them.
fn names(on: u64, platforms: &[Platform]) -> Vec<String> {
    let on = |number: usize| on >> number.min(63) & 1 == 1;
    if (0..platforms.len()).all(on) {
        return Vec::new();
    }
    let names = platforms.iter().enumerate().filter(|(number, _)| on(*number));
    let mut names: Vec<_> = names.map(|(_, platform)| platform.to_string()).collect();
    names.sort();
    names.dedup();
    names
}
