//! GOSUMDB and which modules it is asked about (cmd/go/internal/modfetch
//! sumdb.go, dbDial and useSumDB).

use crate::module::match_prefix_patterns;
use crate::note::{NoteError, VerifierKey};
use crate::setting::Setting;

/// The database that Go knows by its name, and its key (modfetch/key.go).
const KNOWN: (&str, &str) =
    ("sum.golang.org", "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
/// Another way to it, for where the first is blocked.
const ALIAS: &str = "sum.golang.google.cn";
/// The one module that cannot be listed in go.sum.
const TOOLCHAIN: &str = "golang.org/toolchain";

/// A checksum database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The key it signs with; its name is the database's name, a host and
    /// perhaps a path.
    pub key: VerifierKey,
    /// Where it is asked, passing proxies by; without it proxies are asked
    /// first whether they know the database, then `https://` and its name.
    pub url: Option<Setting>,
}

/// What is wrong with GOSUMDB.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It says not to ask.
    #[error("checksum database disabled by GOSUMDB=off")]
    Off,
    /// It says nothing.
    #[error("missing GOSUMDB")]
    Missing,
    /// More than a key and a URL.
    #[error("invalid GOSUMDB: too many fields")]
    Fields,
    /// Neither a known name nor a key.
    #[error("invalid GOSUMDB: {0}")]
    Key(#[from] NoteError),
    /// A name that is not a host with a path.
    #[error("invalid sumdb name (must be host[/path]): {0}")]
    Name(String),
}

impl Config {
    /// Reads the value of GOSUMDB: a known name or a key, and perhaps a URL.
    pub fn parse(gosumdb: &str) -> Result<Self, ConfigError> {
        let fields: Vec<&str> = gosumdb.split_whitespace().collect();
        let (key, url) = match fields[..] {
            _ if gosumdb == "off" => return Err(ConfigError::Off),
            _ if gosumdb == ALIAS => (KNOWN.0, Some(Setting::addresses(format!("https://{ALIAS}")))),
            [] => return Err(ConfigError::Missing),
            [key] => (key, None),
            [key, url] => (key, Some(Setting::addresses(url))),
            _ => return Err(ConfigError::Fields),
        };
        let key: VerifierKey = if key == KNOWN.0 { KNOWN.1 } else { key }.parse()?;
        if is_host_and_path(key.name()) {
            Ok(Self { key, url })
        } else {
            Err(ConfigError::Name(key.name().to_owned()))
        }
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        self.key.name()
    }
}

/// Nothing but a host and a plain path: the name becomes part of URLs and file
/// names.
fn is_host_and_path(name: &str) -> bool {
    let (host, path) = name.split_once('/').unwrap_or((name, "x"));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    let host_char = |c: char| plain(c) || "[]:".contains(c);
    let element = |element: &str| {
        !element.is_empty() && element.chars().any(|c| c != '.') && element.chars().all(plain)
    };
    !host.is_empty()
        && host.chars().any(|c| c != '.')
        && host.chars().all(host_char)
        && path.split('/').all(element)
}

/// Whether the database is asked about a module that go.sum does not have.
/// Toolchains can be in no go.sum, so that it is asked about them even if it is
/// switched off, unless they come from a single `file://` proxy.
pub fn is_consulted(path: &str, gosumdb: &str, gonosumdb: &str, goproxy: &str) -> bool {
    let only_files = goproxy.starts_with("file://") && !goproxy.contains([',', '|']);
    if path == TOOLCHAIN && !only_files {
        return true;
    }
    gosumdb != "off" && !match_prefix_patterns(gonosumdb, path)
}
