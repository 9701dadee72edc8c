//! Lexical file paths as Go's path/filepath treats them on Unix. Nothing here
//! looks at a disk.

use airgo_gomod::modfile::is_directory_path;

/// The shortest equivalent path (filepath.Clean).
pub(crate) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

/// `path` as seen from `dir`, cleaned; an absolute path stays itself.
pub(crate) fn join(dir: &str, path: &str) -> String {
    if path.starts_with('/') || dir.is_empty() {
        return clean(path);
    }
    clean(&format!("{dir}/{path}"))
}

/// The path that leads from `base` to `target` (filepath.Rel); `None` where
/// that cannot be known from the text alone.
pub(crate) fn relative(base: &str, target: &str) -> Option<String> {
    let (base, target) = (clean(base), clean(target));
    if base.starts_with('/') != target.starts_with('/') {
        return None;
    }
    let base: Vec<&str> = base.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    let target: Vec<&str> = target.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    let shared = base.iter().zip(&target).take_while(|(a, b)| a == b).count();
    if base[shared..].contains(&"..") {
        return None;
    }
    let mut parts = vec![".."; base.len() - shared];
    parts.extend(&target[shared..]);
    Some(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

/// Makes a path unmistakably a directory's (cmd/go modload/modfile.go,
/// ToDirectoryPath).
pub(crate) fn to_directory_path(path: &str) -> String {
    if is_directory_path(path) { path.to_owned() } else { format!("./{}", clean(path)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans_as_filepath_clean() {
        for (path, want) in [
            ("", "."),
            (".", "."),
            ("/", "/"),
            ("/..", "/"),
            ("a//b/./c/..", "a/b"),
            ("../a/../..", "../.."),
            ("/a/../../b/", "/b"),
        ] {
            assert_eq!(clean(path), want, "{path:?}");
        }
    }

    #[test]
    fn relates_as_filepath_rel() {
        for (base, target, want) in [
            ("/w", "/w/a", Some("a")),
            ("/w/a", "/w/b/c", Some("../b/c")),
            ("/w", "/w", Some(".")),
            (".", "../x", Some("../x")),
            ("a", "b", Some("../b")),
            ("../a", "../b", Some("../b")),
            ("..", "a", None),
            ("/w", "a", None),
        ] {
            assert_eq!(relative(base, target).as_deref(), want, "{base} {target}");
        }
    }

    #[test]
    fn joins_and_marks_directories() {
        assert_eq!(join("/w/a", "../b"), "/w/b");
        assert_eq!(join("/w/a", "/b/"), "/b");
        assert_eq!(to_directory_path("b"), "./b");
        assert_eq!(to_directory_path("../b"), "../b");
    }
}
