//! What can go wrong for an author. Each reads as one lower-case sentence.

use std::io;
use std::path::PathBuf;

use crate::Language;

/// Why a directory is not a plugin that can be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The project file is wrong.
    #[error("{path}:{line}:{column}: {message}")]
    Syntax {
        /// The project file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// Nothing in the directory says in which language it is written.
    #[error(
        "{0} holds no plugin: it has no airgo-plugin.toml, Cargo.toml, go.mod, package.json or pyproject.toml"
    )]
    Unknown(PathBuf),
}

/// Why a plugin was not built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A program that the recipe needs is not on this machine.
    #[error("building a {language} plugin needs {tool}, which this machine does not have")]
    Missing {
        /// The language of the plugin.
        language: Language,
        /// What is missing.
        tool: String,
        /// How to get it: one way a line, each a command or a sentence.
        install: Vec<String>,
    },
    /// A program is there and does not start.
    #[error("cannot {what}: {program} does not start: {source}")]
    Start {
        /// [`crate::Step::what`].
        what: String,
        /// The program.
        program: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A program ended with a failure; it has said why on stderr.
    #[error("could not {what}: {program} ended with {}", ending(.code))]
    Failed {
        /// [`crate::Step::what`].
        what: String,
        /// The program.
        program: PathBuf,
        /// Its exit code.
        code: Option<i32>,
    },
    /// The programs ran and did not leave what they should.
    #[error("the build left no {what}: {reason}")]
    NoOutput {
        /// What is missing, such as "WebAssembly module".
        what: String,
        /// Why, as far as that is known.
        reason: String,
    },
    /// A file between source and component cannot be read or written.
    #[error("cannot use {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The core module does not become a component.
    #[error("the compiled module does not become a component: {0}")]
    Component(String),
    /// A template or recipe that this airgo does not have.
    #[error("this airgo does not build {0} plugins")]
    Unsupported(Language),
}

fn ending(code: &Option<i32>) -> String {
    code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"))
}

/// Why no new plugin was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScaffoldError {
    /// The name is none.
    #[error(
        "{0:?} is not a name for a plugin: lower-case words joined by -, such as no-prereleases, of at most 64 characters, the first a letter"
    )]
    Name(String),
    /// The name is taken.
    #[error("a plugin cannot be named {0}, as the SDK is")]
    Reserved(String),
    /// There are no files for that language.
    #[error("this airgo has no {0} plugin to start from")]
    Unsupported(Language),
}
