//! One entry of a list: which modules, at which versions.
//!
//! Short form: `[=]NAME[@VERSIONS]`. NAME is a pattern as in GOPRIVATE; after
//! `=` it is one module path and nothing below it.

use std::fmt;

use super::{Glob, Requirement, Version};

/// An entry, and whether it was of use.
#[derive(Debug)]
pub struct Entry {
    name: Name,
    versions: Option<Requirement>,
    /// Why it is there, for whoever reads a finding.
    pub reason: Option<String>,
    /// Whether it met a module; for the plugin to keep.
    pub used: bool,
}

#[derive(Debug)]
enum Name {
    Pattern(Glob),
    Path(String),
}

/// How an entry meets a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// Name and version match.
    Yes,
    /// The name matches, the version does not.
    OtherVersion,
    /// The name matches; the version is none that can be compared.
    UnknownVersion,
    /// Another module.
    No,
}

impl Entry {
    /// Reads the short form.
    ///
    /// # Errors
    /// What is wrong with it, in a few words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, versions) = match text.split_once('@') {
            Some((name, versions)) => (name, Some(versions)),
            None => (text, None),
        };
        match name.strip_prefix('=') {
            Some(path) => Self::new(path, true, versions, None),
            None => Self::new(name, false, versions, None),
        }
    }

    /// An entry from its parts; `exact` names one module path.
    ///
    /// # Errors
    /// What is wrong with them, in a few words.
    pub fn new(
        name: &str,
        exact: bool,
        versions: Option<&str>,
        reason: Option<String>,
    ) -> Result<Self, String> {
        if name.is_empty() || name.contains(char::is_whitespace) || name.contains(['@', ',']) {
            return Err(format!("{name:?} is no module path or pattern"));
        }
        let name = if exact {
            if name.contains(['*', '?', '[']) {
                return Err(format!("{name:?} is a pattern, where one module path was announced"));
            }
            Name::Path(name.to_owned())
        } else {
            Name::Pattern(Glob::parse(name)?)
        };
        let versions = versions.map(Requirement::parse).transpose()?;
        Ok(Entry { name, versions, reason, used: false })
    }

    /// How it meets a module at a version.
    pub fn matches(&self, path: &str, version: &str) -> Match {
        let named = match &self.name {
            Name::Pattern(glob) => glob.matches_prefix(path),
            Name::Path(own) => own == path,
        };
        if !named {
            return Match::No;
        }
        let Some(requirement) = &self.versions else {
            return Match::Yes;
        };
        match Version::parse(version) {
            None => Match::UnknownVersion,
            Some(version) if requirement.matches(&version) => Match::Yes,
            Some(_) => Match::OtherVersion,
        }
    }
}

impl fmt::Display for Entry {
    /// The short form, in quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Name::Pattern(glob) => write!(f, "\"{glob}")?,
            Name::Path(path) => write!(f, "\"={path}")?,
        }
        if let Some(versions) = &self.versions {
            write!(f, "@{versions}")?;
        }
        f.write_str("\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms() {
        let matches = |entry: &str, path: &str, version: &str| {
            Entry::parse(entry).expect("a good entry").matches(path, version)
        };
        assert_eq!(matches("golang.org/x/*", "golang.org/x/mod", "v0.1.0"), Match::Yes);
        assert_eq!(matches("example.com/a", "example.com/a/b", "v1.0.0"), Match::Yes);
        assert_eq!(matches("=example.com/a", "example.com/a/b", "v1.0.0"), Match::No);
        assert_eq!(matches("=example.com/a@v1.0.0", "example.com/a", "v1.0.0"), Match::Yes);
        assert_eq!(matches("=example.com/a@v1.0.0", "example.com/a", "v1.0.1"), Match::OtherVersion);
        assert_eq!(matches("=example.com/a@v1.0.0", "example.com/a", "main"), Match::UnknownVersion);
        assert_eq!(matches("example.com/*@>=v1.2 <v2", "example.com/a", "v1.9.0"), Match::Yes);
    }

    #[test]
    fn bad_entries_say_why() {
        let error = |entry: &str| Entry::parse(entry).err().unwrap_or_default();
        assert_eq!(error(""), "\"\" is no module path or pattern");
        assert_eq!(error("example.com/a b"), "\"example.com/a b\" is no module path or pattern");
        assert!(error("=example.com/*").contains("is a pattern"));
        assert!(error("example.com/[a").contains("does not close"));
        assert!(error("example.com/a@1.2.3").contains("v1.2.3"));
    }
}
