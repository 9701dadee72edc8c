//! Proofs that a record is in a tree, and that one tree begins like another
//! (x/mod/sumdb/tlog tlog.go; RFC 6962 sections 2.1.1 and 2.1.2).

use super::{Hash, MAX_RECORDS, TlogError, Tree, stored_hash_index};

/// Lends the hashes of a log.
pub trait HashReader {
    /// What can go wrong in reading.
    type Error: From<TlogError>;

    /// The hashes at these storage indexes, as many as asked for.
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Self::Error>;
}

/// The hash of the tree of the first `size` records.
pub fn tree_hash<R: HashReader>(size: u64, reader: &R) -> Result<Hash, R::Error> {
    if size == 0 {
        return Ok(Hash::empty_tree());
    }
    check_size(size, size)?;
    let mut indexes = Vec::new();
    subtree_indexes(0, size, &mut indexes);
    let mut hashes = read(reader, &indexes)?;
    Ok(subtree_hash(0, size, &mut hashes)?)
}

/// The proof that record `n` is in the tree of the first `size` records.
pub fn prove_record<R: HashReader>(size: u64, n: u64, reader: &R) -> Result<Vec<Hash>, R::Error> {
    check_size(size, size)?;
    if n >= size {
        return Err(TlogError::Outside { record: n, size }.into());
    }
    let mut indexes = Vec::new();
    leaf_proof_indexes(0, size, n, &mut indexes);
    let mut hashes = read(reader, &indexes)?;
    Ok(leaf_proof(0, size, n, &mut hashes)?)
}

/// Checks the proof that record `n` of the tree has this hash.
pub fn check_record(proof: &[Hash], tree: &Tree, n: u64, record: Hash) -> Result<(), TlogError> {
    check_size(tree.size, tree.size)?;
    if n >= tree.size {
        return Err(TlogError::Outside { record: n, size: tree.size });
    }
    let hash = run_record_proof(proof, 0, tree.size, n, record)?;
    if hash == tree.hash { Ok(()) } else { Err(TlogError::Proof) }
}

/// The proof that the tree of `size` records begins with the tree of `older`
/// records.
pub fn prove_tree<R: HashReader>(size: u64, older: u64, reader: &R) -> Result<Vec<Hash>, R::Error> {
    check_size(size, older)?;
    let hashes = read(reader, &tree_proof_indexes_of(size, older))?;
    Ok(tree_proof_of(size, older, hashes.collect())?)
}

/// The storage indexes for [`tree_proof_of`]; none for sizes that have no proof.
pub(crate) fn tree_proof_indexes_of(size: u64, older: u64) -> Vec<u64> {
    let mut indexes = Vec::new();
    if check_size(size, older).is_ok() {
        tree_proof_indexes(0, size, older, &mut indexes);
    }
    indexes
}

/// [`prove_tree`] with the hashes at hand.
pub(crate) fn tree_proof_of(size: u64, older: u64, hashes: Vec<Hash>) -> Result<Vec<Hash>, TlogError> {
    check_size(size, older)?;
    tree_proof(0, size, older, &mut hashes.into_iter())
}

/// Checks the proof that a tree begins with an older one.
pub fn check_tree(proof: &[Hash], tree: &Tree, older: &Tree) -> Result<(), TlogError> {
    check_size(tree.size, older.size)?;
    let (old, new) = run_tree_proof(proof, 0, tree.size, older.size, older.hash)?;
    if new == tree.hash && old == older.hash { Ok(()) } else { Err(TlogError::Proof) }
}

fn check_size(size: u64, older: u64) -> Result<(), TlogError> {
    if size <= MAX_RECORDS && 1 <= older && older <= size {
        Ok(())
    } else {
        Err(TlogError::Outside { record: older, size })
    }
}

/// Hashes in the order in which they were asked for.
pub(crate) type Hashes = std::vec::IntoIter<Hash>;

fn read<R: HashReader>(reader: &R, indexes: &[u64]) -> Result<Hashes, R::Error> {
    if indexes.is_empty() {
        return Ok(Vec::new().into_iter());
    }
    let hashes = reader.read_hashes(indexes)?;
    if hashes.len() != indexes.len() {
        return Err(TlogError::Answers { got: hashes.len(), want: indexes.len() }.into());
    }
    Ok(hashes.into_iter())
}

/// The largest power of two below `n`, and its logarithm; 1 for 1.
fn power_below(n: u64) -> (u64, u32) {
    let log = n.saturating_sub(1).checked_ilog2().unwrap_or(0);
    (1 << log, log)
}

/// Appends the storage indexes of the hashes that make up that over records
/// `lo` to `hi`: full subtrees, the largest first.
pub(crate) fn subtree_indexes(mut lo: u64, hi: u64, need: &mut Vec<u64>) {
    while lo < hi {
        let (width, level) = power_below(hi - lo + 1);
        need.push(stored_hash_index(level, lo >> level));
        lo += width;
    }
}

/// Puts together what [`subtree_indexes`] asked for; nothing is the empty tree.
pub(crate) fn subtree_hash(mut lo: u64, hi: u64, hashes: &mut Hashes) -> Result<Hash, TlogError> {
    let mut parts = Vec::new();
    while lo < hi {
        let (width, _) = power_below(hi - lo + 1);
        parts.push(hashes.next().ok_or(TlogError::Proof)?);
        lo += width;
    }
    let hash = parts.into_iter().rev().reduce(|right, left| Hash::node(left, right));
    Ok(hash.unwrap_or_else(Hash::empty_tree))
}

fn leaf_proof_indexes(lo: u64, hi: u64, n: u64, need: &mut Vec<u64>) {
    if lo + 1 == hi {
        return;
    }
    let middle = lo + power_below(hi - lo).0;
    if n < middle {
        leaf_proof_indexes(lo, middle, n, need);
        subtree_indexes(middle, hi, need);
    } else {
        subtree_indexes(lo, middle, need);
        leaf_proof_indexes(middle, hi, n, need);
    }
}

/// The hashes of the paths not taken on the way down to record `n`.
fn leaf_proof(lo: u64, hi: u64, n: u64, hashes: &mut Hashes) -> Result<Vec<Hash>, TlogError> {
    if lo + 1 == hi {
        return Ok(Vec::new());
    }
    let middle = lo + power_below(hi - lo).0;
    let (mut proof, other);
    if n < middle {
        proof = leaf_proof(lo, middle, n, hashes)?;
        other = subtree_hash(middle, hi, hashes)?;
    } else {
        other = subtree_hash(lo, middle, hashes)?;
        proof = leaf_proof(middle, hi, n, hashes)?;
    }
    proof.push(other);
    Ok(proof)
}

/// The hash of the subtree that a proof implies.
fn run_record_proof(proof: &[Hash], lo: u64, hi: u64, n: u64, record: Hash) -> Result<Hash, TlogError> {
    match proof.split_last() {
        None if lo + 1 == hi => Ok(record),
        Some((&other, proof)) if lo + 1 < hi => {
            let middle = lo + power_below(hi - lo).0;
            Ok(if n < middle {
                Hash::node(run_record_proof(proof, lo, middle, n, record)?, other)
            } else {
                Hash::node(other, run_record_proof(proof, middle, hi, n, record)?)
            })
        }
        _ => Err(TlogError::Proof),
    }
}

fn tree_proof_indexes(lo: u64, hi: u64, older: u64, need: &mut Vec<u64>) {
    if older == hi {
        if lo > 0 {
            subtree_indexes(lo, hi, need);
        }
        return;
    }
    let middle = lo + power_below(hi - lo).0;
    if older <= middle {
        tree_proof_indexes(lo, middle, older, need);
        subtree_indexes(middle, hi, need);
    } else {
        subtree_indexes(lo, middle, need);
        tree_proof_indexes(middle, hi, older, need);
    }
}

fn tree_proof(lo: u64, hi: u64, older: u64, hashes: &mut Hashes) -> Result<Vec<Hash>, TlogError> {
    if older == hi {
        // Whoever checks has the hash of the whole older tree, but not of a
        // part of it.
        return if lo == 0 { Ok(Vec::new()) } else { Ok(vec![subtree_hash(lo, hi, hashes)?]) };
    }
    let middle = lo + power_below(hi - lo).0;
    let (mut proof, other);
    if older <= middle {
        proof = tree_proof(lo, middle, older, hashes)?;
        other = subtree_hash(middle, hi, hashes)?;
    } else {
        other = subtree_hash(lo, middle, hashes)?;
        proof = tree_proof(middle, hi, older, hashes)?;
    }
    proof.push(other);
    Ok(proof)
}

/// The hashes of the subtree in the older and in the newer tree that a proof
/// implies.
fn run_tree_proof(
    proof: &[Hash],
    lo: u64,
    hi: u64,
    older: u64,
    old: Hash,
) -> Result<(Hash, Hash), TlogError> {
    if older == hi {
        return match proof {
            [] if lo == 0 => Ok((old, old)),
            [only] if lo > 0 => Ok((*only, *only)),
            _ => Err(TlogError::Proof),
        };
    }
    let (&other, proof) = proof.split_last().ok_or(TlogError::Proof)?;
    let middle = lo + power_below(hi - lo).0;
    if older <= middle {
        let (old, new) = run_tree_proof(proof, lo, middle, older, old)?;
        Ok((old, Hash::node(new, other)))
    } else {
        let (old, new) = run_tree_proof(proof, middle, hi, older, old)?;
        Ok((Hash::node(other, old), Hash::node(other, new)))
    }
}
