//! What `airgo unpack` writes, and where.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `--as` and what goes with it.
#[derive(Args, Debug)]
pub struct LayoutArgs {
    /// What to write
    #[arg(long = "as", value_enum, default_value = "cache", value_name = "LAYOUT")]
    pub layout: LayoutName,
    /// Where: for proxy and athens a directory that is empty, not there yet, or written by airgo
    /// before; for vendor a checkout [default for vendor: .]
    #[arg(
        long,
        value_name = "DIR",
        required_if_eq_any = [("layout", "proxy"), ("layout", "athens")],
        conflicts_with_all = ["gomodcache", "exact", "into_shared", "lean", "modcacherw", "trust_existing"]
    )]
    pub to: Option<PathBuf>,
    /// Replace a vendor directory also where files in it were changed
    #[arg(long)]
    pub replace: bool,
}

/// `--as` of `airgo unpack`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LayoutName {
    /// A module cache, which go builds from with GOPROXY=off
    Cache,
    /// The vendor directory of a checkout, as `go mod vendor` or `go work vendor` writes it
    Vendor,
    /// A GOPROXY that is a directory, for GOPROXY=file://DIR or a web server
    Proxy,
    /// The disk storage of an Athens server
    Athens,
}
