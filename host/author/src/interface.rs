//! The interface (plugins/wit/v1) as the tools of other languages want it.

use std::path::{Path, PathBuf};

use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::{BuildError, files};

/// What a plugin is, in the interface.
pub const WORLD: &str = "policy-plugin";

/// Writes the interface below a directory, and says in which directory it is.
///
/// # Errors
/// Where it cannot be written.
pub fn write(dir: &Path) -> Result<PathBuf, BuildError> {
    let wit = dir.join("wit");
    for (path, bytes) in files::WIT {
        let path = wit.join(path);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, bytes))
            .map_err(|source| BuildError::File { path: path.clone(), source })?;
    }
    Ok(wit.join("v1"))
}

/// Says in a core module, whose compiler knows of no interface, that it is a
/// plugin: which of its imports and exports are which.
///
/// # Errors
/// Where it is no core module.
pub fn embed(core: &mut Vec<u8>) -> Result<(), BuildError> {
    let wrong = |err: &dyn std::fmt::Display| BuildError::Component(format!("{err:#}"));
    let mut resolve = Resolve::default();
    let mut package = None;
    for (path, bytes) in files::WIT.iter().filter(|(path, _)| path.starts_with("v1/")) {
        let text = String::from_utf8_lossy(bytes);
        package = Some(resolve.push_str(path, &text).map_err(|e| wrong(&e))?);
    }
    let world = resolve.select_world(package.as_slice(), Some(WORLD)).map_err(|e| wrong(&e))?;
    embed_component_metadata(core, &resolve, world, StringEncoding::UTF8).map_err(|e| wrong(&e))
}
