//! The config table, and what it means. Its schema is config.schema.json.

use airgo_plugin::select::Entry;
use airgo_plugin::{CheckError, Verdict};
use serde::Deserialize;

/// The table as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    #[serde(default = "allow")]
    default: Verdict,
    #[serde(default = "allow")]
    unused: Verdict,
    #[serde(default)]
    allow: Vec<Written>,
    #[serde(default)]
    deny: Vec<Written>,
}

fn allow() -> Verdict {
    Verdict::Allow
}

/// An entry, short or long.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Written {
    Short(String),
    Long(Long),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Long {
    pattern: Option<String>,
    path: Option<String>,
    versions: Option<String>,
    reason: Option<String>,
}

/// The table as it is meant.
pub struct Lists {
    pub default: Verdict,
    pub unused: Verdict,
    pub allow: Vec<Entry>,
    pub deny: Vec<Entry>,
}

impl Config {
    pub fn lists(self) -> Result<Lists, CheckError> {
        Ok(Lists {
            default: self.default,
            unused: self.unused,
            allow: entries("allow", self.allow)?,
            deny: entries("deny", self.deny)?,
        })
    }
}

fn entries(list: &str, written: Vec<Written>) -> Result<Vec<Entry>, CheckError> {
    let parse = |(index, written): (usize, Written)| {
        written.entry().map_err(|message| CheckError::at(format!("/{list}/{index}"), message))
    };
    written.into_iter().enumerate().map(parse).collect()
}

impl Written {
    fn entry(self) -> Result<Entry, String> {
        match self {
            Written::Short(text) => Entry::parse(&text),
            Written::Long(long) => {
                let (name, exact) = match (&long.pattern, &long.path) {
                    (Some(pattern), None) => (pattern, false),
                    (None, Some(path)) => (path, true),
                    _ => return Err("an entry names either a pattern or a path".to_owned()),
                };
                Entry::new(name, exact, long.versions.as_deref(), long.reason)
            }
        }
    }
}
