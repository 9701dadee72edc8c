//! One entry of OSV JSON (<https://ossf.github.io/osv-schema/>), as the Go
//! database and OSV.dev write it. Unknown fields are passed over.

use serde::Deserialize;

use crate::{Advisory, BadData, Event, ImportedPackage};

#[derive(Deserialize)]
pub(crate) struct Entry {
    pub id: String,
    #[serde(default)]
    pub modified: String,
    withdrawn: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    affected: Vec<Affected>,
    #[serde(default)]
    database_specific: Option<Specific>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Specific {
    url: Option<String>,
    review_status: Option<String>,
}

#[derive(Deserialize)]
struct Affected {
    package: Option<Package>,
    #[serde(default)]
    ranges: Vec<Range>,
    #[serde(default)]
    versions: Vec<String>,
    ecosystem_specific: Option<Ecosystem>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    ecosystem: String,
}

#[derive(Deserialize)]
struct Range {
    r#type: String,
    #[serde(default)]
    events: Vec<RawEvent>,
}

/// `limit` events are for commit ranges alone.
#[derive(Deserialize)]
struct RawEvent {
    introduced: Option<String>,
    fixed: Option<String>,
    last_affected: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Ecosystem {
    imports: Vec<ImportedPackage>,
}

/// What one entry says: module paths with advisories. Nothing, where it is
/// withdrawn or of another ecosystem. The standard library is `stdlib`, the go
/// command `toolchain`.
///
/// # Errors
/// Where the bytes are no OSV entry.
pub fn parse_osv(json: &[u8]) -> Result<Vec<(String, Advisory)>, BadData> {
    entry(json).map(Entry::advisories)
}

pub(crate) fn entry(json: &[u8]) -> Result<Entry, BadData> {
    serde_json::from_slice(json).map_err(|err| {
        #[derive(Deserialize)]
        struct Name {
            id: String,
        }
        let name = serde_json::from_slice::<Name>(json).map_or_else(|_| "an OSV entry".to_owned(), |n| n.id);
        BadData { place: name, message: err.to_string() }
    })
}

impl Entry {
    pub(crate) fn advisories(self) -> Vec<(String, Advisory)> {
        if self.withdrawn.is_some() {
            return Vec::new();
        }
        let specific = self.database_specific.unwrap_or_default();
        let mut aliases = self.aliases;
        aliases.retain(|alias| *alias != self.id);
        aliases.sort();
        aliases.dedup();
        let url = specific.url.unwrap_or_else(|| format!("https://osv.dev/vulnerability/{}", self.id));
        let common = Advisory {
            unreviewed: specific.review_status.as_deref() == Some("UNREVIEWED"),
            id: self.id,
            aliases,
            summary: self.summary.lines().next().unwrap_or_default().trim().to_owned(),
            url,
            ..Advisory::default()
        };
        let mut all = Vec::new();
        for affected in self.affected {
            let Some(package) = affected.package.filter(|p| p.ecosystem == "Go") else { continue };
            // Commit ranges say nothing of versions; without any other range
            // every version counts as affected (govulncheck, semver/affects.go).
            let ranges = affected.ranges.into_iter().filter(|range| range.r#type == "SEMVER");
            let ranges: Vec<Vec<Event>> = ranges.map(|range| events(range.events)).collect();
            // A range without events holds every version.
            let every = ranges.iter().any(Vec::is_empty);
            all.push((
                package.name,
                Advisory {
                    ranges: if every { Vec::new() } else { ranges },
                    versions: affected.versions,
                    imports: affected.ecosystem_specific.unwrap_or_default().imports,
                    ..common.clone()
                },
            ));
        }
        all
    }
}

fn events(raw: Vec<RawEvent>) -> Vec<Event> {
    let mut events = Vec::new();
    for event in raw {
        events.extend(event.introduced.map(Event::Introduced));
        events.extend(event.fixed.map(Event::Fixed));
        events.extend(event.last_affected.map(Event::LastAffected));
    }
    events
}
