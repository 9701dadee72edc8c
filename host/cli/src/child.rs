//! The command that airgo runs, and the signals that are for it.
//!
//! While a command runs, airgo is there for it alone: what it is sent it passes on and
//! waits, so that the exit code is the command's own. From a terminal the kernel sends
//! Ctrl-C to both.

use airgo_app::{Failure, Interrupt, Result};
use std::process::{Child, Command};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; of one that a signal ended 128 and the signal's number, as shells
    /// have it.
    pub code: u8,
    /// The signal.
    pub signal: Option<i32>,
}

/// Runs a command to its end.
///
/// # Errors
/// It cannot be started; the user stopped the run before it was.
pub fn run(mut command: Command, interrupt: &Interrupt, name: &str) -> Result<Ended> {
    interrupt.check()?;
    let failed = |e: std::io::Error| Failure::failed(format!("could not run {name}: {e}"));
    let mut child = command.spawn().map_err(failed)?;
    signals::belong_to(Some(&child));
    if interrupt.is_set() {
        signals::end(&child);
    }
    let status = child.wait();
    signals::belong_to(None);
    Ok(ended(status.map_err(failed)?))
}

#[cfg(unix)]
fn ended(status: std::process::ExitStatus) -> Ended {
    use std::os::unix::process::ExitStatusExt as _;
    let signal = status.signal();
    let code = status.code().or(signal.map(|signal| 128 + signal)).unwrap_or(1);
    Ended { code: u8::try_from(code).unwrap_or(1), signal }
}

#[cfg(not(unix))]
fn ended(status: std::process::ExitStatus) -> Ended {
    // Windows has codes of 32 bits.
    let code = status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1));
    Ended { code, signal: None }
}

pub use signals::install;

#[cfg(unix)]
mod signals {
    use super::{Child, Interrupt};
    use crate::interrupt;
    use nix::sys::signal::{SigSet, Signal, kill};
    use nix::unistd::{Pid, getpgrp, tcgetpgrp};
    use std::fs::File;
    use std::sync::atomic::{AtomicI32, Ordering};

    /// The command that runs; 0 where none does.
    static RUNNING: AtomicI32 = AtomicI32::new(0);

    /// Those that ask a program for something.
    const PASSED_ON: [Signal; 6] =
        [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGUSR1, Signal::SIGUSR2];

    pub fn belong_to(child: Option<&Child>) {
        let id = child.and_then(|child| i32::try_from(child.id()).ok());
        RUNNING.store(id.unwrap_or(0), Ordering::SeqCst);
    }

    pub fn end(child: &Child) {
        if let Ok(id) = i32::try_from(child.id()) {
            let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
        }
    }

    /// In place of [`interrupt::install`], and before the first thread starts: threads
    /// leave these signals to the one that waits for them. What airgo starts gets them
    /// again, for the standard library clears the mask of its children.
    pub fn install(interrupt: Interrupt) {
        let signals: SigSet = PASSED_ON.into_iter().collect();
        if signals.thread_block().is_err() {
            return interrupt::install(interrupt);
        }
        let waiting = move || {
            while let Ok(signal) = signals.wait() {
                match RUNNING.load(Ordering::SeqCst) {
                    0 if matches!(signal, Signal::SIGUSR1 | Signal::SIGUSR2) => {}
                    0 => interrupt::asked(&interrupt),
                    _ if came_from_terminal(signal) => {}
                    id => drop(kill(Pid::from_raw(id), signal)),
                }
            }
        };
        let thread = std::thread::Builder::new().spawn(waiting);
        if thread.is_err() {
            let _ = signals.thread_unblock();
        }
    }

    /// Whether the kernel sends it to the command as well: what is typed goes to all
    /// programs of the terminal's foreground.
    fn came_from_terminal(signal: Signal) -> bool {
        matches!(signal, Signal::SIGINT | Signal::SIGQUIT)
            && File::open("/dev/tty").is_ok_and(|tty| tcgetpgrp(&tty) == Ok(getpgrp()))
    }
}

#[cfg(not(unix))]
mod signals {
    use super::{Child, Interrupt};

    pub fn belong_to(_: Option<&Child>) {}

    pub fn end(_: &Child) {}

    pub fn install(interrupt: Interrupt) {
        crate::interrupt::install(interrupt);
    }
}
