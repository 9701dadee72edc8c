//! `airgo policy`: what was found, for people, scanners and CI.

use crate::site::{Site, text};
use airgo_testkit::Module;
use std::path::PathBuf;

/// Everything but example.com/a is denied.
fn deny(site: &Site) -> PathBuf {
    let text = "[[plugin]]\nname = \"allowlist\"\nbuiltin = \"allowlist\"\nconfig.default = \"deny\"\nconfig.allow = [\"example.com/a\"]\n";
    site.temp.write("deny.toml", text)
}

fn check(site: &Site, more: &[&str]) -> crate::airgo::Run {
    let (policy, key) = (deny(site), site.public_key());
    let mut args = vec!["policy", "check", "--policy", text(&policy), "--trust", text(&key)];
    args.extend(more);
    site.airgo.run(&args)
}

#[test]
fn a_finding_says_why_the_module_is_there() {
    let site = Site::new();
    site.pack().done();
    let run = check(&site, &[text(&site.bundle())]).ends(12);
    for words in [
        "error[allowlist/not-listed]: ",
        "--> example.com/b/v2@v2.1.0",
        "why: example.com/main -> example.com/a@v1.0.0 -> example.com/b/v2@v2.1.0",
        "1 finding: 1 denied, 0 warned",
    ] {
        assert!(run.stdout.contains(words), "no {words:?} in {}", run.stdout);
    }
}

#[test]
fn a_project_is_judged_before_anything_is_packed() {
    let site = Site::new();
    let packed = {
        site.pack().done();
        check(&site, &["--format", "json", text(&site.bundle())]).ends(12).stdout
    };
    let project = check(&site, &["--format", "json", text(&site.project())]).ends(12).stdout;
    let findings = |text: &str| {
        let json: serde_json::Value = serde_json::from_str(text).unwrap();
        json["findings"].clone()
    };
    assert_eq!(findings(&project), findings(&packed));
}

#[test]
fn scanners_and_ci_read_the_findings() {
    let site = Site::new();
    site.pack().done();
    let bundle = site.bundle();
    let sarif = check(&site, &["--format", "sarif", text(&bundle)]).ends(12).stdout;
    let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "allowlist/not-listed");

    let junit = check(&site, &["--format", "junit", text(&bundle)]).ends(12).stdout;
    assert!(junit.contains("<testsuite name=\"allowlist\"") && junit.contains("failures=\"1\""), "{junit}");

    // Of a bundle that lies apart from its project no line is known.
    let github = check(&site, &["--format", "github", text(&bundle)]).ends(12).stdout;
    let begin = "::error file=go.mod,title=allowlist/not-listed::example.com/b/v2@v2.1.0: ";
    assert!(github.starts_with(begin), "{github}");
    let location = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!((&location["artifactLocation"]["uri"], location.get("region")), (&"go.mod".into(), None));
    let rule = &sarif["runs"][0]["tool"]["driver"]["rules"][0];
    for key in ["shortDescription", "fullDescription", "help"] {
        assert!(rule[key]["text"].as_str().is_some_and(|text| text.len() > 10), "{key}: {rule}");
    }
}

/// Code scanning and CI show a finding on the line of go.mod that brings it: of
/// a project, and of a bundle that is checked beside the project it is of.
#[test]
fn findings_are_at_the_line_that_requires_the_module() {
    let site = Site::new();
    site.pack().done();
    let go_mod = std::fs::read_to_string(site.project().join("go.mod")).unwrap();
    let at = 1 + go_mod.lines().position(|line| line.contains("example.com/b/v2 ")).unwrap();
    let check = |dir: &str, target: &str, format: &str| {
        let (policy, key) = (deny(&site), site.public_key());
        let mut cmd = site.airgo.command();
        cmd.args(["policy", "check", "--policy", text(&policy), "--trust", text(&key), "--format", format]);
        cmd.arg(target).current_dir(dir);
        crate::airgo::run(cmd).ends(12).stdout
    };
    let (project, bundle, above) = (site.project(), site.bundle(), site.temp.path().to_owned());
    let line = format!("::error file=go.mod,line={at},title=allowlist/not-listed::");
    for target in [".", text(&bundle)] {
        let github = check(text(&project), target, "github");
        assert!(github.starts_with(&line), "{github}");
    }
    let github = check(text(&above), "main", "github");
    assert!(github.starts_with(&line.replace("file=", "file=main/")), "{github}");
    let sarif: serde_json::Value = serde_json::from_str(&check(text(&above), "main", "sarif")).unwrap();
    let location = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "main/go.mod");
    assert_eq!(location["region"]["startLine"], at);
    // The project has gone on: the line would be one of another file.
    std::fs::write(site.project().join("go.mod"), format!("// more\n{go_mod}")).unwrap();
    let github = check(text(&project), text(&bundle), "github");
    assert!(github.starts_with("::error file=go.mod,title="), "{github}");
}

/// One document, whether the policy passes or refuses, and however it is asked for.
#[test]
fn json_has_one_shape_for_pass_and_refusal() {
    let site = Site::new();
    site.pack().done();
    let bundle = site.bundle();
    let allow = site.temp.write("allow.toml", "[[plugin]]\nname = \"allowlist\"\nbuiltin = \"allowlist\"\n");
    let key = site.public_key();
    for flag in [&["--json"][..], &["--format", "json"]] {
        let refused = check(&site, &[flag, &[text(&bundle)]].concat()).ends(12);
        let args = ["policy", "check", text(&bundle), "--trust", text(&key), "--policy", text(&allow)];
        let passed = site.airgo.run(&[&args[..], flag].concat()).done();
        for (run, verdict) in [(&refused, "deny"), (&passed, "allow")] {
            let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
            assert_eq!(
                (&document["schema"], &document["verdict"]),
                (&"airgo.dev/policy/v1".into(), &verdict.into())
            );
            assert!(document["findings"].is_array(), "{document}");
        }
        refused.says(&["error: policy refused "]);
    }
}

#[test]
fn a_wrong_command_line_is_a_document_too() {
    let site = Site::new();
    let run = site.airgo.run(&["pack", "--json", "--no-such-flag"]).ends(2);
    let document: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&document["schema"], &document["error"]["code"]), (&"airgo.dev/error/v1".into(), &2.into()));
    assert!(document["error"]["message"].as_str().unwrap().contains("--no-such-flag"), "{document}");
    run.says(&["--no-such-flag", "Usage: airgo pack"]);
    // Without --json it is clap's own text, and nothing on stdout.
    assert_eq!(site.airgo.run(&["pack", "--no-such-flag"]).ends(2).stdout, "");
}

#[test]
fn a_baseline_leaves_what_is_new() {
    let site = Site::new();
    site.pack().done();
    let old = site.temp.join("old.airgo");
    std::fs::copy(site.bundle(), &old).unwrap();
    check(&site, &["--baseline", text(&old), text(&site.bundle())]).done();

    let mut world = crate::site::small_world();
    world.add(Module::new("example.com/new", "v1.0.0").go("1.21").file("n.go", "package n\n"));
    let main = crate::site::main_module().require("example.com/new", "v1.0.0");
    let later = Site::of(world, &main);
    std::fs::copy(site.key(), later.key()).unwrap();
    std::fs::copy(site.public_key(), later.public_key()).unwrap();
    later.pack().done();
    let run = check(&later, &["--baseline", text(&old), text(&later.bundle())]).ends(12);
    assert!(
        run.stdout.contains("example.com/new@v1.0.0") && !run.stdout.contains("example.com/b/v2"),
        "{}",
        run.stdout
    );
}

#[test]
fn init_writes_a_policy_that_judges() {
    let site = Site::new();
    let project = site.project();
    site.airgo.run(&["policy", "init", text(&project)]).done();
    let written = std::fs::read_to_string(project.join("airgo.toml")).unwrap();
    assert!(written.lines().filter(|l| l.starts_with('#')).count() > 10, "{written}");
    // Whoever writes a policy does not lose what judged without one.
    let first = site.airgo.run(&["policy", "check", text(&project)]).done();
    let first = first.says(&["Evaluated 6 plugins: 0 denied, "]);
    // The modules of today are listed, so that the first run is quiet about them.
    assert!(written.contains("    \"=example.com/a\",\n    \"=example.com/b/v2\",\n"), "{written}");
    assert!(!first.stdout.contains("not-listed"), "{}", first.stdout);
    let again = site.airgo.run(&["policy", "init", text(&project)]).ends(1);
    again.says(&["airgo.toml is there already", "hint:"]);
    assert_eq!(std::fs::read_to_string(project.join("airgo.toml")).unwrap(), written);
}
