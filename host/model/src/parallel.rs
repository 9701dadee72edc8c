//! One function over many items on a few threads, errors in the items' order.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Runs `work` on every item. `stop` ends early on the first error; every item
/// before the first failed one has then still been tried, so the first error is
/// the same on any number of threads.
pub fn each<T: Sync, S, E: Send>(
    jobs: NonZeroUsize,
    items: &[T],
    stop: bool,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> Result<(), E> + Sync,
) -> Vec<(usize, E)> {
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let errors = Mutex::new(Vec::new());
    let run = || {
        let mut state = state();
        loop {
            // Items are handed out in order, and one handed out is finished.
            if stop && failed.load(Ordering::Relaxed) {
                return;
            }
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return };
            if let Err(error) = work(&mut state, item) {
                failed.store(true, Ordering::Relaxed);
                errors.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, error));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..jobs.get().min(items.len()) {
            // Where no more threads can be started, those that are here do.
            if std::thread::Builder::new().spawn_scoped(scope, run).is_err() {
                break;
            }
        }
        run();
    });
    let mut errors = errors.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    errors.sort_by_key(|(at, _)| *at);
    errors
}
