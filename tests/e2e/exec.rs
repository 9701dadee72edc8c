//! `airgo exec`: a command with the modules of a bundle and without a network.

use crate::airgo::{Airgo, Run, run};
use crate::site::{Site, main_module, small_world, text};
use airgo_testkit::{Go, require_tool};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

/// A project that is packed, and a user beside it whose network works.
struct Bench {
    site: Site,
    airgo: Airgo,
}

/// A test that needs the loopback, and one that asks the network.
const TESTS: &str = r#"package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
)

func TestLoopback(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	if _, err := http.Get(server.URL); err != nil {
		t.Fatal(err)
	}
}

func TestNetwork(t *testing.T) {
	if _, err := net.Dial("tcp", os.Getenv("ASKED")); err != nil {
		t.Fatal(err)
	}
}
"#;

impl Bench {
    fn new() -> Option<Self> {
        if !require_tool("go") || !require_tool("unshare") || !require_tool("bash") {
            return None;
        }
        let main = main_module()
            .file("main_test.go", TESTS)
            .file("gen.go", "package main\n\n//go:generate bash -c \"exec 3<>/dev/tcp/127.0.0.1/$PORT\"\n");
        let site = Site::of(small_world(), &main);
        site.pack().done();
        let url = site.proxy.url();
        let address = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let port = address.rsplit(':').next().unwrap().to_owned();
        let go = Go::with_proxy("off");
        let mut airgo = Airgo::new(&url).env("ASKED", &address).env("PORT", &port);
        for name in ["GOCACHE", "GOPATH"] {
            airgo = airgo.env(name, &go.vars()[name]);
        }
        let airgo = airgo.env("XDG_CACHE_HOME", text(&site.temp.join("caches")));
        Some(Self { site, airgo })
    }

    /// In the project, after the words of a wrapper.
    fn command(&self, wrapper: &[&str], flags: &[&str], command: &[&str]) -> Command {
        let (bundle, key) = (self.site.bundle(), self.site.public_key());
        let plain = self.airgo.command();
        let words: Vec<&OsStr> = wrapper.iter().map(OsStr::new).chain([plain.get_program()]).collect();
        let mut made = Command::new(words[0]);
        made.args(&words[1..]).env_clear().stdin(Stdio::null()).current_dir(self.site.project());
        made.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        made.args(["exec", text(&bundle), "--trust", text(&key)]).args(flags).arg("--").args(command);
        made
    }

    fn exec(&self, flags: &[&str], command: &[&str]) -> Run {
        run(self.command(&[], flags, command))
    }

    fn wrapped(&self, wrapper: &[&str], command: &[&str]) -> Run {
        run(self.command(wrapper, &[], command))
    }
}

/// bash, as it opens a connection to the proxy of the site.
const ASK: [&str; 3] = ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$PORT"];

/// Code and words of a run.
#[track_caller]
fn came_to(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, code, "{}\n{}", run.stdout, run.stderr);
    for word in words {
        assert!(run.stderr.contains(word), "{word:?}: {}", run.stderr);
    }
}

#[test]
fn go_builds_with_the_modules_of_the_bundle_and_keeps_them_for_the_next_time() {
    let Some(bench) = Bench::new() else { return };
    let first = bench.exec(&[], &["go", "build", "./..."]);
    came_to(
        &first,
        0,
        &[
            "Unpacked 2 modules (1.2 KiB, 0 already there)",
            "Ran go build in ",
            "exit code 0; 2 modules, no network",
        ],
    );
    came_to(&bench.exec(&[], &["go", "vet", "."]), 0, &["2 already there", "Ran go vet"]);
    let caches = bench.site.temp.join("caches/airgo/exec");
    let names: Vec<_> = fs::read_dir(&caches).unwrap().map(|e| e.unwrap().file_name()).collect();
    let [name] = names.as_slice() else { panic!("{names:?}") };
    assert_eq!(name.len(), 64);
    let env = ["go", "env", "GOMODCACHE", "GOPROXY", "GONOPROXY", "GOSUMDB", "GOFLAGS", "GOTOOLCHAIN"];
    let said = bench.exec(&["-q"], &env);
    came_to(&said, 0, &[]);
    assert_eq!(said.stderr, "");
    let dir = caches.join(name);
    assert_eq!(said.stdout.lines().collect::<Vec<_>>(), [text(&dir), "off", "none", "off", "", "local"]);
    // Where go would build from a vendor directory, it does not; nor does it fetch toolchains.
    bench.site.temp.write("main/vendor/modules.txt", "");
    let mut command = bench.command(&[], &["-q"], &["go", "env", "GOFLAGS", "GOTOOLCHAIN"]);
    command.env("GOTOOLCHAIN", "auto").env("GOFLAGS", "-trimpath");
    assert_eq!(run(command).stdout, "-trimpath -mod=readonly\npath\n");
    came_to(&bench.exec(&[], &["go", "build", "./..."]), 0, &[]);
}

#[test]
fn tests_have_a_loopback_and_nothing_has_a_network() {
    let Some(bench) = Bench::new() else { return };
    came_to(&bench.exec(&[], &["go", "test", "-run", "Loopback", "."]), 0, &["Ran go test"]);
    let failed = bench.exec(&[], &["go", "test", "-run", "Network", "."]);
    came_to(&failed, 1, &["Ran go test", "exit code 1"]);
    assert!(failed.stdout.contains("connect: connection refused"), "{}", failed.stdout);
    came_to(&bench.exec(&[], &["go", "generate", "./..."]), 1, &["Connection refused"]);
    came_to(&bench.exec(&["--allow-network"], &["go", "generate", "./..."]), 0, &["with the network"]);
    let allowed = bench.exec(&["--allow-network"], &["go", "test", "-run", "Network", "."]);
    came_to(&allowed, 0, &["2 modules, with the network"]);
}

#[test]
fn the_exit_code_is_the_commands_own() {
    let Some(bench) = Bench::new() else { return };
    came_to(&bench.exec(&[], &["sh", "-c", "exit 7"]), 7, &["Ran sh in ", "exit code 7"]);
    came_to(&bench.exec(&[], &["sh", "-c", "kill -KILL $$"]), 137, &["ended by signal 9, exit code 137"]);
    let missing = bench.exec(&[], &["no-such-command", "--token", "secret"]);
    came_to(&missing, 1, &["error: there is no command no-such-command", "nothing was run", "hint: "]);
    assert!(!missing.stderr.contains("Unpacked") && !missing.stderr.contains("secret"));
    let secret = bench.exec(&["-v"], &["true", "--token", "secret"]);
    came_to(&secret, 0, &["Ran true", "GOPROXY=off"]);
    assert!(!secret.stderr.contains("secret"), "{}", secret.stderr);

    let json = bench.exec(&["--json"], &["sh", "-c", "echo its own words; exit 3"]);
    came_to(&json, 3, &["its own words"]);
    let document: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&document["exitCode"], &document["modules"]), (&3.into(), &2.into()), "{document}");
    assert_eq!((&document["schema"], &document["command"]), (&"airgo.dev/exec/v1".into(), &"sh".into()));
}

#[test]
fn signals_are_for_the_command() {
    let Some(bench) = Bench::new() else { return };
    let script = "trap 'exit 9' TERM; trap 'echo again' HUP; echo ready; while :; do sleep 0.02; done";
    let mut command = bench.command(&[], &["-q"], &["sh", "-c", script]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let send = |signal: &str| {
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    };
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    send("-HUP");
    assert_eq!(lines.next().unwrap().unwrap(), "again");
    send("-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(9));
}

#[test]
fn nothing_is_run_with_a_bundle_that_is_refused() {
    let Some(bench) = Bench::new() else { return };
    let ran = bench.site.temp.join("ran");
    let touch = ["touch", text(&ran)];
    let bytes = fs::read(bench.site.bundle()).unwrap();
    let mut damaged = bytes.clone();
    let at = damaged.windows(10).position(|w| w == b"v1.0.0.zip").unwrap();
    damaged[at + 60] ^= 1;
    fs::write(bench.site.bundle(), damaged).unwrap();
    came_to(&bench.exec(&[], &touch), 11, &["error: checksum mismatch", "nothing was run"]);
    fs::write(bench.site.bundle(), &bytes).unwrap();
    bench.site.airgo.run(&["keygen", "-o", text(&bench.site.temp.join("other"))]).done();
    let mut command = bench.airgo.command();
    let other = bench.site.temp.join("other.pub");
    command.args(["exec", text(&bench.site.bundle()), "--trust", text(&other), "--"]).args(touch);
    came_to(&run(command), 10, &["error: no trusted key signed the bundle", "nothing was run"]);
    let deny = "[[plugin]]\nname = \"allowlist\"\nbuiltin = \"allowlist\"\nconfig.default = \"deny\"\n";
    let deny = bench.site.temp.write("deny.toml", deny);
    came_to(&bench.exec(&["--policy", text(&deny)], &touch), 12, &["policy refused", "nothing was run"]);
    assert!(!ran.exists());
    came_to(&bench.exec(&[], &touch), 0, &[]);
    assert!(ran.exists());
}

/// A listener on the loopback, and who dials it.
const LOOPBACK: &str = "import os, socket
s = socket.socket(); s.bind((\"127.0.0.1\", 0)); s.listen()
socket.create_connection(s.getsockname())
print(os.getuid(), os.getgid())
try: socket.create_connection((\"127.0.0.1\", int(os.environ[\"PORT\"])))
except ConnectionRefusedError: print(\"refused\")
";

#[test]
fn who_may_not_administer_the_system_gets_a_user_namespace() {
    let Some(bench) = Bench::new() else { return };
    if !require_tool("setpriv") || !require_tool("python3") {
        return;
    }
    let id = |flag| String::from_utf8(Command::new("id").arg(flag).output().unwrap().stdout).unwrap();
    let me = (id("-u"), id("-g"));
    let as_nobody: &[&str] = &["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];
    let (wrapper, wanted) = match me.0.trim() {
        "0" => (as_nobody, "65534 65534\nrefused\n".to_owned()),
        _ => (&["env"][..], format!("{} {}\nrefused\n", me.0.trim(), me.1.trim())),
    };
    let open = Command::new("chmod").args(["-R", "a+rwX"]).arg(bench.site.temp.path()).status();
    assert!(open.unwrap().success());
    // A tool of the machine, which everybody may run.
    let python =
        if std::path::Path::new("/usr/bin/python3").exists() { "/usr/bin/python3" } else { "python3" };
    let ran = bench.wrapped(wrapper, &[python, "-c", LOOPBACK]);
    came_to(&ran, 0, &["(network and user namespace)"]);
    assert_eq!(ran.stdout, wanted, "{}", ran.stderr);
}

/// A user who may make no network namespace: the filter, which leaves no loopback.
#[test]
fn where_namespaces_are_forbidden_sockets_are_refused() {
    let Some(bench) = Bench::new() else { return };
    let none = "echo 0 > /proc/sys/user/max_net_namespaces && exec \"$@\"";
    let wrapper: &[&str] = &["unshare", "-Ur", "sh", "-c", none, "sh"];
    came_to(
        &bench.wrapped(wrapper, &ASK),
        1,
        &["Network is unreachable", "no network and no loopback (seccomp)"],
    );
    came_to(&bench.wrapped(wrapper, &["go", "build", "./..."]), 0, &["(seccomp)"]);
    let tests = bench.wrapped(wrapper, &["go", "test", "-run", "Loopback", "."]);
    came_to(&tests, 1, &["(seccomp)"]);
}

/// Refuses unshare and seccomp, as the policy of a container engine may.
const FORBID: &str = r#"
import ctypes, os, struct, sys
numbers = {"x86_64": (272, 317), "aarch64": (97, 277)}[os.uname().machine]
op = lambda code, jt, jf, k: struct.pack("HBBI", code, jt, jf, k)
code = op(0x20, 0, 0, 0)
code += op(0x15, 1, 0, numbers[0]) + op(0x15, 0, 1, numbers[1])
code += op(0x06, 0, 0, 0x50000 | 1) + op(0x06, 0, 0, 0x7fff0000)
text = ctypes.create_string_buffer(code)
program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", 5, ctypes.addressof(text)))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0
os.execvp(sys.argv[1], sys.argv[1:])
"#;

#[test]
fn where_nothing_can_be_cut_it_is_said_and_a_flag_is_asked_for() {
    let Some(bench) = Bench::new() else { return };
    if !require_tool("python3") {
        return;
    }
    let ran = bench.site.temp.join("ran");
    let wrapper: &[&str] = &["python3", "-c", FORBID];
    let refused = bench.wrapped(wrapper, &["touch", text(&ran)]);
    came_to(
        &refused,
        1,
        &[
            "error: the system lets airgo cut no network for the command",
            "network namespace: Operation not permitted",
            "user namespace: Operation not permitted",
            "seccomp: ",
            "nothing was run",
            "--allow-network",
        ],
    );
    assert!(!ran.exists() && !refused.stderr.contains("Unpacked"));
    let allowed = run(bench.command(wrapper, &["--allow-network"], &["touch", text(&ran)]));
    came_to(&allowed, 0, &["with the network"]);
}

#[test]
fn govulncheck_is_told_of_a_copy_of_the_database() {
    let Some(bench) = Bench::new() else { return };
    let tool = bench.site.temp.write("bin/govulncheck", "#!/bin/sh\nexit 0\n");
    let mut mode = fs::metadata(&tool).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
    fs::set_permissions(&tool, mode).unwrap();
    came_to(&bench.exec(&[], &[text(&tool), "./..."]), 0, &["warning: govulncheck asks", "-db file:///DIR"]);
    for given in [&["-db=file:///x"][..], &["-db", "file:///x"]] {
        let quiet = bench.exec(&[], &[&[text(&tool)], given].concat());
        assert!(!quiet.stderr.contains("warning"), "{}", quiet.stderr);
    }
}
