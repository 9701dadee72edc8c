//! Building a plugin in Js.

use super::Recipe;
use crate::{BuildError, Language, Project, Tools};

/// The recipe.
pub struct Js;

impl Recipe for Js {
    fn build(&self, _: &Project, _: &mut dyn Tools) -> Result<Vec<u8>, BuildError> {
        Err(BuildError::Unsupported(Language::Js))
    }
}
