//! The commands of docs/review.md, in order, over a small project.

use crate::site::{Site, text};
use airgo_testkit::require_tool;
use std::fs;
use std::path::Path;
use std::process::Command;

const PAGE: &str = include_str!("../../docs/review.md");

/// The `sh` blocks of a page, as one script.
fn script(page: &str) -> String {
    let (mut out, mut inside) = (String::new(), false);
    for line in page.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            line if inside => out += &format!("{line}\n"),
            _ => {}
        }
    }
    out
}

#[test]
fn ten_steps_of_a_review_work_as_written() {
    if !require_tool("go") || !require_tool("bash") {
        return;
    }
    let site = Site::new();
    let place = site.temp.dir("team");
    fs::rename(site.project(), place.join("app")).unwrap();
    let script = script(PAGE);
    assert!(script.lines().filter(|line| line.starts_with("airgo ")).count() > 12, "{script}");
    let airgo = site.airgo.command();
    let mut bash = Command::new("bash");
    let (file, tools) =
        (site.temp.write("review.sh", &script), Path::new(airgo.get_program()).parent().unwrap());
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    bash.args(["-eu", text(&file)]).current_dir(&place).env_clear();
    bash.envs(airgo.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", path);
    let out = bash.output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}");
    for words in ["Roles still missing: nothing", "Compared with app-1.airgo", "seen.json", "sequence"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(place.join("cache/example.com/a@v1.0.0/a.go").is_file());
}
