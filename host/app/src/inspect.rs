//! What a bundle says it holds, and who signed that; nothing of it is trusted yet.

use crate::Context;
use crate::failure::Result;
use crate::requests::TrustFiles;
use crate::trust::keyring;
use crate::trust::open::{self, bundle_failure};
use airgo_bundle::keys::KeyId;
use airgo_bundle::predicate::Completeness;
use airgo_bundle::{Manifest, Signers};
use jiff::Timestamp;
use std::path::PathBuf;

/// What to look at.
#[derive(Clone, Debug, Default)]
pub struct InspectRequest {
    /// The bundle.
    pub file: PathBuf,
    /// Whom to trust.
    pub trust: TrustFiles,
}

/// What a bundle says of itself. A reviewer reads it before trusting the bundle, so
/// that an untrusted signature is a warning here.
#[derive(Debug)]
pub struct Inspected {
    /// The manifest, which anyone may have written where no signer is trusted.
    pub manifest: Manifest,
    /// Who signed it, and whether they are trusted.
    pub signers: Signers,
    /// What trusted signers state: that a build needs nothing more.
    pub complete: Vec<(KeyId, Completeness)>,
}

/// Reads the manifest and the signatures.
///
/// # Errors
/// The bundle is malformed, or a trust file cannot be used.
pub fn inspect(context: &Context, request: &InspectRequest) -> Result<Inspected> {
    let bundle = open::open(&request.file)?;
    let trust = keyring::trust(context, &request.trust)?;
    let manifest = bundle.manifest_unverified().map_err(|e| bundle_failure(&e))?;
    let signers = bundle.signatures(&trust, Timestamp::now()).map_err(|e| bundle_failure(&e))?;
    if signers.trusted().next().is_none() {
        context.warning("no signature on this bundle is by a key that you trust; anyone may have written it");
    }
    let complete = signers.trusted_statements().unwrap_or_else(|e| {
        context.warning(e.to_string());
        Vec::new()
    });
    Ok(Inspected { manifest, signers, complete })
}
