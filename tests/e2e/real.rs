//! Real projects: airgo's answers beside those of `go`, and a build with no
//! network from what it unpacked.
//!
//! A project's source is its own module zip. The modules are fetched once,
//! through the GOPROXY of this machine, into a cache below the target
//! directory; from there a loopback proxy serves both `go` and airgo, so that
//! a second run asks nobody.

use crate::airgo::Airgo;
use crate::site::text;
use airgo_testkit::{Go, Proxy, TempTree, TreeDiff, require_tool, target_tmp};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// What a project is held to beyond the commands that all are.
struct Project {
    /// `path@version`, or a directory of this repository.
    source: &'static str,
    /// What is compiled offline; a whole large project takes too long.
    build: &'static [&'static str],
}

#[test]
fn gin() {
    hold(&Project { source: "github.com/gin-gonic/gin@v1.10.0", build: &["build", "./..."] });
}

/// From before module graph pruning: `go 1.14`.
#[test]
fn cobra() {
    hold(&Project { source: "github.com/spf13/cobra@v1.1.3", build: &["build", "./..."] });
}

#[test]
fn prometheus() {
    hold(&Project { source: "github.com/prometheus/prometheus@v0.305.0", build: &["vet", "./model/labels"] });
}

#[test]
fn hello() {
    hold(&Project { source: "examples/hello", build: &["test", "./..."] });
}

/// A go.mod that asks for another Go than the one installed.
#[test]
fn a_toolchain_switch_works_offline() {
    if !require_tool("go") || !require_tool("unshare") {
        return;
    }
    let temp = TempTree::new();
    temp.write("app/go.mod", "module example.com/app\n\ngo 1.21\n");
    temp.write("app/main.go", "package main\n\nfunc main() {}\n");
    let online = Go::online();
    // An older one than what is installed is a switch too.
    let name = "go1.25.0";
    let airgo = Airgo::new(&online.vars()["GOPROXY"]).env("GOTOOLCHAIN", name);
    let (bundle, key, public) = (temp.join("app.airgo"), temp.join("key"), temp.join("key.pub"));
    airgo.run(&["keygen", "-o", text(&key)]).done();
    let app = temp.join("app");
    airgo
        .run(&["pack", text(&app), "-o", text(&bundle), "--key", text(&key), "--toolchain", "linux/amd64"])
        .done();
    let cache = temp.join("modcache");
    Airgo::air_gapped()
        .run(&["unpack", text(&bundle), "--gomodcache", text(&cache), "--trust", text(&public)])
        .done();
    let go = Go::air_gapped(&cache).env("GOTOOLCHAIN", name);
    assert_eq!(go.run(&app, &["env", "GOVERSION"]).trim(), name);
    go.run(&app, &["build", "./..."]);
}

/// With `--scope all` a project can also be tidied and explained.
#[test]
fn gin_with_all_that_tests_of_dependencies_need() {
    hold_all("github.com/gin-gonic/gin@v1.10.0");
}

fn hold_all(source_name: &str) {
    if !require_tool("go") || !require_tool("unshare") {
        return;
    }
    let temp = TempTree::new();
    let online = Go::online();
    let source = source(&online, source_name);
    let mut copies = 0;
    let mut copy = || {
        copies += 1;
        let dir = temp.join(format!("project-{copies}"));
        copy_writable(&source, &dir);
        dir
    };
    online.mod_download(&copy(), &["all"]);
    let airgo = Airgo::new(&online.vars()["GOPROXY"]);
    let (bundle, key, public) = (temp.join("app.airgo"), temp.join("key"), temp.join("key.pub"));
    airgo.run(&["keygen", "-o", text(&key)]).done();
    airgo.run(&["pack", text(&copy()), "-o", text(&bundle), "--key", text(&key), "--scope", "all"]).done();
    let cache = temp.join("modcache");
    Airgo::air_gapped()
        .run(&["unpack", text(&bundle), "--gomodcache", text(&cache), "--trust", text(&public)])
        .done();
    let offline = Go::air_gapped(&cache);
    for command in [
        &["mod", "why", "-m", "all"][..],
        &["list", "-deps", "-test", "all"],
        &["mod", "tidy", "-diff"],
        &["mod", "download", "all"],
    ] {
        let [want, got] = [&online, &offline].map(|go| go.output(&copy(), command));
        assert_eq!(
            got.status.code(),
            want.status.code(),
            "{command:?}: {}",
            String::from_utf8_lossy(&got.stderr)
        );
        same_lines(
            &command.join(" "),
            &String::from_utf8_lossy(&want.stdout),
            &String::from_utf8_lossy(&got.stdout),
        );
    }
}

fn hold(project: &Project) {
    if !require_tool("go") || !require_tool("unshare") {
        return;
    }
    let temp = TempTree::new();
    let shared = target_tmp().join("modules");
    let go = Go::online().modcache(&shared);
    let source = source(&go, project.source);
    // Commands of go may write go.mod: each gets a copy of its own.
    let mut copies = 0;
    let mut copy = || {
        copies += 1;
        let dir = temp.join(format!("project-{copies}"));
        copy_writable(&source, &dir);
        dir
    };
    go.mod_download(&copy(), &[]);
    go.list_m_all(&copy());
    go.mod_graph(&copy());

    let proxy = Proxy::serve_dir(shared.join("cache/download"));
    // The loopback proxy carries no checksum database; the machine's own does.
    let machines = go.vars()["GOPROXY"].clone();
    let airgo = Airgo::new(&format!("{},{machines}", proxy.url()));
    let oracle = Go::with_proxy(&proxy.url());
    let dir = copy();
    oracle.mod_download(&copy(), &[]);
    let list = oracle.list_m_all(&copy());
    let graph = oracle.mod_graph(&copy());
    assert!(list.lines().count() > 10, "{list}");
    same_lines("list", &list, &airgo.run(&["resolve", text(&dir), "--format", "list"]).done().stdout);
    same_lines("graph", &graph, &airgo.run(&["resolve", text(&dir), "--format", "graph"]).done().stdout);

    let (bundle, key, public) = (temp.join("app.airgo"), temp.join("key"), temp.join("key.pub"));
    airgo.run(&["keygen", "-o", text(&key)]).done();
    airgo.run(&["pack", text(&dir), "-o", text(&bundle), "--key", text(&key)]).done();

    let gapped = Airgo::air_gapped();
    gapped.run(&["verify", text(&bundle), "--trust", text(&public)]).done();
    let cache = temp.join("modcache");
    gapped.run(&["unpack", text(&bundle), "--gomodcache", text(&cache), "--trust", text(&public)]).done();
    TreeDiff::gomodcaches(oracle.gomodcache(), &cache).assert_same();

    let go = Go::air_gapped(&cache);
    same_lines("list offline", &list, &go.list_m_all(&copy()));
    same_lines("graph offline", &graph, &go.mod_graph(&copy()));
    for args in
        [&["mod", "verify"][..], &["list", "-deps", "-test", "./..."], &["mod", "download"], project.build]
    {
        go.run(&copy(), args);
    }
}

/// Where a project's source lies, read-only.
pub fn source(go: &Go, name: &str) -> PathBuf {
    if !name.contains('@') {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        return root.join(name);
    }
    let json = go.run(go.home(), &["mod", "download", "-json", name]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    PathBuf::from(json["Dir"].as_str().unwrap())
}

pub fn copy_writable(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_writable(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
            fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
        }
    }
}

/// Compares line by line, for an error that can be read.
#[track_caller]
fn same_lines(what: &str, want: &str, got: &str) {
    if want == got {
        return;
    }
    let (want, got): (Vec<_>, Vec<_>) = (want.lines().collect(), got.lines().collect());
    let lacks: Vec<_> = want.iter().filter(|l| !got.contains(l)).take(20).collect();
    let more: Vec<_> = got.iter().filter(|l| !want.contains(l)).take(20).collect();
    panic!("{what}: {} lines, want {}\n lacks {lacks:#?}\n has too many {more:#?}", got.len(), want.len());
}
