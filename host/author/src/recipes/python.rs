//! Building a plugin in Python.

use super::Recipe;
use crate::{BuildError, Language, Project, Tools};

/// The recipe.
pub struct Python;

impl Recipe for Python {
    fn build(&self, _: &Project, _: &mut dyn Tools) -> Result<Vec<u8>, BuildError> {
        Err(BuildError::Unsupported(Language::Python))
    }
}
