//! What would be lost of a vendor directory that is replaced: files that neither go
//! would write now nor the module has that modules.txt says they are of.

use crate::failure::{Failure, FailureKind, Result};
use crate::paths::shown;
use crate::quantity::count;
use crate::vendor::{Difference, Disk, Found, MODULES_TXT, Sources, Wrong, wanted};
use airgo_gomod::ModuleVersion;
use airgo_gomod::module::has_path_prefix;
use airgo_resolve::vendor::{ModulesTxt, Vendored};
use airgo_resolve::{Replacement, Resolution};
use std::collections::BTreeSet;
use std::path::Path;

/// How many files a failure names.
const SHOWN: usize = 20;

/// What is in a vendor directory that go would not write.
#[derive(Debug, Default)]
pub struct LocalChanges {
    /// Files that were changed or added.
    pub changed: Vec<Difference>,
    /// Modules at versions that the build list does not have: what their files were is
    /// not known here.
    pub unknown: BTreeSet<ModuleVersion>,
}

/// Looks at each file that is there.
///
/// # Errors
/// A list of files that cannot be had.
pub fn of(
    disk: &Disk,
    (vendored, resolution): (&Vendored, &Resolution),
    sources: &mut Sources<'_>,
) -> Result<LocalChanges> {
    let text = disk.text(MODULES_TXT, u64::MAX).unwrap_or_default();
    let said = ModulesTxt::parse(&text);
    let mut found = LocalChanges::default();
    for (path, what) in &disk.files {
        let mut add = |wrong, module: Option<&ModuleVersion>, detail: Option<&str>| {
            let (module, detail) = (module.cloned(), detail.map(str::to_owned));
            found.changed.push(Difference { path: path.clone(), wrong, module, detail });
        };
        let have = match what {
            Found::File { .. } if path == MODULES_TXT => continue,
            Found::File { sha256, .. } => *sha256,
            Found::Other(what) => {
                add(Wrong::NotAFile, None, Some(what));
                continue;
            }
            Found::Unreadable(why) => {
                add(Wrong::Unreadable, None, Some(why));
                continue;
            }
        };
        if let Some(copied) = vendored.files.get(path)
            && have.is_some()
            && wanted(copied, sources)? == have
        {
            continue;
        }
        let owners = said.modules().filter(|(module, _)| has_path_prefix(path, &module.path));
        let Some((owner, replacement)) = owners.max_by_key(|(module, _)| module.path.len()) else {
            add(Wrong::Added, None, None);
            continue;
        };
        match original(owner, replacement, path, resolution, sources) {
            Original::Is(sha256) if have == Some(sha256) => {}
            Original::Is(_) => add(Wrong::Changed, Some(owner), None),
            Original::None => add(Wrong::Added, Some(owner), None),
            Original::Directory => {}
            Original::Unknown => drop(found.unknown.insert(owner.clone())),
        }
    }
    Ok(found)
}

/// What a file of a module was when it was copied.
enum Original {
    /// Its SHA-256.
    Is([u8; 32]),
    /// The module has no such file.
    None,
    /// It came from a directory of this disk, which may have changed since.
    Directory,
    /// The module is at another version now.
    Unknown,
}

fn original(
    owner: &ModuleVersion,
    replacement: Option<&ModuleVersion>,
    path: &str,
    resolution: &Resolution,
    sources: &mut Sources<'_>,
) -> Original {
    let Some(selected) = resolution.build_list.iter().find(|s| s.module == *owner) else {
        return Original::Unknown;
    };
    let same = match (&selected.replacement, replacement) {
        (None, None) => true,
        (Some(Replacement::Module(now)), Some(then)) => now == then,
        (Some(Replacement::Directory { .. }), _) => return Original::Directory,
        _ => false,
    };
    let Some(stored) = selected.stored().filter(|_| same) else { return Original::Unknown };
    let Ok(listed) = sources.listed(stored) else { return Original::Unknown };
    let file = path[owner.path.len()..].trim_start_matches('/');
    listed.sha256(file).map_or(Original::None, Original::Is)
}

impl LocalChanges {
    /// Refuses to lose what was changed.
    ///
    /// # Errors
    /// Something was.
    pub fn refuse(&self, dir: &Path, again: &str) -> Result<()> {
        if self.changed.is_empty() {
            return Ok(());
        }
        let message = format!("{} has local changes: {}", shown(dir), count(self.changed.len(), "file"));
        let mut failure = Failure::new(FailureKind::Vendor, message);
        for Difference { path, wrong, module, detail } in self.changed.iter().take(SHOWN) {
            let module = module.as_ref().map_or_else(String::new, |module| format!(" ({module})"));
            let detail = detail.as_ref().map_or_else(String::new, |detail| format!(": {detail}"));
            let what = wrong.name().replace('-', " ");
            failure = failure.line(format!("{}: {what}{module}{detail}", shown(&dir.join(path))));
        }
        if let Some(more) = self.changed.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            failure = failure.line(format!("and {more} more"));
        }
        Err(failure.hint(format!("to write it anew, without these changes: {again} --replace")))
    }
}
