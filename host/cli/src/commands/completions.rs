//! `airgo completions SHELL`: prints a completion script.

use crate::Context;
use crate::manual;
use airgo_app::Result;

/// Prints the script for `shell` on stdout.
pub fn run(context: &Context, shell: clap_complete::Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut manual::command(), "airgo", &mut script);
    context.printer.data(&script)
}
