//! How versions and module paths go together: the major version at the end of
//! a path, canonical versions, `+incompatible` (x/mod/module SplitPathVersion,
//! CheckPathMajor, CanonicalVersion).

use super::check::check_path;
use super::error::{InvalidVersion, ModuleError, VersionProblem};
use crate::semver;

/// Checks that the path is a module path, the version a semantic version, and
/// that they go together: `example.com/m/v2` takes only v2 versions.
pub fn check(path: &str, version: &str) -> Result<(), ModuleError> {
    check_path(path)?;
    let in_module = |invalid| ModuleError::ModuleVersion { path: path.to_owned(), invalid };
    if !semver::is_valid(version) {
        return Err(in_module(InvalidVersion::new(version, VersionProblem::NotSemver)));
    }
    let (_, path_major) = split_path_version(path).unwrap_or((path, ""));
    check_path_major(version, path_major).map_err(in_module)
}

/// Splits a path into what stands before its major version, and the major
/// version with its separator: `/v2`, or `.v1` for gopkg.in; empty where there
/// is none. `None` where the path ends like `/v1`, `/v02` or `/v1.2`, and for
/// a gopkg.in path without a major version.
pub fn split_path_version(path: &str) -> Option<(&str, &str)> {
    if path.starts_with("gopkg.in/") {
        return split_gopkg_in(path);
    }
    let digits_and_dots = path.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let suffix = &path[digits_and_dots.len()..];
    let Some(prefix) = digits_and_dots.strip_suffix("/v").filter(|_| !suffix.is_empty()) else {
        return Some((path, ""));
    };
    if suffix.contains('.') || suffix.starts_with('0') || suffix == "1" {
        return None;
    }
    Some(path.split_at(prefix.len()))
}

/// gopkg.in paths end in `.vN` for every N, `.v0` and `.v1` too, and may have
/// `-unstable` after it.
fn split_gopkg_in(path: &str) -> Option<(&str, &str)> {
    let stable = path.strip_suffix("-unstable").unwrap_or(path);
    let prefix = stable.trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix(".v")?;
    let path_major = &path[prefix.len()..];
    // `.v-unstable` passes, as it does in Go; no version goes with it.
    if path_major == ".v" || path_major.starts_with(".v0") && path_major != ".v0" {
        return None;
    }
    Some((prefix, path_major))
}

/// Checks that a version goes with the major version that
/// [`split_path_version`] found in a path.
pub fn check_path_major(version: &str, path_major: &str) -> Result<(), InvalidVersion> {
    let path_major = match path_major.strip_suffix("-unstable") {
        Some(stable) if path_major.starts_with(".v") => stable,
        _ => path_major,
    };
    if version.starts_with("v0.0.0-") && path_major == ".v1" {
        // Old Go made such pseudo-versions for gopkg.in, and they are in use:
        // gopkg.in/check.v1 v0.0.0-20161208181325-20d25e280405.
        return Ok(());
    }
    let major = semver::major(version);
    let want = match path_major.strip_prefix(['/', '.']) {
        Some(want) if want == major => return Ok(()),
        Some(want) => want,
        None if path_major.is_empty() => {
            if matches!(major, "v0" | "v1") || is_incompatible(version) {
                return Ok(());
            }
            "v0 or v1"
        }
        None => path_major,
    };
    let problem = VersionProblem::Major { want: want.to_owned(), got: major.to_owned() };
    Err(InvalidVersion::new(version, problem))
}

/// Whether [`check_path_major`] finds nothing wrong.
pub fn match_path_major(version: &str, path_major: &str) -> bool {
    check_path_major(version, path_major).is_ok()
}

/// The start of the tags that a path's major version asks for: `v2` for `/v2`
/// and `.v2-unstable`; empty, for v0 or v1, where the path has none.
pub fn path_major_prefix(path_major: &str) -> &str {
    let stable = path_major.strip_suffix("-unstable").unwrap_or(path_major);
    stable.strip_prefix(['/', '.']).unwrap_or(stable)
}

/// The canonical form of a version, which keeps `+incompatible` and no other
/// build metadata; empty for an invalid one.
pub fn canonical_version(version: &str) -> String {
    let mut canonical = semver::canonical(version);
    if is_incompatible(version) {
        canonical.push_str("+incompatible");
    }
    canonical
}

/// Whether this is a version of a module that has a major version above 1 and
/// no go.mod that says so.
pub fn is_incompatible(version: &str) -> bool {
    semver::build(version) == "+incompatible"
}
