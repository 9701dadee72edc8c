//! The real `go` in a clean environment: the oracle that tests hold airgo
//! against.

use crate::temp::{TempTree, target_tmp};
use crate::tools::offline;
use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// What a proxied machine needs to reach its proxy, and nothing of Go's.
const PASSED_ON: [&str; 9] = [
    "PATH",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// A `go` with its own GOMODCACHE, GOPATH and HOME, untouched by the
/// environment and the `go env -w` file of whoever runs the test.
///
/// The build cache is shared between tests, so that the standard library is
/// compiled once: it is addressed by content and holds no module.
#[derive(Debug)]
pub struct Go {
    home: TempTree,
    vars: BTreeMap<String, String>,
    offline: bool,
}

impl Go {
    /// A go that asks this GOPROXY and no checksum database.
    pub fn with_proxy(url: &str) -> Self {
        Self::bare().env("GOPROXY", url).env("GOSUMDB", "off").env("GONOSUMDB", "*")
    }

    /// A go that asks the proxy and checksum database that this machine is set
    /// up with: for real projects.
    pub fn online() -> Self {
        Self::bare().env("GOPROXY", &machine("GOPROXY")).env("GOSUMDB", &machine("GOSUMDB"))
    }

    /// The go of a build without a network, on an unpacked cache: no proxy, a
    /// network namespace of its own, go.mod read-only, and the checksum
    /// database as Go's defaults have it, so that nothing may need to ask it.
    pub fn air_gapped(gomodcache: &Path) -> Self {
        let mut go = Self::bare().env("GOPROXY", "off").env("GOFLAGS", "-mod=readonly").modcache(gomodcache);
        go.offline = true;
        go
    }

    fn bare() -> Self {
        let home = TempTree::new();
        // go counts its runs in a process that outlives it, and would make the
        // home again after it is gone. Only this file turns that off.
        for config in ["home/.config", "home/Library/Application Support"] {
            home.write(format!("{config}/go/telemetry/mode"), "off");
        }
        let mut vars = BTreeMap::new();
        for name in PASSED_ON {
            if let Ok(value) = env::var(name) {
                vars.insert(name.to_owned(), value);
            }
        }
        let build_cache = target_tmp().join("go-build");
        for (name, path) in [
            ("HOME", home.join("home")),
            ("GOPATH", home.join("gopath")),
            ("GOMODCACHE", home.join("modcache")),
            ("GOCACHE", build_cache),
        ] {
            vars.insert(name.to_owned(), path.to_str().unwrap().to_owned());
        }
        for (name, value) in [("GOENV", "off"), ("GOFLAGS", ""), ("GOTOOLCHAIN", "local"), ("LC_ALL", "C")] {
            vars.insert(name.to_owned(), value.to_owned());
        }
        Self { home, vars, offline: false }
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.vars.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Uses this GOMODCACHE instead of one of its own.
    pub fn modcache(self, dir: &Path) -> Self {
        let dir = dir.to_str().unwrap().to_owned();
        self.env("GOMODCACHE", &dir)
    }

    /// Its GOMODCACHE.
    pub fn gomodcache(&self) -> PathBuf {
        PathBuf::from(&self.vars["GOMODCACHE"])
    }

    /// Its home directory and GOPATH, which go away with it.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The environment it runs in, for a program that shall see the same.
    pub fn vars(&self) -> &BTreeMap<String, String> {
        &self.vars
    }

    /// A command in `dir`, ready to run.
    pub fn command(&self, dir: &Path, args: &[&str]) -> Command {
        let mut cmd = if self.offline { offline("go") } else { Command::new("go") };
        cmd.args(args).current_dir(dir).env_clear().envs(&self.vars).stdin(Stdio::null());
        cmd
    }

    /// Runs `go args…` in `dir`, whatever comes of it.
    pub fn output(&self, dir: &Path, args: &[&str]) -> Output {
        self.command(dir, args).output().unwrap_or_else(|e| panic!("cannot run go: {e}"))
    }

    /// Runs `go args…` in `dir` and gives its stdout; a failure fails the test
    /// with go's own words.
    #[track_caller]
    pub fn run(&self, dir: &Path, args: &[&str]) -> String {
        let out = self.output(dir, args);
        let stdout = String::from_utf8_lossy(&out.stdout);
        if !out.status.success() {
            let stderr = String::from_utf8_lossy(&out.stderr);
            let place = dir.display();
            panic!("`go {}` in {place}: {}\n{stdout}{stderr}", args.join(" "), out.status);
        }
        stdout.into_owned()
    }

    /// `go list -m all`.
    #[track_caller]
    pub fn list_m_all(&self, dir: &Path) -> String {
        self.run(dir, &["list", "-m", "all"])
    }

    /// `go mod graph`, its lines sorted bytewise.
    #[track_caller]
    pub fn mod_graph(&self, dir: &Path) -> String {
        let out = self.run(dir, &["mod", "graph"]);
        let mut lines: Vec<&str> = out.lines().collect();
        lines.sort_unstable();
        lines.into_iter().flat_map(|line| [line, "\n"]).collect()
    }

    /// `go mod download` with further arguments, such as `all` or `-json`.
    #[track_caller]
    pub fn mod_download(&self, dir: &Path, args: &[&str]) -> String {
        let all: Vec<&str> = ["mod", "download"].iter().chain(args).copied().collect();
        self.run(dir, &all)
    }
}

/// GOROOT of the installed go.
pub(crate) fn goroot() -> PathBuf {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| PathBuf::from(machine("GOROOT"))).clone()
}

/// A value of `go env` as whoever runs the test has it.
fn machine(name: &str) -> String {
    let out =
        Command::new("go").args(["env", name]).output().unwrap_or_else(|e| panic!("cannot run go: {e}"));
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}
