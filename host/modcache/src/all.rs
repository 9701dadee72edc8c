//! Installing many modules at once.

use crate::cache::ModCache;
use crate::error::{InstallAllError, InstallError};
use crate::input::{ModuleInput, Outcome, Progress};
use airgo_gomod::ModuleVersion;
use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// The modules that are in the cache now, sorted, each with what was done.
pub type Installed = Vec<(ModuleVersion, Outcome)>;

/// What the threads share.
#[derive(Default)]
struct Shared<'a> {
    todo: VecDeque<ModuleInput<'a>>,
    finished: Installed,
    errors: Vec<InstallError>,
}

impl ModCache {
    /// Installs all modules, several at a time, those with the largest zips
    /// first. `jobs` is how many; 0 is as many as the machine runs threads.
    ///
    /// The first failure stops the rest: modules that are on their way come to
    /// their end, no other is started. What is finished stays.
    pub fn install_all<'a>(
        &self,
        inputs: impl IntoIterator<Item = ModuleInput<'a>>,
        jobs: usize,
        progress: &dyn Progress,
    ) -> Result<Installed, Box<InstallAllError>> {
        let mut todo: Vec<_> = inputs.into_iter().collect();
        let size = |input: &ModuleInput<'_>| input.zip.as_ref().map_or(0, |zip| zip.size);
        todo.sort_by(|a, b| size(b).cmp(&size(a)).then_with(|| a.module.cmp(&b.module)));
        let jobs = match jobs {
            0 => thread::available_parallelism().map_or(1, NonZero::get),
            jobs => jobs,
        };
        let jobs = jobs.min(todo.len());
        let shared = Mutex::new(Shared { todo: todo.into(), ..Shared::default() });
        thread::scope(|scope| {
            for _ in 1..jobs {
                let work = || self.work(jobs, &shared, progress);
                // Where no more threads can be started, those that are here do.
                if thread::Builder::new().spawn_scoped(scope, work).is_err() {
                    break;
                }
            }
            self.work(jobs, &shared, progress);
        });
        let Shared { todo, mut finished, errors } =
            shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        finished.sort();
        let mut errors = errors.into_iter();
        match errors.next() {
            None => Ok(finished),
            Some(error) => Err(Box::new(InstallAllError {
                error,
                others: errors.collect(),
                finished,
                not_started: todo.into_iter().map(|input| input.module).collect(),
            })),
        }
    }

    fn work(&self, jobs: usize, shared: &Mutex<Shared<'_>>, progress: &dyn Progress) {
        let mut installer = self.installer_of(jobs);
        while let Some(input) = next(shared) {
            let module = input.module.clone();
            progress.started(&module);
            match installer.install(input, progress) {
                Ok(outcome) => {
                    progress.finished(&module, outcome);
                    locked(shared).finished.push((module, outcome));
                }
                Err(error) => locked(shared).errors.push(error),
            }
        }
    }
}

fn next<'a>(shared: &Mutex<Shared<'a>>) -> Option<ModuleInput<'a>> {
    let mut shared = locked(shared);
    if shared.errors.is_empty() { shared.todo.pop_front() } else { None }
}

fn locked<'m, 'a>(shared: &'m Mutex<Shared<'a>>) -> MutexGuard<'m, Shared<'a>> {
    // Nothing here panics while it holds the lock.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
