//! `airgo inspect`: a readable table of a bundle, or its manifest as JSON; nothing is
//! installed from what it shows.

use crate::Context;
use crate::args::Inspect;
use crate::page::Page;
use airgo_app::Result;
use airgo_app::documents;
use airgo_app::inspect::{InspectRequest, Inspected, inspect};
use airgo_app::quantity::bytes;
use airgo_bundle::Signers;
use airgo_bundle::manifest::{Module, Replacement, SumSource};
use airgo_bundle::statement::Attestation;

/// Shows what the bundle says it holds, and who signed that.
pub fn run(context: &Context, args: &Inspect) -> Result<()> {
    let request = InspectRequest { file: args.file.clone(), trust: args.trust.request() };
    let inspected = inspect(context, &request)?;
    if context.printer.is_json() {
        let signatures = signatures(&inspected.signers);
        let complete = completeness(&inspected);
        return context.printer.document(&documents::Inspect::new(&inspected.manifest, signatures, complete));
    }
    context.printer.page(&page(&inspected, context.printer.width()))
}

fn signatures(signers: &Signers) -> Vec<documents::Signature> {
    let all = signers.all().iter().map(|s| documents::Signature {
        comment: s.attestation.comment.clone(),
        expires: s.attestation.expires.clone(),
        key_id: s.key_id.to_string(),
        public_key: s.public_key.to_openssh(),
        role: s.attestation.role.clone(),
        sequence: s.attestation.sequence,
        signed_at: s.attestation.signed_at.clone(),
        standing: s.status.to_string(),
        trusted: s.status.is_trusted(),
    });
    all.collect()
}

fn completeness(inspected: &Inspected) -> Vec<documents::StatedCompleteness<'_>> {
    let all = inspected.complete.iter().map(|(key, stated)| documents::StatedCompleteness {
        build_tags: &stated.build_tags,
        modules: stated.modules,
        packages: stated.packages,
        packages_sha256: stated.packages_sha256.to_string(),
        platforms: &stated.platforms,
        stated_by: key.to_string(),
    });
    all.collect()
}

fn page(inspected: &Inspected, width: Option<usize>) -> Page {
    let Inspected { manifest, signers, complete } = inspected;
    let mut out = Page::default();
    for main in &manifest.main_modules {
        let go = main.go_version.as_ref().map(|v| format!(", go {v}")).unwrap_or_default();
        out.line(format!("main module  {} ({}{go})", main.path, main.dir));
    }
    out.line(format!("content id   {}", manifest.content_id));
    for signer in signers.all() {
        let role = signer.attestation.role.as_ref().map(|role| format!(" as {role}")).unwrap_or_default();
        out.line(format!("signed by    {}{role}: {}", signer.key_id, signer.status));
        for (what, claimed) in claims(&signer.attestation) {
            out.line(format!("  {what:<11}{claimed}"));
        }
    }
    for (_, stated) in complete {
        let tags = match stated.build_tags.as_slice() {
            [] => String::new(),
            tags => format!(" with {}", tags.join(", ")),
        };
        out.line(format!(
            "complete for {}{tags}: {} packages of {} modules are loaded",
            stated.platforms.join(", "),
            stated.packages,
            stated.modules
        ));
    }
    let selected: Vec<_> = manifest.modules.iter().filter(|m| m.selected).collect();
    let zips: u64 = manifest.modules.iter().filter_map(|m| m.zip).map(|z| z.size).sum();
    let count = manifest.modules.iter().filter(|m| m.zip.is_some()).count();
    out.line(format!(
        "modules      {} in the build list, {count} with code ({}), {} more go.mod files",
        selected.len(),
        bytes(zips),
        manifest.modules.len() - selected.len()
    ));
    out.blank();
    let rows = selected.iter().map(|module| row(module).into());
    out.table(&["MODULE", "VERSION", "SIZE", "KIND", "CHECKED", "TIME"], rows, width);
    out
}

/// What a signer claims beside the contents, as far as it says anything.
fn claims(attestation: &Attestation) -> Vec<(&'static str, String)> {
    let Attestation { comment, signed_at, sequence, expires, .. } = attestation;
    let all = [
        ("comment", comment.clone()),
        ("signed at", signed_at.clone()),
        ("sequence", sequence.map(|n| n.to_string())),
        ("expires", expires.clone()),
    ];
    all.into_iter().filter_map(|(what, claimed)| Some((what, claimed?))).collect()
}

fn row(module: &Module) -> Vec<String> {
    let version = match &module.replacement {
        None => module.version.clone(),
        Some(Replacement::Module(m)) => format!("{} => {} {}", module.version, m.path, m.version),
        Some(Replacement::Directory(d)) => format!("{} => {}", module.version, d.directory),
    };
    let checked = match module.zip.or(module.go_mod).map(|h| h.sum) {
        None => "-",
        Some(SumSource::GoSum) => "go.sum",
        Some(SumSource::SumDb) => "sumdb",
        Some(SumSource::Unchecked) => "nothing",
    };
    vec![
        module.path.clone(),
        version,
        module.zip.map_or_else(|| "-".to_owned(), |z| bytes(z.size)),
        if module.direct { "direct" } else { "indirect" }.to_owned(),
        checked.to_owned(),
        module.time.as_deref().map_or_else(|| "-".to_owned(), |t| t.chars().take(10).collect()),
    ]
}
