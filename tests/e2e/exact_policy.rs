//! The built-in plugins on what a build reads: what they find in a file of it they find
//! where all files are there, and the other way round.

use crate::site::{Site, main_module, small_world, text};
use airgo_testkit::Module;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

const POLICY: &str = r#"
[[data]]
name = "vulndb"
path = "some.airgodb"

[[plugin]]
name = "allowlist"
builtin = "allowlist"
config.default = "warn"
config.allow = ["example.com/a"]

[[plugin]]
name = "licence"
builtin = "licence"
config.allow = ["MIT"]

[[plugin]]
name = "vulnerability"
builtin = "vulnerability"

[[plugin]]
name = "freshness"
builtin = "freshness"
config.max-age = "3y"

[[plugin]]
name = "drift"
builtin = "drift"
config.changed-sum = "warn"

[[plugin]]
name = "native"
builtin = "native"
config.assembly = "warn"
"#;

/// Files that each plugin has something to say of: in packages that a build reads, and
/// in one that it does not.
fn site(licence: &str) -> Site {
    let world = small_world()
        .with(
            Module::new("example.com/mixed", "v1.0.0")
                .go("1.21")
                .time("2019-01-01T00:00:00Z")
                .file("LICENSE", licence)
                .file("used/c.go", "package used\n\nimport \"C\"\n")
                .file("used/asm_amd64.s", "// Nothing.\n")
                .file("used/used.go", "package used\n\nimport _ \"example.com/mixed/deep\"\n")
                .file("deep/deep.go", "package deep\n")
                .file("deep/LICENSE", "You may not use this.\n")
                .file("unused/c.go", "package unused\n\nimport \"C\"\n"),
        )
        .with(
            Module::new("example.com/bare", "v0.1.0")
                .go("1.21")
                .file("bare.go", "package bare\n")
                .file("other/asm_amd64.s", "// Nothing.\n"),
        );
    let main =
        main_module().require("example.com/mixed", "v1.0.0").require("example.com/bare", "v0.1.0").file(
            "use.go",
            "package main\n\nimport (\n\t_ \"example.com/bare\"\n\t_ \"example.com/mixed/used\"\n)\n",
        );
    let site = Site::of(world, &main);
    for (name, content) in crate::vulndb::go_database() {
        site.temp.write(format!("database/{name}"), content);
    }
    let (database, snapshot) = (site.temp.join("database"), site.temp.join("some.airgodb"));
    site.airgo.run(&["vulndb", "import", text(&database), "-o", text(&snapshot)]).done();
    site.temp.write("policy.toml", POLICY);
    site
}

/// What was found in a bundle, a line each: all without a baseline, and what is new
/// beside one.
fn found(site: &Site, bundle: &Path, baseline: &Path) -> BTreeSet<String> {
    let (policy, public) = (site.temp.join("policy.toml"), site.public_key());
    let check = |more: &[&str]| {
        let mut args = vec!["policy", "check", text(bundle), "--policy", text(&policy)];
        args.extend(["--trust", text(&public), "--format", "json", "--at", "2026-02-01T00:00:00Z"]);
        args.extend(more);
        let run = site.airgo.run(&args);
        let report: Value =
            serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {}", run.stderr));
        let findings = report["findings"].as_array().unwrap_or_else(|| panic!("{report}"));
        findings.iter().map(ToString::to_string).collect::<BTreeSet<String>>()
    };
    &check(&[]) | &check(&["--baseline", text(baseline)])
}

fn plugins(found: &BTreeSet<String>) -> BTreeSet<String> {
    let of =
        |line: &String| serde_json::from_str::<Value>(line).unwrap()["plugin"].as_str().unwrap().to_owned();
    found.iter().map(of).collect()
}

#[test]
fn the_built_ins_find_the_same_in_the_part() {
    let site = site("Some words of one's own.\n");
    let old = self::site("Other words.\n");
    let [before, before_exact, whole, exact] =
        ["before", "before-exact", "whole", "exact"].map(|name| site.temp.join(format!("{name}.airgo")));
    let key = site.key();
    let pack = |of: &Site, file: &Path, more: &[&str]| {
        let project = of.project();
        let mut args = vec!["pack", text(&project), "-o", text(file), "--key", text(&key)];
        args.extend(["--platform", "linux/amd64"]);
        args.extend(more);
        of.airgo.run(&args).done()
    };
    pack(&old, &before, &[]);
    pack(&old, &before_exact, &["--exact"]);
    pack(&site, &whole, &[]);
    pack(&site, &exact, &["--exact"]);
    let (all, part) = (found(&site, &whole, &before), found(&site, &exact, &before_exact));
    let six = ["allowlist", "drift", "freshness", "licence", "native", "vulnerability"];
    assert_eq!(plugins(&all), six.map(str::to_owned).into(), "each has something to say: {all:#?}");
    assert_eq!(part, all);

    // That they did not see all is said.
    let (policy, public) = (site.temp.join("policy.toml"), site.public_key());
    let check = |bundle: &Path| {
        let args = ["policy", "check", text(bundle), "--policy", text(&policy), "--trust", text(&public)];
        let run = site.airgo.run(&args);
        format!("{}{}", run.stdout, run.stderr)
    };
    let words = "only the files that a build reads";
    assert!(check(&exact).contains(words), "{}", check(&exact));
    assert!(!check(&whole).contains(words), "{}", check(&whole));
}
