//! `airgo`: carries a Go project's dependencies across an air gap.

// What only other commands use is reported where they are built.
#![cfg_attr(not(feature = "full"), allow(dead_code, unused_imports, unused_variables))]

mod allocator;
mod args;
mod argument_values;
mod child;
mod commands;
mod document;
mod exit;
mod findings;
mod interrupt;
mod manual;
mod name_service;
mod page;
mod printer;
mod progress;
mod table;
mod times;
mod units;
mod usage;
#[cfg(target_os = "linux")]
mod without_network;

use clap::FromArgMatches as _;
use std::ops::Deref;
use std::process::ExitCode;
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: allocator::Checked = allocator::Checked;

/// What every command works with.
pub(crate) struct Context {
    pub printer: printer::Printer,
    pub app: airgo_app::Context,
}

impl Deref for Context {
    type Target = airgo_app::Context;

    fn deref(&self) -> &airgo_app::Context {
        &self.app
    }
}

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    if let Some(code) = without_network::become_command(std::env::args_os()) {
        return code;
    }
    allocator::prepare();
    name_service::prepare();
    let parsed = manual::command().try_get_matches().and_then(|m| args::Cli::from_arg_matches(&m));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            if let Some(failure) = usage::left_out(&error) {
                let json = usage::wants_json(std::env::args_os());
                let printer = printer::Printer::new(false, false, json, anstream::ColorChoice::Auto);
                return printer.failure(&failure).into();
            }
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
    // A format of one command too: its failures are documents as its results are.
    let json = cli.global.json || usage::wants_json(std::env::args_os());
    let printer = printer::Printer::new(cli.global.quiet, cli.global.verbose, json, color);
    let env = airgo_app::GoEnv::new(std::env::vars_os());
    let context = Context { printer, app: airgo_app::Context::new(env, Arc::new(printer)) };
    match cli.command {
        args::Command::Exec(_) => child::install(context.interrupt.clone()),
        _ => interrupt::install(context.interrupt.clone()),
    }
    match commands::run(cli.command, &context) {
        Ok(exit) => exit,
        Err(failure) => printer.failure(&failure),
    }
    .into()
}
