//! Paths of the project: made absolute, cleaned, and as people read them and
//! shells take them.

use crate::failure::{Failure, Result};
use std::path::{Component, Path, PathBuf};

/// An absolute path without `.` and `..`.
pub fn absolute(path: &Path) -> Result<PathBuf> {
    let absolute =
        std::path::absolute(path).map_err(|e| Failure::failed(format!("{}: {e}", path.display())))?;
    Ok(clean(&absolute))
}

/// Resolves `.` and `..` by words alone, as Go's filepath.Clean.
pub fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// A path for people: relative to the working directory where it is inside.
pub fn shown(path: &Path) -> String {
    let inside = std::env::current_dir().ok().and_then(|cwd| path.strip_prefix(cwd).ok().map(Path::to_owned));
    inside.unwrap_or_else(|| path.to_owned()).display().to_string()
}

/// A path as an argument of a command that is printed, to be pasted into a
/// shell: [`shown`], quoted where the shell would take it apart, and never an
/// option.
pub fn argument(path: &Path) -> String {
    let mut text = shown(path);
    if text.starts_with('-') {
        text.insert_str(0, "./");
    }
    quoted(&text)
}

/// A word as an argument of a command that is printed.
pub fn quoted(word: &str) -> String {
    match shlex::try_quote(word) {
        Ok(quoted) => quoted.into_owned(),
        // It holds a NUL, which no argument can.
        Err(_) => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_one_word_of_a_shell() {
        for (path, wanted) in [
            ("app.airgo", "app.airgo"),
            ("dir/my app.airgo", "'dir/my app.airgo'"),
            ("-rf.airgo", "./-rf.airgo"),
            ("it's.airgo", "\"it's.airgo\""),
            ("$(id).airgo", "'$(id).airgo'"),
            ("a;b", "'a;b'"),
        ] {
            assert_eq!(argument(Path::new(path)), wanted);
            assert_eq!(shlex::split(wanted).unwrap_or_default().len(), 1, "{wanted}");
        }
    }
}
