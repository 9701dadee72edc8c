//! Memory that the system refuses ends airgo as any other failure does: an
//! error, a hint, exit code 1.
//!
//! Rust's own answer is SIGABRT (134 to a shell), which tells a script nothing
//! and a user less. What is reserved in one piece is asked for, and its refusal
//! reported, where it is wanted (see `airgo_policy::Engine`); this is for the
//! thousands of other places that allocate. Files that are half written have
//! temporary names, as after a kill.

use crate::exit::Exit;
use airgo_app::memory::HINT;
use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

/// The system's allocator, its refusals told.
pub struct Checked;

// An allocator cannot be written without. Measured: `airgo policy check` of 20
// modules died by SIGABRT under every `ulimit -v` from 150 to 500 MB.
#[allow(unsafe_code)]
// SAFETY: each call goes to the system's allocator as it came; what that
// returns is returned, or the process ends.
unsafe impl GlobalAlloc for Checked {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that the system's asks for.
        granted(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        granted(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        granted(unsafe { System.realloc(old, layout, size) }, size)
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(old, layout) }
    }
}

#[inline]
fn granted(memory: *mut u8, size: usize) -> *mut u8 {
    if memory.is_null() { refused(size) } else { memory }
}

/// The most address space that this process may have, where that is limited
/// (`ulimit -v`).
#[cfg(unix)]
pub fn limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::As).current
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub fn limit() -> Option<u64> {
    None
}

/// Before the first thread starts: where address space is limited, as little of
/// it as can be is reserved, and what panics for want of it is told as such.
pub fn prepare() {
    if limit().is_none() {
        return;
    }
    one_arena();
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // The stack that a thread has for its signals is mapped by the standard
        // library, and anew by wasmtime; both panic where that is refused.
        std::hint::black_box(Vec::<u8>::with_capacity(RESERVE));
        usual(panic);
    }));
}

/// More than the C library ever takes from what it has in hand, so that the
/// system is asked for it.
const RESERVE: usize = 33 << 20;

/// All threads share one arena of the C library's, which reserves 64 MiB for
/// each. Measured: under `ulimit -v 800000` that left too little for the
/// plugins, which run in a fifth of it.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn one_arena() {
    // SAFETY: there is no other thread yet; it changes numbers of the allocator's.
    #[allow(unsafe_code)]
    let _ = unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
}

/// Other allocators reserve no such thing.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn one_arena() {}

/// Allocates nothing: the text is put together in an array, and written past
/// the locks and buffers of stderr.
#[cold]
fn refused(size: usize) -> ! {
    static TOLD: AtomicBool = AtomicBool::new(false);
    // Threads run out of it together.
    if !TOLD.swap(true, Ordering::Relaxed) {
        let mut text = [0; 256];
        let mut rest = &mut text[..];
        let _ = write!(rest, "error: out of memory: the system refused {size} bytes more");
        if let Some(limit) = limit() {
            let _ = write!(rest, " under a limit of {} MiB", limit >> 20);
        }
        let _ = write!(rest, "\n\nhint: {HINT}\n");
        let left = rest.len();
        tell(&text[..text.len() - left]);
    }
    #[allow(clippy::exit, reason = "nothing that unwinds could do without memory")]
    std::process::exit(Exit::Failed as i32);
}

#[cfg(unix)]
fn tell(text: &[u8]) {
    let _ = rustix::io::write(std::io::stderr(), text);
}

#[cfg(not(unix))]
fn tell(text: &[u8]) {
    let _ = std::io::stderr().write_all(text);
}
