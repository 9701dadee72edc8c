//! The SDK's bindings to plugins/wit/v1, as Rust source. They are generated
//! here once and committed: a plugin that generated them itself would compile
//! `syn`, a WIT parser and a formatter, which took a minute of each new plugin.

use std::error::Error;
use std::path::Path;

use wit_bindgen_core::wit_parser::Resolve;
use wit_bindgen_core::{Files, WorldGenerator as _};
use wit_bindgen_rust::{Opts, WithOption};

/// Where the interface is and where the bindings go, below plugins/.
const WIT: &str = "wit/v1";
const GENERATED: &str = "sdk/src/generated";

/// The files of the SDK that are generated, by name.
///
/// # Errors
/// Where the interface does not parse.
pub fn generate(plugins: &Path) -> Result<Vec<(&'static str, String)>, Box<dyn Error>> {
    let policy = Opts {
        pub_export_macro: true,
        export_macro_name: Some("export_component".to_owned()),
        default_bindings_module: Some("airgo_plugin::bindings".to_owned()),
        additional_derive_attributes: vec!["PartialEq".to_owned()],
        format: true,
        ..Opts::default()
    };
    let types = WithOption::Path("crate::bindings::airgo::policy::types".to_owned());
    let facts = Opts {
        with: vec![("airgo:policy/types@1.0.0".to_owned(), types)],
        pub_export_macro: true,
        export_macro_name: Some("export_facts".to_owned()),
        default_bindings_module: Some("airgo_plugin::facts_bindings".to_owned()),
        format: true,
        ..Opts::default()
    };
    let wit = plugins.join(WIT);
    // A world cannot say that an export is optional, so facts are one of their own.
    let sdk = "package airgo:sdk; world facts { export airgo:policy/facts@1.0.0; }";
    Ok(vec![
        ("bindings.rs", world(&wit, None, "policy-plugin", policy)?),
        ("facts_bindings.rs", world(&wit, Some(sdk), "airgo:sdk/facts", facts)?),
    ])
}

fn world(wit: &Path, inline: Option<&str>, world: &str, opts: Opts) -> Result<String, Box<dyn Error>> {
    let mut resolve = Resolve::default();
    let (mut package, _) = resolve.push_path(wit)?;
    if let Some(text) = inline {
        package = resolve.push_str("sdk.wit", text)?;
    }
    let world = resolve.select_world(&[package], Some(world))?;
    let mut files = Files::default();
    opts.build().generate(&mut resolve, world, &mut files)?;
    let (_, source) = files.iter().next().ok_or("nothing was generated")?;
    Ok(String::from_utf8(source.to_vec())?)
}

/// Writes them into the SDK.
///
/// # Errors
/// Where the interface does not parse, or the SDK cannot be written.
pub fn write(plugins: &Path) -> Result<(), Box<dyn Error>> {
    let directory = plugins.join(GENERATED);
    std::fs::create_dir_all(&directory)?;
    for (name, source) in generate(plugins)? {
        std::fs::write(directory.join(name), source)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_bindings_are_those_of_the_interface() {
        let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for (name, source) in generate(&plugins).unwrap() {
            let committed = std::fs::read_to_string(plugins.join(GENERATED).join(name)).unwrap();
            assert!(
                committed == source,
                "{name} is not up to date: cargo run -p componentize -- --bindings plugins"
            );
        }
    }
}
