//! The flags of `airgo image`.

use super::{AtArg, BaselineArg, InstallPolicyArg, LastSeenArg, Trust, platform};
use airgo_gomod::gosource::Platform;
use clap::Args;
use std::path::PathBuf;

/// `airgo image`.
#[derive(Args, Debug)]
pub struct Image {
    /// The bundle; one volume is enough for those beside it, or name all
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The archive to write: an OCI image layout, which docker load reads too
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// The name that the image gets where it is loaded, such as deps:1.2
    #[arg(short = 't', long = "tag", value_name = "NAME[:TAG]")]
    pub name: Option<String>,
    /// Where the module cache is in the image; default: /go/pkg/mod
    #[arg(long, value_name = "DIR")]
    pub path: Option<String>,
    /// Make the image for Linux on the architecture of this platform, as os/arch (repeatable); with
    /// --exact it holds what building for the platform reads. Default: linux on GOARCH, or on this
    /// machine's
    #[arg(long, value_name = "OS/ARCH", value_delimiter = ',', value_parser = platform)]
    pub platform: Vec<Platform>,
    /// Spread the families of modules over at most this many layers; default: 64
    #[arg(long, value_name = "N")]
    pub layers: Option<usize>,
    #[command(flatten)]
    pub last_seen: LastSeenArg,
    #[command(flatten)]
    pub trust: Trust,
    #[command(flatten)]
    pub policy: InstallPolicyArg,
    #[command(flatten)]
    pub at: AtArg,
    #[command(flatten)]
    pub baseline: BaselineArg,
    /// Only what the build of this checkout reads, file by file, checked against go.sum. DIR may be
    /// a package in it, such as ./cmd/server (repeatable) [default DIR: .]
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = ".")]
    pub exact: Vec<PathBuf>,
    /// What is built with these tags; default: those that the bundle was packed with
    #[arg(long, value_name = "TAG", value_delimiter = ',', requires = "exact")]
    pub tags: Vec<String>,
    /// Leave out what only tests need
    #[arg(long, requires = "exact")]
    pub no_tests: bool,
    /// Of a compact bundle, do not make the zips again: go builds without them, and the image is
    /// smaller
    #[arg(long, conflicts_with = "exact")]
    pub lean: bool,
    /// How many modules and layers to work on at once; default: one for each processor
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<usize>,
}

impl Image {
    /// As the request of the library has it.
    pub fn exact(&self) -> Option<airgo_app::unpack::ExactPart> {
        if self.exact.is_empty() {
            return None;
        }
        Some(airgo_app::unpack::ExactPart {
            dirs: self.exact.clone(),
            platforms: self.platform.clone(),
            tags: self.tags.clone(),
            exact: airgo_app::Exact { tests: !self.no_tests, vendor: false, packages: Vec::new() },
        })
    }
}
