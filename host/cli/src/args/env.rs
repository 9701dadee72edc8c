//! The flags of `airgo env`.

use super::Trust;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `airgo env`.
#[derive(Args, Debug)]
pub struct Env {
    /// The bundle that was unpacked: it says whether toolchains came along, and which modules nothing
    /// verified; without one these variables are left out
    pub file: Option<PathBuf>,
    /// What it was unpacked as
    #[arg(long = "as", value_enum, default_value = "cache", value_name = "LAYOUT")]
    pub layout: EnvLayout,
    /// Where the GOPROXY is
    #[arg(long, value_name = "DIR", required_if_eq("layout", "proxy"), conflicts_with = "gomodcache")]
    pub to: Option<PathBuf>,
    /// The module cache, where it is not the one that go uses anyway
    #[arg(long, value_name = "DIR")]
    pub gomodcache: Option<PathBuf>,
    /// How to print them
    #[arg(long, value_enum, default_value = "shell", value_name = "FORMAT")]
    pub format: EnvFormat,
    #[command(flatten)]
    pub trust: Trust,
}

/// `--as` of `airgo env`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EnvLayout {
    /// A module cache
    Cache,
    /// A vendor directory
    Vendor,
    /// A GOPROXY that is a directory
    Proxy,
}

/// `--format` of `airgo env`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EnvFormat {
    /// Commands of a POSIX shell: eval "$(airgo env FILE)"
    Shell,
    /// NAME=value, as docker run --env-file reads it
    Dotenv,
    /// One JSON document, as --json prints it
    Json,
    /// Lines for GitHub Actions: airgo env FILE --format github >> "$GITHUB_ENV"
    Github,
}
