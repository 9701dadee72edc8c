//! `airgo diff`: what a reviewer has to look at since the last approved bundle.

use crate::Context;
use crate::args::Diff;
use crate::page::Page;
use airgo_app::Result;
use airgo_app::diff::{Change, changes};
use airgo_app::documents;
use airgo_app::trust::open;

/// Prints added, removed and changed modules of the build list.
pub fn run(context: &Context, args: &Diff) -> Result<()> {
    let old = open::open_signed(context, &args.old, &args.trust.request())?;
    let new = open::open_signed(context, &args.new, &args.trust.request())?;
    let changes = changes(old.manifest(), new.manifest());
    if context.printer.is_json() {
        return context.printer.document(&documents::Diff {
            modules: changes.iter().map(document).collect(),
            new_content_id: &new.manifest().content_id,
            old_content_id: &old.manifest().content_id,
            schema: documents::DiffV1,
        });
    }
    let mut page = Page::default();
    for change in &changes {
        page.line(change.to_string());
    }
    if changes.is_empty() {
        context.printer.status("Same", "the two bundles have the same build list and hashes");
    }
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
