//! Semantic versions as Go writes them (golang.org/x/mod/semver): `v` first,
//! and `vMAJOR` or `vMAJOR.MINOR` as shorthand for `.0`s. Numbers are compared
//! as decimal text, so none is too long.
//!
//! ```
//! use airgo_gomod::semver;
//! use std::cmp::Ordering;
//!
//! assert_eq!(semver::canonical("v1.2+meta"), "");
//! assert_eq!(semver::canonical("v1.2.3+meta"), "v1.2.3");
//! assert_eq!(semver::canonical("v1"), "v1.0.0");
//! assert_eq!(semver::compare("v1.10.0-rc.1", "v1.10.0"), Ordering::Less);
//! ```

use std::cmp::Ordering;

/// The parts of a valid version. Parts left out of the shorthand forms are "0".
struct Parsed<'a> {
    major: &'a str,
    minor: &'a str,
    patch: &'a str,
    /// What the shorthand left out: `""`, `".0"` or `".0.0"`.
    left_out: &'static str,
    /// With its `-`, or empty.
    prerelease: &'a str,
    /// With its `+`, or empty.
    build: &'a str,
}

/// Whether `v` is a valid semantic version.
pub fn is_valid(v: &str) -> bool {
    parse(v).is_some()
}

/// The canonical form: shorthand filled up, build metadata dropped; empty for
/// an invalid version.
pub fn canonical(v: &str) -> String {
    match parse(v) {
        None => String::new(),
        Some(p) => format!("{}{}", &v[..v.len() - p.build.len()], p.left_out),
    }
}

/// The major version with its `v`, such as `v2`; empty for an invalid version.
pub fn major(v: &str) -> &str {
    parse(v).map_or("", |p| &v[..1 + p.major.len()])
}

/// Major and minor version, such as `v2.1`; empty for an invalid version.
pub fn major_minor(v: &str) -> String {
    parse(v).map_or_else(String::new, |p| format!("v{}.{}", p.major, p.minor))
}

/// The prerelease suffix with its `-`, or empty.
pub fn prerelease(v: &str) -> &str {
    parse(v).map_or("", |p| p.prerelease)
}

/// The build suffix with its `+`, or empty.
pub fn build(v: &str) -> &str {
    parse(v).map_or("", |p| p.build)
}

/// Compares by precedence; build metadata does not count. An invalid version
/// is less than a valid one, and all invalid ones are equal.
pub fn compare(v: &str, w: &str) -> Ordering {
    match (parse(v), parse(w)) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(v), Some(w)) => compare_int(v.major, w.major)
            .then_with(|| compare_int(v.minor, w.minor))
            .then_with(|| compare_int(v.patch, w.patch))
            .then_with(|| compare_prerelease(v.prerelease, w.prerelease)),
    }
}

/// Sorts by precedence, and bytewise where that is equal.
pub fn sort(list: &mut [String]) {
    list.sort_by(|a, b| compare(a, b).then_with(|| a.cmp(b)));
}

/// The higher of two numbers written without leading zeros is the longer one,
/// or the bytewise greater of equal length (x/mod/semver compareInt).
pub(crate) fn compare_int(x: &str, y: &str) -> Ordering {
    x.len().cmp(&y.len()).then_with(|| x.cmp(y))
}

fn parse(v: &str) -> Option<Parsed<'_>> {
    let (major, rest) = split_int(v.strip_prefix('v')?)?;
    let mut p = Parsed { major, minor: "0", patch: "0", left_out: ".0.0", prerelease: "", build: "" };
    if rest.is_empty() {
        return Some(p);
    }
    let (minor, rest) = split_int(rest.strip_prefix('.')?)?;
    (p.minor, p.left_out) = (minor, ".0");
    if rest.is_empty() {
        return Some(p);
    }
    let (patch, mut rest) = split_int(rest.strip_prefix('.')?)?;
    (p.patch, p.left_out) = (patch, "");
    if rest.starts_with('-') {
        let end = rest.find('+').unwrap_or(rest.len());
        (p.prerelease, rest) = rest.split_at(end);
        if !p.prerelease[1..].split('.').all(|id| is_identifier(id) && !has_leading_zero(id)) {
            return None;
        }
    }
    if let Some(build) = rest.strip_prefix('+') {
        p.build = rest;
        return build.split('.').all(is_identifier).then_some(p);
    }
    rest.is_empty().then_some(p)
}

fn split_int(s: &str) -> Option<(&str, &str)> {
    let end = s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len());
    let (int, rest) = s.split_at(end);
    let well_formed = !int.is_empty() && (int == "0" || !int.starts_with('0'));
    well_formed.then_some((int, rest))
}

fn is_identifier(s: &str) -> bool {
    !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn has_leading_zero(s: &str) -> bool {
    s.len() > 1 && s.starts_with('0') && is_number(s)
}

fn is_number(s: &str) -> bool {
    s.bytes().all(|b| b.is_ascii_digit())
}

/// Compares prereleases with their `-`, or empty.
fn compare_prerelease(x: &str, y: &str) -> Ordering {
    if x == y {
        return Ordering::Equal;
    }
    // A release comes after its prereleases.
    if x.is_empty() || y.is_empty() {
        return if x.is_empty() { Ordering::Greater } else { Ordering::Less };
    }
    let (mut xs, mut ys) = (x[1..].split('.'), y[1..].split('.'));
    loop {
        let order = match (xs.next(), ys.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => compare_identifier(a, b),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Numbers by value and before words; words bytewise.
fn compare_identifier(a: &str, b: &str) -> Ordering {
    match (is_number(a), is_number(b)) {
        (true, true) => compare_int(a, b),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.cmp(b),
    }
}
