//! `airgo man DIR`: writes a man page for airgo and for each verb.

use crate::Context;
use crate::args::Cli;
use crate::failure::{Failure, Result};
use clap::CommandFactory as _;
use std::path::Path;

/// Writes `airgo.1`, `airgo-pack.1`, … into `dir`.
pub fn run(context: &Context, dir: &Path) -> Result<()> {
    let failure = |e: std::io::Error| {
        Failure::failed(format!("could not write the man pages to {}: {e}", dir.display()))
            .hint("name a directory that you may write to")
    };
    std::fs::create_dir_all(dir).map_err(failure)?;
    // clap_mangen's generate_to builds the command, so that sub-commands get
    // their full names and the global options.
    clap_mangen::generate_to(Cli::command(), dir).map_err(failure)?;
    let pages = std::fs::read_dir(dir).map_err(failure)?.count();
    context.printer.status("Wrote", format!("{pages} man pages to {}", dir.display()));
    Ok(())
}
