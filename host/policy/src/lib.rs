//! Policy: sandboxed plugins judge a bundle, and every failure refuses it;
//! where nobody wrote a policy it warns.
//!
//! A plugin is a WebAssembly component for the world
//! `airgo:policy/policy-plugin` (plugins/wit/v1). Its path through this crate:
//!
//! 1. [`prescan`]: size, shape, imports, exports and version, read before
//!    anything is compiled;
//! 2. [`Engine::load`]: compiled, or taken from the cache of compiled code;
//!    the built-in ones were compiled with this crate (build.rs);
//! 3. `gather`: what it has to know of each module by itself, in parallel,
//!    and remembered from run to run;
//! 4. [`Plugin::check`]: run over a [`BundleView`] under [`Limits`];
//! 5. [`Policy::evaluate`]: all plugins of an `airgo.toml`, its exceptions,
//!    one [`Report`].
//!
//! The same bundle, plugins, config, data and judged-for time give the same
//! report on any machine. The text in it comes from plugins and modules: it is
//! an attacker's text, of bounded length, and whoever prints it escapes it.

pub mod airgo_toml;
mod bindings;
mod builtin;
#[cfg(feature = "compile")]
mod cache;
mod clock;
mod code;
mod compiled;
#[cfg(feature = "compile")]
mod compiler;
#[cfg(feature = "compile")]
mod cost;
mod data;
mod disguise;
mod engine;
mod error;
mod evaluate;
mod exceptions;
mod failure;
mod gather;
mod host;
mod json_schema;
mod kept;
mod limiter;
mod limits;
mod machine;
mod memory;
mod packed;
mod parallel;
mod plugin;
mod pool;
pub mod prescan;
mod private;
mod report;
mod results;
mod signed;
mod state;
mod usage;
mod view;

pub use airgo_toml::{PolicyFile, PolicyFileError, TriedPlugin};
pub use builtin::{BUILTINS, Builtin};
#[cfg(feature = "compile")]
pub use compiled::Compiled;
pub use compiled::{CompiledError, machine};
pub use data::{DataError, DataSet};
pub use engine::{Engine, EngineConfig};
pub use error::{PluginError, PolicyError};
pub use evaluate::{Evaluation, Policy};
pub use kept::{Kept, KeptFiles};
pub use limits::Limits;
pub use plugin::{
    CheckRequest, Checked, Compared, DataNeed, Description, LogLevel, LogLine, Measured, Plugin, Rule,
};
pub use prescan::Version;
pub use report::{
    Counts, DataRecord, ExceptionRecord, ExceptionState, NOT_JUDGED, PluginRecord, Report, ReportedFinding,
};
pub use results::{Finding, Verdict};
pub use signed::{PluginSigner, SignatureRequest, Signatures};
pub use usage::{Gathering, Usage};
pub use view::{BundleInfo, BundleView, FileEntry, MainModule, MemoryBundle, ModuleInfo, ReadError};
