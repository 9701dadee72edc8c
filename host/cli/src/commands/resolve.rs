//! `airgo resolve`: prints the build list or the module graph.

use crate::Context;
use crate::args::{Resolve, ResolveFormat};
use crate::page::Page;
use airgo_app::Result;
use airgo_app::documents::{self, Each};
use airgo_resolve::{Replacement, Resolution, Selected, SortedEdges, format_graph, format_list};
use serde::Serialize;

/// Load, resolve, print.
pub fn run(context: &Context, args: &Resolve) -> Result<()> {
    let resolution = airgo_app::resolve::resolve(context, &args.dir, &args.network.request())?;
    let json = context.printer.is_json() || args.format == ResolveFormat::Json;
    match args.format {
        _ if json => context.printer.document(&document(&resolution, &resolution.graph.sorted())),
        ResolveFormat::Graph => context.printer.page(&page(&format_graph(&resolution))),
        _ => context.printer.page(&page(&format_list(&resolution))),
    }
}

fn page(text: &str) -> Page {
    let mut page = Page::default();
    page.lines(text);
    page
}

fn document<'a>(resolution: &'a Resolution, graph: &'a SortedEdges) -> impl Serialize + 'a {
    documents::Resolve {
        graph: Each(graph.iter()),
        modules: Each(resolution.build_list.iter().map(module)),
        schema: documents::ResolveV1,
    }
}

fn module(selected: &Selected) -> documents::ResolvedModule<'_> {
    let replacement = selected.replacement.as_ref().map(|r| match r {
        Replacement::Module(m) => {
            documents::ResolvedReplacement::Module { path: &m.path, version: &m.version }
        }
        Replacement::Directory { path, .. } => documents::ResolvedReplacement::Directory { directory: path },
    });
    documents::ResolvedModule {
        direct: selected.direct,
        go_version: selected.go_version.as_deref(),
        main: selected.main,
        path: &selected.module.path,
        replacement,
        version: &selected.module.version,
    }
}
