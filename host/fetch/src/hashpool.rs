//! Hashing on blocking threads, as many at a time as there are cores: more
//! would only cost memory.

use airgo_gomod::modzip::Scratch;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Threads' turns and their buffers.
#[derive(Clone)]
pub(crate) struct HashPool {
    turns: Arc<Semaphore>,
    scratches: Arc<Mutex<Vec<Scratch>>>,
}

impl HashPool {
    pub(crate) fn new(threads: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(threads.max(1))), scratches: Arc::default() }
    }

    /// Runs `work` when it is its turn; none if it panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Scratch) -> T + Send + 'static,
    ) -> Option<T> {
        // The thread holds the turn: whoever waits may be cancelled meanwhile.
        let turn = Arc::clone(&self.turns).acquire_owned().await.ok()?;
        let scratches = Arc::clone(&self.scratches);
        let task = spawn_blocking(move || {
            let lock = || scratches.lock().unwrap_or_else(PoisonError::into_inner);
            let mut scratch = lock().pop().unwrap_or_default();
            let done = work(&mut scratch);
            lock().push(scratch);
            drop(turn);
            done
        });
        task.await.ok()
    }
}
