//! Memory that the system refuses ends airgo as any other failure does: an
//! error, a hint, exit code 1, and with `--json` a document.
//!
//! Rust's own answer is SIGABRT (134 to a shell), which tells a script nothing
//! and a user less. What is reserved in one piece is asked for, and its refusal
//! reported, where it is wanted (see `airgo_policy::Engine`); this is for the
//! thousands of other places that allocate. Files that are half written have
//! temporary names, as after a kill.

use airgo_app::FailureKind;
use airgo_model::shortage::{Shortage, USUAL_STACK, address_space};
use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The system's allocator, its refusals reported.
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

/// Before the first thread starts: where address space is limited, as little of
/// it as can be is reserved, and what panics for want of memory or of a thread
/// is reported as such.
pub fn prepare() {
    give_back();
    if address_space().is_some() {
        one_arena();
    }
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| match panic.payload_as_str().and_then(cause) {
        // Not unwound: other threads would wait for what is not coming.
        Some(shortage) => end(&shortage),
        None => usual(panic),
    }));
}

/// What the words of a panic say that the system refused: the standard library
/// and wasmtime panic where it maps no stack for a thread's signals, tokio and
/// others where it starts no thread. Any other panic is a bug, however little
/// memory is left.
fn cause(words: &str) -> Option<Shortage> {
    let has = |all: &[&str]| all.iter().any(|one| words.contains(one));
    if has(&["(os error 12)", "kind: OutOfMemory"]) {
        return Some(Shortage::memory(None));
    }
    // Linux's number, and that of the BSDs and macOS.
    let again = has(&["(os error 11)", "(os error 35)", "kind: WouldBlock"]);
    (again && words.contains("thread")).then(|| Shortage::thread(USUAL_STACK))
}

/// All threads share one arena of the C library's, which reserves 64 MiB for
/// each. Measured: under `ulimit -v 800000` that left too little for the
/// plugins, which run in a fifth of it.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn one_arena() {
    // SAFETY: no other thread runs yet; it changes numbers of the allocator's.
    #[allow(unsafe_code)]
    let _ = unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
}

/// Other allocators reserve no such thing.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn one_arena() {}

/// What is allocated in pieces of a MiB and more goes back to the system when it is
/// freed. By itself the C library raises that bound to up to 32 MiB once such a piece was
/// freed, and the next ones leave gaps in its arenas. Measured: `airgo policy check` of a
/// compact bundle of 227 modules took 161 MiB, and takes 103; `pack --compact` of them
/// 155, and takes 131; in the same CPU time.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn give_back() {
    // SAFETY: no other thread runs yet; it changes numbers of the allocator's.
    #[allow(unsafe_code)]
    let _ = unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, 1 << 20) };
}

/// Other allocators have no such bound.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() {}

/// The system refused so many bytes.
#[cold]
fn refused(size: usize) -> ! {
    end(&Shortage::memory(Some(size as u64)))
}

/// Whether stdout has something of this run already, or no document is wanted.
static NO_DOCUMENT: AtomicBool = AtomicBool::new(true);

/// A failure is a document on stdout too from here on (`--json`), until
/// something is written there.
pub fn document_failures() {
    NO_DOCUMENT.store(false, Ordering::Relaxed);
}

/// Something is about to be written to stdout, after which an error's document
/// would make no sense there.
pub fn stdout_begins() {
    NO_DOCUMENT.store(true, Ordering::Relaxed);
}

/// Allocates nothing: the text is put together in an array, and written past
/// the locks and buffers of the streams.
#[cold]
fn end(shortage: &Shortage) -> ! {
    static ENDING: AtomicBool = AtomicBool::new(false);
    // Threads run out of it together.
    if ENDING.swap(true, Ordering::Relaxed) {
        std::thread::sleep(PATIENCE);
    } else {
        let hint = shortage.hint();
        if !NO_DOCUMENT.load(Ordering::Relaxed) {
            // Of the words no character needs an escape in JSON.
            say(
                Stream::Out,
                format_args!(
                    "{{\n  \"error\": {{\n    \"block\": [],\n    \"code\": {code},\n    \"facts\": [],\n    \"hints\": [\n      \
                 \"{hint}\"\n    ],\n    \"message\": \"{shortage}\",\n    \"outcome\": null,\n    \"report\": null\n  }},\n  \
                 \"schema\": \"airgo.dev/error/v1\"\n}}\n",
                    code = FailureKind::Failed as u8,
                ),
            );
        }
        say(Stream::Err, format_args!("error: {shortage}\n\nhint: {hint}\n"));
    }
    #[allow(clippy::exit, reason = "nothing that unwinds could do without memory")]
    std::process::exit(FailureKind::Failed as i32);
}

/// For the thread that writes.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Clone, Copy)]
enum Stream {
    Out,
    Err,
}

fn say(stream: Stream, words: std::fmt::Arguments<'_>) {
    let mut text = [0; 1024];
    let mut rest = &mut text[..];
    let _ = rest.write_fmt(words);
    let left = rest.len();
    write(stream, text.get(..text.len() - left).unwrap_or_default());
}

#[cfg(unix)]
fn write(stream: Stream, mut text: &[u8]) {
    while !text.is_empty() {
        let written = match stream {
            Stream::Out => rustix::io::write(std::io::stdout(), text),
            Stream::Err => rustix::io::write(std::io::stderr(), text),
        };
        match written {
            Ok(written) if written > 0 => text = text.get(written..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            _ => return,
        }
    }
}

#[cfg(not(unix))]
fn write(stream: Stream, text: &[u8]) {
    let _ = match stream {
        Stream::Out => std::io::stdout().write_all(text),
        Stream::Err => std::io::stderr().write_all(text),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_for_want_of_something_is_not_taken_for_a_bug_and_no_bug_for_that() {
        for words in [
            "failed to allocate an alternative stack: Cannot allocate memory (os error 12)",
            "failed to allocate memory for sigaltstack: Os { code: 12, kind: OutOfMemory, message: \"\" }",
        ] {
            assert!(matches!(cause(words), Some(Shortage::Memory { .. })), "{words}");
        }
        for words in [
            "OS can't spawn worker thread: Resource temporarily unavailable (os error 11)",
            "failed to spawn thread: Os { code: 11, kind: WouldBlock, message: \"\" }",
        ] {
            assert!(matches!(cause(words), Some(Shortage::Threads { .. })), "{words}");
        }
        for words in [
            "index out of bounds: the len is 12 but the index is 12",
            "the read failed: Resource temporarily unavailable (os error 11)",
            "called `Result::unwrap()` on an `Err` value: OutOfMemoryPolicy",
        ] {
            assert_eq!(cause(words), None, "{words}");
        }
    }
}
