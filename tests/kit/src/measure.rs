//! Runs a command to its end: wall time, and the peak of its resident memory.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// From start to end.
    pub wall: Duration,
    /// The most memory that was resident, in KiB; 0 where the system does not
    /// tell.
    pub peak_kib: u64,
}

/// Runs a command that must succeed and measures it.
///
/// The kernel keeps the peak while a process lives (VmHWM in
/// /proc/PID/status), so it is read every few milliseconds until the end; what
/// is added in the last of them goes unseen.
pub fn measure(mut cmd: Command) -> Sample {
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

/// One run that may fail, or be ended for what it took.
#[derive(Clone, Copy, Debug)]
pub struct Bounded {
    /// What it took.
    pub sample: Sample,
    /// None where it was ended.
    pub code: Option<i32>,
    /// Bytes on stdout and stderr.
    pub output: u64,
}

/// Runs a command and ends it when it takes more than the bounds; what it prints
/// is left in a file.
pub fn measure_within(mut cmd: Command, bounds: Sample, output: &Path) -> Bounded {
    let file = fs::File::create(output).unwrap();
    cmd.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
    let start = Instant::now();
    let mut child = cmd.spawn().unwrap_or_else(|e| panic!("{cmd:?}: {e}"));
    let status = format!("/proc/{}/status", child.id());
    let (mut peak_kib, mut ended) = (0, false);
    let exit = loop {
        peak_kib = peak_kib.max(high_water(&status).unwrap_or(0));
        if let Some(exit) = child.try_wait().unwrap() {
            break exit;
        }
        if start.elapsed() > bounds.wall || peak_kib > bounds.peak_kib {
            ended = true;
            child.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(4));
    };
    let sample = Sample { wall: start.elapsed(), peak_kib };
    let output = fs::metadata(output).map_or(0, |m| m.len());
    Bounded { sample, code: exit.code().filter(|_| !ended), output }
}

fn high_water(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
