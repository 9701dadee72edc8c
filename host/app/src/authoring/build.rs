//! From source to a component that this airgo runs.

use super::component::{limits_of, open_project};
use super::machine::{CompilerMessages, Machine};
use super::{Language, engine};
use crate::Context;
use crate::errors::disk;
use crate::failure::{Failure, Result};
use crate::paths::shown;
use airgo_author::{BuildError, PROJECT_FILE, Project, recipes};
use airgo_model::atomic::{self, Access};
use std::path::{Path, PathBuf};

/// What to build.
#[derive(Clone, Debug, Default)]
pub struct BuildRequest {
    /// The plugin's directory.
    pub dir: PathBuf,
    /// The component to write; default: in the directory, with the plugin's name.
    pub output: Option<PathBuf>,
    /// What becomes of what the compiler says.
    pub messages: CompilerMessages,
}

/// A component that was written.
#[derive(Clone, Debug)]
pub struct Built {
    /// The component.
    pub file: PathBuf,
    /// Its bytes.
    pub size: u64,
    /// The SHA-256 of it.
    pub sha256: String,
    /// What it calls itself.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// What it is written in.
    pub language: Language,
    /// The version of `airgo:policy` that it speaks.
    pub interface: String,
    /// What names and pins it in an airgo.toml beside it.
    pub policy_entry: String,
}

/// Builds, checks the component against the interface by loading it as every
/// other command would, and only then writes it.
///
/// # Errors
/// The directory has no plugin, it does not build, what comes of it does not run
/// here, or the file cannot be written. Nothing is written then.
pub fn build(context: &Context, request: &BuildRequest) -> Result<Built> {
    let dir = &request.dir;
    let project = open_project(dir)?;
    let output = request.output.clone().unwrap_or_else(|| {
        let file = PathBuf::from(format!("{}.wasm", project.name));
        if dir == Path::new(".") { file } else { dir.join(file) }
    });
    write(context, &project, &output, request.messages)
        .map_err(|failure| failure.outcome(format!("{} was not written", shown(&output))))
}

fn write(context: &Context, project: &Project, file: &Path, messages: CompilerMessages) -> Result<Built> {
    let limits = limits_of(None, Some((&project.dir.join(PROJECT_FILE), &project.text)))?;
    let built = component(context, project, messages)?;
    let plugin =
        engine(context)?.load(&built, &limits).map_err(|e| Failure::failed(format!("what was built {e}")))?;
    atomic::replace(file, &built, Access::Public)
        .map_err(|e| disk::unwritable(&shown(file), &e, "name another file: -o FILE"))?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let described = plugin.describe();
    Ok(Built {
        file: file.to_owned(),
        size: built.len() as u64,
        sha256: plugin.sha256().to_owned(),
        name: described.name.clone(),
        version: described.version.clone(),
        language: project.language,
        interface: plugin.scan().version.to_string(),
        policy_entry: project.policy_entry(&name, plugin.sha256()),
    })
}

/// From source to a component.
pub(super) fn component(context: &Context, project: &Project, messages: CompilerMessages) -> Result<Vec<u8>> {
    let mut machine = Machine::new(context, messages)?;
    let built = recipes::of(project.language).build(project, &mut machine);
    // A compiler that the user stopped has failed for that reason alone.
    context.interrupt.check()?;
    built.map_err(|e| build_failure(&e, messages))
}

fn build_failure(error: &BuildError, messages: CompilerMessages) -> Failure {
    let failure = Failure::failed(error.to_string());
    match error {
        BuildError::Missing { install, .. } => install.iter().fold(failure, |failure, way| failure.hint(way)),
        BuildError::Failed { .. } if messages == CompilerMessages::Dropped => {
            failure.hint("run it without -q to see what the compiler says")
        }
        _ => failure,
    }
}
