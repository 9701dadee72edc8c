//! What the system refuses a process for a limit of the machine, memory or a
//! thread, with what the process has and what it needs.
//!
//! Nothing here allocates: it is what is left to say where there is no memory.

use crate::{Hint, Line};
use std::fmt;
use std::io;

/// What helps where memory is refused.
pub const MEMORY_HINT: &str = "raise the limit (ulimit -v unlimited, or the container's memory)";
/// What helps where a thread or process is refused.
pub const THREADS_HINT: &str =
    "raise the limit of processes and threads (ulimit -u 4096, or the container's limit of pids)";

/// The stack that a thread has by default.
pub const USUAL_STACK: u64 = 2 << 20;

/// What the system refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shortage {
    /// Memory, or address space for it.
    Memory {
        /// The bytes that were refused, where they are known.
        more: Option<u64>,
        /// The address space that the process had then.
        in_use: Option<u64>,
        /// The address space that it may have (`ulimit -v`), where that is limited.
        limit: Option<u64>,
    },
    /// A thread or a process.
    Threads {
        /// How many the user may have (`ulimit -u`), where that is limited.
        limit: Option<u64>,
    },
}

impl Shortage {
    /// Memory was refused just now, and so many bytes of it.
    #[must_use]
    pub fn memory(more: Option<u64>) -> Self {
        Self::Memory { more, in_use: in_use(), limit: address_space() }
    }

    /// A thread with a stack of so many bytes was refused just now: for want of
    /// memory where the stack passes the limit of it, which the system reports
    /// in the same way.
    #[must_use]
    pub fn thread(stack: u64) -> Self {
        let fits = match (in_use(), address_space()) {
            (Some(used), Some(limit)) => used.saturating_add(stack) <= limit,
            _ => true,
        };
        if fits { Self::Threads { limit: processes() } } else { Self::memory(Some(stack)) }
    }

    /// What this error of starting a thread or process, or of asking for memory,
    /// means; `None` where it has another cause.
    #[must_use]
    pub fn of(error: &io::Error, stack: u64) -> Option<Self> {
        match error.kind() {
            io::ErrorKind::OutOfMemory => Some(Self::memory(None)),
            io::ErrorKind::WouldBlock => Some(Self::thread(stack)),
            _ => None,
        }
    }

    /// The address space under which what was refused would have been granted.
    #[must_use]
    pub fn needed(&self) -> Option<u64> {
        match *self {
            Self::Memory { more: Some(more), in_use: Some(used), .. } => Some(used.saturating_add(more)),
            _ => None,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Memory { .. } => MEMORY_HINT,
            Self::Threads { .. } => THREADS_HINT,
        }
    }
}

impl Hint for Shortage {
    fn hint(&self) -> Option<Line> {
        Some(Self::hint(self).into())
    }
}

/// `out of memory: the system refused 8.0 MiB more beside the 87.1 MiB in use,
/// under a limit of 92.0 MiB: at least 95.1 MiB are needed`.
impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Memory { more, in_use, limit } => {
                f.write_str("out of memory: the system refused ")?;
                match more {
                    Some(more) => write!(f, "{} more", Mib(more))?,
                    None => f.write_str("more")?,
                }
                if let Some(used) = in_use {
                    write!(f, " beside the {} in use", Mib(used))?;
                }
                if let Some(limit) = limit {
                    write!(f, ", under a limit of {}", Mib(limit))?;
                }
                match self.needed() {
                    Some(needed) => write!(f, ": at least {} are needed", Mib(needed)),
                    None => Ok(()),
                }
            }
            Self::Threads { limit } => {
                f.write_str("the system starts no more threads or processes")?;
                match limit {
                    Some(limit) => write!(f, ", under a limit of {limit} for this user"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Bytes with one decimal; small numbers as they are.
struct Mib(u64);

impl fmt::Display for Mib {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes @ ..1024 => write!(f, "{bytes} B"),
            // Rounded up, so that what is reported as needed is enough.
            bytes @ ..1_048_576 => write!(f, "{} KiB", bytes.div_ceil(1024)),
            bytes => {
                let tenths = bytes.div_ceil(104_858);
                write!(f, "{}.{} MiB", tenths / 10, tenths % 10)
            }
        }
    }
}

/// The most address space that this process may have, where that is limited
/// (`ulimit -v`).
#[cfg(unix)]
#[must_use]
pub fn address_space() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::As).current
}

/// Other systems have no such limit.
#[cfg(not(unix))]
#[must_use]
pub fn address_space() -> Option<u64> {
    None
}

/// How many processes and threads this user may have (`ulimit -u`).
#[cfg(unix)]
fn processes() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nproc).current
}

#[cfg(not(unix))]
fn processes() -> Option<u64> {
    None
}

/// The address space of this process.
#[cfg(target_os = "linux")]
fn in_use() -> Option<u64> {
    use std::io::Read as _;
    let mut text = [0; 32];
    let len = std::fs::File::open("/proc/self/statm").ok()?.read(&mut text).ok()?;
    // The first number is that of pages, before a blank.
    let digits = text.get(..len)?.iter().take_while(|b| b.is_ascii_digit());
    let pages = digits.fold(0_u64, |n, b| n.saturating_mul(10).saturating_add(u64::from(b - b'0')));
    (pages > 0).then(|| pages.saturating_mul(rustix::param::page_size() as u64))
}

#[cfg(not(target_os = "linux"))]
fn in_use() -> Option<u64> {
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_tells_the_limit_and_the_need() {
        let memory = |more, in_use, limit| Shortage::Memory { more, in_use, limit }.to_string();
        assert_eq!(
            memory(Some(8 << 20), Some(87 << 20), Some(92 << 20)),
            "out of memory: the system refused 8.0 MiB more beside the 87.0 MiB in use, under a limit of 92.0 MiB: \
             at least 95.0 MiB are needed"
        );
        assert_eq!(memory(Some(100), None, None), "out of memory: the system refused 100 B more");
        assert_eq!(
            memory(None, None, Some(1 << 30)),
            "out of memory: the system refused more, under a limit of 1024.0 MiB"
        );
        assert_eq!(
            Shortage::Threads { limit: Some(4) }.to_string(),
            "the system starts no more threads or processes, under a limit of 4 for this user"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_process_has_is_known() {
        assert!(in_use().unwrap() > 1 << 20);
        let error = io::Error::from_raw_os_error(11);
        assert!(matches!(Shortage::of(&error, 1), Some(Shortage::Threads { .. })));
        assert_eq!(Shortage::of(&io::ErrorKind::NotFound.into(), 1), None);
    }
}
