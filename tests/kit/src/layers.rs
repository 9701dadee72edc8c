//! Which files of a crate use which: for tests that hold the order of its folders.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Files by their module path, `format::reader`, each with those that it uses.
pub type Uses = BTreeMap<String, BTreeSet<String>>;

fn read(dir: &Path, prefix: &str, into: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let name = if prefix.is_empty() { stem.clone() } else { format!("{prefix}::{stem}") };
        if path.is_dir() {
            read(&path, &name, into);
        } else {
            let name = if stem == "mod" { prefix.to_owned() } else { name };
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            let lines = code.lines().map(|l| l.split("//").next().unwrap());
            into.insert(name, lines.collect::<Vec<_>>().join("\n"));
        }
    }
}

/// The paths that a text names, from the root of the crate on.
fn paths(text: &str, own: &str, is_folder: bool) -> Vec<String> {
    let parent = if is_folder { own } else { own.rsplit_once("::").map_or("", |(parent, _)| parent) };
    let above = parent.rsplit_once("::").map_or("", |(above, _)| above);
    let mut found = Vec::new();
    let mut starts: Vec<(usize, String)> = Vec::new();
    for (word, base) in [("crate::", ""), ("super::", if is_folder { above } else { parent })] {
        starts.extend(text.match_indices(word).map(|(at, _)| (at + word.len(), base.to_owned())));
    }
    if is_folder {
        let declared = text.match_indices("pub use ").chain(text.match_indices("pub(crate) use "));
        starts.extend(declared.map(|(at, word)| (at + word.len(), own.to_owned())));
    }
    for (at, base) in starts {
        let end = |c: char| !(c.is_alphanumeric() || c == '_' || c == ':');
        let rest = &text[at..];
        let path = &rest[..rest.find(end).unwrap_or(rest.len())];
        let full = if base.is_empty() { path.to_owned() } else { format!("{base}::{path}") };
        match rest[path.len()..].strip_prefix('{') {
            Some(group) if full.ends_with("::") || full.is_empty() => {
                let group = &group[..group.find('}').unwrap_or(0)];
                found.extend(group.split(',').map(|item| format!("{full}{}", item.trim())));
            }
            _ => found.push(full),
        }
    }
    found
}

/// The files of the crate in this directory and what each uses, from the paths in
/// their text; unit tests are left out.
pub fn uses(manifest_dir: &str) -> Uses {
    let src = Path::new(manifest_dir).join("src");
    let mut texts = BTreeMap::new();
    read(&src, "", &mut texts);
    let folders: BTreeSet<String> =
        texts.keys().filter_map(|name| Some(name.rsplit_once("::")?.0.to_owned())).collect();
    let file_of = |path: &str| {
        let mut path = path;
        loop {
            if texts.contains_key(path) {
                return Some(path.to_owned());
            }
            path = path.rsplit_once("::")?.0;
        }
    };
    let mut all = Uses::new();
    for (name, text) in texts.iter().filter(|(name, _)| *name != "lib") {
        let found = paths(text, name, folders.contains(name));
        let files = found.iter().filter_map(|path| file_of(path)).filter(|file| file != name);
        all.insert(name.clone(), files.collect());
    }
    assert!(all.values().any(|used| !used.is_empty()), "the imports of {} are not read", src.display());
    all
}

/// That no files of the crate in this directory use each other in a circle.
pub fn assert_no_circles(manifest_dir: &str) {
    let found = circles(uses(manifest_dir));
    assert!(found.is_empty(), "files that use each other: {found:#?}");
}

/// The files that use each other in a circle, with those that they use.
fn circles(mut left: Uses) -> Uses {
    loop {
        let free: Vec<String> =
            left.iter().filter(|(_, used)| used.is_empty()).map(|(name, _)| name.clone()).collect();
        if free.is_empty() {
            break;
        }
        for name in free {
            left.remove(&name);
            for used in left.values_mut() {
                used.remove(&name);
            }
        }
    }
    // What uses a circle from above is not in it.
    loop {
        let used: BTreeSet<String> = left.values().flatten().cloned().collect();
        let before = left.len();
        left.retain(|name, _| used.contains(name));
        if left.len() == before {
            return left;
        }
    }
}
