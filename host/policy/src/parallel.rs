//! Plugins beside each other, where the machine has the memory for that.

use std::thread::{Builder, ScopedJoinHandle};

use crate::PolicyError;

/// Each item on a thread of its own; the first error in the order of the
/// items counts, so that it is the same from run to run. `in_turn` works them
/// off on this thread, as it does those that no thread can be started for.
pub fn in_parallel<I: Sync, T: Send>(
    in_turn: bool,
    items: &[I],
    work: impl Fn(&I) -> Result<T, PolicyError> + Sync,
) -> Result<Vec<T>, PolicyError> {
    if in_turn || items.len() < 2 {
        return items.iter().map(work).collect();
    }
    let work = &work;
    std::thread::scope(|scope| {
        let start =
            |item| Builder::new().spawn_scoped(scope, move || work(item)).map_err(|_no_thread| work(item));
        let end = |thread: Result<ScopedJoinHandle<'_, _>, Result<T, PolicyError>>| match thread {
            Ok(thread) => {
                thread.join().unwrap_or_else(|_| Err(PolicyError::Engine("the host panicked".to_owned())))
            }
            Err(done) => done,
        };
        let threads: Vec<_> = items.iter().map(start).collect();
        // Every thread is waited for before the first error is looked at.
        threads.into_iter().map(end).collect::<Vec<_>>().into_iter().collect()
    })
}
