//! The parts that errors' texts are made of.

use crate::site::{Phase, Site};
use std::fmt::Display;
use std::time::Duration;

pub(crate) fn tail(detail: &Option<String>) -> String {
    detail.as_ref().map(|d| format!(": {d}")).unwrap_or_default()
}

/// What a server asks to wait, where that is longer than was waited.
pub(crate) fn asks_to_wait(wanted: Option<Duration>) -> String {
    match wanted.filter(|wait| wait.as_secs() > 60) {
        Some(wait) => format!(", and asks to wait for {}", span(wait)),
        None => String::new(),
    }
}

/// `1 byte`, `2 bytes`.
pub(crate) fn bytes(n: u64) -> String {
    if n == 1 { "1 byte".to_owned() } else { format!("{n} bytes") }
}

/// A time in the two units that matter: `2 h`, `1 h 30 min`, `45 s`.
pub(crate) fn span(time: Duration) -> String {
    let all = time.as_secs();
    let units = [(all / 86400, "d"), (all / 3600 % 24, "h"), (all / 60 % 60, "min"), (all % 60, "s")];
    let words: Vec<String> = units
        .iter()
        .skip_while(|(n, _)| *n == 0)
        .take(2)
        .filter(|(n, _)| *n > 0)
        .map(|(n, unit)| format!("{n} {unit}"))
        .collect();
    if words.is_empty() { "0 s".to_owned() } else { words.join(" ") }
}

pub(crate) fn tries(site: &Site) -> String {
    if site.attempts > 1 { format!(" ({} tries)", site.attempts) } else { String::new() }
}

/// The host, and who was in between.
pub(crate) fn who(site: &Site) -> String {
    let mut text = site.host.clone();
    if let Some(through) = &site.through {
        text.push_str(&format!(" through the HTTP proxy {through}"));
    }
    if let Some(redirected) = &site.redirected {
        text.push_str(&format!(" (by a redirect to {redirected})"));
    }
    text
}

/// The name that has to be resolved.
pub(crate) fn name_of(site: &Site) -> String {
    match &site.through {
        Some(through) => format!("of the HTTP proxy {through}"),
        None => match &site.redirected {
            Some(redirected) => format!("{redirected}, to which {} redirects", site.host),
            None => site.host.clone(),
        },
    }
}

/// What became of the other entries of GOPROXY.
pub(crate) fn others(site: &Site) -> String {
    let mut text = String::new();
    if !site.earlier.is_empty() {
        text.push_str(&format!("; before that {}", site.earlier.join("; ")));
    }
    if let Some(next) = &site.unasked {
        text.push_str(&format!("; the comma in GOPROXY keeps {next} from being asked"));
    }
    text
}

pub(crate) fn said(status: Option<u16>) -> String {
    match status {
        None => "has no such file".to_owned(),
        Some(_) => format!("answered {}", status_text(status)),
    }
}

pub(crate) fn status_text(status: Option<u16>) -> String {
    let Some(code) = status else { return "permission denied".to_owned() };
    match reqwest::StatusCode::from_u16(code).ok().and_then(|s| s.canonical_reason()) {
        Some(reason) => format!("{code} {reason}"),
        None => code.to_string(),
    }
}

pub(crate) fn phase_text(phase: Phase) -> &'static str {
    match phase {
        Phase::Connect => "did not take the connection",
        Phase::FirstByte => "did not answer",
        Phase::Body => "stalled in mid-transfer",
    }
}

pub(crate) fn after_text(after: Option<&impl Display>) -> String {
    after.map(|e| format!(" (before that: {})", without_module(e))).unwrap_or_default()
}

pub(crate) fn off_text(after: Option<&impl Display>) -> String {
    match after {
        None => "module lookup disabled by GOPROXY=off".to_owned(),
        Some(e) => format!("module lookup disabled by GOPROXY=off ({})", without_module(e)),
    }
}

/// The error's text without the module it starts with, for use inside another's.
pub(crate) fn without_module(e: &impl Display) -> String {
    let text = e.to_string();
    text.split_once(": ").map(|(_, rest)| rest.to_owned()).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_two_units() {
        for (seconds, wanted) in [
            (0, "0 s"),
            (61, "1 min 1 s"),
            (7200, "2 h"),
            (5400, "1 h 30 min"),
            (86_400, "1 d"),
            (3601, "1 h"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), wanted);
        }
        assert_eq!(asks_to_wait(Some(Duration::from_secs(7))), "");
        assert_eq!(asks_to_wait(Some(Duration::from_secs(7200))), ", and asks to wait for 2 h");
    }
}
