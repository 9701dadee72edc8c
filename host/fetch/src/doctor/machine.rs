//! The machine itself: its clock, held against the servers' Date headers, and
//! what its container leaves it of memory and processors (cgroups(7)).

use super::{Area, Check, DoctorInput, Examination, Verdict, Visit};
use std::fs;
use std::io::ErrorKind;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Servers' clocks and a slow answer make up for this much.
const SKEW_OK: Duration = Duration::from_secs(60);
/// Certificates and tokens of a short life fail beyond this.
const SKEW_BAD: Duration = Duration::from_secs(600);
/// `pack` needs about half of it for itself (docs/PERFORMANCE.md).
const LITTLE_MEMORY: u64 = 256 << 20;
/// What version 1 says for "no limit" is the largest multiple of a page in 63 bits.
const NO_LIMIT: u64 = 1 << 60;

/// How far this machine's clock is off, by the first server that gave a date.
pub(super) fn clock(visit: &Visit<'_>, to: &mut Examination<'_>) {
    let check = |verdict, detail: String| Check::new(Area::Clock, "clock", verdict, detail);
    let Some((host, ahead, skew)) = visit.transport.clock_skew() else {
        to.add(check(Verdict::Skipped, "no server gave a date".to_owned()));
        return;
    };
    let way = if ahead { "ahead of" } else { "behind" };
    let detail = format!("{} s {way} {host}", skew.as_secs());
    let fix = "set the clock, or run an NTP client; certificates are checked against it";
    to.add(match skew {
        s if s <= SKEW_OK => check(Verdict::Ok, format!("within {} s of {host}", SKEW_OK.as_secs())),
        s if s <= SKEW_BAD => check(Verdict::Warn, detail).fix(fix),
        _ => check(Verdict::Fail, detail).fix(fix),
    });
}

/// Whether there is any way out of this machine: reported where there is none, as on
/// the closed side of the gap, since all that follows fails for it.
pub(super) fn route(to: &mut Examination<'_>) {
    // Connecting a datagram socket looks up the route and sends nothing; the
    // addresses are those of documentation (RFC 5737, RFC 3849).
    let connect = |from: &str, to: &str| UdpSocket::bind(from).and_then(|socket| socket.connect(to));
    let none = |result: std::io::Result<()>| result.is_err_and(|e| e.kind() == ErrorKind::NetworkUnreachable);
    if none(connect("0.0.0.0:0", "192.0.2.1:9")) && connect("[::]:0", "[2001:db8::1]:9").is_err() {
        let check = Check::new(
            Area::Machine,
            "network",
            Verdict::Warn,
            "this machine has no way to another one: there is no route",
        );
        to.add(check.fix("on the closed side of the gap nothing: airgo unpack needs no network"));
    }
}

/// Memory and processors, as far as control groups limit them.
pub(super) fn limits(input: &DoctorInput, to: &mut Examination<'_>) {
    if !cfg!(target_os = "linux") {
        to.add(Check::new(Area::Machine, "memory", Verdict::Skipped, "only Linux has control groups"));
        return;
    }
    let own = fs::read_to_string(&input.own_cgroup).unwrap_or_default();
    let found = Limits::read(&own, &input.cgroup_root);
    let memory = match found.memory {
        None => Check::new(Area::Machine, "memory", Verdict::Ok, "no limit"),
        Some(bytes) => {
            let detail = format!("limited to {} MiB", bytes >> 20);
            if bytes < LITTLE_MEMORY {
                Check::new(Area::Machine, "memory", Verdict::Warn, detail)
                    .fix("give the container 512 MiB, or ask for less at once: --jobs 4")
            } else {
                Check::new(Area::Machine, "memory", Verdict::Ok, detail)
            }
        }
    };
    to.add(memory);
    let processors = match found.cpus {
        None => Check::new(Area::Machine, "processors", Verdict::Ok, "no limit"),
        Some(cpus) => {
            let detail = format!("limited to {cpus:.1}");
            if cpus < 1.0 {
                Check::new(Area::Machine, "processors", Verdict::Warn, detail)
                    .fix("give the container a whole processor: hashing will be the slowest part")
            } else {
                Check::new(Area::Machine, "processors", Verdict::Ok, detail)
            }
        }
    };
    to.add(processors);
}

/// The tightest limits of this process's groups and all above them.
#[derive(Debug, Default, PartialEq)]
struct Limits {
    /// In bytes.
    memory: Option<u64>,
    /// In processors' worth of time.
    cpus: Option<f64>,
}

impl Limits {
    /// `own` is the text of /proc/self/cgroup.
    fn read(own: &str, root: &Path) -> Self {
        let mut limits = Self::default();
        for line in own.lines() {
            let mut fields = line.splitn(3, ':');
            let (Some(_), Some(controllers), Some(path)) = (fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            let has = |name: &str| controllers.split(',').any(|c| c == name);
            if controllers.is_empty() {
                for dir in upwards(root, path) {
                    limits.memory(number(&dir.join("memory.max")));
                    limits.cpus(fs::read_to_string(dir.join("cpu.max")).ok().and_then(|t| quota(&t)));
                }
            }
            if has("memory") {
                for dir in upwards(&root.join("memory"), path) {
                    limits.memory(number(&dir.join("memory.limit_in_bytes")));
                }
            }
            if has("cpu") {
                for dir in upwards(&root.join("cpu"), path).chain(upwards(&root.join(controllers), path)) {
                    let part = |name: &str| fs::read_to_string(dir.join(name)).unwrap_or_default();
                    let (quota_us, period) = (part("cpu.cfs_quota_us"), part("cpu.cfs_period_us"));
                    limits.cpus(quota(&format!("{} {}", quota_us.trim(), period.trim())));
                }
            }
        }
        limits
    }

    fn memory(&mut self, limit: Option<u64>) {
        let limit = limit.filter(|l| *l < NO_LIMIT);
        self.memory = [self.memory, limit].into_iter().flatten().min();
    }

    fn cpus(&mut self, limit: Option<f64>) {
        self.cpus = match (self.cpus, limit) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
}

/// The group's directory and those above it. In a container with its own name
/// space the path may lead nowhere, and the root stands for the group.
fn upwards(root: &Path, path: &str) -> impl Iterator<Item = PathBuf> {
    let inside = path.split('/').filter(|e| !e.is_empty() && *e != "..").collect::<PathBuf>();
    let root = root.to_owned();
    let inside: Vec<PathBuf> = inside.ancestors().map(Path::to_path_buf).collect();
    inside.into_iter().map(move |p| root.join(p))
}

fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// `QUOTA PERIOD` in microseconds; `max` and -1 mean that there is no limit.
fn quota(text: &str) -> Option<f64> {
    let mut words = text.split_whitespace();
    let (quota, period) = (words.next()?.parse::<f64>().ok()?, words.next()?.parse::<f64>().ok()?);
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    #[test]
    fn version_two_with_limits_above() {
        let dir = tree(&[
            ("memory.max", "max\n"),
            ("pod/memory.max", "1073741824\n"),
            ("pod/box/memory.max", "2147483648\n"),
            ("pod/box/cpu.max", "150000 100000\n"),
            ("pod/cpu.max", "max 100000\n"),
        ]);
        let limits = Limits::read("0::/pod/box\n", dir.path());
        assert_eq!(limits, Limits { memory: Some(1 << 30), cpus: Some(1.5) });
        assert_eq!(Limits::read("0::/\n", dir.path()), Limits::default());
        assert_eq!(Limits::read("", dir.path()), Limits::default());
        // Its own name space: the path is the host's, the root is the container's.
        let inside = tree(&[("memory.max", "134217728\n"), ("cpu.max", "50000 100000\n")]);
        let limits = Limits::read("0::/../../kubepods/x\n", inside.path());
        assert_eq!(limits, Limits { memory: Some(128 << 20), cpus: Some(0.5) });
    }

    #[test]
    fn version_one() {
        let dir = tree(&[
            ("memory/docker/a/memory.limit_in_bytes", "536870912\n"),
            ("memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("cpu,cpuacct/docker/a/cpu.cfs_quota_us", "200000\n"),
            ("cpu,cpuacct/docker/a/cpu.cfs_period_us", "100000\n"),
            ("cpu,cpuacct/cpu.cfs_quota_us", "-1\n"),
            ("cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
        ]);
        let own = "11:memory:/docker/a\n4:cpu,cpuacct:/docker/a\n1:name=systemd:/docker/a\n";
        assert_eq!(Limits::read(own, dir.path()), Limits { memory: Some(512 << 20), cpus: Some(2.0) });
    }
}
