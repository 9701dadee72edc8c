//! `airgo sign`: adds a signature; manifest and objects stay byte for byte.

use crate::Context;
use crate::args::Sign;
use crate::bundle_io::{self, bundle_failure};
use crate::failure::{Failure, Result};
use crate::keyring;
use airgo_bundle::Signing;
use airgo_bundle::keys::Signer as _;

/// Verifies the bundle as `airgo verify` does, then counter-signs it in place.
pub fn run(context: &Context, args: &Sign) -> Result<()> {
    sign(context, args).map_err(|failure| failure.outcome(format!("{} is unchanged", args.file.display())))
}

fn sign(context: &Context, args: &Sign) -> Result<()> {
    let key = keyring::load(context, &args.key)?;
    let bundle = bundle_io::open_signed(context, &args.file, &args.trust)?;
    let watch = bundle_io::Watch::new(context, "Verifying", "files", bundle.objects().count() as u64);
    bundle.verify_objects(bundle_io::jobs(None), &watch).map_err(|e| bundle_failure(&e))?;
    watch.progress.finish();
    let mut signing = Signing::new(&key);
    signing.claims.role = Some("reviewer".to_owned());
    // The file is opened anew for the copy: it must still be what was verified.
    let again = bundle_io::open(&args.file)?;
    if again.manifest_sha256() != airgo_bundle::Sha256::of(bundle.manifest_bytes()) {
        return Err(Failure::failed("the bundle was replaced while it was being verified")
            .hint("run the command again"));
    }
    let written = again.countersign(&args.file, &signing, false).map_err(|e| bundle_failure(&e))?;
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
