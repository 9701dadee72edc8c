//! `airgo completions SHELL`: prints a completion script.

use crate::Context;
use crate::args::Cli;
use crate::failure::Result;
use clap::CommandFactory as _;

/// Prints the script for `shell` on stdout.
pub fn run(context: &Context, shell: clap_complete::Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "airgo", &mut script);
    context.printer.data(&script)
}
