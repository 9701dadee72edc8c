//! `airgo unpack`: the request from the arguments, what was done as a document.

use crate::Context;
use crate::args::{LayoutName, Unpack};
use airgo_app::unpack::{Layout, UnpackRequest, Unpacked, unpack};
use airgo_app::{Failure, FailureKind, Result, documents};
use std::path::PathBuf;

/// Installs the bundle's modules.
pub fn run(context: &Context, args: &Unpack) -> Result<()> {
    let unpacked = unpack(context, &request(args)?)?;
    if context.printer.is_json() {
        context.printer.document(&document(args, &unpacked))?;
    }
    Ok(())
}

fn request(args: &Unpack) -> Result<UnpackRequest> {
    Ok(UnpackRequest {
        files: args.files.clone(),
        layout: layout(args)?,
        gomodcache: args.gomodcache.clone(),
        trust: args.trust.request(),
        last_seen: args.last_seen.request(),
        policy: args.policy.policy.clone(),
        at: args.at.request()?,
        baseline: args.baseline.baseline.clone(),
        modcacherw: args.modcacherw,
        read_only: args.read_only,
        trust_existing: args.trust_existing,
        into_shared: args.into_shared,
        exact: args.part.request(),
        lean: args.lean,
        repair: args.repair,
        prune: args.prune,
        jobs: args.jobs,
    })
}

/// What is written; an error where a flag is of another layout.
fn layout(args: &Unpack) -> Result<Layout> {
    let name = args.layout.layout;
    let to = || args.layout.to.clone().unwrap_or_else(|| PathBuf::from("."));
    let layout = match name {
        LayoutName::Cache => Layout::Cache,
        LayoutName::Vendor => Layout::Vendor { dir: to(), replace: args.layout.replace },
        LayoutName::Proxy => Layout::Proxy { dir: to() },
        LayoutName::Athens => Layout::Athens { dir: to() },
    };
    let is_cache = layout == Layout::Cache;
    let of_others = [
        ("--to", is_cache && args.layout.to.is_some()),
        ("--replace", args.layout.replace && name != LayoutName::Vendor),
        ("--gomodcache", !is_cache && args.gomodcache.is_some()),
        ("--exact", !is_cache && !args.part.exact.is_empty()),
        ("--into-shared", !is_cache && args.into_shared),
        ("--lean", !is_cache && args.lean),
        ("--modcacherw", !is_cache && args.modcacherw),
        ("--read-only", !is_cache && args.read_only),
        ("--trust-existing", !is_cache && args.trust_existing),
        ("--repair", !is_cache && args.repair),
        ("--prune", !is_cache && args.prune),
    ];
    match of_others.iter().find(|(_, wrong)| *wrong) {
        None => Ok(layout),
        Some((flag, _)) => {
            Err(Failure::new(FailureKind::Usage, format!("{flag} does not go with --as {}", layout.name()))
                .hint("airgo unpack --help says what each flag is for"))
        }
    }
}

fn document<'a>(args: &Unpack, unpacked: &'a Unpacked) -> documents::Unpack<'a> {
    let files: Vec<_> = args.files.iter().map(|f| f.display().to_string()).collect();
    let recorded_by = unpacked.recorded_by.map(|by| by.to_string());
    documents::Unpack {
        already_present: unpacked.already_present,
        content_id: unpacked.content_id.clone(),
        file: files.join(", "),
        files,
        dir: unpacked.dir.display().to_string(),
        gomodcache: match unpacked.layout {
            "cache" => unpacked.dir.display().to_string(),
            _ => String::new(),
        },
        installed: unpacked.installed,
        layout: unpacked.layout,
        policy: documents::RecordedReport::new(&unpacked.report, recorded_by),
        pruned: unpacked.pruned.iter().flat_map(|p| &p.removed).map(ToString::to_string).collect(),
        repaired: unpacked.repaired.iter().map(ToString::to_string).collect(),
        schema: documents::UnpackV1,
        signed_by: unpacked.signed_by.clone(),
    }
}
