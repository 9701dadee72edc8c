//! What others write never commands a CI system, moves the cursor or hides
//! on its way to a log: planted wherever somebody else can write, looked for in
//! everything that airgo prints.

use crate::airgo::{Airgo, Run};
use crate::site::{Site, main_module, text};
use airgo_testkit::{Fault, Module, World};

/// Commands of Azure Pipelines, GitHub, TeamCity, GitLab and Travis, and
/// characters that nobody sees.
const PLANTED: &str = "x ##vso[task.setvariable variable=GOFLAGS]-insecure ##[error]owned ::error::owned \
    ##teamcity[buildStatus] section_start:1:a travis_fold:start:a \u{61c}\u{ad}\u{34f}\u{115f}\u{1160}\u{3164}\
    \u{ffa0}\u{180e}\u{2800}\u{fe0f}\u{fff9}\u{fffb}\u{e0001}\u{e0041}\u{202e}\u{2066}\u{200b}\u{feff}\u{85}\u{9b}";

const COMMANDS: [&str; 6] =
    ["##vso[", "##[", " ::error::", "##teamcity[", "section_start:", "travis_fold:start"];

#[track_caller]
fn assert_harmless(what: &str, run: &Run) {
    for (stream, said) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
        for command in COMMANDS {
            assert!(!said.contains(command), "{command} on {stream} of {what}:\n{said}");
        }
        for planted in PLANTED.chars().filter(|c| !c.is_ascii()) {
            assert!(
                !said.contains(planted),
                "U+{:04X} on {stream} of {what}:\n{}",
                planted as u32,
                said.escape_unicode()
            );
        }
    }
}

/// A module whose author plants it in its go.mod and its files.
fn site() -> Site {
    let bad = Module::new("example.com/a", "v1.0.0")
        .go_mod(format!(
            "// Deprecated: {PLANTED}\nmodule example.com/a\n\ngo 1.21\n\n// {PLANTED}\nretract v1.0.0\n"
        ))
        .file("a.go", format!("// {PLANTED}\npackage a\n\n// #cgo LDFLAGS: {PLANTED}\nimport \"C\"\n"))
        .file("LICENSE", format!("{PLANTED}\n"))
        .file("é ##[x] ñ.so", b"\x7fELF\x02\x01\x01".to_vec());
    let main = Module::project("example.com/main")
        .go("1.21")
        .require("example.com/a", "v1.0.0")
        .file("main.go", "package main\n\nimport _ \"example.com/a\"\n\nfunc main() {}\n");
    Site::of(World::new().with(bad), &main)
}

#[test]
fn of_a_module_in_every_format() {
    let site = site();
    let (key, bundle, project) = (site.public_key(), site.bundle(), site.project());
    let run = site.pack_with(&["-v", "--comment", "see ##vso[x] \u{61c}"]).done();
    assert!(run.stderr.contains("example.com/a@v1.0.0"), "{}", run.stderr);
    assert_harmless("pack", &run);
    for format in ["human", "json", "sarif", "junit", "github"] {
        for target in [&bundle, &project] {
            let args = ["policy", "check", text(target), "--format", format, "--trust", text(&key), "-v"];
            let run = site.airgo.run(&args).done();
            assert!(run.stdout.contains("-insecure"), "nothing was planted in {format}: {}", run.stdout);
            assert_harmless(format, &run);
            if format == "json" {
                // The value is what the author wrote.
                let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
                assert!(json.to_string().contains("##vso[task"), "{json}");
            }
        }
    }
    for args in [
        &["inspect"][..],
        &["inspect", "--json"],
        &["verify", "-v"],
        &["verify", "--json"],
        &["why", "--json"],
        &["why"],
    ] {
        let mut args = args.to_vec();
        args.insert(1, text(&bundle));
        if args[0] == "why" {
            args.insert(2, "example.com/a");
        }
        args.extend(["--trust", text(&key)]);
        assert_harmless(&args.join(" "), &site.airgo.run(&args).done());
    }
}

#[test]
fn of_a_refusal() {
    let site = site();
    let policy = "[[plugin]]\nname = \"freshness\"\nbuiltin = \"freshness\"\nconfig.deprecated = \"deny\"\nconfig.retracted = \"deny\"\n";
    let policy = site.temp.write("deny.toml", policy);
    let run = site.pack_with(&["--policy", text(&policy)]).ends(12).says(&["-insecure"]);
    assert_harmless("a refusal", &run);
    let run = site.pack_with(&["--policy", text(&policy), "--json"]);
    assert_harmless("a refusal as JSON", &run);
}

#[test]
fn of_a_project_a_server_and_the_command_line() {
    let site = Site::of(crate::site::small_world(), &main_module());
    let run = site.airgo.run(&["why", PLANTED, PLANTED]);
    assert_harmless("a name", &run);
    assert_harmless("a subcommand", &site.airgo.run(&[PLANTED]));
    assert_harmless("an option", &site.airgo.run(&["pack", &format!("--{PLANTED}")]));
    for line in [format!("nonsense {PLANTED}"), format!("require {PLANTED} v1"), format!("go {PLANTED}")] {
        site.temp.write("main/go.mod", format!("module example.com/main\n{line}\n"));
        assert_harmless("a go.mod", &site.pack().ends(1));
    }
    for proxy in ["https://##vso[x]/##[y]", "##vso[x] \u{61c}"] {
        let airgo = Airgo::new(proxy);
        main_module().write_dir(&site.temp.dir("other"));
        assert_harmless("GOPROXY", &airgo.run(&["resolve", text(&site.temp.join("other"))]));
    }
}

#[test]
fn of_a_server() {
    let planted = || PLANTED.as_bytes().to_vec();
    for (file, fault) in [
        ("example.com/a/@v/v1.0.0.mod", Fault::Bytes(planted())),
        ("example.com/a/@v/v1.0.0.info", Fault::Bytes(planted())),
        ("example.com/a/@v/v1.0.0.zip", Fault::Bytes(planted())),
        ("example.com/a/@v/v1.0.0.mod", Fault::Redirect("https://##vso[x]/##[y]".to_owned())),
    ] {
        let site = Site::new();
        site.proxy.fault(file, fault);
        let run = site.pack_with(&["-v", "--retries", "0"]);
        assert_ne!(run.code, 0, "{file}");
        assert_harmless(file, &run);
    }
}

#[test]
fn nothing_but_the_printer_prints() {
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut open = vec![sources.clone()];
    let mut files = 0;
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            files += 1;
            let source = std::fs::read_to_string(&path).unwrap();
            let prints = ["anstream::std", "println!(", "print!(", "io::stdout().lock", "io::stderr().lock"];
            let printer = path == sources.join("printer.rs");
            // What is printed as it is, and not as lines of a page: keys, scripts, variables, a version.
            let data = ["completions.rs", "env.rs", "key.rs", "version.rs"]
                .map(|name| sources.join("commands").join(name));
            assert!(
                printer || data.contains(&path) || !source.contains("printer.data("),
                "{} prints untrusted data",
                path.display()
            );
            for print in prints.iter().filter(|_| !printer) {
                assert!(!source.contains(print), "{print} in {}", path.display());
            }
        }
    }
    assert!(files > 50, "the sources are not there");
}
