//! Sizes and durations as people write them on a command line.

use std::time::Duration;

/// `650MiB`, `2GiB`, `1500`: bytes, with a binary unit or none; `MB` is
/// 1000 × 1000, as disks and discs are sold.
pub fn size(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text);
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kib" | "k" => 1 << 10,
        "mib" | "m" => 1 << 20,
        "gib" | "g" => 1 << 30,
        "tib" | "t" => 1 << 40,
        "kb" => 1000,
        "mb" => 1000 * 1000,
        "gb" => 1000 * 1000 * 1000,
        _ => return Err(format!("{unit:?} is not a unit; write 650MiB or 2GiB")),
    };
    let number: u64 = number.parse().map_err(|_| "not a size; write 650MiB or 2GiB".to_owned())?;
    number.checked_mul(factor).ok_or_else(|| "too large".to_owned())
}

/// `30s`, `10m`, `12h`, `30d`, `8w`; seconds without a unit.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let factor: u64 = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        "w" => 7 * 24 * 60 * 60,
        _ => return Err(format!("{unit:?} is not a unit; write 30s, 10m, 12h, 30d or 8w")),
    };
    let number: u64 = number.parse().map_err(|_| "not a time; write 30s, 10m, 12h, 30d or 8w".to_owned())?;
    number.checked_mul(factor).map(Duration::from_secs).ok_or_else(|| "too long".to_owned())
}

fn split(text: &str) -> (&str, &str) {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    (number, unit.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_have_units() {
        assert_eq!(size("650MiB"), Ok(650 << 20));
        assert_eq!(size("2 gib"), Ok(2 << 30));
        assert_eq!(size("700MB"), Ok(700_000_000));
        assert_eq!(size("12"), Ok(12));
        assert_eq!(duration("30d"), Ok(Duration::from_secs(2_592_000)));
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        for bad in ["", "x", "1.5GiB", "-1", "1xb", "99999999999999999999", "99999999999TiB"] {
            assert!(size(bad).is_err(), "{bad}");
        }
        for bad in ["", "d", "1y", "99999999999999999w"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
