//! Running another program: its output bounded, its time limited, and ended
//! when the fetch is cancelled.

pub(crate) mod environment;
pub(crate) mod git;

use airgo_model::shortage::{Shortage, USUAL_STACK};
use environment::Environment;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How much of a program's complaint is read.
const MAX_STDERR: u64 = 64 << 10;
/// How often a running program is looked after.
const GLANCE: Duration = Duration::from_millis(50);
/// How long a program has to clean up before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// A flag that ends the programs of one fetch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Sets the flag when dropped: for a task that may be dropped midway.
    pub(crate) fn on_drop(&self) -> StopOnDrop {
        StopOnDrop(self.clone())
    }

    /// Sleeps; false if stopped meanwhile.
    pub(crate) fn sleep(&self, duration: Duration) -> bool {
        let until = Instant::now() + duration;
        while !self.is_set() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            thread::sleep(left.min(GLANCE));
        }
        false
    }
}

/// See [`Stop::on_drop`].
pub(crate) struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// What to run and how.
pub(crate) struct Invocation<'a> {
    pub(crate) program: &'a Path,
    pub(crate) args: Vec<OsString>,
    pub(crate) dir: Option<&'a Path>,
    pub(crate) environment: &'a Environment,
    pub(crate) stdin: Option<Vec<u8>>,
    /// The most bytes of stdout.
    pub(crate) limit: u64,
    pub(crate) timeout: Duration,
    /// Whether it may talk to the terminal; else it and its children form a
    /// process group and are ended together.
    pub(crate) interactive: bool,
    pub(crate) stop: &'a Stop,
}

/// Why a program gave nothing.
#[derive(Debug)]
pub(crate) enum RunError {
    Start(io::Error),
    /// The system starts no process, or no thread beside it.
    Shortage(Shortage),
    /// It ended with a failure; its complaint, as it is.
    Exit {
        code: Option<i32>,
        stderr: String,
    },
    TooMuch(u64),
    TimedOut(Duration),
    Stopped,
    /// Its output could not be read, or not be written on.
    Io(io::Error),
}

impl Invocation<'_> {
    /// Runs it to its end and gives its stdout.
    pub(crate) fn run(self) -> Result<Vec<u8>, RunError> {
        let mut out = Vec::new();
        self.run_into(&mut out)?;
        Ok(out)
    }

    /// Runs it to its end; its stdout goes into `out` while it comes.
    pub(crate) fn run_into(mut self, out: &mut dyn Write) -> Result<(), RunError> {
        let stdin = self.stdin.take();
        let mut child = self.start(stdin.is_some()).map_err(unstarted)?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let input = child.stdin.take().zip(stdin);
        let (complain, complaint) = mpsc::channel();
        let child = Arc::new(Mutex::new(child));
        let (ended, watch) = mpsc::channel::<()>();
        let watcher = {
            let (child, stop) = (Arc::clone(&child), self.stop.clone());
            let (timeout, group) = (self.timeout, !self.interactive);
            move || look_after(&child, group, timeout, &stop, &watch)
        };
        let threads = || -> io::Result<_> {
            if let Some((mut pipe, bytes)) = input {
                // A program that does not read its input still has an answer.
                beside(move || drop(pipe.write_all(&bytes)))?;
            }
            beside(move || drop(complain.send(read_stderr(stderr))))?;
            beside(watcher)
        };
        let watcher = threads().map_err(|e| {
            end(&mut lock(&child), !self.interactive, true);
            let _ = wait(&child);
            unstarted(e)
        })?;

        let copied = match stdout {
            Some(stdout) => copy(stdout, out, self.limit),
            None => Ok(()),
        };
        if copied.is_err() {
            end(&mut lock(&child), !self.interactive, true);
        }
        let status = wait(&child);
        drop(ended);
        let cut_short = watcher.join().ok().flatten();
        // Something that it left running may hold the pipe open forever.
        let stderr = complaint.recv_timeout(GRACE).unwrap_or_default();
        if let Some(reason) = cut_short {
            return Err(reason);
        }
        copied?;
        let status = status.map_err(RunError::Io)?;
        if status.success() { Ok(()) } else { Err(RunError::Exit { code: status.code(), stderr }) }
    }

    fn start(&self, with_stdin: bool) -> io::Result<Child> {
        let mut command = Command::new(self.program);
        command.args(&self.args).env_clear().envs(self.environment.vars().iter().cloned());
        if let Some(dir) = self.dir {
            command.current_dir(dir).env("PWD", dir);
        }
        command.stdin(if with_stdin { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        if !self.interactive {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        command.spawn()
    }
}

/// A thread beside the program.
fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<JoinHandle<T>> {
    thread::Builder::new().name("airgo-program".to_owned()).spawn(work)
}

/// What it means that a program, or a thread beside it, does not start.
fn unstarted(error: io::Error) -> RunError {
    Shortage::of(&error, USUAL_STACK).map_or(RunError::Start(error), RunError::Shortage)
}

fn lock(child: &Mutex<Child>) -> MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits without holding the lock, so that the watcher can end the program.
fn wait(child: &Mutex<Child>) -> io::Result<std::process::ExitStatus> {
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = lock(child).try_wait()? {
            return Ok(status);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(GLANCE);
    }
}

/// Ends the program when its time is over or the fetch is cancelled.
fn look_after(
    child: &Mutex<Child>,
    group: bool,
    timeout: Duration,
    stop: &Stop,
    ended: &mpsc::Receiver<()>,
) -> Option<RunError> {
    let began = Instant::now();
    let reason = loop {
        match ended.recv_timeout(GLANCE) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if stop.is_set() {
            break RunError::Stopped;
        }
        if began.elapsed() >= timeout {
            break RunError::TimedOut(timeout);
        }
    };
    // Gently first: git then removes its lock files and half-written packs.
    end(&mut lock(child), group, false);
    if let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(GRACE) {
        end(&mut lock(child), group, true);
    }
    Some(reason)
}

#[cfg(unix)]
fn end(child: &mut Child, group: bool, at_once: bool) {
    use rustix::process::{Pid, Signal, kill_process, kill_process_group};
    // What has been waited for has no process any more, and its number may be another's.
    if matches!(child.try_wait(), Ok(Some(_))) {
        return;
    }
    let signal = if at_once { Signal::KILL } else { Signal::TERM };
    let pid = Pid::from_child(child);
    let _ = if group { kill_process_group(pid, signal) } else { kill_process(pid, signal) };
}

#[cfg(not(unix))]
fn end(child: &mut Child, _: bool, _: bool) {
    let _ = child.kill();
}

fn copy(mut from: impl Read, to: &mut dyn Write, limit: u64) -> Result<(), RunError> {
    let mut buffer = vec![0; 64 << 10];
    let mut total = 0;
    loop {
        let n = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(RunError::Io(e)),
        };
        total += n as u64;
        if total > limit {
            return Err(RunError::TooMuch(limit));
        }
        to.write_all(&buffer[..n]).map_err(RunError::Io)?;
    }
}

fn read_stderr(pipe: Option<ChildStderr>) -> String {
    let Some(mut pipe) = pipe else { return String::new() };
    let mut start = Vec::new();
    let _ = (&mut pipe).take(MAX_STDERR).read_to_end(&mut start);
    // Read on, so that the program does not wait for a reader.
    let _ = io::copy(&mut pipe, &mut io::sink());
    String::from_utf8_lossy(&start).into_owned()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell<'a>(script: &str, environment: &'a Environment, stop: &'a Stop) -> Invocation<'a> {
        Invocation {
            program: Path::new("/bin/sh"),
            args: vec!["-c".into(), script.into()],
            dir: None,
            environment,
            stdin: None,
            limit: 1000,
            timeout: Duration::from_secs(20),
            interactive: false,
            stop,
        }
    }

    #[test]
    fn output_and_complaints_are_told_apart() {
        let (mut env, stop) = (Environment::default(), Stop::default());
        env.set("WORD", "hello");
        let mut said = shell("read x; echo $WORD $x", &env, &stop);
        said.stdin = Some(b"you\n".to_vec());
        assert_eq!(said.run().unwrap(), b"hello you\n");
        let failed = shell("echo out; echo bad >&2; exit 3", &env, &stop).run().unwrap_err();
        assert!(matches!(failed, RunError::Exit { code: Some(3), ref stderr } if stderr == "bad\n"));
    }

    #[test]
    fn what_takes_too_long_or_says_too_much_is_ended() {
        let (env, stop) = (Environment::default(), Stop::default());
        let began = Instant::now();
        let mut slow = shell("/bin/sleep 30 & wait", &env, &stop);
        slow.timeout = Duration::from_millis(100);
        assert!(matches!(slow.run(), Err(RunError::TimedOut(_))));
        let much =
            shell("while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done", &env, &stop);
        assert!(matches!(much.run(), Err(RunError::TooMuch(1000))));
        let later = stop.clone();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(100));
            drop(later.on_drop());
        });
        assert!(matches!(shell("trap '' TERM; /bin/sleep 30", &env, &stop).run(), Err(RunError::Stopped)));
        assert!(began.elapsed() < Duration::from_secs(15));
    }
}
