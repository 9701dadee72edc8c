//! The commands of the pages in docs/, in order, over a small project.

use crate::site::{Site, text};
use airgo_testkit::require_tool;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// A directory with the project as `app` in which a page's commands have run.
struct Ran {
    place: PathBuf,
    said: String,
    _site: Site,
}

/// Runs the commands of a page; none where a tool is missing.
fn run(page: &str, prepare: impl FnOnce(&Site, &Path)) -> Option<Ran> {
    if !require_tool("go") || !require_tool("bash") {
        return None;
    }
    let site = Site::new();
    let place = site.temp.dir("team");
    fs::rename(site.project(), place.join("app")).unwrap();
    prepare(&site, &place);
    let file = site.temp.write("page.sh", script(page));
    let airgo = site.airgo.command();
    let tools = Path::new(airgo.get_program()).parent().unwrap();
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let mut bash = Command::new("bash");
    bash.args(["-eux", text(&file)]).current_dir(&place).env_clear();
    bash.envs(airgo.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", path);
    let out = bash.output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}");
    let said = said.into_owned();
    Some(Ran { place, said, _site: site })
}

impl Ran {
    #[track_caller]
    fn says(&self, words: &[&str]) {
        for word in words {
            assert!(self.said.contains(word), "{word}: {}", self.said);
        }
    }
}

#[test]
fn ten_steps_of_a_review_work_as_written() {
    let page = include_str!("../../docs/review.md");
    assert!(script(page).lines().filter(|line| line.starts_with("airgo ")).count() > 12);
    let Some(ran) = run(page, |_, _| {}) else { return };
    ran.says(&["Roles still missing: nothing", "Compared with app-1.airgo", "seen.json", "sequence"]);
    assert!(ran.place.join("cache/example.com/a@v1.0.0/a.go").is_file());
}

#[test]
fn the_page_on_trust_works_as_written() {
    let Some(ran) = run(include_str!("../../docs/trust.md"), |_, _| {}) else { return };
    ran.says(&[
        "hint: if the signer is the sender, name the sender's public key: --trust SENDER.pub",
        "error: reviewer needs 1 key (trust.toml:5), 0 of them signed",
        "an older bundle came back",
        "Verified app.airgo.sshsig by SHA256:",
    ]);
}

#[test]
fn the_page_on_media_works_as_written() {
    let Some(ran) = run(include_str!("../../docs/media.md"), |_, _| {}) else { return };
    ran.says(&["error: volume 2 of ", "need.json says what to send again", "Repaired repaired.airgo: "]);
}

#[test]
fn the_page_on_ci_works_as_written() {
    let Some(ran) = run(include_str!("../../docs/ci.md"), |_, _| {}) else { return };
    ran.says(&["::error file=app/go.mod,line=", "Unpacked 2 modules"]);
    for file in ["findings.sarif", "findings.json"] {
        let text = fs::read_to_string(ran.place.join(file)).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap();
    }
}

#[test]
fn the_page_on_policy_works_as_written() {
    let prepare = |site: &Site, place: &Path| {
        // Of a module that the project does not have.
        let files = crate::vulndb::go_database()
            .map(|(name, text)| (name, text.replace("example.com/b/v2", "example.com/z")));
        let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        fs::write(place.join("vulndb.zip"), crate::vulndb::zip(&files)).unwrap();
        site.airgo.run(&["keygen", "-o", text(&place.join("team.key"))]).done();
    };
    let Some(ran) = run(include_str!("../../docs/policy.md"), prepare) else { return };
    ran.says(&["error: policy refused ", "= excepted: the list is being written", "Imported "]);
}
