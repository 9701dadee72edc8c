//! What several requests have in common.

#[cfg(feature = "network")]
use airgo_fetch::DnsServer;
use airgo_gomod::Setting;
use airgo_gomod::gosource::Platform;
use jiff::Timestamp;
use std::path::PathBuf;
#[cfg(feature = "network")]
use std::time::Duration;

/// How to reach the network.
#[cfg(feature = "network")]
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// How many requests may be under way at once; default: 64, fewer where few
    /// files may be open.
    pub jobs: Option<usize>,
    /// Where downloads are cached; default: the user's cache directory.
    pub cache: Option<PathBuf>,
    /// The name server to ask in place of the system's resolver.
    pub dns: Option<DnsServer>,
    /// The longest wait for a connection, an answer, and within one.
    pub timeout: Option<Duration>,
    /// How often to try again where a host answers but fails.
    pub retries: Option<u32>,
}

/// Whom to trust, and what a delta builds on.
#[derive(Clone, Debug, Default)]
pub struct TrustFiles {
    /// Public keys and trust files; without any the user's personal key.
    pub trust: Vec<PathBuf>,
    /// The bundles that a delta builds on.
    pub base: Vec<PathBuf>,
}

/// The record of bundles that were accepted; without one nothing is recorded.
#[derive(Clone, Debug, Default)]
pub struct LastSeenFile(pub Option<PathBuf>);

/// How much of the build list a bundle holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// What building, testing and vetting need.
    #[default]
    Build,
    /// Also what `go mod tidy` and `go test all` read.
    All,
}

impl From<Scope> for airgo_resolve::Scope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Build => Self::Build,
            Scope::All => Self::All,
        }
    }
}

/// What a bundle is to hold.
#[derive(Clone, Debug, Default)]
pub struct Collect {
    /// The platforms that imports are recorded for; none: all that Go builds for.
    pub platforms: Vec<Platform>,
    /// The build tags that imports are recorded with.
    pub tags: Vec<String>,
    /// The platforms for which the Go toolchain comes along.
    pub toolchains: Vec<Platform>,
    /// How much of the build list.
    pub scope: Scope,
    /// Whether what will not build on the other side is a warning only.
    pub allow_incomplete: bool,
}

/// How a bundle stores the files of modules.
#[derive(Clone, Debug, Default)]
pub enum Payload {
    /// As zips, in the layout of a GOPROXY.
    #[default]
    Zips,
    /// All files in blocks, of which the very zips can be made again.
    Compact,
    /// Only what a build reads.
    Exact(Exact),
}

/// For what a build reads files.
#[derive(Clone, Debug)]
pub struct Exact {
    /// Also what tests of the main modules need, and the tests beside the packages.
    pub tests: bool,
    /// Also what `go mod vendor` reads.
    pub vendor: bool,
    /// Package patterns, as `go build` takes them; none: all packages of the main
    /// modules.
    pub packages: Vec<String>,
}

/// Who signs, and what is claimed beside.
#[derive(Clone, Debug, Default)]
pub struct SignWith {
    /// The private key.
    pub key: Option<PathBuf>,
    /// A command that signs in place of a key file.
    pub command: Option<Setting>,
    /// The public key of the command.
    pub public_key: Option<PathBuf>,
    /// A number that grows from bundle to bundle of a project.
    pub sequence: Option<u64>,
    /// When the signature expires.
    pub expires: Option<Timestamp>,
    /// A remark that is signed with the rest.
    pub comment: Option<String>,
}
