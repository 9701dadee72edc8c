//! The canonical `.info`: a version and its time in UTC, nothing else.
//!
//! Proxies add an `Origin`, order fields as they like and differ in time zone;
//! a bundle must not. The bytes are those that Go's `json.Marshal(RevInfo)`
//! would write without an origin (cmd/go/internal/modfetch/cache.go,
//! writeDiskStat): no space, no final newline.

use jiff::Timestamp;
use serde::Deserialize;

/// Go's zero time, which stands for no time at all.
const ZERO: &str = "0001-01-01T00:00:00Z";

/// Why a proxy's `.info` is of no use.
#[derive(Debug, thiserror::Error)]
pub enum InfoError {
    /// Not JSON, or without a version.
    #[error("malformed .info: {0}")]
    Json(#[from] serde_json::Error),
    /// It speaks of another version.
    #[error(".info says version {found:?}, not {expected:?}")]
    Version {
        /// What it says.
        found: String,
        /// What was asked for.
        expected: String,
    },
    /// Its time is not RFC 3339.
    #[error(".info has the malformed time {0:?}")]
    Time(String),
}

/// A `.info` in its canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// The bytes to store.
    pub bytes: Vec<u8>,
    /// The version's time in UTC; none where the proxy gave none.
    pub time: Option<String>,
}

/// The canonical form of an `.info` as a proxy serves it.
pub fn canonical_info(raw: &[u8], version: &str) -> Result<Info, InfoError> {
    #[derive(Deserialize)]
    struct RevInfo {
        #[serde(rename = "Version")]
        version: String,
        #[serde(rename = "Time")]
        time: Option<String>,
    }
    let info: RevInfo = serde_json::from_slice(raw)?;
    if info.version != version {
        return Err(InfoError::Version { found: info.version, expected: version.to_owned() });
    }
    let time = match info.time {
        None => None,
        Some(t) => Some(canonical_time(&t).ok_or(InfoError::Time(t))?),
    };
    let time = time.filter(|t| t != ZERO);
    let version = serde_json::to_string(version)?;
    let bytes = format!("{{\"Version\":{version},\"Time\":\"{}\"}}", time.as_deref().unwrap_or(ZERO));
    Ok(Info { bytes: bytes.into_bytes(), time })
}

/// A time in UTC, with no more fraction digits than it needs, as Go writes it.
pub fn canonical_time(text: &str) -> Option<String> {
    // Go takes RFC 3339 with a capital T and at least seconds; jiff takes more.
    let bytes = text.as_bytes();
    let shape = bytes.len() >= 20 && bytes[4] == b'-' && bytes[10] == b'T' && bytes[16] == b':';
    let zone = text.ends_with('Z') || matches!(bytes.get(bytes.len().wrapping_sub(6)), Some(b'+' | b'-'));
    if !(shape && zone) {
        return None;
    }
    text.parse::<Timestamp>().ok().map(|t| t.to_string())
}
