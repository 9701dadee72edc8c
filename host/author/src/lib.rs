//! What plugin authors need, apart from running plugins: the files of a new
//! plugin, how each language builds to a component, the fixture bundles of
//! its tests and the golden findings beside them.
//!
//! This crate starts no process and reads no environment itself: it says what to
//! run to the [`Tools`] that its caller lends it. Running a plugin is the
//! business of airgo-policy, which this crate does not use.
//!
//! A language is one file in [`recipes`] and one directory in
//! `plugins/templates`; a file there is written with `{{name}}` (lower-case
//! words joined by `-`), `{{crate}}` (joined by `_`) and `{{airgo}}` (the
//! version) filled in, in its path too, and without a trailing `.in`, which
//! keeps tools from taking a template for a project.

pub mod component;
mod error;
mod files;
pub mod fixture;
pub mod generated;
pub mod golden;
pub mod interface;
mod project;
pub mod recipes;
mod scaffold;
mod tools;
pub mod wasi_stub;

pub use error::{BuildError, ProjectError, ScaffoldError};
pub use project::{Language, PROJECT_FILE, Project};
pub use scaffold::{NewFile, scaffold};
pub use tools::{Ran, Step, Tools};
