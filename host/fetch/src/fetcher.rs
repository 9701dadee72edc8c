//! The facade: synchronous outside, tokio inside.

use crate::config::FetchConfig;
use crate::direct::Direct;
use crate::engine::{Engine, Request};
use crate::error::FetchError;
use crate::fetched::{Body, Fetched};
use crate::object::Object;
use crate::observe::Outcome;
use crate::store::{Content, Entry};
use airgo_gomod::H1;
use airgo_model::shortage::{Shortage, USUAL_STACK};
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How many threads may block at once in file work and name resolution.
const BLOCKING_THREADS: usize = 32;

/// How many of a queue's requests are tasks at once. The others wait as what
/// they are: a task takes a hundred times the memory, and a project may ask for a
/// hundred thousand files. More than run at once, so that some may sleep between
/// two tries.
const TASKS: usize = 256;

/// How long dropping a fetcher waits for work that cannot be interrupted.
const LAST_WORK: Duration = Duration::from_millis(250);
/// How long a thread may take to start: it takes no time but on a machine that
/// is busy with others.
const START: Duration = Duration::from_secs(10);

/// Fetches module files. Share it by reference or in an `Arc`; all methods
/// may be called from several threads.
pub struct Fetcher {
    pub(crate) engine: Arc<Engine>,
    cancel: watch::Sender<bool>,
    queue: Arc<Completions>,
    /// None only while dropping.
    runtime: Option<Runtime>,
}

/// One consumer's own submissions and completions on a shared [`Fetcher`]:
/// what is submitted here comes out here and nowhere else.
pub struct Queue<'a> {
    fetcher: &'a Fetcher,
    completions: Arc<Completions>,
}

/// Stops a fetcher from anywhere, such as a Ctrl-C handler's thread.
#[derive(Clone)]
pub struct Canceller(watch::Sender<bool>);

/// What [`Fetcher::next`] gives.
pub type Completion = (Object, Result<Fetched, FetchError>);

#[derive(Default)]
struct Completions {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Submitted and not yet done.
    under_way: usize,
    /// Submitted and no task's yet.
    waiting: VecDeque<Request>,
    tasks: usize,
    done: VecDeque<Completion>,
}

impl Fetcher {
    /// Opens the store, parses GOPROXY, starts the threads. Makes no connection.
    pub fn new(config: FetchConfig) -> Result<Self, FetchError> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let direct = Box::new(Direct::new(&config));
        let engine = Arc::new(Engine::new(config, cores, direct)?);
        let runtime = Builder::new_multi_thread()
            .worker_threads(cores.clamp(2, 4))
            .max_blocking_threads(BLOCKING_THREADS.max(2 * cores))
            .thread_name("airgo-fetch")
            // Once there is one, work waits for it where the system starts no other.
            .thread_keep_alive(Duration::from_secs(24 * 3600))
            .enable_all()
            .build()
            .map_err(|e| threads(&e))?;
        runtime.block_on(first_blocking_thread())?;
        Ok(Self { engine, cancel: watch::Sender::new(false), queue: Arc::default(), runtime: Some(runtime) })
    }

    /// Starts fetching; the result comes out of [`Fetcher::next`].
    pub fn submit(&self, object: Object) {
        self.spawn(&self.queue, Request { object, expected: Vec::new(), afresh: false });
    }

    /// As [`submit`](Self::submit), for a caller that knows which hashes it
    /// would accept. A source with other bytes is passed over while there is
    /// another one; the caller still checks what it gets.
    pub fn submit_expecting(&self, object: Object, expected: Vec<H1>) {
        self.spawn(&self.queue, Request { object, expected, afresh: false });
    }

    /// As [`submit`](Self::submit), but asks the proxies even if the object is on this machine.
    pub fn submit_afresh(&self, object: Object) {
        self.spawn(&self.queue, Request { object, expected: Vec::new(), afresh: true });
    }

    /// Waits for the next result, in the order of completion; none when
    /// nothing is outstanding.
    #[allow(clippy::should_implement_trait)] // It takes &self: several threads may wait.
    pub fn next(&self) -> Option<Completion> {
        self.queue.next()
    }

    /// A queue of its own, for a consumer that must not see others' results.
    pub fn queue(&self) -> Queue<'_> {
        Queue { fetcher: self, completions: Arc::default() }
    }

    /// Puts a verified object into the store, so that no later run asks for it
    /// again. What is in a directory of the user's stays there.
    pub fn keep(&self, fetched: Fetched) -> Result<Fetched, FetchError> {
        let Fetched { object, size, sha256, h1, files, origin, source, local, body } = fetched;
        let bad = |reason| FetchError::BadObject(Box::new((object.clone(), reason)));
        let proxy_path = object.proxy_path().map_err(bad)?;
        let entry = Entry { sha256, size, source, origin };
        let store = &self.engine.store;
        let body = match body {
            Body::Spooled(path) => Body::Stored(store.keep(&proxy_path, &entry, Content::Spooled(path))?),
            // Read from this machine: it will be found there again.
            Body::Memory(bytes) if local => Body::Memory(bytes),
            Body::Memory(bytes) => {
                store.keep(&proxy_path, &entry, Content::Bytes(&bytes))?;
                Body::Memory(bytes)
            }
            Body::Stored(_) | Body::Elsewhere(_) => body,
        };
        let Entry { source, origin, .. } = entry;
        Ok(Fetched { object, size, sha256, h1, files, origin, source, local, body })
    }

    /// Ends all that is under way: each outstanding object fails with
    /// [`FetchError::Cancelled`], and so does what is submitted later.
    pub fn cancel(&self) {
        self.canceller().cancel();
    }

    /// A handle that cancels, for another thread.
    pub fn canceller(&self) -> Canceller {
        Canceller(self.cancel.clone())
    }

    /// Runs a task on the fetcher's threads, until it ends or all is cancelled;
    /// none while the fetcher goes away.
    pub(crate) fn spawn_task<T: Send + 'static>(
        &self,
        object: &Object,
        task: impl Future<Output = Result<T, FetchError>> + Send + 'static,
    ) -> Option<JoinHandle<Result<T, FetchError>>> {
        let task = until_cancelled(self.cancel.subscribe(), object.clone(), task);
        self.runtime.as_ref().map(|runtime| runtime.spawn(task))
    }

    /// Waits for a task; none if it was lost.
    pub(crate) fn wait<T>(&self, task: JoinHandle<T>) -> Option<T> {
        self.runtime.as_ref().and_then(|runtime| runtime.block_on(task).ok())
    }

    fn spawn(&self, completions: &Arc<Completions>, request: Request) {
        let mut state = completions.lock();
        state.under_way += 1;
        state.waiting.push_back(request);
        if state.tasks >= TASKS.max(2 * self.engine.config.jobs) {
            return;
        }
        state.tasks += 1;
        drop(state);
        let Some(runtime) = &self.runtime else { return };
        runtime.spawn(work_off(Task {
            completions: Arc::clone(completions),
            engine: Arc::clone(&self.engine),
            cancelled: self.cancel.subscribe(),
            handle: runtime.handle().clone(),
        }));
    }
}

/// What works off a queue's requests, one after the other.
struct Task {
    completions: Arc<Completions>,
    engine: Arc<Engine>,
    cancelled: watch::Receiver<bool>,
    handle: Handle,
}

/// Ends when nothing waits.
async fn work_off(task: Task) {
    while let Some(request) = task.completions.take() {
        let object = request.object.clone();
        let delivery = Delivery {
            completions: Arc::clone(&task.completions),
            engine: Arc::clone(&task.engine),
            object: object.clone(),
            delivered: false,
        };
        let cancelled = task.cancelled.clone();
        // On the heap of the thread that runs it. As part of this future it would be
        // allocated by the thread that submits, for each request of a chain again, in
        // between what that thread keeps: 20,000 modules took 294 MiB, and take 87.
        let one = Box::pin(task.engine.obtain(&request));
        delivery.deliver(until_cancelled(cancelled, object, one).await);
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        // One that ended in order has seen that nothing waits. One that died
        // leaves its place to another, or what waits would wait forever.
        if std::thread::panicking() {
            let next = Self {
                completions: Arc::clone(&self.completions),
                engine: Arc::clone(&self.engine),
                cancelled: self.cancelled.clone(),
                handle: self.handle.clone(),
            };
            self.handle.spawn(work_off(next));
        }
    }
}

/// Gives up on the work the moment that all is cancelled.
async fn until_cancelled<T>(
    mut cancelled: watch::Receiver<bool>,
    object: Object,
    work: impl Future<Output = Result<T, FetchError>>,
) -> Result<T, FetchError> {
    tokio::select! {
        biased;
        _ = cancelled.wait_for(|c| *c) => Err(FetchError::Cancelled(object)),
        result = work => result,
    }
}

/// Waits for the first thread that work may block. tokio counts its workers as
/// such, and would wait for one of them forever where no other is started.
async fn first_blocking_thread() -> Result<(), FetchError> {
    let started = tokio::task::spawn_blocking(|| ());
    match tokio::time::timeout(START, started).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(FetchError::Threads(Shortage::thread(USUAL_STACK))),
    }
}

fn threads(error: &io::Error) -> FetchError {
    FetchError::Threads(Shortage::of(error, USUAL_STACK).unwrap_or_else(|| Shortage::thread(USUAL_STACK)))
}

impl Drop for Fetcher {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Idle threads end at once; a zip being hashed must not hold the program up.
            runtime.shutdown_timeout(LAST_WORK);
        }
    }
}

impl Queue<'_> {
    /// See [`Fetcher::submit`].
    pub fn submit(&self, object: Object) {
        self.submit_expecting(object, Vec::new());
    }

    /// See [`Fetcher::submit_expecting`].
    pub fn submit_expecting(&self, object: Object, expected: Vec<H1>) {
        self.fetcher.spawn(&self.completions, Request { object, expected, afresh: false });
    }

    /// See [`Fetcher::next`].
    #[allow(clippy::should_implement_trait)] // As there.
    pub fn next(&self) -> Option<Completion> {
        self.completions.next()
    }
}

impl Canceller {
    /// See [`Fetcher::cancel`].
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }
}

impl Completions {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next request for a task; none ends the task.
    fn take(&self) -> Option<Request> {
        let mut state = self.lock();
        let request = state.waiting.pop_front();
        if request.is_none() {
            state.tasks -= 1;
        }
        request
    }

    fn next(&self) -> Option<Completion> {
        let mut state = self.lock();
        loop {
            if let Some(done) = state.done.pop_front() {
                return Some(done);
            }
            if state.under_way == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The promise that every submission comes out again, even if its task dies.
struct Delivery {
    completions: Arc<Completions>,
    engine: Arc<Engine>,
    object: Object,
    delivered: bool,
}

impl Delivery {
    fn deliver(mut self, result: Result<Fetched, FetchError>) {
        self.push(result);
    }

    fn push(&mut self, result: Result<Fetched, FetchError>) {
        self.delivered = true;
        let outcome = match &result {
            Ok(fetched) if fetched.local => Outcome::Local,
            Ok(_) => Outcome::Fetched,
            Err(_) => Outcome::Failed,
        };
        self.engine.observer.finished(&self.object, outcome);
        let mut state = self.completions.lock();
        state.under_way -= 1;
        // Whoever waits has seen that nothing was there: one call wakes it for
        // all that comes until it looks.
        let first = state.done.is_empty();
        state.done.push_back((self.object.clone(), result));
        drop(state);
        if first {
            self.completions.changed.notify_all();
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if !self.delivered {
            self.push(Err(FetchError::Lost(self.object.clone())));
        }
    }
}
