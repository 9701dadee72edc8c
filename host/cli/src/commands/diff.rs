//! `airgo diff`: the request from the arguments, the changes as a document or a line
//! each.

use crate::Context;
use crate::args;
use crate::page::Page;
use airgo_app::Result;
use airgo_app::diff::{Change, DiffRequest, diff};
use airgo_app::documents;

/// Prints added, removed and changed modules of the build list.
pub fn run(context: &Context, args: &args::Diff) -> Result<()> {
    let args::Diff { old, new, trust } = args;
    let request = DiffRequest { old: old.clone(), new: new.clone(), trust: trust.request() };
    let diff = diff(context, &request)?;
    if context.printer.is_json() {
        return context.printer.document(&documents::Diff {
            modules: diff.changes.iter().map(document).collect(),
            new_content_id: &diff.new_content_id,
            old_content_id: &diff.old_content_id,
            schema: documents::DiffV1,
        });
    }
    let mut page = Page::default();
    diff.changes.iter().for_each(|change| page.line(change.to_string()));
    context.printer.page(&page)
}

fn document(change: &Change) -> documents::Change<'_> {
    documents::Change {
        change: change.kind,
        new: change.new.as_deref(),
        old: change.old.as_deref(),
        path: &change.path,
        sums: change.sums.as_ref().map(|(old, new)| documents::HashPair { new, old }),
    }
}
