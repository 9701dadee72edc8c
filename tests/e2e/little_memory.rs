//! Where the machine grants little address space (`ulimit -v`).

use crate::airgo::{Run, run};
use crate::site::{Site, text};
use std::process::Command;

/// A command under a limit in KiB.
fn under(site: &Site, kib: u64, args: &[&str]) -> Run {
    let plain = site.airgo.command();
    let mut limited = Command::new("sh");
    limited.env_clear();
    for (name, value) in plain.get_envs() {
        limited.env(name, value.unwrap_or_default());
    }
    let script = format!("ulimit -v {kib} && exec \"$@\"");
    limited.args(["-c", &script, "sh"]).arg(plain.get_program()).args(args);
    run(limited)
}

#[test]
fn plugins_judge_the_same_under_a_limit() {
    let site = Site::new();
    site.pack().done();
    let (bundle, key) = (site.bundle(), site.public_key());
    let check = ["policy", "check", text(&bundle), "--trust", text(&key)];
    let free = under(&site, 1 << 40, &check).done().says(&["Evaluated 6 plugins"]);
    // The first of them compiles the plugins, one after the other.
    for mib in [400, 1 << 10, 4 << 10, 8 << 10] {
        let run = under(&site, mib << 10, &check).done();
        assert!(run.stderr.contains("Evaluated 6 plugins"), "{mib} MiB: {}", run.stderr);
        assert_eq!(run.stdout, free.stdout, "{mib} MiB");
    }
}

/// From what just holds the program itself up to what is enough.
#[test]
fn too_little_memory_is_an_error_with_a_hint_and_never_an_abort() {
    let site = Site::new();
    site.pack().done();
    let (bundle, key, project) = (site.bundle(), site.public_key(), site.project());
    let (bundle, key, project) = (text(&bundle), text(&key), text(&project));
    let (copy, cache) = (site.temp.join("copy.airgo"), site.modcache());
    let private = site.key();
    let commands: [&[&str]; 6] = [
        &["verify", bundle, "--trust", key],
        &["inspect", bundle, "--trust", key],
        &["unpack", bundle, "--trust", key, "--gomodcache", text(&cache)],
        &["policy", "check", bundle, "--trust", key],
        &["policy", "check", project],
        &["pack", project, "-o", text(&copy), "--key", text(&private)],
    ];
    let own = smallest(&site);
    for more in [2, 5, 10, 20, 30, 40, 60] {
        for command in commands {
            let json = [command, &["--json"]].concat();
            let run = under(&site, own + (more << 10), &json);
            let told = |words: &str| run.stderr.contains(words);
            let what = format!("{command:?} under {own} KiB and {more} MiB: {}: {}", run.code, run.stderr);
            assert!(!told("panicked") && !told("does not fit the world"), "{what}");
            match run.code {
                0 if command[0] == "policy" => assert!(told("Evaluated 6 plugins"), "{what}"),
                0 => {}
                1 => assert!(told("out of memory") && told("hint: raise the limit (ulimit -v"), "{what}"),
                _ => panic!("{what}"),
            }
            let document: serde_json::Value =
                serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {what}: {}", run.stdout));
            if run.code == 1 {
                assert_eq!(document["schema"], "airgo.dev/error/v1", "{what}");
                let message = document["error"]["message"].as_str().unwrap();
                assert!(
                    message.contains("out of memory") && message.contains(" MiB in use, under a limit of "),
                    "{what}"
                );
                assert_eq!(document["error"]["code"], 1, "{what}");
            }
        }
    }
}

/// The KiB under which the system starts airgo at all: its own code.
fn smallest(site: &Site) -> u64 {
    let starts = |mib: &u64| under(site, mib << 10, &["--version"]).code == 0;
    (10..1000).step_by(2).find(starts).expect("airgo starts in a GiB") << 10
}
