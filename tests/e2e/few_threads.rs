//! Where the machine starts few threads and processes (`ulimit -u`, a container's
//! limit of pids).

use crate::airgo::{Airgo, Run, run};
use crate::site::{Site, text};
use airgo_testkit::require_tool;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

/// A user who runs nothing else; root is under no such limit.
const NOBODY: u32 = 65_433;

/// Whether processes of this test can be those of [`NOBODY`].
fn is_root(site: &Site) -> bool {
    std::fs::metadata(site.temp.path()).unwrap().uid() == 0
}

/// A command under a limit of processes; ended by force where it hangs.
fn under(airgo: &Airgo, limit: u32, args: &[&str]) -> Run {
    let plain = airgo.command();
    let mut limited = Command::new("prlimit");
    limited.env_clear().current_dir(plain.get_current_dir().unwrap());
    for (name, value) in plain.get_envs() {
        limited.env(name, value.unwrap_or_default());
    }
    limited.arg(format!("--nproc={limit}:{limit}")).arg(plain.get_program()).args(args);
    limited.uid(NOBODY);
    run(limited)
}

fn open_to_all(path: &Path) {
    let access = if path.is_dir() { 0o777 } else { 0o666 };
    std::fs::set_permissions(path, PermissionsExt::from_mode(access)).unwrap();
    if path.is_dir() {
        std::fs::read_dir(path).unwrap().for_each(|entry| open_to_all(&entry.unwrap().path()));
    }
}

#[test]
fn a_thread_that_does_not_start_is_an_error_with_a_hint_and_nothing_hangs() {
    let site = Site::new();
    if !is_root(&site) || !require_tool("prlimit") {
        return;
    }
    site.pack().done();
    let (bundle, key, project) = (site.bundle(), site.public_key(), site.project());
    let (bundle, key, project) = (text(&bundle), text(&key), text(&project));
    let cache = site.temp.join("cache");
    std::fs::create_dir(&cache).unwrap();
    let sign = ["sign", bundle, "--trust", key, "--sign-with", "cat", "--public-key", key, "--replace"];
    let commands: [&[&str]; 4] = [
        &["resolve", project],
        &["policy", "check", bundle, "--trust", key],
        &["policy", "check", project],
        &sign,
    ];
    open_to_all(site.temp.path());
    let direct = Airgo::new("direct").env("GOSUMDB", "off").env("AIRGO_CACHE", text(&cache));
    let proxy = Airgo::new(&site.proxy.url()).env("GOSUMDB", "off").env("AIRGO_CACHE", text(&cache));
    for airgo in [&direct, &proxy] {
        open_to_all(airgo.command().get_current_dir().unwrap());
        for limit in [1, 2, 3, 4, 5, 6, 8] {
            for command in commands {
                let run = under(
                    airgo,
                    limit,
                    &[command, &["--json", "--retries", "0"][..if command[0] == "resolve" { 3 } else { 1 }]]
                        .concat(),
                );
                let what = format!("{command:?} under {limit}: {}: {}", run.code, run.stderr);
                assert!(!run.stderr.contains("panicked"), "{what}");
                assert!(run.code == 0 || run.code == 1, "{what}");
                serde_json::from_str::<serde_json::Value>(&run.stdout)
                    .unwrap_or_else(|e| panic!("{e}: {what}"));
                if run.stderr.contains("threads or processes") {
                    assert!(
                        run.stderr.contains("hint: raise the limit of processes and threads (ulimit -u"),
                        "{what}"
                    );
                }
                assert!(
                    limit > 1
                        || command[0] == "sign"
                        || run.stderr.contains("threads or processes, under a limit of 1"),
                    "{what}"
                );
            }
        }
    }
}
