//! Notes, logs and the checksum database's client against golang.org/x/mod
//! itself.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use airgo_gomod::gosum::Subject;
use airgo_gomod::note::{self, SignerKey, VerifierKey};
use airgo_gomod::sumdb::{Client, LookupError, Ops, SumDbError};
use airgo_gomod::tlog::{self, Hash, HashReader, Tile, TlogError, Tree};
use airgo_gomod::{H1, ModuleVersion};
use airgo_testkit::TempTree;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use support::oracle::Oracle;
use support::run;

/// The pair in the documentation of x/mod.
const SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

/// A pair of keys by the seed's only byte.
fn signer(name: &str, seed: u8) -> SignerKey {
    SignerKey::from_seed(name, &[seed; 32]).unwrap()
}

/// The text of the private key that [`signer`] makes, as Go reads it.
fn secret(name: &str, seed: u8) -> String {
    let mut key = vec![1];
    key.extend([seed; 32]);
    format!("PRIVATE+KEY+{name}+{:08x}+{}", signer(name, seed).verifier().hash(), STANDARD.encode(key))
}

#[test]
fn notes_open_as_in_x_mod() {
    let Some(oracle) = Oracle::start() else { return };
    let oracle = RefCell::new(oracle);
    let keys = [signer("a.example", 1).verifier(), signer("b.example", 2).verifier()];
    let known = keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let signed = |who: &str, seed: u8, text: &str| note::sign(text, &[signer(who, seed)]).unwrap();
    let text = "some\n\ntext\n";
    let line = |who: &str, seed: u8| signed(who, seed, text).rsplit_once("\n\n").unwrap().1.to_owned();
    let lines = [
        line("a.example", 1),
        line("a.example", 3),
        line("b.example", 2),
        line("c.example", 4),
        line("a.example", 1).replace("a.example", "b.example"),
        signed("a.example", 1, "other\n").rsplit_once("\n\n").unwrap().1.to_owned(),
        "— a.example AAAA\n".to_owned(),
        "— a.example AAAAAAAA\n".to_owned(),
        "— a+b AAAAAAAA\n".to_owned(),
        "- a.example AAAAAAAA\n".to_owned(),
        "— a.example\n".to_owned(),
        "\n".to_owned(),
        "\u{7}\n".to_owned(),
        "no newline".to_owned(),
    ];
    let indexes = proptest::collection::vec(prop_oneof![3 => 0..4_usize, 1 => 0..lines.len()], 0..5);
    run(1500, indexes, |indexes| {
        let signatures: String = indexes.iter().map(|&at| lines[at].as_str()).collect();
        let message = format!("{text}\n{signatures}");
        let want = oracle.borrow_mut().ask("note_open", &[&known, &STANDARD.encode(&message)]);
        let names =
            |list: &[note::Signature]| list.iter().map(|s| format!("{}+{:08x}", s.name, s.hash)).collect();
        let got = match note::open(message.as_bytes(), &keys) {
            Ok(note) => vec![vec![note.text], names(&note.signatures), names(&note.unverified)],
            Err(error) => vec![vec![format!("error {error}")]],
        };
        assert_eq!(got, want, "{message:?}");
    });
}

#[test]
fn notes_are_signed_as_in_x_mod() {
    let Some(mut oracle) = Oracle::start() else { return };
    let want = oracle.ask_one("note_sign", &[&secret("me", 7), "text\n"]);
    assert_eq!(note::sign("text\n", &[signer("me", 7)]).unwrap(), want);
    let from_text: SignerKey = secret("me", 7).parse().unwrap();
    assert_eq!(note::sign("text\n", &[from_text]).unwrap(), want);
    assert!(note::sign("text", &[]).is_err());
    let known: SignerKey = SECRET.parse().unwrap();
    assert_eq!(known.verifier().to_string(), PUBLIC);
    let wrong = SECRET.replace("c74f20a3", "c74f20a4");
    assert!(wrong.parse::<SignerKey>().is_err());
}

/// The log whose n'th record is "record n".
struct Records(Vec<Hash>);

impl Records {
    fn new(size: u64) -> Self {
        let mut stored: Vec<Hash> = Vec::new();
        for n in 0..size {
            let mut hash = Hash::record(format!("record {n}").as_bytes());
            stored.push(hash);
            for level in 0..(n + 1).trailing_zeros() {
                let left = tlog::stored_hash_index(level, (n >> level) - 1);
                hash = Hash::node(stored[usize::try_from(left).unwrap()], hash);
                stored.push(hash);
            }
        }
        Self(stored)
    }

    fn tree(&self, size: u64) -> Tree {
        Tree { size, hash: tlog::tree_hash(size, self).unwrap() }
    }
}

impl HashReader for Records {
    type Error = TlogError;

    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, TlogError> {
        Ok(indexes.iter().map(|&at| self.0[usize::try_from(at).unwrap()]).collect())
    }
}

#[test]
fn logs_hash_and_prove_as_in_x_mod() {
    let Some(mut oracle) = Oracle::start() else { return };
    let log = Records::new(70);
    let texts = |proof: Vec<Hash>| vec![proof.iter().map(ToString::to_string).collect::<Vec<_>>()];
    for size in 0..70_u64 {
        let ask = size.to_string();
        assert_eq!(oracle.ask_one("tree_hash", &[&ask]), log.tree(size).hash.to_string());
        assert_eq!(oracle.ask_one("stored_hash_count", &[&ask]), tlog::stored_hash_count(size).to_string());
    }
    for (size, n) in [(1, 0), (2, 1), (7, 0), (7, 3), (7, 6), (64, 17), (65, 64), (70, 0), (70, 69)] {
        let args = [size.to_string(), n.to_string()];
        let proof = tlog::prove_record(size, n, &log).unwrap();
        tlog::check_record(&proof, &log.tree(size), n, Hash::record(format!("record {n}").as_bytes()))
            .unwrap();
        assert_eq!(texts(proof), oracle.ask("prove_record", &[&args[0], &args[1]]), "{size} {n}");
        let older = n + 1;
        let proof = tlog::prove_tree(size, older, &log).unwrap();
        tlog::check_tree(&proof, &log.tree(size), &log.tree(older)).unwrap();
        assert_eq!(texts(proof), oracle.ask("prove_tree", &[&args[0], &older.to_string()]), "{size} {older}");
    }
}

#[test]
fn places_and_tiles_are_counted_as_in_x_mod() {
    let Some(oracle) = Oracle::start() else { return };
    let oracle = RefCell::new(oracle);
    run(3000, (0..40_u32, any::<u64>()), |(level, n)| {
        let n = (n % (1 << 40)) >> level;
        let index = tlog::stored_hash_index(level, n);
        assert_eq!(tlog::split_stored_hash_index(index), (level, n));
        let want = oracle.borrow_mut().ask("stored_hash_index", &[&level.to_string(), &n.to_string()]);
        assert_eq!(vec![vec![index.to_string(), level.to_string(), n.to_string()]], want);
    });
    let pieces = [
        "tile/",
        "8/",
        "0/",
        "1/",
        "data/",
        "3/4/",
        "x001/",
        "x234/",
        "067",
        "1",
        "000",
        "999",
        "1000",
        ".p/1",
        ".p/8",
        ".p/256",
        ".p/0",
        "-1/",
        "/",
        "x067",
        "31/",
        "tile/8/0/001",
        "tile/3/4/x001/x234/067",
    ];
    let path =
        proptest::collection::vec(prop::sample::select(pieces.to_vec()), 1..6).prop_map(|p| p.concat());
    run(3000, path, |path| {
        let want = oracle.borrow_mut().ask("tile_path", &[&path]);
        let got = match path.parse::<Tile>() {
            Ok(Tile { height, level, n, width }) => {
                let level = level.map_or("-1".to_owned(), |level| level.to_string());
                vec![height.to_string(), level, n.to_string(), width.to_string()]
            }
            Err(error) => vec![format!("error {error}")],
        };
        assert_eq!(vec![got], want);
    });
    let sizes = (1..10_u32, 0..3000_u64, prop_oneof![1 => Just(0), 20 => 0..3000_u64]);
    run(300, sizes, |(height, old, more)| {
        let args = [height.to_string(), old.to_string(), (old + more).to_string()];
        let want = oracle.borrow_mut().ask("new_tiles", &[&args[0], &args[1], &args[2]]);
        let got: Vec<String> =
            tlog::new_tiles(height, old, old + more).iter().map(ToString::to_string).collect();
        assert_eq!(got, want.concat(), "{args:?}");
    });
}

#[test]
fn heads_and_records_are_read_as_in_x_mod() {
    let Some(oracle) = Oracle::start() else { return };
    let oracle = RefCell::new(oracle);
    let hash = Hash::empty_tree().to_string();
    let pieces = [
        "go.sum database tree\n",
        "go.sum database tree\n",
        "7\n",
        "07\n",
        "-7\n",
        "+7\n",
        "x\n",
        "\n",
        &hash,
        "more\n",
        "\u{7}",
        "é",
    ];
    let text = proptest::collection::vec(prop::sample::select(pieces.map(str::to_owned).to_vec()), 0..6);
    run(3000, text, |pieces| {
        let text = pieces.concat();
        let want = oracle.borrow_mut().ask("parse_tree", &[&STANDARD.encode(&text)]);
        let got = match text.parse::<Tree>() {
            Ok(tree) => vec![tree.size.to_string(), tree.hash.to_string()],
            Err(error) => vec![format!("error {error}")],
        };
        assert_eq!(vec![got], want, "{text:?}");
        // Negative and padded numbers pass in x/mod, and fail later on.
        let number = text.split('\n').next().unwrap();
        if number.parse::<u64>().is_ok_and(|n| n.to_string() != number) || number.starts_with(['-', '+']) {
            return;
        }
        let want = oracle.borrow_mut().ask("parse_record", &[&STANDARD.encode(&text)]);
        let got = match tlog::parse_record(text.as_bytes()) {
            Ok((record, rest)) => {
                vec![record.id.to_string(), record.text.to_owned(), String::from_utf8(rest.to_vec()).unwrap()]
            }
            Err(error) => vec![format!("error {error}")],
        };
        assert_eq!(vec![got], want, "{text:?}");
    });
}

/// A checksum database that x/mod serves, and what a client keeps.
struct World<'a> {
    oracle: &'a RefCell<Oracle>,
    secret: RefCell<String>,
    kept: RefCell<BTreeMap<String, Vec<u8>>>,
    latest: RefCell<Vec<u8>>,
    rounds: Cell<u32>,
    /// Spoils answers on their way.
    spoil: fn(&str, Vec<u8>) -> Result<Vec<u8>, String>,
}

impl<'a> World<'a> {
    fn new(oracle: &'a RefCell<Oracle>, secret: &str) -> Self {
        let (kept, latest) = (RefCell::default(), RefCell::default());
        let secret = RefCell::new(secret.to_owned());
        Self { oracle, secret, kept, latest, rounds: Cell::new(0), spoil: |_, data| Ok(data) }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let rows = self.oracle.borrow_mut().ask("serve", &[&self.secret.borrow(), path]);
        match rows[0][0].as_str() {
            "ok" => (self.spoil)(path, STANDARD.decode(&rows[0][1]).unwrap()),
            _ => Err(rows[0][1].clone()),
        }
    }
}

impl Ops for &World<'_> {
    type Error = String;

    fn read_remote(&self, paths: &[String]) -> Vec<Result<Vec<u8>, String>> {
        self.rounds.set(self.rounds.get() + 1);
        paths.iter().map(|path| self.read(path)).collect()
    }

    fn read_kept(&self, path: &str) -> Option<Vec<u8>> {
        self.kept.borrow().get(path).cloned()
    }

    fn keep(&self, path: &str, data: &[u8]) {
        self.kept.borrow_mut().insert(path.to_owned(), data.to_vec());
    }

    fn read_latest(&self) -> Result<Vec<u8>, String> {
        Ok(self.latest.borrow().clone())
    }

    fn write_latest(&self, old: &[u8], new: &[u8]) -> Result<bool, String> {
        let mut latest = self.latest.borrow_mut();
        let unchanged = *latest == old;
        if unchanged {
            *latest = new.to_vec();
        }
        Ok(unchanged)
    }
}

fn module(n: usize) -> ModuleVersion {
    ModuleVersion::new(format!("example.com/Module{n}"), format!("v1.0.{n}"))
}

fn modules(range: std::ops::Range<usize>) -> Vec<ModuleVersion> {
    range.map(module).collect()
}

/// The hash that the served database has of a module.
fn hash_of(module: &ModuleVersion) -> H1 {
    let text = format!("{:<32.32}", format!("{}{}", module.path, module.version));
    H1(text.into_bytes().try_into().unwrap())
}

fn public(name: &str, seed: u8) -> VerifierKey {
    signer(name, seed).verifier()
}

#[test]
fn a_batch_takes_few_rounds_and_its_evidence_convinces_x_mod() {
    let Some(oracle) = Oracle::start() else { return };
    let oracle = RefCell::new(oracle);
    let world = World::new(&oracle, &secret("batch.example", 1));
    let key = public("batch.example", 1);
    let mut client = Client::new(key.clone(), &world);
    // Several batches over several sizes of the log, one of them with a tile
    // that fills up in between.
    for range in [0..3, 1..200, 190..300, 5..6, 290..700] {
        let batch = modules(range);
        world.rounds.set(0);
        for (module, lookup) in batch.iter().zip(client.lookup(&batch).unwrap()) {
            let lookup = lookup.unwrap();
            lookup.check(Subject::Zip, &hash_of(module)).unwrap();
            lookup.check(Subject::GoMod, &hash_of(module)).unwrap();
            lookup.check(Subject::Zip, &H1([0; 32])).unwrap_err();
        }
        assert!(world.rounds.get() <= 3, "{} rounds", world.rounds.get());
    }
    assert!(!world.latest.borrow().is_empty());

    let evidence = client.evidence().unwrap();
    let dir = TempTree::new();
    for (path, data) in &evidence.files {
        dir.write(path, data);
    }
    let dir = dir.path().to_str().unwrap();
    // Any order, each with a client that has seen nothing.
    for n in [699, 0, 256, 255, 300, 17] {
        let ModuleVersion { path, version } = module(n);
        let go_mod = format!("{version}/go.mod");
        let lines =
            oracle.borrow_mut().ask("offline_lookup", &[&key.to_string(), dir, &path, &go_mod]).concat();
        assert_eq!(lines, [format!("{path} {go_mod} {}", hash_of(&module(n)))]);
    }
}

#[test]
fn what_was_kept_is_not_asked_for_again() {
    let Some(oracle) = Oracle::start() else { return };
    let oracle = RefCell::new(oracle);
    let world = World::new(&oracle, &secret("kept.example", 1));
    let batch = modules(0..40);
    Client::new(public("kept.example", 1), &world).lookup(&batch).unwrap();
    world.rounds.set(0);
    let again = Client::new(public("kept.example", 1), &world).lookup(&batch).unwrap();
    assert!(again.iter().all(Result::is_ok));
    assert_eq!(world.rounds.get(), 0);
}

#[test]
fn one_that_is_absent_or_malformed_does_not_spoil_the_others() {
    let Some(oracle) = Oracle::start() else { return };
    let oracle = RefCell::new(oracle);
    let world = World::new(&oracle, &secret("absent.example", 1));
    let batch = [
        module(1),
        ModuleVersion::new("example.com/absent", "v1.0.0"),
        ModuleVersion::new("bad", "v1.0.0"),
        module(2),
    ];
    let answers = Client::new(public("absent.example", 1), &world).lookup(&batch).unwrap();
    assert!(answers[0].is_ok() && answers[3].is_ok());
    assert_eq!(answers[1].as_ref().unwrap_err().to_string(), "example.com/absent@v1.0.0: not found");
    assert!(matches!(answers[2], Err(LookupError::Module(_))));
}

#[test]
fn lies_are_found() {
    let Some(oracle) = Oracle::start() else { return };
    let oracle = RefCell::new(oracle);
    let name = "lies.example";
    let mut world = World::new(&oracle, &secret(name, 1));
    let lookup = |world: &World<'_>| {
        let answers = Client::new(public(name, 1), world).lookup(&modules(0..5));
        let is_lookup = |path: &String| path.starts_with("/lookup/");
        assert!(!world.kept.borrow().keys().any(is_lookup), "false records were kept");
        world.kept.borrow_mut().clear();
        world.latest.borrow_mut().clear();
        answers.map(|mut answers| answers.remove(0))
    };

    // Another record under a number of the log.
    world.spoil = |path, data| {
        let text = String::from_utf8_lossy(&data).replace("h1:Z", "h1:Y");
        Ok(if path.starts_with("/lookup/") { text.into_bytes() } else { data })
    };
    assert!(matches!(lookup(&world), Ok(Err(LookupError::NotInLog(_)))));
    // A tile that does not fit the signed tree.
    world.spoil = |path, mut data| {
        if path.starts_with("/tile/") {
            data[0] ^= 1;
        }
        Ok(data)
    };
    assert!(matches!(lookup(&world), Err(SumDbError::Tree { fault: TlogError::InconsistentTile, .. })));
    // A tile cut short.
    world.spoil = |path, mut data| {
        if path.starts_with("/tile/") {
            data.pop();
        }
        Ok(data)
    };
    assert!(matches!(lookup(&world), Err(SumDbError::Tree { fault: TlogError::TileSize { .. }, .. })));
    // A head that somebody else signed.
    world.spoil = |_, data| Ok(data);
    let other_key = Client::new(public(name, 2), &world).lookup(&modules(0..1)).unwrap().remove(0);
    assert!(matches!(other_key, Err(LookupError::Note { .. })));
    // No tiles.
    world.spoil = |path, data| if path.starts_with("/tile/") { Err("gone".to_owned()) } else { Ok(data) };
    assert!(matches!(lookup(&world), Err(SumDbError::Read(fault)) if fault == "gone"));
}

/// A database that answers with one log today and with another tomorrow, both
/// signed with its key.
#[test]
fn a_fork_is_found_and_proven() {
    let Some(oracle) = Oracle::start() else { return };
    let oracle = RefCell::new(oracle);
    let name = "fork.example";
    let world = World::new(&oracle, &secret(name, 1));
    Client::new(public(name, 1), &world).lookup(&modules(0..5)).unwrap();
    let before = (world.kept.borrow().clone(), world.latest.borrow().clone());

    // To the oracle another spelling of the key is another database.
    *world.secret.borrow_mut() = secret(name, 1).replacen(
        &format!("{:08x}", public(name, 1).hash()),
        &format!("{:08X}", public(name, 1).hash()),
        1,
    );
    assert_ne!(*world.secret.borrow(), secret(name, 1));
    let error = Client::new(public(name, 1), &world).lookup(&modules(100..120)).unwrap_err();
    let SumDbError::Fork(fork) = error else { panic!("{error}") };
    assert_eq!(fork.older, before.1);
    assert!(fork.report().starts_with("SECURITY ERROR\ngo.sum database server misbehavior detected!"));
    // The proof convinces whoever has the two heads.
    let head =
        |message: &[u8]| -> Tree { note::open(message, &[public(name, 1)]).unwrap().text.parse().unwrap() };
    let (older, newer) = (head(&fork.older), head(&fork.newer));
    let claimed = Tree { size: older.size, hash: fork.older_hash_in_newer };
    tlog::check_tree(&fork.proof, &newer, &claimed).unwrap();
    assert_ne!(claimed.hash, older.hash);
    assert!(before == (world.kept.borrow().clone(), world.latest.borrow().clone()), "something was kept");
}
