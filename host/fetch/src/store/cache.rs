//! The store as its owner sees it: what is in it, is it sound, make it smaller.
//!
//! Runs may be under way meanwhile. What a run has taken out or put in since
//! it began is in use and stays; every look-up marks the entry with the time.

use super::objects::{INDEX_LIMIT, Store, disk};
use super::text::{Entry, hex, parse_entry, unhex};
use crate::error::FetchError;
use crate::object::{Kind, Object};
use crate::regular;
use airgo_gomod::ModuleVersion;
use airgo_gomod::module::{unescape_path, unescape_version};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The clocks of a file system may be as coarse as this.
const CLOCK_GRAIN: Duration = Duration::from_secs(2);

/// A download store, not opened for a run.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
}

/// One cached module file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheEntry {
    /// What it is.
    pub object: Object,
    /// Its bytes' count.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Who gave it, without credentials.
    pub source: String,
    /// When a run last took it out or put it in.
    pub last_used: SystemTime,
}

/// How many files, and how many bytes they have together. Bytes that several
/// entries share count once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Files.
    pub files: u64,
    /// Bytes.
    pub bytes: u64,
}

/// What a store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Everything in the cache.
    pub all: Tally,
    /// The same by kind.
    pub by_kind: BTreeMap<Kind, Tally>,
    /// The same by age: not used for longer than this, but not for longer than the next.
    pub by_age: Vec<(Duration, Tally)>,
    /// Zips that broke off, to be gone on with.
    pub partial: Tally,
    /// When the entry that nobody wanted for the longest time was last used.
    pub oldest: Option<SystemTime>,
}

/// Down to what to trim a store. Both limits hold where both are given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trim {
    /// The most bytes that may stay; what was not used for the longest time goes first.
    pub max_bytes: Option<u64>,
    /// What was not used for so long goes.
    pub max_age: Option<Duration>,
}

/// What trimming did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// What is gone.
    pub removed: Tally,
    /// What should have gone, but a run is using it.
    pub in_use: Tally,
    /// What is left, with that.
    pub left: Tally,
}

/// Something wrong in the store. No run would have used it: each hashes what it takes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file, as the entry names it; for a damaged entry its path.
    pub name: String,
    /// What is wrong.
    pub problem: DamageKind,
}

/// What is wrong with a cached file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DamageKind {
    /// The entry itself cannot be read.
    #[error("its entry is damaged")]
    Entry,
    /// The bytes are not there.
    #[error("its bytes are missing")]
    Missing,
    /// Other bytes.
    #[error("its bytes have the SHA-256 {found}, not {wanted}")]
    Hash {
        /// What they hash to.
        found: String,
        /// What they should.
        wanted: String,
    },
    /// The bytes cannot be read.
    #[error("its bytes cannot be read: {0}")]
    Unreadable(String),
}

/// An entry with its place.
struct Indexed {
    path: PathBuf,
    entry: CacheEntry,
}

impl Cache {
    /// The store in this directory; it need not exist.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Everything in the cache, by module and kind.
    pub fn entries(&self) -> Result<Vec<CacheEntry>, FetchError> {
        Ok(self.index()?.0.into_iter().map(|i| i.entry).collect())
    }

    /// How much there is; `ages` are the bounds of [`Usage::by_age`], in any order.
    pub fn usage(&self, ages: &[Duration]) -> Result<Usage, FetchError> {
        let (entries, _) = self.index()?;
        let now = SystemTime::now();
        let mut bounds: Vec<Duration> = ages.iter().copied().chain([Duration::ZERO]).collect();
        bounds.sort();
        bounds.dedup();
        let mut usage =
            Usage { by_age: bounds.iter().map(|b| (*b, Tally::default())).collect(), ..Usage::default() };
        let mut seen = HashSet::new();
        // The youngest first: shared bytes are as young as their youngest entry.
        let mut entries: Vec<&CacheEntry> = entries.iter().map(|i| &i.entry).collect();
        entries.sort_by_key(|e| std::cmp::Reverse(e.last_used));
        usage.oldest = entries.last().map(|e| e.last_used);
        for entry in entries.into_iter().filter(|e| seen.insert(e.sha256)) {
            let age = now.duration_since(entry.last_used).unwrap_or_default();
            let slot = bounds.partition_point(|b| *b <= age).saturating_sub(1);
            usage.all.add(entry.size);
            usage.by_kind.entry(entry.object.kind).or_default().add(entry.size);
            if let Some((_, tally)) = usage.by_age.get_mut(slot) {
                tally.add(entry.size);
            }
        }
        for file in fs::read_dir(self.root.join("partial")).into_iter().flatten().flatten() {
            if file.path().extension().is_none() {
                usage.partial.add(file.metadata().map_or(0, |m| m.len()));
            }
        }
        Ok(usage)
    }

    /// Removes what was not used for the longest time, down to the limits.
    pub fn trim(&self, to: &Trim) -> Result<Trimmed, FetchError> {
        let now = SystemTime::now();
        let (mut budget, mut full) = (to.max_bytes, false);
        self.remove(|entry, fresh_bytes| {
            let old = to
                .max_age
                .is_some_and(|most| now.duration_since(entry.last_used).is_ok_and(|age| age > most));
            // Once something did not fit, nothing older stays in its place.
            if let Some(left) = &mut budget {
                full |= *left < fresh_bytes;
                *left = left.saturating_sub(fresh_bytes);
            }
            old || full
        })
    }

    /// Removes everything that no run is using.
    pub fn clear(&self) -> Result<Trimmed, FetchError> {
        let mut trimmed = self.remove(|_, _| true)?;
        if self.root.is_dir() {
            let _alone = Store::alone(&self.root)?;
            trimmed.removed.bytes += Store::sweep_parts(&self.root, true);
        }
        Ok(trimmed)
    }

    /// Hashes everything again; calls `each` before every file. With `repair`
    /// what is damaged is removed, so that the next run fetches it again.
    pub fn verify(&self, repair: bool, mut each: impl FnMut(&CacheEntry)) -> Result<Vec<Damage>, FetchError> {
        let (entries, broken) = self.index()?;
        let mut damage: Vec<Damage> = Vec::new();
        for path in broken {
            let name = path.strip_prefix(self.root.join("index")).unwrap_or(&path).display().to_string();
            damage.push(Damage { name, problem: DamageKind::Entry });
            if repair {
                remove_file(&path)?;
            }
        }
        let mut known: HashMap<[u8; 32], Option<DamageKind>> = HashMap::new();
        for Indexed { path, entry } in entries {
            each(&entry);
            let object = self.object_path(&entry.sha256);
            let problem = known.entry(entry.sha256).or_insert_with(|| check(&object, &entry.sha256)).clone();
            let Some(problem) = problem else { continue };
            if repair {
                let _alone = Store::alone(&self.root)?;
                remove_file(&path)?;
                // A run may have put sound bytes there meanwhile.
                if check(&object, &entry.sha256).is_some() {
                    remove_file(&object)?;
                }
            }
            damage.push(Damage { name: entry.object.to_string(), problem });
        }
        Ok(damage)
    }

    /// Removes entries that `unwanted` names, asked from the last used on with
    /// the bytes that the entry adds to what stays; then the bytes that no
    /// entry names any more.
    fn remove(&self, mut unwanted: impl FnMut(&CacheEntry, u64) -> bool) -> Result<Trimmed, FetchError> {
        let mut trimmed = Trimmed::default();
        if !self.root.is_dir() {
            return Ok(trimmed);
        }
        let _alone = Store::alone(&self.root)?;
        Store::sweep_parts(&self.root, false);
        let in_use_since = Store::oldest_run(&self.root).map(|at| at - CLOCK_GRAIN);
        let (mut entries, _) = self.index()?;
        entries.sort_by(|a, b| {
            b.entry.last_used.cmp(&a.entry.last_used).then_with(|| a.entry.object.cmp(&b.entry.object))
        });
        let (mut stay, mut go) = (BTreeSet::new(), BTreeMap::new());
        for Indexed { path, entry } in entries {
            let fresh = if stay.contains(&entry.sha256) { 0 } else { entry.size };
            let wanted = !unwanted(&entry, fresh);
            let used = in_use_since.is_some_and(|since| entry.last_used >= since);
            if wanted || used {
                if !wanted && fresh > 0 {
                    trimmed.in_use.add(entry.size);
                }
                if stay.insert(entry.sha256) {
                    trimmed.left.add(entry.size);
                }
                continue;
            }
            remove_file(&path)?;
            remove_empty_parents(&path, &self.root.join("index"));
            go.insert(entry.sha256, entry.size);
        }
        // Those that no entry names: their entry was removed now, or was lost.
        let dir = self.root.join("objects");
        for file in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let sha256 = file.file_name().to_str().and_then(unhex);
            if sha256.is_some_and(|s| stay.contains(&s)) {
                continue;
            }
            let meta = file.metadata();
            let fresh = meta.as_ref().ok().and_then(|m| m.modified().ok());
            let lost = sha256.is_none_or(|s| !go.contains_key(&s));
            // Put there by a run a moment ago, which is about to write the entry.
            if lost && in_use_since.is_some_and(|since| fresh.is_none_or(|at| at >= since)) {
                continue;
            }
            remove_file(&file.path())?;
            trimmed.removed.add(meta.map_or(0, |m| m.len()));
        }
        Ok(trimmed)
    }

    fn object_path(&self, sha256: &[u8; 32]) -> PathBuf {
        self.root.join("objects").join(hex(sha256))
    }

    /// All entries, by object, and the files that are not entries.
    fn index(&self) -> Result<(Vec<Indexed>, Vec<PathBuf>), FetchError> {
        let root = self.root.join("index");
        let (mut found, mut broken, mut dirs) = (Vec::new(), Vec::new(), vec![root.clone()]);
        while let Some(dir) = dirs.pop() {
            let entries = match fs::read_dir(&dir) {
                // Trimmed by somebody else meanwhile, or never made.
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                other => other.map_err(disk("read", &dir))?,
            };
            for file in entries.flatten() {
                let path = file.path();
                if file.file_type().is_ok_and(|t| t.is_dir()) {
                    dirs.push(path);
                    continue;
                }
                let text = match regular::read_text(&path, INDEX_LIMIT) {
                    Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                    other => other.unwrap_or_default(),
                };
                let modified = file.metadata().and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
                let object = path.strip_prefix(&root).ok().and_then(object_at);
                match object.zip(parse_entry(&text)) {
                    Some((object, Entry { sha256, size, source, .. })) => {
                        let entry = CacheEntry { object, size, sha256, source, last_used: modified };
                        found.push(Indexed { path, entry });
                    }
                    None => broken.push(path),
                }
            }
        }
        found.sort_by(|a, b| a.entry.object.cmp(&b.entry.object));
        broken.sort();
        Ok((found, broken))
    }
}

impl Tally {
    fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }
}

/// The object that an entry's path under `index` stands for.
fn object_at(path: &Path) -> Option<Object> {
    let path: Vec<&str> = path.iter().map(|e| e.to_str()).collect::<Option<_>>()?;
    let path = path.join("/");
    let (module, file) = path.rsplit_once("/@v/")?;
    let (version, extension) = file.rsplit_once('.')?;
    let kinds = [Kind::Info, Kind::Mod, Kind::Zip];
    let kind = kinds.into_iter().find(|k| k.extension() == extension)?;
    let module = ModuleVersion::new(unescape_path(module).ok()?, unescape_version(version).ok()?);
    Some(Object::new(module, kind))
}

/// Whether the file holds what its name says.
fn check(path: &Path, wanted: &[u8; 32]) -> Option<DamageKind> {
    let hashed = regular::open(path).and_then(|(mut file, _)| {
        let (mut digest, mut buffer) = (Sha256::new(), vec![0; 128 << 10]);
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(digest.finalize()),
                n => digest.update(&buffer[..n]),
            }
        }
    });
    match hashed {
        Ok(found) if found[..] == wanted[..] => None,
        Ok(found) => Some(DamageKind::Hash { found: hex(&found), wanted: hex(wanted) }),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Some(DamageKind::Missing),
        Err(e) => Some(DamageKind::Unreadable(e.to_string())),
    }
}

fn remove_file(path: &Path) -> Result<(), FetchError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(disk("remove", path)(e)),
        _ => Ok(()),
    }
}

/// A module that has no entry left needs no directory.
fn remove_empty_parents(path: &Path, root: &Path) {
    for dir in path.ancestors().skip(1).take_while(|d| *d != root && d.starts_with(root)) {
        if fs::remove_dir(dir).is_err() {
            return;
        }
    }
}
