//! Pseudo-versions: versions for commits without a tag
//! (golang.org/x/mod/module pseudo.go). They take one of five forms:
//!
//! ```text
//! vX.0.0-yyyymmddhhmmss-abcdef123456                      no tag before it
//! vX.Y.(Z+1)-0.yyyymmddhhmmss-abcdef123456                after vX.Y.Z
//! vX.Y.(Z+1)-0.yyyymmddhhmmss-abcdef123456+incompatible
//! vX.Y.Z-pre.0.yyyymmddhhmmss-abcdef123456                after vX.Y.Z-pre
//! vX.Y.Z-pre.0.yyyymmddhhmmss-abcdef123456+incompatible
//! ```

use crate::gover::{decrement, increment};
use crate::module::{InvalidVersion, VersionProblem};
use crate::semver;
use std::fmt;

/// A moment in UTC to the second, as a pseudo-version writes it. The order of
/// the type is that of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
}

impl Timestamp {
    /// Go's zero time, 0001-01-01T00:00:00Z.
    pub const ZERO: Self = Self { year: 1, month: 1, day: 1, hour: 0, minute: 0, second: 0 };

    /// Reads `yyyymmddhhmmss`; `None` where no such moment exists.
    pub fn parse(digits: &str) -> Option<Self> {
        if digits.len() != 14 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let two = |at: usize| digits[at..at + 2].parse::<u8>().ok();
        let t = Self {
            year: digits[..4].parse().ok()?,
            month: two(4)?,
            day: two(6)?,
            hour: two(8)?,
            minute: two(10)?,
            second: two(12)?,
        };
        let exists = (1..=12).contains(&t.month)
            && (1..=days_in(t.year, t.month)).contains(&t.day)
            && t.hour < 24
            && t.minute < 60
            && t.second < 60;
        exists.then_some(t)
    }

    /// `yyyymmddhhmmss`.
    pub fn compact(&self) -> String {
        let Self { year, month, day, hour, minute, second } = self;
        format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
    }
}

impl fmt::Display for Timestamp {
    /// As RFC 3339 has it: `2006-01-02T15:04:05Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second } = self;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

fn days_in(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Makes a pseudo-version for the major version `major` (`v2`; empty means
/// v0), the newest tag `older` before the commit (or empty), the commit's time
/// and its revision (usually 12 hexadecimal digits).
pub fn pseudo_version(major: &str, older: &str, time: Timestamp, rev: &str) -> String {
    let segment = format!("{}-{rev}", time.compact());
    let build = semver::build(older);
    let base = semver::canonical(older);
    let Some((before_patch, patch)) = base.rsplit_once('.') else {
        let major = if major.is_empty() { "v0" } else { major };
        return format!("{major}.0.0-{segment}");
    };
    if semver::prerelease(&base).is_empty() {
        format!("{before_patch}.{}-0.{segment}{build}", increment(patch))
    } else {
        format!("{base}.0.{segment}{build}")
    }
}

/// The pseudo-version of a major version with no time and no revision, which
/// stands for a version that nobody needs to look at.
pub fn zero_pseudo_version(major: &str) -> String {
    pseudo_version(major, "", Timestamp::ZERO, "000000000000")
}

/// Whether `v` is what [`zero_pseudo_version`] makes.
pub fn is_zero_pseudo_version(v: &str) -> bool {
    v == zero_pseudo_version(semver::major(v))
}

/// Whether `v` is a pseudo-version.
pub fn is_pseudo_version(v: &str) -> bool {
    parse(v).is_some()
}

/// The time in a pseudo-version.
pub fn pseudo_version_time(v: &str) -> Result<Timestamp, InvalidVersion> {
    let timestamp = parse_or_err(v)?.timestamp;
    Timestamp::parse(timestamp)
        .ok_or_else(|| InvalidVersion::pseudo(v, VersionProblem::PseudoTime(timestamp.to_owned())))
}

/// The revision in a pseudo-version.
pub fn pseudo_version_rev(v: &str) -> Result<&str, InvalidVersion> {
    Ok(parse_or_err(v)?.rev)
}

/// The tagged version that a pseudo-version follows; empty where there is none.
pub fn pseudo_version_base(v: &str) -> Result<String, InvalidVersion> {
    let Parsed { base, build, .. } = parse_or_err(v)?;
    let pre = semver::prerelease(base);
    match pre {
        "" if build.is_empty() => Ok(String::new()),
        "" => Err(InvalidVersion::pseudo(v, VersionProblem::PseudoBuild(build.to_owned()))),
        "-0" => {
            let base = &base[..base.len() - pre.len()];
            let (before_patch, patch) = base.rsplit_once('.').unwrap_or((base, ""));
            let patch = decrement(patch).ok_or_else(|| {
                InvalidVersion::pseudo(v, VersionProblem::PseudoNegativePatch(base.to_owned()))
            })?;
            Ok(format!("{before_patch}.{patch}{build}"))
        }
        _ => Ok(format!("{}{build}", base.strip_suffix(".0").unwrap_or(base))),
    }
}

struct Parsed<'a> {
    /// `vX.0.0`, `vX.Y.Z-0` or `vX.Y.Z-pre.0`.
    base: &'a str,
    timestamp: &'a str,
    rev: &'a str,
    /// With its `+`, or empty.
    build: &'a str,
}

fn parse_or_err(v: &str) -> Result<Parsed<'_>, InvalidVersion> {
    parse(v).ok_or_else(|| InvalidVersion::pseudo(v, VersionProblem::PseudoSyntax))
}

/// Takes a pseudo-version apart from its end, and so accepts what Go's regular
/// expression does: the base is `vX.0.0`, or ends in `-0` or `.0`.
fn parse(v: &str) -> Option<Parsed<'_>> {
    if !semver::is_valid(v) {
        return None;
    }
    let build = semver::build(v);
    let (rest, rev) = v[..v.len() - build.len()].rsplit_once('-')?;
    if rev.is_empty() || !rev.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let (base, timestamp) = rest.split_at_checked(rest.len().checked_sub(15)?)?;
    let (separator, timestamp) = timestamp.split_at_checked(1)?;
    if !timestamp.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let prerelease = semver::prerelease(base);
    let well_formed = match separator {
        "-" => prerelease.is_empty() && base.ends_with(".0.0") && semver::canonical(base) == base,
        "." => prerelease == "-0" || prerelease.ends_with(".0"),
        _ => false,
    };
    well_formed.then_some(Parsed { base, timestamp, rev, build })
}
