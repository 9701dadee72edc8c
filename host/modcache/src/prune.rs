//! Removing modules that airgo put into the cache and that are wanted no more.
//!
//! Only what is as airgo recorded it goes: a module that go downloaded, or that was
//! changed since, stays. Each goes under Go's lock and behind a `.partial`, so that the go
//! command finds it whole or not at all; the tree is renamed out of sight before it is
//! removed. What a killed run left of a removal, the next one completes. The lock file
//! stays, for another process may wait for it, and so do directories.

use crate::cache::ModCache;
use crate::crash_point;
use crate::error::{InstallError, Problem};
use crate::gomodcache::list;
use crate::gomodcache::marker::Marker;
use crate::gomodcache::place::Place;
use crate::gomodcache::target::Target;
use crate::input::Progress;
use crate::record::Known;
use airgo_gomod::ModuleVersion;

/// What is to stay of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// All of it.
    All,
    /// Its `.info` and `.mod` files.
    GoMod,
    /// Nothing.
    Nothing,
}

/// What was removed, and what could have been.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The modules that were removed, sorted.
    pub removed: Vec<ModuleVersion>,
    /// Their files, zips included.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Modules that airgo installed and that are not as it left them; they stay. Sorted.
    pub changed: Vec<ModuleVersion>,
}

/// What became of one module.
enum Removal {
    Done,
    /// It was removed before.
    Gone,
    Changed,
}

impl ModCache {
    /// Removes the modules that airgo installed and `keep` has no use for. A go.mod file
    /// that came without its module's zip is not recorded, and stays.
    ///
    /// # Errors
    /// A module that cannot be removed, or the records cannot be listed. Those before it,
    /// by path and version, are removed.
    pub fn prune(
        &self,
        keep: impl Fn(&ModuleVersion) -> Keep,
        progress: &dyn Progress,
    ) -> Result<Pruned, InstallError> {
        let nobody = ModuleVersion::new("", "");
        let all = self
            .records
            .all()
            .map_err(|source| Problem::Read { file: self.records.place(), source }.of(&nobody))?;
        let mut todo: Vec<_> = all
            .into_iter()
            .filter(|known| known.installed)
            .map(|known| (keep(&known.module), known))
            .filter(|(keep, _)| *keep != Keep::All)
            .collect();
        todo.sort_by(|(_, a), (_, b)| a.module.cmp(&b.module));
        let mut pruned = Pruned::default();
        for (keep, known) in todo {
            match self.remove(&known, keep, progress)? {
                Removal::Gone => {}
                Removal::Changed => pruned.changed.push(known.module),
                Removal::Done => {
                    let mut add = |size| {
                        pruned.files += 1;
                        pruned.bytes += size;
                    };
                    known.tree.files(|_, size| add(size));
                    known.zip.into_iter().for_each(|zip| add(zip.size));
                    pruned.removed.push(known.module);
                }
            }
        }
        self.unmark(&pruned, progress)?;
        Ok(pruned)
    }

    /// Takes modules that are gone from the list of those that came without zips.
    fn unmark(&self, pruned: &Pruned, progress: &dyn Progress) -> Result<(), InstallError> {
        let Some(first) = pruned.removed.first() else { return Ok(()) };
        let error = |error| Problem::Marker(error).of(first);
        let marker = Marker::read(&self.root).map_err(error)?;
        if !pruned.removed.iter().any(|module| marker.contains(module)) {
            return Ok(());
        }
        let updated = Marker::update(
            &self.root,
            &self.temporary,
            || progress.cancelled(),
            |entries| entries.retain(|module, _| pruned.removed.binary_search(module).is_err()),
        );
        updated.map_err(error)
    }

    fn remove(&self, known: &Known, keep: Keep, progress: &dyn Progress) -> Result<Removal, InstallError> {
        let place = Place::of(&known.module)?;
        let Some(download) = place.open_download(&self.root)? else {
            self.records.remove(&known.module);
            return Ok(Removal::Gone);
        };
        let target = self.target(&place, &download, progress);
        target.check()?;
        let _locked = target.lock()?;
        let there = |suffix: &str| download.symlink_metadata(place.file(suffix)).is_ok();
        // No one has it any more: a removal that did not come to its end.
        let is_unfinished = there("partial") && (!there("zip") || known.is_zip(&target));
        if !is_unfinished && !known.is_of(&target) {
            let parent = place.open_parent(&self.root)?;
            let has_tree = parent.is_some_and(|parent| parent.symlink_metadata(place.tree_name()).is_ok());
            if there("zip") || has_tree {
                return Ok(Removal::Changed);
            }
            self.records.remove(&known.module);
            return Ok(Removal::Gone);
        }
        self.remove_files(&target, keep)?;
        self.records.remove(&known.module);
        target.remove("partial")?;
        crash_point!("pruned");
        Ok(Removal::Done)
    }

    fn remove_files(&self, target: &Target<'_>, keep: Keep) -> Result<(), InstallError> {
        let Target { place, download, temporary, .. } = *target;
        target.hide()?;
        crash_point!("prune: partial");
        // Removed at the end of this function, where no one sees it.
        let _tree = match place.open_parent(&self.root)? {
            Some(parent) => temporary
                .take_away(&parent, place.tree_name())
                .map_err(|error| place.obstacle(&place.tree_path(), error))?,
            None => None,
        };
        crash_point!("prune: tree");
        target.remove("zip")?;
        crash_point!("prune: zip");
        target.remove("ziphash")?;
        if keep == Keep::Nothing {
            target.remove("info")?;
            target.remove("mod")?;
            crash_point!("prune: mod");
            list::rewrite(download, target.progress)
                .map_err(|error| place.lock_error(&place.download_path("list"), error))?;
        }
        Ok(())
    }
}
