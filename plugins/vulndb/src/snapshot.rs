//! The snapshot file: made by [`Builder`], read by [`Snapshot`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::origin::origins;
use crate::osv::entry;
use crate::{Advisory, BadData, Origin};

/// The name of the format; another number is another format.
pub const SCHEMA: &str = "airgo-vulndb/1";

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`SCHEMA`].
    pub schema: String,
    /// When the newest of the entries was changed (RFC 3339, UTC).
    pub modified: String,
    /// How many entries went in, withdrawn ones included.
    pub entries: u64,
    /// How many lines follow, so that a file that was cut off is known.
    pub modules: u64,
    /// Whose entries they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<Origin>,
}

/// Makes a snapshot from OSV entries, in any order.
#[derive(Debug, Default)]
pub struct Builder {
    /// By id: when it was changed, and what it says.
    entries: BTreeMap<String, (String, Vec<(String, Advisory)>)>,
    modified: String,
}

/// An entry that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// Its id.
    pub id: String,
    /// When it was changed.
    pub modified: String,
}

impl Builder {
    /// Adds an entry of OSV JSON. Of two with one id the one that was changed
    /// later stays; of the same date, the first.
    ///
    /// # Errors
    /// Where the bytes are none.
    pub fn add(&mut self, json: &[u8]) -> Result<Added, BadData> {
        let entry = entry(json)?;
        let bad = |message: String| BadData { place: entry.id.clone(), message };
        if entry.id.is_empty() {
            return Err(BadData { place: "an OSV entry".to_owned(), message: "its id is empty".to_owned() });
        }
        if !is_date(&entry.modified) {
            return Err(bad(format!("modified: {:?} is no date (RFC 3339, UTC)", entry.modified)));
        }
        let added = Added { id: entry.id.clone(), modified: entry.modified.clone() };
        let advisories = entry.advisories();
        for (module, _) in &advisories {
            if module.is_empty() || module.contains(['\t', '\n']) {
                let message = format!("{module:?} is no module path");
                return Err(BadData { place: added.id, message });
            }
        }
        let newer = self.entries.get(&added.id).is_none_or(|(date, _)| *date < added.modified);
        if newer {
            self.entries.insert(added.id.clone(), (added.modified.clone(), advisories));
        }
        Ok(added)
    }

    /// Sets the date of the database, where it says one that is newer than that
    /// of any entry (`index/db.json` of the Go database).
    ///
    /// # Errors
    /// Where it is no date.
    pub fn modified(&mut self, date: &str) -> Result<(), BadData> {
        if !is_date(date) {
            let message = format!("{date:?} is no date (RFC 3339, UTC)");
            return Err(BadData { place: "the date of the database".to_owned(), message });
        }
        if *date > *self.modified {
            date.clone_into(&mut self.modified);
        }
        Ok(())
    }

    /// The bytes of the snapshot.
    pub fn finish(self) -> Vec<u8> {
        let dates = self.entries.values().map(|(date, _)| date);
        let modified = dates.chain([&self.modified]).max().cloned().unwrap_or_default();
        let (entries, origins) =
            (self.entries.len() as u64, origins(self.entries.keys().map(String::as_str)));
        let mut modules: BTreeMap<String, Vec<Advisory>> = BTreeMap::new();
        for (module, advisory) in self.entries.into_values().flat_map(|(_, advisories)| advisories) {
            let of_module = modules.entry(module).or_default();
            // Those of one entry come one after the other.
            let mut of_entry = of_module.iter().rev().take_while(|known| known.id == advisory.id);
            if of_entry.all(|known| *known != advisory) {
                of_module.push(advisory);
            }
        }
        let header =
            Header { schema: SCHEMA.to_owned(), modified, entries, modules: modules.len() as u64, origins };
        let json = |value: Result<String, serde_json::Error>| value.unwrap_or_default();
        let mut text = json(serde_json::to_string(&header));
        text.push('\n');
        for (module, advisories) in modules {
            text.push_str(&module);
            text.push('\t');
            text.push_str(&json(serde_json::to_string(&advisories)));
            text.push('\n');
        }
        text.into_bytes()
    }
}

/// `2026-08-21T20:38:00Z`, with or without a fraction: such dates sort as text,
/// a fraction of a second aside.
fn is_date(text: &str) -> bool {
    let Some((seconds, rest)) = text.split_at_checked(19) else { return false };
    let shape = seconds.bytes().zip("0000-00-00T00:00:00".bytes()).all(|(byte, shape)| match shape {
        b'0' => byte.is_ascii_digit(),
        mark => byte == mark,
    });
    let fraction = rest.strip_suffix('Z').map(|rest| rest.strip_prefix('.').unwrap_or(rest));
    shape && fraction.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
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
        if lines.len() as u64 != header.modules {
            let message =
                format!("has {} modules, where its first line says {}", lines.len(), header.modules);
            return Err(bad("the snapshot", message));
        }
        Ok(Snapshot { header, lines })
    }

    /// The first line.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The paths of all modules that some entry speaks of, sorted.
    pub fn modules(&self) -> impl Iterator<Item = &'a str> {
        self.lines.iter().map(|(path, _)| *path)
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
        for entry in entries {
            builder.add(entry).expect("an entry");
        }
        String::from_utf8(builder.finish()).expect("text")
    }

    #[test]
    fn the_bytes_are_those_of_the_format() {
        let text = build(&[A, B, WITHDRAWN]);
        assert_eq!(
            text,
            "{\"schema\":\"airgo-vulndb/1\",\"modified\":\"2026-02-01T00:00:00Z\",\"entries\":3,\"modules\":2,\
             \"origins\":[{\"name\":\"Go Vulnerability Database\",\"url\":\"https://vuln.go.dev\",\
             \"licence\":\"CC-BY-4.0\",\"entries\":3}]}\n\
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
        assert_eq!(snapshot.modules().collect::<Vec<_>>(), ["a.example", "b.example"]);
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
            &text[..text.find("b.example\t").expect("its line")],
        ] {
            assert!(Snapshot::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        let broken = text.replace("[[{", "[{");
        assert!(
            Snapshot::parse(broken.as_bytes()).expect("its outside is good").advisories("b.example").is_err()
        );
    }

    #[test]
    fn of_one_id_the_newer_entry_stays() {
        let older = String::from_utf8_lossy(A).replace("2026-02", "2026-01").replace("Fault", "Old fault");
        let text = build(&[A, B]);
        assert_eq!(build(&[older.as_bytes(), A, B]), text);
        assert_eq!(build(&[A, B, older.as_bytes()]), text);
    }

    #[test]
    fn origins_are_told_by_the_ids() {
        let entry = |id: &str| format!(r#"{{"id":"{id}","modified":"2026-01-01T00:00:00.5Z"}}"#);
        let ids = ["X-1", "GHSA-1", "GO-1", "GHSA-2"].map(entry);
        let text = build(&ids.each_ref().map(String::as_bytes));
        let origins = Snapshot::parse(text.as_bytes()).expect("a snapshot").header().origins.clone();
        let told: Vec<_> = origins.iter().map(|o| (o.name.as_str(), o.licence.as_str(), o.entries)).collect();
        assert_eq!(
            told,
            [
                ("Go Vulnerability Database", "CC-BY-4.0", 1),
                ("GitHub Advisory Database", "CC-BY-4.0", 2),
                ("others", "", 1)
            ]
        );
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        let error = |json: &str| Builder::default().add(json.as_bytes()).expect_err(json).to_string();
        let named = |name: &str| {
            format!(
                r#"{{"id":"X","modified":"2026-01-01T00:00:00Z","affected":[{{"package":{{"name":"{name}","ecosystem":"Go"}}}}]}}"#
            )
        };
        // It would break a line of the snapshot.
        assert_eq!(error(&named("a\\nb")), "X: \"a\\nb\" is no module path");
        assert!(Builder::default().add(named("a.example").as_bytes()).is_ok());
        assert!(error("[]").starts_with("an OSV entry: "));
        for date in ["", "yesterday", "2026-01-01", "2026-01-01T00:00:00+02:00", "2026-01-01 00:00:00Z"] {
            let json = format!(r#"{{"id":"X","modified":"{date}"}}"#);
            assert_eq!(error(&json), format!("X: modified: {date:?} is no date (RFC 3339, UTC)"));
        }
    }
}
