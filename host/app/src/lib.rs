//! airgo's workflow as a library: a program calls it as the command line does.
//!
//! A function takes a [`Context`] and a request, and gives a report or a
//! [`Failure`]. A request says what is meant: no type of the command line is in
//! it. What happens meanwhile goes to an [`Events`], and the [`Interrupt`] of the
//! context ends the work early. Nothing here prints, exits, or reads a variable
//! of the process: Go's settings and airgo's own are in [`GoEnv`].

#[cfg(feature = "authoring")]
pub mod authoring;
mod bundle_files;
#[cfg(feature = "network")]
pub mod cache;
pub mod causes;
pub mod check;
#[cfg(feature = "network")]
pub mod collect;
pub mod completeness;
#[cfg(feature = "network")]
pub mod convert;
pub mod diff;
#[cfg(feature = "network")]
pub mod doctor;
pub mod documents;
pub mod errors;
mod events;
pub mod exec;
pub mod failure;
pub mod findings;
pub mod goenv;
pub mod image;
pub mod inputs;
pub mod inspect;
mod interrupt;
pub mod key;
pub mod layouts;
#[cfg(feature = "network")]
pub mod pack;
#[cfg(feature = "network")]
mod pack_unchanged;
pub mod paths;
pub mod policy;
pub mod project;
pub mod quantity;
pub mod reasons;
pub mod repair;
mod requests;
#[cfg(feature = "network")]
pub mod resolve;
pub mod settings;
pub mod sign;
pub mod trust;
pub mod unpack;
mod unpack_blocks;
mod unpack_exact;
mod unpack_existing;
mod unpack_modules;
mod unpack_zips;
pub mod variables;
pub mod vendor;
pub mod verify;
#[cfg(feature = "network")]
pub mod vulndb;
#[cfg(feature = "network")]
mod vulnsource;
pub mod why;

pub use events::{Events, Meter, Progress, Silent};
pub use failure::{Failure, FailureKind, Result};
pub use goenv::GoEnv;
pub use interrupt::Interrupt;
#[cfg(feature = "network")]
pub use requests::Network;
pub use requests::{Collect, Exact, LastSeenFile, Payload, Scope, SignWith, TrustFiles};

use airgo_model::{Line, Message};
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
    pub fn status(&self, verb: &'static str, rest: impl Into<Line>) {
        self.events.status(verb, &rest.into());
    }

    /// A detail, which is shown where more is asked for.
    pub fn detail(&self, text: impl Into<Line>) {
        self.events.detail(&text.into());
    }

    /// A warning.
    pub fn warning(&self, text: impl Into<Message>) {
        self.events.warning(&text.into());
    }

    /// What to do about a warning.
    pub fn hint(&self, text: impl Into<Line>) {
        self.events.hint(&text.into());
    }

    /// Work over `total` things begins; a total of 0 is not known yet.
    pub fn progress(&self, verb: &'static str, noun: &'static str, total: u64) -> Progress {
        Progress::new(self.events.progress(verb, noun, total))
    }
}
