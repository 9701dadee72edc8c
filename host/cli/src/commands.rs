//! The verbs, one file each.

#[cfg(feature = "full")]
pub mod cache;
pub mod check;
#[cfg(feature = "full")]
pub mod completions;
#[cfg(feature = "full")]
pub mod convert;
pub mod diff;
#[cfg(feature = "full")]
pub mod doctor;
pub mod env;
pub mod exec;
pub mod image;
pub mod inspect;
pub mod key;
pub mod keygen;
#[cfg(feature = "full")]
pub mod man;
#[cfg(feature = "full")]
pub mod pack;
#[cfg(feature = "full")]
pub mod plugin;
pub mod policy;
pub mod repair;
#[cfg(feature = "full")]
pub mod resolve;
pub mod sign;
pub mod unpack;
pub mod vendor;
pub mod verify;
pub mod version;
#[cfg(feature = "full")]
pub mod vulndb;
pub mod why;

use crate::Context;
use crate::args::{Command, PolicyCommand};
use crate::exit::Exit;
use airgo_app::Result;

/// Runs one verb.
pub fn run(command: Command, context: &Context) -> Result<Exit> {
    match command {
        Command::Exec(args) => exec::run(context, &args),
        other => run_other(other, context).map(|()| Exit::Done),
    }
}

fn run_other(command: Command, context: &Context) -> Result<()> {
    match command {
        Command::Exec(args) => exec::run(context, &args).map(drop),
        #[cfg(feature = "full")]
        Command::Pack(args) => pack::run(context, &args),
        Command::Verify(args) => verify::run(context, &args),
        Command::Unpack(args) => unpack::run(context, &args),
        Command::Image(args) => image::run(context, &args),
        Command::Env(args) => env::run(context, &args),
        Command::Check(args) => check::run(context, &args),
        Command::Vendor(args) => vendor::run(context, &args),
        Command::Inspect(args) => inspect::run(context, &args),
        Command::Diff(args) => diff::run(context, &args),
        Command::Why(args) => why::run(context, &args),
        Command::Policy { command: PolicyCommand::Check(args) } => policy::check(context, &args),
        Command::Policy { command: PolicyCommand::Init { dir } } => airgo_app::check::init(context, &dir),
        #[cfg(feature = "full")]
        Command::Plugin { command } => plugin::run(context, &command),
        #[cfg(feature = "full")]
        Command::Convert(args) => convert::run(context, &args),
        Command::Sign(args) => sign::run(context, &args),
        Command::Repair(args) => repair::run(context, &args),
        Command::Resend(args) => repair::resend(context, &args),
        Command::Key(args) => key::run(context, &args),
        Command::Keygen(args) => keygen::run(context, &args),
        #[cfg(feature = "full")]
        Command::Resolve(args) => resolve::run(context, &args),
        #[cfg(feature = "full")]
        Command::Doctor(args) => doctor::run(context, &args),
        #[cfg(feature = "full")]
        Command::Cache { command } => cache::run(context, &command),
        #[cfg(feature = "full")]
        Command::Vulndb { command } => vulndb::run(context, &command),
        #[cfg(feature = "full")]
        Command::Completions { shell } => completions::run(context, shell),
        Command::Version => version::run(context),
        #[cfg(feature = "full")]
        Command::Man { dir } => man::run(context, &dir),
    }
}
