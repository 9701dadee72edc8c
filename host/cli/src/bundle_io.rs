//! Opening bundles the same way in every command: with limits, against this
//! user's trust, with errors that carry the exit code and the next command.

use crate::Context;
use crate::args::Trust as TrustArgs;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::interrupt::Interrupt;
use crate::keyring;
use crate::progress::Progress;
use airgo_bundle::{
    Bundle, BundleError, ErrorClass, Limits, ObjectError, SignatureError, SignedBundle, Unverified,
};
use jiff::Timestamp;
use std::num::NonZeroUsize;
use std::path::Path;

/// Opens a bundle and checks its container only.
pub fn open(file: &Path) -> Result<Unverified> {
    Bundle::open(file, &Limits::default())
        .map_err(|e| bundle_failure(&e).fact("bundle", file.display().to_string()))
}

/// Opens a bundle that somebody trusted has signed.
pub fn open_signed(context: &Context, file: &Path, trust: &TrustArgs) -> Result<SignedBundle> {
    let trusted = keyring::trust(context, trust)?;
    open(file)?.verify_signatures(&trusted, Timestamp::now()).map_err(|e| {
        let failure = bundle_failure(&e).fact("bundle", file.display().to_string());
        if matches!(e, BundleError::Signature(SignatureError::Untrusted { .. })) {
            failure.hint(format!(
                "if you trust the signer, name a file with the public key: --trust FILE (then: airgo verify {} --trust FILE)",
                file.display()
            ))
        } else {
            failure
        }
    })
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
        BundleError::Write { .. } => {
            Failure::new(exit, error.to_string()).hint("free some space, or name another target")
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
