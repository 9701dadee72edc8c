//! Times in JSON as Go's time package reads them (time/format_rfc3339.go),
//! written in UTC.

use jiff::SignedDuration;
use jiff::civil::DateTime;

/// A time read strictly as RFC 3339 and written in UTC, with no more fraction
/// digits than it needs, nine at most. None if it is not such a time, or is
/// outside the years 0 to 9999.
pub fn canonical_time(text: &str) -> Option<String> {
    let two = |at: usize| -> Option<i8> {
        let part = text.get(at..at + 2)?;
        part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
    };
    for (at, wanted) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')] {
        if text.as_bytes().get(at) != Some(&wanted) {
            return None;
        }
    }
    let year = 100 * i16::from(two(0)?) + i16::from(two(2)?);
    let local = DateTime::new(year, two(5)?, two(8)?, two(11)?, two(14)?, two(17)?, 0).ok()?;
    let rest = text.get(19..)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        None => ("", rest),
        Some(after) => {
            let end = after.bytes().take_while(u8::is_ascii_digit).count();
            if end == 0 {
                return None;
            }
            // Go keeps nanoseconds and cuts off what is finer.
            (after.get(..end.min(9))?.trim_end_matches('0'), after.get(end..)?)
        }
    };
    let utc = local.checked_sub(SignedDuration::from_secs(offset(zone)?)).ok()?;
    if !(0..=9999).contains(&utc.year()) {
        return None;
    }
    let dot = if fraction.is_empty() { "" } else { "." };
    Some(format!("{}{dot}{fraction}Z", utc.strftime("%Y-%m-%dT%H:%M:%S")))
}

/// Seconds east of UTC.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] = zone.as_bytes() else { return None };
    let two = |a: &u8, b: &u8| {
        (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i64::from(a - b'0') * 10 + i64::from(b - b'0'))
    };
    let (hours, minutes) = (two(h1, h2)?, two(m1, m2)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let east = hours * 3600 + minutes * 60;
    Some(if *sign == b'-' { -east } else { east })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_go_reads_them() {
        for (given, wanted) in [
            ("2019-08-30T15:04:05Z", Some("2019-08-30T15:04:05Z")),
            ("2019-08-30T15:04:05.120Z", Some("2019-08-30T15:04:05.12Z")),
            ("2019-08-30T15:04:05.000Z", Some("2019-08-30T15:04:05Z")),
            ("2019-08-30T15:04:05.1234567899Z", Some("2019-08-30T15:04:05.123456789Z")),
            ("2019-08-30T15:04:05+00:00", Some("2019-08-30T15:04:05Z")),
            ("2019-08-30T15:04:05-07:00", Some("2019-08-30T22:04:05Z")),
            ("2019-12-31T23:30:00-01:30", Some("2020-01-01T01:00:00Z")),
            ("2020-03-01T00:00:00+00:01", Some("2020-02-29T23:59:00Z")),
            ("2020-02-29T00:00:00Z", Some("2020-02-29T00:00:00Z")),
            ("0001-01-01T00:00:00Z", Some("0001-01-01T00:00:00Z")),
            ("0000-01-01T00:00:00Z", Some("0000-01-01T00:00:00Z")),
            ("9999-12-31T23:59:59.999999999Z", Some("9999-12-31T23:59:59.999999999Z")),
            ("2000-02-29T23:59:59+23:59", Some("2000-02-29T00:00:59Z")),
            ("1900-02-29T00:00:00Z", None),
            ("0000-01-01T00:00:00+00:01", None),
            ("9999-12-31T23:59:59-00:01", None),
            ("2019-02-29T00:00:00Z", None),
            ("2019-08-30T24:04:05Z", None),
            ("2019-08-30T15:04:60Z", None),
            ("2019-08-30t15:04:05z", None),
            ("2019-08-30 15:04:05Z", None),
            ("2019-08-30T15:04:05", None),
            ("2019-08-30T15:04:05,5Z", None),
            ("2019-08-30T15:04:05.Z", None),
            ("2019-08-30T5:04:05Z", None),
            ("2019-08-30T15:04:05+24:00", None),
            ("", None),
            ("2019-08-3\u{e9}T15:04:05Z", None),
        ] {
            assert_eq!(canonical_time(given).as_deref(), wanted, "{given}");
        }
    }
}
