//! What is reported to a program that calls this library while the work goes on.

use airgo_model::{Line, Message};
use std::sync::atomic::{AtomicU64, Ordering};

/// Takes what happens, from any thread. What is reported may hold untrusted words: the
/// types' `Display` escapes them.
pub trait Events: Send + Sync {
    /// Something was done: a verb in the past, and what.
    fn status(&self, verb: &'static str, rest: &Line);
    /// A detail, which is shown where more is asked for.
    fn detail(&self, text: &Line);
    /// Something that may be wrong.
    fn warning(&self, text: &Message);
    /// What to do about a warning.
    fn hint(&self, text: &Line);
    /// Work over `total` things begins, `Fetching` `files` for example; a total
    /// of 0 is not known yet. It ends when the meter is dropped.
    fn progress(&self, verb: &'static str, noun: &'static str, total: u64) -> Box<dyn Meter>;
}

/// How far a stretch of work has come.
pub trait Meter: Send + Sync {
    /// More work turned up.
    fn add_total(&self, n: u64);
    /// More bytes went through.
    fn add_bytes(&self, n: u64);
    /// More things are done.
    fn add_done(&self, n: u64);
    /// More things are not to be had.
    fn add_failed(&self, n: u64);
    /// The work is over.
    fn finish(&self);
}

/// Ignores all of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Events for Silent {
    fn status(&self, _: &'static str, _: &Line) {}
    fn detail(&self, _: &Line) {}
    fn warning(&self, _: &Message) {}
    fn hint(&self, _: &Line) {}
    fn progress(&self, _: &'static str, _: &'static str, _: u64) -> Box<dyn Meter> {
        Box::new(Self)
    }
}

impl Meter for Silent {
    fn add_total(&self, _: u64) {}
    fn add_bytes(&self, _: u64) {}
    fn add_done(&self, _: u64) {}
    fn add_failed(&self, _: u64) {}
    fn finish(&self) {}
}

/// A stretch of work, reported to a [`Meter`]; safe to share between threads.
pub struct Progress {
    meter: Box<dyn Meter>,
    bytes: AtomicU64,
}

impl Progress {
    /// Reports to `meter`.
    pub fn new(meter: Box<dyn Meter>) -> Self {
        Self { meter, bytes: AtomicU64::new(0) }
    }

    /// More work turned up.
    pub fn add_total(&self, n: u64) {
        self.meter.add_total(n);
    }

    /// `n` more bytes went through.
    pub fn add_bytes(&self, n: u64) {
        self.bytes.fetch_add(n, Ordering::Relaxed);
        self.meter.add_bytes(n);
    }

    /// `n` more things are done.
    pub fn add_done(&self, n: u64) {
        self.meter.add_done(n);
    }

    /// `n` more things are not to be had.
    pub fn add_failed(&self, n: u64) {
        self.meter.add_failed(n);
    }

    /// The bytes so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The work is over.
    pub fn finish(&self) {
        self.meter.finish();
    }
}
