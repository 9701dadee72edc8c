//! Opening bundles the same way in every command: with limits, against this
//! user's trust, with errors that carry the exit code and the next command.

use crate::Context;
use crate::args::{LastSeenArg, Trust as TrustArgs};
use crate::disk;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::interrupt::Interrupt;
use crate::keyring;
use crate::progress::Progress;
use airgo_bundle::{
    Bundle, BundleError, ErrorClass, LastSeen, LastSeenError, Limits, ObjectError, SignatureError,
    SignedBundle, Source, Unverified,
};
use jiff::Timestamp;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Opens a bundle and checks its container only.
pub fn open(file: &Path) -> Result<Unverified> {
    Bundle::open(file, &Limits::default())
        .map_err(|e| bundle_failure(&e).fact("bundle", file.display().to_string()))
}

/// Opens a bundle that somebody trusted has signed: one file, or volumes; a
/// delta with the bundles of `--base` beneath it.
pub fn open_signed_files(context: &Context, files: &[PathBuf], trust: &TrustArgs) -> Result<SignedBundle> {
    let trusted = keyring::trust(context, trust)?;
    let limits = Limits::default();
    let source = Source { files, bases: &trust.base, limits: &limits };
    source
        .verify_signatures(&trusted, Timestamp::now())
        .map_err(|e| signature_failure(&e, files.first().map_or(Path::new(""), PathBuf::as_path)))
}

/// The same for one file.
pub fn open_signed(context: &Context, file: &Path, trust: &TrustArgs) -> Result<SignedBundle> {
    open_signed_files(context, &[file.to_owned()], trust)
}

/// The failure for a bundle that does not verify.
pub fn signature_failure(error: &BundleError, file: &Path) -> Failure {
    let failure = bundle_failure(error).fact("bundle", file.display().to_string());
    match error {
        BundleError::Signature(SignatureError::Untrusted { .. }) => failure.hint(format!(
            "if you trust the signer, name a file with the public key: --trust FILE (then: airgo verify {} --trust FILE)",
            file.display()
        )),
        BundleError::Delta(_) => failure.hint("name the bundle that the delta builds on: --base OLD"),
        _ => failure,
    }
}

/// Refuses a bundle that is older than the last one in the record; remembers
/// nothing.
pub fn check_last_seen(record: &LastSeenArg, bundle: &SignedBundle) -> Result<()> {
    let Some(file) = &record.last_seen else { return Ok(()) };
    LastSeen::at(file).check(bundle).map(|_| ()).map_err(|e| last_seen_failure(e, file))
}

/// Checks again, and remembers the bundle.
pub fn record_last_seen(record: &LastSeenArg, bundle: &SignedBundle) -> Result<()> {
    let Some(file) = &record.last_seen else { return Ok(()) };
    LastSeen::at(file).record(bundle, Timestamp::now()).map(|_| ()).map_err(|e| last_seen_failure(e, file))
}

fn last_seen_failure(error: LastSeenError, file: &Path) -> Failure {
    let refused = error.rule().is_some();
    let failure = bundle_failure(&error.into()).fact("last seen", file.display().to_string());
    if refused {
        failure.hint("ask for the newest bundle; if this one is meant, remove its entry from the record")
    } else {
        failure
    }
}

/// The failure for an error of the bundle room.
pub fn bundle_failure(error: &BundleError) -> Failure {
    let exit = match error.class() {
        ErrorClass::Failed => Exit::Failed,
        ErrorClass::Signature => Exit::Signature,
        ErrorClass::Checksum => Exit::Checksum,
        ErrorClass::Malformed => Exit::Malformed,
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
            failure.hints.extend(disk::write_hint(source, "name another target"));
            failure
        }
        BundleError::Open { source, .. }
        | BundleError::Read { source, .. }
        | BundleError::Source { source, .. }
        | BundleError::LastSeen(LastSeenError::Io { source, .. }) => {
            let mut failure = Failure::new(exit, error.to_string());
            failure.hints.extend(disk::read_hint(source));
            failure
        }
        BundleError::Signature(SignatureError::Missing) => {
            Failure::new(exit, error.to_string()).hint("sign it: airgo sign FILE --key KEY")
        }
        _ if exit == Exit::Malformed || exit == Exit::Signature => Failure::new(exit, error.to_string())
            .hint("pack it again, or copy it again: nothing in it can be trusted"),
        _ => Failure::new(exit, error.to_string()),
    }
}

/// `--jobs`, or one for each processor.
pub fn jobs(asked: Option<usize>) -> NonZeroUsize {
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    asked.and_then(NonZeroUsize::new).unwrap_or(cores)
}

/// Progress of the bundle room, which also asks whether to stop.
pub struct Watch {
    /// The bar.
    pub progress: Progress,
    interrupt: Interrupt,
}

impl Watch {
    /// See [`Progress::new`].
    pub fn new(context: &Context, verb: &'static str, noun: &'static str, total: u64) -> Self {
        Self {
            progress: Progress::new(&context.printer, verb, noun, total),
            interrupt: context.interrupt.clone(),
        }
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
