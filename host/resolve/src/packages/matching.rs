//! What `./...` matches (cmd/go modload/search.go).

use super::files::{EntryKind, ModuleFiles, Place};
use airgo_gomod::gosource::closure::join;

/// The directories of a main module that `./...` looks into, sorted: not those
/// of other modules, of vendored ones, nor what `ignore` lines name.
pub(super) fn directories<F: ModuleFiles>(
    files: &mut F,
    place: &Place,
    ignored: &[&str],
) -> Result<Vec<String>, F::Error> {
    let (mut found, mut open) = (Vec::new(), vec![String::new()]);
    while let Some(dir) = open.pop() {
        let entries = files.directory(place, &dir)?;
        if !dir.is_empty()
            && entries.iter().any(|e| {
                e.name == "go.mod" && matches!(e.kind, EntryKind::File(_) | EntryKind::LinkedFile(_))
            })
        {
            continue;
        }
        for entry in entries.iter().filter(|entry| entry.kind == EntryKind::Directory) {
            let name = entry.name.as_str();
            let below = join(&dir, name);
            let other =
                name.starts_with(['.', '_']) || name == "testdata" || dir.is_empty() && name == "vendor";
            if !other && !is_ignored(&below, ignored) {
                open.push(below);
            }
        }
        found.push(dir);
    }
    found.sort();
    Ok(found)
}

/// `ignore ./dir` is a directory of the module, `ignore dir` one of that name
/// anywhere in it (cmd/go modload/search.go, pathInIgnore). `dir` is below the
/// module's root, with slashes.
#[must_use]
pub fn is_ignored(dir: &str, ignored: &[&str]) -> bool {
    ignored.iter().any(|pattern| match pattern.strip_prefix("./") {
        Some(rooted) => dir == rooted.trim_end_matches('/'),
        None => {
            let name = pattern.trim_matches('/');
            dir == name || dir.strip_suffix(name).is_some_and(|above| above.ends_with('/'))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_directories_are_rooted_or_anywhere() {
        for (dir, pattern, ignored) in [
            ("a/b", "./a/b", true),
            ("x/a/b", "./a/b", false),
            ("x/a/b", "a/b", true),
            ("a/b", "a/b/", true),
            ("xa/b", "a/b", false),
        ] {
            assert_eq!(is_ignored(dir, &[pattern]), ignored, "{dir} {pattern}");
        }
    }
}
