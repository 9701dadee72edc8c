//! `airgo policy` as typed.

use super::{AtArg, Trust};
#[cfg(feature = "full")]
use super::{CollectArgs, Network};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `airgo policy …`.
#[derive(Subcommand, Debug)]
pub enum PolicyCommand {
    /// Run the plugins over a bundle, or a project before it is packed, and print their findings
    Check(Box<PolicyCheck>),
    /// Write a commented airgo.toml to start from
    Init {
        /// The directory to write it into
        #[arg(default_value = ".")]
        dir: PathBuf,
    },
}

/// `airgo policy check`.
#[derive(Args, Debug)]
pub struct PolicyCheck {
    /// The bundle; or directories of projects, as `airgo pack` takes them
    #[arg(default_value = ".", value_name = "FILE|DIR")]
    pub targets: Vec<PathBuf>,
    /// The policy file; default: airgo.toml in the working directory, or in the project. Without
    /// one the built-in plugins run with defaults that warn and never refuse
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    #[cfg(feature = "full")]
    /// Try this plugin, unpinned, in place of those of the policy file, with its data sources and
    /// its config for a plugin of this name (repeatable): a component; a plugin's directory, which
    /// is built first; or builtin:NAME
    #[arg(long, value_name = "FILE|DIR|builtin:NAME")]
    pub plugin: Vec<String>,
    #[cfg(feature = "full")]
    /// The config of the plugin that is tried, a TOML file with what [plugin.config] would hold
    #[arg(long, value_name = "FILE", requires = "plugin")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub at: AtArg,
    /// How to print the findings on stdout
    #[arg(long, value_enum, default_value = "human", conflicts_with = "json")]
    pub format: FindingsFormat,
    /// Show and count only what this older bundle does not have; plugins see it as their baseline
    #[arg(long, value_name = "OLD")]
    pub baseline: Option<PathBuf>,
    #[command(flatten)]
    pub trust: Trust,
    #[cfg(feature = "full")]
    #[command(flatten)]
    pub collect: CollectArgs,
    #[cfg(feature = "full")]
    #[command(flatten)]
    pub network: Network,
}

/// `--format` of `airgo policy check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FindingsFormat {
    /// For people: each with the chain that brings the module, and what to do
    Human,
    /// One JSON document, as --json
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, a suite a plugin
    Junit,
    /// Annotations of GitHub Actions
    Github,
}
