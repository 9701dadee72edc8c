//! `airgo vulndb` as typed.

use super::Network;
use crate::argument_values::no_stream;
use airgo_gomod::Setting;
use airgo_gomod::setting::Form;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `airgo vulndb …`.
#[derive(Subcommand, Debug)]
pub enum VulndbCommand {
    /// Make a snapshot of vulnerability data: one small file, for [[data]] in airgo.toml
    Import(Box<VulndbImport>),
    /// Show of which date a snapshot is, what is in it and whose work it is
    Info {
        /// The snapshot
        file: PathBuf,
    },
}

/// `airgo vulndb import`.
#[derive(Args, Debug)]
pub struct VulndbImport {
    /// Where the data are: a directory, a zip, or the address of either a zip or a server as
    /// GOVULNDB names it (https://vuln.go.dev is Go's own). The Go database in its v1 layout, or
    /// OSV entries (*.json); of several sources the newest of each entry
    #[arg(required = true, value_name = "SOURCE", value_parser = source)]
    pub sources: Vec<Setting>,
    /// The snapshot to write
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    #[command(flatten)]
    pub network: Network,
}

/// An address, which may hold a login, or a path.
fn source(text: &str) -> Result<Setting, &'static str> {
    let text = no_stream(text)?;
    let form = if text.contains("://") { Form::Addresses } else { Form::Plain };
    Ok(Setting::new(form, text))
}
