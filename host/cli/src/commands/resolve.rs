//! `airgo resolve`: prints the build list or the module graph.

use crate::Context;
use crate::args::{Resolve, ResolveFormat};
use crate::document::Each;
use crate::downloads::{self, Downloads};
use crate::errors::{fetch_cause, resolve_failure};
use crate::failure::Result;
use crate::printer::{count, duration};
use crate::progress::Progress;
use crate::project::{self, Loaded};
use airgo_fetch::{Kind, Object};
use airgo_resolve::{Replacement, Resolution, Selected, SortedEdges, format_graph, format_list, resolve};
use serde::Serialize;
use std::sync::Arc;

/// Load, resolve, print.
pub fn run(context: &Context, args: &Resolve) -> Result<()> {
    let loaded = project::load(&args.dir, &context.env)?;
    let progress = Arc::new(Progress::new(&context.printer, "Resolving", "files", 0));
    let fetcher = downloads::fetcher(context, &args.network, &progress)?;
    let mut downloads = Downloads::new(&fetcher, &loaded.sums, &progress);
    let resolution = walk(context, &loaded, &mut downloads)?;
    progress.finish();
    let json = context.printer.is_json() || args.format == ResolveFormat::Json;
    match args.format {
        _ if json => context.printer.document(&document(&resolution, &resolution.graph.sorted())),
        ResolveFormat::Graph => context.printer.text(&format_graph(&resolution)),
        _ => context.printer.text(&format_list(&resolution)),
    }
}

/// Resolves over the downloads and reports it; a download's own fault goes
/// before what the resolver made of it.
pub fn walk(context: &Context, loaded: &Loaded, downloads: &mut Downloads<'_>) -> Result<Resolution> {
    let began = std::time::Instant::now();
    let resolved = resolve(&loaded.project, downloads);
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
    context
        .printer
        .status("Resolved", format!("{} in {}", count(modules, "module"), duration(began.elapsed())));
    if let Some(updates) = &resolution.updates {
        context.printer.warning(format!("{updates}; go mod tidy would rewrite go.mod"));
    }
    if let Some(fault) = &resolution.tidy_fault {
        context.printer.warning(format!("go mod tidy will fail on both sides of the gap: {fault}"));
    }
    for (path, fault) in &resolution.lone_faults {
        context.printer.warning(format!("go mod tidy will fail in {path} on both sides of the gap: {fault}"));
    }
    Ok(resolution)
}

fn document<'a>(resolution: &'a Resolution, graph: &'a SortedEdges) -> impl Serialize + 'a {
    #[derive(Serialize)]
    struct Document<G, M> {
        graph: G,
        modules: M,
        schema: &'static str,
    }
    Document {
        graph: Each(graph.iter()),
        modules: Each(resolution.build_list.iter().map(module)),
        schema: "airgo.dev/resolve/v1",
    }
}

fn module(selected: &Selected) -> serde_json::Value {
    let replacement = selected.replacement.as_ref().map(|r| match r {
        Replacement::Module(m) => serde_json::json!({ "path": m.path, "version": m.version }),
        Replacement::Directory { path, .. } => serde_json::json!({ "directory": path }),
    });
    serde_json::json!({
        "path": selected.module.path,
        "version": selected.module.version,
        "main": selected.main,
        "direct": selected.direct,
        "goVersion": selected.go_version,
        "replacement": replacement,
    })
}
