//! The snapshot file: made by [`Builder`], read by [`Snapshot`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::osv::entry;
use crate::{Advisory, BadData};

/// The name of the format; another number is another format.
pub const SCHEMA: &str = "airgo-vulndb/1";

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`SCHEMA`].
    pub schema: String,
    /// When the newest of the entries was changed (RFC 3339).
    pub modified: String,
    /// How many entries went in, withdrawn ones included.
    pub entries: u64,
}

/// Makes a snapshot from OSV entries, in any order.
#[derive(Debug, Default)]
pub struct Builder {
    modules: BTreeMap<String, BTreeMap<String, Vec<Advisory>>>,
    modified: String,
    entries: u64,
}

impl Builder {
    /// Adds an entry of OSV JSON.
    ///
    /// # Errors
    /// Where the bytes are none.
    pub fn add(&mut self, json: &[u8]) -> Result<(), BadData> {
        let entry = entry(json)?;
        self.entries += 1;
        if entry.modified > self.modified {
            self.modified.clone_from(&entry.modified);
        }
        for (module, advisory) in entry.advisories() {
            if module.is_empty() || module.contains(['\t', '\n']) {
                let message = format!("{module:?} is no module path");
                return Err(BadData { place: advisory.id, message });
            }
            let all = self.modules.entry(module).or_default().entry(advisory.id.clone()).or_default();
            if !all.contains(&advisory) {
                all.push(advisory);
            }
        }
        Ok(())
    }

    /// Sets the date of the database, where it says one that is newer than that
    /// of any entry (`index/db.json` of the Go database).
    pub fn modified(&mut self, date: &str) {
        if *date > *self.modified {
            date.clone_into(&mut self.modified);
        }
    }

    /// The bytes of the snapshot.
    pub fn finish(self) -> Vec<u8> {
        let header = Header { schema: SCHEMA.to_owned(), modified: self.modified, entries: self.entries };
        let json = |value: Result<String, serde_json::Error>| value.unwrap_or_default();
        let mut text = json(serde_json::to_string(&header));
        text.push('\n');
        for (module, advisories) in self.modules {
            let advisories: Vec<Advisory> = advisories.into_values().flatten().collect();
            text.push_str(&module);
            text.push('\t');
            text.push_str(&json(serde_json::to_string(&advisories)));
            text.push('\n');
        }
        text.into_bytes()
    }
}

/// A snapshot that is asked for modules. Only the lines asked for are parsed.
#[derive(Debug)]
pub struct Snapshot<'a> {
    header: Header,
    lines: Vec<(&'a str, &'a str)>,
}

impl<'a> Snapshot<'a> {
    /// Whether bytes start as a snapshot of some version does.
    pub fn is_one(bytes: &[u8]) -> bool {
        bytes.starts_with(br#"{"schema":"airgo-vulndb/"#)
    }

    /// Reads header and module paths.
    ///
    /// # Errors
    /// Where the bytes are no snapshot, or one of another version.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, BadData> {
        let bad = |place: &str, message: String| BadData { place: place.to_owned(), message };
        let text = std::str::from_utf8(bytes).map_err(|err| bad("the snapshot", err.to_string()))?;
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let header: Header = serde_json::from_str(first).map_err(|err| bad("line 1", err.to_string()))?;
        if header.schema != SCHEMA {
            return Err(bad(
                "line 1",
                format!("the schema is {:?}, where this reads {SCHEMA}", header.schema),
            ));
        }
        let mut lines: Vec<(&str, &str)> = Vec::new();
        for (number, line) in (2..).zip(rest.lines()) {
            let entry = line.split_once('\t');
            let entry = entry.ok_or_else(|| bad(&format!("line {number}"), "has no tab".to_owned()))?;
            if lines.last().is_some_and(|last| last.0 >= entry.0) {
                return Err(bad(&format!("line {number}"), "is out of order".to_owned()));
            }
            lines.push(entry);
        }
        if !text.ends_with('\n') {
            return Err(bad("the last line", "is cut off".to_owned()));
        }
        Ok(Snapshot { header, lines })
    }

    /// The first line.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// What is known of a module, by id.
    ///
    /// # Errors
    /// Where the module's line does not read.
    pub fn advisories(&self, module: &str) -> Result<Vec<Advisory>, BadData> {
        let Ok(position) = self.lines.binary_search_by(|(path, _)| (*path).cmp(module)) else {
            return Ok(Vec::new());
        };
        serde_json::from_str(self.lines[position].1)
            .map_err(|err| BadData { place: module.to_owned(), message: err.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &[u8] = br#"{"id":"GO-2","modified":"2026-02-01T00:00:00Z","aliases":["CVE-2","CVE-1","GO-2"],
        "summary":"Fault\nmore","affected":[{"package":{"name":"b.example","ecosystem":"Go"},
        "ranges":[{"type":"GIT","events":[{"introduced":"0"}]},{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.0.0"}]}],
        "ecosystem_specific":{"imports":[{"path":"b.example/x","goos":["linux"],"symbols":["F"]}]}},
        {"package":{"name":"left-pad","ecosystem":"npm"}}],
        "database_specific":{"review_status":"UNREVIEWED","url":"https://pkg.go.dev/vuln/GO-2"}}"#;
    const B: &[u8] = br#"{"id":"GO-1","modified":"2026-01-01T00:00:00Z","affected":[
        {"package":{"name":"b.example","ecosystem":"Go"}},{"package":{"name":"a.example","ecosystem":"Go"},
        "ranges":[{"type":"SEMVER","events":[{"introduced":"1.0.0"},{"last_affected":"1.1.0"}]}]}]}"#;
    const WITHDRAWN: &[u8] =
        br#"{"id":"GO-3","modified":"2025-01-01T00:00:00Z","withdrawn":"2025-01-02T00:00:00Z",
        "affected":[{"package":{"name":"a.example","ecosystem":"Go"}}]}"#;

    fn build(entries: &[&[u8]]) -> String {
        let mut builder = Builder::default();
        entries.iter().for_each(|entry| builder.add(entry).expect("an entry"));
        String::from_utf8(builder.finish()).expect("text")
    }

    #[test]
    fn the_bytes_are_those_of_the_format() {
        let text = build(&[A, B, WITHDRAWN]);
        assert_eq!(
            text,
            "{\"schema\":\"airgo-vulndb/1\",\"modified\":\"2026-02-01T00:00:00Z\",\"entries\":3}\n\
             a.example\t[{\"id\":\"GO-1\",\"url\":\"https://osv.dev/vulnerability/GO-1\",\
             \"ranges\":[[{\"introduced\":\"1.0.0\"},{\"last_affected\":\"1.1.0\"}]]}]\n\
             b.example\t[{\"id\":\"GO-1\",\"url\":\"https://osv.dev/vulnerability/GO-1\"},\
             {\"id\":\"GO-2\",\"aliases\":[\"CVE-1\",\"CVE-2\"],\"summary\":\"Fault\",\
             \"url\":\"https://pkg.go.dev/vuln/GO-2\",\"unreviewed\":true,\
             \"ranges\":[[{\"introduced\":\"0\"},{\"fixed\":\"1.0.0\"}]],\
             \"imports\":[{\"path\":\"b.example/x\",\"goos\":[\"linux\"]}]}]\n"
        );
        assert_eq!(build(&[B, WITHDRAWN, A]), text);
    }

    #[test]
    fn modules_are_found() {
        let text = build(&[A, B]);
        let snapshot = Snapshot::parse(text.as_bytes()).expect("a snapshot");
        assert_eq!(snapshot.header().modified, "2026-02-01T00:00:00Z");
        let ids = |module: &str| -> Vec<String> {
            snapshot.advisories(module).expect("advisories").into_iter().map(|a| a.id).collect()
        };
        assert_eq!(ids("b.example"), ["GO-1", "GO-2"]);
        assert_eq!(ids("c.example"), [""; 0]);
    }

    #[test]
    fn damage_is_seen() {
        let text = build(&[A, B]);
        for bad in [
            "",
            "{}",
            &text[..text.len() - 1],
            &text.replace("vulndb/1", "vulndb/2"),
            &text.replace("b.example\t", "a.example\t"),
            &text.replace("b.example\t", "b.example "),
        ] {
            assert!(Snapshot::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        let broken = text.replace("[[{", "[{");
        assert!(
            Snapshot::parse(broken.as_bytes()).expect("its outside is good").advisories("b.example").is_err()
        );
    }

    #[test]
    fn a_module_path_cannot_break_a_line() {
        let entry = br#"{"id":"X","affected":[{"package":{"name":"a\nb","ecosystem":"Go"}}]}"#;
        assert!(Builder::default().add(entry).is_err());
        assert!(Builder::default().add(b"[]").is_err());
    }
}
