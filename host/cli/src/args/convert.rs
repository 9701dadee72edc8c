//! The flags of `airgo convert`.

use super::{SignerArgs, Trust};
use clap::Args;
use std::path::PathBuf;

/// `airgo convert`.
#[derive(Args, Debug)]
pub struct Convert {
    /// The bundle; one volume is enough for those beside it, or name all
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The bundle to write
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    #[command(flatten)]
    pub encoding: EncodingArgs,
    #[command(flatten)]
    pub signer: SignerArgs,
    #[command(flatten)]
    pub trust: Trust,
}

/// Into which encoding a bundle is converted.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub struct EncodingArgs {
    /// Into zips, in the layout of a GOPROXY
    #[arg(long)]
    pub zips: bool,
    /// Into compressed blocks with all files, of which unpack makes the zips again
    #[arg(long)]
    pub compact: bool,
    /// Into compressed blocks with only what the build of this checkout reads on the platforms that the
    /// bundle was packed for (repeatable) [default DIR: .]
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = ".")]
    pub exact: Vec<PathBuf>,
}

impl EncodingArgs {
    /// As the request of the library has it.
    pub fn request(&self) -> airgo_app::Payload {
        if self.zips {
            airgo_app::Payload::Zips
        } else if self.compact {
            airgo_app::Payload::Compact
        } else {
            airgo_app::Payload::Exact(airgo_app::Exact { tests: true, vendor: false, packages: Vec::new() })
        }
    }
}
