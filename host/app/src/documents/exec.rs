//! The document of a command that was run with a bundle.

use super::ids;
use serde::Serialize;

/// A command that was run.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Exec<'a> {
    /// The program, and the verb of `go`; other arguments may be secrets.
    pub command: &'a str,
    /// The digest of what the bundle holds, independent of who packed it and when.
    pub content_id: &'a str,
    /// The command's exit code, which is airgo's: of one that a signal ended 128 and the
    /// signal's number.
    pub exit_code: u8,
    /// The bundle.
    pub file: String,
    /// The module cache that the command had.
    pub gomodcache: String,
    /// How long it ran, in milliseconds.
    pub millis: u64,
    /// Modules in the cache, with those of which go.mod alone is read.
    pub modules: usize,
    /// What the command had of the network.
    pub network: ExecNetwork,
    /// Names this document.
    pub schema: ids::ExecV1,
    /// The signal that ended the command; null where none did.
    pub signal: Option<i32>,
    /// The ids of the trusted keys that signed the bundle.
    pub signed_by: &'a [String],
}

/// What a command had of the network.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ExecNetwork {
    /// A loopback, in a network namespace.
    Namespace,
    /// A loopback, in a network namespace of a user namespace.
    UserNamespace,
    /// Nothing: seccomp refused sockets.
    Seccomp,
    /// All of it: `--allow-network`.
    Allowed,
}
