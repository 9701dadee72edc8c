//! Progress on stderr: a bar with the count, bytes and rate on a terminal, cut to
//! its width; a plain line now and then elsewhere; nothing with `-q`. Whatever
//! else is printed meanwhile goes through [`without_bar`], so that no part of a
//! bar stays on the screen.

use crate::printer::Printer;
use airgo_app::Meter;
use airgo_app::quantity::bytes;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, WeakProgressBar};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Work shorter than this shows no bar.
const QUIET_TIME: Duration = Duration::from_millis(300);
/// How often a plain line is due where there is no terminal.
const LINE_TIME: Duration = Duration::from_secs(5);

/// The verb, a bar that takes what is left of the line, and the numbers.
const TEMPLATE: &str = "{prefix:.green.bold} [{wide_bar}] {msg}";
/// Where the terminal leaves no place for a bar: indicatif cuts `wide_msg`.
const NARROW_TEMPLATE: &str = "{prefix:.green.bold} {wide_msg}";
/// The columns below which there is no bar.
const NARROW: u16 = 72;

/// The bar that is on the screen.
static ON_SCREEN: Mutex<Option<WeakProgressBar>> = Mutex::new(None);

/// Takes the bar off the screen while `print` runs, and draws it again below.
pub fn without_bar<R>(print: impl FnOnce() -> R) -> R {
    let bar = ON_SCREEN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match bar.and_then(|bar| bar.upgrade()) {
        Some(bar) if !bar.is_finished() => bar.suspend(print),
        _ => print(),
    }
}

/// One stretch of work over a number of modules; safe to share between threads.
pub struct Bar {
    bar: ProgressBar,
    verb: &'static str,
    noun: &'static str,
    done: AtomicU64,
    total: AtomicU64,
    failed: AtomicU64,
    bytes: AtomicU64,
    began: Instant,
    shown: AtomicBool,
    plain: Option<(Printer, Mutex<Instant>)>,
}

impl Bar {
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
            failed: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            began,
            // With nothing to show on, the bar is treated as shown already.
            shown: AtomicBool::new(!printer.bars()),
            plain: printer.lines().then(|| (*printer, Mutex::new(began))),
        }
    }

    fn tick(&self) {
        if self.began.elapsed() < QUIET_TIME {
            return;
        }
        if !self.shown.swap(true, Ordering::Relaxed) {
            let width = terminal_size::terminal_size_of(std::io::stderr()).map_or(80, |(width, _)| width.0);
            let template = if width < NARROW { NARROW_TEMPLATE } else { TEMPLATE };
            if let Ok(style) = ProgressStyle::with_template(template) {
                self.bar.set_style(style.progress_chars("=> "));
            }
            self.bar.set_prefix(self.verb);
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
            *ON_SCREEN.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.bar.downgrade());
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
        let bytes_so_far = self.bytes.load(Ordering::Relaxed);
        let failed = self.failed.load(Ordering::Relaxed);
        if failed > 0 {
            // What failed is not done; there is no place for the rate beside it.
            return format!("{done}/{total} {}, {failed} failed, {}", self.noun, bytes(bytes_so_far));
        }
        let rate = bytes_so_far as f64 / self.began.elapsed().as_secs_f64().max(0.001);
        format!("{done}/{total} {}, {} at {}/s", self.noun, bytes(bytes_so_far), bytes(rate as u64))
    }
}

impl Meter for Bar {
    fn add_total(&self, n: u64) {
        let total = self.total.fetch_add(n, Ordering::Relaxed) + n;
        self.bar.set_length(total);
    }

    fn add_bytes(&self, n: u64) {
        self.bytes.fetch_add(n, Ordering::Relaxed);
        self.tick();
    }

    fn add_done(&self, n: u64) {
        self.done.fetch_add(n, Ordering::Relaxed);
        self.bar.inc(n);
        self.tick();
    }

    fn add_failed(&self, n: u64) {
        self.failed.fetch_add(n, Ordering::Relaxed);
        self.tick();
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_leave_a_place_for_the_bar() {
        // As long as it gets: five digits of modules, and just under a GiB.
        let printer = Printer::new(true, false, false, anstream::ColorChoice::Never);
        let progress = Bar::new(&printer, "Unpacking", "modules", 99_999);
        progress.add_done(99_999);
        progress.add_bytes(1023 << 20);
        let width = "Unpacking [] ".len() + progress.line().len();
        assert!(width < usize::from(NARROW), "{}", progress.line());
        progress.add_failed(99_999);
        assert!(progress.line().len() + "Unpacking [] ".len() < usize::from(NARROW), "{}", progress.line());
    }

    #[test]
    fn what_failed_is_not_done() {
        let printer = Printer::new(true, false, false, anstream::ColorChoice::Never);
        let progress = Bar::new(&printer, "Fetching", "files", 55);
        progress.add_done(43);
        progress.add_failed(6);
        assert_eq!(progress.line(), "43/55 files, 6 failed, 0 B");
    }
}
