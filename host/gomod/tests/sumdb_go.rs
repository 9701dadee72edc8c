//! The evidence that a client collects, checked against the real `go` without a
//! network; and the real checksum database, where somebody asks for it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use airgo_gomod::ModuleVersion;
use airgo_gomod::gosum::Subject;
use airgo_gomod::module;
use airgo_gomod::note::{self, SignerKey};
use airgo_gomod::sumdb::{Client, Config, Evidence, Ops};
use airgo_gomod::tlog::{self, Hash, HashReader, Record, Tile, TlogError, Tree};
use airgo_testkit::{Go, Module, TempTree, World, go_sum, require_tool};
use std::path::Path;
use std::process::Command;

/// A checksum database in memory.
struct Database {
    key: SignerKey,
    /// The modules in the order of their records.
    modules: Vec<ModuleVersion>,
    texts: Vec<String>,
    hashes: Vec<Hash>,
}

impl Database {
    /// With a record for each module, and others around them.
    fn of(modules: &[Module], others: usize) -> Self {
        let key = SignerKey::from_seed("sum.example/db", &[9; 32]).unwrap();
        let mut db = Self { key, modules: Vec::new(), texts: Vec::new(), hashes: Vec::new() };
        for module in modules {
            for n in 0..others {
                let id =
                    ModuleVersion::new(format!("other.example/m{}", db.texts.len()), format!("v1.0.{n}"));
                db.add(id, "other.example/m v1.0.0 h1:x\n".to_owned());
            }
            db.add(module.id().clone(), go_sum([module]));
        }
        db
    }

    fn add(&mut self, id: ModuleVersion, text: String) {
        let n = self.texts.len() as u64;
        let mut hash = Hash::record(text.as_bytes());
        self.hashes.push(hash);
        for level in 0..(n + 1).trailing_zeros() {
            let left = tlog::stored_hash_index(level, (n >> level) - 1);
            hash = Hash::node(self.hashes[usize::try_from(left).unwrap()], hash);
            self.hashes.push(hash);
        }
        self.modules.push(id);
        self.texts.push(text);
    }

    fn head(&self) -> String {
        let size = self.texts.len() as u64;
        let tree = Tree { size, hash: tlog::tree_hash(size, self).unwrap() };
        note::sign(&tree.to_string(), std::slice::from_ref(&self.key)).unwrap()
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        if let Some(lookup) = path.strip_prefix("/lookup/") {
            let (path, version) = lookup.split_once('@')?;
            let id = ModuleVersion::new(
                module::unescape_path(path).unwrap(),
                module::unescape_version(version).unwrap(),
            );
            let at = self.modules.iter().position(|module| *module == id)?;
            let record = tlog::format_record(&Record { id: at as u64, text: &self.texts[at] }).unwrap();
            return Some(format!("{record}{}", self.head()).into_bytes());
        }
        let tile: Tile = path[1..].parse().unwrap();
        let first = tile.n << tile.height;
        let level = tile.level.unwrap() * tile.height;
        let index = |n| usize::try_from(tlog::stored_hash_index(level, first + u64::from(n))).unwrap();
        let hashes: Option<Vec<&Hash>> = (0..tile.width).map(|n| self.hashes.get(index(n))).collect();
        Some(hashes?.iter().flat_map(|hash| hash.0).collect())
    }
}

impl HashReader for Database {
    type Error = TlogError;

    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, TlogError> {
        Ok(indexes.iter().map(|&at| self.hashes[usize::try_from(at).unwrap()]).collect())
    }
}

impl Ops for &Database {
    type Error = String;

    fn read_remote(&self, paths: &[String]) -> Vec<Result<Vec<u8>, String>> {
        paths.iter().map(|path| self.read(path).ok_or_else(|| format!("no {path}"))).collect()
    }

    fn read_kept(&self, _: &str) -> Option<Vec<u8>> {
        None
    }

    fn keep(&self, _: &str, _: &[u8]) {}

    fn read_latest(&self) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }

    fn write_latest(&self, _: &[u8], _: &[u8]) -> Result<bool, String> {
        Ok(true)
    }
}

fn world() -> World {
    World::new()
        .with(Module::new("example.com/a", "v1.0.0").go("1.21").require("example.com/B", "v1.2.0"))
        .with(Module::new("example.com/B", "v1.2.0").go("1.21").file("b.go", "package b\n"))
        .with(Module::new("example.com/c/v2", "v2.0.1").go("1.21").file("c.go", "package c\n"))
}

fn write_evidence(evidence: &Evidence, name: &str, modcache: &Path) {
    for (path, data) in &evidence.files {
        let file = modcache.join("cache/download/sumdb").join(name).join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, data).unwrap();
    }
}

#[test]
fn rule_28_go_takes_the_evidence_without_a_network() {
    if !require_tool("go") {
        return;
    }
    let world = world();
    // More records than a tile holds, so that tiles of two levels are needed.
    let db = Database::of(world.modules(), 150);
    let ids: Vec<ModuleVersion> = world.modules().iter().map(|module| module.id().clone()).collect();
    let mut client = Client::new(db.key.verifier(), &db);
    for (module, lookup) in world.modules().iter().zip(client.lookup(&ids).unwrap()) {
        lookup.unwrap().check(Subject::Zip, &module.h1()).unwrap();
    }
    let evidence = client.evidence().unwrap();
    assert!(evidence.files.contains_key("lookup/example.com/!b@v1.2.0"), "{:?}", evidence.files.keys());

    let dir = TempTree::new();
    let go = |key: &str| {
        let url = world.write(&dir.dir("proxy"));
        Go::with_proxy(&url).env("GOSUMDB", key).env("GONOSUMDB", "").env("GOFLAGS", "-mod=mod")
    };
    let project = |name: &str| {
        let main = "module example.com/main\n\ngo 1.21\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/c/v2 v2.0.1\n)\n";
        dir.write(format!("{name}/go.mod"), main);
        dir.join(name)
    };
    let (key, database) = (db.key.verifier().to_string(), db.key.verifier().name().to_owned());

    let oracle = go(&key);
    write_evidence(&evidence, &database, &oracle.gomodcache());
    let main = project("with");
    oracle.run(&main, &["mod", "download", "all"]);
    assert_eq!(std::fs::read_to_string(main.join("go.sum")).unwrap(), world.go_sum());

    // Without one of the tiles go would have to ask.
    let oracle = go(&key);
    let mut less = evidence.clone();
    let tile = less.files.keys().find(|path| path.starts_with("tile/8/0/")).unwrap().clone();
    less.files.remove(&tile);
    write_evidence(&less, &database, &oracle.gomodcache());
    assert!(!oracle.output(&project("without"), &["mod", "download", "all"]).status.success());

    // Nor does it do where the user's GOPATH has met a newer tree: go then wants
    // proof that the two agree.
    let mut newer = Database::of(world.modules(), 150);
    for n in 0..300 {
        let id = ModuleVersion::new(format!("later.example/m{n}"), "v1.0.0");
        newer.add(id, "later.example/m v1.0.0 h1:x\n".to_owned());
    }
    let oracle = go(&key);
    write_evidence(&evidence, &database, &oracle.gomodcache());
    let latest = oracle.home().join("gopath/pkg/sumdb").join(&database).join("latest");
    std::fs::create_dir_all(latest.parent().unwrap()).unwrap();
    std::fs::write(&latest, newer.head()).unwrap();
    let out = oracle.output(&project("newer"), &["mod", "download", "all"]);
    let stderr = String::from_utf8_lossy(&out.stderr);
    assert!(!out.status.success() && stderr.contains("checking tree#"), "{stderr}");
}

/// The real database, through the proxy that this machine is set up with.
struct Real {
    base: String,
}

impl Ops for &Real {
    type Error = String;

    fn read_remote(&self, paths: &[String]) -> Vec<Result<Vec<u8>, String>> {
        let get = |path: &String| {
            let url = format!("{}{path}", self.base);
            let out = Command::new("curl").args(["-sS", "--fail", "-m", "60", &url]).output().unwrap();
            if out.status.success() {
                Ok(out.stdout)
            } else {
                Err(String::from_utf8_lossy(&out.stderr).into_owned())
            }
        };
        paths.iter().map(get).collect()
    }

    fn read_kept(&self, _: &str) -> Option<Vec<u8>> {
        None
    }

    fn keep(&self, _: &str, _: &[u8]) {}

    fn read_latest(&self) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }

    fn write_latest(&self, _: &[u8], _: &[u8]) -> Result<bool, String> {
        Ok(true)
    }
}

#[test]
#[ignore = "asks the real checksum database through GOPROXY"]
fn the_real_database_is_understood() {
    let go = Go::online();
    let vars = go.run(Path::new("."), &["env", "GOPROXY", "GOSUMDB"]);
    let (proxy, gosumdb) = vars.trim().split_once('\n').unwrap();
    let config = Config::parse(gosumdb).unwrap();
    let base = format!("{}/sumdb/{}", proxy.split([',', '|']).next().unwrap(), config.name());
    let real = Real { base };
    let mut client = Client::new(config.key, &real);
    let modules = [
        ("rsc.io/quote", "v1.5.2", "h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y="),
        ("github.com/BurntSushi/toml", "v0.3.1", "h1:WXkYYl6Yr3qBf1K79EBnL4mak0OimBfB0XUf9Vl28OQ="),
    ];
    let ids: Vec<ModuleVersion> =
        modules.iter().map(|(path, version, _)| ModuleVersion::new(*path, *version)).collect();
    for ((.., hash), lookup) in modules.iter().zip(client.lookup(&ids).unwrap()) {
        lookup.unwrap().check(Subject::Zip, &hash.parse().unwrap()).unwrap();
    }
    let evidence = client.evidence().unwrap();
    println!(
        "{} files prove {} modules in a tree of {} records",
        evidence.files.len(),
        ids.len(),
        evidence.tree.size
    );
}
