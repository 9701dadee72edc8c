//! The recipes for CI: their scripts and commands over a small project, as a service
//! would run them.

use crate::airgo::{Run, run};
use crate::site::{Site, text};
use airgo_testkit::{Go, require_tool};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A checkout with `ci/` in it, and the tools in PATH.
struct Checkout {
    site: Site,
    cache: String,
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl Checkout {
    fn new() -> Option<Self> {
        if !require_tool("go") || !require_tool("bash") || !require_tool("unshare") {
            return None;
        }
        let site = Site::new();
        let scripts = repository().join("examples/ci");
        for name in ["pack.sh", "build.sh"] {
            site.temp.write(format!("main/ci/{name}"), fs::read(scripts.join(name)).unwrap());
        }
        site.temp.write("main/ci/team.pub", fs::read(site.public_key()).unwrap());
        Some(Self { site, cache: Go::with_proxy("off").vars()["GOCACHE"].clone() })
    }

    /// In the checkout, with the variables of a job.
    fn run(&self, program: &str, args: &[&str], variables: &[(&str, &str)]) -> Run {
        let airgo = self.site.airgo.command();
        let tools = Path::new(airgo.get_program()).parent().unwrap();
        let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new(program);
        command.args(args).current_dir(self.site.project()).stdin(Stdio::null()).env_clear();
        command.envs(airgo.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("PATH", path).env("GOCACHE", &self.cache).envs(variables.iter().copied());
        run(command)
    }
}

#[test]
fn the_two_scripts_pack_where_something_changed_and_build_without_a_network() {
    let Some(checkout) = Checkout::new() else { return };
    let key = checkout.site.key();
    let pack = || checkout.run("sh", &["ci/pack.sh"], &[("AIRGO_KEY", text(&key))]).done();
    pack().says(&["Packed app.airgo", "Checked"]);
    pack().says(&["Kept app.airgo", "Checked"]);
    checkout.run("sh", &["ci/build.sh"], &[]).done().says(&["Ran go build", "Ran go vet", "Ran go test"]);
    let allowed = checkout.run("sh", &["ci/build.sh"], &[("EXEC_FLAGS", "--allow-network")]);
    allowed.done().says(&["with the network"]);
    checkout.site.temp.write("main/more.go", "package main\n\nimport _ \"example.com/b/v2/inner\"\n");
    pack().says(&["Packed app.airgo"]);
    checkout.site.temp.write("main/go.sum", "");
    assert_ne!(checkout.run("sh", &["ci/pack.sh"], &[("AIRGO_KEY", text(&key))]).code, 0);
}

#[test]
fn the_action_has_a_key_and_leaves_no_private_one() {
    let Some(checkout) = Checkout::new() else { return };
    let action = repository().join(".github/actions/airgo");
    let script = |name: &str| action.join(name).display().to_string();
    let (output, temp) = (checkout.site.temp.write("output", ""), checkout.site.temp.dir("runner"));
    let private = fs::read_to_string(checkout.site.key()).unwrap();
    let variables = [
        ("GITHUB_OUTPUT", text(&output)),
        ("RUNNER_TEMP", text(&temp)),
        ("DIRS", "."),
        ("FLAGS", "--exact --platform linux/amd64"),
        ("BUNDLE", "app.airgo"),
        ("PRIVATE_KEY", private.trim_end()),
    ];
    checkout.run("bash", &[&script("key.sh")], &variables).done();
    let key = fs::read_to_string(&output).unwrap();
    let key = key.trim_end().strip_prefix("key=").unwrap();
    assert!(key.len() == 64 && key.bytes().all(|b| b.is_ascii_hexdigit()), "{key}");
    checkout.run("bash", &[&script("pack.sh")], &variables).done().says(&["Packed app.airgo"]);
    checkout.run("bash", &[&script("pack.sh")], &variables).done().says(&["Kept app.airgo"]);
    assert_eq!(fs::read_dir(&temp).unwrap().count(), 0, "the private key is left");
    // What the scripts read, the action sets.
    let yaml = fs::read_to_string(action.join("action.yml")).unwrap();
    for name in ["DIRS", "FLAGS", "BUNDLE", "PRIVATE_KEY"] {
        assert!(yaml.contains(&format!("{name}: ${{{{ inputs.")), "{name}");
    }
}

#[test]
fn the_hooks_of_pre_commit_run() {
    let Some(checkout) = Checkout::new() else { return };
    let key = checkout.site.key();
    checkout.run("sh", &["ci/pack.sh"], &[("AIRGO_KEY", text(&key))]).done();
    let config = fs::read_to_string(repository().join("examples/ci/pre-commit-config.yaml")).unwrap();
    let entries: Vec<&str> = config.lines().filter_map(|line| line.trim().strip_prefix("entry: ")).collect();
    assert_eq!(entries.len(), 2);
    for entry in entries {
        checkout.run("bash", &["-c", entry], &[]).done();
    }
}

#[test]
fn every_recipe_calls_the_two_scripts() {
    for name in ["gitlab-ci.yml", "Jenkinsfile", "tekton.yaml"] {
        let text = fs::read_to_string(repository().join("examples/ci").join(name)).unwrap();
        assert!(text.contains("sh ci/pack.sh") && text.contains("sh ci/build.sh"), "{name}");
    }
    let text = fs::read_to_string(repository().join("examples/ci/github.yml")).unwrap();
    assert!(text.contains("./.github/actions/airgo") && text.contains("sh ci/build.sh"));
}
