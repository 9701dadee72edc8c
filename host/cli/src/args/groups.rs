//! Flags that several commands share.

use crate::{times, units};
use airgo_app::{Collect, LastSeenFile, Result, SignWith, TrustFiles};
#[cfg(feature = "full")]
use airgo_fetch::DnsServer;
use airgo_gomod::Setting;
use airgo_gomod::gosource::Platform;
use airgo_gomod::setting::Form;
use clap::builder::{StringValueParser, TypedValueParser};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use std::path::PathBuf;
use std::time::Duration;

#[cfg(feature = "full")]
/// Flags of the commands that collect what a bundle holds.
#[derive(Args, Debug)]
pub struct CollectArgs {
    /// Record imports for this platform only, as os/arch (repeatable); default: for any
    #[arg(long, value_name = "OS/ARCH", value_delimiter = ',', value_parser = platform)]
    pub platform: Vec<Platform>,
    /// Record imports as with these build tags
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub tags: Vec<String>,
    /// Also pack the Go toolchain that the project switches to, for these platforms, so that
    /// GOTOOLCHAIN=auto works offline
    #[arg(long, value_name = "OS/ARCH", value_delimiter = ',', value_parser = platform)]
    pub toolchain: Vec<Platform>,
    /// How much to pack
    #[arg(long, value_enum, default_value = "build", value_name = "SCOPE")]
    pub scope: Scope,
    /// Go on where `go build ./...` or `go vet ./...` will refuse on the other side: an import that
    /// no module provides, a line that go.sum lacks, a file name that is too long for Linux. What
    /// is refused by default becomes warnings
    #[arg(long)]
    pub allow_incomplete: bool,
}

/// A platform, as os/arch.
pub fn platform(text: &str) -> std::result::Result<Platform, String> {
    Platform::parse(text).ok_or_else(|| "not a platform as `go tool dist list` prints them".to_owned())
}

#[cfg(feature = "full")]
/// `--scope`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scope {
    /// What go build, test, vet, list, mod graph, mod verify, mod download and mod vendor need
    Build,
    /// Also what go mod tidy and go test all need: every module of the build list
    All,
}

#[cfg(feature = "full")]
impl From<Scope> for airgo_app::Scope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Build => Self::Build,
            Scope::All => Self::All,
        }
    }
}

#[cfg(feature = "full")]
impl CollectArgs {
    /// As the request of the library has it.
    pub fn request(&self) -> Collect {
        Collect {
            platforms: self.platform.clone(),
            tags: self.tags.clone(),
            toolchains: self.toolchain.clone(),
            scope: self.scope.into(),
            allow_incomplete: self.allow_incomplete,
        }
    }
}

#[cfg(feature = "full")]
/// How a bundle stores the files of modules.
#[derive(Args, Debug)]
pub struct PayloadArgs {
    /// Pack the files of all modules in compressed blocks, identical files once: three fifths to three
    /// quarters of the zips, which unpack makes again byte for byte
    #[arg(long, conflicts_with = "exact")]
    pub compact: bool,
    /// Pack only what building, vetting and testing read of each module, with lists of all files by
    /// which that part is verified against go.sum. For the platforms and tags that are given, or for
    /// any platform
    #[arg(long)]
    pub exact: bool,
    /// Leave out what only tests need
    #[arg(long, requires = "exact")]
    pub no_tests: bool,
    /// Also pack what `go mod vendor` reads
    #[arg(long, requires = "exact")]
    pub vendor: bool,
}

#[cfg(feature = "full")]
impl PayloadArgs {
    /// As the request of the library has it.
    pub fn request(&self) -> airgo_app::Payload {
        if self.compact {
            return airgo_app::Payload::Compact;
        }
        if !self.exact {
            return airgo_app::Payload::Zips;
        }
        let packages = Vec::new();
        airgo_app::Payload::Exact(airgo_app::Exact { tests: !self.no_tests, vendor: self.vendor, packages })
    }
}

/// What `airgo unpack` installs of a bundle.
#[derive(Args, Debug)]
pub struct PartArgs {
    /// Install only what the build of this checkout reads, each file verified against go.sum; of the
    /// rest of the zips nothing is read. DIR may be a package in it, such as ./cmd/server
    /// (repeatable) [default DIR: .]
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = ".")]
    pub exact: Vec<PathBuf>,
    /// Install for this platform, as os/arch (repeatable); default: that of GOOS and GOARCH, or of
    /// this machine
    #[arg(long, value_name = "OS/ARCH", value_delimiter = ',', value_parser = platform, requires = "exact")]
    pub platform: Vec<Platform>,
    /// Install what is built with these tags; default: those that the bundle was packed with
    #[arg(long, value_name = "TAG", value_delimiter = ',', requires = "exact")]
    pub tags: Vec<String>,
    /// Leave out what only tests need
    #[arg(long, requires = "exact")]
    pub no_tests: bool,
    /// Also install what `go mod vendor` reads
    #[arg(long, requires = "exact")]
    pub vendor: bool,
}

impl PartArgs {
    /// As the request of the library has it.
    pub fn request(&self) -> Option<airgo_app::unpack::ExactPart> {
        if self.exact.is_empty() {
            return None;
        }
        let packages = Vec::new();
        Some(airgo_app::unpack::ExactPart {
            dirs: self.exact.clone(),
            platforms: self.platform.clone(),
            tags: self.tags.clone(),
            exact: airgo_app::Exact { tests: !self.no_tests, vendor: self.vendor, packages },
        })
    }
}

#[cfg(feature = "full")]
/// Flags of the commands that fetch.
#[derive(Args, Debug)]
pub struct Network {
    /// How many requests may be under way at once; default: 64, fewer where few files may be open
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Cache downloads here; default: the user's cache directory
    #[arg(long, value_name = "DIR", env = "AIRGO_CACHE")]
    pub cache: Option<PathBuf>,
    /// Ask this name server, as IP or IP:PORT, in place of the system's resolver
    #[arg(long, value_name = "SERVER")]
    pub dns: Option<DnsServer>,
    /// End a try that waits longer than this for a connection or an answer, or whose transfer brings next
    /// to nothing (under 34 bytes a second) for so long, such as 30s; default: 15s to connect, 2m for the answer,
    /// 30s within it. Up to 4 tries follow, see --retries
    #[arg(long, value_name = "TIME", value_parser = units::duration)]
    pub timeout: Option<Duration>,
    /// How often to try again where a host answers but fails (5xx, resets, broken bodies); default: 7, and 3
    /// where it cannot be reached or is too slow
    #[arg(long, value_name = "N")]
    pub retries: Option<u32>,
}

#[cfg(feature = "full")]
impl Network {
    /// As the request of the library has it.
    pub fn request(&self) -> airgo_app::Network {
        airgo_app::Network {
            jobs: self.jobs,
            cache: self.cache.clone(),
            dns: self.dns,
            timeout: self.timeout,
            retries: self.retries,
        }
    }
}

/// Flags of the commands that check signatures.
#[derive(Args, Debug)]
pub struct Trust {
    /// Trust the keys in this file: PEM, OpenSSH public key, allowed-signers, or a trust file (.toml) with roles (repeatable)
    #[arg(long, value_name = "FILE", env = "AIRGO_TRUST", value_delimiter = TRUST_SEPARATOR)]
    pub trust: Vec<PathBuf>,
    /// A bundle that a delta builds on (repeatable)
    #[arg(long, value_name = "FILE")]
    pub base: Vec<PathBuf>,
}

impl Trust {
    /// As the request of the library has it.
    pub fn request(&self) -> TrustFiles {
        TrustFiles { trust: self.trust.clone(), base: self.base.clone() }
    }
}

#[cfg(windows)]
const TRUST_SEPARATOR: char = ';';
#[cfg(not(windows))]
const TRUST_SEPARATOR: char = ':';

/// A command, whose arguments may hold a secret.
fn command() -> impl TypedValueParser<Value = Setting> {
    StringValueParser::new().map(|text| Setting::new(Form::Command, text))
}

/// A record of bundles that were accepted.
#[derive(Args, Debug)]
pub struct LastSeenArg {
    /// Refuse a bundle that is older than the last one in this record, or has no sequence
    #[arg(long, value_name = "FILE", env = "AIRGO_LAST_SEEN")]
    pub last_seen: Option<PathBuf>,
}

impl LastSeenArg {
    /// As the request of the library has it.
    pub fn request(&self) -> LastSeenFile {
        LastSeenFile(self.last_seen.clone())
    }
}

/// The policy of who installs.
#[derive(Args, Debug)]
pub struct InstallPolicyArg {
    /// The policy file; default: airgo.toml in the working directory. Without one the built-in
    /// plugins run with defaults that never refuse, or ran at pack, as a trusted key recorded
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
}

/// When.
#[derive(Args, Debug)]
pub struct AtArg {
    /// The time that policies are evaluated for (RFC 3339); default: now
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

impl AtArg {
    /// As the request of the library has it.
    pub fn request(&self) -> Result<Option<Timestamp>> {
        times::at(self.at.as_deref())
    }
}

/// What is known already.
#[derive(Args, Debug)]
pub struct BaselineArg {
    /// Print only the warnings that this older bundle does not have; plugins see it as their
    /// baseline. The verdict counts all
    #[arg(long, value_name = "OLD")]
    pub baseline: Option<PathBuf>,
}

/// Who signs.
#[derive(Args, Debug)]
pub struct KeyArgs {
    /// Sign with this ed25519 key (PKCS#8 PEM or OpenSSH); pack's default: the user's personal key
    #[arg(
        long,
        value_name = "FILE",
        env = "AIRGO_KEY",
        hide_env_values = true,
        conflicts_with = "sign_with"
    )]
    pub key: Option<PathBuf>,
    /// Sign by a command, for keys in an HSM or agent: bytes on its stdin, an ed25519 signature
    /// (raw or base64) on its stdout
    #[arg(long, value_name = "CMD", requires = "public_key", value_parser = command())]
    pub sign_with: Option<Setting>,
    /// The public key of --sign-with
    #[arg(long, value_name = "FILE")]
    pub public_key: Option<PathBuf>,
}

impl KeyArgs {
    /// As meant.
    pub fn request(&self) -> SignWith {
        SignWith {
            key: self.key.clone(),
            command: self.sign_with.clone(),
            public_key: self.public_key.clone(),
            ..SignWith::default()
        }
    }
}

/// Who signs, and what is claimed beside.
#[derive(Args, Debug)]
pub struct SignerArgs {
    #[command(flatten)]
    pub key: KeyArgs,
    /// A number that grows from bundle to bundle of a project, against rollback
    #[arg(long, value_name = "N")]
    pub sequence: Option<u64>,
    /// When the signature expires: RFC 3339, or from now on, such as 90d
    #[arg(long, value_name = "WHEN")]
    pub expires: Option<String>,
    /// A remark that is signed with the rest
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
}

impl SignerArgs {
    /// As the request of the library has it.
    pub fn request(&self) -> Result<SignWith> {
        Ok(SignWith {
            sequence: self.sequence,
            expires: self.expires.as_deref().map(times::expires).transpose()?,
            comment: self.comment.clone(),
            ..self.key.request()
        })
    }
}
