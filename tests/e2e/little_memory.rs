//! Plugins where the machine grants little address space (`ulimit -v`).

use crate::airgo::run;
use crate::site::{Site, text};
use std::process::Command;

/// `airgo policy check` of a bundle under a limit in KiB.
fn check_under(site: &Site, kib: u64) -> crate::airgo::Run {
    let plain = site.airgo.command();
    let mut limited = Command::new("sh");
    limited.env_clear();
    for (name, value) in plain.get_envs() {
        limited.env(name, value.unwrap_or_default());
    }
    let script = format!("ulimit -v {kib} && exec \"$@\"");
    limited.args(["-c", &script, "sh"]).arg(plain.get_program());
    let (bundle, key) = (site.bundle(), site.public_key());
    limited.args(["policy", "check", text(&bundle), "--trust", text(&key)]);
    run(limited)
}

#[test]
fn plugins_judge_the_same_under_a_limit_or_fail_loudly() {
    let site = Site::new();
    site.pack().done();
    let free = check_under(&site, 1 << 40).done().says(&["Judged by 6 plugins"]);
    for gib in [2, 4, 8] {
        let run = check_under(&site, gib << 20).done();
        assert!(run.stderr.contains("Judged by 6 plugins"), "{gib} GiB: {}", run.stderr);
        assert_eq!(run.stdout, free.stdout, "{gib} GiB");
    }
    // Far too little: never a pass.
    for mib in [60, 100] {
        let run = check_under(&site, mib << 10);
        let judged = run.stderr.contains("Judged by 6 plugins");
        assert!(run.code != 0 || judged, "{mib} MiB: {}", run.stderr);
        assert!(!run.stderr.contains("does not fit the world"), "{mib} MiB: {}", run.stderr);
    }
}
