//! The tamper-evident log behind a checksum database
//! (golang.org/x/mod/sumdb/tlog): a Merkle tree as in RFC 6962, read in tiles.
//!
//! Whoever holds the hash of the tree with n records can check that a record is
//! in it ([`check_record`]) and that a later tree has the same first n records
//! ([`check_tree`]). Hashes come from a [`HashReader`]; [`TileHashes`] is one
//! that trusts no tile before it fits the tree.
//!
//! Hashes have a linear order, so that they can be stored one after another: a
//! record's hash, then those of the subtrees that it completes. A storage index
//! is a place in that order.

mod proof;
mod record;
mod tile;
mod tiles;

pub use proof::{HashReader, check_record, check_tree, prove_record, prove_tree, tree_hash};
pub(crate) use proof::{subtree_hash, subtree_indexes, tree_proof_indexes_of, tree_proof_of};
pub use record::{Record, Tree, format_record, parse_record};
pub use tile::{Tile, hash_from_tile, new_tiles};
pub use tiles::{TileError, TileHashes, TilePlan, TileReader};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;

/// Above this no arithmetic on storage indexes overflows; a log with a thousand
/// records a second takes 146 million years to get there.
pub const MAX_RECORDS: u64 = 1 << 62;

/// What is wrong with a proof, a tile or a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlogError {
    /// A hash that is not 32 bytes in base64.
    #[error("malformed hash")]
    Hash,
    /// The signed text is not a tree.
    #[error("malformed tree note")]
    Tree,
    /// A record that the log could not hold.
    #[error("malformed record data")]
    Record,
    /// A tile's path that is not the one way to write it.
    #[error("malformed tile path {}", crate::quote::quote(.0))]
    TilePath(String),
    /// A proof that proves something else.
    #[error("invalid transparency proof")]
    Proof,
    /// A record outside the tree, or a tree that is smaller than the older one.
    #[error("record {record} is not in a tree of {size} records")]
    Outside {
        /// The record, or the size of the older tree.
        record: u64,
        /// The tree's size.
        size: u64,
    },
    /// Tiles that do not add up to the tree: at least one was forged or damaged.
    #[error("downloaded inconsistent tile")]
    InconsistentTile,
    /// Data of the wrong length for its tile.
    #[error("tile {path} has {got} bytes, want {want}")]
    TileSize {
        /// The tile's path.
        path: String,
        /// What was read.
        got: usize,
        /// What it should be.
        want: usize,
    },
    /// A reader gave another number of hashes or tiles than it was asked for.
    #[error("reader gave {got} answers to {want} questions")]
    Answers {
        /// How many it gave.
        got: usize,
        /// How many were asked for.
        want: usize,
    },
}

/// The hash of a record or of a tree.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; Hash::SIZE]);

impl Hash {
    /// The size of a hash in bytes.
    pub const SIZE: usize = 32;

    /// The hash of the tree without records: that of the empty string.
    pub fn empty_tree() -> Self {
        Self(Sha256::digest(b"").into())
    }

    /// The hash of a record (RFC 6962 section 2.1).
    pub fn record(data: &[u8]) -> Self {
        Self(Sha256::new().chain_update([0]).chain_update(data).finalize().into())
    }

    /// The hash of a tree with these two halves.
    pub fn node(left: Self, right: Self) -> Self {
        Self(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = TlogError;

    fn from_str(s: &str) -> Result<Self, TlogError> {
        let bytes = STANDARD.decode(s).map_err(|_| TlogError::Hash)?;
        bytes.try_into().map(Self).map_err(|_| TlogError::Hash)
    }
}

/// The storage index of the hash over records `n<<level` to `(n+1)<<level`,
/// which must not be above [`MAX_RECORDS`].
pub fn stored_hash_index(level: u32, n: u64) -> u64 {
    // A hash follows that of its right half: walk down to the last record.
    let last = (0..level).fold(n, |n, _| n.wrapping_mul(2).wrapping_add(1));
    // Record n has n + n/2 + n/4 + … hashes before it.
    let before = (0..64).fold(0_u64, |sum, shift| sum.wrapping_add(last >> shift));
    before.wrapping_add(u64::from(level))
}

/// The level and number of the hash at a storage index.
pub fn split_stored_hash_index(index: u64) -> (u32, u64) {
    // The record before whose hash is at most a few records above half of it.
    let mut n = index / 2;
    let mut at = stored_hash_index(0, n);
    loop {
        // Record n writes a hash for itself and each subtree that it completes.
        let next = at.saturating_add(1 + u64::from((n + 1).trailing_zeros()));
        if next > index {
            break;
        }
        (n, at) = (n + 1, next);
    }
    let level = (index - at) as u32;
    (level, n >> level)
}

/// How many hashes are stored for a tree of `records` records.
pub fn stored_hash_count(records: u64) -> u64 {
    match records.checked_sub(1) {
        None => 0,
        Some(last) => stored_hash_index(0, last) + 1 + u64::from(last.trailing_ones()),
    }
}
