//! A plugin's directory: in which language it is written, and its name.
//!
//! `airgo-plugin.toml` says so. Without one the language shows in what its own
//! tools read: Cargo.toml, go.mod, package.json, pyproject.toml.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::ProjectError;

/// The name of the project file.
pub const PROJECT_FILE: &str = "airgo-plugin.toml";

/// A language that plugins are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Rust, through the SDK that comes with airgo.
    Rust,
    /// Go, through the real toolchain's `wasip1`.
    Go,
    /// JavaScript, through componentize-js.
    Js,
    /// Python, through componentize-py.
    Python,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 4] = [Language::Rust, Language::Go, Language::Js, Language::Python];

    /// As it is typed: `rust`, `go`, `js`, `python`.
    pub fn id(self) -> &'static str {
        match self {
            Language::Rust => "rust",
            Language::Go => "go",
            Language::Js => "js",
            Language::Python => "python",
        }
    }

    /// What a project without [`PROJECT_FILE`] is known by.
    fn marker(self) -> &'static str {
        match self {
            Language::Rust => "Cargo.toml",
            Language::Go => "go.mod",
            Language::Js => "package.json",
            Language::Python => "pyproject.toml",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Language::Rust => "Rust",
            Language::Go => "Go",
            Language::Js => "JavaScript",
            Language::Python => "Python",
        })
    }
}

/// A directory with the source of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Where it is.
    pub dir: PathBuf,
    /// Its name, which names what it builds to: that of the project file, else
    /// that of the directory.
    pub name: String,
    /// What it is written in.
    pub language: Language,
    /// The text of its project file, in which `[limits]` is read as that of
    /// airgo.toml; empty without one.
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Option<String>,
    language: Option<Language>,
    /// What the plugin may use; read by airgo-policy.
    #[serde(rename = "limits")]
    _limits: Option<toml::Table>,
}

impl Project {
    /// Looks at a directory.
    ///
    /// # Errors
    /// Where the project file does not read, or nothing says the language.
    pub fn open(dir: &Path) -> Result<Self, ProjectError> {
        let path = dir.join(PROJECT_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(ProjectError::Read { path, source }),
        };
        let written: Written = toml::from_str(&text).map_err(|err| {
            let (line, column) = place(&text, err.span().map_or(0, |span| span.start));
            ProjectError::Syntax { path, line, column, message: one_line(err.message()) }
        })?;
        let found = || Language::ALL.into_iter().find(|language| dir.join(language.marker()).is_file());
        let Some(language) = written.language.or_else(found) else {
            return Err(ProjectError::Unknown(dir.to_owned()));
        };
        let name = written.name.unwrap_or_else(|| name_of(dir));
        Ok(Project { dir: dir.to_owned(), name, language, text })
    }
}

impl Project {
    /// What names and pins the built component in an airgo.toml beside it, with
    /// the limits that the plugin needs.
    pub fn policy_entry(&self, file: &str, sha256: &str) -> String {
        let text = |value: &str| toml::Value::String(value.to_owned()).to_string();
        let name = text(&self.name);
        let mut entry = format!("[[plugin]]\nname = {name}\npath = {}\nsha256 = \"{sha256}\"\n", text(file));
        // It was read when the project was opened.
        let written: Option<toml::Table> = toml::from_str(&self.text).ok();
        if let Some(toml::Value::Table(limits)) = written.as_ref().and_then(|table| table.get("limits")) {
            entry += "\n[plugin.limits]\n";
            for (key, value) in limits {
                entry += &format!("{key} = {value}\n");
            }
        }
        entry
    }
}

/// The last part of a directory's real path.
fn name_of(dir: &Path) -> String {
    let real = std::fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    real.file_name().map_or_else(|| "plugin".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Line and column of a byte, both from 1.
pub(crate) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

/// TOML's messages may span lines.
pub(crate) fn one_line(message: &str) -> String {
    message.lines().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(files: &[(&str, &str)]) -> Result<Project, ProjectError> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        Project::open(dir.path())
    }

    #[test]
    fn the_language_is_written_or_shows() {
        let written =
            open(&[(PROJECT_FILE, "name = \"a\"\nlanguage = \"js\"\n"), ("Cargo.toml", "")]).unwrap();
        assert_eq!((written.name.as_str(), written.language), ("a", Language::Js));
        for language in Language::ALL {
            assert_eq!(open(&[(language.marker(), "")]).unwrap().language, language);
        }
        assert!(matches!(open(&[]), Err(ProjectError::Unknown(_))));
    }

    #[test]
    fn a_mistake_is_shown_at_its_place() {
        let err = open(&[(PROJECT_FILE, "name = \"a\"\nlangage = \"go\"\n")]).unwrap_err().to_string();
        assert!(err.contains("airgo-plugin.toml:2:1: unknown field `langage`"), "{err}");
        let err = open(&[(PROJECT_FILE, "language = \"cobol\"\n")]).unwrap_err().to_string();
        assert!(err.contains("`rust`, `go`, `js`, `python`"), "{err}");
    }

    #[test]
    fn the_entry_pins_the_component_and_names_its_limits() {
        let text = "name = \"a\"\nlanguage = \"js\"\n[limits]\nmemory = \"256MiB\"\nfunctions = 40000\n";
        let entry = open(&[(PROJECT_FILE, text)]).unwrap().policy_entry("a.wasm", &"0".repeat(64));
        let read: toml::Table = toml::from_str(&entry).unwrap();
        let plugin = &read["plugin"][0];
        assert_eq!(plugin["path"].as_str(), Some("a.wasm"));
        assert_eq!(plugin["limits"]["memory"].as_str(), Some("256MiB"));
        assert_eq!(plugin["limits"]["functions"].as_integer(), Some(40000));
    }
}
