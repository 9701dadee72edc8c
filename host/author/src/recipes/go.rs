//! Building a plugin in Go.

use super::Recipe;
use crate::{BuildError, Language, Project, Tools};

/// The recipe.
pub struct Go;

impl Recipe for Go {
    fn build(&self, _: &Project, _: &mut dyn Tools) -> Result<Vec<u8>, BuildError> {
        Err(BuildError::Unsupported(Language::Go))
    }
}
