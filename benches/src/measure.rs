//! Runs a command to its end: wall time, and the peak of its resident memory.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// One run.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub wall: Duration,
    /// The most memory that was resident, in KiB; 0 where the system does not
    /// tell.
    pub peak_kib: u64,
}

/// Runs a command that must succeed.
///
/// The kernel keeps the peak while a process lives (VmHWM in
/// /proc/PID/status), so it is read every few milliseconds until the end; what
/// is added in the last of them goes unseen.
pub fn run(mut cmd: Command) -> Sample {
    cmd.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let start = Instant::now();
    let mut child = cmd.spawn().unwrap_or_else(|e| panic!("{cmd:?}: {e}"));
    let status = format!("/proc/{}/status", child.id());
    let watch = thread::spawn(move || {
        let mut peak = 0;
        while let Some(kib) = high_water(&status) {
            peak = peak.max(kib);
            thread::sleep(Duration::from_millis(4));
        }
        peak
    });
    let mut stderr = String::new();
    let _ = std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut stderr);
    let code = child.wait().unwrap();
    let wall = start.elapsed();
    assert!(code.success(), "{cmd:?}: {code}\n{stderr}");
    Sample { wall, peak_kib: watch.join().unwrap_or(0) }
}

fn high_water(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
