//! Why there is no verdict. Each of these refuses the bundle; but where nobody
//! wrote a policy, a [`PluginError`] is a warning.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use airgo_model::shortage::Shortage;

use crate::airgo_toml::PolicyFileError;
use crate::compiled::CompiledError;
use crate::data::DataError;
use crate::prescan::Version;

/// Why a policy could not be applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The policy file is wrong.
    #[error(transparent)]
    PolicyFile(#[from] PolicyFileError),
    /// A plugin cannot be read from disk.
    #[error("cannot read plugin {plugin} from {path}: {source}")]
    Read {
        /// Its name in the policy file.
        plugin: String,
        /// Where it should be.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A plugin is not signed by whom it should be.
    #[error("plugin {plugin} {reason}")]
    Signature {
        /// Its name in the policy file.
        plugin: String,
        /// Why no signature counts.
        reason: String,
    },
    /// Nobody who is trusted has signed the compiled code of a plugin.
    #[error("plugin {plugin} cannot be run from {file}: {reason}")]
    CompiledSignature {
        /// Its name in the policy file.
        plugin: String,
        /// The file with its code.
        file: String,
        /// Why no signature counts.
        reason: String,
    },
    /// The compiled code of a plugin is not what it should be.
    #[error("plugin {plugin} cannot be run from {file}: {source}")]
    Compiled {
        /// Its name in the policy file.
        plugin: String,
        /// The file with its code.
        file: String,
        /// The plugin.
        component: PathBuf,
        /// What is wrong with it.
        source: CompiledError,
    },
    /// There is no compiler, and the policy file names no compiled code.
    #[error("plugin {plugin} is not compiled, and this airgo has no compiler")]
    NotCompiled {
        /// Its name in the policy file.
        plugin: String,
        /// The plugin.
        component: PathBuf,
    },
    /// A plugin failed, or is not what it should be.
    #[error("plugin {plugin} {source}")]
    Plugin {
        /// Its name in the policy file.
        plugin: String,
        /// How it failed.
        source: PluginError,
    },
    /// A data source is missing, too old, or damaged.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Plugins were wanted, and none of them judged.
    #[error("none of the {wanted} plugins judged: {first}")]
    NoneJudged {
        /// How many there are.
        wanted: usize,
        /// How the first one failed.
        first: String,
    },
    /// The machine has no memory or no thread for the engine.
    #[error("cannot start the plugin engine: {0}")]
    Shortage(Shortage),
    /// The engine does not start.
    #[error("cannot start the plugin engine: {0}")]
    Engine(String),
}

impl PolicyError {
    /// What the machine lacks, where that is the cause.
    pub fn shortage(&self) -> Option<&Shortage> {
        match self {
            PolicyError::Shortage(shortage) => Some(shortage),
            PolicyError::Plugin { source, .. } => source.shortage(),
            _ => None,
        }
    }
}

/// How a plugin failed. Reads as the rest of a sentence that begins with its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PluginError {
    /// Another plugin names it.
    #[error("is neither in the policy file nor built in")]
    NotThere,
    /// Larger than this airgo loads.
    #[error("is {size} bytes, more than {limit}")]
    TooLarge {
        /// Bytes of the file.
        size: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// Costs too much to compile.
    #[error("has {found} {what}, more than {limit}")]
    TooComplex {
        /// What there is too much of.
        what: &'static str,
        /// How much.
        found: u64,
        /// How much is allowed.
        limit: u64,
    },
    /// A core module, where a component is wanted.
    #[error("is a core WebAssembly module, not a component; `airgo plugin build` makes one of it")]
    CoreModule,
    /// Any other file.
    #[error("is not WebAssembly: it does not begin with the bytes 00 61 73 6d")]
    NotWasm,
    /// WebAssembly that is damaged.
    #[error("is no valid WebAssembly component: {0}")]
    Malformed(String),
    /// There is no compiler, and nobody compiled it before.
    #[error("is not compiled, and this airgo has no compiler")]
    NotCompiled,
    /// Asks for something that no plugin gets.
    #[error("imports {0:?}, which is outside its sandbox: a plugin may import airgo:policy/host alone")]
    ForeignImport(String),
    /// Does not export the interface.
    #[error("does not export airgo:policy/policy, so it is no airgo plugin")]
    NoPolicy,
    /// Made for a version of the interface that this airgo does not speak.
    #[error("speaks airgo:policy@{found}; this airgo speaks {speaks}")]
    UnknownVersion {
        /// What the component names.
        found: Version,
        /// What this airgo speaks.
        speaks: Version,
    },
    /// Exports or imports of the right names have the wrong types.
    #[error("does not fit the world airgo:policy/policy-plugin: {0}")]
    World(String),
    /// Other bytes than those that the policy file names.
    #[error("has sha256 {found}, where the policy file pins {pinned}")]
    Digest {
        /// What the file hashes to.
        found: String,
        /// What was pinned.
        pinned: String,
    },
    /// A trap: a panic, a bad memory access, a division by zero.
    #[error("crashed in {during}: {reason}{}", log(.last_log))]
    Trap {
        /// The call it was in.
        during: &'static str,
        /// What wasmtime says.
        reason: String,
        /// The line it logged last, which is where a panic message is.
        last_log: Option<String>,
    },
    /// Took too long.
    #[error("took longer than {limit:?} in {during}")]
    Timeout {
        /// The call it was in.
        during: &'static str,
        /// CPU time allowed.
        limit: Duration,
    },
    /// Called itself too deeply.
    #[error("used more than its stack in {during}")]
    Stack {
        /// The call it was in.
        during: &'static str,
    },
    /// Used more of something than it may.
    #[error("used more than {limit} {what} in {during}{}", wanted(*.asked))]
    Budget {
        /// What it ran out of.
        what: &'static str,
        /// How much it asked for in all, where that is known.
        asked: Option<u64>,
        /// How much is allowed.
        limit: u64,
        /// The call it was in.
        during: &'static str,
    },
    /// Broke the contract of the interface.
    #[error("gave an answer that cannot be: {0}")]
    ContractViolation(String),
    /// Does not accept its config.
    #[error("does not accept its config{}: {message}", at(.pointer))]
    Config {
        /// A JSON Pointer into the config; empty for the whole.
        pointer: String,
        /// What is wrong with it.
        message: String,
    },
    /// Cannot work with the data sources.
    #[error("cannot use its data: {0}")]
    Data(String),
    /// Cannot judge this bundle.
    #[error("cannot judge the bundle: {0}")]
    Input(String),
    /// Failed to gather the facts of a module.
    #[error("{source}, over {module}")]
    Gather {
        /// `path@version` of the module's code.
        module: String,
        /// How it failed.
        source: Box<PluginError>,
    },
    /// The machine has no memory or no thread for it, which says nothing of the
    /// plugin.
    #[error("could not be run: {0}")]
    Shortage(Shortage),
    /// A mistake in the host.
    #[error("could not be run: {0}")]
    Internal(String),
}

impl PluginError {
    /// What a reader of WebAssembly says, some of which shows bytes a line each,
    /// on one line.
    pub(crate) fn malformed(reason: impl fmt::Display) -> Self {
        let reason = reason.to_string();
        PluginError::Malformed(clip(reason.split_whitespace().collect::<Vec<_>>().join(" ")))
    }

    /// Whether a limit that a policy file can raise stopped it.
    pub fn is_over_limit(&self) -> bool {
        match self {
            PluginError::TooLarge { .. }
            | PluginError::TooComplex { .. }
            | PluginError::Budget { .. }
            | PluginError::Timeout { .. } => true,
            PluginError::Gather { source, .. } => source.is_over_limit(),
            _ => false,
        }
    }

    /// What the machine lacks, where that is the cause.
    pub fn shortage(&self) -> Option<&Shortage> {
        match self {
            PluginError::Shortage(shortage) => Some(shortage),
            PluginError::Gather { source, .. } => source.shortage(),
            _ => None,
        }
    }
}

fn at(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(" at {pointer}") }
}

fn wanted(asked: Option<u64>) -> String {
    asked.map(|asked| format!(" (it asked for {asked})")).unwrap_or_default()
}

fn log(line: &Option<String>) -> String {
    line.as_ref().map(|line| format!(" (it last logged: {line})")).unwrap_or_default()
}

/// Text that a component brings into an error, at a length that fits a screen.
pub(crate) fn clip(text: impl Into<String>) -> String {
    const LIMIT: usize = 600;
    let mut text: String = text.into();
    if text.len() > LIMIT {
        let end = (0..=LIMIT).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_clipped_between_characters() {
        assert_eq!(clip("short"), "short");
        let clipped = clip("ä".repeat(1000));
        assert!(clipped.len() <= 603 && clipped.ends_with("ä…"));
    }
}
