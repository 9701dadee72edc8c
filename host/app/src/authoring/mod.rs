//! What authors of plugins do: write a new one, build it, compile it ahead, run
//! its tests, look at it and measure it.

pub mod bench;
pub mod build;
mod case;
pub mod compile;
mod component;
pub mod inspect;
mod machine;
pub mod new;
pub mod test;

pub use airgo_author::Language;
pub use component::{NamedPlugin, tried};
pub use machine::CompilerMessages;

use crate::Context;
use crate::failure::{Failure, Result};
use airgo_author::fixture::FixtureError;
use airgo_policy::{Engine, EngineConfig};

/// An engine that keeps compiled code, as every command's does.
fn engine(context: &Context) -> Result<Engine> {
    let cache_dir = context.env.airgo_cache_dir().ok().map(|dir| dir.join("plugins"));
    start(EngineConfig { cache_dir })
}

fn start(config: EngineConfig) -> Result<Engine> {
    Engine::new(config).map_err(|e| Failure::failed(e.to_string()))
}

fn fixture_failure(error: &FixtureError) -> Failure {
    Failure::failed(error.to_string()).hint("docs/plugins.md of airgo says what a bundle.toml may hold")
}
