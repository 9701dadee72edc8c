//! `.info` files: read as Go reads them (cmd/go modfetch/repo.go RevInfo,
//! encoding/json), written in one form, so that the same version gives the same
//! bytes through any proxy (cache.go writeDiskStat).
//!
//! Canonical bytes are `{"Version":…,"Time":…}`, the time in UTC: without space,
//! final newline and origin. Where a version came from differs from proxy to
//! proxy and is kept apart, for provenance.
//!
//! ```
//! let raw = br#"{"Time":"2020-01-02T05:04:05+02:00","Version":"v1.2.3","Name":"abc"}"#;
//! let info = airgo_gomod::info::parse(raw, "v1.2.3").unwrap();
//! assert_eq!(info.canonical, br#"{"Version":"v1.2.3","Time":"2020-01-02T03:04:05Z"}"#);
//! ```

mod time;

pub use time::canonical_time;

use crate::address::without_login;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Go's zero time, which stands for no time at all.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// A `.info` that speaks of the version that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevInfo {
    /// The bytes to store.
    pub canonical: Vec<u8>,
    /// The version's time in UTC; none where the proxy gave none.
    pub time: Option<String>,
    /// Where the proxy says that the version came from.
    pub origin: Option<Origin>,
}

/// Where a version came from (cmd/go codehost.Origin, as far as it is worth recording).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Origin {
    /// `git` and the like.
    #[serde(rename = "VCS", skip_serializing_if = "String::is_empty")]
    pub vcs: String,
    /// The repository, without user name, password and query.
    #[serde(rename = "URL", skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// The module's directory in it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subdir: String,
    /// The commit.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hash: String,
    /// The tag or branch.
    #[serde(rename = "Ref", skip_serializing_if = "String::is_empty")]
    pub reference: String,
}

/// Why an `.info` is invalid.
#[derive(Debug, thiserror::Error)]
pub enum InfoError {
    /// Not JSON, or not of the types that Go wants.
    #[error("malformed .info: {0}")]
    Json(#[from] serde_json::Error),
    /// It speaks of another version, or of none.
    #[error(".info says version {found:?}, not {expected:?}")]
    Version {
        /// What it says.
        found: String,
        /// What was asked for.
        expected: String,
    },
    /// Its time is not RFC 3339, or is outside the years that Go can write.
    #[error(".info has the malformed time {0:?}")]
    Time(String),
}

/// Reads the answer to a request for `version`.
pub fn parse(bytes: &[u8], version: &str) -> Result<RevInfo, InfoError> {
    let raw: Raw = serde_json::from_slice(bytes)?;
    let found = raw.version.unwrap_or_default();
    if found != version {
        return Err(InfoError::Version { found, expected: version.to_owned() });
    }
    let time = match raw.time {
        None => None,
        Some(time) => Some(canonical_time(&time).ok_or(InfoError::Time(time))?),
    };
    let time = time.filter(|t| t != NO_TIME);
    let canonical = canonical(version, time.as_deref())?;
    let origin = raw.origin.map(|mut origin| {
        origin.url = without_login(&origin.url);
        origin
    });
    Ok(RevInfo { canonical, time, origin })
}

/// The canonical bytes; `time` as [`canonical_time`] gives it.
pub fn canonical(version: &str, time: Option<&str>) -> Result<Vec<u8>, InfoError> {
    let version = serde_json::to_string(version)?;
    Ok(format!("{{\"Version\":{version},\"Time\":\"{}\"}}", time.unwrap_or(NO_TIME)).into_bytes())
}

/// The fields as Go's encoding/json finds them: any case, the last one counts, null is nothing.
#[derive(Default)]
struct Raw {
    version: Option<String>,
    time: Option<String>,
    origin: Option<Origin>,
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Raw;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with Version and Time")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
                let mut raw = Raw::default();
                while let Some(key) = map.next_key::<String>()? {
                    if key.eq_ignore_ascii_case("Version") {
                        raw.version = map.next_value::<Option<String>>()?.or(raw.version);
                    } else if key.eq_ignore_ascii_case("Time") {
                        raw.time = map.next_value::<Option<String>>()?.or(raw.time);
                    } else if key.eq_ignore_ascii_case("Origin") {
                        raw.origin = map.next_value()?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(raw)
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Result<String, InfoError> {
        parse(text.as_bytes(), "v1.2.3").map(|i| String::from_utf8(i.canonical).unwrap())
    }

    #[test]
    fn rule_16_remarshalled_as_go_does() {
        let plain = r#"{"Version":"v1.2.3","Time":"2020-01-02T03:04:05Z"}"#;
        for same in [
            plain,
            "{\n \"Time\": \"2020-01-02T03:04:05.000Z\",\n \"Version\": \"v1.2.3\"\n}\n",
            r#"{"version":"v1.2.3","TIME":"2020-01-02T03:04:05Z","Name":"abc","Short":"a","Extra":[1,{}]}"#,
            r#"{"Version":"v9.9.9","Version":"v1.2.3","Time":"2020-01-02T03:04:05Z","Time":null}"#,
            r#"{"Version":"v1.2.3","Time":"2020-01-01T20:04:05-07:00"}"#,
        ] {
            assert_eq!(bytes(same).unwrap(), plain, "{same}");
        }
        for none in [r#"{"Version":"v1.2.3"}"#, r#"{"Version":"v1.2.3","Time":"0001-01-01T00:00:00Z"}"#] {
            assert_eq!(bytes(none).unwrap(), r#"{"Version":"v1.2.3","Time":"0001-01-01T00:00:00Z"}"#);
            assert_eq!(parse(none.as_bytes(), "v1.2.3").unwrap().time, None);
        }
    }

    #[test]
    fn hostile_answers() {
        let other = bytes(r#"{"Version":"v1.2.4","Time":"2020-01-02T03:04:05Z"}"#).unwrap_err();
        assert_eq!(other.to_string(), r#".info says version "v1.2.4", not "v1.2.3""#);
        for bad in
            ["", "null", "[]", "{}", "{}x", r#"{"Version":1}"#, "{", r#"{"Version":"v1.2.3","Time":"soon"}"#]
        {
            assert!(bytes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_origin_is_kept_apart_without_credentials() {
        let text = r#"{"Version":"v1.2.3","Time":"2020-01-02T03:04:05Z","Origin":{"VCS":"git",
            "URL":"https://user:s3cret@host/repo?t=s3cret","Hash":"0123","Ref":"refs/tags/v1.2.3","TagSum":"x"}}"#;
        let origin = parse(text.as_bytes(), "v1.2.3").unwrap().origin.unwrap();
        assert_eq!(origin.url, "https://host/repo");
        assert_eq!(origin.reference, "refs/tags/v1.2.3");
        assert!(!serde_json::to_string(&origin).unwrap().contains("s3cret"));
    }
}
