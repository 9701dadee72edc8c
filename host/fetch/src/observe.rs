//! What a progress bar or a log needs to know while objects are on their way.

use crate::error::FetchError;
use crate::object::Object;
use std::time::Duration;

/// Called from the fetcher's own threads: be quick, never block.
///
/// Every submitted object gives exactly one `finished`. Objects that come from
/// the store or a module cache give no `started`.
pub trait Observer: Send + Sync {
    /// A server began to answer; `length` is what it announced.
    fn started(&self, object: &Object, length: Option<u64>) {
        let _ = (object, length);
    }

    /// `count` more bytes of the body came.
    fn bytes(&self, object: &Object, count: u64) {
        let _ = (object, count);
    }

    /// This try failed, and another follows after `wait`. `discarded` bytes
    /// reported before will come again.
    fn retry(&self, object: &Object, error: &FetchError, wait: Duration, discarded: u64) {
        let _ = (object, error, wait, discarded);
    }

    /// The object is in the completion queue, or failed.
    fn finished(&self, object: &Object, outcome: Outcome) {
        let _ = (object, outcome);
    }
}

/// How an object's way ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Fetched from a proxy.
    Fetched,
    /// Found on this machine, and hashed again.
    Local,
    /// Not to be had.
    Failed,
}

/// The observer of those who do not watch.
pub(crate) struct Nobody;

impl Observer for Nobody {}
