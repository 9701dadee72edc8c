//! A proxy and a checksum database that work together against the client: what
//! befell cmd/go (CVE-2026-42501, CVE-2026-56864, CVE-2026-56865) befalls it not.
#![allow(clippy::unwrap_used, clippy::panic)]

use airgo_gomod::gosum::Subject;
use airgo_gomod::note::{self, SignerKey};
use airgo_gomod::sumdb::{Client, Lookup, LookupError, Ops, SumDbError, SumDbMismatch};
use airgo_gomod::tlog::{self, Hash, HashReader, Record, Tile, TlogError, Tree};
use airgo_gomod::{H1, ModuleVersion};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock};

/// More than 256², so that there are tiles of three levels.
const SIZE: u64 = 66_000;
const TARGET: u64 = 5;
const HEIGHT: u32 = 8;

fn key() -> SignerKey {
    SignerKey::from_seed("attacks.example", &[7; 32]).unwrap()
}

fn module(n: u64) -> ModuleVersion {
    ModuleVersion::new(format!("example.com/m{n}"), "v1.0.0")
}

fn honest() -> H1 {
    H1([1; 32])
}

fn evil() -> H1 {
    H1([0xe; 32])
}

fn lines(module: &ModuleVersion, h1: &H1) -> String {
    let ModuleVersion { path, version } = module;
    format!("{path} {version} {h1}\n{path} {version}/go.mod {h1}\n")
}

/// A log of whole subtrees: its hashes by level and number.
struct Log(Vec<Vec<Hash>>);

impl Log {
    fn new() -> Self {
        let leaves = (0..SIZE).map(|n| Hash::record(lines(&module(n), &honest()).as_bytes()));
        let mut levels = vec![leaves.collect::<Vec<_>>()];
        while levels.last().unwrap().len() > 1 {
            let above =
                levels.last().unwrap().chunks_exact(2).map(|two| Hash::node(two[0], two[1])).collect();
            levels.push(above);
        }
        Log(levels)
    }

    fn get() -> &'static Log {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(Log::new)
    }

    fn tile(&self, tile: Tile) -> Vec<u8> {
        let hashes = &self.0[(tile.level.unwrap() * HEIGHT) as usize];
        let first = (tile.n << HEIGHT) as usize;
        hashes[first..first + tile.width as usize].iter().flat_map(|hash| hash.0).collect()
    }

    fn tree(&self) -> Tree {
        Tree { size: SIZE, hash: tlog::tree_hash(SIZE, &self).unwrap() }
    }
}

impl HashReader for &Log {
    type Error = TlogError;

    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, TlogError> {
        let hash = |&index: &u64| {
            let (level, n) = tlog::split_stored_hash_index(index);
            self.0[level as usize][n as usize]
        };
        Ok(indexes.iter().map(hash).collect())
    }
}

/// Serves the log, but for the answers that an attacker puts in its place.
#[derive(Default)]
struct Server {
    forged: BTreeMap<String, Vec<u8>>,
    asked: Mutex<BTreeSet<String>>,
    kept: Mutex<BTreeSet<String>>,
}

impl Ops for &Server {
    type Error = String;

    fn read_remote(&self, paths: &[String]) -> Vec<Result<Vec<u8>, String>> {
        let answer = |path: &String| {
            self.asked.lock().unwrap().insert(path.clone());
            if let Some(forged) = self.forged.get(path) {
                return Ok(forged.clone());
            }
            match path.strip_prefix("/lookup/") {
                Some(_) => Ok(record(TARGET, &lines(&module(TARGET), &honest()), &head(""))),
                None => Ok(Log::get().tile(path[1..].parse().map_err(|_| "not found")?)),
            }
        };
        paths.iter().map(answer).collect()
    }

    fn read_kept(&self, _: &str) -> Option<Vec<u8>> {
        None
    }

    fn keep(&self, path: &str, _: &[u8]) {
        self.kept.lock().unwrap().insert(path.to_owned());
    }

    fn read_latest(&self) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }

    fn write_latest(&self, _: &[u8], _: &[u8]) -> Result<bool, String> {
        Ok(true)
    }
}

/// The signed head, with further lines that later versions may have.
fn head(more: &str) -> String {
    static TREE: OnceLock<Tree> = OnceLock::new();
    let tree = TREE.get_or_init(|| Log::get().tree());
    note::sign(&format!("{tree}{more}"), &[key()]).unwrap()
}

fn record(id: u64, text: &str, head: &str) -> Vec<u8> {
    (tlog::format_record(&Record { id, text }).unwrap() + head).into_bytes()
}

type Answer = Result<Result<Lookup, LookupError<String>>, SumDbError<String>>;

fn lookup(server: &Server) -> Answer {
    let answers = Client::new(key().verifier(), server).lookup(&[module(TARGET)]);
    answers.map(|mut answers| answers.remove(0))
}

fn path_of_lookup() -> String {
    format!("/lookup/{}@v1.0.0", module(TARGET).path)
}

/// What an honest lookup reads: tiles of three levels.
fn tiles() -> Vec<Tile> {
    let server = Server::default();
    lookup(&server).unwrap().unwrap().check(Subject::Zip, &honest()).unwrap();
    let asked = server.asked.lock().unwrap();
    asked.iter().filter_map(|path| path.strip_prefix("/tile").map(|_| path[1..].parse().unwrap())).collect()
}

/// CVE-2026-56865: a tile that nothing was held against.
#[test]
fn no_hash_of_any_tile_can_be_forged() {
    let tiles = tiles();
    assert!(tiles.iter().filter_map(|tile| tile.level).collect::<BTreeSet<_>>().len() == 3, "{tiles:?}");
    let mut forged = 0;
    for tile in tiles {
        let data = Log::get().tile(tile);
        for at in (0..data.len()).step_by(Hash::SIZE) {
            let mut data = data.clone();
            data[at + forged % Hash::SIZE] ^= 1;
            let server = Server { forged: [(format!("/{tile}"), data)].into(), ..Server::default() };
            let answer = lookup(&server);
            assert!(
                matches!(answer, Err(SumDbError::Tree { fault: TlogError::InconsistentTile, .. })),
                "{tile} at {at}: {answer:?}"
            );
            assert!(server.kept.lock().unwrap().is_empty(), "a forged tile was kept");
            forged += 1;
        }
    }
    println!("{forged} forged hashes, all found");
    assert!(forged > 700);
}

/// The same, with a forged record, and with every tile above it made to fit.
#[test]
fn tiles_that_fit_each_other_must_fit_the_signed_head() {
    let text = lines(&module(TARGET), &evil());
    let mut server = Server::default();
    server.forged.insert(path_of_lookup(), record(TARGET, &text, &head("")));
    assert!(matches!(lookup(&server), Ok(Err(LookupError::NotInLog(_)))));
    // Those tiles are true.
    server.kept.lock().unwrap().clear();

    let mut hash = Hash::record(text.as_bytes());
    let mut path_up: Vec<Tile> = tiles().into_iter().filter(|tile| tile.n == 0).collect();
    path_up.sort_by_key(|tile| tile.level);
    assert_eq!(path_up.len(), 3);
    for (tile, place) in path_up.into_iter().zip([TARGET as usize, 0, 0]) {
        let mut data = Log::get().tile(tile);
        data[place * Hash::SIZE..][..Hash::SIZE].copy_from_slice(&hash.0);
        hash = root(&data);
        server.forged.insert(format!("/{tile}"), data);
        let answer = lookup(&server);
        assert!(
            matches!(answer, Err(SumDbError::Tree { fault: TlogError::InconsistentTile, .. })),
            "{tile}: {answer:?}"
        );
    }
    assert!(server.kept.lock().unwrap().is_empty());
}

/// The hash over a tile's hashes.
fn root(data: &[u8]) -> Hash {
    let mut hashes: Vec<Hash> = data.chunks(Hash::SIZE).map(|hash| Hash(hash.try_into().unwrap())).collect();
    while hashes.len() > 1 {
        hashes = hashes.chunks(2).map(|two| Hash::node(two[0], *two.last().unwrap())).collect();
    }
    hashes[0]
}

/// CVE-2026-42501: an answer that is true, but says nothing of the module.
#[test]
fn a_record_of_another_module_verifies_nothing() {
    let other = TARGET + 1;
    let answer = record(other, &lines(&module(other), &honest()), &head(""));
    let server = Server { forged: [(path_of_lookup(), answer)].into(), ..Server::default() };
    let lookup = lookup(&server).unwrap().unwrap();
    for subject in [Subject::Zip, Subject::GoMod] {
        for h1 in [honest(), evil()] {
            let refused = lookup.check(subject, &h1).unwrap_err();
            assert!(matches!(*refused, SumDbMismatch::Missing { .. }), "{refused}");
        }
    }
}

/// CVE-2026-56864: sums beside the record, in what the database signs but no log holds.
#[test]
fn sums_outside_of_the_record_count_for_nothing() {
    let more = lines(&module(TARGET), &evil());
    let server = |id, h1_of: u64| {
        let answer = record(id, &lines(&module(h1_of), &honest()), &head(&more));
        Server { forged: [(path_of_lookup(), answer)].into(), ..Server::default() }
    };
    // Further lines of a head are allowed, and are not sums.
    let own = lookup(&server(TARGET, TARGET)).unwrap().unwrap();
    own.check(Subject::Zip, &honest()).unwrap();
    assert!(matches!(*own.check(Subject::Zip, &evil()).unwrap_err(), SumDbMismatch::Differs { .. }));
    let others = lookup(&server(TARGET + 1, TARGET + 1)).unwrap().unwrap();
    assert!(matches!(*others.check(Subject::Zip, &evil()).unwrap_err(), SumDbMismatch::Missing { .. }));
}
