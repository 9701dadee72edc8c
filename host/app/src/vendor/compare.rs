//! A vendor directory beside what go would write there.

use super::disk::{Disk, Found};
use super::lines::{self, LineChange};
use super::sources::Sources;
use crate::failure::Result;
use airgo_gomod::ModuleVersion;
use airgo_resolve::packages::Place;
use airgo_resolve::vendor::{Copied, Vendored};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, HashMap};

/// The text beside the modules.
pub const MODULES_TXT: &str = "modules.txt";

/// What is wrong with a path; the name is a promise to scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// The file has another content.
    Changed,
    /// Go would not write it.
    Added,
    /// Go would write it.
    Missing,
    /// It is something else than a regular file.
    NotAFile,
    /// It cannot be read.
    Unreadable,
    /// The source of the lists does not have its content, which alone says whether go
    /// would write it.
    Unknown,
}

impl Wrong {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Added => "added",
            Self::Missing => "missing",
            Self::NotAFile => "not-a-file",
            Self::Unreadable => "unreadable",
            Self::Unknown => "unknown",
        }
    }
}

/// A path that is not as go would write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The path below the vendor directory.
    pub path: String,
    /// What is wrong.
    pub wrong: Wrong,
    /// The module that has the file; without a version where a directory replaces it.
    pub module: Option<ModuleVersion>,
    /// What else is to be said.
    pub detail: Option<String>,
}

/// All differences, by path; modules.txt apart.
pub fn files(disk: &Disk, vendored: &Vendored, sources: &mut Sources<'_>) -> Result<Vec<Difference>> {
    let mut found = BTreeMap::new();
    let mut add = |path: &str, wrong, module: Option<&ModuleVersion>, detail: Option<String>| {
        let difference = Difference { path: path.to_owned(), wrong, module: module.cloned(), detail };
        found.insert(path.to_owned(), difference);
    };
    let mut folded: HashMap<String, &str> = HashMap::new();
    for path in vendored.files.keys() {
        folded.entry(path.to_lowercase()).or_insert(path);
    }
    for (path, copied) in &vendored.files {
        let module = Some(&copied.module);
        match disk.files.get(path) {
            None => add(path, Wrong::Missing, module, None),
            Some(Found::Other(what)) => add(path, Wrong::NotAFile, module, Some((*what).to_owned())),
            Some(Found::Unreadable(why)) => add(path, Wrong::Unreadable, module, Some(why.clone())),
            Some(Found::File { size, sha256 }) => {
                if *size != copied.size || *sha256 != wanted(copied, sources)? {
                    add(path, Wrong::Changed, module, None);
                }
            }
        }
    }
    for (path, entry) in &disk.files {
        if path == MODULES_TXT && !vendored.modules_txt.is_empty() || vendored.files.contains_key(path) {
            continue;
        }
        match entry {
            Found::Unreadable(why) => add(path, Wrong::Unreadable, None, Some(why.clone())),
            Found::Other(what) => add(path, Wrong::NotAFile, None, Some((*what).to_owned())),
            Found::File { .. } => {
                let twin = folded.get(&path.to_lowercase());
                let detail = twin.map(|twin| format!("it differs from {twin} in the case of letters alone"));
                add(path, Wrong::Added, None, detail);
            }
        }
    }
    Ok(found.into_values().collect())
}

/// The SHA-256 that a file must have.
pub fn wanted(copied: &Copied, sources: &mut Sources<'_>) -> Result<Option<[u8; 32]>> {
    match &copied.place {
        Place::Zip(module) => Ok(sources.listed(module)?.sha256(&copied.file)),
        Place::Directory(_) => {
            let text = sources.replaced(&copied.place, &copied.file)?;
            Ok(Some(Sha256::digest(text).into()))
        }
    }
}

/// The lines of modules.txt that differ; that it is not there is a difference of files.
pub fn modules_txt(text: Option<&[u8]>, vendored: &Vendored) -> Vec<LineChange> {
    let Some(text) = text.filter(|_| !vendored.modules_txt.is_empty()) else { return Vec::new() };
    // What is not UTF-8 is not what go writes.
    lines::changes(&String::from_utf8_lossy(text), &vendored.modules_txt)
}
