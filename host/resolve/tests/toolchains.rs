//! The toolchain that a project makes go switch to, checked against the real go: it is
//! made to start from the oldest one that can switch, finds no proxy, and names
//! what it wanted.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use airgo_gomod::gosource::Platform;
use airgo_gomod::modfile;
use airgo_resolve::{GoToolchain, Mode, Project};
use airgo_testkit::{Go, TempTree, require_tool};
use support::project;

/// What go wants to switch to; `None` where it would stay at 1.21.
fn wanted(go: &Go, place: &TempTree) -> Option<String> {
    let out = go.output(place.path(), &["list", "-m"]);
    let stderr = String::from_utf8_lossy(&out.stderr).into_owned();
    // go1.21 itself, from which it starts, is not a toolchain either.
    if stderr.contains("go1.21 for ") || stderr.contains("go1.21 is a language version") {
        return None;
    }
    let line = stderr.lines().find_map(|line| line.strip_prefix("go: download "));
    let name = line.and_then(|rest| rest.split(' ').next());
    let name = name.unwrap_or_else(|| panic!("{stderr}"));
    assert!(stderr.contains("toolchain not available"), "{stderr}");
    Some(name.to_owned())
}

#[test]
fn go_switches_to_the_toolchain_that_is_told() {
    if !require_tool("go") {
        return;
    }
    let empty = TempTree::new();
    let proxy = format!("file://{}", empty.path().display());
    let go = Go::with_proxy(&proxy).env("GOTOOLCHAIN", "go1.21+auto");
    let lines = [
        "",
        "go 1.16\n",
        "go 1.20\n",
        "go 1.21\n",
        "go 1.21rc2\n",
        "go 1.21.0\n",
        "go 1.22\n",
        "go 1.22.3\n",
        "go 1.24rc1\n",
        "go 1.99\n",
    ];
    let toolchains = [
        "",
        "toolchain default\n",
        "toolchain go1.21.0\n",
        "toolchain go1.20.3\n",
        "toolchain go1.22.3\n",
        "toolchain go1.24.1-corp\n",
        "toolchain go1.25.0\n",
        "toolchain go1.99.1\n",
    ];
    let mut switches = 0;
    for work in [false, true] {
        for line in lines {
            for toolchain in toolchains {
                let place = TempTree::new();
                if work {
                    place.write("go.work", format!("{line}{toolchain}use ./m\n"));
                    place.write("m/go.mod", "module example.com/m\ngo 1.98.1\n");
                } else {
                    place.write("go.mod", format!("module example.com/m\n{line}{toolchain}"));
                }
                let theirs = wanted(&go, &place);
                let project = project::load(place.path(), Mode::Readonly, Some("1.21")).unwrap();
                assert_eq!(theirs, project.toolchain_needed(), "{work} {line:?} {toolchain:?}");
                switches += usize::from(theirs.is_some());
            }
        }
    }
    assert!(switches > 60, "only {switches}");
}

#[test]
fn a_toolchain_is_a_module_for_each_platform() {
    let project = |text: &str| Project::new("/work", modfile::parse("go.mod", text.as_bytes()).unwrap());
    let platforms: Vec<Platform> =
        ["linux/amd64", "linux/arm64"].iter().map(|p| Platform::parse(p).unwrap()).collect();
    let modules = project("module x.test/m\ngo 1.24\n").toolchain_modules(&platforms);
    let text: Vec<String> = modules.iter().map(ToString::to_string).collect();
    assert_eq!(
        text,
        [
            "golang.org/toolchain@v0.0.1-go1.24.0.linux-amd64",
            "golang.org/toolchain@v0.0.1-go1.24.0.linux-arm64"
        ]
    );
    assert_eq!(project("module x.test/m\ngo 1.20\n").toolchain_modules(&platforms), []);
}

#[test]
fn gotoolchain_is_read_as_go_reads_it() {
    let read = |text: &str| GoToolchain::parse(text).map(|t| (t.minimum.unwrap_or_default(), t.switches));
    let ok = |minimum: &str, switches| Ok((minimum.to_owned(), switches));
    for (text, want) in [
        ("", ok("", false)),
        ("local", ok("", false)),
        ("auto", ok("", true)),
        ("path", ok("", true)),
        ("local+auto", ok("", true)),
        ("local+path", ok("", true)),
        ("go1.22.1", ok("1.22.1", false)),
        ("go1.22.1+auto", ok("1.22.1", true)),
        ("go1.22.1-corp+path", ok("1.22.1", true)),
    ] {
        assert_eq!(read(text), want, "{text:?}");
    }
    let go = require_tool("go").then(|| Go::with_proxy("off"));
    let place = TempTree::new();
    place.write("go.mod", "module example.com/m\n");
    for text in ["Auto", "auto+path", "go1.22.1+", "go1.22.1+local", "1.22.1", "bash", "+auto", "go1.x"] {
        assert_eq!(read(text).unwrap_err().to_string(), format!("invalid GOTOOLCHAIN {text:?}"));
        let Some(go) = &go else { continue };
        let out = go.command(place.path(), &["list", "-m"]).env("GOTOOLCHAIN", text).output().unwrap();
        let stderr = String::from_utf8_lossy(&out.stderr);
        assert!(!out.status.success() && stderr.contains("invalid GOTOOLCHAIN"), "{text}: {stderr}");
    }
}

/// `toolchain default` keeps the installed go, though it is too old.
#[test]
fn rule_06_toolchain_default_never_switches() {
    let text = "module x.test/m\ngo 1.99\ntoolchain default\n";
    let mut project = Project::new("/work", modfile::parse("go.mod", text.as_bytes()).unwrap());
    project.local_go = Some("1.26.8".to_owned());
    assert_eq!(project.running_go(), "1.26.8");
    project.mains[0].modfile.toolchain = None;
    assert_eq!(project.running_go(), "1.99.0");
    project.local_go = None;
    assert_eq!(project.running_go(), "1.99.0");
}
