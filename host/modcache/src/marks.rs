//! What `cache/airgo-exact.json` says of the modules of a stage: before they are
//! published, and once they are.

use crate::cache::ModCache;
use crate::error::{InstallError, Problem};
use crate::gomodcache::marker::{ExactModule, Marker};
use crate::input::{Outcome, Progress};
use crate::staged::{Staged, Work};
use airgo_gomod::ModuleVersion;
use std::collections::{BTreeMap, BTreeSet};

/// The entries to be made, and the modules that need none any more.
pub(crate) struct Marks {
    /// Not whole yet: nothing of them is there.
    parts: BTreeMap<ModuleVersion, ExactModule>,
    /// Those of them that will be.
    whole: BTreeSet<ModuleVersion>,
    /// Modules with zips.
    complete: BTreeSet<ModuleVersion>,
}

impl Marks {
    pub(crate) fn of(staged: &[Staged], bundle: &str) -> Self {
        let (mut parts, mut whole, mut complete) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        for Staged { place, work, .. } in staged {
            let module = &place.module;
            match work {
                Work::Part(part) => {
                    let entry = ExactModule {
                        h1: part.list.h1().to_string(),
                        manifest_sha256: bundle.to_owned(),
                        path: module.path.clone(),
                        version: module.version.clone(),
                        whole: false,
                    };
                    parts.insert(module.clone(), entry);
                    if part.whole {
                        whole.insert(module.clone());
                    }
                }
                Work::Module(..) | Work::Rebuilt(..) => {
                    complete.insert(module.clone());
                }
                Work::Nothing | Work::Metadata | Work::Complete => {}
            }
        }
        Self { parts, whole, complete }
    }

    /// Says of all parts that they are such, before the first of them is there.
    pub(crate) fn before(
        &self,
        cache: &ModCache,
        staged: &[Staged],
        progress: &dyn Progress,
    ) -> Result<(), InstallError> {
        for Staged { work, .. } in staged {
            if let Work::Part(part) | Work::Rebuilt(_, part) = work {
                part.check_ready()?;
            }
        }
        let Some(first) = self.parts.keys().next() else { return Ok(()) };
        let updated = Marker::update(
            &cache.root,
            &cache.temporary,
            || progress.cancelled(),
            |entries| {
                entries.extend(self.parts.iter().map(|(module, entry)| (module.clone(), entry.clone())));
            },
        );
        updated.map_err(|error| Problem::Marker(error).of(first))
    }

    /// Says of those that are whole that they are, and of those with a zip nothing.
    pub(crate) fn after(
        &self,
        cache: &ModCache,
        finished: &[(ModuleVersion, Outcome)],
        progress: &dyn Progress,
    ) -> Result<(), InstallError> {
        let Some((first, _)) = finished.first() else { return Ok(()) };
        let error = |error| Problem::Marker(error).of(first);
        if self.whole.is_empty() {
            let marker = Marker::read(&cache.root).map_err(error)?;
            if !finished.iter().any(|(module, _)| self.complete.contains(module) && marker.contains(module)) {
                return Ok(());
            }
        }
        let updated = Marker::update(
            &cache.root,
            &cache.temporary,
            || progress.cancelled(),
            |entries| {
                for (module, _) in finished {
                    if self.complete.contains(module) {
                        entries.remove(module);
                    }
                    if let Some(entry) = entries.get_mut(module).filter(|_| self.whole.contains(module)) {
                        entry.whole = true;
                    }
                }
            },
        );
        updated.map_err(error)
    }
}
