//! Progress on stderr: a bar with bytes, rate and modules left on a terminal,
//! a plain line now and then elsewhere, nothing with `-q`.

use crate::printer::{Printer, bytes};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Work shorter than this shows no bar.
const QUIET_TIME: Duration = Duration::from_millis(300);
/// How often a plain line is due where there is no terminal.
const LINE_TIME: Duration = Duration::from_secs(5);

/// One stretch of work over a number of modules; safe to share between threads.
pub struct Progress {
    bar: ProgressBar,
    verb: &'static str,
    noun: &'static str,
    done: AtomicU64,
    total: AtomicU64,
    bytes: AtomicU64,
    began: Instant,
    shown: AtomicBool,
    plain: Option<(Printer, Mutex<Instant>)>,
}

impl Progress {
    /// `Fetching`, over `total` `modules`; a total of 0 is not known yet.
    pub fn new(printer: &Printer, verb: &'static str, noun: &'static str, total: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        let began = Instant::now();
        Self {
            bar,
            verb,
            noun,
            done: AtomicU64::new(0),
            total: AtomicU64::new(total),
            bytes: AtomicU64::new(0),
            began,
            // With nothing to show on, the bar counts as shown already.
            shown: AtomicBool::new(!printer.bars()),
            plain: printer.lines().then(|| (*printer, Mutex::new(began))),
        }
    }

    /// More work turned up.
    pub fn add_total(&self, n: u64) {
        let total = self.total.fetch_add(n, Ordering::Relaxed) + n;
        self.bar.set_length(total);
    }

    /// `n` more bytes went through.
    pub fn add_bytes(&self, n: u64) {
        self.bytes.fetch_add(n, Ordering::Relaxed);
        self.tick();
    }

    /// `n` more modules are done.
    pub fn add_done(&self, n: u64) {
        self.done.fetch_add(n, Ordering::Relaxed);
        self.bar.inc(n);
        self.tick();
    }

    /// The bytes so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn tick(&self) {
        if self.began.elapsed() < QUIET_TIME {
            return;
        }
        if !self.shown.swap(true, Ordering::Relaxed) {
            let template = "{prefix:.green.bold} [{bar:28}] {msg}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                self.bar.set_style(style.progress_chars("=> "));
            }
            self.bar.set_prefix(self.verb);
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
        self.bar.set_message(self.line());
        if let Some((printer, last)) = &self.plain
            && let Ok(mut last) = last.try_lock()
            && last.elapsed() >= LINE_TIME
        {
            *last = Instant::now();
            printer.status(self.verb, self.line());
        }
    }

    fn line(&self) -> String {
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        let bytes_so_far = self.bytes();
        let rate = bytes_so_far as f64 / self.began.elapsed().as_secs_f64().max(0.001);
        let left = total.saturating_sub(done);
        format!(
            "{done}/{total} {}, {left} left, {} at {}/s",
            self.noun,
            bytes(bytes_so_far),
            bytes(rate as u64)
        )
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}
