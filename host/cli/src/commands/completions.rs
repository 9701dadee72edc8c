//! `airgo completions SHELL`: prints a completion script.

use crate::Context;
use crate::failure::Result;
use crate::manual;

/// Prints the script for `shell` on stdout.
pub fn run(context: &Context, shell: clap_complete::Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut manual::command(), "airgo", &mut script);
    context.printer.data(&script)
}
