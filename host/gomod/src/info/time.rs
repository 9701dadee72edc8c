//! Times in JSON as Go's time package reads them (time/format_rfc3339.go),
//! written in UTC.

const DAY: i64 = 86_400;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: i64 = 719_468;
/// Days of 400 years.
const ERA: i64 = 146_097;

/// A time read strictly as RFC 3339 and written in UTC, with no more fraction
/// digits than it needs, nine at most. None if it is no such time, or lies
/// outside the years 0 to 9999.
pub fn canonical_time(text: &str) -> Option<String> {
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        let part = text.get(range)?;
        part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
    };
    for (at, wanted) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')] {
        if text.as_bytes().get(at) != Some(&wanted) {
            return None;
        }
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
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
            // Go keeps nanoseconds and cuts off what is finer.
            (after.get(..end.min(9))?.trim_end_matches('0'), after.get(end..)?)
        }
    };
    let seconds = days_before(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset(zone)?;
    let (year, month, day) = date_of(seconds.div_euclid(DAY));
    if !(0..=9999).contains(&year) {
        return None;
    }
    let clock = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    let dot = if fraction.is_empty() { "" } else { "." };
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{dot}{fraction}Z"))
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

fn days_in(year: i64, month: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    Some(match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        1..=12 => 31,
        _ => return None,
    })
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar. Years begin in
/// March here, so that the leap day is their last.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH
}

/// The inverse: year, month, day.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH;
    let (era, of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
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

    #[test]
    fn every_day_has_one_date() {
        for days in days_before(0, 1, 1)..=days_before(9999, 12, 31) {
            let (year, month, day) = date_of(days);
            assert_eq!(days_before(year, month, day), days);
        }
        assert_eq!(date_of(0), (1970, 1, 1));
        assert_eq!(date_of(days_before(2000, 2, 29) + 1), (2000, 3, 1));
        assert_eq!(days_before(2000, 1, 1), 10_957);
    }
}
