//! Whose work the entries of a snapshot are, and under which licence.

use serde::{Deserialize, Serialize};

/// A database that entries come from, told by the prefix of their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Origin {
    /// Its name.
    pub name: String,
    /// Where it is published; empty where nobody knows.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// Its SPDX licence id; empty where nobody knows.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub licence: String,
    /// How many entries are from it.
    pub entries: u64,
}

/// Prefix, name, address and licence, as each states it: go.dev/security/vuln,
/// github.com/github/advisory-database, github.com/ossf/malicious-packages.
const KNOWN: [(&str, &str, &str, &str); 3] = [
    ("GO-", "Go Vulnerability Database", "https://vuln.go.dev", "CC-BY-4.0"),
    ("GHSA-", "GitHub Advisory Database", "https://github.com/advisories", "CC-BY-4.0"),
    ("MAL-", "OpenSSF Malicious Packages", "https://github.com/ossf/malicious-packages", "Apache-2.0"),
];

/// The databases that these ids are from, in a fixed order; those of no known
/// one come last.
pub(crate) fn origins<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<Origin> {
    let mut counts = [0u64; KNOWN.len()];
    let mut others = 0;
    for id in ids {
        match KNOWN.iter().position(|(prefix, ..)| id.starts_with(prefix)) {
            Some(at) => counts[at] += 1,
            None => others += 1,
        }
    }
    let known = KNOWN.iter().zip(counts).map(|((_, name, url, licence), entries)| Origin {
        name: (*name).to_owned(),
        url: (*url).to_owned(),
        licence: (*licence).to_owned(),
        entries,
    });
    let others = Origin { name: "others".to_owned(), entries: others, ..Origin::default() };
    known.chain([others]).filter(|origin| origin.entries > 0).collect()
}
