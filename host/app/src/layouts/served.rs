//! `--as proxy` and `--as athens`: whole modules, in a directory that something serves.

use super::rebuilt;
use super::{Written, failure};
use crate::Context;
use crate::bundle_files;
use crate::failure::{Failure, FailureKind, Result};
use crate::paths::{argument, shown};
use crate::quantity::{bytes, count_are};
use crate::trust::open;
use crate::unpack::UnpackRequest;
use crate::unpack_modules::{Watch, damage, evidence, inputs, modules};
use crate::unpack_zips;
use airgo_bundle::SignedBundle;
use airgo_bundle::manifest::Encoding;
use airgo_bundle::names::EVIDENCE;
use airgo_gomod::ModuleVersion;
use airgo_modcache::{InstallAllError, ModuleInput, Outcome, ServedTree, Serving};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Writes the tree.
pub fn write(
    context: &Context,
    request: &UnpackRequest,
    (serving, dir): (Serving, &Path),
    bundle: &SignedBundle,
) -> Result<Written> {
    demand_whole(request, bundle)?;
    let tree = ServedTree::open(dir, serving).map_err(|e| failure::directory(&e))?;
    let inputs = all(bundle, dir)?;
    let evidence = evidence(bundle)?;
    let sumdb: Vec<_> = evidence
        .into_iter()
        .filter_map(|(name, bytes)| Some((name.strip_prefix(EVIDENCE)?, bytes)))
        .collect();
    context.interrupt.check()?;
    let with_code: BTreeSet<ModuleVersion> =
        inputs.iter().filter(|input| input.zip.is_some()).map(|input| input.module.clone()).collect();
    let size: u64 = inputs.iter().filter_map(|input| input.zip.as_ref()).map(|zip| zip.size).sum();
    let watch = Watch::new(context, with_code);
    let jobs = open::jobs(request.jobs);
    tree.add_all(inputs, jobs.get(), &watch).map_err(|e| {
        let damage = damage(context, jobs, bundle, &e.error);
        damage.unwrap_or_else(|| failure::served(&e.error, dir))
    })?;
    // From here on all of the bundle is verified.
    let published = tree.publish(&sumdb, &watch).map_err(|e| incomplete(&e, &watch.with_code, dir))?;
    let installed = published.iter().filter(|(_, outcome)| *outcome != Outcome::AlreadyPresent).count();
    let already_present = published.len() - installed;
    let more = published.len() - watch.with_code.len();
    let what = modules(watch.with_code.len(), more);
    let what = format!("{what} ({}, {already_present} already there)", bytes(size));
    Ok(Written { dir: dir.to_owned(), installed, already_present, what })
}

/// Refuses a bundle that has parts of modules.
fn demand_whole(request: &UnpackRequest, bundle: &SignedBundle) -> Result<()> {
    if bundle.manifest().payload.encoding != Encoding::Exact {
        return Ok(());
    }
    let (file, layout) = (request.name(), request.layout.name());
    Err(Failure::failed(format!(
        "{} carries only what a build reads, and --as {layout} needs whole modules",
        shown(file)
    ))
    .hint(format!("a bundle with all files: airgo pack --compact -o {}", argument(file)))
    .hint(format!("a module cache for the build: airgo unpack {}", argument(file))))
}

/// All modules with their zips: those that are stored, and those that are made again.
fn all<'b>(bundle: &'b SignedBundle, dir: &'b Path) -> Result<Vec<ModuleInput<'b>>> {
    let mut inputs = inputs(bundle, false)?;
    let Some(blocks) = bundle_files::blocks(bundle)?.map(Arc::new) else { return Ok(inputs) };
    let mut zips = rebuilt::zips(bundle.manifest(), &blocks, &unpack_zips::wanted(bundle, false)?, dir);
    for input in &mut inputs {
        if input.zip.is_none() {
            input.zip = zips.remove(&input.module);
        }
    }
    let rest: BTreeMap<_, _> = zips;
    inputs.extend(rest.into_iter().map(|(module, zip)| ModuleInput {
        module,
        info: None,
        go_mod: None,
        zip: Some(zip),
    }));
    Ok(inputs)
}

/// What is finished stays: each file is whole or not there.
fn incomplete(error: &InstallAllError, with_code: &BTreeSet<ModuleVersion>, dir: &Path) -> Failure {
    let failure = failure::served(&error.error, dir);
    let complete = error.finished.iter().filter(|(module, _)| with_code.contains(module)).count();
    if complete == 0 && failure.kind != FailureKind::Interrupted {
        return failure;
    }
    failure.outcome(format!(
        "{} complete in {}, {} not written; a second run goes on from there",
        count_are(complete, "module"),
        shown(dir),
        with_code.len() - complete
    ))
}
