//! Hashing on blocking threads, as many at a time as there are cores: more
//! would only cost memory.
//!
//! The jobs are in one queue, and a thread that has done one takes the next:
//! tens of thousands of small files would otherwise each cost two switches of
//! threads, which take longer than hashing them.

use airgo_gomod::modzip::Scratch;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Works off jobs in the order in which they came.
#[derive(Clone)]
pub(crate) struct HashPool {
    shared: Arc<Shared>,
}

type Job = Box<dyn FnOnce(&mut Scratch) + Send>;

struct Shared {
    state: Mutex<State>,
    /// How many threads work at once.
    most: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    threads: usize,
    /// The buffers of threads that have ended.
    scratches: Vec<Scratch>,
}

impl HashPool {
    pub(crate) fn new(threads: usize) -> Self {
        Self { shared: Arc::new(Shared { state: Mutex::default(), most: threads.max(1) }) }
    }

    /// Runs `work` when it is its turn; none if it panicked. Work whose result
    /// nobody waits for any more when its turn comes is left out.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Scratch) -> T + Send + 'static,
    ) -> Option<T> {
        let (give, result) = oneshot::channel();
        let job = Box::new(move |scratch: &mut Scratch| {
            if !give.is_closed() {
                // A failure to give means that nobody waits any more.
                let _ = give.send(work(scratch));
            }
        });
        self.shared.add(job);
        result.await.ok()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(self: &Arc<Self>, job: Job) {
        let mut state = self.lock();
        state.waiting.push_back(job);
        let more = state.threads < self.most;
        state.threads += usize::from(more);
        drop(state);
        if more {
            start(&Handle::current(), self);
        }
    }
}

/// Starts a thread, which is counted already.
fn start(handle: &Handle, shared: &Arc<Shared>) {
    let thread = Thread { shared: Arc::clone(shared), handle: handle.clone(), at: Stage::Waiting };
    handle.spawn_blocking(move || thread.work());
}

/// One of the pool's threads, until it is out of the count.
struct Thread {
    shared: Arc<Shared>,
    handle: Handle,
    at: Stage,
}

#[derive(PartialEq, Eq)]
enum Stage {
    /// Dropped here, there are no threads any more: all goes away.
    Waiting,
    /// Dropped here, a job has panicked.
    Working,
    Ended,
}

impl Thread {
    fn work(mut self) {
        self.at = Stage::Working;
        let mut scratch = self.shared.lock().scratches.pop().unwrap_or_default();
        loop {
            let mut state = self.shared.lock();
            let Some(job) = state.waiting.pop_front() else {
                state.threads -= 1;
                state.scratches.push(scratch);
                drop(state);
                self.at = Stage::Ended;
                return;
            };
            drop(state);
            job(&mut scratch);
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if self.at == Stage::Ended {
            return;
        }
        let mut state = self.shared.lock();
        if self.at == Stage::Working && !state.waiting.is_empty() {
            drop(state);
            return start(&self.handle, &self.shared);
        }
        state.threads -= 1;
        let lost = std::mem::take(&mut state.waiting);
        // Whoever waits for one of them is woken.
        drop(state);
        drop(lost);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap()
    }

    #[test]
    fn no_more_jobs_at_once_than_threads() {
        let (pool, now, most) =
            (HashPool::new(2), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        runtime().block_on(async {
            let jobs = (0..200).map(|n| {
                let (pool, now, most) = (pool.clone(), now.clone(), most.clone());
                tokio::spawn(async move {
                    let job = move |_: &mut Scratch| {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::yield_now();
                        now.fetch_sub(1, Ordering::SeqCst);
                        n
                    };
                    pool.run(job).await
                })
            });
            for (n, job) in jobs.collect::<Vec<_>>().into_iter().enumerate() {
                assert_eq!(job.await.unwrap(), Some(n));
            }
        });
        assert!((1..=2).contains(&most.load(Ordering::SeqCst)));
        assert_eq!(pool.shared.lock().threads, 0);
    }

    #[test]
    fn a_job_that_panics_takes_no_other_with_it() {
        let pool = HashPool::new(1);
        runtime().block_on(async {
            let (go, gate) = mpsc::channel::<()>();
            let first = pool.run(move |_| gate.recv().unwrap());
            let (bad, good) = (pool.run(|_| panic!("a job")), pool.run(|_| 3));
            let run = async { tokio::join!(first, bad, good) };
            let open = async { go.send(()).unwrap() };
            let ((_, bad, good), ()) = tokio::join!(run, open);
            assert_eq!((bad, good), (None::<()>, Some(3)));
            assert_eq!(pool.run(|_| 4).await, Some(4));
        });
    }

    #[test]
    fn what_nobody_waits_for_is_left_out() {
        let pool = HashPool::new(1);
        let ran = Arc::new(AtomicUsize::new(0));
        runtime().block_on(async {
            let (go, gate) = mpsc::channel::<()>();
            let first = tokio::spawn({
                let pool = pool.clone();
                async move { pool.run(move |_| gate.recv().unwrap()).await }
            });
            let second = tokio::spawn({
                let (pool, ran) = (pool.clone(), ran.clone());
                async move { pool.run(move |_| ran.fetch_add(1, Ordering::SeqCst)).await }
            });
            while pool.shared.lock().waiting.is_empty() {
                tokio::task::yield_now().await;
            }
            second.abort();
            assert!(second.await.unwrap_err().is_cancelled());
            go.send(()).unwrap();
            first.await.unwrap();
            pool.run(|_| ()).await.unwrap();
        });
        assert_eq!(ran.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn it_ends_with_its_threads() {
        let pool = HashPool::new(1);
        let other = runtime();
        let handle = other.handle().clone();
        other.shutdown_background();
        let _entered = handle.enter();
        assert_eq!(futures_util::FutureExt::now_or_never(pool.run(|_| 1)), Some(None));
        assert_eq!(pool.shared.lock().threads, 0);
    }
}
