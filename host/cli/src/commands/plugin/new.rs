//! `airgo plugin new`: a plugin to start from, complete in its directory.

use crate::Context;
use crate::args::PluginNew;
use airgo_app::documents;
use airgo_app::errors::disk;
use airgo_app::paths::shown;
use airgo_app::quantity::count;
use airgo_app::{Failure, FailureKind, Result};
use airgo_author::{NewFile, ScaffoldError, scaffold};
use airgo_model::atomic::{self, Access};
use std::path::{Path, PathBuf};

/// Writes the files; a directory that is there and not empty stays as it is.
pub fn run(context: &Context, args: &PluginNew) -> Result<()> {
    let language = args.lang.into();
    let files = scaffold(language, &args.name).map_err(|e| match e {
        ScaffoldError::Name(_) | ScaffoldError::Reserved(_) => {
            Failure::new(FailureKind::Usage, e.to_string()).outcome("nothing was written")
        }
        _ => Failure::failed(e.to_string()).outcome("nothing was written"),
    })?;
    let dir = args.dir.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    if !is_free(&dir) {
        return Err(Failure::failed(format!("{} is there already", shown(&dir)))
            .outcome("nothing was written")
            .hint("choose another name, or another place: --dir DIR"));
    }
    write(&dir, &files).map_err(|(path, e)| {
        disk::unwritable(&shown(&path), &e, "choose another place: --dir DIR")
            .outcome(format!("{} is incomplete", shown(&dir)))
    })?;
    if context.printer.is_json() {
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        return context.printer.document(&documents::PluginNew {
            dir: shown(&dir),
            files: paths,
            language: language.id(),
            name: &args.name,
            schema: documents::PluginNewV1,
        });
    }
    context
        .printer
        .status("Wrote", format!("{} of a {language} plugin in {}", count(files.len(), "file"), shown(&dir)));
    context.printer.status("Next", format!("cd {} && airgo plugin test", shown(&dir)));
    Ok(())
}

/// Not there, or an empty directory.
fn is_free(dir: &Path) -> bool {
    match std::fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(e) => e.kind() == std::io::ErrorKind::NotFound,
    }
}

fn write(dir: &Path, files: &[NewFile]) -> std::result::Result<(), (PathBuf, std::io::Error)> {
    for file in files {
        let path = dir.join(&file.path);
        let create = || {
            std::fs::create_dir_all(path.parent().unwrap_or(dir))?;
            // Never over anything, whoever made it in the meantime.
            atomic::create_new(&path, &file.bytes, Access::Public)
        };
        create().map_err(|e| (path.clone(), e))?;
    }
    Ok(())
}
