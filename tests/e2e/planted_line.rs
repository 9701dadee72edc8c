//! A secret is planted into every argument of every command, and stands in
//! nothing that airgo prints or writes. The arguments are those of the command
//! line as it is parsed.

use crate::airgo::Airgo;
use crate::manual;
use crate::planted::{MARK, clean, clean_run};
use crate::secrets::payloads;
use crate::site::{Site, snapshot, text};
use airgo_testkit::Fault;
use clap::{Arg, Command};
use std::fs;

/// What is written down and read by design, so that a secret in it is nobody
/// else's fault: command and argument.
const MEANT_TO_BE_READ: [(&str, &str); 5] = [
    ("pack", "comment"),
    ("convert", "comment"),
    ("sign", "comment"),
    ("keygen", "comment"),
    // What is run may be anything.
    ("exec", "command"),
];

/// Commands that are walked at once.
const LANES: usize = 4;

/// A command that does something, by its words after `airgo`.
struct Leaf {
    path: String,
    command: Command,
}

fn leaves(command: &Command, path: &str, all: &mut Vec<Leaf>) {
    for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
        let path = format!("{path} {}", sub.get_name()).trim_start().to_owned();
        match sub.has_subcommands() {
            true => leaves(sub, &path, all),
            false => all.push(Leaf { path, command: sub.clone() }),
        }
    }
}

/// All commands, with the flags that all have.
fn commands() -> Vec<Leaf> {
    let (mut command, mut all) = (manual::command(), Vec::new());
    command.build();
    leaves(&command, "", &mut all);
    all
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

/// A project, its bundle and what else commands take, in a directory of its own.
struct Bench {
    site: Site,
    airgo: Airgo,
}

impl Bench {
    fn new() -> Self {
        let site = Site::new();
        site.temp.write("config.toml", "");
        site.temp.write("data/.keep", "");
        let bench = Self { airgo: Airgo::new(&site.proxy.url()).env("GOSUMDB", "off"), site };
        bench.site.pack().done();
        fs::copy(bench.site.bundle(), bench.site.temp.join("app.airgo")).unwrap();
        fs::remove_dir_all(bench.site.temp.join("out")).unwrap();
        bench.site.temp.dir("out");
        bench.site.temp.write("team.wasm", include_bytes!("../../plugins/built/allowlist.wasm"));
        bench
    }

    /// Arguments with which each command does its work: by name, values.
    fn sound(&self, path: &str) -> Vec<(&'static str, String)> {
        let file = |name: &str| text(&self.site.temp.join(name)).to_owned();
        let bundle = || file("app.airgo");
        let trust = || ("trust", file("key.pub"));
        let key = || ("key", file("key"));
        match path {
            "pack" => vec![("dirs", file("main")), ("output", file("out/new.airgo")), key()],
            "verify" => vec![("files", bundle()), trust()],
            "unpack" => vec![("files", bundle()), trust(), ("gomodcache", file("modcache"))],
            "image" => vec![("files", bundle()), trust(), ("output", file("out/deps.tar"))],
            "exec" => vec![
                ("file", bundle()),
                ("command", "true".to_owned()),
                trust(),
                ("gomodcache", file("modcache")),
            ],
            "env" => vec![("file", bundle()), trust()],
            "check" => vec![("file", bundle()), ("dir", file("main")), trust()],
            "vendor" => vec![("dir", file("main")), ("bundle", bundle()), trust()],
            "inspect" => vec![("file", bundle()), trust()],
            "diff" => vec![("old", bundle()), ("new", bundle()), trust()],
            "why" => vec![("file", bundle()), ("module", "example.com/a".to_owned()), trust()],
            "policy check" => vec![("targets", bundle()), trust()],
            "policy init" => vec![("dir", file("data"))],
            "plugin new" => vec![("name", "x".to_owned()), ("dir", file("out/plugin"))],
            "plugin build" | "plugin test" => vec![("dir", file("data")), ("plugin", file("data"))],
            "plugin compile" => {
                vec![("plugin", file("team.wasm")), ("output", file("out/team.compiled")), key()]
            }
            "plugin inspect" => vec![("plugin", "builtin:allowlist".to_owned())],
            "plugin bench" => vec![("plugin", "builtin:allowlist".to_owned()), ("runs", "1".to_owned())],
            "sign" => vec![("file", bundle()), key(), trust(), ("detached", "raw".to_owned())],
            "convert" => vec![("files", bundle()), ("output", file("out/other.airgo")), key(), trust()],
            "repair" => vec![("files", bundle()), trust(), ("output", file("out/whole.airgo"))],
            "resend" => {
                vec![("request", file("config.toml")), ("file", bundle()), ("output", file("out/patch"))]
            }
            "keygen" => vec![("output", file("out/new.key"))],
            "key show" | "key export" => vec![("file", file("key"))],
            "resolve" | "doctor" => vec![("dir", file("main"))],
            "cache show" | "cache verify" | "cache clear" => vec![("cache", file("store"))],
            "cache trim" => vec![("cache", file("store")), ("max_age", "30d".to_owned())],
            "vulndb import" => vec![("sources", file("data")), ("output", file("out/db"))],
            "vulndb info" => vec![("file", file("config.toml"))],
            "completions" => vec![("shell", "bash".to_owned())],
            "man" => vec![("dir", file("out/man"))],
            "version" => vec![],
            other => panic!("how is airgo {other} run? name sound arguments here"),
        }
    }

    /// The command line with `value` for this argument.
    fn line(&self, leaf: &Leaf, planted: &Arg, value: &str) -> Vec<String> {
        let mut sound = self.sound(&leaf.path);
        let name = planted.get_id().as_str();
        let file = |name: &str| text(&self.site.temp.join(name)).to_owned();
        match name {
            "sign_with" => sound.push(("public_key", file("key.pub"))),
            "public_key" => sound.push(("sign_with", "false".to_owned())),
            "config" if leaf.path == "policy check" => sound.push(("plugin", "builtin:native".to_owned())),
            _ => {}
        }
        if matches!(name, "sign_with" | "public_key") {
            sound.retain(|(name, _)| *name != "key");
        }
        let has = |wanted: &str| leaf.command.get_arguments().any(|a| a.get_id().as_str() == wanted);
        for (name, value) in [("retries", "0"), ("timeout", "1s"), ("cache", "")] {
            if has(name) && !sound.iter().any(|(n, _)| *n == name) {
                let value = if value.is_empty() { file("store") } else { value.to_owned() };
                sound.push((name, value));
            }
        }
        let mut line: Vec<String> = leaf.path.split(' ').map(str::to_owned).collect();
        if leaf.path == "vendor" {
            line.push("--check".to_owned());
        }
        if leaf.path == "convert" && name != "exact" {
            line.push("--compact".to_owned());
        }
        let mut behind = Vec::new();
        for arg in leaf.command.get_arguments() {
            let id = arg.get_id().as_str();
            let value = match id == name {
                true => Some(value),
                false => sound.iter().find(|(name, _)| *name == id).map(|(_, value)| value.as_str()),
            };
            if arg.is_last_set() {
                behind.extend(value.map(str::to_owned));
                continue;
            }
            line.extend(value.and(arg.get_long()).map(|long| format!("--{long}")));
            line.extend(value.map(str::to_owned));
        }
        if !behind.is_empty() {
            line.push("--".to_owned());
        }
        line.extend(behind);
        line
    }
}

/// What an argument takes, as help names it.
fn kind(arg: &Arg) -> &str {
    arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str())
}

/// Values with a secret in them, in the forms that an argument of this kind may have.
fn planted(arg: &Arg, proxy: &str) -> Vec<String> {
    let address = format!("https://user:{MARK}-p@127.0.0.1:9/{MARK}/all.zip?t={MARK}#{MARK}");
    match kind(arg) {
        "CMD" => vec![
            format!("false --token {MARK}"),
            format!("no-such-program --token {MARK}"),
            format!("false --token '{MARK}"),
            format!("TOKEN={MARK} sign"),
            address,
        ],
        "SOURCE" => vec![
            format!("{proxy}/{MARK}-path?t={MARK}"),
            address.replace("/all.zip", ""),
            format!("ftp://user:{MARK}@h/{MARK}"),
            format!("user:{MARK}@host.example/{MARK}"),
            address,
        ],
        _ => vec![address, format!("user:{MARK}@host.example/{MARK}")],
    }
}

/// Runs a command with each of its arguments planted.
fn walk(leaf: &Leaf) {
    for arg in leaf.command.get_arguments().filter(|arg| takes_value(arg)) {
        if MEANT_TO_BE_READ.contains(&(leaf.path.as_str(), arg.get_id().as_str())) {
            continue;
        }
        let bench = Bench::new();
        bench.site.proxy.fault(MARK, Fault::Echo(403));
        for value in planted(arg, &bench.site.proxy.url()) {
            for mode in ["-v", "--json"] {
                let mut line = bench.line(leaf, arg, &value);
                line.insert(0, mode.to_owned());
                let run = bench.airgo.run(&line);
                let shown: Vec<&str> = line.iter().map(String::as_str).collect();
                clean_run("an argument", &shown, &run);
                // Only what may be a command or an address is used.
                let used = kind(arg) == "SOURCE" || kind(arg) == "CMD" && !value.contains('\'');
                assert_eq!(run.code == 2, !used, "{line:?}: {}", run.stderr);
            }
        }
        for (file, (_, bytes)) in snapshot(&bench.site.temp.join("out")) {
            clean(&file.display().to_string(), &bytes);
            payloads(&bytes).iter().for_each(|payload| clean("a statement", payload.as_bytes()));
        }
    }
}

#[test]
fn no_argument_is_shown_or_recorded() {
    let all = commands();
    let count: usize = all.iter().map(|l| l.command.get_arguments().filter(|a| takes_value(a)).count()).sum();
    assert!(all.len() > 25 && count > 100, "{} commands, {count} arguments", all.len());
    for (path, name) in MEANT_TO_BE_READ {
        let there = |leaf: &&Leaf| leaf.path == path;
        let has =
            all.iter().find(there).is_some_and(|l| l.command.get_arguments().any(|a| a.get_id() == name));
        assert!(has, "airgo {path} has no {name}");
    }
    let failed: Vec<&str> = std::thread::scope(|scope| {
        let lane = |first: usize| {
            let mine = all.iter().skip(first).step_by(LANES);
            // A thread each, so that one that fails does not hide the next.
            mine.filter(|leaf| std::thread::scope(|inner| inner.spawn(|| walk(leaf)).join().is_err()))
                .map(|leaf| leaf.path.as_str())
                .collect::<Vec<_>>()
        };
        let lanes: Vec<_> = (0..LANES).map(|first| scope.spawn(move || lane(first))).collect();
        lanes.into_iter().flat_map(|lane| lane.join().unwrap()).collect()
    });
    assert!(failed.is_empty(), "see above: {failed:?}");
}

/// A line that is wrong is repeated to the user, without what was typed.
#[test]
fn no_wrong_command_line_is_shown_whole() {
    let bench = Bench::new();
    let address = format!("https://user:{MARK}@127.0.0.1:9/{MARK}?t={MARK}");
    for leaf in commands() {
        let words: Vec<&str> = leaf.path.split(' ').collect();
        for mode in ["-v", "--json"] {
            for more in [&["--no-such-flag", &address][..], &[&address, &address, &address, &address]] {
                let args = [&words[..], more, &[mode]].concat();
                clean_run("a wrong line", &args, &bench.airgo.run(&args));
            }
        }
    }
}
