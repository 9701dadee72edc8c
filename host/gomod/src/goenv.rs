//! The files that `go env -w` writes and that a Go installation brings
//! (cmd/go/internal/cfg/cfg.go, readEnvFile and Getenv). Pure: who reads the
//! files and the process environment is the caller.
//!
//! ```
//! use airgo_gomod::goenv::GoEnv;
//!
//! let env = GoEnv::new(b"GOPROXY=https://mine.example\n", b"# defaults\nGOPROXY=a\nGOSUMDB=b\n");
//! assert_eq!(env.get("GOPROXY", None), "https://mine.example");
//! assert_eq!(env.get("GOPROXY", Some("off")), "off");
//! assert_eq!(env.get("GOSUMDB", Some("")), "b");
//! assert_eq!(env.get("GOPRIVATE", None), "");
//! ```

mod flags;
mod known_flags;

pub use flags::{GoFlags, GoFlagsError};

use crate::unicode::decode;
use std::collections::BTreeMap;

/// Reads the settings of one file: lines `KEY=VALUE`. A line that has no `=` or
/// does not start with A to Z is passed over; nothing is unquoted or trimmed,
/// not even a carriage return; the later of two lines counts.
pub fn parse(data: &[u8]) -> BTreeMap<String, String> {
    let text = decode(data);
    let settings = text.split('\n').filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    let settings = settings.filter_map(|line| line.split_once('='));
    settings.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The settings of the user's file over those of the Go installation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoEnv {
    settings: BTreeMap<String, String>,
}

impl GoEnv {
    /// Layers the user's file (`GOENV`) over `$GOROOT/go.env`; an absent file is
    /// an empty one. A setting in the user's file counts even if it is empty.
    pub fn new(user: &[u8], go_root: &[u8]) -> Self {
        let mut settings = parse(go_root);
        settings.extend(parse(user));
        Self { settings }
    }

    /// What the go command would use: the process's variable unless it is unset
    /// or empty, then the files; empty where nobody set it.
    pub fn get<'a>(&'a self, key: &str, process: Option<&'a str>) -> &'a str {
        match process {
            Some(value) if !value.is_empty() => value,
            _ => self.settings.get(key).map_or("", String::as_str),
        }
    }
}
