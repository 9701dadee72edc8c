//! The exit codes, once: the enum, and the table that help and README show.

use airgo_app::FailureKind;
use std::process::ExitCode;

/// How a run of airgo ended. The numbers are a promise to scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done as asked.
    Done = 0,
    /// Could not do it: network, disk, a bad go.mod.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// A signature is missing, invalid or not trusted.
    Signature = 10,
    /// Bytes do not have the checksum that they must have.
    Checksum = 11,
    /// A policy refused the bundle.
    Policy = 12,
    /// The bundle is malformed or over a limit.
    Malformed = 13,
    /// Interrupted by the user.
    Interrupted = 130,
}

/// The table as `--help` prints it.
pub const TABLE: &str = "Exit codes:
    0  done
    1  could not do it (network, disk, bad go.mod)
    2  usage
   10  signature missing, invalid or not trusted
   11  checksum mismatch
   12  policy refused
   13  malformed or over-limit bundle
  130  interrupted";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

impl From<FailureKind> for Exit {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Failed => Self::Failed,
            FailureKind::Usage => Self::Usage,
            FailureKind::Signature => Self::Signature,
            FailureKind::Checksum => Self::Checksum,
            FailureKind::Policy => Self::Policy,
            FailureKind::Malformed => Self::Malformed,
            FailureKind::Interrupted => Self::Interrupted,
        }
    }
}
