//! By which release of Go the standard library is judged: the one that the go
//! command would run.

use crate::airgo::Airgo;
use crate::site::text;
use airgo_testkit::{Go, Module, Proxy, TempTree, World, require_tool};

const POLICY: &str = "[[plugin]]\nname = \"vulnerability\"\nbuiltin = \"vulnerability\"\n[[data]]\nname = \"vulndb\"\npath = \"vulndb.airgodb\"\n";

/// Affects the releases from the first to before the second.
fn entry(id: &str, from: &str, fixed: &str) -> String {
    format!(
        r#"{{"schema_version":"1.3.1","id":"{id}","modified":"2026-01-01T00:00:00Z","summary":"x",
        "affected":[{{"package":{{"name":"stdlib","ecosystem":"Go"}},
        "ranges":[{{"type":"SEMVER","events":[{{"introduced":"{from}"}},{{"fixed":"{fixed}"}}]}}]}}]}}"#
    )
}

#[test]
fn the_standard_library_is_that_of_the_go_that_would_run() {
    let world =
        World::new().with(Module::new("example.com/a", "v1.0.0").go("1.22.9").file("a.go", "package a\n"));
    let proxy = Proxy::serve(&world);
    let require = "\nrequire example.com/a v1.0.0\n";
    let cases = [
        // The lines of go.mod, with what they lead to and where the finding says so.
        ("go 1.23.5\n".to_owned(), None, "go1.23.5", "the go line of go.mod"),
        ("go 1.23.5\n\ntoolchain go1.23.6\n".to_owned(), None, "go1.23.6", "the toolchain line of go.mod"),
        (format!("go 1.22.9\n{require}"), None, "go1.22.9", "the go line of go.mod"),
        ("go 1.21.0\n".to_owned(), Some("go 1.23.6\n\nuse .\n"), "go1.23.6", "the go line of go.work"),
        (
            "go 1.21.0\n\ntoolchain go1.23.6\n".to_owned(),
            Some("go 1.22.9\n\ntoolchain go1.23.5\n\nuse .\n"),
            "go1.23.5",
            "the toolchain line of go.work",
        ),
    ];
    for (lines, work, release, from) in cases {
        let temp = TempTree::new();
        let airgo = Airgo::new(&proxy.url());
        temp.write("app/go.mod", format!("module example.com/app\n\n{lines}"));
        temp.write("app/go.sum", world.go_sum());
        temp.write("app/main.go", "package main\n\nfunc main() {}\n");
        temp.write("app/airgo.toml", POLICY);
        if let Some(work) = work {
            temp.write("app/go.work", work);
        }
        // One entry for each release, so that the finding tells which was looked up.
        for (n, version) in ["1.21.0", "1.22.9", "1.23.5", "1.23.6"].iter().enumerate() {
            let (head, last) = version.rsplit_once('.').unwrap();
            let next = format!("{head}.{}", last.parse::<u32>().unwrap() + 1);
            temp.write(format!("osv/GO-2026-000{n}.json"), entry(&format!("GO-2026-000{n}"), version, &next));
        }
        let (osv, data) = (temp.join("osv"), temp.join("app/vulndb.airgodb"));
        airgo.run(&["vulndb", "import", text(&osv), "-o", text(&data)]).done();
        let app = temp.join("app");
        let judged = |args: &[&str]| {
            let run = airgo.run(&[&["policy", "check", "--json"], args].concat());
            let report: serde_json::Value =
                serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {}", run.stderr));
            let found: Vec<&str> = report["findings"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|finding| finding["rule"] == "stdlib")
                .map(|finding| finding["message"].as_str().unwrap())
                .collect();
            let [message] = found[..] else { panic!("{lines}: {found:?} in {report:#}") };
            message.to_owned()
        };
        let message = judged(&[text(&app)]);
        assert!(message.contains(release) && message.contains(from), "{lines}: {message}");
        // A bundle has the same lines.
        let (bundle, key, policy) = (temp.join("app.airgo"), temp.join("key"), temp.join("app/airgo.toml"));
        airgo.run(&["keygen", "-o", text(&key)]).done();
        airgo.run(&["pack", text(&app), "-o", text(&bundle), "--key", text(&key)]).done();
        let public = temp.join("key.pub");
        let of_bundle = judged(&[text(&bundle), "--trust", text(&public), "--policy", text(&policy)]);
        assert_eq!(of_bundle, message, "{lines}");
        if require_tool("go") {
            // Where a switch is needed, go says to which release.
            let go = Go::with_proxy(&proxy.url()).env("GOTOOLCHAIN", "go1.18+path");
            let out = go.output(&app, &["list", "-m"]);
            let said = String::from_utf8_lossy(&out.stderr).into_owned();
            assert!(said.contains(release), "{lines}: {said}");
        }
    }
}

/// What a reader acts on: one line for each module and for Go, refusals first,
/// with the one version that has all fixes; every entry is named once.
#[test]
fn what_one_version_fixes_is_one_line() {
    let world = World::new()
        .with(Module::new("example.com/a", "v1.0.0").file("a.go", "package a\n"))
        .with(Module::new("example.com/b", "v1.0.0").file("b.go", "package b\n"));
    let proxy = Proxy::serve(&world);
    let temp = TempTree::new();
    let airgo = Airgo::new(&proxy.url());
    temp.write(
        "app/go.mod",
        "module example.com/app\n\ngo 1.26.0\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/b v1.0.0\n)\n",
    );
    temp.write("app/go.sum", world.go_sum());
    temp.write(
        "app/main.go",
        "package main\n\nimport (\n\t_ \"example.com/a\"\n\t_ \"example.com/b\"\n)\n\nfunc main() {}\n",
    );
    temp.write("app/airgo.toml", POLICY.replace("[[data]]", "config.default = \"deny\"\n[[data]]"));
    let of = |id: &str, name: &str, fixed: &str| {
        let text = entry(id, "0", fixed).replace("\"stdlib\"", &format!("\"{name}\""));
        temp.write(format!("osv/{id}.json"), text);
    };
    for (n, fixed) in ["1.26.1", "1.26.2", "1.26.3"].iter().enumerate() {
        of(&format!("GO-2026-000{n}"), "stdlib", fixed);
    }
    of("GO-2026-0010", "example.com/b", "1.1.0");
    of("GO-2026-0011", "example.com/b", "1.2.0");
    let (osv, data, app) = (temp.join("osv"), temp.join("app/vulndb.airgodb"), temp.join("app"));
    airgo.run(&["vulndb", "import", text(&osv), "-o", text(&data)]).done();

    let run = airgo.run(&["policy", "check", text(&app)]).ends(12);
    let heads: Vec<&str> = run.stdout.lines().filter(|line| line.contains("[vulnerability/")).collect();
    let [module, go] = heads[..] else { panic!("{}", run.stdout) };
    assert!(module.starts_with("error[vulnerability/affected]: 2 findings"), "{}", run.stdout);
    assert!(go.starts_with("warning[vulnerability/stdlib]: ") && go.ends_with(": 3 findings"), "{go}");
    let help = |words: &str| {
        let line = format!("   = help: {words} or later, which fixes all of them");
        assert_eq!(run.stdout.matches(&line).count(), 1, "{line} in {}", run.stdout);
    };
    help("require v1.2.0");
    help("build with go1.26.3");
    for id in ["GO-2026-0000", "GO-2026-0001", "GO-2026-0002", "GO-2026-0010", "GO-2026-0011"] {
        assert_eq!(run.stdout.matches(id).count(), 1, "{id} in {}", run.stdout);
    }
    run.says(&["policy refused example.com/b@v1.0.0: 2 findings: GO-2026-0010, GO-2026-0011"]);

    let github = airgo.run(&["policy", "check", text(&app), "--format", "github"]).ends(12).stdout;
    let commands: Vec<&str> = github.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(commands, ["::error", "::warning"], "{github}");
}
