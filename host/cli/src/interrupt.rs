//! Ctrl-C: the first asks the work to stop and tidy up, and ends the process
//! where it is held up for longer than [`GRACE`]; the second ends it at once.

use crate::exit::Exit;
use crate::failure::{Failure, Result};
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Set once the user wants to stop; shared with every room that works long.
#[derive(Clone, Default)]
pub struct Interrupt {
    flag: Arc<AtomicBool>,
    callbacks: Arc<Mutex<Vec<Callback>>>,
}

/// How long work may take to stop: a lock of another process, a plugin or a
/// file system that hangs must not hold up who pressed Ctrl-C.
const GRACE: Duration = Duration::from_secs(3);

/// Safe at any moment: what is half written has a temporary name, and the next
/// run removes it.
fn end_after_grace() {
    std::thread::sleep(GRACE);
    let _ = writeln!(std::io::stderr(), "error: interrupted");
    #[allow(clippy::exit, reason = "the user asked to stop, and what holds the work up cannot be asked")]
    std::process::exit(Exit::Interrupted as i32);
}

type Callback = Box<dyn Fn() + Send>;

impl Interrupt {
    /// Catches SIGINT and SIGTERM from here on.
    pub fn install() -> Self {
        let interrupt = Self::default();
        let Self { flag, callbacks } = interrupt.clone();
        // Without a handler the default one kills, which is safe too: whatever
        // is half written has a temporary name.
        let _ = ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::SeqCst) {
                #[allow(clippy::exit, reason = "the user asked twice; nothing may hold him up")]
                std::process::exit(Exit::Interrupted as i32);
            }
            // Where no thread can be started, the second signal ends it.
            let _ = std::thread::Builder::new().spawn(end_after_grace);
            for callback in callbacks.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                callback();
            }
        });
        interrupt
    }

    /// Calls `callback` when the user wants to stop.
    pub fn on(&self, callback: impl Fn() + Send + 'static) {
        self.callbacks.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(callback));
    }

    /// Whether the user wants to stop.
    pub fn is_set(&self) -> bool {
        self.flag.load(Ordering::SeqCst)
    }

    /// An `interrupted` failure once the user wants to stop.
    pub fn check(&self) -> Result<()> {
        if self.is_set() { Err(Failure::interrupted()) } else { Ok(()) }
    }
}
