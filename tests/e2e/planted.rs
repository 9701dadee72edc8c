//! A secret is planted into every setting that airgo reads, and stands in
//! nothing that airgo prints or writes. The settings are those of the code's own
//! list, which another test holds against the code.

use crate::airgo::{Airgo, Run};
use crate::secrets::payloads;
use crate::site::{main_module, small_world, text};
use airgo_app::settings::{ALL, Known};
use airgo_gomod::setting::Form;
use airgo_testkit::{Fault, Go, Proxy, TempTree, require_tool};
use std::fs;
use std::path::{Path, PathBuf};

/// In every planted word.
pub const MARK: &str = "pl4nted";

/// Directories and files of this machine, which are no secret: where one cannot
/// be used its name is what helps. What finds programs is not to be taken away.
const PLACES: [&str; 13] = [
    "HOME",
    "PATH",
    "USERPROFILE",
    "LocalAppData",
    "AppData",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "AIRGO_CACHE",
    "AIRGO_KEY",
    "AIRGO_TRUST",
    "AIRGO_LAST_SEEN",
    "GOPATH",
    "CARGO_HOME",
];

/// Addresses with a secret wherever one can stand.
fn planted(known: Known, proxy: &Proxy) -> Vec<String> {
    let at =
        |host: &str| format!("https://user:{MARK}-password@{host}/{MARK}-path/x?t={MARK}-query#{MARK}-end");
    let address = at("127.0.0.1:9");
    match known.form {
        Form::Addresses if known.name == "GOPROXY" => vec![
            format!("{}/{MARK}-path/go?t={MARK}-query", proxy.url()),
            format!("{address}|{}/{MARK}-path/go?t={MARK}-query", proxy.url()),
            address.clone(),
            format!("{MARK}-word"),
            format!("ftp://{MARK}@h.example/{MARK}"),
        ],
        Form::Database => {
            vec![format!("sum.golang.org {address}"), address.clone(), format!("{MARK} {MARK} {MARK}")]
        }
        // Of a page of a CI system the path is meant to be seen.
        Form::Link => vec![format!("https://user:{MARK}-password@ci.example/job/1?t={MARK}-query")],
        Form::Command => vec![
            address.clone(),
            format!("-ldflags=-X main.token={MARK}"),
            format!("-mod={address}"),
            format!("-modcacherw={address}"),
            format!("TOKEN={MARK} helper --token {MARK}"),
            format!("{address};{address}"),
        ],
        Form::Hidden => vec![format!("{MARK}-passphrase")],
        Form::Words => vec![address.clone(), format!("public:{address}"), format!("user:{MARK}@h.example")],
        Form::Addresses | Form::Plain => vec![address],
    }
}

/// A project, a proxy below a path with a secret, and what airgo writes.
struct Bench {
    proxy: Proxy,
    temp: TempTree,
}

impl Bench {
    fn new() -> Self {
        let (world, temp) = (small_world(), TempTree::new());
        let proxy = Proxy::serve(&world);
        main_module().write_dir(&temp.dir("main"));
        temp.write("main/go.sum", world.go_sum());
        temp.write("main/airgo.toml", "[[plugin]]\nname = \"native\"\nbuiltin = \"native\"\n");
        temp.dir("out");
        Self { proxy, temp }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.temp.join(name)
    }

    /// Runs every command that may show a setting.
    fn run_all(&self, airgo: &Airgo, what: &str) -> Vec<i32> {
        let [project, bundle, cache] = ["main", "out/app.airgo", "modcache"].map(|name| self.path(name));
        let (project, bundle, cache) = (text(&project), text(&bundle), text(&cache));
        let [key, report] = ["key", "out/report.sarif"].map(|name| self.path(name));
        let public = format!("{}.pub", text(&key));
        let once = ["--retries", "0", "--timeout", "1s"];
        let commands: [Vec<&str>; 10] = [
            vec!["keygen", "-o", text(&key)],
            [&["resolve", "-v", project], &once[..]].concat(),
            [&["pack", "-v", project, "-o", bundle, "--key", text(&key)], &once[..]].concat(),
            [&["pack", "--json", project, "-o", bundle, "--key", text(&key)], &once[..]].concat(),
            [&["doctor", "-v", project], &once[..]].concat(),
            [&["doctor", "--json", project], &once[..]].concat(),
            [&["policy", "check", "-v", "--format", "sarif", project], &once[..]].concat(),
            vec!["unpack", "-v", bundle, "--gomodcache", cache, "--trust", &public],
            vec!["inspect", "--json", bundle, "--trust", &public],
            vec!["why", "-v", bundle, "example.com/a", "--trust", &public],
        ];
        let mut codes = Vec::new();
        for args in commands {
            let run = airgo.run(&args);
            fs::write(&report, &run.stdout).unwrap();
            clean_run(what, &args, &run);
            codes.push(run.code);
        }
        for (file, (_, bytes)) in crate::site::snapshot(&self.path("out")) {
            clean(&format!("{what}: {}", file.display()), &bytes);
            for payload in payloads(&bytes) {
                clean(&format!("{what}: a statement"), payload.as_bytes());
            }
        }
        codes
    }
}

#[track_caller]
pub fn clean_run(what: &str, args: &[&str], run: &Run) {
    clean(&format!("{what}: stdout of {args:?}\n{}", run.stdout), run.stdout.as_bytes());
    clean(&format!("{what}: stderr of {args:?}\n{}", run.stderr), run.stderr.as_bytes());
}

#[track_caller]
pub fn clean(what: &str, bytes: &[u8]) {
    assert!(!bytes.windows(MARK.len()).any(|w| w == MARK.as_bytes()), "the secret is in {what}");
}

fn walk(known: Known) {
    for (place, value) in planted(known, &Proxy::serve(&small_world())).into_iter().enumerate() {
        let bench = Bench::new();
        let value = match known.name {
            "GOPROXY" => planted(known, &bench.proxy).swap_remove(place),
            _ => value,
        };
        let goproxy = match known.name {
            "GOPROXY" => {
                bench.proxy.below(&format!("{MARK}-path/go"));
                value.clone()
            }
            _ => bench.proxy.url(),
        };
        let airgo = Airgo::new(&goproxy).env("GOSUMDB", "off").env(known.name, &value);
        let what = format!("{}={value}", known.name);
        let codes = bench.run_all(&airgo, &what);
        // Something must have come of it where the setting is sound.
        if known.name == "GOPROXY" && place < 2 {
            assert_eq!(codes[2], 0, "{what}: {codes:?}");
        }
        // What go.sum lacks is asked of the database, and modules of their own
        // repositories; an HTTP proxy that nobody runs keeps all that on this machine.
        if !matches!(known.name, "GOPROXY" | "NO_PROXY" | "HTTPS_PROXY") {
            let bench = Bench::new();
            bench.temp.write("main/go.sum", "");
            for goproxy in [bench.proxy.url(), "direct".to_owned()] {
                let airgo = Airgo::new(&goproxy).env("HTTPS_PROXY", "http://127.0.0.1:9");
                bench.run_all(&airgo.env(known.name, &value), &format!("{what} and GOPROXY={goproxy}"));
            }
        }
        // Servers that refuse and repeat what they were asked.
        let bench = Bench::new();
        if known.name == "GOPROXY" && place == 0 {
            let value = planted(known, &bench.proxy).swap_remove(place);
            for fault in
                [Fault::Echo(403), Fault::Echo(404), Fault::Echo(500), Fault::Html, Fault::Truncate(5)]
            {
                bench.proxy.heal().fault("", fault.clone());
                let airgo = Airgo::new(&value);
                let codes = bench.run_all(&airgo, &format!("{what} and {fault:?}"));
                assert_eq!(codes[2], 1, "{fault:?}");
            }
        }
    }
}

#[test]
fn no_setting_is_shown_or_recorded() {
    let settings: Vec<Known> = ALL.iter().copied().filter(|known| !PLACES.contains(&known.name)).collect();
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..8)
            .map(|lane| {
                let mine: Vec<Known> = settings.iter().copied().skip(lane).step_by(8).collect();
                scope.spawn(move || mine.into_iter().for_each(walk))
            })
            .collect();
        let failed = all.into_iter().filter_map(|lane| lane.join().err()).count();
        assert_eq!(failed, 0, "see above");
    });
}

/// Whoever reads a further variable has to put it into the list.
#[test]
fn the_list_has_every_variable_that_the_code_reads() {
    const READS: [&str; 8] = [
        "env::var(\"",
        "env::var_os(\"",
        "env = \"",
        "lookup(\"",
        "get(\"",
        "tools.env(\"",
        "var(\"",
        "path(\"",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let mut todo: Vec<PathBuf> = [
        "host/app/src",
        "host/cli/src",
        "host/fetch/src",
        "host/author/src",
        "host/policy/src",
        "host/modcache/src",
        "bundles/src",
    ]
    .map(|dir| root.join(dir))
    .to_vec();
    let mut found = Vec::new();
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let source = fs::read_to_string(&path).unwrap_or_default();
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        for read in READS {
            for rest in code.split(read).skip(1) {
                let name = rest.split('"').next().unwrap_or_default();
                let is_name = name.len() > 2 && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
                if is_name && !found.contains(&name.to_owned()) {
                    found.push(name.to_owned());
                }
            }
        }
    }
    let missing: Vec<&String> = found.iter().filter(|name| !ALL.iter().any(|k| k.name == **name)).collect();
    assert!(missing.is_empty(), "host/app/src/settings.rs lacks {missing:?}");
    // The scan does find them.
    for name in ["HTTPS_PROXY", "AIRGO_TRUST", "SSL_CERT_FILE", "GIT_ALLOW_PROTOCOL", "CARGO_HOME"] {
        assert!(found.iter().any(|f| f == name), "{found:?}");
    }
}

#[test]
fn what_is_named_like_a_setting_of_go_is_one() {
    if !require_tool("go") {
        return;
    }
    let temp = TempTree::new();
    let known = Go::with_proxy("off").run(temp.path(), &["env", "-json"]);
    let known: serde_json::Value = serde_json::from_str(&known).unwrap();
    // That one is govulncheck's (golang.org/x/vuln internal/scan).
    for setting in ALL.iter().filter(|k| k.name.starts_with("GO") && k.name != "GOVULNDB") {
        assert!(known.get(setting.name).is_some(), "{} is none of go's", setting.name);
    }
}
