//! Asking a module.

use crate::ModuleInfo;

impl ModuleInfo {
    /// Path and version of the code in the bundle: those of the replacement,
    /// where that is a module. A directory of the project has no name of its
    /// own: its code goes under the name that it is required by.
    pub fn code(&self) -> (&str, &str) {
        match &self.replaced_by {
            Some(other) if !other.version.is_empty() => (&other.path, &other.version),
            _ => (&self.path, &self.version),
        }
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}
