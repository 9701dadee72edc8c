//! Compares two directory trees: names, kinds, modes and bytes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// How many differences a report lists before it only counts.
const SHOWN: usize = 40;

/// How a file is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// Must be there on both sides with the same kind, mode and bytes.
    Same,
    /// May differ or be missing on either side, with all that is below it.
    Ignored,
    /// As `Same`, but its bytes are JSON that may differ in `Origin`.
    InfoWithoutOrigin,
}

/// A comparison of two trees.
pub struct TreeDiff {
    left: PathBuf,
    right: PathBuf,
    rule: fn(&str) -> Treatment,
}

impl TreeDiff {
    /// Compares two trees whole, but for airgo's record in a module cache.
    pub fn new(left: impl Into<PathBuf>, right: impl Into<PathBuf>) -> Self {
        Self { left: left.into(), right: right.into(), rule: |_| Treatment::Same }
    }

    /// Compares two GOMODCACHEs as DESIGN §6 says: lock files and what the
    /// checksum database left aside, `.info` but for Origin.
    pub fn gomodcaches(left: impl Into<PathBuf>, right: impl Into<PathBuf>) -> Self {
        Self::new(left, right).rule(|name| {
            let download = name.strip_prefix("cache/download/");
            if name == "cache/lock"
                || download.is_some_and(|n| n == "sumdb" || n.starts_with("sumdb/") || n.ends_with(".lock"))
            {
                Treatment::Ignored
            } else if download.is_some_and(|n| n.ends_with(".info")) {
                Treatment::InfoWithoutOrigin
            } else {
                Treatment::Same
            }
        })
    }

    /// Treats each file by its path, relative and with `/`.
    pub fn rule(mut self, rule: fn(&str) -> Treatment) -> Self {
        self.rule = rule;
        self
    }

    /// The differences, one a line; `None` where there is none.
    pub fn report(&self) -> Option<String> {
        let mut lines = Vec::new();
        self.compare("", &mut lines);
        if lines.is_empty() {
            return None;
        }
        let mut text = format!(
            "{} differences\n  - {}\n  + {}\n",
            lines.len(),
            self.left.display(),
            self.right.display()
        );
        for line in lines.iter().take(SHOWN) {
            let _ = writeln!(text, "{line}");
        }
        if lines.len() > SHOWN {
            let _ = writeln!(text, "… and {} more", lines.len() - SHOWN);
        }
        Some(text)
    }

    /// Fails the test where the trees differ.
    #[track_caller]
    pub fn assert_same(&self) {
        if let Some(report) = self.report() {
            panic!("{report}");
        }
    }

    fn compare(&self, dir: &str, lines: &mut Vec<String>) {
        let (left, right) = (names(&self.left.join(dir)), names(&self.right.join(dir)));
        for name in left.union(&right) {
            let path = if dir.is_empty() { name.clone() } else { format!("{dir}/{name}") };
            // What airgo notes for itself: inodes and times.
            if path.starts_with("cache/airgo-record-") {
                continue;
            }
            let treatment = (self.rule)(&path);
            if treatment == Treatment::Ignored {
                continue;
            }
            match (left.contains(name), right.contains(name)) {
                (true, false) => lines.push(format!("- {path}: only on the left")),
                (false, true) => lines.push(format!("+ {path}: only on the right")),
                _ => self.compare_both(&path, treatment, lines),
            }
        }
    }

    fn compare_both(&self, path: &str, treatment: Treatment, lines: &mut Vec<String>) {
        let (left, right) = (self.left.join(path), self.right.join(path));
        let (a, b) = (fs::symlink_metadata(&left).unwrap(), fs::symlink_metadata(&right).unwrap());
        let (am, bm) = (a.permissions().mode(), b.permissions().mode());
        if am != bm {
            lines.push(format!("~ {path}: mode {am:06o} / {bm:06o}"));
        }
        if a.file_type() != b.file_type() {
            return;
        }
        if a.is_dir() {
            self.compare(path, lines);
        } else if a.is_symlink() {
            let (a, b) = (fs::read_link(&left).unwrap(), fs::read_link(&right).unwrap());
            if a != b {
                lines.push(format!("~ {path}: link to {} / {}", a.display(), b.display()));
            }
        } else if treatment == Treatment::InfoWithoutOrigin {
            let (a, b) = (info(&left), info(&right));
            if a != b {
                lines.push(format!("~ {path}: {a} / {b}"));
            }
        } else if a.len() != b.len() {
            lines.push(format!("~ {path}: {} / {} bytes", a.len(), b.len()));
        } else if let Some(at) = first_difference(&left, &right) {
            lines.push(format!("~ {path}: differs from byte {at}"));
        }
    }
}

fn names(dir: &Path) -> BTreeSet<String> {
    fs::read_dir(dir)
        .unwrap_or_else(|e| panic!("{}: {e}", dir.display()))
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}

fn info(path: &Path) -> serde_json::Value {
    let mut value: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap())
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    if let Some(object) = value.as_object_mut() {
        object.remove("Origin");
    }
    value
}

fn first_difference(left: &Path, right: &Path) -> Option<u64> {
    let (mut a, mut b) = (File::open(left).unwrap(), File::open(right).unwrap());
    let (mut x, mut y) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut at = 0;
    loop {
        let n = fill(&mut a, &mut x);
        let m = fill(&mut b, &mut y);
        if let Some(i) = x[..n].iter().zip(&y[..m]).position(|(p, q)| p != q) {
            return Some(at + i as u64);
        }
        if n != m {
            return Some(at + n.min(m) as u64);
        }
        if n == 0 {
            return None;
        }
        at += n as u64;
    }
}

fn fill(file: &mut File, buffer: &mut [u8]) -> usize {
    let mut n = 0;
    while n < buffer.len() {
        match file.read(&mut buffer[n..]).unwrap() {
            0 => break,
            more => n += more,
        }
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TempTree;

    #[test]
    fn tells_every_kind_of_difference() {
        let t = TempTree::new();
        for side in ["a", "b"] {
            t.write(format!("{side}/same"), "same");
            t.write(format!("{side}/bytes"), format!("x{side}"));
            t.write(format!("{side}/mode"), "");
        }
        t.write("a/left/f", "");
        t.write("b/right", "");
        fs::set_permissions(t.join("b/mode"), fs::Permissions::from_mode(0o444)).unwrap();
        let report = TreeDiff::new(t.join("a"), t.join("b")).report().unwrap();
        let lines: Vec<_> = report.lines().skip(3).collect();
        assert_eq!(
            lines,
            [
                "~ bytes: differs from byte 1",
                "- left: only on the left",
                "~ mode: mode 100644 / 100444",
                "+ right: only on the right"
            ]
        );
        assert_eq!(TreeDiff::new(t.join("a"), t.join("a")).report(), None);
    }

    #[test]
    fn a_module_cache_may_differ_in_locks_and_origin() {
        let t = TempTree::new();
        t.write("a/cache/lock", "");
        t.write("a/cache/download/x/@v/v1.0.0.lock", "");
        t.write("a/cache/download/x/@v/v1.0.0.info", r#"{"Version":"v1.0.0","Origin":{"VCS":"git"}}"#);
        t.write("b/cache/download/x/@v/v1.0.0.info", r#"{"Version":"v1.0.0"}"#);
        TreeDiff::gomodcaches(t.join("a"), t.join("b")).assert_same();
    }
}
