//! The flags of `airgo exec`.

use super::{AtArg, LastSeenArg, Trust};
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;

/// `airgo exec`.
#[derive(Args, Debug)]
pub struct Exec {
    /// The bundle; one volume is enough for those beside it
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The command, such as go build ./...
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
    /// Leave the command its network: where the system lets airgo cut nothing, or the command needs one.
    /// go fetches no modules all the same
    #[arg(long)]
    pub allow_network: bool,
    #[command(flatten)]
    pub last_seen: LastSeenArg,
    /// Where to install; default: a directory for this bundle in airgo's cache directory, which is kept
    #[arg(long, value_name = "DIR")]
    pub gomodcache: Option<PathBuf>,
    #[command(flatten)]
    pub trust: Trust,
    /// The policy file, as for airgo unpack
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    #[command(flatten)]
    pub at: AtArg,
    /// How many modules to install at once; default: one for each processor
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<usize>,
}
