//! Dates as HTTP writes them, in Date and Retry-After.

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
    fn http_dates() {
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(http_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(http_date("Sun, 31 Feb 1994 08:49:37 GMT"), None);
        assert_eq!(http_date("120"), None);
    }
}
