//! `airgo plugin build`: from source to a component that this airgo runs.

use super::machine::Machine;
use super::{engine, limits_of, open_project};
use crate::Context;
use crate::args::PluginBuild;
use crate::page::Page;
use airgo_app::documents;
use airgo_app::errors::disk;
use airgo_app::paths::shown;
use airgo_app::quantity::{bytes, duration};
use airgo_app::{Failure, Result};
use airgo_author::{BuildError, PROJECT_FILE, Project, recipes};
use airgo_model::atomic::{self, Access};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Builds, holds the component against the interface by loading it as every
/// other command would, and only then writes it.
pub fn run(context: &Context, args: &PluginBuild) -> Result<()> {
    let started = Instant::now();
    let project = open_project(&args.dir)?;
    let output = args.output.clone().unwrap_or_else(|| {
        let file = PathBuf::from(format!("{}.wasm", project.name));
        if args.dir == Path::new(".") { file } else { args.dir.join(file) }
    });
    let unwritten = || format!("{} was not written", shown(&output));
    let limits = limits_of(None, Some((&args.dir.join(PROJECT_FILE), &project.text)))
        .map_err(|e| e.outcome(unwritten()))?;
    let built = component(context, &project).map_err(|e| e.outcome(unwritten()))?;
    let plugin = engine(context)?
        .load(&built, &limits)
        .map_err(|e| Failure::failed(format!("what was built {e}")).outcome(unwritten()))?;
    atomic::replace(&output, &built, Access::Public).map_err(|e| {
        disk::unwritable(&shown(&output), &e, "name another file: -o FILE").outcome(unwritten())
    })?;
    let file = output.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let entry = project.policy_entry(&file, plugin.sha256());
    let size = built.len() as u64;
    let described = plugin.describe();
    if context.printer.is_json() {
        return context.printer.document(&documents::PluginBuild {
            file: shown(&output),
            interface: plugin.scan().version.to_string(),
            language: project.language.id(),
            name: &described.name,
            policy: &entry,
            schema: documents::PluginBuildV1,
            sha256: plugin.sha256(),
            size,
            version: &described.version,
        });
    }
    context
        .printer
        .status("Built", format!("{} ({}) in {}", shown(&output), bytes(size), duration(started.elapsed())));
    context.printer.status("Pin", "it in airgo.toml, whose directory the path is relative to:");
    // The entry has the plugin's own name and limits, one key a line.
    let mut page = Page::default();
    page.lines(&entry);
    context.printer.page(&page)
}

/// From source to a component.
pub fn component(context: &Context, project: &Project) -> Result<Vec<u8>> {
    let mut machine = Machine::new(context)?;
    let built = recipes::of(project.language).build(project, &mut machine);
    // A compiler that the user stopped has failed for that reason alone.
    context.interrupt.check()?;
    built.map_err(|e| build_failure(context, &e))
}

fn build_failure(context: &Context, error: &BuildError) -> Failure {
    let failure = Failure::failed(error.to_string());
    match error {
        BuildError::Missing { install, .. } => install.iter().fold(failure, |failure, way| failure.hint(way)),
        BuildError::Failed { .. } if context.printer.is_quiet() => {
            failure.hint("run it without -q to see what the compiler says")
        }
        _ => failure,
    }
}
