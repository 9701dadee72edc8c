//! The files that the patterns of `//go:embed` name (cmd/go load/pkg.go,
//! resolveEmbed).

use super::files::{Entry, EntryKind, ModuleFiles, Place};
use airgo_gomod::gosource::closure::{ancestors, join};
use airgo_gomod::module::{check_file_path, path_match};
use std::collections::BTreeSet;

/// The files that a package embeds, below the module's root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Embedded {
    /// Those of the package itself.
    pub files: BTreeSet<String>,
    /// Those of its tests; only of main modules' packages.
    pub test_files: BTreeSet<String>,
}

/// A pattern that go refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbedError {
    /// The package.
    pub package: String,
    /// The pattern, as written.
    pub pattern: String,
    /// Why, in go's words.
    pub problem: String,
}

pub(crate) type Names = Result<BTreeSet<String>, String>;

/// The files that one pattern names, below the module's root, of a package in
/// `dir`; or go's words against it.
pub(crate) fn resolve<F: ModuleFiles>(
    files: &mut F,
    place: &Place,
    dir: &str,
    pattern: &str,
) -> Result<Names, F::Error> {
    let (glob, all) = match pattern.strip_prefix("all:") {
        Some(glob) => (glob, true),
        None => (pattern, false),
    };
    if path_match(glob, "").is_err() || !is_valid_path(glob) {
        return Ok(Err("invalid pattern syntax".to_owned()));
    }
    let Some(matches) = glob_below(files, place, dir, glob)? else {
        return Ok(Err("syntax error in pattern".to_owned()));
    };
    let mut found = BTreeSet::new();
    for Match { path, kind, links } in matches {
        let rel = if dir.is_empty() { path.as_str() } else { &path[dir.len() + 1..] };
        let what = if kind == EntryKind::Directory { "directory" } else { "file" };
        for above in ancestors(rel) {
            let full = join(dir, above);
            let is_dir = above != rel || kind == EntryKind::Directory;
            if is_dir && has_go_mod(&files.directory(place, &full)?) {
                return Ok(Err(format!("cannot embed {what} {rel}: in different module")));
            }
            if links.contains(&full) {
                return Ok(Err(format!("cannot embed {what} {rel}: in non-directory {above}")));
            }
            let element = above.rsplit('/').next().unwrap_or(above);
            if is_bad_name(element) {
                let where_ = if above == rel { "invalid name" } else { "in invalid directory" };
                return Ok(Err(format!("cannot embed {what} {rel}: {where_} {element}")));
            }
        }
        match kind {
            EntryKind::File(_) => {
                found.insert(path);
            }
            EntryKind::Directory => {
                let mut count = 0;
                if let Err(problem) = walk(files, place, (dir, &path), all, &mut count, &mut found)? {
                    return Ok(Err(problem));
                }
                if count == 0 {
                    return Ok(Err(format!("cannot embed directory {rel}: contains no embeddable files")));
                }
            }
            EntryKind::LinkedFile(_) | EntryKind::LinkedDirectory | EntryKind::Other => {
                return Ok(Err(format!("cannot embed irregular file {rel}")));
            }
        }
    }
    Ok(if found.is_empty() { Err("no matching files found".to_owned()) } else { Ok(found) })
}

/// All files below a directory that a module may hold, stopping at other modules;
/// hidden ones only where asked for.
fn walk<F: ModuleFiles>(
    files: &mut F,
    place: &Place,
    (package, top): (&str, &str),
    all: bool,
    count: &mut usize,
    found: &mut BTreeSet<String>,
) -> Result<Result<(), String>, F::Error> {
    let mut open = vec![top.to_owned()];
    while let Some(dir) = open.pop() {
        let entries = files.directory(place, &dir)?;
        if dir != top && has_go_mod(&entries) {
            continue;
        }
        for entry in entries {
            let (name, path) = (entry.name.as_str(), join(&dir, &entry.name));
            let (bad, hidden) = (is_bad_name(name), name.starts_with(['.', '_']));
            if bad || hidden && !all {
                if entry.kind != EntryKind::Directory && !hidden {
                    let rel = path.get(package.len()..).unwrap_or(&path).trim_start_matches('/');
                    return Ok(Err(format!("cannot embed file {rel}: invalid name {name}")));
                }
                continue;
            }
            match entry.kind {
                EntryKind::Directory => open.push(path),
                EntryKind::File(_) => {
                    *count += 1;
                    found.insert(path);
                }
                EntryKind::LinkedFile(_) | EntryKind::LinkedDirectory | EntryKind::Other => {}
            }
        }
    }
    Ok(Ok(()))
}

/// Something that a glob matches.
struct Match {
    path: String,
    kind: EntryKind,
    /// The links to directories that it is behind.
    links: Vec<String>,
}

/// What a glob matches below a directory, element by element (path/filepath,
/// Glob); None where one of its elements is malformed.
fn glob_below<F: ModuleFiles>(
    files: &mut F,
    place: &Place,
    dir: &str,
    glob: &str,
) -> Result<Option<Vec<Match>>, F::Error> {
    let mut level = vec![Match { path: dir.to_owned(), kind: EntryKind::Directory, links: Vec::new() }];
    for element in glob.split('/') {
        if path_match(element, "").is_err() {
            return Ok(None);
        }
        let plain = !element.contains(['*', '?', '[', '\\']);
        let mut next = Vec::new();
        for mut above in level {
            match above.kind {
                EntryKind::Directory => {}
                EntryKind::LinkedDirectory => above.links.push(above.path.clone()),
                EntryKind::File(_) | EntryKind::LinkedFile(_) | EntryKind::Other => continue,
            }
            let mut entries = files.directory(place, &above.path)?;
            entries.sort_by(|a, b| a.name.cmp(&b.name));
            for entry in entries {
                let matches = if plain {
                    entry.name == element
                } else {
                    path_match(element, &entry.name).unwrap_or_default()
                };
                if matches {
                    let path = join(&above.path, &entry.name);
                    next.push(Match { path, kind: entry.kind, links: above.links.clone() });
                }
            }
        }
        level = next;
    }
    Ok(Some(level))
}

/// io/fs.ValidPath, and not the directory itself.
fn is_valid_path(path: &str) -> bool {
    path.split('/').all(|element| !matches!(element, "" | "." | ".."))
}

/// What no module can hold (isBadEmbedName).
fn is_bad_name(name: &str) -> bool {
    check_file_path(name).is_err() || matches!(name, ".bzr" | ".hg" | ".git" | ".svn")
}

fn has_go_mod(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| entry.name == "go.mod")
}
