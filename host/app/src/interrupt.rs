//! Ends work early: the caller sets the flag, from any thread.

use crate::failure::{Failure, Result};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Set once the work is to end; shared by all that works long.
#[derive(Clone, Default)]
pub struct Interrupt {
    flag: Arc<AtomicBool>,
    callbacks: Arc<Mutex<Vec<Callback>>>,
}

type Callback = Box<dyn Fn() + Send>;

impl Interrupt {
    /// Asks the work to end. False where that was asked before.
    pub fn set(&self) -> bool {
        if self.flag.swap(true, Ordering::SeqCst) {
            return false;
        }
        for callback in self.callbacks.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            callback();
        }
        true
    }

    /// Calls `callback` when the work is to end.
    pub fn on(&self, callback: impl Fn() + Send + 'static) {
        self.callbacks.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(callback));
    }

    /// Whether the work is to end.
    pub fn is_set(&self) -> bool {
        self.flag.load(Ordering::SeqCst)
    }

    /// An `interrupted` failure once the work is to end.
    pub fn check(&self) -> Result<()> {
        if self.is_set() { Err(Failure::interrupted()) } else { Ok(()) }
    }
}
