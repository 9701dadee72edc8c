//! The files of a new plugin: complete in themselves, made for this airgo.

use crate::files;
use crate::{Language, ScaffoldError};

/// A file of a new plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Below the plugin's directory, with `/` between its parts.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Longest name of a plugin: what the host allows.
const MAX_NAME: usize = 64;

/// The files of a new plugin, sorted by path.
///
/// # Errors
/// Where the name is none, or this airgo has no template of the language.
pub fn scaffold(language: Language, name: &str) -> Result<Vec<NewFile>, ScaffoldError> {
    if name == "airgo-plugin" {
        return Err(ScaffoldError::Reserved(name.to_owned()));
    }
    if !is_name(name) {
        return Err(ScaffoldError::Name(name.to_owned()));
    }
    let template = match language {
        Language::Rust => files::RUST,
        Language::Go => files::GO,
        Language::Js => files::JS,
        Language::Python => files::PYTHON,
    };
    if template.is_empty() {
        return Err(ScaffoldError::Unsupported(language));
    }
    let mut new: Vec<NewFile> = template.iter().map(|(path, bytes)| filled(path, bytes, name)).collect();
    if language == Language::Rust {
        // Cargo drops what is not needed and keeps the versions of the rest.
        new.push(as_is("Cargo.lock", files::RUST_LOCK));
        let reader = files::RUST_GOSOURCE.iter();
        new.extend(reader.map(|(path, bytes)| as_is(&format!("gosource/src/{path}"), bytes)));
        new.extend(files::RUST_SDK.iter().map(|(path, bytes)| as_is(&format!("sdk/src/{path}"), bytes)));
    }
    if language == Language::Go {
        let sdk = files::GO_SDK.iter().filter(|(path, _)| !path.ends_with("_test.go"));
        new.extend(sdk.map(|(path, bytes)| as_is(&format!("sdk/{path}"), bytes)));
    }
    // Whatever the language: the interface that it was made for, to read.
    new.extend(files::WIT.iter().map(|(path, bytes)| as_is(&format!("wit/{path}"), bytes)));
    new.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(new)
}

/// Lower-case words joined by `-`; the first letter is a letter, since the name
/// becomes one of a crate or package too.
fn is_name(name: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.len() <= MAX_NAME && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.split('-').all(word)
}

fn as_is(path: &str, bytes: &[u8]) -> NewFile {
    NewFile { path: path.to_owned(), bytes: bytes.to_vec() }
}

fn filled(path: &str, bytes: &[u8], name: &str) -> NewFile {
    let fill = |text: &str| {
        let text = text.replace("{{name}}", name).replace("{{crate}}", &name.replace('-', "_"));
        text.replace("{{airgo}}", env!("CARGO_PKG_VERSION"))
    };
    let path = fill(path.strip_suffix(".in").unwrap_or(path));
    let bytes = std::str::from_utf8(bytes).map_or_else(|_| bytes.to_vec(), |text| fill(text).into_bytes());
    NewFile { path, bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_the_host_takes() {
        for good in ["a", "no-prereleases", "a1-2b"] {
            assert!(scaffold(Language::Rust, good).is_ok(), "{good}");
        }
        let long = "a".repeat(65);
        for bad in ["", "-a", "a-", "a--b", "A", "a_b", "a b", "../a", "1a", "ä", &long] {
            assert_eq!(scaffold(Language::Rust, bad), Err(ScaffoldError::Name(bad.to_owned())));
        }
    }

    /// What Cargo.toml of the SDK says in plugins/, with its workspace's part.
    #[test]
    fn the_new_plugins_sdk_needs_what_the_sdk_needs() {
        let plugins = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
        let read = |path: &str| -> toml::Table {
            toml::from_str(&std::fs::read_to_string(plugins.join(path)).unwrap()).unwrap()
        };
        let workspace = read("Cargo.toml");
        let shared = &workspace["workspace"]["package"];
        let files = scaffold(Language::Rust, "a").unwrap();
        for part in ["sdk", "gosource"] {
            let mut wanted = read(&format!("{part}/Cargo.toml"))["dependencies"].as_table().unwrap().clone();
            for (name, dependency) in &mut wanted {
                *dependency = workspace["workspace"]["dependencies"][name].clone();
                // Of the same workspace: it is beside the SDK in a new plugin too.
                if let Some(path) = dependency.get_mut("path") {
                    *path = format!("../{}", path.as_str().unwrap()).into();
                }
            }
            let new = files.iter().find(|file| file.path == format!("{part}/Cargo.toml")).unwrap();
            let new: toml::Table = toml::from_str(std::str::from_utf8(&new.bytes).unwrap()).unwrap();
            assert_eq!(new["dependencies"].as_table().unwrap(), &wanted);
            assert_eq!(
                (&new["package"]["edition"], &new["package"]["rust-version"]),
                (&shared["edition"], &shared["rust-version"])
            );
        }
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        for language in Language::ALL {
            let Ok(files) = scaffold(language, "no-forks") else { continue };
            let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
            for wanted in [".gitignore", "README.md", "airgo-plugin.toml", "wit/v1/policy.wit"] {
                assert!(paths.contains(&wanted), "{language}: no {wanted} in {paths:?}");
            }
            for file in &files {
                assert!(!file.path.contains("{{") && !file.path.ends_with(".in"), "{}", file.path);
                let text = String::from_utf8_lossy(&file.bytes);
                assert!(!text.contains("{{name}}") && !text.contains("{{crate}}"), "{}", file.path);
            }
        }
    }
}
