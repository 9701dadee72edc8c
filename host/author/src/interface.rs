//! The interface (plugins/wit/v1) as the tools of other languages want it.

use std::path::{Path, PathBuf};

use wasmparser::{BinaryReaderError, Parser, Payload};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::{BuildError, files};

/// What a plugin is, in the interface.
pub const WORLD: &str = "policy-plugin";
/// What a plugin is that gathers facts.
const WORLD_WITH_FACTS: &str = "policy-plugin-with-facts";
/// What such a plugin exports, of whatever version; the rest of it is missed
/// when the component is made.
const FACTS: (&str, &str) = ("airgo:policy/facts@", "#gather");

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
/// plugin: which of its imports and exports are which. One that exports
/// `facts` gathers.
///
/// # Errors
/// Where it is not a core module.
pub fn embed(core: &mut Vec<u8>) -> Result<(), BuildError> {
    let wrong = |err: &dyn std::fmt::Display| BuildError::Component(format!("{err:#}"));
    let mut resolve = Resolve::default();
    let mut package = None;
    for (path, bytes) in files::WIT.iter().filter(|(path, _)| path.starts_with("v1/")) {
        let text = String::from_utf8_lossy(bytes);
        package = Some(resolve.push_str(path, &text).map_err(|e| wrong(&e))?);
    }
    let world = if exports_facts(core).map_err(|e| wrong(&e))? { WORLD_WITH_FACTS } else { WORLD };
    let world = resolve.select_world(package.as_slice(), Some(world)).map_err(|e| wrong(&e))?;
    embed_component_metadata(core, &resolve, world, StringEncoding::UTF8).map_err(|e| wrong(&e))
}

fn exports_facts(core: &[u8]) -> Result<bool, BinaryReaderError> {
    let (interface, function) = FACTS;
    for payload in Parser::new(0).parse_all(core) {
        let Payload::ExportSection(exports) = payload? else { continue };
        for export in exports {
            let name = export?.name;
            if name.starts_with(interface) && name.ends_with(function) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the world of a module with these exports exports, sorted.
    fn world(exports: &[&str]) -> Vec<String> {
        let export = |name: &&str| format!("(export \"{name}\" (func 0))");
        let exports: String = exports.iter().map(export).collect();
        let mut core = wat::parse_str(format!("(module (func) {exports})")).unwrap();
        embed(&mut core).unwrap();
        let (_, bindgen) = wit_component::metadata::decode(&core).unwrap();
        let world = &bindgen.resolve.worlds[bindgen.world];
        let mut names: Vec<String> =
            world.exports.keys().map(|key| bindgen.resolve.name_world_key(key)).collect();
        names.sort();
        names
    }

    #[test]
    fn who_exports_facts_gathers() {
        let (policy, facts) = ("airgo:policy/policy@1.0.0", "airgo:policy/facts@1.0.0");
        assert_eq!(world(&["airgo:policy/policy@1.0.0#check"]), [policy]);
        let both = world(&["airgo:policy/policy@1.0.0#check", "airgo:policy/facts@1.0.0#gather"]);
        assert_eq!(both, [facts, policy]);
    }

    #[test]
    fn what_is_no_module_says_nothing() {
        let err = embed(&mut b"no wasm".to_vec()).unwrap_err();
        assert!(matches!(err, BuildError::Component(_)), "{err}");
    }
}
