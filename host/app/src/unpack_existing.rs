//! What is in the module cache before an unpack: what was changed there, and what nobody
//! needs any more.

use crate::Context;
use crate::errors::{cache_disk, install_failure};
use crate::failure::{Failure, Result};
use crate::quantity::{bytes, count, count_are};
use crate::unpack_modules::Watch;
use airgo_bundle::{ObjectKind, SignedBundle};
use airgo_gomod::ModuleVersion;
use airgo_modcache::{InstallError, Keep, ModCache, Problem, Pruned};
use std::collections::BTreeMap;

/// Says what helps where the cache has other content than a module's.
pub fn advise(failure: Failure, error: &InstallError, repair: bool) -> Failure {
    match *error.problem {
        Problem::Changed { .. } | Problem::Conflict { .. } if repair => failure
            .hint("--repair has nothing to replace it with: this bundle does not carry the whole module"),
        Problem::Changed { .. } | Problem::Conflict { .. } => {
            failure.hint("or run it again with --repair, which replaces it by what the bundle has")
        }
        _ => failure,
    }
}

/// Removes the modules that airgo installed and the bundle does not have.
///
/// # Errors
/// One cannot be removed.
pub fn prune(cache: &ModCache, bundle: &SignedBundle, watch: &Watch) -> Result<Pruned> {
    let mut wanted: BTreeMap<&ModuleVersion, Keep> = BTreeMap::new();
    for object in bundle.objects() {
        let keep = match object.kind {
            ObjectKind::Zip | ObjectKind::FileList => Keep::All,
            ObjectKind::Info | ObjectKind::Mod => Keep::GoMod,
            ObjectKind::List | ObjectKind::Data | ObjectKind::Block => continue,
        };
        let known = wanted.entry(&object.module).or_insert(keep);
        if keep == Keep::All {
            *known = keep;
        }
    }
    let keep = |module: &ModuleVersion| wanted.get(module).copied().unwrap_or(Keep::Nothing);
    let pruned = cache.prune(keep, watch);
    pruned.map_err(|error| {
        match &*error.problem {
            Problem::Read { file, source } if error.module.path.is_empty() => {
                cache_disk(Failure::failed(format!("cannot read {file} in the module cache")), None, source)
            }
            _ => install_failure(&error),
        }
        .outcome("the bundle is unpacked; a second run removes what is left")
    })
}

/// Says what was removed.
pub fn report(context: &Context, pruned: Option<&Pruned>) {
    let Some(Pruned { removed, files, bytes: size, changed }) = pruned else { return };
    for module in removed {
        context.detail(format!("removed {module}"));
    }
    for module in changed {
        context.detail(format!("{module} was changed since airgo installed it, and stays"));
    }
    let kept = match changed.len() {
        0 => String::new(),
        n => format!("; {} not as airgo left them, and stay", count_are(n, "module")),
    };
    let files = count(usize::try_from(*files).unwrap_or(usize::MAX), "file");
    context.status("Pruned", format!("{} ({files}, {}){kept}", count(removed.len(), "module"), bytes(*size)));
}
