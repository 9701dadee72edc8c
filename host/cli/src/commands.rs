//! The verbs, one file each.

pub mod cache;
pub mod completions;
pub mod diff;
pub mod doctor;
pub mod inspect;
pub mod key;
pub mod keygen;
pub mod man;
pub mod pack;
pub mod plugin;
pub mod policy;
pub mod repair;
pub mod resolve;
pub mod sign;
pub mod unpack;
pub mod verify;
pub mod version;
pub mod vulndb;
pub mod why;

use crate::Context;
use crate::args::{Command, PolicyCommand};
use airgo_app::Result;

/// Runs one verb.
pub fn run(command: Command, context: &Context) -> Result<()> {
    match command {
        Command::Pack(args) => pack::run(context, &args),
        Command::Verify(args) => verify::run(context, &args),
        Command::Unpack(args) => unpack::run(context, &args),
        Command::Inspect(args) => inspect::run(context, &args),
        Command::Diff(args) => diff::run(context, &args),
        Command::Why(args) => why::run(context, &args),
        Command::Policy { command: PolicyCommand::Check(args) } => policy::check(context, &args),
        Command::Policy { command: PolicyCommand::Init { dir } } => airgo_app::check::init(context, &dir),
        Command::Plugin { command } => plugin::run(context, &command),
        Command::Sign(args) => sign::run(context, &args),
        Command::Repair(args) => repair::run(context, &args),
        Command::Resend(args) => repair::resend(context, &args),
        Command::Key { command } => key::run(context, &command),
        Command::Keygen(args) => keygen::run(context, &args),
        Command::Resolve(args) => resolve::run(context, &args),
        Command::Doctor(args) => doctor::run(context, &args),
        Command::Cache { command } => cache::run(context, &command),
        Command::Vulndb { command } => vulndb::run(context, &command),
        Command::Completions { shell } => completions::run(context, shell),
        Command::Version => version::run(context),
        Command::Man { dir } => man::run(context, &dir),
    }
}
