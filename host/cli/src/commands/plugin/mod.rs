//! `airgo plugin`: what authors of plugins do, one file a command.

mod bench;
mod build;
mod compile;
mod inspect;
mod new;
mod test;

use crate::Context;
use crate::args::{LimitsArg, PluginCommand};
use airgo_app::Result;
use airgo_app::authoring::{self, CompilerMessages, NamedPlugin};
use airgo_policy::TriedPlugin;
use std::path::Path;

/// Runs one of them.
pub fn run(context: &Context, command: &PluginCommand) -> Result<()> {
    match command {
        PluginCommand::New(args) => new::run(context, args),
        PluginCommand::Build(args) => build::run(context, args),
        PluginCommand::Compile(args) => compile::run(context, args),
        PluginCommand::Test(args) => test::run(context, args),
        PluginCommand::Inspect(args) => inspect::run(context, args),
        PluginCommand::Bench(args) => bench::run(context, args),
    }
}

/// A plugin that `policy check --plugin` tries.
pub fn tried(context: &Context, plugin: &str, config: Option<&Path>) -> Result<TriedPlugin> {
    authoring::tried(context, &named(context, plugin, &LimitsArg { limits: None }), config)
}

fn named(context: &Context, plugin: &str, limits: &LimitsArg) -> NamedPlugin {
    let (name, limits) = (plugin.to_owned(), limits.limits.clone());
    NamedPlugin { name, limits, messages: messages(context) }
}

/// A compiler speaks on this terminal, except with `-q`.
fn messages(context: &Context) -> CompilerMessages {
    if context.printer.is_quiet() { CompilerMessages::Dropped } else { CompilerMessages::Stderr }
}
