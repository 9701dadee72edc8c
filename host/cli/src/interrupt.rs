//! Ctrl-C: the first asks the work to stop and tidy up, and ends the process
//! where it is held up for longer than [`GRACE`]; the second ends it at once.

use airgo_app::{FailureKind, Interrupt};
use std::io::Write as _;
use std::time::Duration;

/// How long work may take to stop: a lock of another process, a plugin or a
/// file system that hangs must not hold up who pressed Ctrl-C.
const GRACE: Duration = Duration::from_secs(3);

/// Safe at any moment: what is half written has a temporary name, and the next
/// run removes it.
fn end_after_grace() {
    std::thread::sleep(GRACE);
    let _ = writeln!(std::io::stderr(), "error: interrupted");
    #[allow(clippy::exit, reason = "the user asked to stop, and what holds the work up cannot be asked")]
    std::process::exit(FailureKind::Interrupted as i32);
}

/// Somebody asks to stop.
pub fn asked(interrupt: &Interrupt) {
    if interrupt.is_set() {
        #[allow(clippy::exit, reason = "the user asked twice; nothing may hold him up")]
        std::process::exit(FailureKind::Interrupted as i32);
    }
    let watcher = std::thread::Builder::new().spawn(end_after_grace);
    interrupt.set();
    // Where no thread can be started, this one waits.
    if watcher.is_err() {
        end_after_grace();
    }
}

/// Catches SIGINT and SIGTERM from here on.
pub fn install(interrupt: Interrupt) {
    // Without a handler the default one kills, which is safe too: whatever
    // is half written has a temporary name.
    let _ = ctrlc::set_handler(move || asked(&interrupt));
}
