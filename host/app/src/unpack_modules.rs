//! The modules of a bundle as the safe writer takes them, and its progress.

use crate::errors::install_failure;
use crate::failure::{Failure, Result};
use crate::quantity::count;
use crate::trust::open::{self, bundle_failure};
use crate::{Context, Interrupt, Progress};
use airgo_bundle::{ObjectKind, SignedBundle};
use airgo_gomod::ModuleVersion;
use airgo_modcache::{GoModInput, InstallError, ModuleInput, Outcome, Problem, ZipInput};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

/// Every module of the bundle, its zips still behind the bundle's handle: whoever
/// stages them hashes them, and so it is with blocks. All other objects are verified. With
/// `lean` the zips are left out, and lists are verified by whoever reads them.
///
/// # Errors
/// An object that is not what the manifest says.
pub fn inputs(bundle: &SignedBundle, lean: bool) -> Result<Vec<ModuleInput<'_>>> {
    let mut inputs: BTreeMap<ModuleVersion, ModuleInput<'_>> = BTreeMap::new();
    for object in bundle.objects() {
        let content = bundle.content(&object.name).map_err(|e| bundle_failure(&e))?;
        if object.kind == ObjectKind::Block
            || lean && matches!(object.kind, ObjectKind::Zip | ObjectKind::FileList)
        {
            continue;
        }
        if !matches!(object.kind, ObjectKind::Info | ObjectKind::Mod | ObjectKind::Zip) {
            content.verify(&mut Vec::new(), &()).map_err(|e| bundle_failure(&e))?;
            continue;
        }
        let module = object.module.clone();
        let input = inputs.entry(module.clone()).or_insert_with(|| ModuleInput {
            module,
            info: None,
            go_mod: None,
            zip: None,
        });
        match (object.kind, object.h1) {
            (ObjectKind::Zip, Some(h1)) => {
                let reader = Box::new(content.checked_but_digest());
                input.zip = Some(ZipInput { reader, size: object.size, sha256: object.sha256.0, h1 });
            }
            (ObjectKind::Mod, Some(h1)) => {
                let bytes = content.read_verified().map_err(|e| bundle_failure(&e))?;
                input.go_mod = Some(GoModInput { bytes, h1 });
            }
            _ => input.info = Some(content.read_verified().map_err(|e| bundle_failure(&e))?),
        }
    }
    Ok(inputs.into_values().collect())
}

/// The checksum database's word, verified: names in the bundle, and bytes.
///
/// # Errors
/// A file that is not what the manifest says.
pub fn evidence(bundle: &SignedBundle) -> Result<Vec<(&str, Vec<u8>)>> {
    let read = |name| Ok((name, bundle.read_evidence(name).map_err(|e| bundle_failure(&e))?));
    bundle.evidence().map(read).collect()
}

/// How many modules have code, and of how many more there is a go.mod file alone.
pub fn modules(with_code: usize, more: usize) -> String {
    let with_code = count(with_code, "module");
    if more == 0 { with_code } else { format!("{with_code} and {}", count(more, "more go.mod file")) }
}

/// Why a module could not be staged, where that may be because its zip is not what the
/// manifest says: all that is wrong with the bundle then, as `airgo verify` has it.
pub fn damage(
    context: &Context,
    jobs: NonZeroUsize,
    bundle: &SignedBundle,
    error: &InstallError,
) -> Option<Failure> {
    if !matches!(*error.problem, Problem::Mismatch { .. } | Problem::Zip(_) | Problem::Source(_)) {
        return None;
    }
    let watch = open::Watch::new(context, "Verifying", "files", bundle.objects().count() as u64);
    let found = bundle.verify_objects(jobs, &watch);
    Some(found.map_or_else(|found| bundle_failure(&found), |_| install_failure(error)))
}

/// Progress of the safe writer.
pub struct Watch {
    /// The bar.
    progress: Progress,
    /// The modules that the bar counts.
    pub with_code: BTreeSet<ModuleVersion>,
    interrupt: Interrupt,
    context: Context,
    /// What is replaced, and what was wrong with it.
    repaired: Mutex<BTreeMap<ModuleVersion, String>>,
}

impl Watch {
    /// Counts these modules: a go.mod file alone is not one.
    pub fn new(context: &Context, with_code: BTreeSet<ModuleVersion>) -> Self {
        Self {
            progress: context.progress("Unpacking", "modules", with_code.len() as u64),
            with_code,
            interrupt: context.interrupt.clone(),
            context: context.clone(),
            repaired: Mutex::default(),
        }
    }

    /// Reports what was replaced, of what was installed.
    pub fn report_repaired(&self, installed: &BTreeMap<ModuleVersion, Outcome>) {
        let repaired = self.repaired.lock().unwrap_or_else(PoisonError::into_inner);
        for (module, problem) in repaired.iter().filter(|(module, _)| installed.contains_key(module)) {
            self.context.status("Repaired", format!("{module}: {problem}"));
        }
    }
}

impl airgo_modcache::Progress for Watch {
    fn waiting(&self, module: &ModuleVersion) {
        self.context.detail(format!("waiting for another process that works on {module}"));
    }

    fn bytes(&self, more: u64) {
        self.progress.add_bytes(more);
    }

    fn staged(&self, module: &ModuleVersion) {
        if self.with_code.contains(module) {
            self.progress.add_done(1);
        }
    }

    fn repairing(&self, error: &InstallError) {
        let mut repaired = self.repaired.lock().unwrap_or_else(PoisonError::into_inner);
        repaired.entry(error.module.clone()).or_insert_with(|| error.problem.to_string());
    }

    fn cancelled(&self) -> bool {
        self.interrupt.is_set()
    }
}
