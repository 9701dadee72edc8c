//! Time for the sandbox: the CPU time of a guest, and the ticker that makes a
//! running guest look at it.
//!
//! CPU time, because on a loaded machine a deadline by the wall clock would
//! refuse honest plugins. A guest cannot sleep, so that its CPU time runs
//! whenever it does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often a running guest looks at its clock.
const TICK: Duration = Duration::from_millis(5);

/// CPU time that this thread has used.
#[cfg(unix)]
pub fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let (secs, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(secs.unwrap_or(u64::MAX), nanos.unwrap_or(0))
}

/// Where there is no such clock: the wall clock.
#[cfg(not(unix))]
pub fn thread_time() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// The CPU time of one call into a guest, less what the host spent for it.
#[derive(Debug)]
pub struct GuestClock {
    start: Duration,
    limit: Duration,
    host: Duration,
}

impl GuestClock {
    /// Starts on the thread that makes the call.
    pub fn start(limit: Duration) -> Self {
        GuestClock { start: thread_time(), limit, host: Duration::ZERO }
    }

    /// Runs `work` without charging its time to the guest.
    pub fn excluding<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let before = thread_time();
        let result = work();
        self.host += thread_time().saturating_sub(before);
        result
    }

    /// The guest's time so far, asked on the thread of the call.
    pub fn used(&self) -> Duration {
        thread_time().saturating_sub(self.start).saturating_sub(self.host)
    }

    /// Whether the guest has had its time.
    pub fn is_over(&self) -> bool {
        self.used() >= self.limit
    }
}

/// Moves the epoch of engines forward while any guest runs.
pub struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    running: Mutex<usize>,
    changed: Condvar,
    stop: AtomicBool,
}

impl Ticker {
    /// Starts the thread; it sleeps until a guest runs.
    pub fn start(engines: Vec<wasmtime::Engine>) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            running: Mutex::new(0),
            changed: Condvar::new(),
            stop: AtomicBool::new(false),
        });
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("airgo-policy-ticker".to_owned())
            .spawn(move || of_thread.run(&engines))?;
        Ok(Ticker { shared, thread: Some(thread) })
    }

    /// Ticks until the guard is dropped.
    pub fn guard(&self) -> Ticking<'_> {
        let mut running = self.shared.running.lock().unwrap_or_else(PoisonError::into_inner);
        *running += 1;
        if *running == 1 {
            self.shared.changed.notify_all();
        }
        Ticking(&self.shared)
    }
}

impl Shared {
    fn run(&self, engines: &[wasmtime::Engine]) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while !self.stop.load(Ordering::Relaxed) {
            running = if *running == 0 {
                self.changed.wait(running).unwrap_or_else(PoisonError::into_inner)
            } else {
                engines.iter().for_each(wasmtime::Engine::increment_epoch);
                self.changed.wait_timeout(running, TICK).unwrap_or_else(PoisonError::into_inner).0
            };
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        {
            let _running = self.shared.running.lock().unwrap_or_else(PoisonError::into_inner);
            self.shared.stop.store(true, Ordering::Relaxed);
        }
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // A ticker that panicked has nothing more to say.
            let _ = thread.join();
        }
    }
}

/// While this lives a running guest looks at its clock.
pub struct Ticking<'a>(&'a Shared);

impl Drop for Ticking<'_> {
    fn drop(&mut self) {
        *self.0.running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
    }
}
