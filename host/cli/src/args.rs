//! The command line as typed; clap makes help, man pages and completions of it.

use crate::exit;
use airgo_gomod::gosource::Platform;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Carry a Go project's dependencies across an air gap.
///
/// `airgo pack` fetches and verifies the whole module graph on a connected
/// machine and writes one signed bundle. `airgo unpack` verifies it again in a
/// build without a network and fills GOMODCACHE, so that `go build` just works.
#[derive(Parser, Debug)]
#[command(name = "airgo", version, after_help = exit::TABLE, disable_help_subcommand = true, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes.
#[derive(Args, Debug)]
pub struct Global {
    /// Print errors and warnings only
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    pub quiet: bool,
    /// Print more: sources, keys, timings
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub verbose: bool,
    /// When to colour
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "auto",
        value_name = "WHEN",
        help_heading = "Global options"
    )]
    pub color: Color,
    /// Print one JSON document with a schema field on stdout
    #[arg(long, global = true, help_heading = "Global options")]
    pub json: bool,
}

/// `--color`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The verbs.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Resolve, fetch, verify and judge a project's modules; write a signed bundle
    Pack(Pack),
    /// Check signature, manifest and every object of a bundle; write nothing
    Verify(Verify),
    /// Verify and judge a bundle, then install its modules into GOMODCACHE
    Unpack(Unpack),
    /// Show what a bundle holds
    Inspect(Inspect),
    /// Show what changed between two bundles
    Diff(Diff),
    /// Show why a module is in a bundle: the chain of requirements
    Why(Why),
    /// Run policy plugins
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// Add a signature to a bundle without changing what it holds
    Sign(Sign),
    /// Make an ed25519 key pair
    Keygen(Keygen),
    /// Print a project's build list or module graph
    Resolve(Resolve),
    /// Print a shell's completion script
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Write the man pages into a directory
    Man {
        /// The directory; it is made when missing
        dir: PathBuf,
    },
}

/// `airgo pack`.
#[derive(Args, Debug)]
pub struct Pack {
    /// The projects: directories in Go modules or workspaces; DIR/... is every module below DIR
    #[arg(default_value = ".", value_name = "DIR")]
    pub dirs: Vec<PathBuf>,
    /// The bundle to write
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Sign with this ed25519 key (PKCS#8 PEM or OpenSSH); default: the user's personal key
    #[arg(long, value_name = "FILE", env = "AIRGO_KEY", hide_env_values = true)]
    pub key: Option<PathBuf>,
    /// The policy file; default: airgo.toml beside go.mod
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// The time that policies judge for (RFC 3339); default: now
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    #[command(flatten)]
    pub gather: Gather,
    #[command(flatten)]
    pub network: Network,
}

/// Flags of the commands that gather what a bundle holds.
#[derive(Args, Debug)]
pub struct Gather {
    /// Record imports for this platform only, as os/arch (repeatable); default: for any
    #[arg(long, value_name = "OS/ARCH", value_delimiter = ',', value_parser = platform)]
    pub platform: Vec<Platform>,
    /// Record imports as with these build tags
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub tags: Vec<String>,
    /// How much to pack
    #[arg(long, value_enum, default_value = "build", value_name = "SCOPE")]
    pub scope: Scope,
}

fn platform(text: &str) -> Result<Platform, String> {
    Platform::parse(text).ok_or_else(|| "not a platform as `go tool dist list` prints them".to_owned())
}

/// `--scope`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scope {
    /// What go build, test, vet, list, mod graph, mod verify, mod download and mod vendor need
    Build,
    /// Also what go mod tidy and go test all need: every module of the build list
    All,
}

/// Flags of the commands that fetch.
#[derive(Args, Debug)]
pub struct Network {
    /// How many requests may be under way at once
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Keep downloads here; default: the user's cache directory
    #[arg(long, value_name = "DIR", env = "AIRGO_CACHE")]
    pub cache: Option<PathBuf>,
}

/// Flags of the commands that check signatures.
#[derive(Args, Debug)]
pub struct Trust {
    /// Trust the keys in this file: PEM, OpenSSH public key or allowed-signers (repeatable)
    #[arg(long, value_name = "FILE", env = "AIRGO_TRUST", value_delimiter = TRUST_SEPARATOR)]
    pub trust: Vec<PathBuf>,
}

#[cfg(windows)]
const TRUST_SEPARATOR: char = ';';
#[cfg(not(windows))]
const TRUST_SEPARATOR: char = ':';

/// `airgo verify`.
#[derive(Args, Debug)]
pub struct Verify {
    /// The bundle
    pub file: PathBuf,
    #[command(flatten)]
    pub trust: Trust,
}

/// `airgo unpack`.
#[derive(Args, Debug)]
pub struct Unpack {
    /// The bundle
    pub file: PathBuf,
    /// Where to install; default: what `go env GOMODCACHE` says
    #[arg(long, value_name = "DIR")]
    pub gomodcache: Option<PathBuf>,
    #[command(flatten)]
    pub trust: Trust,
    /// The policy file; default: airgo.toml in the working directory
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// The time that policies judge for (RFC 3339); default: now
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Leave directories writable, as go's -modcacherw does
    #[arg(long)]
    pub modcacherw: bool,
    /// How many modules to install at once
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<usize>,
}

/// `airgo inspect`.
#[derive(Args, Debug)]
pub struct Inspect {
    /// The bundle
    pub file: PathBuf,
    #[command(flatten)]
    pub trust: Trust,
}

/// `airgo diff`.
#[derive(Args, Debug)]
pub struct Diff {
    /// The bundle approved before
    pub old: PathBuf,
    /// The bundle to review
    pub new: PathBuf,
    #[command(flatten)]
    pub trust: Trust,
}

/// `airgo why`.
#[derive(Args, Debug)]
pub struct Why {
    /// The bundle
    pub file: PathBuf,
    /// A module path, or module@version
    pub module: String,
    #[command(flatten)]
    pub trust: Trust,
}

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
    /// The policy file; default: airgo.toml in the working directory, or in the project
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// The time that policies judge for (RFC 3339); default: now
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// How to print the findings on stdout
    #[arg(long, value_enum, default_value = "human", conflicts_with = "json")]
    pub format: FindingsFormat,
    /// Show and count only what this older bundle does not have; plugins see it as their baseline
    #[arg(long, value_name = "OLD")]
    pub baseline: Option<PathBuf>,
    #[command(flatten)]
    pub trust: Trust,
    #[command(flatten)]
    pub gather: Gather,
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

/// `airgo sign`.
#[derive(Args, Debug)]
pub struct Sign {
    /// The bundle
    pub file: PathBuf,
    /// The ed25519 key to sign with (PKCS#8 PEM or OpenSSH)
    #[arg(long, value_name = "FILE", env = "AIRGO_KEY", hide_env_values = true)]
    pub key: PathBuf,
    #[command(flatten)]
    pub trust: Trust,
}

/// `airgo keygen`.
#[derive(Args, Debug)]
pub struct Keygen {
    /// The private key to write; the public key goes beside it as FILE.pub
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// How to write the pair
    #[arg(long, value_enum, default_value = "pem")]
    pub format: KeyFormat,
    /// A comment for the OpenSSH formats, such as a mail address
    #[arg(long, default_value = "")]
    pub comment: String,
}

/// `--format` of `airgo keygen`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum KeyFormat {
    /// PKCS#8 and SPKI PEM, as openssl writes them
    Pem,
    /// OpenSSH, as ssh-keygen writes them
    Openssh,
}

/// `airgo resolve`.
#[derive(Args, Debug)]
pub struct Resolve {
    /// The project: a directory in a Go module
    #[arg(default_value = ".", value_name = "DIR")]
    pub dir: PathBuf,
    /// list: as `go list -m all`; graph: as `go mod graph`, sorted; json: both with more
    #[arg(long, value_enum, default_value = "list")]
    pub format: ResolveFormat,
    #[command(flatten)]
    pub network: Network,
}

/// `--format` of `airgo resolve`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ResolveFormat {
    /// The bytes of `go list -m all`
    List,
    /// The lines of `go mod graph`, sorted bytewise
    Graph,
    /// One JSON document
    Json,
}
