//! `airgo key`.

use clap::{Subcommand, ValueEnum};
use std::path::PathBuf;

/// `airgo key …`.
#[derive(Subcommand, Debug)]
pub enum KeyCommand {
    /// Show a key's fingerprint and its public half
    Show {
        /// The key, public or private; default: the user's personal key
        file: Option<PathBuf>,
    },
    /// Print the public half of a key in the format of another tool
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
