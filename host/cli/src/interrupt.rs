//! Ctrl-C: the first asks the work to stop and tidy up, the second kills.

use crate::exit::Exit;
use crate::failure::{Failure, Result};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Set once the user wants to stop; shared with every room that works long.
#[derive(Clone, Default)]
pub struct Interrupt {
    flag: Arc<AtomicBool>,
    callbacks: Arc<Mutex<Vec<Callback>>>,
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
