//! airgo's workflow as a library: a program calls it as the command line does.
//!
//! A function takes a [`Context`] and a request, and gives a report or a
//! [`Failure`]. A request says what is meant: no type of the command line is in
//! it. What happens meanwhile goes to an [`Events`], and the [`Interrupt`] of the
//! context ends the work early. Nothing here prints, exits, or reads a variable
//! of the process: Go's settings and airgo's own are in [`GoEnv`].

pub mod advice;
pub mod baseline;
pub mod beside;
pub mod bundle_io;
pub mod check;
mod code_attributes;
pub mod collect;
pub mod defaults;
pub mod diff;
pub mod disk;
pub mod downloads;
pub mod errors;
mod events;
pub mod failure;
pub mod findings;
pub mod frame;
pub mod goenv;
mod golines;
mod gomod_hints;
mod interrupt;
pub mod keyring;
mod lengths;
mod manifest;
mod nearest;
mod offline;
mod open_files;
pub mod pack;
mod plugin_signatures;
pub mod policy;
pub mod project;
pub mod projects;
pub mod quantity;
pub mod reasons;
pub mod recorded;
pub mod refusal;
pub mod repair;
mod requests;
pub mod resolve;
pub mod settings;
pub mod signing;
pub mod sources;
pub mod statements;
pub mod sumdb;
mod sums;
mod toolchains;
pub mod unpack;
pub mod verify;
pub mod view;
pub mod vulndb;
pub mod vulnsource;

pub use events::{Events, Meter, Progress, Silent};
pub use failure::{Failure, FailureKind, Result};
pub use goenv::GoEnv;
pub use interrupt::Interrupt;
pub use requests::{Collect, LastSeenFile, Network, Scope, SignWith, TrustFiles};

use std::fmt;
use std::sync::Arc;

/// What every function works with.
#[derive(Clone)]
pub struct Context {
    /// Go's settings, and airgo's own.
    pub env: Arc<GoEnv>,
    /// Ends the work early.
    pub interrupt: Interrupt,
    events: Arc<dyn Events>,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("env", &self.env).finish_non_exhaustive()
    }
}

impl Context {
    /// With these settings, reporting to `events`.
    pub fn new(env: GoEnv, events: Arc<dyn Events>) -> Self {
        Self { env: Arc::new(env), interrupt: Interrupt::default(), events }
    }

    /// `Resolved 227 modules in 0.8s`: a verb in the past and what was done.
    pub fn status(&self, verb: &str, rest: impl AsRef<str>) {
        self.events.status(verb, rest.as_ref());
    }

    /// A detail for whoever wants to know more.
    pub fn detail(&self, text: impl AsRef<str>) {
        self.events.detail(text.as_ref());
    }

    /// A warning.
    pub fn warning(&self, text: impl AsRef<str>) {
        self.events.warning(text.as_ref());
    }

    /// What to do about a warning.
    pub fn hint(&self, text: impl AsRef<str>) {
        self.events.hint(text.as_ref());
    }

    /// Work over `total` things begins; a total of 0 is not known yet.
    pub fn progress(&self, verb: &'static str, noun: &'static str, total: u64) -> Progress {
        Progress::new(self.events.progress(verb, noun, total))
    }
}
