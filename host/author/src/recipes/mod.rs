//! How each language builds to a component.

mod go;
mod js;
mod python;
mod rust;

use crate::{BuildError, Language, Project, Ran, Step, Tools};

/// Builds the plugins of one language.
pub trait Recipe {
    /// From source to the bytes of a component, which nobody has looked at
    /// yet: the caller compares them with the interface. What comes between goes
    /// to [`Tools::scratch`] or where the language's own tools keep it.
    ///
    /// # Errors
    /// Where a tool is missing or fails, or what it leaves is not a component.
    fn build(&self, project: &Project, tools: &mut dyn Tools) -> Result<Vec<u8>, BuildError>;
}

/// The recipe of a language.
pub fn of(language: Language) -> &'static dyn Recipe {
    match language {
        Language::Rust => &rust::Rust,
        Language::Go => &go::Go,
        Language::Js => &js::Js,
        Language::Python => &python::Python,
    }
}

/// Runs a step whose failure ends the build.
///
/// # Errors
/// Where it does not start, or ends with anything but 0.
pub(crate) fn must(tools: &mut dyn Tools, step: &Step) -> Result<Ran, BuildError> {
    let ran = tools.run(step).map_err(|source| BuildError::Start {
        what: step.what.clone(),
        program: step.program.clone(),
        source,
    })?;
    if ran.code != Some(0) {
        let (what, program) = (step.what.clone(), step.program.clone());
        return Err(BuildError::Failed { what, program, code: ran.code });
    }
    Ok(ran)
}

/// Reads what a step left.
///
/// # Errors
/// Where it is not there.
pub(crate) fn output(path: &std::path::Path) -> Result<Vec<u8>, BuildError> {
    std::fs::read(path).map_err(|source| BuildError::File { path: path.to_owned(), source })
}
