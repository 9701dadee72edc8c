//! The build list of a project: loads it and resolves it over the network.

use crate::Context;
use crate::collect::downloads::{self, Downloads};
use crate::errors::{fetch_cause, resolve_failure};
use crate::failure::Result;
use crate::project::{self, Loaded};
use crate::quantity::{count, duration};
use crate::requests::Network;
use airgo_fetch::{Kind, Object};
use airgo_resolve::Resolution;
use std::path::Path;
use std::sync::Arc;

/// Resolves the project that `dir` is in.
///
/// # Errors
/// A go.mod that does not parse, a download that fails or is not what go.sum
/// says, a graph that `go` refuses.
pub fn resolve(context: &Context, dir: &Path, network: &Network) -> Result<Resolution> {
    let loaded = project::load(dir, &context.env)?;
    let progress = Arc::new(context.progress("Resolving", "files", 0));
    let fetcher = downloads::fetcher(context, network, &progress)?;
    let mut downloads = Downloads::new(&fetcher, &loaded.sums, &progress);
    let resolution = walk(context, &loaded, &mut downloads)?;
    progress.finish();
    Ok(resolution)
}

/// Resolves over the downloads and reports it; a download's own fault goes
/// before what the resolver made of it.
pub fn walk(context: &Context, loaded: &Loaded, downloads: &mut Downloads<'_>) -> Result<Resolution> {
    let began = std::time::Instant::now();
    let resolved = airgo_resolve::resolve(&loaded.project, downloads);
    if let Some(fault) = downloads.fault() {
        return Err(fault);
    }
    context.interrupt.check()?;
    let resolution = resolved.map_err(|e| {
        let failure = resolve_failure(&e);
        match fetch_cause(&e) {
            Some((error, module)) => {
                downloads.explain(failure, error, &Object::new(module.clone(), Kind::Mod))
            }
            None => failure,
        }
    })?;
    let modules = resolution.build_list.iter().filter(|m| !m.main).count();
    context.status("Resolved", format!("{} in {}", count(modules, "module"), duration(began.elapsed())));
    if let Some(updates) = &resolution.updates {
        context.warning(format!("{updates}; go mod tidy would rewrite go.mod"));
    }
    if let Some(fault) = &resolution.tidy_fault {
        context.warning(format!("go mod tidy will fail on both sides of the gap: {fault}"));
    }
    for (path, fault) in &resolution.lone_faults {
        context.warning(format!("go mod tidy will fail in {path} on both sides of the gap: {fault}"));
    }
    Ok(resolution)
}
