//! `airgo sign`: adds a signature; manifest and objects stay byte for byte.

use crate::Context;
use crate::args::{DetachedFormat, Sign};
use airgo_app::bundle_io::{self, bundle_failure};
use airgo_app::disk;
use airgo_app::project::shown;
use airgo_app::refusal;
use airgo_app::signing;
use airgo_app::{Failure, Result};
use airgo_bundle::detached::{self, Format};
use airgo_bundle::{Adding, Lack, Limits, Signing, Source, Standing};
use airgo_model::atomic::{self, Access};
use jiff::Timestamp;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Verifies the bundle as `airgo verify` does, then counter-signs it in place.
pub fn run(context: &Context, args: &Sign) -> Result<()> {
    if let Some(format) = args.detached {
        return detached(context, args, format);
    }
    sign(context, args).map_err(|failure| failure.outcome(format!("{} is unchanged", args.file.display())))
}

fn sign(context: &Context, args: &Sign) -> Result<()> {
    let key = signing::signer(context, &args.signer.request()?, false)?;
    bundle_io::demand_one_file(&args.file)?;
    let mut signing = Signing::new(&*key);
    signing.claims = signing::claims(&args.signer.request()?, &args.role);
    let key_id = key.public_key().id();
    let adding = Adding { key: key_id, claims: &signing.claims, replace: args.replace };
    let (bundle, trust) = bundle_io::open_to_sign(context, &args.file, &args.trust.request(), &adding)?;
    let watch = bundle_io::Watch::new(context, "Verifying", "files", bundle.objects().count() as u64);
    bundle.verify_objects(bundle_io::jobs(None), &watch).map_err(|e| bundle_failure(&e))?;
    watch.progress.finish();
    // The file is opened anew for the copy: it must still be what was verified.
    let again = bundle_io::open(&args.file)?;
    if again.manifest_sha256() != bundle.manifest_sha256() {
        return Err(Failure::failed("the bundle was replaced while it was being verified")
            .hint("run the command again"));
    }
    // The largest manifests are 64 MiB of text, and parsed thrice that.
    drop(bundle);
    let written = match again.base() {
        None => again.countersign(&args.file, &signing, args.replace),
        Some(base) => {
            let base = bundle_io::open_base(&trust, &args.trust.base, base)?;
            again.countersign_delta(&base, &args.file, &signing, args.replace)
        }
    };
    let written = written.map_err(|e| bundle_failure(&e))?;
    drop(again);
    // What counts now is read from what was written.
    let verdict =
        bundle_io::open(&args.file)?.standings(&trust, Timestamp::now()).map_err(|e| bundle_failure(&e))?;
    let lacks = trust.lacks(&verdict);
    let standing = verdict.signers().iter().find(|s| s.key_id == key_id).map(|s| &s.standing);
    let id = key_id.to_string();
    if context.printer.is_json() {
        context.printer.document(&serde_json::json!({
            "schema": "airgo.dev/sign/v1",
            "file": args.file.display().to_string(),
            "manifestSha256": written.manifest_sha256.to_string(),
            "keyId": id,
            "role": args.role,
            "counts": standing.is_some_and(Standing::is_trusted),
            "standing": standing.map(ToString::to_string),
            "stillMissing": lacks.iter().map(refusal::lack_json).collect::<Vec<_>>(),
        }))?;
    }
    context.printer.status("Signed", format!("{} as {id}, in the role {}", args.file.display(), args.role));
    if let Some(standing) = standing.filter(|s| !s.is_trusted()) {
        context.printer.warning(format!("by this trust the new signature does not count: {standing}"));
    }
    if trust.roles().next().is_some() {
        context.printer.status("Roles", missing(&lacks));
    }
    for lack in &lacks {
        context.printer.hint(refusal::ask(lack, &args.file.display().to_string()));
    }
    Ok(())
}

/// What the trust file still asks for.
fn missing(lacks: &[Lack]) -> String {
    if lacks.is_empty() {
        return "still missing: nothing, every role has the signatures that it needs".to_owned();
    }
    let one =
        |l: &Lack| format!("{} of {} in the role {} ({})", l.wanted - l.found, l.wanted, l.role, l.place);
    format!("still missing: {}", lacks.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// Whether a file is WebAssembly: a plugin, which its reviewer signs as it is.
fn is_plugin(file: &Path) -> bool {
    let mut magic = [0; 4];
    std::fs::File::open(file).and_then(|mut f| f.read_exact(&mut magic)).is_ok() && magic == *b"\0asm"
}

/// Signs the whole file, a bundle once it verifies; the signature lies beside it.
fn detached(context: &Context, args: &Sign, format: DetachedFormat) -> Result<()> {
    let format = match format {
        DetachedFormat::Raw => Format::Raw,
        DetachedFormat::Base64 => Format::Base64,
        DetachedFormat::Ssh => Format::Ssh,
        DetachedFormat::Minisign => Format::Minisign,
        DetachedFormat::Attestation => Format::Attestation,
    };
    let target = PathBuf::from(format!("{}{}", args.file.display(), format.extension()));
    let failed = |f: Failure| f.outcome(format!("{} was not written", shown(&target)));
    let key = signing::signer(context, &args.signer.request()?, false)?;
    if !is_plugin(&args.file) {
        let bundle = bundle_io::open_signed(context, &args.file, &args.trust.request()).map_err(failed)?;
        let watch = bundle_io::Watch::new(context, "Verifying", "files", bundle.objects().count() as u64);
        bundle.verify_objects(bundle_io::jobs(None), &watch).map_err(|e| failed(bundle_failure(&e)))?;
        watch.progress.finish();
    }
    let limits = Limits::default();
    let source = Source { files: std::slice::from_ref(&args.file), bases: &[], limits: &limits };
    let whole = source.read().map_err(|e| failed(bundle_failure(&e)))?;
    let name = args.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let signature = detached::sign(&*key, &whole, format, &name, Timestamp::now()).map_err(|e| {
        let mut failure = Failure::failed(e.to_string());
        failure.hints.extend(e.shortage().map(|shortage| shortage.hint().to_owned()));
        failed(failure)
    })?;
    atomic::replace(&target, &signature, Access::Public)
        .map_err(|e| disk::unwritable(&shown(&target), &e, "name another file: -o FILE"))?;
    let id = key.public_key().id().to_string();
    if context.printer.is_json() {
        context.printer.document(&serde_json::json!({
            "schema": "airgo.dev/sign/v1",
            "file": args.file.display().to_string(),
            "signature": target.display().to_string(),
            "keyId": id,
        }))?;
    }
    context.printer.status("Signed", format!("{} as {id}: {}", args.file.display(), shown(&target)));
    Ok(())
}
