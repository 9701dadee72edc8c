//! Points of time as typed.

use crate::units;
use airgo_app::{Failure, FailureKind, Result};
use jiff::Timestamp;

/// The time of `--at`, where it is given: the only clock that plugins have.
pub fn at(text: Option<&str>) -> Result<Option<Timestamp>> {
    let parse = |text: &str| {
        text.parse().map_err(|_| {
            Failure::new(FailureKind::Usage, format!("--at {text:?} is not a time"))
                .hint("write it as RFC 3339: --at 2026-11-22T00:00:00Z")
        })
    };
    text.map(parse).transpose()
}

/// The time of `--expires`: a time, or a duration from now on.
pub fn expires(text: &str) -> Result<Timestamp> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let from_now = units::duration(text).ok().and_then(|d| {
        let later = Timestamp::now().checked_add(jiff::SignedDuration::try_from(d).ok()?).ok()?;
        // Whole seconds read better and say as much.
        Timestamp::from_second(later.as_second()).ok()
    });
    from_now.ok_or_else(|| {
        Failure::new(FailureKind::Usage, format!("--expires {text:?} is neither a time nor a duration"))
            .hint("write RFC 3339 or a duration: --expires 2027-01-01T00:00:00Z, --expires 90d")
    })
}
