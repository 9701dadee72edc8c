//! `.info` files: read as Go reads them, written as Go writes them, so that
//! the same version gives the same bytes through any proxy
//! (cmd/go modfetch/repo.go RevInfo, cache.go writeDiskStat).
//!
//! Canonical bytes are `{"Version":…,"Time":…}`; the origin that a proxy
//! reports differs from proxy to proxy and is kept apart, for provenance.

use crate::error::Unfit;
use crate::rfc3339;
use reqwest::Url;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a proxy says that a version came from (cmd/go codehost.Origin, as
/// far as it is worth recording).
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

/// A validated `.info`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Info {
    pub(crate) canonical: Vec<u8>,
    pub(crate) origin: Option<Origin>,
}

/// Reads the answer to a request for `version`.
pub(crate) fn parse(bytes: &[u8], version: &str) -> Result<Info, Unfit> {
    let raw: Raw = serde_json::from_slice(bytes).map_err(|e| Unfit::Info(e.to_string()))?;
    let found = raw.version.unwrap_or_default();
    if found != version {
        return Err(Unfit::OtherVersion(found));
    }
    let time = match raw.time {
        None => "0001-01-01T00:00:00Z".to_owned(),
        Some(t) => rfc3339::canonical(&t).ok_or_else(|| Unfit::Info(format!("bad time {t:?}")))?,
    };
    // Neither a canonical version nor a time holds a character that JSON escapes.
    let canonical = format!("{{\"Version\":\"{version}\",\"Time\":\"{time}\"}}").into_bytes();
    let origin = raw.origin.map(|mut origin| {
        origin.url = without_credentials(&origin.url);
        origin
    });
    Ok(Info { canonical, origin })
}

/// An address without user name, password and query; a name that is no URL,
/// such as `git@host:path`, only without what stands before the `@`.
fn without_credentials(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) if url.has_host() => crate::proxyurl::show(&url),
        _ => text.rsplit_once('@').map_or(text, |(_, rest)| rest).to_owned(),
    }
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

    fn canonical(text: &str) -> Result<String, Unfit> {
        parse(text.as_bytes(), "v1.2.3").map(|i| String::from_utf8(i.canonical).unwrap())
    }

    #[test]
    fn remarshalled_as_go_does() {
        let plain = r#"{"Version":"v1.2.3","Time":"2020-01-02T03:04:05Z"}"#;
        for same in [
            plain,
            "{\n \"Time\": \"2020-01-02T03:04:05.000Z\",\n \"Version\": \"v1.2.3\"\n}\n",
            r#"{"version":"v1.2.3","TIME":"2020-01-02T03:04:05Z","Name":"abc","Short":"a","Extra":[1,{}]}"#,
            r#"{"Version":"v9.9.9","Version":"v1.2.3","Time":"2020-01-02T03:04:05Z","Time":null}"#,
        ] {
            assert_eq!(canonical(same).unwrap(), plain, "{same}");
        }
        assert_eq!(
            canonical(r#"{"Version":"v1.2.3"}"#).unwrap(),
            r#"{"Version":"v1.2.3","Time":"0001-01-01T00:00:00Z"}"#
        );
    }

    #[test]
    fn hostile_answers() {
        assert_eq!(
            canonical(r#"{"Version":"v1.2.4","Time":"2020-01-02T03:04:05Z"}"#),
            Err(Unfit::OtherVersion("v1.2.4".to_owned()))
        );
        for bad in ["", "null", "[]", "{}x", r#"{"Version":1}"#, "{", r#"{"Version":"v1.2.3","Time":"soon"}"#]
        {
            assert!(canonical(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_origin_is_kept_apart_without_credentials() {
        let text = r#"{"Version":"v1.2.3","Time":"2020-01-02T03:04:05Z","Origin":{"VCS":"git",
            "URL":"https://user:s3cret@host/repo?t=s3cret","Hash":"0123","Ref":"refs/tags/v1.2.3","TagSum":"x"}}"#;
        let info = parse(text.as_bytes(), "v1.2.3").unwrap();
        let origin = info.origin.unwrap();
        assert_eq!(origin.url, "https://host/repo");
        assert_eq!(origin.reference, "refs/tags/v1.2.3");
        assert!(!serde_json::to_string(&origin).unwrap().contains("s3cret"));
        assert_eq!(without_credentials("token@host:team/repo"), "host:team/repo");
    }
}
