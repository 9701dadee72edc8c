//! The files of one database, as they are published, into a [`Builder`].
//!
//! Two layouts are known. The Go database's (<https://go.dev/security/vuln/database>)
//! has an index, by which a copy that lacks an entry, or has one of another day,
//! is refused: what is missing would silently be no vulnerability. Any other
//! set of files is taken for OSV entries, one a file, such as OSV.dev's.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{BadData, Builder};

/// When the Go database was last changed.
pub const INDEX_DB: &str = "index/db.json";
/// What entries the Go database has.
pub const INDEX_VULNS: &str = "index/vulns.json";

/// Takes the files of one database, in any order.
///
/// ```
/// use airgo_vulndb::{Builder, Import};
///
/// let mut builder = Builder::default();
/// let mut import = Import::new(&mut builder);
/// import.file("index/db.json", br#"{"modified":"2026-01-02T00:00:00Z"}"#).unwrap();
/// import.file("index/vulns.json", br#"[{"id":"GO-1","modified":"2026-01-01T00:00:00Z"}]"#).unwrap();
/// // ID/GO-1.json did not come along.
/// let err = import.finish().unwrap_err();
/// assert_eq!(err.to_string(), "index/vulns.json: names GO-1, and ID/GO-1.json is missing");
/// ```
#[derive(Debug)]
pub struct Import<'a> {
    builder: &'a mut Builder,
    /// Id → date and file of each entry.
    entries: BTreeMap<String, (String, String)>,
    /// The index was met.
    indexed: bool,
    modified: Option<String>,
    index: Option<Vec<IndexEntry>>,
}

/// An entry as the index of the Go database names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct IndexEntry {
    /// Its id; its file is `ID/<id>.json`.
    pub id: String,
    /// When it was changed.
    #[serde(default)]
    pub modified: String,
}

#[derive(Deserialize)]
struct Db {
    modified: String,
}

impl<'a> Import<'a> {
    /// Nothing is read yet.
    pub fn new(builder: &'a mut Builder) -> Self {
        Import { builder, entries: BTreeMap::new(), indexed: false, modified: None, index: None }
    }

    /// Whether a file of this name is part of a database: all others are passed
    /// over.
    pub fn wants(name: &str) -> bool {
        name.ends_with(".json")
    }

    /// Takes a file; its name is its path in the database.
    ///
    /// # Errors
    /// Where it is not what its name says, or an entry is there twice.
    pub fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), BadData> {
        let bad = |message: String| BadData { place: name.to_owned(), message };
        if name.starts_with("index/") {
            self.indexed = true;
        }
        match name {
            INDEX_DB => {
                let db: Db = serde_json::from_slice(bytes).map_err(|err| bad(err.to_string()))?;
                self.modified = Some(db.modified);
            }
            INDEX_VULNS => self.index = Some(index(bytes)?),
            _ if name.starts_with("index/") || !Self::wants(name) => {}
            _ => {
                let added = self.builder.add(bytes).map_err(|err| bad(err.to_string()))?;
                if let Some((_, other)) = self.entries.get(&added.id) {
                    return Err(bad(format!("{} is in {other} already", added.id)));
                }
                self.entries.insert(added.id, (added.modified, name.to_owned()));
            }
        }
        Ok(())
    }

    /// That was all of them. Says how many entries there were.
    ///
    /// # Errors
    /// Where there is no entry, or the index speaks of others.
    pub fn finish(self) -> Result<usize, BadData> {
        let bad = |place: &str, message: String| Err(BadData { place: place.to_owned(), message });
        if self.indexed {
            let Some(date) = &self.modified else { return bad(INDEX_DB, "is missing".to_owned()) };
            let Some(index) = &self.index else { return bad(INDEX_VULNS, "is missing".to_owned()) };
            self.agrees(index)?;
            self.builder.modified(date)?;
        } else if self.entries.is_empty() {
            return bad("the source", format!("has neither {INDEX_DB} nor OSV entries (*.json)"));
        }
        Ok(self.entries.len())
    }

    fn agrees(&self, index: &[IndexEntry]) -> Result<(), BadData> {
        let bad = |place: &str, message: String| Err(BadData { place: place.to_owned(), message });
        for IndexEntry { id, modified } in index {
            match self.entries.get(id) {
                None => return bad(INDEX_VULNS, format!("names {id}, and ID/{id}.json is missing")),
                Some((date, file)) if date != modified => {
                    let message = format!("is of {date}, where {INDEX_VULNS} says {modified}");
                    return bad(file, message);
                }
                Some(_) => {}
            }
        }
        let listed: std::collections::BTreeSet<&str> = index.iter().map(|entry| entry.id.as_str()).collect();
        for (id, (_, file)) in &self.entries {
            if *file != format!("ID/{id}.json") {
                return bad(file, format!("is entry {id}, which belongs in ID/{id}.json"));
            }
            if !listed.contains(id.as_str()) {
                return bad(file, format!("is not named by {INDEX_VULNS}"));
            }
        }
        Ok(())
    }
}

/// Reads `index/vulns.json`: which entries a Go database has.
///
/// # Errors
/// Where it is no such file, or names what cannot be the name of a file.
pub fn index(bytes: &[u8]) -> Result<Vec<IndexEntry>, BadData> {
    let bad = |message: String| BadData { place: INDEX_VULNS.to_owned(), message };
    let entries: Vec<IndexEntry> = serde_json::from_slice(bytes).map_err(|err| bad(err.to_string()))?;
    let plain = |id: &str| {
        id.starts_with(|c: char| c.is_ascii_alphanumeric())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    match entries.iter().find(|entry| !plain(&entry.id)) {
        Some(entry) => Err(bad(format!("{:?} is no id", entry.id))),
        None => Ok(entries),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Snapshot;

    const ONE: &[u8] = br#"{"id":"GO-1","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"name":"a.example","ecosystem":"Go"}}]}"#;
    const DB: &[u8] = br#"{"modified":"2026-01-02T00:00:00Z"}"#;
    const VULNS: &[u8] = br#"[{"id":"GO-1","modified":"2026-01-01T00:00:00Z","aliases":["CVE-1"]}]"#;

    fn import(files: &[(&str, &[u8])]) -> Result<String, String> {
        let mut builder = Builder::default();
        let mut import = Import::new(&mut builder);
        for (name, bytes) in files {
            import.file(name, bytes).map_err(|err| err.to_string())?;
        }
        import.finish().map_err(|err| err.to_string())?;
        Ok(String::from_utf8(builder.finish()).expect("text"))
    }

    #[test]
    fn both_layouts() {
        let go = import(&[
            ("README", b"\xff"),
            ("ID/GO-1.json", ONE),
            ("index/modules.json", b"[]"),
            ("index/vulns.json", VULNS),
            ("index/db.json", DB),
        ]);
        let go = go.expect("a Go database");
        assert_eq!(
            Snapshot::parse(go.as_bytes()).expect("a snapshot").header().modified,
            "2026-01-02T00:00:00Z"
        );
        let osv = import(&[("Go/GO-1.json", ONE)]).expect("OSV entries");
        assert_eq!(osv.replace("01-01T", "01-02T"), go);
    }

    #[test]
    fn a_copy_that_is_not_whole_is_refused() {
        let whole: [(&str, &[u8]); 3] = [("ID/GO-1.json", ONE), (INDEX_VULNS, VULNS), (INDEX_DB, DB)];
        let without = |name: &str| {
            let rest: Vec<_> = whole.iter().copied().filter(|(file, _)| *file != name).collect();
            import(&rest).expect_err("it lacks a file")
        };
        assert_eq!(without("ID/GO-1.json"), "index/vulns.json: names GO-1, and ID/GO-1.json is missing");
        assert_eq!(without(INDEX_VULNS), "index/vulns.json: is missing");
        assert_eq!(without(INDEX_DB), "index/db.json: is missing");
        let error = |change: (&'static str, &'static [u8])| {
            let files: Vec<_> = whole.iter().map(|f| if f.0 == change.0 { change } else { *f }).collect();
            import(&files).expect_err("it is not whole")
        };
        assert_eq!(
            error((INDEX_VULNS, br#"[{"id":"GO-1","modified":"2026-01-03T00:00:00Z"}]"#)),
            "ID/GO-1.json: is of 2026-01-01T00:00:00Z, where index/vulns.json says 2026-01-03T00:00:00Z"
        );
        assert_eq!(error((INDEX_VULNS, b"[]")), "ID/GO-1.json: is not named by index/vulns.json");
        assert_eq!(error((INDEX_VULNS, br#"[{"id":"../x"}]"#)), "index/vulns.json: \"../x\" is no id");
        assert!(error((INDEX_DB, b"<html>")).starts_with("index/db.json: "));
        assert!(error((INDEX_DB, br#"{"modified":"soon"}"#)).contains("\"soon\" is no date"));
        let moved = import(&[("ID/GO-9.json", ONE), whole[1], whole[2]]).expect_err("another file");
        assert_eq!(moved, "ID/GO-9.json: is entry GO-1, which belongs in ID/GO-1.json");
    }

    #[test]
    fn what_is_no_database_is_refused() {
        assert_eq!(
            import(&[("README", b"x")]).expect_err("nothing"),
            "the source: has neither index/db.json nor OSV entries (*.json)"
        );
        assert_eq!(
            import(&[("a/x.json", ONE), ("b/x.json", ONE)]).expect_err("twice"),
            "b/x.json: GO-1 is in a/x.json already"
        );
        assert!(import(&[("package.json", b"{}")]).expect_err("no entry").starts_with("package.json: "));
    }
}
