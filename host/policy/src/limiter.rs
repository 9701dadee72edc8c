//! Memory and tables, counted over everything that one run of a plugin makes.

use airgo_model::shortage::Shortage;
use wasmtime::{Error, ResourceLimiter, Result};

use crate::Limits;
use crate::failure::{Refused, shortage};

/// A plugin ran out of something; carried through wasmtime as an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {limit} {what}")]
pub struct OverBudget {
    pub what: &'static str,
    pub limit: u64,
    /// How much it came to, where it is more than one more.
    pub asked: Option<u64>,
}

/// Sums up what is allocated. Growing beyond the limit traps, so that the
/// reason is known; a guest that only got -1 would crash for another one.
#[derive(Debug)]
pub struct Limiter {
    memory: Counter,
    table: Counter,
    /// The bytes that a memory is to have, while it grows.
    growing: u64,
}

#[derive(Debug)]
struct Counter {
    what: &'static str,
    used: u64,
    limit: u64,
}

/// Core instances of one component; componentize-py makes more than eight.
const INSTANCES: usize = 100;

impl Limiter {
    pub fn new(limits: &Limits) -> Self {
        Limiter {
            memory: Counter { what: "bytes of memory", used: 0, limit: limits.memory },
            table: Counter { what: "table elements", used: 0, limit: limits.table_elements },
            growing: 0,
        }
    }
}

impl Limiter {
    /// Bytes of memory and elements of tables so far.
    pub fn used(&self) -> (u64, u64) {
        (self.memory.used, self.table.used)
    }

    /// The refusal of a memory, with its size, which the system does not repeat.
    pub fn sized(&self, shortage: Shortage) -> Shortage {
        match shortage {
            Shortage::Memory { more: None, in_use, limit } if self.growing > 0 => {
                Shortage::Memory { more: Some(self.growing), in_use, limit }
            }
            other => other,
        }
    }
}

impl Counter {
    fn grow(&mut self, current: usize, desired: usize) -> Result<bool> {
        let used = self.used.saturating_add(desired.saturating_sub(current) as u64);
        if used > self.limit {
            return Err(Error::new(OverBudget { what: self.what, limit: self.limit, asked: Some(used) }));
        }
        self.used = used;
        Ok(true)
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        self.growing = desired as u64;
        self.memory.grow(current, desired)
    }

    /// A guest that only got -1 would crash, and the plugin be blamed.
    fn memory_grow_failed(&mut self, error: Error) -> Result<()> {
        match shortage(&error) {
            Some(shortage) => Err(Error::new(Refused(self.sized(shortage)))),
            None => Ok(()),
        }
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        self.table.grow(current, desired)
    }

    fn instances(&self) -> usize {
        INSTANCES
    }

    fn tables(&self) -> usize {
        INSTANCES
    }

    fn memories(&self) -> usize {
        INSTANCES
    }
}
