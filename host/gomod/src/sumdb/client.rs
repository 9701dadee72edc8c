//! Asking a checksum database (x/mod/sumdb client.go), all modules at once.

use super::error::{Fork, LookupError, SumDbError, SumDbMismatch};
use crate::dirhash::H1;
use crate::gosum::Subject;
use crate::module::{ModuleVersion, escape_path, escape_version};
use crate::note::{self, VerifierKey};
use crate::tlog::{self, Hash, Tile, TlogError, Tree, stored_hash_index};
use std::collections::{BTreeMap, HashMap};

/// The height of the tiles that checksum databases serve.
pub(super) const HEIGHT: u32 = 8;

/// What a client needs of the world.
pub trait Ops {
    /// What can go wrong in reading.
    type Error;

    /// Reads paths like `/lookup/…` and `/tile/…` from the database or a proxy
    /// of it, as many at once as it sees fit; an answer for each, in order.
    fn read_remote(&self, paths: &[String]) -> Vec<Result<Vec<u8>, Self::Error>>;

    /// Reads what was kept under the same path in an earlier run.
    fn read_kept(&self, path: &str) -> Option<Vec<u8>>;

    /// Keeps what has been found true. That it cannot is not a reason to stop.
    fn keep(&self, path: &str, data: &[u8]);

    /// The newest signed head that this user has seen; empty at first.
    fn read_latest(&self) -> Result<Vec<u8>, Self::Error>;

    /// Replaces that head, unless it is not `old` any more: then false.
    fn write_latest(&self, old: &[u8], new: &[u8]) -> Result<bool, Self::Error>;
}

/// What the database says of a module; in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The module.
    pub module: ModuleVersion,
    /// The number of its record.
    pub id: u64,
    /// The record: lines of a go.sum.
    pub text: String,
    /// The database's name.
    pub database: String,
}

impl Lookup {
    /// The hashes that it has; known kinds start with `h1:`.
    pub fn hashes(&self, subject: Subject) -> impl Iterator<Item = &str> {
        let ModuleVersion { path, version } = &self.module;
        let suffix = if subject == Subject::GoMod { "/go.mod" } else { "" };
        let prefix = format!("{path} {version}{suffix} ");
        self.text.lines().filter_map(move |line| line.strip_prefix(prefix.as_str()))
    }

    /// Compares the hash of a download (cmd/go modfetch checkSumDB).
    pub fn check(&self, subject: Subject, downloaded: &H1) -> Result<(), Box<SumDbMismatch>> {
        let text = downloaded.to_string();
        let (module, database) = (self.module.clone(), self.database.clone());
        match self.hashes(subject).find(|hash| hash.starts_with("h1:")) {
            Some(hash) if hash == text => Ok(()),
            Some(hash) => Err(Box::new(SumDbMismatch::Differs {
                module,
                subject,
                downloaded: *downloaded,
                database,
                recorded: hash.to_owned(),
            })),
            None => Err(Box::new(SumDbMismatch::Missing { module, subject, database })),
        }
    }
}

/// A signed head of the log; of size 0 without a signature.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) tree: Tree,
    pub(super) message: Vec<u8>,
}

/// A record that is not yet proven.
struct Candidate {
    lookup: Lookup,
    head: Head,
    path: String,
    answer: Option<Vec<u8>>,
}

/// Tiles that fit a head which may yet turn out to be a fork, and whether they
/// come from the database.
pub(super) type Staged = HashMap<Tile, (Vec<u8>, bool)>;

/// A client of one database.
#[derive(Debug)]
pub struct Client<O> {
    ops: O,
    key: VerifierKey,
    /// The newest head seen, on the one timeline of all heads.
    pub(super) latest: Option<Head>,
    /// What was found true.
    pub(super) lookups: BTreeMap<ModuleVersion, Lookup>,
    pub(super) tiles: HashMap<Tile, Vec<u8>>,
}

impl<O: Ops> Client<O> {
    /// A client of the database with this key.
    pub fn new(key: VerifierKey, ops: O) -> Self {
        Self { ops, key, latest: None, lookups: BTreeMap::new(), tiles: HashMap::new() }
    }

    /// Looks modules up. Each answer is proven to be in the log, whose head is
    /// proven to go on from every head that was seen before, also in earlier
    /// runs; then it is kept.
    #[allow(clippy::type_complexity, reason = "a name would hide what fails for one and what for all")]
    pub fn lookup(
        &mut self,
        modules: &[ModuleVersion],
    ) -> Result<Vec<Result<Lookup, LookupError<O::Error>>>, SumDbError<O::Error>> {
        self.init()?;
        let mut answers: Vec<Option<Result<Lookup, LookupError<O::Error>>>> = Vec::new();
        let mut candidates = Vec::new();
        for (place, candidate) in self.read_records(modules).into_iter().enumerate() {
            match candidate {
                Ok(candidate) => {
                    answers.push(None);
                    candidates.push((place, candidate));
                }
                Err(error) => answers.push(Some(Err(error))),
            }
        }
        let heads: Vec<Head> = candidates.iter().map(|(_, candidate)| candidate.head.clone()).collect();
        let ids: Vec<u64> = candidates.iter().map(|(_, candidate)| candidate.lookup.id).collect();
        let hashes = self.advance(&heads, &ids)?;
        for ((place, candidate), hash) in candidates.into_iter().zip(hashes) {
            answers[place] = Some(self.accept(candidate, hash));
        }
        self.flush()?;
        Ok(answers.into_iter().flatten().collect())
    }

    /// Starts from the head that an earlier run has kept.
    fn init(&mut self) -> Result<(), SumDbError<O::Error>> {
        if self.latest.is_none() {
            let message = self.ops.read_latest().map_err(SumDbError::Read)?;
            self.latest = Some(self.open_head(message)?);
        }
        Ok(())
    }

    /// An empty message is the head of the empty log.
    fn open_head(&self, message: Vec<u8>) -> Result<Head, SumDbError<O::Error>> {
        if message.is_empty() {
            return Ok(Head { tree: Tree::empty(), message });
        }
        let note = note::open(&message, std::slice::from_ref(&self.key))?;
        let tree = note.text.parse().map_err(|fault| SumDbError::Tree { size: 0, fault })?;
        Ok(Head { tree, message })
    }

    fn read_records(&self, modules: &[ModuleVersion]) -> Vec<Result<Candidate, LookupError<O::Error>>> {
        let paths: Vec<_> = modules.iter().map(lookup_path).collect();
        let kept: Vec<_> = paths.iter().map(|path| self.ops.read_kept(path.as_ref().ok()?)).collect();
        let missing: Vec<String> = paths
            .iter()
            .zip(&kept)
            .filter(|(_, kept)| kept.is_none())
            .flat_map(|(path, _)| path.clone().ok())
            .collect();
        let mut remote =
            if missing.is_empty() { Vec::new() } else { self.ops.read_remote(&missing) }.into_iter();
        let mut candidates = Vec::new();
        for ((module, path), kept) in modules.iter().zip(paths).zip(kept) {
            let candidate = path.map_err(LookupError::from).and_then(|path| {
                let answer = match kept {
                    Some(_) => None,
                    None => {
                        let fault = |fault| LookupError::Read { module: module.clone(), fault };
                        let missing = TlogError::Answers { got: 0, want: 1 };
                        let missing = LookupError::Record { module: module.clone(), fault: missing };
                        Some(remote.next().ok_or(missing)?.map_err(fault)?)
                    }
                };
                self.parse_record(module, path, kept, answer)
            });
            candidates.push(candidate);
        }
        candidates
    }

    fn parse_record(
        &self,
        module: &ModuleVersion,
        path: String,
        kept: Option<Vec<u8>>,
        answer: Option<Vec<u8>>,
    ) -> Result<Candidate, LookupError<O::Error>> {
        let data = kept.as_deref().or(answer.as_deref()).unwrap_or_default();
        let wrong = |fault| LookupError::Record { module: module.clone(), fault };
        let (record, message) = tlog::parse_record(data).map_err(wrong)?;
        let lookup = Lookup {
            module: module.clone(),
            id: record.id,
            text: record.text.to_owned(),
            database: self.key.name().to_owned(),
        };
        let head = match self.open_head(message.to_vec()) {
            Ok(head) => head,
            Err(SumDbError::Note(fault)) => return Err(LookupError::Note { module: module.clone(), fault }),
            Err(_) => return Err(wrong(TlogError::Tree)),
        };
        Ok(Candidate { lookup, head, path, answer })
    }

    /// Goes on to the newest of the heads, if all of them are on one timeline,
    /// and gives the hashes of the records in it; those outside of it have none.
    fn advance(&mut self, heads: &[Head], ids: &[u64]) -> Result<Vec<Option<Hash>>, SumDbError<O::Error>> {
        let own = self.latest.clone();
        let mut heads: Vec<&Head> = own.iter().chain(heads).collect();
        heads.sort_by_key(|head| head.tree.size);
        heads.dedup_by_key(|head| head.tree);
        let Some(newest) = heads.pop() else { return Ok(vec![None; ids.len()]) };
        let tree = newest.tree;

        let mut indexes = Vec::new();
        for head in &heads {
            tlog::subtree_indexes(0, head.tree.size, &mut indexes);
        }
        let inside = |id: &&u64| **id < tree.size;
        indexes.extend(ids.iter().filter(inside).map(|&id| stored_hash_index(0, id)));
        let mut staged = Staged::new();
        let mut hashes = self.read_hashes(tree, &indexes, &mut staged)?.into_iter();
        for head in heads {
            let hash = tlog::subtree_hash(0, head.tree.size, &mut hashes);
            let hash = hash.map_err(|fault| SumDbError::Tree { size: tree.size, fault })?;
            if hash != head.tree.hash {
                return Err(self.fork(head, newest, hash, staged));
            }
        }
        self.latest = Some(newest.clone());
        self.commit(staged);
        Ok(ids.iter().map(|id| if *id < tree.size { hashes.next() } else { None }).collect())
    }

    fn accept(&mut self, candidate: Candidate, hash: Option<Hash>) -> Result<Lookup, LookupError<O::Error>> {
        let Candidate { lookup, path, answer, .. } = candidate;
        let Some(hash) = hash else {
            let size = self.latest.as_ref().map_or(0, |head| head.tree.size);
            let fault = TlogError::Outside { record: lookup.id, size };
            return Err(LookupError::Record { module: lookup.module, fault });
        };
        if hash != Hash::record(lookup.text.as_bytes()) {
            return Err(LookupError::NotInLog(lookup.module));
        }
        if let Some(answer) = answer {
            self.ops.keep(&path, &answer);
        }
        self.lookups.insert(lookup.module.clone(), lookup.clone());
        Ok(lookup)
    }

    /// Writes the newest head down; another process may have gone on meanwhile.
    fn flush(&mut self) -> Result<(), SumDbError<O::Error>> {
        loop {
            let kept = self.ops.read_latest().map_err(SumDbError::Read)?;
            let head = self.open_head(kept)?;
            self.advance(std::slice::from_ref(&head), &[])?;
            let Some(latest) = &self.latest else { return Ok(()) };
            let is_kept = latest.tree.size <= head.tree.size;
            if is_kept || self.ops.write_latest(&head.message, &latest.message).map_err(SumDbError::Read)? {
                return Ok(());
            }
        }
    }

    /// The hashes at storage indexes of a tree, out of tiles that fit it.
    pub(super) fn read_hashes(
        &self,
        tree: Tree,
        indexes: &[u64],
        staged: &mut Staged,
    ) -> Result<Vec<Hash>, SumDbError<O::Error>> {
        if indexes.is_empty() {
            return Ok(Vec::new());
        }
        let wrong = |fault| SumDbError::Tree { size: tree.size, fault };
        let plan = tlog::TilePlan::new(tree, HEIGHT, indexes).map_err(wrong)?;
        let (data, fresh) = self.read_tiles(plan.tiles(), staged)?;
        let hashes = plan.hashes(&data).map_err(wrong)?;
        staged.extend(plan.tiles().iter().copied().zip(data.into_iter().zip(fresh)));
        Ok(hashes)
    }

    /// Keeps tiles, now that their head is known to be on the timeline.
    pub(super) fn commit(&mut self, staged: Staged) {
        for (tile, (data, fresh)) in staged {
            if fresh {
                self.ops.keep(&format!("/{tile}"), &data);
            }
            self.tiles.insert(tile, data);
        }
    }

    /// The data of tiles and whether it comes from the database: what is in
    /// memory or kept, else the tile, else the full tile, which may have taken
    /// its place.
    #[allow(clippy::type_complexity, reason = "two lists side by side")]
    fn read_tiles(
        &self,
        tiles: &[Tile],
        staged: &Staged,
    ) -> Result<(Vec<Vec<u8>>, Vec<bool>), SumDbError<O::Error>> {
        let at_hand =
            |tile: &Tile| staged.get(tile).map(|(data, _)| data.clone()).or_else(|| self.tile_at_hand(*tile));
        let mut found: Vec<Option<Vec<u8>>> = tiles.iter().map(at_hand).collect();
        let fresh: Vec<bool> = found.iter().map(Option::is_none).collect();
        let mut missing: Vec<usize> = (0..tiles.len()).filter(|&at| fresh[at]).collect();
        let mut faults = HashMap::new();
        for full in [false, true] {
            let asked = |at: &usize| if full { tiles[*at].full() } else { tiles[*at] };
            let paths: Vec<String> = missing.iter().map(|at| format!("/{}", asked(at))).collect();
            let answers = if paths.is_empty() { Vec::new() } else { self.ops.read_remote(&paths) };
            let mut left = Vec::new();
            for (&at, answer) in missing.iter().zip(answers) {
                match answer {
                    Ok(data) if data.len() == asked(&at).size() => found[at] = Some(cut(data, tiles[at])),
                    Ok(data) => found[at] = Some(data),
                    // Of the two faults the first says more.
                    Err(fault) if full => drop(fault),
                    Err(fault) => {
                        faults.insert(at, fault);
                        left.push(at);
                    }
                }
            }
            missing = left.into_iter().filter(|&at| !tiles[at].is_full()).collect();
        }
        let absent = found.iter().position(Option::is_none);
        match absent.and_then(|at| faults.remove(&at)) {
            Some(fault) => Err(SumDbError::Read(fault)),
            None => Ok((found.into_iter().map(Option::unwrap_or_default).collect(), fresh)),
        }
    }

    fn tile_at_hand(&self, tile: Tile) -> Option<Vec<u8>> {
        if let Some(data) = self.tiles.get(&tile) {
            return Some(data.clone());
        }
        let kept =
            |tile: Tile| self.ops.read_kept(&format!("/{tile}")).filter(|data| data.len() == tile.size());
        kept(tile).or_else(|| kept(tile.full()).map(|data| cut(data, tile)))
    }

    fn fork(&self, older: &Head, newer: &Head, hash: Hash, mut staged: Staged) -> SumDbError<O::Error> {
        // The tiles for this are at hand: they have just shown the fork.
        let indexes = tlog::tree_proof_indexes_of(newer.tree.size, older.tree.size);
        let proof = match self.read_hashes(newer.tree, &indexes, &mut staged) {
            Ok(hashes) => tlog::tree_proof_of(newer.tree.size, older.tree.size, hashes).unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        SumDbError::Fork(Box::new(Fork {
            older: older.message.clone(),
            older_size: older.tree.size,
            newer: newer.message.clone(),
            newer_size: newer.tree.size,
            older_hash_in_newer: hash,
            proof,
        }))
    }
}

/// The path of a lookup; its escapes are those of proxies.
pub(super) fn lookup_path(module: &ModuleVersion) -> Result<String, crate::module::ModuleError> {
    Ok(format!("/lookup/{}@{}", escape_path(&module.path)?, escape_version(&module.version)?))
}

/// The first hashes of a wider tile.
fn cut(mut data: Vec<u8>, tile: Tile) -> Vec<u8> {
    data.truncate(tile.size());
    data
}
