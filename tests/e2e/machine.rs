//! `airgo doctor` and `airgo cache`: the way to the modules, and what is kept.

use crate::airgo::Airgo;
use crate::site::{Site, snapshot, text};
use airgo_testkit::{Module, World, require_tool, sha256_hex};
use std::fs;

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn doctor_finds_nothing_wrong_with_a_proxy_that_works() {
    let site = Site::new();
    let airgo = Airgo::new(&site.proxy.url()).env("GOSUMDB", "off");
    let run = airgo.run(&["doctor", text(&site.project())]).done();
    assert!(run.stdout.contains("goproxy") && !run.stdout.contains("FAILED"), "{}", run.stdout);
    // It asked for a module of the project's own.
    assert!(site.proxy.count("example.com/a/@v/v1.0.0.info") > 0);
    let document = json(&airgo.run(&["doctor", "--json", text(&site.project())]).done().stdout);
    assert_eq!(document["schema"], "airgo.dev/doctor/v1");
    assert!(document["checks"].as_array().unwrap().len() > 4, "{document}");
}

#[test]
fn doctor_names_the_proxy_that_does_not_answer_and_the_fix() {
    let site = Site::new();
    let airgo = Airgo::new("http://127.0.0.1:1").env("GOSUMDB", "off");
    let run = airgo.run(&["doctor", text(&site.project())]).ends(1).says(&["failed", "hint:"]);
    let mut rows = run.stdout.lines().skip_while(|l| !l.contains("FAILED"));
    assert!(rows.next().unwrap_or_default().contains("127.0.0.1:1"), "{}", run.stdout);
    assert!(rows.any(|l| l.trim_start().starts_with("fix:")), "{}", run.stdout);
    let document = json(&airgo.run(&["doctor", "--json", text(&site.project())]).stdout);
    assert!(document["error"]["report"]["failed"].as_u64().unwrap() > 0, "{document}");
}

#[test]
fn doctor_says_that_the_closed_side_has_no_network() {
    if !require_tool("unshare") {
        return;
    }
    let site = Site::new();
    let run = Airgo::air_gapped().env("GOSUMDB", "off").run(&["doctor", text(&site.project())]);
    let rows: Vec<&str> = run.stdout.lines().filter(|line| line.contains("there is no route")).collect();
    assert!(rows.len() == 1 && rows[0].contains("WARNING"), "{}", run.stdout);
    assert!(run.stdout.contains("airgo unpack needs no network"), "{}", run.stdout);
    let run = site.airgo.run(&["doctor", text(&site.project())]);
    assert!(!run.stdout.contains("there is no route"), "{}", run.stdout);
}

#[test]
fn the_store_is_shown_trimmed_verified_and_cleared() {
    let site = Site::new();
    let cache = site.temp.join("cache");
    let airgo = Airgo::new(&site.proxy.url()).env("AIRGO_CACHE", text(&cache));
    let bundle = site.temp.join("b.airgo");
    // The built-in plugins were compiled with airgo; this one is somebody's own.
    let own = [include_bytes!("../../plugins/built/allowlist.wasm"), &b"\0\x05\x04test"[..]].concat();
    site.temp.write("own.wasm", &own);
    let policy =
        format!("[[plugin]]\nname = \"own\"\npath = \"own.wasm\"\nsha256 = \"{}\"\n", sha256_hex(&own));
    let policy = site.temp.write("policy.toml", policy);
    let pack =
        || airgo.run(&["pack", text(&site.project()), "-o", text(&bundle), "--policy", text(&policy)]).done();
    pack();
    let shown = json(&airgo.run(&["cache", "show", "--json"]).done().stdout);
    assert_eq!(shown["byKind"]["zip"]["files"], 2, "{shown}");
    assert!(airgo.run(&["cache", "show"]).done().stdout.contains("today"));

    assert!(shown["plugins"]["code"]["files"].as_u64().unwrap() > 0, "{shown}");

    // Everything is there: the network is asked for nothing.
    let before = site.proxy.requests().len();
    pack();
    assert_eq!(site.proxy.requests().len(), before, "a second pack asked the network");

    airgo.run(&["cache", "verify"]).done().says(&["Verified"]);
    let victim = snapshot(&cache.join("store"))
        .into_iter()
        .filter(|(_, (_, bytes))| bytes.starts_with(b"PK"))
        .map(|(path, _)| path)
        .next()
        .unwrap();
    let mut bytes = fs::read(&victim).unwrap();
    bytes[40] ^= 1;
    let _ = fs::remove_file(&victim);
    fs::write(&victim, bytes).unwrap();
    airgo.run(&["cache", "verify"]).ends(1).says(&["1 file is damaged in the download cache", "--repair"]);
    airgo.run(&["cache", "verify", "--repair"]).done().says(&["removed"]);
    airgo.run(&["cache", "verify"]).done();
    pack();

    airgo.run(&["cache", "trim"]).ends(2);
    airgo.run(&["cache", "trim", "--max-age", "30d"]).done().says(&["Removed 0 files"]);
    airgo.run(&["cache", "trim", "--max-size", "0"]).done();
    let shown = json(&airgo.run(&["cache", "show", "--json"]).done().stdout);
    assert_eq!(shown["all"]["files"], 0, "{shown}");
    pack();
    airgo.run(&["cache", "clear"]).done().says(&["cached for plugins"]);
    let shown = json(&airgo.run(&["cache", "show", "--json"]).done().stdout);
    assert_eq!(
        (&shown["all"]["files"], &shown["plugins"]["code"]["files"]),
        (&0.into(), &0.into()),
        "{shown}"
    );
}

#[test]
fn an_unknown_name_server_is_usage_and_a_silent_one_an_error() {
    let site = Site::new();
    let (project, bundle) = (site.project(), site.temp.join("b.airgo"));
    let pack = ["pack", text(&project), "-o", text(&bundle)];
    site.airgo.run(&[&pack[..], &["--dns", "name"]].concat()).ends(2);
    // A port that nobody listens on; the proxy has a name that must be resolved.
    let airgo = Airgo::new("http://proxy.invalid");
    let run =
        airgo.run(&[&pack[..], &["--dns", "127.0.0.1:1", "--timeout", "2s", "--retries", "0"]].concat());
    run.ends(1).says(&["proxy.invalid", "127.0.0.1"]);
}

/// 64 files are what some builders allow: less runs at once, and all is done.
#[test]
fn few_open_files_slow_down_and_stop_nothing() {
    let modules = (0..80)
        .map(|i| Module::new(format!("example.com/m{i}"), "v1.0.0").go("1.21").file("m.go", "package m\n"));
    let world = modules.fold(World::new(), World::with);
    let main = (0..80).fold(Module::project("example.com/main").go("1.21"), |main, i| {
        main.require(&format!("example.com/m{i}"), "v1.0.0")
    });
    let imports: String = (0..80).map(|i| format!("import _ \"example.com/m{i}\"\n")).collect();
    let site =
        Site::of(world, &main.file("main.go", format!("package main\n\n{imports}\nfunc main() {{}}\n")));
    let airgo = site.airgo.command();
    let (program, cache) = (airgo.get_program().to_owned(), site.modcache());
    let limited = |args: &[&str]| {
        let mut cmd = std::process::Command::new("sh");
        cmd.envs(airgo.get_envs().filter_map(|(name, value)| Some((name, value?))));
        cmd.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""]).arg(&program).args(args);
        cmd.current_dir(site.temp.path());
        crate::airgo::run(cmd).done();
    };
    let (project, bundle, key, public) = (site.project(), site.bundle(), site.key(), site.public_key());
    limited(&["pack", text(&project), "-o", text(&bundle), "--key", text(&key)]);
    limited(&["unpack", text(&bundle), "--trust", text(&public), "--gomodcache", text(&cache)]);
}
