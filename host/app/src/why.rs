//! Why a module or a package is in a bundle: the shortest chains of imports and of
//! requirements from a main module.

use crate::Context;
use crate::failure::{Failure, Result};
use crate::paths::{argument, shown};
use crate::policy::view::View;
use crate::reasons::{Imports, Requirements, Steps, near};
use crate::requests::TrustFiles;
use crate::trust::open;
use airgo_bundle::Manifest;
use airgo_bundle::manifest::Module;
use airgo_gomod::gosource::closure::ancestors;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many chains of a kind are reported.
const MOST: usize = 5;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct WhyRequest {
    /// The bundle.
    pub file: PathBuf,
    /// A module path, `module@version`, or the path of a package.
    pub module: String,
    /// Whom to trust, and what a delta builds on.
    pub trust: TrustFiles,
}

/// The chains that lead to a module or package; of one kind at least there is one.
#[derive(Clone, Debug)]
pub struct Why {
    /// `path@version`.
    pub module: String,
    /// Where a package of it was asked for.
    pub package: Option<String>,
    /// Along imports, the main module first; none where they were not followed.
    pub imports: Option<Vec<Steps>>,
    /// Along the requirements of go.mod files.
    pub requirements: Vec<Steps>,
}

impl Why {
    /// The chain that says most in one: along requirements where there is one.
    pub fn chain(&self) -> &[String] {
        let first = self.requirements.first().or(self.imports.iter().flatten().next());
        first.map_or(&[], Vec::as_slice)
    }
}

/// Finds the chains in a signed bundle.
///
/// # Errors
/// The bundle does not verify, nothing in it has that name, or nothing leads to it.
pub fn why(context: &Context, request: &WhyRequest) -> Result<Why> {
    let WhyRequest { file, module, trust } = request;
    let bundle = Arc::new(open::open_signed(context, file, trust)?);
    let manifest = bundle.manifest();
    let target = target(manifest, module).ok_or_else(|| unknown(manifest, module, file))?;
    let imports = Imports::read(manifest, &View::of_bundle(&bundle)?);
    let imports = imports.map(|imports| match &target.package {
        Some(package) => imports.chains_to_package(&target.module, package, MOST),
        None => imports.chains(&target.module, MOST),
    });
    let requirements = Requirements::of(manifest).chains(&target.module, MOST);
    let why = Why { module: target.module, package: target.package, imports, requirements };
    if why.chain().is_empty() {
        let hint = format!("airgo inspect {} shows where its code replaces another module", argument(file));
        let message = format!("nothing in the module graph requires {}", why.module);
        return Err(Failure::failed(message).hint(hint));
    }
    Ok(why)
}

/// What has the name that was asked for.
struct Target {
    /// `path@version`.
    module: String,
    /// Where it was a package of it.
    package: Option<String>,
}

/// The module that was asked for, by path or as `path@version`, or the one that
/// has the package of that path.
fn target(manifest: &Manifest, asked: &str) -> Option<Target> {
    let (path, version) = asked.split_once('@').map_or((asked, None), |(path, v)| (path, Some(v)));
    let fits = |m: &&Module| version.is_none_or(|version| m.version == version);
    let find = |path: &str| {
        let mut all = manifest.modules.iter().filter(|m| m.path == path).filter(fits);
        let first = all.next()?;
        let found = std::iter::once(first).chain(all).find(|m| m.selected).unwrap_or(first);
        Some(found.id().to_string())
    };
    if let Some(module) = find(path) {
        return Some(Target { module, package: None });
    }
    let module = ancestors(path).skip(1).find_map(find)?;
    Some(Target { module, package: Some(path.to_owned()) })
}

fn unknown(manifest: &Manifest, asked: &str, file: &Path) -> Failure {
    let failure = Failure::failed(format!("{asked} is not in {}", shown(file)));
    if manifest.main_modules.iter().any(|main| main.path == asked) {
        return failure.line("it is a main module: the bundle was made for it");
    }
    let path = asked.split_once('@').map_or(asked, |(path, _)| path);
    let versions: Vec<&str> =
        manifest.modules.iter().filter(|m| m.path == path).map(|m| m.version.as_str()).take(MOST).collect();
    if !versions.is_empty() {
        return failure.hint(format!("it is there as {path}@{}", versions.join(", ")));
    }
    let near = near(asked, manifest.modules.iter().map(|m| m.path.as_str()));
    if !near.is_empty() {
        return failure.hint(format!("did you mean {}?", near.join(", ")));
    }
    failure.hint(format!("airgo inspect {} lists the modules", argument(file)))
}
