//! The command line as typed; clap makes help, man pages and completions of it.

#[cfg(feature = "full")]
mod convert;
mod env;
mod exec;
mod groups;
mod image;
mod key;
mod layout;
#[cfg(feature = "full")]
mod plugin;
mod policy;
mod sign;
mod vendor;
#[cfg(feature = "full")]
mod vulndb;

#[cfg(feature = "full")]
pub use convert::*;
pub use env::*;
pub use exec::*;
pub use groups::*;
pub use image::*;
pub use key::*;
pub use layout::*;
#[cfg(feature = "full")]
pub use plugin::*;
pub use policy::*;
pub use sign::*;
pub use vendor::*;
#[cfg(feature = "full")]
pub use vulndb::*;

use crate::exit;
use crate::units;
use airgo_gomod::gosource::Platform;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// Carry a Go project's dependencies across an air gap.
///
/// `airgo pack` fetches and verifies the whole module graph on a connected
/// machine and writes one signed bundle. `airgo unpack` verifies it again in a
/// build without a network and fills GOMODCACHE, so that `go build` just works.
#[derive(Parser, Debug)]
#[command(name = "airgo", version, after_help = exit::TABLE, max_term_width = 100)]
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
    /// Print more: policy files, keys, retries, what plugins gathered and how long it took
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
    #[cfg(feature = "full")]
    /// Resolve, fetch, verify and evaluate a project's modules; write a signed bundle
    Pack(Box<Pack>),
    /// Check signature, manifest and every object of a bundle; write nothing
    Verify(Verify),
    /// Verify and evaluate a bundle, then install its modules into GOMODCACHE
    Unpack(Unpack),
    /// Write a bundle's modules as a container image, for FROM, COPY --from and RUN --mount
    Image(Box<Image>),
    /// Run a command, such as go build, with the modules of a bundle and without a network
    ///
    /// The bundle is verified and the policy evaluated as by airgo unpack, into a module cache of the
    /// bundle's own. The command gets the variables that go then needs, and on Linux no network but a
    /// loopback. Where airgo fails nothing is run; else the exit code is the command's own, and 128 and
    /// the number of a signal that ended it. At the end a line on stderr says what was done; with
    /// --json the document is alone on stdout, and the command writes to stderr.
    Exec(Box<Exec>),
    /// Print the variables that a build needs of what was unpacked
    Env(Env),
    /// Say whether a checkout builds from a bundle without a network, and what is missing
    Check(Check),
    /// Compare a vendor directory, file by file, with what go.sum says and go would write
    Vendor(Vendor),
    /// Show what a bundle holds
    Inspect(Inspect),
    /// Show what changed between two bundles
    Diff(Diff),
    /// Show why a module is in a bundle: the chains of imports and of requirements that lead to it
    Why(Why),
    /// Run policy plugins
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
    #[cfg(feature = "full")]
    /// Write, build, test and measure policy plugins
    Plugin {
        #[command(subcommand)]
        command: Box<PluginCommand>,
    },
    #[cfg(feature = "full")]
    /// Write a bundle's modules in another encoding: zips, compressed blocks, or only what a build
    /// reads; sign it
    Convert(Convert),
    /// Add a signature to a bundle without changing what it holds
    Sign(Sign),
    /// Put a damaged bundle together again from the parts that were sent again
    Repair(Repair),
    /// Answer a request of `airgo verify --request`: write the parts that are damaged there
    Resend(Resend),
    /// Make an ed25519 key pair
    Keygen(Keygen),
    #[cfg(feature = "full")]
    /// Print a digest of what a bundle depends on, for the caches of CI; or show a signing key (show, export)
    ///
    /// Of the projects: what their go.mod and go.work files say of modules, without comments and
    /// order; the bytes of go.sum; scope, platforms, tags and payload; with --exact also what their
    /// packages import. It is the same on every machine and in every checkout, and needs no network.
    Key(Box<Key>),
    #[cfg(not(feature = "full"))]
    /// Show a signing key, or print its public half for openssl, cosign, ssh-keygen or minisign
    Key(Box<Key>),
    #[cfg(feature = "full")]
    /// Print a project's build list or module graph
    Resolve(Resolve),
    #[cfg(feature = "full")]
    /// Examine what is between this machine and its modules: DNS, proxies, TLS, the checksum
    /// database, clock and limits
    Doctor(Doctor),
    #[cfg(feature = "full")]
    /// Show, trim, verify or clear the download cache
    Cache {
        #[command(subcommand)]
        command: CacheCommand,
    },
    #[cfg(feature = "full")]
    /// Import vulnerability data for the vulnerability plugin, and show what a snapshot holds
    Vulndb {
        #[command(subcommand)]
        command: VulndbCommand,
    },
    #[cfg(feature = "full")]
    /// Print a shell's completion script
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the version of airgo, as --version does
    Version,
    #[cfg(feature = "full")]
    /// Write the man pages into a directory
    Man {
        /// The directory; it is made when missing
        dir: PathBuf,
    },
}

#[cfg(feature = "full")]
/// `airgo pack`.
#[derive(Args, Debug)]
pub struct Pack {
    /// The projects: directories in Go modules or workspaces; DIR/... is every module below DIR.
    /// With --exact also packages of them, such as ./cmd/server
    #[arg(default_value = ".", value_name = "DIR")]
    pub dirs: Vec<PathBuf>,
    /// The bundle to write; default: the last element of the module path, with .airgo, in the
    /// working directory
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub signer: SignerArgs,
    /// Leave out the signed statements that hold a time, so that the same inputs give the same file:
    /// where and when each module was fetched, and, without --at, what the policy found
    #[arg(long)]
    pub no_provenance: bool,
    /// Record the addresses of GOPROXY in the signed provenance with path and query, which may hold a
    /// token; default: scheme and host. User and password are never recorded
    #[arg(long, conflicts_with = "no_provenance")]
    pub record_proxies: bool,
    /// Write a delta: only what this older bundle lacks; unpack it with --base OLD
    #[arg(long, value_name = "OLD")]
    pub since: Option<PathBuf>,
    /// Write volumes of at most this size, such as 650MiB: FILE.001, FILE.002 …
    #[arg(long, value_name = "SIZE", value_parser = units::size)]
    pub split: Option<u64>,
    #[command(flatten)]
    pub trust: Trust,
    /// The policy file; default: airgo.toml beside go.mod. Without one the built-in plugins run
    /// with defaults that warn and never refuse
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    #[command(flatten)]
    pub at: AtArg,
    #[command(flatten)]
    pub baseline: BaselineArg,
    #[command(flatten)]
    pub collect: CollectArgs,
    #[command(flatten)]
    pub payload: PayloadArgs,
    #[command(flatten)]
    pub network: Network,
    /// Do nothing where FILE was packed of the same inputs (see airgo key) and policy, is signed by
    /// the key that would sign, and is whole; the policy is evaluated again
    #[arg(long, conflicts_with_all = ["since", "split"])]
    pub if_changed: bool,
}

#[cfg(feature = "full")]
/// `airgo doctor`.
#[derive(Args, Debug)]
pub struct Doctor {
    /// A project, for a module that its proxies should have
    #[arg(default_value = ".", value_name = "DIR")]
    pub dir: PathBuf,
    /// Examine nothing: say what is behind this message of go, git or airgo, and what helps
    #[arg(long, value_name = "TEXT")]
    pub message: Option<String>,
    #[command(flatten)]
    pub network: Network,
}

#[cfg(feature = "full")]
/// `airgo cache …`.
#[derive(Subcommand, Debug)]
pub enum CacheCommand {
    /// Show how much of what is cached, and when it was last used
    Show {
        #[command(flatten)]
        dir: CacheDir,
    },
    /// Remove what was not used for the longest time
    #[command(group(clap::ArgGroup::new("to").required(true).multiple(true).args(["max_size", "max_age"])))]
    Trim {
        #[command(flatten)]
        dir: CacheDir,
        /// Down to this size, such as 2GiB
        #[arg(long, value_name = "SIZE", value_parser = units::size)]
        max_size: Option<u64>,
        /// What was not used for this long, such as 30d
        #[arg(long, value_name = "TIME", value_parser = units::duration)]
        max_age: Option<Duration>,
    },
    /// Hash everything again
    Verify {
        #[command(flatten)]
        dir: CacheDir,
        /// Remove what is damaged, to be fetched again
        #[arg(long)]
        repair: bool,
    },
    /// Remove everything
    Clear {
        #[command(flatten)]
        dir: CacheDir,
    },
}

#[cfg(feature = "full")]
/// Which store.
#[derive(Args, Debug)]
pub struct CacheDir {
    /// Where downloads are cached; default: the user's cache directory
    #[arg(long, value_name = "DIR", env = "AIRGO_CACHE")]
    pub cache: Option<PathBuf>,
}

/// `airgo verify`.
#[derive(Args, Debug)]
pub struct Verify {
    /// The bundle; one volume is enough for those beside it, or name all
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub trust: Trust,
    #[command(flatten)]
    pub last_seen: LastSeenArg,
    /// Also check this detached signature over the file (raw, base64, SSH, minisign or DSSE)
    #[arg(long, value_name = "FILE")]
    pub signature: Option<PathBuf>,
    /// Where the bundle is damaged, write here what to ask the sender for (see airgo resend)
    #[arg(long, value_name = "FILE")]
    pub request: Option<PathBuf>,
}

/// `airgo repair`.
#[derive(Args, Debug)]
pub struct Repair {
    /// The damaged bundle with patches, or volumes with those sent again, in any order
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Where to write the whole bundle, once it verifies
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    #[command(flatten)]
    pub trust: Trust,
}

/// `airgo resend`.
#[derive(Args, Debug)]
pub struct Resend {
    /// What `airgo verify --request` wrote
    pub request: PathBuf,
    /// A good copy of the bundle
    pub file: PathBuf,
    /// The patch to write
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// `airgo unpack`.
#[derive(Args, Debug)]
pub struct Unpack {
    /// The bundle; one volume is enough for those beside it, or name all
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub layout: LayoutArgs,
    #[command(flatten)]
    pub last_seen: LastSeenArg,
    /// Where to install; default: what `go env GOMODCACHE` says
    #[arg(long, value_name = "DIR")]
    pub gomodcache: Option<PathBuf>,
    #[command(flatten)]
    pub trust: Trust,
    #[command(flatten)]
    pub policy: InstallPolicyArg,
    #[command(flatten)]
    pub at: AtArg,
    #[command(flatten)]
    pub baseline: BaselineArg,
    /// Leave directories writable, as go's -modcacherw does
    #[arg(long)]
    pub modcacherw: bool,
    /// Let everybody read the cache and nobody write it, whatever the umask is: for a build as
    /// another user
    #[arg(long, conflicts_with_all = ["modcacherw", "to"])]
    pub read_only: bool,
    /// Trust the .ziphash of modules that are in the cache already, as go does, instead of hashing
    /// the zips and files that airgo has not hashed before
    #[arg(long)]
    pub trust_existing: bool,
    /// Replace modules that were changed in the cache by what the bundle has
    #[arg(long, conflicts_with = "trust_existing")]
    pub repair: bool,
    /// Afterwards remove the modules that airgo installed in this cache and the bundle does not
    /// have; what go downloaded, or was changed since, stays. Names them with -v
    #[arg(long)]
    pub prune: bool,
    /// Install from an exact bundle also where the cache has complete modules: go then takes the
    /// parts for complete ones, and `go mod verify` reports them as modified
    #[arg(long)]
    pub into_shared: bool,
    #[command(flatten)]
    pub part: PartArgs,
    /// Of a compact bundle, do not make the zips again: go builds without them, and the cache takes
    /// less time and space
    #[arg(long, conflicts_with = "exact")]
    pub lean: bool,
    /// How many modules to install at once; default: one for each processor
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<usize>,
}

/// `airgo check`.
#[derive(Args, Debug)]
pub struct Check {
    /// The bundle
    pub file: PathBuf,
    /// The checkout: a directory in a Go module or workspace, which is checked as a whole
    #[arg(default_value = ".", value_name = "DIR")]
    pub dir: PathBuf,
    /// Check for this platform only, as os/arch (repeatable); default: those that the bundle was
    /// packed for, or Linux, macOS and Windows on amd64 and arm64
    #[arg(long, value_name = "OS/ARCH", value_delimiter = ',', value_parser = platform)]
    pub platform: Vec<Platform>,
    /// Check with these build tags; default: those that the bundle was packed with
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub tags: Vec<String>,
    #[command(flatten)]
    pub trust: Trust,
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
    /// A module path, module@version, or the path of a package
    pub module: String,
    #[command(flatten)]
    pub trust: Trust,
}

#[cfg(feature = "full")]
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
