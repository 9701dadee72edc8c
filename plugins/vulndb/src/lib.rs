//! A snapshot of Go vulnerability data as one small file.
//!
//! The Go database has 4,000 entries in as many files of OSV JSON, most of it
//! prose and symbols. A policy plugin wants to know, for some hundred modules,
//! which entries speak of them. So `airgo vulndb` writes a snapshot: text, one
//! line a module, sorted by module path (bytewise):
//!
//! ```text
//! {"schema":"airgo-vulndb/1","modified":"2026-08-21T20:38:00Z","entries":4291,"origins":[…]}
//! golang.org/x/net<TAB>[{"id":"GO-2024-2687","aliases":["CVE-2023-45288"],…}]
//! ```
//!
//! Each line is an array of [`Advisory`], sorted by id. Withdrawn entries and
//! those of other ecosystems are left out. The same entries give the same bytes.
//! The first line says of which date the newest entry is, and whose they are.
//!
//! ```
//! use airgo_vulndb::{Builder, Snapshot};
//!
//! let mut builder = Builder::default();
//! builder.add(br#"{"id":"GO-1","modified":"2026-01-01T00:00:00Z","affected":[
//!     {"package":{"name":"example.com/a","ecosystem":"Go"},
//!      "ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.2.0"}]}]}]}"#).unwrap();
//! let bytes = builder.finish();
//! let snapshot = Snapshot::parse(&bytes).unwrap();
//! assert_eq!(snapshot.advisories("example.com/a").unwrap()[0].id, "GO-1");
//! assert_eq!(snapshot.advisories("example.com/b").unwrap(), []);
//! ```

mod advisory;
mod import;
mod origin;
mod osv;
mod snapshot;

pub use advisory::{Advisory, Event, ImportedPackage};
pub use import::{INDEX_DB, INDEX_VULNS, Import, IndexEntry, index};
pub use origin::Origin;
pub use osv::parse_osv;
pub use snapshot::{Added, Builder, Header, SCHEMA, Snapshot};

/// Why vulnerability data does not read as what it should be.
#[derive(Debug)]
pub struct BadData {
    /// Which entry or line, where that is known.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for BadData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for BadData {}
