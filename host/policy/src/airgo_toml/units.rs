//! Values with a unit: `"1500ms"`, `"64MiB"`, `30d`.

use std::time::Duration;

/// A number with the unit behind it.
fn split(text: &str) -> Option<(u64, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, unit.trim()))
}

/// `ms`, `s`, `min`.
pub fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

/// `B`, `KiB`, `MiB`, `GiB`.
pub fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor: u64 = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// `h`, `d`, `w`, in hours.
pub fn age(text: &str) -> Option<i64> {
    let (number, unit) = split(text)?;
    let factor: i64 = match unit {
        "h" => 1,
        "d" => 24,
        "w" => 24 * 7,
        _ => return None,
    };
    i64::try_from(number).ok()?.checked_mul(factor).filter(|&hours| hours <= 24 * 36_500)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        assert_eq!(duration("1500ms"), Some(Duration::from_millis(1500)));
        assert_eq!(duration("2 min"), Some(Duration::from_secs(120)));
        assert_eq!(bytes("64 MiB"), Some(64 << 20));
        assert_eq!(age("30d"), Some(720));
        for bad in ["", "1", "s", "1.5s", "-1s", "99999999999999999999s", "1 fortnight"] {
            assert_eq!((duration(bad), bytes(bad), age(bad)), (None, None, None), "{bad}");
        }
        assert_eq!(bytes("18446744073709551615 GiB"), None);
    }
}
