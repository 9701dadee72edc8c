//! The flags of `airgo vendor`.

#[cfg(feature = "full")]
use super::Network;
use super::Trust;
use clap::Args;
use std::path::PathBuf;

/// `airgo vendor`.
#[derive(Args, Debug)]
pub struct Vendor {
    /// Compare; what differs is named, and the exit code is 14
    #[arg(long, required = true)]
    pub check: bool,
    /// A directory in a Go module or workspace that has a vendor directory
    #[arg(default_value = ".", value_name = "DIR")]
    pub dir: PathBuf,
    #[cfg_attr(
        feature = "full",
        doc = "Take the lists of files from this bundle, which need not carry all contents; without it the modules are fetched"
    )]
    #[cfg_attr(
        not(feature = "full"),
        doc = "Take the lists of files from this bundle, which need not carry all contents"
    )]
    #[arg(long, value_name = "FILE", required = cfg!(not(feature = "full")))]
    pub bundle: Option<PathBuf>,
    #[command(flatten)]
    pub trust: Trust,
    #[cfg(feature = "full")]
    #[command(flatten)]
    pub network: Network,
}
