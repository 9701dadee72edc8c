//! `airgo sign`: adds a signature; manifest and objects stay byte for byte.

use crate::Context;
use crate::args::{DetachedFormat, Sign};
use crate::bundle_io::{self, bundle_failure};
use crate::disk;
use crate::failure::{Failure, Result};
use crate::project::shown;
use crate::signing;
use airgo_bundle::detached::{self, Format};
use airgo_bundle::{Limits, Signing, Source};
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
    let key = signing::signer(context, &args.signer, false)?;
    let bundle = bundle_io::open_signed(context, &args.file, &args.trust)?;
    let watch = bundle_io::Watch::new(context, "Verifying", "files", bundle.objects().count() as u64);
    bundle.verify_objects(bundle_io::jobs(None), &watch).map_err(|e| bundle_failure(&e))?;
    watch.progress.finish();
    let mut signing = Signing::new(&*key);
    signing.claims = signing::claims(&args.signer, &args.role)?;
    // The file is opened anew for the copy: it must still be what was verified.
    let again = bundle_io::open(&args.file)?;
    if again.manifest_sha256() != airgo_bundle::Sha256::of(bundle.manifest_bytes()) {
        return Err(Failure::failed("the bundle was replaced while it was being verified")
            .hint("run the command again"));
    }
    let written = again.countersign(&args.file, &signing, args.replace).map_err(|e| bundle_failure(&e))?;
    let id = key.public_key().id().to_string();
    if context.printer.is_json() {
        context.printer.document(&serde_json::json!({
            "schema": "airgo.dev/sign/v1",
            "file": args.file.display().to_string(),
            "manifestSha256": written.manifest_sha256.to_string(),
            "keyId": id,
        }))?;
    }
    context.printer.status("Signed", format!("{} as {id}", args.file.display()));
    Ok(())
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
    let key = signing::signer(context, &args.signer, false)?;
    if !is_plugin(&args.file) {
        let bundle = bundle_io::open_signed(context, &args.file, &args.trust).map_err(failed)?;
        let watch = bundle_io::Watch::new(context, "Verifying", "files", bundle.objects().count() as u64);
        bundle.verify_objects(bundle_io::jobs(None), &watch).map_err(|e| failed(bundle_failure(&e)))?;
        watch.progress.finish();
    }
    let limits = Limits::default();
    let source = Source { files: std::slice::from_ref(&args.file), bases: &[], limits: &limits };
    let whole = source.read().map_err(|e| failed(bundle_failure(&e)))?;
    let name = args.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let signature = detached::sign(&*key, &whole, format, &name, Timestamp::now())
        .map_err(|e| failed(Failure::failed(e.to_string())))?;
    std::fs::write(&target, signature)
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
