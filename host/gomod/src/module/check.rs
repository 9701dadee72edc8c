//! Which module, import and file paths are well formed (x/mod/module CheckPath,
//! CheckImportPath, CheckFilePath). The rules keep names apart on file systems
//! that fold case, and out of trouble on Windows.

use super::error::{ModuleError, PathKind, PathProblem};
use super::version::split_path_version;
use crate::unicode::is_letter;

/// Checks a module path: an import path that starts with a domain name, has no
/// element that begins with a dot, and a well-formed major version at its end.
pub fn check_path(path: &str) -> Result<(), ModuleError> {
    check_as(path, PathKind::Module, |path| {
        check_elements(path, PathKind::Module)?;
        check_domain(path.split('/').next().unwrap_or_default())?;
        if split_path_version(path).is_none() {
            return Err(PathProblem::MajorSuffix);
        }
        Ok(())
    })
}

/// Checks a package path: elements of ASCII letters, digits and `-._~+`.
pub fn check_import_path(path: &str) -> Result<(), ModuleError> {
    check_as(path, PathKind::Import, |path| check_elements(path, PathKind::Import))
}

/// Checks a slash-separated path of a file in a module: all Unicode letters,
/// ASCII digits, spaces and most ASCII punctuation.
pub fn check_file_path(path: &str) -> Result<(), ModuleError> {
    check_as(path, PathKind::File, |path| check_elements(path, PathKind::File))
}

fn check_as(
    path: &str,
    kind: PathKind,
    check: impl FnOnce(&str) -> Result<(), PathProblem>,
) -> Result<(), ModuleError> {
    check(path).map_err(|problem| ModuleError::Path { kind, path: path.to_owned(), problem })
}

/// The first element of a module path must look like a domain name, all in
/// lower case.
fn check_domain(first: &str) -> Result<(), PathProblem> {
    if !first.contains('.') {
        return Err(PathProblem::FirstWithoutDot);
    }
    if first.starts_with('-') {
        return Err(PathProblem::FirstLeadingDash);
    }
    let allowed = |c: char| matches!(c, '-' | '.' | '0'..='9' | 'a'..='z');
    match first.chars().find(|&c| !allowed(c)) {
        Some(c) => Err(PathProblem::FirstChar(c)),
        None => Ok(()),
    }
}

fn check_elements(path: &str, kind: PathKind) -> Result<(), PathProblem> {
    if path.is_empty() {
        return Err(PathProblem::Empty);
    }
    if path.starts_with('-') && kind != PathKind::File {
        return Err(PathProblem::LeadingDash);
    }
    if path.contains("//") {
        return Err(PathProblem::DoubleSlash);
    }
    if path.ends_with('/') {
        return Err(PathProblem::TrailingSlash);
    }
    path.split('/').try_for_each(|element| check_element(element, kind))
}

pub(super) fn check_element(element: &str, kind: PathKind) -> Result<(), PathProblem> {
    if element.is_empty() {
        return Err(PathProblem::EmptyElement);
    }
    if element.bytes().all(|b| b == b'.') {
        return Err(PathProblem::DotElement(element.to_owned()));
    }
    if element.starts_with('.') && kind == PathKind::Module {
        return Err(PathProblem::LeadingDot);
    }
    if element.ends_with('.') {
        return Err(PathProblem::TrailingDot);
    }
    if let Some(c) = element.chars().find(|&c| !allowed(c, kind)) {
        return Err(PathProblem::Char(c));
    }
    // Windows takes a device name for the device whatever follows the dot.
    let stem = element.split('.').next().unwrap_or_default();
    if is_windows_device(stem) {
        return Err(PathProblem::WindowsDevice(stem.to_owned()));
    }
    if kind != PathKind::File && is_windows_short_name(stem) {
        return Err(PathProblem::WindowsShortName);
    }
    Ok(())
}

fn allowed(c: char, kind: PathKind) -> bool {
    match kind {
        PathKind::Module => c.is_ascii_alphanumeric() || "-._~".contains(c),
        PathKind::Import => c.is_ascii_alphanumeric() || "-._~+".contains(c),
        PathKind::File => is_letter(c) || c.is_ascii_digit() || "!#$%&()+,-.=@[]^_{}~ ".contains(c),
    }
}

fn is_windows_device(stem: &str) -> bool {
    if ["CON", "PRN", "AUX", "NUL"].iter().any(|name| name.eq_ignore_ascii_case(stem)) {
        return true;
    }
    let numbered = |name: &str| {
        stem.get(..3).is_some_and(|head| head.eq_ignore_ascii_case(name))
            && matches!(stem.as_bytes()[3..], [b'1'..=b'9'])
    };
    numbered("COM") || numbered("LPT")
}

fn is_windows_short_name(stem: &str) -> bool {
    let after_tilde = stem.rsplit_once('~').map_or("", |(_, after)| after);
    !after_tilde.is_empty() && after_tilde.bytes().all(|b| b.is_ascii_digit())
}
