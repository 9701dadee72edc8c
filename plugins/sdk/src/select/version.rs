//! Versions as Go orders them (golang.org/x/mod/semver), and requirements on
//! them: `v1.2.3`, `>=v1.2 <v2`, `v1.0.0 || >=v1.4.2`.

use std::cmp::Ordering;
use std::fmt;

/// A semantic version with its leading `v`. Build metadata, such as
/// `+incompatible`, has no part in the order.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    numbers: [String; 3],
    prerelease: Option<String>,
}

impl Version {
    /// Reads a version; `v1` and `v1.2` stand for `v1.0.0` and `v1.2.0`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v')?;
        let (text, build) = cut(text, '+');
        let (numbers, prerelease) = cut(text, '-');
        if build.is_some_and(|b| !identifiers(b, false)) || prerelease.is_some_and(|p| !identifiers(p, true))
        {
            return None;
        }
        let parts: Vec<&str> = numbers.split('.').collect();
        let short = parts.len() < 3;
        if parts.len() > 3 || !parts.iter().all(|p| number(p)) || short && (build.or(prerelease)).is_some() {
            return None;
        }
        let part = |i: usize| parts.get(i).copied().unwrap_or("0").to_owned();
        Some(Version { numbers: [part(0), part(1), part(2)], prerelease: prerelease.map(str::to_owned) })
    }
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
}

fn identifiers(text: &str, no_leading_zero: bool) -> bool {
    text.split('.').all(|id| {
        let digits = id.bytes().all(|b| b.is_ascii_digit());
        !id.is_empty()
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !(no_leading_zero && digits && !number(id))
    })
}

/// Numbers of any length: the longer is the larger.
fn compare_numbers(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = self.numbers.iter().zip(&other.numbers).map(|(a, b)| compare_numbers(a, b));
        let numbers = numbers.fold(Ordering::Equal, Ordering::then);
        numbers.then_with(|| match (&self.prerelease, &other.prerelease) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => compare_prereleases(a, b),
        })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Eq for Version {}

fn compare_prereleases(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(x), Some(y)) => match (number(x), number(y)) {
                (true, true) => compare_numbers(x, y),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => x.cmp(y),
            },
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Any of several ranges, each of which is all of several comparisons.
#[derive(Debug)]
pub struct Requirement {
    text: String,
    any: Vec<Vec<(Comparison, Version)>>,
}

#[derive(Debug, Clone, Copy)]
enum Comparison {
    Equal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Requirement {
    /// Reads a requirement.
    ///
    /// # Errors
    /// What is wrong with it, in a few words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let any = text.split("||").map(|range| {
            let parts = range.split([' ', ',']).filter(|part| !part.is_empty());
            let all = parts.map(comparison).collect::<Result<Vec<_>, _>>()?;
            if all.is_empty() { Err(format!("{text:?} leaves out a version")) } else { Ok(all) }
        });
        Ok(Requirement { text: text.trim().to_owned(), any: any.collect::<Result<_, _>>()? })
    }

    /// Whether the version meets it.
    pub fn matches(&self, version: &Version) -> bool {
        self.any.iter().any(|all| {
            all.iter().all(|(comparison, bound)| {
                let order = version.cmp(bound);
                match comparison {
                    Comparison::Equal => order.is_eq(),
                    Comparison::Less => order.is_lt(),
                    Comparison::LessEqual => order.is_le(),
                    Comparison::Greater => order.is_gt(),
                    Comparison::GreaterEqual => order.is_ge(),
                }
            })
        })
    }
}

fn comparison(part: &str) -> Result<(Comparison, Version), String> {
    const OPERATORS: [(&str, Comparison); 5] = [
        (">=", Comparison::GreaterEqual),
        ("<=", Comparison::LessEqual),
        (">", Comparison::Greater),
        ("<", Comparison::Less),
        ("=", Comparison::Equal),
    ];
    let operator = OPERATORS.iter().find_map(|(sign, op)| Some((part.strip_prefix(sign)?, *op)));
    let (text, operator) = operator.unwrap_or((part, Comparison::Equal));
    let example = "a version is written like v1.2.3, a bound like >=v1.2.3 without a space";
    let version = Version::parse(text).ok_or_else(|| format!("{part:?} is no version; {example}"))?;
    if matches!(operator, Comparison::Equal)
        && text.split(['-', '+']).next().unwrap_or(text).split('.').count() < 3
    {
        return Err(format!("{part:?} is no exact version; write a range, such as >={text}"));
    }
    Ok((operator, version))
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordered_as_go_orders_them() {
        let sorted = [
            "v0.0.0-20200101000000-abcdefabcdef",
            "v0.0.1",
            "v1",
            "v1.0.1-alpha",
            "v1.0.1-alpha.1",
            "v1.0.1-alpha.beta",
            "v1.0.1-beta.2",
            "v1.0.1-beta.11",
            "v1.0.1-rc.1",
            "v1.0.1",
            "v1.2.0",
            "v1.10.0",
            "v2.0.0+incompatible",
            "v99999999999999999999.0.0",
        ];
        let parse = |text: &&str| Version::parse(text).expect("a good version");
        let versions: Vec<Version> = sorted.iter().map(parse).collect();
        assert!(versions.is_sorted());
        for bad in ["", "1.2.3", "v", "v01.2.3", "v1.2.3.4", "v1.2-x", "v1.2.3-01", "v1.2.3-", "v1.2.3+"] {
            assert_eq!(Version::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn requirements() {
        let matches = |requirement: &str, version: &str| {
            let version = Version::parse(version).expect("a good version");
            Requirement::parse(requirement).expect("a good requirement").matches(&version)
        };
        assert!(matches("v1.2.3", "v1.2.3"));
        assert!(matches("v2.0.0", "v2.0.0+incompatible"));
        assert!(!matches("v1.2.3", "v1.2.4"));
        assert!(matches(">=v1.2 <v2", "v1.9.9"));
        assert!(matches(">=v1.2, <v2", "v1.9.9"));
        assert!(!matches(">=v1.2 <v2", "v2.0.0"));
        assert!(matches("v1.0.0 || >=v1.4.2", "v1.5.0"));
        assert!(!matches("v1.0.0 || >=v1.4.2", "v1.4.1"));
        for bad in ["", "||", "v1 ||", "1.2.3", "v1.2", ">= v1.2.3", "^v1.2.3", "latest"] {
            assert!(Requirement::parse(bad).is_err(), "{bad}");
        }
    }
}
