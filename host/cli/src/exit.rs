//! The exit codes, once: the enum, and the table that help and README show.

use airgo_app::FailureKind;
use std::process::ExitCode;

/// How a run of airgo ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done as asked.
    Done,
    /// Not done; the kind of failure has the number.
    Failed(FailureKind),
    /// With the code of the command that `airgo exec` ran.
    Command(u8),
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
   14  vendor directory is not what go would write
  130  interrupted";

impl Exit {
    /// The number, which is a promise to scripts.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed(kind) => kind.code(),
            Self::Command(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}
