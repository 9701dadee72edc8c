//! `airgo env`: prints the variables that a build needs.

use crate::Context;
use crate::args::{Env, EnvFormat, EnvLayout};
use airgo_app::layouts::{EnvRequest, Layout, env};
use airgo_app::paths::quoted;
use airgo_app::{Result, documents};
use std::path::PathBuf;

/// Finds them and prints them.
pub fn run(context: &Context, args: &Env) -> Result<()> {
    let dir = || args.to.clone().unwrap_or_else(|| PathBuf::from("."));
    let layout = match args.layout {
        EnvLayout::Cache => Layout::Cache,
        EnvLayout::Vendor => Layout::Vendor { dir: dir(), replace: false },
        EnvLayout::Proxy => Layout::Proxy { dir: dir() },
    };
    let request = EnvRequest {
        file: args.file.clone(),
        trust: args.trust.request(),
        layout,
        gomodcache: args.gomodcache.clone(),
    };
    let variables = env(context, &request)?;
    if context.printer.is_json() || args.format == EnvFormat::Json {
        return context.printer.document(&documents::Env { schema: documents::EnvV1, variables });
    }
    let line = |(name, value): (&&str, &String)| match args.format {
        EnvFormat::Shell => format!("export {name}={}\n", quoted(value)),
        EnvFormat::Dotenv | EnvFormat::Github | EnvFormat::Json => format!("{name}={value}\n"),
    };
    context.printer.data(variables.iter().map(line).collect::<String>().as_bytes())
}
