//! Times as the host gives them, and spans as configs have them.
//!
//! ```
//! use airgo_plugin::time::{Span, seconds};
//!
//! let made = seconds("2026-05-30T22:00:00+02:00").unwrap();
//! let now = seconds("2026-06-01T20:00:00Z").unwrap();
//! assert_eq!(now - made, Span::parse("2d").unwrap().seconds());
//! ```

use std::fmt;

/// A time (RFC 3339) in seconds since 1970, fractions cut off. None where the
/// text is none.
pub fn seconds(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let mark = |at: usize, wanted: &[u8]| text.as_bytes().get(at).is_some_and(|b| wanted.contains(b));
    let marks = mark(4, b"-") && mark(7, b"-") && mark(10, b"Tt ") && mark(13, b":") && mark(16, b":");
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let in_range = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    let zone = text.get(19..)?.trim_start_matches('.').trim_start_matches(|c: char| c.is_ascii_digit());
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let sign = match zone.as_bytes().first()? {
                b'+' => 1,
                b'-' => -1,
                _ => return None,
            };
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            let two = |text: &str| -> Option<i64> {
                (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
            };
            sign * (two(hours)? * 3600 + two(minutes)? * 60)
        }
    };
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
    (marks && in_range).then_some(seconds)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of the Gregorian calendar; years start in March, so that a leap day is
/// the last of its year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let of_years = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    of_years + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// A span of a config: `12h`, `7d`, `2w`, `18mo` (months of 30 days), `3y`
/// (years of 365 days).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(i64);

impl Span {
    /// Reads a span.
    ///
    /// # Errors
    /// How one is written.
    pub fn parse(text: &str) -> Result<Self, String> {
        let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(at);
        let unit = match unit {
            "h" => Some(3600),
            "d" => Some(86_400),
            "w" => Some(7 * 86_400),
            "mo" => Some(30 * 86_400),
            "y" => Some(365 * 86_400),
            _ => None,
        };
        let seconds =
            number.parse::<i64>().ok().zip(unit).and_then(|(number, unit)| number.checked_mul(unit));
        seconds
            .map(Span)
            .ok_or_else(|| format!("{text:?} is no span; it is written like 12h, 7d, 2w, 18mo or 3y"))
    }

    /// From a number of seconds.
    pub fn of_seconds(seconds: i64) -> Self {
        Span(seconds)
    }

    /// Its seconds.
    pub fn seconds(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Span {
    /// In days, or in hours below two days.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, days) = (self.0 / 3600, self.0 / 86_400);
        match (hours, days) {
            (1, _) => f.write_str("1 hour"),
            (hours, ..=1) => write!(f, "{hours} hours"),
            (_, days) => write!(f, "{days} days"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, wanted) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1969-12-31T23:59:59Z", Some(-1)),
            ("2000-02-29T12:00:00.123456Z", Some(951_825_600)),
            ("2026-01-01T01:00:00+01:00", Some(1_767_225_600)),
            ("2026-01-01T00:00:00-00:30", Some(1_767_227_400)),
            ("2025-02-29T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-01-01", None),
            ("2026-01-01T00:00:00", None),
            ("2026-01-01T00:00:00+1", None),
            ("2026-01-01Té0:00:00Z", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), wanted, "{text}");
        }
    }

    #[test]
    fn spans() {
        assert_eq!(Span::parse("2w").map(|s| s.to_string()), Ok("14 days".to_owned()));
        assert_eq!(Span::parse("36h").map(|s| s.to_string()), Ok("36 hours".to_owned()));
        for bad in ["", "d", "7", "7 d", "-1d", "1m", "99999999999999999999y", "9999999999999999y"] {
            assert!(Span::parse(bad).is_err(), "{bad}");
        }
    }
}
