//! `airgo pack`: load, resolve, fetch, verify, judge, write, sign.

use crate::Context;
use crate::args::Pack;
use crate::bundle_io::{self, bundle_failure};
use crate::failure::{Failure, Result};
use crate::gather::{self, Gathered};
use crate::judge;
use crate::keyring;
use crate::printer::bytes;
use crate::project::shown;
use crate::projects;
use airgo_bundle::keys::{Signer as _, SigningKey};
use airgo_bundle::names::EVIDENCE;
use airgo_bundle::{BundleWriter, Object as Entry, ObjectKind, Signing, Written};
use airgo_fetch::{Kind, Object};
use airgo_policy::Report;
use std::io::{self, Read};
use std::sync::Arc;

/// Packs the project of `args.dir` into `args.output`.
pub fn run(context: &Context, args: &Pack) -> Result<()> {
    let target = shown(&args.output);
    pack(context, args).map_err(|failure| failure.outcome(format!("{target} was not written")))
}

fn pack(context: &Context, args: &Pack) -> Result<()> {
    check_target(args)?;
    let projects = projects::load(&args.dirs, &context.env)?;
    // Before the network is asked for anything: a bad key or policy file must
    // not cost a download.
    let key = keyring::signing_key(context, args.key.as_deref())?;
    let policy = judge::load(context, args.policy.as_deref(), &projects.root, args.at.as_deref())?;
    let gathered = gather::gather(context, &args.gather, &args.network, &projects)?;
    let verdict = judge::evaluate(context, &policy, Arc::new(gather::view(&gathered)))?;
    context.printer.status("Judged", judge::summary(&verdict));
    let written = write(context, args, &gathered, &key)?;
    report(context, &gathered, &written, &key, &verdict)
}

/// Says at once what would otherwise come to light after all downloads.
fn check_target(args: &Pack) -> Result<()> {
    let dir = args.output.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    if dir.is_dir() && !args.output.is_dir() {
        return Ok(());
    }
    let problem = if args.output.is_dir() { "is a directory" } else { "its directory does not exist" };
    Err(Failure::failed(format!("cannot write {}: {problem}", shown(&args.output)))
        .hint("name a file: -o app.airgo"))
}

/// Writes beside the target, signs, renames into place.
fn write(context: &Context, args: &Pack, gathered: &Gathered, key: &SigningKey) -> Result<Written> {
    let Gathered { manifest, objects, evidence } = gathered;
    let entries = manifest.objects().len() as u64;
    let progress = bundle_io::Watch::new(context, "Writing", "files", entries);
    let source = |entry: &Entry| -> io::Result<Box<dyn Read + Send>> {
        let kind = match entry.kind {
            ObjectKind::Info => Kind::Info,
            ObjectKind::Mod => Kind::Mod,
            ObjectKind::Zip => Kind::Zip,
            ObjectKind::List | ObjectKind::Data => return Err(io::ErrorKind::NotFound.into()),
        };
        let fetched = objects.get(&Object::new(entry.module.clone(), kind)).ok_or(io::ErrorKind::NotFound)?;
        fetched.open().map(|r| Box::new(r) as Box<dyn Read + Send>).map_err(io::Error::other)
    };
    let mut writer = BundleWriter::create(&args.output, manifest).map_err(|e| bundle_failure(&e))?;
    writer.write_objects(&source, bundle_io::jobs(None), &progress).map_err(|e| bundle_failure(&e))?;
    for (name, bytes) in evidence {
        writer.add_evidence(&format!("{EVIDENCE}{name}"), bytes.clone()).map_err(|e| bundle_failure(&e))?;
    }
    context.interrupt.check()?;
    let mut signing = Signing::new(key);
    signing.claims.role = Some("packer".to_owned());
    writer.finish(&[signing]).map_err(|e| bundle_failure(&e))
}

fn report(
    context: &Context,
    gathered: &Gathered,
    written: &Written,
    key: &SigningKey,
    verdict: &Report,
) -> Result<()> {
    let key_id = key.public_key().id().to_string();
    context.printer.status("Signed", format!("as {key_id}"));
    context.printer.status("Packed", format!("{} ({})", shown(&written.path), bytes(written.size)));
    if !context.printer.is_json() {
        return Ok(());
    }
    context.printer.document(&serde_json::json!({
        "schema": "airgo.dev/pack/v1",
        "file": written.path.display().to_string(),
        "size": written.size,
        "contentId": gathered.manifest.content_id,
        "manifestSha256": written.manifest_sha256.to_string(),
        "modules": gathered.manifest.modules.iter().filter(|m| m.selected).count(),
        "signedBy": [key_id],
        "policy": verdict,
    }))
}
