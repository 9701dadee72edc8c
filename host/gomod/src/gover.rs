//! Versions of Go itself (`1.21`, `1.21rc1`, `1.21.3`), which are not semantic
//! versions, and comparison of module versions that may be either
//! (internal/gover and cmd/go/internal/gover).
//!
//! The order has a twist since Go 1.21: `1.21 < 1.21rc1 < 1.21.0`, while an
//! older `1.20` equals `1.20.0`.

use crate::module::ModuleVersion;
use crate::semver::{self, compare_int};
use std::cmp::Ordering;

/// The language version of a go.mod without a go line: it must never change,
/// as such a file may be very old (cmd/go/internal/gover/version.go).
pub const DEFAULT_GO_MOD_VERSION: &str = "1.16";
/// The language version of a go.work without a go line.
pub const DEFAULT_GO_WORK_VERSION: &str = "1.18";
/// From this version on a go.mod lists every indirect dependency, so that the
/// graph behind it can be pruned.
pub const EXPLICIT_INDIRECT_VERSION: &str = "1.17";
/// From this version on a dependency that needs a newer Go is an error.
pub const GO_STRICT_VERSION: &str = "1.21";
/// From this version on `go mod tidy` keeps the sums that tests of packages in
/// "all" need.
pub const TIDY_GO_MOD_SUM_VERSION: &str = "1.21";

/// The parts of a Go version; all empty for a malformed one, which therefore
/// comes before every well-formed one.
#[derive(Default, PartialEq)]
struct Parsed<'a> {
    major: &'a str,
    minor: &'a str,
    patch: &'a str,
    kind: &'a str,
    pre: &'a str,
}

/// Compares two Go versions without a `go` prefix. Malformed ones are equal to
/// each other and less than all others.
pub fn compare(x: &str, y: &str) -> Ordering {
    let (x, y) = (parse(x), parse(y));
    compare_int(x.major, y.major)
        .then_with(|| compare_int(x.minor, y.minor))
        .then_with(|| compare_int(x.patch, y.patch))
        .then_with(|| x.kind.cmp(y.kind)) // "" < alpha < beta < rc
        .then_with(|| compare_int(x.pre, y.pre))
}

/// The greater of two Go versions; the first where they are equal.
pub fn max<'a>(x: &'a str, y: &'a str) -> &'a str {
    if compare(x, y).is_lt() { y } else { x }
}

/// Whether `x` is a Go version.
pub fn is_valid(x: &str) -> bool {
    parse(x) != Parsed::default()
}

/// Whether `x` names a language version (`1.21`) and not a release (`1.21.0`).
/// Before 1.21 there was no difference, and this is false.
pub fn is_lang(x: &str) -> bool {
    let v = parse(x);
    v != Parsed::default() && v.patch.is_empty() && v.kind.is_empty() && v.pre.is_empty()
}

/// The language version of a Go version: `1.21` of `1.21.3` and of `1.21rc1`.
pub fn lang(x: &str) -> String {
    let v = parse(x);
    if v.minor.is_empty() || v.major == "1" && v.minor == "0" {
        v.major.to_owned()
    } else {
        format!("{}.{}", v.major, v.minor)
    }
}

/// Whether `x` is an alpha, beta or release candidate.
pub fn is_prerelease(x: &str) -> bool {
    !parse(x).kind.is_empty()
}

/// The language version before that of `x`: `1.20` of `1.21.3`; the major
/// version alone where there is none.
pub fn prev(x: &str) -> String {
    let v = parse(x);
    if compare_int(v.minor, "1").is_le() {
        return v.major.to_owned();
    }
    format!("{}.{}", v.major, decrement(v.minor).unwrap_or_default())
}

/// The Go version that a toolchain name such as `go1.21.3-bigcorp` stands for;
/// empty for other names (cmd/go/internal/gover FromToolchain).
pub fn from_toolchain(name: &str) -> &str {
    if name.contains(['\\', '/']) {
        return "";
    }
    let Some(version) = name.strip_prefix("go") else { return "" };
    let version = version.split([' ', '\t', '-']).next().unwrap_or_default();
    if is_valid(version) { version } else { "" }
}

/// Whether the path is one of the two made-up modules `go` and `toolchain`
/// that carry those lines through the module graph.
pub fn is_toolchain(path: &str) -> bool {
    path == "go" || path == "toolchain"
}

/// Compares two versions of the module `path`: Go versions for `go` and
/// `toolchain`, semantic versions for all others.
pub fn mod_compare(path: &str, x: &str, y: &str) -> Ordering {
    match path {
        "go" => compare(x, y),
        "toolchain" => compare(maybe_toolchain(x), maybe_toolchain(y)),
        _ => semver::compare(x, y),
    }
}

/// Whether `version` is well formed for the module `path`.
pub fn mod_is_valid(path: &str, version: &str) -> bool {
    match path {
        "go" => is_valid(version),
        "toolchain" => is_valid(from_toolchain(version)),
        _ => semver::is_valid(version),
    }
}

/// Whether `version` is a prerelease of the module `path`.
pub fn mod_is_prerelease(path: &str, version: &str) -> bool {
    match path {
        "go" => is_prerelease(version),
        "toolchain" => is_prerelease(from_toolchain(version)),
        _ => !semver::prerelease(version).is_empty(),
    }
}

/// Sorts by path, then by version; a `/go.mod` after the version counts last,
/// as in go.sum (cmd/go/internal/gover ModSort).
pub fn sort(list: &mut [ModuleVersion]) {
    list.sort_by(mod_order);
}

/// The order of [`sort`].
pub fn mod_order(a: &ModuleVersion, b: &ModuleVersion) -> Ordering {
    let split = |v: &str| v.find('/').unwrap_or(v.len());
    let (va, fa) = a.version.split_at(split(&a.version));
    let (vb, fb) = b.version.split_at(split(&b.version));
    let versions = || if va == vb { fa.cmp(fb) } else { mod_compare(&a.path, va, vb) };
    a.path.cmp(&b.path).then_with(versions)
}

fn maybe_toolchain(name: &str) -> &str {
    if is_valid(name) { name } else { from_toolchain(name) }
}

fn parse(x: &str) -> Parsed<'_> {
    parse_parts(x).unwrap_or_default()
}

fn parse_parts(x: &str) -> Option<Parsed<'_>> {
    let (major, rest) = cut_int(x)?;
    if rest.is_empty() {
        return Some(Parsed { major, minor: "0", patch: "0", ..Parsed::default() });
    }
    let (minor, rest) = cut_int(rest.strip_prefix('.')?)?;
    let v = Parsed { major, minor, ..Parsed::default() };
    if rest.is_empty() {
        // Up to 1.20 a missing patch was the same as 0.
        let patch = if compare_int(minor, "21").is_lt() { "0" } else { "" };
        return Some(Parsed { patch, ..v });
    }
    if let Some(patch) = rest.strip_prefix('.') {
        let (patch, rest) = cut_int(patch)?;
        return rest.is_empty().then_some(Parsed { patch, ..v });
    }
    let kind_end = rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(rest.len());
    let (kind, rest) = rest.split_at(kind_end);
    if kind.is_empty() {
        return None;
    }
    if rest.is_empty() {
        return Some(Parsed { kind, ..v });
    }
    let (pre, rest) = cut_int(rest)?;
    rest.is_empty().then_some(Parsed { kind, pre, ..v })
}

fn cut_int(s: &str) -> Option<(&str, &str)> {
    let end = s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len());
    let (int, rest) = s.split_at(end);
    let well_formed = !int.is_empty() && (int == "0" || !int.starts_with('0'));
    well_formed.then_some((int, rest))
}

/// A decimal number less one; `None` for zero and for the empty string.
pub(crate) fn decrement(decimal: &str) -> Option<String> {
    let zeros = decimal.len() - decimal.trim_end_matches('0').len();
    let (head, last) = decimal.split_at((decimal.len() - zeros).checked_sub(1)?);
    let last = last[..1].parse::<u8>().ok()? - 1;
    let nines = "9".repeat(zeros);
    if head.is_empty() && last == 0 && zeros > 0 {
        return Some(nines);
    }
    Some(format!("{head}{last}{nines}"))
}

/// A decimal number plus one.
pub(crate) fn increment(decimal: &str) -> String {
    let nines = decimal.len() - decimal.trim_end_matches('9').len();
    let zeros = "0".repeat(nines);
    let Some(before_last) = (decimal.len() - nines).checked_sub(1) else { return format!("1{zeros}") };
    let (head, last) = decimal.split_at(before_last);
    let last = last[..1].parse::<u8>().map_or(1, |digit| digit + 1);
    format!("{head}{last}{zeros}")
}
