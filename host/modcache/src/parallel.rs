//! Work on many modules at once.

use crate::error::InstallError;
use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// What came of it: the failures, the first of them first, and what nothing was done
/// for.
pub(crate) struct Ended<T> {
    pub(crate) errors: Vec<InstallError>,
    pub(crate) not_started: Vec<T>,
}

/// What the threads share.
struct Shared<T> {
    todo: VecDeque<T>,
    errors: Vec<InstallError>,
}

/// How many threads work: as many as asked for, 0 for as many as the machine runs, and
/// no more than there is work for.
pub(crate) fn threads(jobs: usize, work: usize) -> usize {
    let jobs = match jobs {
        0 => thread::available_parallelism().map_or(1, NonZero::get),
        jobs => jobs,
    };
    jobs.min(work).max(1)
}

/// Does the work from front to back, in so many threads, each with a state of its own.
/// The first failure stops the rest: what is on its way comes to its end, no more is
/// started.
pub(crate) fn each<T: Send, S>(
    threads: usize,
    todo: Vec<T>,
    state: impl Fn() -> S + Sync,
    step: impl Fn(&mut S, T) -> Result<(), InstallError> + Sync,
) -> Ended<T> {
    let shared = Mutex::new(Shared { todo: todo.into(), errors: Vec::new() });
    let work = || {
        let mut state = state();
        while let Some(item) = next(&shared) {
            if let Err(error) = step(&mut state, item) {
                locked(&shared).errors.push(error);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // Where no more threads can be started, those that are here do.
            if thread::Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        work();
    });
    let Shared { todo, errors } = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ended { errors, not_started: todo.into() }
}

fn next<T>(shared: &Mutex<Shared<T>>) -> Option<T> {
    let mut shared = locked(shared);
    if shared.errors.is_empty() { shared.todo.pop_front() } else { None }
}

/// What it holds, when no other thread does.
pub(crate) fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Nothing in this crate panics while it holds such a lock.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
