//! Sign: adds a signature to a bundle, whose manifest and objects stay byte for
//! byte; or writes one over a whole file beside it.

use crate::Context;
use crate::errors::{disk, refusal};
use crate::failure::{Failure, Result};
use crate::paths::{argument, shown};
use crate::requests::{SignWith, TrustFiles};
use crate::trust::open::{self, bundle_failure};
use crate::trust::signing;
use airgo_bundle::detached::{self, Format};
use airgo_bundle::{Adding, Lack, Limits, Sha256, Signing, Source, TrustStatus};
use airgo_model::atomic::{self, Access};
use jiff::Timestamp;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// What to sign, and as what.
#[derive(Clone, Debug, Default)]
pub struct SignRequest {
    /// The bundle; for a detached signature also a plugin.
    pub file: PathBuf,
    /// Who signs.
    pub signer: SignWith,
    /// The role to sign in.
    pub role: String,
    /// Replaces this key's own signature.
    pub replace: bool,
    /// Whom to trust, and what a delta builds on.
    pub trust: TrustFiles,
}

/// A bundle with one more signature.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The digest of the manifest, which the signature is over.
    pub manifest_sha256: Sha256,
    /// The id of the key.
    pub key_id: String,
    /// Whether the new signature is accepted by the trust given; none where it was
    /// not found again.
    pub status: Option<TrustStatus>,
    /// What the trust file still asks for.
    pub lacks: Vec<Lack>,
}

/// A signature beside a file.
#[derive(Clone, Debug)]
pub struct Detached {
    /// The file with the signature.
    pub signature: PathBuf,
    /// The id of the key.
    pub key_id: String,
}

/// Verifies the bundle, then counter-signs it in place.
///
/// # Errors
/// The bundle does not verify, or no trusted key has signed it; the key
/// cannot be used, or has signed before. The bundle is unchanged then.
pub fn sign(context: &Context, request: &SignRequest) -> Result<Signed> {
    countersign(context, request)
        .map_err(|failure| failure.outcome(format!("{} is unchanged", request.file.display())))
}

fn countersign(context: &Context, request: &SignRequest) -> Result<Signed> {
    let key = signing::signer(context, &request.signer, false)?;
    open::demand_one_file(&request.file)?;
    let mut signing = Signing::new(&*key);
    signing.claims = signing::claims(&request.signer, &request.role);
    let key_id = key.public_key().id();
    let adding = Adding { key: key_id, claims: &signing.claims, replace: request.replace };
    let (bundle, trust) = open::open_to_sign(context, &request.file, &request.trust, &adding)?;
    let watch = open::Watch::new(context, "Verifying", "files", bundle.objects().count() as u64);
    bundle.verify_objects(open::jobs(None), &watch).map_err(|e| bundle_failure(&e))?;
    watch.progress.finish();
    // The file is opened again for the copy: it must still be what was verified.
    let again = open::open(&request.file)?;
    if again.manifest_sha256() != bundle.manifest_sha256() {
        return Err(Failure::failed("the bundle was replaced while it was being verified")
            .hint("run the command again"));
    }
    // The largest manifests are 64 MiB of text, and parsed thrice that.
    drop(bundle);
    let written = match again.base() {
        None => again.countersign(&request.file, &signing, request.replace),
        Some(base) => {
            let base = open::open_base(&trust, &request.trust.base, base)?;
            again.countersign_delta(&base, &request.file, &signing, request.replace)
        }
    };
    let written = written.map_err(|e| bundle_failure(&e))?;
    drop(again);
    // The signatures are read from what was written.
    let signers =
        open::open(&request.file)?.signers(&trust, Timestamp::now()).map_err(|e| bundle_failure(&e))?;
    let lacks = trust.lacks(&signers);
    let status = signers.all().iter().find(|s| s.key_id == key_id).map(|s| &s.status);
    let (file, id) = (request.file.display().to_string(), key_id.to_string());
    context.status("Signed", format!("{file} as {id}, in the role {}", request.role));
    if let Some(status) = status.filter(|s| !s.is_trusted()) {
        context.warning(format!("by this trust the new signature is not accepted: {status}"));
    }
    if trust.roles().next().is_some() {
        context.status("Roles", missing(&lacks));
    }
    for lack in &lacks {
        context.hint(refusal::ask(lack, &argument(&request.file)));
    }
    let status = status.cloned();
    Ok(Signed { manifest_sha256: written.manifest_sha256, key_id: id, status, lacks })
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

/// Signs the whole file, a bundle once it verifies; the signature is written beside it.
///
/// # Errors
/// As for [`sign`]; the signature is not written then.
pub fn sign_detached(context: &Context, request: &SignRequest, format: Format) -> Result<Detached> {
    let target = PathBuf::from(format!("{}{}", request.file.display(), format.extension()));
    let failed = |f: Failure| f.outcome(format!("{} was not written", shown(&target)));
    let key = signing::signer(context, &request.signer, false)?;
    if !is_plugin(&request.file) {
        let bundle = open::open_signed(context, &request.file, &request.trust).map_err(failed)?;
        let watch = open::Watch::new(context, "Verifying", "files", bundle.objects().count() as u64);
        bundle.verify_objects(open::jobs(None), &watch).map_err(|e| failed(bundle_failure(&e)))?;
        watch.progress.finish();
    }
    let limits = Limits::default();
    let source = Source { files: std::slice::from_ref(&request.file), bases: &[], limits: &limits };
    let whole = source.read().map_err(|e| failed(bundle_failure(&e)))?;
    let name = request.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let signature = detached::sign(&*key, &whole, format, &name, Timestamp::now())
        .map_err(|e| failed(Failure::failed(e.to_string()).hint_of(&e)))?;
    atomic::replace(&target, &signature, Access::Public)
        .map_err(|e| disk::unwritable(&shown(&target), &e, "name another file: -o FILE"))?;
    let key_id = key.public_key().id().to_string();
    context.status("Signed", format!("{} as {key_id}: {}", request.file.display(), shown(&target)));
    Ok(Detached { signature: target, key_id })
}
