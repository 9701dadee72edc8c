//! `airgo`: carries a Go project's dependencies across an air gap.

mod advice;
mod allocator;
mod args;
mod argument_values;
mod assemble;
mod baseline;
mod beside;
mod bundle_io;
mod commands;
mod defaults;
mod disk;
mod document;
mod downloads;
mod errors;
mod escape;
mod exit;
mod failure;
mod findings;
mod frame;
mod gather;
mod goenv;
mod golines;
mod gomod_hints;
mod interrupt;
mod judge;
mod keyring;
mod lengths;
mod manual;
mod nature;
mod nearest;
mod offline;
mod open_files;
mod plugin_signatures;
mod printer;
mod progress;
mod project;
mod projects;
mod reasons;
mod recorded;
mod refusal;
mod settings;
mod signing;
mod sources;
mod statements;
mod sumdb;
mod sums;
mod table;
mod toolchains;
mod units;
mod usage;
mod view;
mod vulnsource;

use clap::FromArgMatches as _;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: allocator::Checked = allocator::Checked;

/// What every command works with.
pub(crate) struct Context {
    pub printer: printer::Printer,
    pub interrupt: interrupt::Interrupt,
    pub env: goenv::GoEnv,
}

fn main() -> ExitCode {
    allocator::prepare();
    let parsed = manual::command().try_get_matches().and_then(|m| args::Cli::from_arg_matches(&m));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            if error.use_stderr() && usage::wants_json(std::env::args_os()) {
                let printer = printer::Printer::new(false, false, true, anstream::ColorChoice::Never);
                return printer.failure(&usage::failure(&error)).into();
            }
            return printer::command_line(&error).into();
        }
    };
    let color = match cli.global.color {
        args::Color::Auto => anstream::ColorChoice::Auto,
        args::Color::Always => anstream::ColorChoice::Always,
        args::Color::Never => anstream::ColorChoice::Never,
    };
    let printer = printer::Printer::new(cli.global.quiet, cli.global.verbose, cli.global.json, color);
    let context = Context { printer, interrupt: interrupt::Interrupt::install(), env: goenv::GoEnv::load() };
    match commands::run(cli.command, &context) {
        Ok(()) => exit::Exit::Done,
        Err(failure) => printer.failure(&failure),
    }
    .into()
}
