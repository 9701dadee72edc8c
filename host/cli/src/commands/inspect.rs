//! `airgo inspect`: a readable table of a bundle, or its manifest as JSON.
//!
//! A reviewer looks at bundles before trusting them, so an untrusted signature
//! is told, loudly, and does not stop this command; nothing is installed from
//! what it shows.

use crate::Context;
use crate::args::Inspect;
use crate::table;
use airgo_app::Result;
use airgo_app::documents;
use airgo_app::quantity::bytes;
use airgo_app::trust::keyring;
use airgo_app::trust::open::{self, bundle_failure};
use airgo_bundle::manifest::{Module, Replacement, SumSource};
use airgo_bundle::statement::Attestation;
use airgo_bundle::{Manifest, Signers};
use airgo_model::escape::foreign;
use jiff::Timestamp;
use std::fmt::Write as _;

/// Shows what the bundle says it holds, and who signed that.
pub fn run(context: &Context, args: &Inspect) -> Result<()> {
    let bundle = open::open(&args.file)?;
    let trust = keyring::trust(context, &args.trust.request())?;
    let manifest = bundle.manifest_unverified().map_err(|e| bundle_failure(&e))?;
    let signers = bundle.signatures(&trust, Timestamp::now()).map_err(|e| bundle_failure(&e))?;
    if context.printer.is_json() {
        context.printer.document(&documents::Inspect::new(&manifest, signatures(&signers)))?;
    } else {
        context.printer.text(&text(&manifest, &signers, context.printer.width()))?;
    }
    if signers.trusted().next().is_none() {
        context
            .printer
            .warning("no signature on this bundle is by a key that you trust; anyone may have written it");
    }
    Ok(())
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

fn text(manifest: &Manifest, signers: &Signers, width: Option<usize>) -> String {
    let mut out = String::new();
    for main in &manifest.main_modules {
        let go = main.go_version.as_ref().map(|v| format!(", go {}", foreign(v))).unwrap_or_default();
        let _ = writeln!(out, "main module  {} ({}{go})", foreign(&main.path), foreign(&main.dir));
    }
    let _ = writeln!(out, "content id   {}", manifest.content_id);
    for signer in signers.all() {
        let role =
            signer.attestation.role.as_ref().map(|r| format!(" as {}", foreign(r))).unwrap_or_default();
        let _ =
            writeln!(out, "signed by    {}{role}: {}", signer.key_id, foreign(&signer.status.to_string()));
        for (what, said) in claims(&signer.attestation) {
            let _ = writeln!(out, "  {what:<11}{}", foreign(&said));
        }
    }
    let selected: Vec<_> = manifest.modules.iter().filter(|m| m.selected).collect();
    let zips: u64 = manifest.modules.iter().filter_map(|m| m.zip).map(|z| z.size).sum();
    let count = manifest.modules.iter().filter(|m| m.zip.is_some()).count();
    let _ = writeln!(
        out,
        "modules      {} in the build list, {count} with code ({}), {} more go.mod files\n",
        selected.len(),
        bytes(zips),
        manifest.modules.len() - selected.len()
    );
    let rows: Vec<_> = selected.iter().map(|m| row(m)).collect();
    out.push_str(&table::render(&["MODULE", "VERSION", "SIZE", "KIND", "CHECKED", "TIME"], &rows, width));
    out
}

/// What a signer claims beside the contents, as far as it says anything.
pub fn claims(attestation: &Attestation) -> Vec<(&'static str, String)> {
    let Attestation { comment, signed_at, sequence, expires, .. } = attestation;
    let all = [
        ("comment", comment.clone()),
        ("signed at", signed_at.clone()),
        ("sequence", sequence.map(|n| n.to_string())),
        ("expires", expires.clone()),
    ];
    all.into_iter().filter_map(|(what, said)| Some((what, said?))).collect()
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
