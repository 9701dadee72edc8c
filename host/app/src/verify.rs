//! Verify: signature, manifest, every object; nothing is written but the request
//! for what is damaged.

use crate::Context;
use crate::documents::{DamagedEntries, DamagedVolumes};
use crate::errors::{disk, refusal};
use crate::failure::{Failure, FailureKind, Result};
use crate::paths::{argument, shown};
use crate::quantity::{bytes, count, duration};
use crate::requests::{LastSeenFile, TrustFiles};
use crate::trust::keyring;
use crate::trust::open::{self, bundle_failure};
use airgo_bundle::corruption::{self, Corruption};
use airgo_bundle::detached::{self, DetachedError};
use airgo_bundle::{BundleError, Limits, RepairRequest, SignatureError, Source, Volumes};
use airgo_model::atomic::{self, Access};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How many damaged parts an error names; its report, and the request, have all.
const SHOWN: usize = 20;

/// What to verify.
#[derive(Clone, Debug, Default)]
pub struct VerifyRequest {
    /// The bundle; one volume is enough for those beside it.
    pub files: Vec<PathBuf>,
    /// Whom to trust, and what a delta builds on.
    pub trust: TrustFiles,
    /// The record of bundles that were accepted.
    pub last_seen: LastSeenFile,
    /// A detached signature over the whole file, to be verified too.
    pub signature: Option<PathBuf>,
    /// Where to write what is to be sent again, if the bundle is damaged.
    pub ask: Option<PathBuf>,
}

/// A bundle that verifies.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The digest of what the bundle holds, independent of who packed it and when.
    pub content_id: String,
    /// Objects and pieces of evidence.
    pub objects: usize,
    /// Their bytes.
    pub bytes: u64,
    /// The ids of the trusted keys that signed.
    pub signers: Vec<String>,
    /// The remarks of trusted signers, by the ids of their keys.
    pub comments: Vec<(String, String)>,
    /// The number that grows from bundle to bundle.
    pub sequence: Option<u64>,
    /// When the signatures expire.
    pub expires: Option<String>,
    /// The id of the key of the detached signature.
    pub detached: Option<String>,
}

/// Verifies all of a bundle. Of damaged media the failure says what is to be sent
/// again.
///
/// # Errors
/// No trusted key has signed the bundle, or it is damaged or malformed.
pub fn verify(context: &Context, request: &VerifyRequest) -> Result<Verified> {
    verify_all(context, request).or_else(|Refused { failure, may_be_damage }| {
        let failure = if may_be_damage { scan(context, request, failure)? } else { failure };
        // Where a repair request was wanted, say why there is none.
        Err(match &request.ask {
            Some(file) => {
                failure.outcome(format!("{} was not written: nothing here can be asked for", shown(file)))
            }
            None => failure,
        })
    })
}

/// Why a bundle does not verify.
struct Refused {
    failure: Failure,
    /// Whether bad media may be the cause.
    may_be_damage: bool,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        use FailureKind::{Checksum, Failed, Malformed};
        let may_be_damage = matches!(failure.kind, Checksum | Malformed | Failed);
        Self { failure, may_be_damage }
    }
}

/// Whether a signature is refused for its bytes, or for those that it signs: bad
/// media may have changed them.
fn is_of_bytes(refused: &SignatureError) -> bool {
    use SignatureError as E;
    let malformed =
        matches!(refused, E::Envelope { .. } | E::Statement { .. } | E::Claims { .. } | E::Key { .. });
    let invalid = matches!(refused, E::Name { .. } | E::Invalid { .. });
    let of_others =
        matches!(refused, E::Manifest { .. } | E::Covered { .. } | E::Disagree { .. } | E::Uncovered { .. });
    malformed || invalid || of_others
}

fn verify_all(context: &Context, request: &VerifyRequest) -> std::result::Result<Verified, Refused> {
    let began = Instant::now();
    let trusted = keyring::trust(context, &request.trust)?;
    let limits = Limits::default();
    let source = Source { files: &request.files, bases: &request.trust.base, limits: &limits };
    let bundle = source.verify_signatures(&trusted, Timestamp::now()).map_err(|e| {
        let file = request.files.first().map_or(Path::new(""), PathBuf::as_path);
        let mut refused = Refused::from(open::signature_failure(&e, file));
        if let BundleError::Signature(signature) = &e {
            refused.may_be_damage = is_of_bytes(signature);
        }
        refused
    })?;
    let watch = open::Watch::new(context, "Verifying", "files", bundle.objects().count() as u64);
    let read = bundle.verify_objects(open::jobs(None), &watch).map_err(|e| bundle_failure(&e))?;
    watch.progress.finish();
    open::check_last_seen(&request.last_seen, &bundle)?;
    let detached = check_detached(context, request)?;
    let comment =
        |s: &airgo_bundle::BundleSigner| Some((s.key_id.to_string(), s.attestation.comment.clone()?));
    let verified = Verified {
        content_id: bundle.manifest().content_id.clone(),
        objects: read.objects,
        bytes: read.bytes,
        signers: bundle.signers().trusted().map(|s| s.key_id.to_string()).collect(),
        comments: bundle.signers().trusted().filter_map(comment).collect(),
        sequence: bundle.signers().sequence(),
        expires: bundle.signers().expires().map(|time| time.to_string()),
        detached,
    };
    context.status(
        "Verified",
        format!(
            "{} ({}) in {}, signed by {}",
            count(verified.objects, "object"),
            bytes(verified.bytes),
            duration(began.elapsed()),
            verified.signers.join(", ")
        ),
    );
    for (key_id, comment) in &verified.comments {
        context.status("Comment", format!("of {key_id}: {comment}"));
    }
    Ok(verified)
}

/// `--signature`: one over the whole file, by a key that is trusted.
fn check_detached(context: &Context, request: &VerifyRequest) -> Result<Option<String>> {
    let Some(file) = &request.signature else { return Ok(None) };
    let signature =
        std::fs::read(file).map_err(|e| Failure::failed(format!("could not read {}: {e}", shown(file))))?;
    let trust = keyring::trust(context, &request.trust)?;
    let limits = Limits::default();
    let source = Source { files: &request.files, bases: &[], limits: &limits };
    let whole = source.read().map_err(|e| bundle_failure(&e))?;
    let found = detached::verify(&*whole, &signature, &trust, Timestamp::now()).map_err(|e| {
        let exit =
            if matches!(e, DetachedError::Read(_)) { FailureKind::Failed } else { FailureKind::Signature };
        Failure::new(exit, e.to_string()).fact("signature", shown(file))
    })?;
    context.status("Verified", format!("{} by {}", shown(file), found.key_id));
    Ok(Some(found.key_id.to_string()))
}

/// What to send again, added to the failure that led here.
fn scan(context: &Context, request: &VerifyRequest, failure: Failure) -> Result<Failure> {
    let mut failure = failure;
    if request.ask.is_some() {
        // It is asked for already, or nothing can be.
        failure.hints.retain(|hint| hint.raw() != refusal::MISSING_VOLUMES);
    }
    let watch = open::Watch::new(context, "Scanning", "files", 0);
    if let Ok(volumes) = Volumes::open(&request.files) {
        let scan = volumes.scan(&watch).map_err(|e| stopped(&e))?;
        if scan.is_sound() {
            return Ok(failure);
        }
        failure = failure.line(format!(
            "send again: {} of {}",
            scan.to_retransmit().iter().map(|n| format!("volume {n}")).collect::<Vec<_>>().join(", "),
            scan.of
        ));
        for (number, name) in &scan.damaged {
            failure = failure.line(format!("volume {number} is damaged: {name}"));
        }
        for (name, reason) in &scan.unreadable {
            failure = failure.line(format!("{name} does not begin as a volume does: {reason}"));
        }
        // A file whose header is damaged is one of those that seem to be missing.
        let gone = scan.missing.len() > scan.unreadable.len();
        failure.kind = if gone { FailureKind::Failed } else { FailureKind::Checksum };
        let report = DamagedVolumes {
            damaged: scan.damaged.iter().map(|d| d.0).collect(),
            missing: scan.missing.clone(),
            of: scan.of,
            send_again: scan.to_retransmit(),
        };
        failure.report = serde_json::to_value(report).ok();
        if let (Some(file), Some(asked)) = (&request.ask, volumes.repair_request(&scan.to_retransmit())) {
            return ask(file, &asked, failure);
        }
        failure.hints.retain(|hint| hint.raw() != refusal::MISSING_VOLUMES);
        if request.ask.is_none() {
            failure = failure.hint("to ask for these volumes: airgo verify FILE --request need.json");
        }
        return Ok(failure.hint("with the volumes sent again beside these: airgo repair FILES… -o app.airgo"));
    }
    let limits = Limits::default();
    let source = Source { files: &request.files, bases: &[], limits: &limits };
    let Ok(whole) = source.read() else { return Ok(failure) };
    let damage = corruption::scan(&whole, &limits, open::jobs(None), &watch).map_err(|e| stopped(&e))?;
    describe(request, &damage, failure)
}

fn stopped(error: &BundleError) -> Failure {
    if matches!(error, BundleError::Cancelled) { Failure::interrupted() } else { bundle_failure(error) }
}

fn describe(request: &VerifyRequest, damage: &Corruption, mut failure: Failure) -> Result<Failure> {
    match damage {
        // Whole, and yet refused: the media are not the cause.
        Corruption::None => return Ok(failure),
        Corruption::Directory { reason } => {
            failure = failure.line(format!("its table of entries is damaged: {reason}"));
        }
        Corruption::Entries { entries, .. } => {
            let modules = damage.modules();
            let size: u64 = entries.iter().map(|e| e.size).sum();
            failure = failure.line(format!(
                "damaged: {} ({})",
                if entries.len() == 1 { "1 entry".to_owned() } else { format!("{} entries", entries.len()) },
                bytes(size)
            ));
            for module in modules.iter().take(SHOWN) {
                failure = failure.line(format!("send again: {module}"));
            }
            if modules.len() > SHOWN {
                failure = failure.line(format!("and {}", count(modules.len() - SHOWN, "more module")));
            }
            for other in entries.iter().filter(|e| e.module.is_none()).take(SHOWN) {
                failure = failure.line(format!("send again: {}", other.name));
            }
            let report = DamagedEntries {
                entries: entries.iter().map(|e| e.name.clone()).collect(),
                modules: modules.iter().map(ToString::to_string).collect(),
            };
            failure.report = serde_json::to_value(report).ok();
        }
    }
    match (&request.ask, damage.repair_request()) {
        (Some(file), Some(asked)) => ask(file, &asked, failure),
        (None, Some(_)) => {
            Ok(failure.hint("to ask for these parts alone: airgo verify FILE --request need.json"))
        }
        (_, None) => Ok(failure),
    }
}

/// Writes the request, and says who does what with it.
fn ask(file: &Path, request: &RepairRequest, failure: Failure) -> Result<Failure> {
    let text = request.to_bytes().map_err(|e| bundle_failure(&e.into()))?;
    atomic::replace(file, &text, Access::Public)
        .map_err(|e| disk::unwritable(&shown(file), &e, "name another file: --request FILE"))?;
    Ok(failure
        .outcome(format!("{} says what to send again", shown(file)))
        .hint(format!("the sender runs: airgo resend {} GOOD -o patch", argument(file)))
        .hint("then: airgo repair FILE patch -o app.airgo"))
}
