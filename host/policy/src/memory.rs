//! Facts, remembered from run to run.
//!
//! What `facts.gather` says of a module follows from the plugin, its plan, the
//! limits and the module's content, and from nothing else (see `gather`). So a
//! file is named by the first three, and an entry in it by the fourth: path,
//! version, `h1:` sums and the size of the zip. A module without sums is not
//! remembered. Nothing depends on wasmtime, on the machine or on the config.
//!
//! A file is believed as compiled code is (see `private`). Each entry has its
//! own digest, against damage: reading ends at the first one that is wrong,
//! and what is lost is gathered anew. A forged entry would take write access
//! to the user's own cache, and could do no more than a forged plugin there.
//!
//! A file keeps what was asked for last, up to 32 MiB; the directory keeps the
//! files that were used last, up to 256 MiB.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use crate::{Limits, ModuleInfo, private};

const MAGIC: &[u8; 16] = b"airgo facts v1\n\0";
/// Changes whenever a guest could see another thing in the same module.
const ABI: &str = "airgo:policy/facts@1.0.0 1";
/// Bytes of one file.
const MAX_FILE: u64 = 32 << 20;
/// Bytes of all files.
const MAX_ALL: u64 = 256 << 20;
const SUFFIX: &str = "airgo-facts";
/// Bytes before those of an entry: its length, its key, its digest.
const HEAD: usize = 4 + 32 + 32;

/// The directory of facts, in that of compiled code.
pub const DIR: &str = "facts";

/// What names a module's content.
pub type Key = [u8; 32];
/// Facts by what they are facts of.
pub type Known = HashMap<Key, Vec<u8>>;

/// A directory of remembered facts.
pub struct Memory {
    dir: PathBuf,
}

impl Memory {
    /// Nothing is made or read yet.
    pub fn at(dir: PathBuf) -> Self {
        Memory { dir }
    }

    /// The file for a plugin with a plan.
    pub fn file(&self, plugin_sha256: &str, plan: &str, limits: &Limits) -> PathBuf {
        // How long it may take changes no answer.
        let limits = Limits {
            time: Duration::ZERO,
            gather_time: Duration::ZERO,
            gather_total: Duration::ZERO,
            ..limits.clone()
        };
        let limits = format!("{limits:?}");
        let digest = digest(&[ABI, env!("CARGO_PKG_VERSION"), plan, &limits]);
        let short: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        self.dir.join(format!("{plugin_sha256}-{short}.{SUFFIX}"))
    }

    /// What is known.
    pub fn load(&self, file: &Path) -> Known {
        if private::open_dir(&self.dir).is_none() {
            return Known::new();
        }
        let Some(bytes) = private::read(file, MAX_FILE) else { return Known::new() };
        // Marks it as used; where that fails it is forgotten a little early.
        let _ = File::open(file).and_then(|file| file.set_modified(SystemTime::now()));
        parse(&bytes)
    }

    /// Keeps what is known: first what `keys` name, then what else there is
    /// room for.
    pub fn save(&self, file: &Path, known: &Known, keys: &[Key]) {
        if private::open_dir(&self.dir).is_none() {
            return;
        }
        let mut bytes = MAGIC.to_vec();
        let mut others: Vec<&Key> = known.keys().collect();
        // So that the same facts make the same file.
        others.sort_unstable();
        let mut written = std::collections::HashSet::new();
        for key in keys.iter().chain(others) {
            let Some(fact) = known.get(key) else { continue };
            let Ok(len) = u32::try_from(fact.len()) else { continue };
            if (bytes.len() + HEAD + fact.len()) as u64 > MAX_FILE || !written.insert(key) {
                continue;
            }
            bytes.extend(len.to_le_bytes());
            bytes.extend(key);
            bytes.extend(checksum(key, fact));
            bytes.extend(fact);
        }
        private::replace(file, &[&bytes]);
        self.prune();
    }

    /// Forgets the files that were not used for longest.
    fn prune(&self) {
        let Ok(entries) = fs::read_dir(&self.dir) else { return };
        let files = entries.flatten().filter_map(|entry| {
            let meta = entry.metadata().ok()?;
            let ours = entry.path().extension().is_some_and(|e| e.to_string_lossy().starts_with(SUFFIX));
            (ours && meta.is_file()).then(|| Some((meta.modified().ok()?, meta.len(), entry.path())))?
        });
        let mut files: Vec<(SystemTime, u64, PathBuf)> = files.collect();
        files.sort();
        let mut all = 0;
        for (_, len, path) in files.into_iter().rev() {
            all += len;
            if all > MAX_ALL {
                let _ = fs::remove_file(path);
            }
        }
    }
}

fn parse(bytes: &[u8]) -> Known {
    let mut known = Known::new();
    let Some(mut rest) = bytes.strip_prefix(MAGIC) else { return known };
    while let Some((key, fact, after)) = entry(rest) {
        known.insert(key, fact.to_vec());
        rest = after;
    }
    known
}

/// The next entry, if it is whole, and what follows it.
fn entry(bytes: &[u8]) -> Option<(Key, &[u8], &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
    let (len, head) = head.split_first_chunk::<4>()?;
    let (key, digest) = head.split_first_chunk::<32>()?;
    let (fact, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    (checksum(key, fact).as_slice() == digest).then_some((*key, fact, rest))
}

fn checksum(key: &Key, fact: &[u8]) -> Key {
    Sha256::new().chain_update(key).chain_update(fact).finalize().into()
}

/// The name of a module's content; none where nobody has summed it up.
/// `module` is as `gather` sees it.
pub fn key(module: &ModuleInfo) -> Option<Key> {
    if module.sum.is_empty() || module.go_mod_sum.is_empty() {
        return None;
    }
    let size = module.zip_size.to_string();
    let whole = [&*module.path, &module.version, &module.sum, &module.go_mod_sum, &size];
    Some(match module.part.as_str() {
        "" => digest(&whole),
        part => digest(&[whole.as_slice(), &[part]].concat()),
    })
}

/// Over texts, each with its length before it.
fn digest(texts: &[&str]) -> Key {
    let mut sha256 = Sha256::new();
    for text in texts {
        sha256.update((text.len() as u64).to_le_bytes());
        sha256.update(text);
    }
    sha256.finalize().into()
}
