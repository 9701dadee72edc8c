//! The replace directive, which go.mod and go.work share (x/mod
//! modfile/rule.go, parseReplace).

use super::Replace;
use super::error::Problem;
use super::syntax::Line;
use super::versions::{Versions, check_major, string_argument};
use crate::module::{ModuleVersion, split_path_version};

const VERB: &str = "replace";

pub(super) fn parse(line: &Line<'_>, args: &[&str], versions: Versions) -> Result<Replace, Problem> {
    let (old_args, new_args) = match args {
        [path, "=>", new @ ..] => ((*path, None), new),
        [path, version, "=>", new @ ..] => ((*path, Some(*version)), new),
        _ => return Err(usage()),
    };
    let (new_path, new_version) = match new_args {
        [path] => (*path, None),
        [path, version] => (*path, Some(*version)),
        _ => return Err(usage()),
    };

    let path = string_argument(old_args.0)?;
    let Some((_, path_major)) = split_path_version(&path) else {
        return Err(Problem::ReplacedModulePath(path));
    };
    let version = match old_args.1 {
        None => String::new(),
        Some(word) => {
            let version = versions.read(VERB, &path, word)?;
            check_major(&version, path_major).map_err(|invalid| Problem::Version {
                verb: VERB,
                path: path.clone(),
                invalid,
            })?;
            version
        }
    };
    let old = ModuleVersion { path, version };

    let path = string_argument(new_path)?;
    let version = match new_version {
        None => {
            check_directory(&path)?;
            String::new()
        }
        Some(word) => {
            let version = versions.read(VERB, &path, word)?;
            if is_directory_path(&path) {
                return Err(Problem::ReplacementDirectoryVersion(path));
            }
            version
        }
    };
    Ok(Replace { old, new: ModuleVersion { path, version }, pos: line.pos })
}

fn usage() -> Problem {
    Problem::Usage(
        "replace module/path [v1.2.3] => other/module v1.4\n\t or replace module/path [v1.2.3] => ../local/directory"
            .to_owned(),
    )
}

fn check_directory(path: &str) -> Result<(), Problem> {
    if !is_directory_path(path) {
        return Err(if path.contains('@') { Problem::ReplacementAt } else { Problem::ReplacementDirectory });
    }
    if std::path::MAIN_SEPARATOR == '/' && path.contains('\\') {
        return Err(Problem::ReplacementWindows);
    }
    Ok(())
}

/// Whether the path of a replacement is that of a directory: rooted, or
/// starting with `.` or `..`, as any system writes it; else it is that of a
/// module (x/mod IsDirectoryPath).
pub fn is_directory_path(path: &str) -> bool {
    let drive = matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    let starts = ["./", ".\\", "../", "..\\", "/", "\\"];
    path == "." || path == ".." || drive || starts.iter().any(|start| path.starts_with(start))
}
