//! What authors of plugins do: write, build, test, look at and measure.

use crate::site::Site;
use airgo_app::authoring::bench::{BenchRequest, bench};
use airgo_app::authoring::build::{BuildRequest, build};
use airgo_app::authoring::compile::{CompileRequest, compile};
use airgo_app::authoring::inspect::inspect;
use airgo_app::authoring::new::{NewRequest, new};
use airgo_app::authoring::test::{CaseState, TestRequest, test};
use airgo_app::authoring::{CompilerMessages, Language, NamedPlugin, tried};
use airgo_app::{Failure, FailureKind};
use std::path::Path;

fn named(name: &str) -> NamedPlugin {
    NamedPlugin { name: name.to_owned(), ..NamedPlugin::default() }
}

fn hints(failure: &Failure) -> String {
    failure.hints.iter().map(|hint| format!("{}\n", hint.raw())).collect()
}

#[test]
fn cases_are_compared_with_their_goldens_which_can_be_written() {
    let site = Site::new();
    let module = "[[module]]\npath = \"example.com/a\"\nversion = \"v1.0.0\"\n";
    site.temp.write("cases/denied/bundle.toml", format!("config.default = \"deny\"\n{module}"));
    site.temp.write("cases/odd/bundle.toml", "nonsense = 1\n");
    let run = |only: &[&str], update| {
        let (plugin, cases) = (named("builtin:allowlist"), Some(site.temp.join("cases")));
        let only = only.iter().map(|name| (*name).to_owned()).collect();
        test(&site.context(), &TestRequest { plugin, cases, only, update })
    };
    let tested = run(&[], false).unwrap();
    let [denied, odd] = &tested.cases[..] else { panic!("{tested:?}") };
    assert!(matches!(denied.state, CaseState::New(_)) && matches!(odd.state, CaseState::Broken(_)));
    let found = denied.differences()[0].extra().unwrap();
    assert!(found.starts_with("deny not-listed example.com/a@v1.0.0: is not on the allow list"), "{found}");
    let failure = tested.demand_passed().unwrap_err();
    assert_eq!(failure.message.raw(), "2 of 2 cases failed");
    assert_eq!(failure.report.as_ref().unwrap()["cases"][0]["extra"][0], found);

    let tested = run(&["denied"], true).unwrap();
    assert_eq!((tested.failed(), tested.updated()), (0, 1));
    let tested = run(&["denied"], false).unwrap();
    assert!(matches!(tested.cases[0].state, CaseState::Passed) && tested.demand_passed().is_ok());
    assert_eq!(hints(&run(&["other"], false).unwrap_err()), "there is denied, odd\n");
}

#[test]
fn a_plugin_is_looked_at_measured_and_tried() {
    let site = Site::new();
    let context = site.context();
    let inspected = inspect(&context, &named("builtin:licence")).unwrap();
    assert_eq!(inspected.described.as_ref().unwrap().name, "licence");
    assert!(inspected.demand_runs().is_ok());
    let core = site.temp.write("core.wasm", b"\0asm\x01\0\0\0");
    let inspected = inspect(&context, &named(core.to_str().unwrap())).unwrap();
    let failure = inspected.demand_runs().unwrap_err();
    assert_eq!(failure.report.as_ref().unwrap()["runs"], false);

    let plugin = named("builtin:native");
    let request = BenchRequest { plugin, modules: 5, runs: 2, ..BenchRequest::default() };
    let benched = bench(&context, &request).unwrap();
    assert_eq!((benched.modules, benched.checks.runs()), (5, 2));
    assert!(benched.checks.quickest() <= benched.checks.median());
    let facts = benched.facts.unwrap();
    assert_eq!((facts.cold.gathered, facts.warm.remembered), (5, 5));

    let config = site.temp.write("config.toml", "default = \"deny\"\n");
    let plugin = tried(&context, &named("builtin:allowlist"), Some(&config)).unwrap();
    assert_eq!((plugin.name.as_str(), &plugin.config.unwrap()["default"]), ("allowlist", &"deny".into()));
    let failure = inspect(&context, &named("builtin:allow")).unwrap_err();
    assert!(hints(&failure).contains("allowlist"), "{failure:?}");
    let request = CompileRequest { plugin: named("builtin:native"), ..CompileRequest::default() };
    let failure = compile(&context, &request).unwrap_err();
    assert!(failure.message.raw().contains("is compiled already"), "{failure:?}");
}

/// The variables of the context count, and not those of the process.
#[cfg(unix)]
#[test]
fn a_build_runs_what_the_context_has_in_its_path() {
    let site = Site::new();
    let dir = site.temp.join("no-forks");
    let request = |name: &str| NewRequest { name: name.to_owned(), language: Language::Go, dir: None };
    let written = new(&NewRequest { dir: Some(dir.clone()), ..request("no-forks") }).unwrap();
    assert!(written.files.iter().all(|file| dir.join(file).is_file()));
    assert_eq!(new(&request("No_Forks")).unwrap_err().kind, FailureKind::Usage);

    let output = site.temp.join("out.wasm");
    let request = BuildRequest { dir, output: Some(output.clone()), messages: CompilerMessages::Dropped };
    let bin = site.temp.dir("bin");
    let context = site.context_with(&[("PATH", bin.to_str().unwrap()), ("WANTED", "yes")]);
    let failure = build(&context, &request).unwrap_err();
    assert!(failure.message.raw().contains("building a Go plugin needs"), "{failure:?}");
    assert!(failure.outcome.as_ref().unwrap().raw().ends_with("out.wasm was not written"));

    let log = site.temp.join("log");
    let script =
        format!("#!/bin/sh\necho \"$WANTED ${{CARGO_MANIFEST_DIR-unset}}\" >>'{}'\nexit 3\n", log.display());
    let go = site.temp.write("bin/go", script);
    executable(&go);
    let failure = build(&context, &request).unwrap_err();
    assert!(hints(&failure).contains("without -q"), "{failure:?}");
    let seen = std::fs::read_to_string(log).unwrap();
    assert!(seen.starts_with("yes unset\n"), "{seen}");
    assert!(!output.exists());
}

#[cfg(unix)]
fn executable(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}
