//! What `airgo pack --exact` would weigh, where all is packed: of the sizes in the lists
//! of files and of the zips alone. The packages are those that were loaded to see that
//! nothing is missing.

use super::Inputs;
use crate::collect::collected::{list_of, zip_of};
use crate::completeness::{Files, part_of, read_by};
use airgo_gomod::ModuleVersion;
use std::collections::BTreeMap;

/// What blocks of many files take of what the files take in zips, in hundredths: about 46
/// for what the builds of gin and prometheus read, 55 for that of glow, more where there
/// are few files.
const BLOCKS: u64 = 50;

/// Bytes of the bundle, and of what would be in their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instead {
    /// Of the zips and their lists.
    whole: u64,
    /// Of blocks with what is read, and the lists of these modules, about.
    exact: u64,
}

impl Instead {
    /// For all packages and their tests, on the platforms that they were loaded for.
    /// `lists` has the size of each list, `whole` what
    /// zips and lists take in the bundle. None where that cannot be said.
    pub fn of(
        inputs: &Inputs<'_>,
        lists: &BTreeMap<ModuleVersion, u64>,
        whole: u64,
        files: &mut Files<'_>,
    ) -> Option<Self> {
        let mut exact = 0;
        for (module, selection) in read_by(inputs.closures?, files).ok()? {
            let list = list_of(inputs.objects, &module).ok()?.clone();
            let module = part_of(module, &selection, list);
            let zip = zip_of(inputs.objects, &module.module).ok()?.size;
            let all: u64 = module.list.iter().map(|file| file.size).sum();
            let read: u64 = module.files().map(|(_, file)| file.size).sum();
            // Neither is more than a zip may have.
            exact += (zip.saturating_mul(read) / all.max(1)) * BLOCKS / 100;
            exact += lists.get(&module.module).copied().unwrap_or_default();
            // The manifest has a bit for each file, in base64.
            exact += if module.is_whole() { 0 } else { module.list.len() as u64 / 6 };
        }
        Some(Self { whole, exact })
    }

    /// The whole bundle, where this one is of so many bytes.
    pub fn size(&self, bundle: u64) -> u64 {
        bundle.saturating_sub(self.whole) + self.exact
    }
}
