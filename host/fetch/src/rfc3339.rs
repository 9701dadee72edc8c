//! Times as Go's time package reads and writes them in JSON, and as HTTP
//! writes them in Retry-After. Only what `.info` files and that header need.

/// A time read strictly as RFC 3339 and written as time.RFC3339Nano: trailing
/// zeros of the fraction go, a zero offset becomes `Z`, any other offset stays
/// (time/format_rfc3339.go).
pub(crate) fn canonical(text: &str) -> Option<String> {
    let digits = |range: std::ops::Range<usize>| -> Option<u32> {
        let part = text.get(range)?;
        part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
    };
    let mark = |at: usize, wanted: u8| (text.as_bytes().get(at) == Some(&wanted)).then_some(());
    let (year, month, day) = (digits(0..4)?, digits(5..7)?, digits(8..10)?);
    let (hour, minute, second) = (digits(11..13)?, digits(14..16)?, digits(17..19)?);
    for (at, wanted) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')] {
        mark(at, wanted)?;
    }
    if hour > 23 || minute > 59 || second > 59 || day < 1 || day > days_in(year, month)? {
        return None;
    }
    let rest = text.get(19..)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        None => ("", rest),
        Some(after) => {
            let end = after.bytes().take_while(u8::is_ascii_digit).count();
            if end == 0 {
                return None;
            }
            (after.get(..end.min(9))?.trim_end_matches('0'), after.get(end..)?)
        }
    };
    let zone = match zone.as_bytes() {
        b"Z" => "Z",
        [b'+' | b'-', h1, h2, b':', m1, m2] => {
            let value = |a: &u8, b: &u8| {
                (a.is_ascii_digit() && b.is_ascii_digit())
                    .then(|| u32::from(a - b'0') * 10 + u32::from(b - b'0'))
            };
            let (hours, minutes) = (value(h1, h2)?, value(m1, m2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            if hours == 0 && minutes == 0 { "Z" } else { zone }
        }
        _ => return None,
    };
    let dot = if fraction.is_empty() { "" } else { "." };
    Some(format!("{}{dot}{fraction}{zone}", text.get(..19)?))
}

/// Seconds since 1970 of an HTTP date (`Sun, 06 Nov 1994 08:49:37 GMT`, RFC 9110 §5.6.7).
pub(crate) fn http_date(text: &str) -> Option<u64> {
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    let [_, day, month, year, clock, "GMT"] = fields[..] else { return None };
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = u32::try_from(MONTHS.find(month).filter(|i| i % 3 == 0 && month.len() == 3)? / 3 + 1).ok()?;
    let (day, year): (u32, u32) = (day.parse().ok()?, year.parse().ok()?);
    if !(1970..=9999).contains(&year) || day < 1 || day > days_in(year, month)? {
        return None;
    }
    let mut parts = clock.split(':').map(|p| p.parse::<u64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let days: u64 = (1970..year).map(|y| if is_leap(y) { 366 } else { 365 }).sum::<u64>()
        + (1..month).filter_map(|m| days_in(year, m)).map(u64::from).sum::<u64>()
        + u64::from(day - 1);
    (hour < 24 && minute < 60 && second < 61).then_some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in(year: u32, month: u32) -> Option<u32> {
    Some(match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(is_leap(year)),
        1..=12 => 31,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_go_marshals_them() {
        // Each right side is what json.Marshal gives after json.Unmarshal of the left.
        for (given, wanted) in [
            ("2019-08-30T15:04:05Z", Some("2019-08-30T15:04:05Z")),
            ("2019-08-30T15:04:05.120Z", Some("2019-08-30T15:04:05.12Z")),
            ("2019-08-30T15:04:05.000Z", Some("2019-08-30T15:04:05Z")),
            ("2019-08-30T15:04:05+00:00", Some("2019-08-30T15:04:05Z")),
            ("2019-08-30T15:04:05-07:00", Some("2019-08-30T15:04:05-07:00")),
            ("2020-02-29T00:00:00Z", Some("2020-02-29T00:00:00Z")),
            ("2019-02-29T00:00:00Z", None),
            ("2019-08-30T24:04:05Z", None),
            ("2019-08-30t15:04:05z", None),
            ("2019-08-30 15:04:05Z", None),
            ("2019-08-30T15:04:05", None),
            ("2019-08-30T15:04:05,5Z", None),
            ("2019-08-30T15:04:05.Z", None),
            ("2019-08-30T5:04:05Z", None),
            ("", None),
            ("2019-08-3\u{e9}T15:04:05Z", None),
        ] {
            assert_eq!(canonical(given).as_deref(), wanted, "{given}");
        }
    }

    #[test]
    fn http_dates() {
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(http_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(http_date("Sun, 31 Feb 1994 08:49:37 GMT"), None);
        assert_eq!(http_date("120"), None);
    }
}
