//! Opening bundles the same way in every command: with limits, against this
//! user's trust, with errors that carry the exit code and the next command.

use crate::Context;
use crate::Progress;
use crate::errors::disk;
use crate::errors::refusal;
use crate::failure::{Failure, FailureKind, Result};
use crate::interrupt::Interrupt;
use crate::paths::argument;
use crate::requests::{LastSeenFile, TrustFiles};
use crate::trust::keyring;
use airgo_bundle::{
    Adding, Base, BundleError, DeltaError, ErrorClass, LastSeen, LastSeenError, Limits, ObjectError,
    SignedBundle, Source, Trust, Unverified,
};
use airgo_model::Line;
use jiff::Timestamp;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Opens a bundle, also one in volumes, and checks its container only.
pub fn open(file: &Path) -> Result<Unverified> {
    let (files, limits) = ([file.to_owned()], Limits::default());
    let source = Source { files: &files, bases: &[], limits: &limits };
    source.open().map_err(|e| bundle_failure(&e).fact("bundle", file.display().to_string()))
}

/// Refuses a bundle in volumes where it is to be changed in its place.
pub fn demand_one_file(file: &Path) -> Result<()> {
    let (files, limits) = ([file.to_owned()], Limits::default());
    let source = Source { files: &files, bases: &[], limits: &limits };
    match source.in_volumes() {
        Ok(true) => Err(Failure::failed(format!(
            "{} is in volumes, which cannot be signed one by one",
            file.display()
        ))
        .hint(format!("put them together first: airgo repair {} -o WHOLE.airgo", argument(file)))),
        // What is wrong with it shows when it is read.
        _ => Ok(()),
    }
}

/// Opens a bundle that a trusted key has signed: one file, or volumes; a
/// delta with the bundles of `--base` beneath it.
pub fn open_signed_files(context: &Context, files: &[PathBuf], trust: &TrustFiles) -> Result<SignedBundle> {
    let trusted = keyring::trust(context, trust)?;
    let limits = Limits::default();
    let source = Source { files, bases: &trust.base, limits: &limits };
    source
        .verify_signatures(&trusted, Timestamp::now())
        .map_err(|e| signature_failure(&e, files.first().map_or(Path::new(""), PathBuf::as_path)))
}

/// The same for who is about to add a signature; gives the trust too.
pub fn open_to_sign(
    context: &Context,
    file: &Path,
    trust: &TrustFiles,
    adding: &Adding<'_>,
) -> Result<(SignedBundle, Trust)> {
    let trusted = keyring::trust(context, trust)?;
    let limits = Limits::default();
    let files = [file.to_owned()];
    let source = Source { files: &files, bases: &trust.base, limits: &limits };
    let bundle = source.verify_to_sign(&trusted, Timestamp::now(), adding);
    Ok((bundle.map_err(|e| signature_failure(&e, file))?, trusted))
}

/// The bundle of `--base` that a delta builds on.
pub fn open_base(trust: &Trust, bases: &[PathBuf], base: &Base) -> Result<SignedBundle> {
    let limits = Limits::default();
    for file in bases {
        let source = Source { files: std::slice::from_ref(file), bases, limits: &limits };
        let failed = |e: BundleError| signature_failure(&e, file);
        if source.open().map_err(failed)?.manifest_sha256() == base.manifest_sha256 {
            return source.verify_signatures(trust, Timestamp::now()).map_err(failed);
        }
    }
    Err(bundle_failure(&DeltaError::BaseMissing(base.clone()).into()))
}

/// The same for one file.
pub fn open_signed(context: &Context, file: &Path, trust: &TrustFiles) -> Result<SignedBundle> {
    open_signed_files(context, &[file.to_owned()], trust)
}

/// The failure for a bundle that does not verify.
pub fn signature_failure(error: &BundleError, file: &Path) -> Failure {
    let failure = failure(error, Some(file));
    match error {
        BundleError::Base { path, .. } => {
            failure.fact("base", path).fact("delta", file.display().to_string())
        }
        _ => failure.fact("bundle", file.display().to_string()),
    }
}

/// Refuses a bundle that is older than the last one in the record; remembers
/// nothing.
pub fn check_last_seen(record: &LastSeenFile, bundle: &SignedBundle) -> Result<()> {
    let Some(file) = &record.0 else { return Ok(()) };
    LastSeen::at(file).check(&bundle.stream_version()).map(|_| ()).map_err(|e| last_seen_failure(e, file))
}

/// Checks again, and remembers the bundle.
pub fn record_last_seen(record: &LastSeenFile, bundle: &SignedBundle) -> Result<()> {
    let Some(file) = &record.0 else { return Ok(()) };
    LastSeen::at(file)
        .record(&bundle.stream_version(), Timestamp::now())
        .map(|_| ())
        .map_err(|e| last_seen_failure(e, file))
}

fn last_seen_failure(error: LastSeenError, file: &Path) -> Failure {
    bundle_failure(&error.into()).fact("last seen", file.display().to_string())
}

/// The failure for an error of the bundle crate.
pub fn bundle_failure(error: &BundleError) -> Failure {
    failure(error, None)
}

/// The same where the file is known that hints speak of.
fn failure(error: &BundleError, file: Option<&Path>) -> Failure {
    let exit = match error.class() {
        ErrorClass::Failed => FailureKind::Failed,
        ErrorClass::Signature => FailureKind::Signature,
        ErrorClass::Checksum => FailureKind::Checksum,
        ErrorClass::Malformed => FailureKind::Malformed,
        ErrorClass::Interrupted => return Failure::interrupted(),
    };
    match error {
        BundleError::Object(ObjectError::Checksum { name, expected, actual }) => {
            Failure::new(exit, format!("checksum mismatch for {name} in the bundle"))
                .fact("manifest", format!("sha256 {expected}"))
                .fact("found", format!("sha256 {actual}"))
                .hint("the file was changed or damaged on its way: copy it again, then: airgo verify FILE")
        }
        BundleError::Write { source, .. } => {
            let mut failure = Failure::new(exit, error.to_string());
            failure.hints.extend(disk::write_hint(source, "name another target").map(Line::from));
            failure
        }
        BundleError::Open { source, .. }
        | BundleError::Read { source, .. }
        | BundleError::Source { source, .. }
        | BundleError::LastSeen(LastSeenError::Io { source, .. }) => {
            let mut failure = Failure::new(exit, error.to_string());
            failure.hints.extend(disk::read_hint(source).map(Line::from));
            failure
        }
        BundleError::Key(key) => Failure::new(exit, error.to_string()).hint_of(key),
        _ if exit == FailureKind::Malformed => Failure::new(exit, error.to_string())
            .hint("pack it again, or copy it again: nothing in it can be trusted"),
        _ => refusal::advise(Failure::new(exit, error.to_string()), error, file),
    }
}

/// `--jobs`, or one for each processor.
pub fn jobs(asked: Option<usize>) -> NonZeroUsize {
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    asked.and_then(NonZeroUsize::new).unwrap_or(cores)
}

/// Progress of the bundle crate, which also asks whether to stop.
pub struct Watch {
    /// The bar.
    pub progress: Progress,
    interrupt: Interrupt,
}

impl Watch {
    /// See [`Progress::new`].
    pub fn new(context: &Context, verb: &'static str, noun: &'static str, total: u64) -> Self {
        Self { progress: context.progress(verb, noun, total), interrupt: context.interrupt.clone() }
    }
}

impl airgo_bundle::Progress for Watch {
    fn bytes(&self, count: u64) {
        self.progress.add_bytes(count);
    }

    fn object(&self, _: &str) {
        self.progress.add_done(1);
    }

    fn cancelled(&self) -> bool {
        self.interrupt.is_set()
    }
}
