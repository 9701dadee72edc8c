//! `airgo resolve`: prints the build list or the module graph.

use crate::Context;
use crate::args::{Resolve, ResolveFormat};
use crate::document::Each;
use airgo_app::Result;
use airgo_resolve::{Replacement, Resolution, Selected, SortedEdges, format_graph, format_list};
use serde::Serialize;

/// Load, resolve, print.
pub fn run(context: &Context, args: &Resolve) -> Result<()> {
    let resolution = airgo_app::resolve::resolve(context, &args.dir, &args.network.request())?;
    let json = context.printer.is_json() || args.format == ResolveFormat::Json;
    match args.format {
        _ if json => context.printer.document(&document(&resolution, &resolution.graph.sorted())),
        ResolveFormat::Graph => context.printer.text(&format_graph(&resolution)),
        _ => context.printer.text(&format_list(&resolution)),
    }
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
