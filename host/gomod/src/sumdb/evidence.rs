//! What an offline `go` needs to have a checksum database's word for modules,
//! as files.

use super::client::{Client, HEIGHT, Ops, Staged, lookup_path};
use super::error::SumDbError;
use crate::tlog::{Record, TilePlan, TlogError, Tree, format_record, stored_hash_index};
use std::collections::BTreeMap;

/// The database's word for all modules that a client has looked up, under one
/// signed head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The head.
    pub tree: Tree,
    /// The files by their paths below `sumdb/NAME/`, in GOMODCACHE's download
    /// directory as on a proxy: `lookup/…` and `tile/…`.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl<O: Ops> Client<O> {
    /// Collects the evidence. Each answer comes with the head of its day, and a
    /// client must be shown how every head follows from the one before it, in
    /// the order in which it happens to ask. Here all records stand under the
    /// newest head, which they have been proven to be in: so the order does not
    /// matter, and the fewest tiles are needed.
    pub fn evidence(&mut self) -> Result<Evidence, SumDbError<O::Error>> {
        let Some(head) = self.latest.clone() else {
            return Ok(Evidence { tree: Tree::empty(), files: BTreeMap::new() });
        };
        let wrong = |fault: TlogError| SumDbError::Tree { size: head.tree.size, fault };
        let indexes: Vec<u64> = self.lookups.values().map(|lookup| stored_hash_index(0, lookup.id)).collect();
        let mut staged = Staged::new();
        self.read_hashes(head.tree, &indexes, &mut staged)?;
        self.commit(staged);

        let mut files = BTreeMap::new();
        for lookup in self.lookups.values() {
            let record = Record { id: lookup.id, text: &lookup.text };
            let mut data = format_record(&record).map_err(wrong)?.into_bytes();
            data.extend_from_slice(&head.message);
            if let Ok(path) = lookup_path(&lookup.module) {
                files.insert(path[1..].to_owned(), data);
            }
        }
        if !indexes.is_empty() {
            let plan = TilePlan::new(head.tree, HEIGHT, &indexes).map_err(wrong)?;
            for tile in plan.tiles() {
                if let Some(data) = self.tiles.get(tile) {
                    files.insert(tile.to_string(), data.clone());
                }
            }
        }
        Ok(Evidence { tree: head.tree, files })
    }
}
