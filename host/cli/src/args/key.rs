//! `airgo key` and `airgo keygen`.

#[cfg(feature = "full")]
use super::{CollectArgs, PayloadArgs};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `airgo key`: of a bundle to be packed, or of a signing key.
#[derive(Args, Debug)]
#[cfg_attr(feature = "full", command(args_conflicts_with_subcommands = true))]
pub struct Key {
    #[cfg(feature = "full")]
    #[command(flatten)]
    pub bundle: BundleKeyArgs,
    #[cfg(feature = "full")]
    #[command(subcommand)]
    pub command: Option<KeyCommand>,
    #[cfg(not(feature = "full"))]
    #[command(subcommand)]
    pub command: KeyCommand,
}

/// Of what bundle; flags as of `airgo pack`.
#[cfg(feature = "full")]
#[derive(Args, Debug)]
pub struct BundleKeyArgs {
    /// The projects, as for airgo pack; directories called show or export are written ./show and
    /// ./export
    #[arg(default_value = ".", value_name = "DIR")]
    pub dirs: Vec<PathBuf>,
    #[command(flatten)]
    pub collect: CollectArgs,
    #[command(flatten)]
    pub payload: PayloadArgs,
}

/// `airgo key …`.
#[derive(Subcommand, Debug)]
pub enum KeyCommand {
    /// Show a signing key's fingerprint and its public half
    Show {
        /// The key, public or private; default: the user's personal key
        file: Option<PathBuf>,
    },
    /// Print the public half of a signing key in the format of another tool
    Export {
        /// The key, public or private; default: the user's personal key
        file: Option<PathBuf>,
        /// The format
        #[arg(long, value_enum, default_value = "pem")]
        format: PublicFormat,
    },
}

/// `--format` of `airgo key export`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PublicFormat {
    /// SPKI PEM, for openssl and cosign
    #[value(alias = "cosign")]
    Pem,
    /// One line, for ssh-keygen
    Openssh,
    /// A public key file, for minisign -p
    Minisign,
}

/// `airgo keygen`.
#[derive(Args, Debug)]
pub struct Keygen {
    /// The private key to write; the public key goes beside it: team.pub of team.key or team
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// How to write the pair
    #[arg(long, value_enum, default_value = "pem")]
    pub format: KeyFormat,
    /// Encrypt the private key with the passphrase in AIRGO_KEY_PASSPHRASE
    #[arg(long)]
    pub encrypt: bool,
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
