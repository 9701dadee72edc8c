//! `airgo plugin` as typed.

use super::{KeyArgs, Trust};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `airgo plugin …`.
#[derive(Subcommand, Debug)]
pub enum PluginCommand {
    /// Write a new plugin, with a rule, a test and all that it needs to build
    New(PluginNew),
    /// Build a plugin's directory to a component, and show what pins it in airgo.toml
    Build(PluginBuild),
    /// Compile a plugin ahead and sign its code, for airgo-unpack, which has no compiler
    Compile(PluginCompile),
    /// Run a plugin over its test bundles and compare what it finds with what it should find
    Test(PluginTest),
    /// Show what a component is: interface, imports, rules, config schema, digest
    Inspect(PluginInspect),
    /// Measure a plugin: compilation, time, memory, calls, beside its limits
    Bench(PluginBench),
}

/// `airgo plugin new`.
#[derive(Args, Debug)]
pub struct PluginNew {
    /// Its name: lower-case words joined by -, such as no-prereleases
    pub name: String,
    /// What to write it in
    #[arg(long, value_enum, default_value = "rust", value_name = "LANG")]
    pub lang: Lang,
    /// Where to write it; default: a directory of its name
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// `--lang`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// Small and quick; needs Rust with the target wasm32-unknown-unknown
    Rust,
    /// Needs Go
    Go,
    /// JavaScript; needs node and npm
    Js,
    /// Needs Python and pip
    Python,
}

impl From<Lang> for airgo_app::authoring::Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Rust => Self::Rust,
            Lang::Go => Self::Go,
            Lang::Js => Self::Js,
            Lang::Python => Self::Python,
        }
    }
}

/// `airgo plugin build`.
#[derive(Args, Debug)]
pub struct PluginBuild {
    /// The plugin's directory
    #[arg(default_value = ".", value_name = "DIR")]
    pub dir: PathBuf,
    /// The component to write; default: DIR/NAME.wasm
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `airgo plugin compile`.
#[derive(Args, Debug)]
pub struct PluginCompile {
    /// A component; or a plugin's directory, which is built first
    #[arg(value_name = "FILE|DIR")]
    pub plugin: String,
    /// The file to write; default: the plugin's name with .compiled
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub key: KeyArgs,
    #[command(flatten)]
    pub limits: LimitsArg,
}

/// `airgo plugin test`.
#[derive(Args, Debug)]
pub struct PluginTest {
    /// The plugin's directory, which is built first; or a component; or builtin:NAME
    #[arg(default_value = ".", value_name = "DIR|FILE|builtin:NAME")]
    pub plugin: String,
    /// Where the cases are, each a directory with a bundle.toml; default: tests beside the plugin
    #[arg(long, value_name = "DIR")]
    pub cases: Option<PathBuf>,
    /// Run these cases only (repeatable)
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Write what was found into each findings.json
    #[arg(long)]
    pub update: bool,
    #[command(flatten)]
    pub limits: LimitsArg,
}

/// `airgo plugin inspect`.
#[derive(Args, Debug)]
pub struct PluginInspect {
    /// A component; or builtin:NAME
    #[arg(value_name = "FILE|builtin:NAME")]
    pub plugin: String,
    #[command(flatten)]
    pub limits: LimitsArg,
}

/// `airgo plugin bench`.
#[derive(Args, Debug)]
pub struct PluginBench {
    /// A component; or a plugin's directory, which is built first; or builtin:NAME
    #[arg(value_name = "FILE|DIR|builtin:NAME")]
    pub plugin: String,
    /// What to run it over: a bundle, or a test case with a bundle.toml; default: a generated bundle
    #[arg(value_name = "BUNDLE|CASE")]
    pub bundle: Option<PathBuf>,
    /// Modules of the generated bundle
    #[arg(long, default_value_t = 2000, value_name = "N", conflicts_with = "bundle")]
    pub modules: usize,
    /// How often to run it
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub runs: u32,
    /// Its config, a TOML file with what [plugin.config] would hold
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub limits: LimitsArg,
    #[command(flatten)]
    pub trust: Trust,
}

/// What the plugin may use.
#[derive(Args, Debug)]
pub struct LimitsArg {
    /// A TOML file whose [limits] say what the plugin may use; default: airgo-plugin.toml beside it
    #[arg(long, value_name = "FILE")]
    pub limits: Option<PathBuf>,
}
