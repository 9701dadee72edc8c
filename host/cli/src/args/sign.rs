//! The flags of `airgo sign`.

use super::{SignerArgs, Trust};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `airgo sign`.
#[derive(Args, Debug)]
pub struct Sign {
    /// The bundle; with --detached also a plugin
    pub file: PathBuf,
    #[command(flatten)]
    pub signer: SignerArgs,
    /// What to sign as
    #[arg(long, default_value = "reviewer")]
    pub role: String,
    /// Replace this key's own signature, where it has signed before
    #[arg(long)]
    pub replace: bool,
    /// Leave the bundle as it is and write a signature over the whole file beside it
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub detached: Option<DetachedFormat>,
    #[command(flatten)]
    pub trust: Trust,
}

/// `--detached` of `airgo sign`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DetachedFormat {
    /// FILE.sig: 64 bytes, for openssl pkeyutl
    Raw,
    /// FILE.sig.b64: for cosign verify-blob
    Base64,
    /// FILE.sshsig: for ssh-keygen -Y verify -n airgo-bundle@v1
    Ssh,
    /// FILE.minisig: for minisign -V
    Minisign,
    /// FILE.att.json: a DSSE envelope, for cosign verify-blob-attestation
    Attestation,
}
