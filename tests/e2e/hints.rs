//! What an error proposes: it fits the cause, and leads on.

use crate::airgo;
use crate::site::{Site, main_module, small_world, text};
use airgo_testkit::Module;
use std::fs;
use std::process::Command;

/// `airgo resolve` over a project whose go.mod and go.sum are these.
fn resolve(go_mod: &str, go_sum: &str) -> String {
    let site = Site::new();
    fs::write(site.project().join("go.mod"), go_mod).unwrap();
    fs::write(site.project().join("go.sum"), go_sum).unwrap();
    let run = site.airgo.run(&["resolve", text(&site.project())]).ends(1);
    // It never writes anything, so there is nothing to say about that.
    assert!(!run.stderr.contains("written"), "{}", run.stderr);
    assert!(!run.stderr.contains("go mod edit -fmt"), "{}", run.stderr);
    run.stderr
}

#[test]
fn a_go_mod_that_does_not_parse_is_told_what_to_write() {
    for (lines, wanted) in [
        ("go 1.22.0.1", "go.mod:3 write: go 1.22.0"),
        ("go 1.22\n\nrequire example.com/geo/v6 v7.0.0", "example.com/geo/v7 v7.0.0"),
        ("go 1.22\n\nrequires example.com/a v1.0.0", "write require in place of requires"),
    ] {
        let said = resolve(&format!("module example.com/main\n\n{lines}\n"), "");
        assert!(said.contains(wanted), "{lines}: {said}");
    }
}

#[test]
fn a_newer_go_line_names_the_toolchain() {
    let said = resolve("module example.com/main\n\ngo 1.99\n", "");
    for wanted in ["requires go >= 1.99", "install go 1.99", "GOTOOLCHAIN=auto", "pack --toolchain"] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    assert!(!said.contains("go mod tidy"), "{said}");
}

#[test]
fn conflict_markers_are_called_a_merge_conflict() {
    let module = "module example.com/main\n\ngo 1.21\n";
    let sides = "example.com/a v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    for (go_mod, go_sum, place) in [
        (module.to_owned(), format!("{sides}<<<<<<< HEAD\n{sides}=======\n>>>>>>> other\n"), "go.sum:2"),
        // Three words make a line of go.sum of these; go stumbles over the one between them.
        (
            module.to_owned(),
            format!("<<<<<<< Updated upstream\n=======\n{sides}>>>>>>> Stashed changes\n"),
            "go.sum:1",
        ),
        (format!("{module}<<<<<<< HEAD\n=======\n>>>>>>> other\n"), String::new(), "go.mod:4"),
        (
            format!("{module}require (\n<<<<<<< HEAD\n\texample.com/a v1.0.0\n=======\n>>>>>>> x\n)\n"),
            String::new(),
            "go.mod:5",
        ),
    ] {
        let said = resolve(&go_mod, &go_sum);
        assert!(said.contains(&format!("{place}: a merge conflict is not settled")), "{place}: {said}");
        assert!(said.contains("delete the markers"), "{said}");
    }
}

#[test]
fn an_unknown_version_names_those_next_to_it() {
    let site = Site::of(small_world().with(Module::new("example.com/a", "v1.4.0")), &main_module());
    let go_mod = site.project().join("go.mod");
    let text = fs::read_to_string(&go_mod).unwrap();
    assert!(text.contains("example.com/a v1.0.0"), "{text}");
    fs::write(&go_mod, text.replace("example.com/a v1.0.0", "example.com/a v1.3.0")).unwrap();
    let run = site.pack().ends(1);
    let wanted = "there is no example.com/a@v1.3.0: next to it there are v1.0.0 and v1.4.0";
    assert!(run.stderr.contains(wanted), "{}", run.stderr);
}

#[test]
fn without_a_place_to_write_the_setting_is_named() {
    let site = Site::new();
    let (project, bundle, key) = (site.project(), site.bundle(), site.key());
    let file = site.temp.write("file", "");
    // A file where a directory must be: so it is for root, too.
    let below = file.join("below");
    let pack = |change: &dyn Fn(&mut Command), more: &[&str]| {
        let mut cmd = site.airgo.command();
        cmd.args(["pack", text(&project), "-o", text(&bundle)]).args(more);
        change(&mut cmd);
        let run = airgo::run(cmd).ends(1);
        site.assert_nothing_written();
        run.stderr
    };
    let home = |cmd: &mut Command| {
        cmd.env("HOME", &below).env("NETRC", site.temp.join("no-netrc"));
    };
    let none = |cmd: &mut Command| {
        cmd.env_remove("HOME");
    };
    let said = pack(&home, &[]);
    assert!(said.contains("could not write a personal key") && said.contains("--key FILE"), "{said}");
    let said = pack(&none, &[]);
    assert!(said.contains("set HOME or XDG_CONFIG_HOME"), "{said}");
    let with_key = ["--key", text(&key)];
    let said = pack(&home, &with_key);
    assert!(said.contains("--cache DIR, or AIRGO_CACHE"), "{said}");
    let said = pack(&none, &with_key);
    assert!(said.contains("set HOME or XDG_CACHE_HOME"), "{said}");
    for wrong in ["free some space", "permission"] {
        assert!(!said.contains(wrong), "{said}");
    }
}

/// A command that is printed goes into a shell as it is, whatever a file is called.
#[test]
fn a_printed_command_runs_for_any_file_name() {
    let site = Site::new();
    for name in ["my app.airgo", "it's $(id) & more.airgo", "-x.airgo"] {
        let bundle = site.temp.join("out").join(name);
        let (project, key) = (site.project(), site.key());
        site.airgo.run(&["pack", text(&project), "-o", text(&bundle), "--key", text(&key)]).done();
        // Without a policy the warnings end with the command that lists them all.
        let mut command = site.airgo.command();
        command.current_dir(site.temp.join("out"));
        command.args(["unpack", "--trust", text(&site.public_key()), "--at", "2026-01-01T00:00:00Z"]);
        command.args(["--gomodcache", text(&site.modcache()), "--", name]);
        let said = airgo::run(command).done().stderr;
        let hint = said.lines().find_map(|line| line.strip_prefix("hint: "));
        let hint = hint.and_then(|line| line.split(" lists all").next()).unwrap_or_else(|| panic!("{said}"));
        let hint = hint.split(" shows it whole").next().unwrap().strip_prefix("airgo ").unwrap();
        let airgo = site.airgo.command();
        let mut shell = Command::new("sh");
        let binary = airgo.get_program().to_str().unwrap();
        shell.args(["-c", &format!("'{binary}' {hint}")]).current_dir(site.temp.join("out"));
        shell.env_clear().envs(airgo.get_envs().filter_map(|(name, value)| Some((name, value?))));
        airgo::run(shell).done().says(&["Evaluated"]);
    }
}
