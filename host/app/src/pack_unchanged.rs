//! `airgo pack --if-changed`: whether the bundle that is there is the one that would be
//! packed.

use crate::Context;
use crate::failure::{Failure, Result};
use crate::trust::open;
use airgo_bundle::keys::PublicKey;
use airgo_bundle::predicate::Inputs;
use airgo_bundle::{BundleError, ErrorClass, Limits, SignedBundle, Source, Trust, TrustedKey};
use jiff::Timestamp;
use std::path::Path;

/// The bundle in `file`, where it was packed of these inputs and signed by this key, and
/// every file in it is whole; else why it is not.
///
/// # Errors
/// The user stopped the run.
pub fn find(
    context: &Context,
    file: &Path,
    inputs: &Inputs,
    key: &PublicKey,
) -> Result<std::result::Result<SignedBundle, String>> {
    if !file.is_file() {
        return Ok(Err("there is none yet".to_owned()));
    }
    let mut trust = Trust::new();
    trust.add(TrustedKey::new(key.clone(), None));
    let (files, limits) = ([file.to_owned()], Limits::default());
    let source = Source { files: &files, bases: &[], limits: &limits };
    let bundle = match source.verify_signatures(&trust, Timestamp::now()) {
        Ok(bundle) => bundle,
        Err(error) => return unless_stopped(&error).map(Err),
    };
    if let Some(why) = differs(&bundle, inputs) {
        return Ok(Err(why.to_owned()));
    }
    let watch = open::Watch::new(context, "Verifying", "files", bundle.objects().count() as u64);
    match bundle.verify_objects(open::jobs(None), &watch) {
        Ok(_) => Ok(Ok(bundle)),
        Err(error) => unless_stopped(&error).map(Err),
    }
}

fn unless_stopped(error: &BundleError) -> Result<String> {
    match error.class() {
        ErrorClass::Interrupted => Err(Failure::interrupted()),
        _ => Ok(error.to_string()),
    }
}

/// What the bundle was packed of that is another now.
fn differs(bundle: &SignedBundle, now: &Inputs) -> Option<&'static str> {
    let stated = bundle.signers().trusted_statements::<Inputs>().unwrap_or_default();
    let Some((_, then)) = stated.first() else { return Some("it does not say what it was packed of") };
    if then.key != now.key {
        Some("its key is another")
    } else if then.imports != now.imports {
        Some("the project imports other packages")
    } else if then.policy != now.policy {
        Some("the policy is another")
    } else {
        None
    }
}
