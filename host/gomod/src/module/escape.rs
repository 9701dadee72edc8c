//! The escaped form of module paths and versions, for file systems and proxies
//! that do not distinguish upper from lower case (x/mod/module EscapePath and
//! friends): an upper-case letter becomes `!` and the lower one.

use super::check::{check_element, check_path};
use super::error::{InvalidVersion, ModuleError, PathKind, VersionProblem};

/// Escapes a well-formed module path.
pub fn escape_path(path: &str) -> Result<String, ModuleError> {
    check_path(path)?;
    Ok(escape(path))
}

/// Escapes a version. It need not be semantic, but must be fit for a file name
/// and free of `!`.
pub fn escape_version(version: &str) -> Result<String, ModuleError> {
    // File names may hold any letter, the escaped form only ASCII.
    if check_element(version, PathKind::File).is_err() || version.contains('!') || !version.is_ascii() {
        return Err(InvalidVersion::new(version, VersionProblem::Disallowed).into());
    }
    Ok(escape(version))
}

/// The module path that an escaped one stands for.
pub fn unescape_path(escaped: &str) -> Result<String, ModuleError> {
    let path = unescape(escaped).ok_or_else(|| ModuleError::EscapedPath(escaped.to_owned()))?;
    match check_path(&path) {
        Ok(()) => Ok(path),
        Err(problem) => {
            Err(ModuleError::UnescapedPath { escaped: escaped.to_owned(), problem: Box::new(problem) })
        }
    }
}

/// The version that an escaped one stands for.
pub fn unescape_version(escaped: &str) -> Result<String, ModuleError> {
    let version = unescape(escaped).ok_or_else(|| ModuleError::EscapedVersion(escaped.to_owned()))?;
    match check_element(&version, PathKind::File) {
        Ok(()) => Ok(version),
        Err(problem) => Err(ModuleError::UnescapedVersion { version, problem }),
    }
}

fn escape(s: &str) -> String {
    let mut out = String::with_capacity(s.len() + 4);
    for c in s.chars() {
        if c.is_ascii_uppercase() {
            out.push('!');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// `None` unless `escaped` is ASCII without upper case, with a lower-case
/// letter after every `!`.
fn unescape(escaped: &str) -> Option<String> {
    let mut out = String::with_capacity(escaped.len());
    let mut chars = escaped.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '!' => chars.next().filter(char::is_ascii_lowercase)?.to_ascii_uppercase(),
            c if c.is_ascii() && !c.is_ascii_uppercase() => c,
            _ => return None,
        });
    }
    Some(out)
}
