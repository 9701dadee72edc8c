//! What an error proposes: it fits the cause, and leads on.

use crate::site::{Site, text};
use std::fs;

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
