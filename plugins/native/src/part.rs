//! What is known of a module: which of its files hold what, and in which builds
//! they are.

use std::collections::BTreeMap;

use airgo_plugin::gosource::Expr;
use serde::{Deserialize, Serialize};

use crate::feature::Feature;

/// Bytes of facts, about, above which the places are given up: the host takes
/// 256 KiB.
const MOST: usize = 160 << 10;

/// A place in the builds of a program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// Part of the package in `dir`, where all of `when` holds (build
    /// constraints as text).
    Package { dir: String, when: Vec<String> },
    /// Linked in by C code of the module, if by anything.
    Linked,
    /// Of some package of the module.
    Module,
}

impl Place {
    /// A package, under the conditions of a file.
    pub fn package(dir: &str, when: &[Expr]) -> Self {
        Place::Package { dir: dir.to_owned(), when: when.iter().map(Expr::to_string).collect() }
    }
}

/// Files that hold the same and are in the same places: no place at all is no
/// build.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Part {
    pub feature: Feature,
    pub places: Vec<Place>,
    /// How many.
    pub files: usize,
    /// The first of them.
    pub file: String,
    /// Where in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// What the files of a part have in common.
type Key = (Feature, Vec<Place>);

/// How many there are, and where the first is.
struct Files {
    count: usize,
    first: String,
    line: Option<u32>,
}

impl Files {
    fn add(&mut self, count: usize, file: &str, line: Option<u32>) {
        self.count += count;
        if file < self.first.as_str() {
            (self.first, self.line) = (file.to_owned(), line);
        }
    }
}

/// Parts that are being found.
#[derive(Default)]
pub struct Parts(BTreeMap<Key, Files>);

impl Parts {
    /// A file holds something.
    pub fn see(&mut self, feature: Feature, places: Vec<Place>, file: &str, line: Option<u32>) {
        self.add((feature, places), 1, file, line);
    }

    fn add(&mut self, key: Key, count: usize, file: &str, line: Option<u32>) {
        let files = self.0.entry(key).or_insert_with(|| Files { count: 0, first: file.to_owned(), line });
        files.add(count, file, line);
    }

    /// As facts. A module of very many packages says only that some package has
    /// it: too much is told of it then, and nothing is missed.
    pub fn finish(self) -> Vec<Part> {
        let mut parts = self;
        if parts.0.iter().map(|(key, files)| size(key, files)).sum::<usize>() > MOST {
            let mut merged = Parts::default();
            for ((feature, places), files) in parts.0 {
                let places = if places.is_empty() { places } else { vec![Place::Module] };
                merged.add((feature, places), files.count, &files.first, files.line);
            }
            parts = merged;
        }
        let part = |((feature, places), files): (Key, Files)| Part {
            feature,
            places,
            files: files.count,
            file: files.first,
            line: files.line,
        };
        parts.0.into_iter().map(part).collect()
    }
}

/// Bytes of a part as JSON, about.
fn size((_, places): &Key, files: &Files) -> usize {
    let place = |place: &Place| match place {
        Place::Package { dir, when } => dir.len() + 40 + when.iter().map(|w| w.len() + 3).sum::<usize>(),
        Place::Linked | Place::Module => 12,
    };
    files.first.len() + 80 + places.iter().map(place).sum::<usize>()
}
