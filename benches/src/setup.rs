//! What all measurements share: the project, its bundle and the finished
//! cache.

use crate::Args;
use airgo_testkit::{Go, TempTree, fast_temp_root};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The project and everything made of it before the clock runs.
pub struct Setup {
    pub temp: TempTree,
    pub airgo: PathBuf,
    pub bare: Option<PathBuf>,
    pub bundle: PathBuf,
    pub key: PathBuf,
    pub public: PathBuf,
    /// `proxy/` of the unzipped bundle, as a file:// URL.
    pub file_proxy: String,
    pub proxy_dir: PathBuf,
    /// The cache that `go mod download` fills, a tar of it, and the list of
    /// its zips that the bare loop reads.
    finished: Go,
    pub tar: PathBuf,
    pub list: PathBuf,
    source: PathBuf,
    name: String,
    online: Go,
    copies: std::cell::Cell<usize>,
}

impl Setup {
    pub fn new(args: &Args) -> Self {
        let airgo = binary(args);
        let bare = args.bare.clone().unwrap_or_else(|| beside("examples/unpack_bench"));
        let bare = Some(bare).filter(|b| b.is_file());
        let temp = TempTree::within(args.dir.as_ref().unwrap_or(&fast_temp_root()));
        let online = Go::online();
        let source = if args.project.contains('@') {
            let json = online.run(temp.path(), &["mod", "download", "-json", &args.project]);
            let json: serde_json::Value = serde_json::from_str(&json).unwrap();
            PathBuf::from(json["Dir"].as_str().unwrap())
        } else {
            PathBuf::from(&args.project)
        };
        let (bundle, key) = (temp.join("app.airgo"), temp.join("key"));
        let mut setup = Self {
            public: temp.join("key.pub"),
            file_proxy: format!("file://{}", temp.join("bundle/proxy").display()),
            proxy_dir: temp.join("bundle/proxy"),
            finished: Go::with_proxy(&format!("file://{}", temp.join("bundle/proxy").display()))
                .env("GOFLAGS", "-mod=mod"),
            tar: temp.join("cache.tar"),
            list: temp.join("zips.list"),
            temp,
            airgo,
            bare,
            bundle,
            key,
            source,
            name: args.project.clone(),
            online,
            copies: std::cell::Cell::new(0),
        };
        setup.prepare();
        setup
    }

    fn prepare(&mut self) {
        let run = |cmd: &mut Command| {
            let out = cmd.output().unwrap_or_else(|e| panic!("{cmd:?}: {e}"));
            assert!(
                out.status.success(),
                "{cmd:?}: {}\n{}",
                out.status,
                String::from_utf8_lossy(&out.stderr)
            );
        };
        run(self.airgo_command().arg("keygen").arg("-o").arg(&self.key));
        run(self
            .airgo_command()
            .arg("pack")
            .arg(self.project())
            .arg("-o")
            .arg(&self.bundle)
            .arg("--key")
            .arg(&self.key));
        run(Command::new("unzip").arg("-q").arg(&self.bundle).arg("-d").arg(self.temp.join("bundle")));
        self.finished.mod_download(&self.project(), &[]);
        let cache = self.finished.gomodcache();
        run(Command::new("tar").arg("-cf").arg(&self.tar).arg("-C").arg(&cache).arg("."));
        if let Some(bare) = &self.bare {
            let list = fs::File::create(&self.list).unwrap();
            let status = Command::new(bare).arg("manifest").arg(&cache).stdout(list).status().unwrap();
            assert!(status.success(), "{}: {status}", bare.display());
        }
    }

    /// The cache that `go mod download` filled.
    pub fn finished_cache(&self) -> PathBuf {
        self.finished.gomodcache()
    }

    /// airgo with a home of its own and the proxy of this machine.
    pub fn airgo_command(&self) -> Command {
        let mut cmd = Command::new(&self.airgo);
        cmd.env_clear().envs(self.online.vars()).env("HOME", self.temp.join("home"));
        cmd.current_dir(self.temp.path());
        cmd
    }

    /// A fresh copy of the project: go may write its go.mod.
    pub fn project(&self) -> PathBuf {
        let dir = self.fresh("project");
        copy_writable(&self.source, &dir);
        dir
    }

    /// A path that nothing has used yet.
    pub fn fresh(&self, name: &str) -> PathBuf {
        self.copies.set(self.copies.get() + 1);
        self.temp.join(format!("{name}-{}", self.copies.get()))
    }

    /// What was measured on what.
    pub fn describe(&self) -> String {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let go = self.online.run(self.temp.path(), &["version"]);
        let mib = |path: &Path| fs::metadata(path).map_or(0, |m| m.len()) as f64 / 1048576.0;
        let zips = count_zips(&self.proxy_dir);
        format!(
            "{}: {zips} zips, bundle {:.1} MiB, tar {:.1} MiB; {cores} cores, in {}, {}",
            self.name,
            mib(&self.bundle),
            mib(&self.tar),
            self.temp.path().parent().unwrap().display(),
            go.trim()
        )
    }
}

/// A file that was built with this program.
fn beside(name: &str) -> PathBuf {
    std::env::current_exe().unwrap().parent().unwrap().join(name)
}

/// The airgo that is measured.
pub fn binary(args: &Args) -> PathBuf {
    let airgo = args.airgo.clone().unwrap_or_else(|| beside("airgo"));
    assert!(airgo.is_file(), "no airgo at {}: cargo build --release", airgo.display());
    fs::canonicalize(airgo).unwrap()
}

fn count_zips(dir: &Path) -> usize {
    fs::read_dir(dir).unwrap().fold(0, |n, entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            n + count_zips(&path)
        } else {
            n + usize::from(path.extension().is_some_and(|e| e == "zip"))
        }
    })
}

fn copy_writable(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        // Only the files that resolving reads: the rest of a large project
        // would only take memory.
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().unwrap().is_dir() {
            copy_writable(&entry.path(), &target);
        } else if matches!(name.as_str(), "go.mod" | "go.sum" | "go.work" | "go.work.sum") {
            fs::copy(entry.path(), &target).unwrap();
            fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
        }
    }
}
