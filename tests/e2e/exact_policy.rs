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

const MIT: &str = include_str!("../../plugins/licence/fixtures/mit.txt");

/// Files that each plugin has something to say of: in packages that a build reads, and
/// in one that it does not. The licence of mixed is this, and grown has these files.
fn site(licence: &str, grown: &[(&str, &str)]) -> Site {
    let module = |path: &str| Module::new(path, "v1.0.0").go("1.21").file("LICENSE", MIT);
    let world = small_world()
        .with(
            grown.iter().fold(
                module("example.com/grown")
                    .file("read/read.go", "package read\n")
                    .file("unread/asm_amd64.s", "// Nothing.\n"),
                |grown, (name, content)| grown.file(*name, *content),
            ),
        )
        // Go opens it to see that it has no package deep.
        .with(module("example.com/opened").file("c.go", "package opened\n\nimport \"C\"\n"))
        .with(module("example.com/opened/deep").file("deep.go", "package deep\n"))
        .with(module("example.com/unread").file("c.go", "package unread\n\nimport \"C\"\n"))
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
    let imports = ["bare", "grown/read", "mixed/used", "opened/deep"];
    let imports = imports.map(|package| format!("import _ \"example.com/{package}\"\n")).concat();
    let ones = ["grown", "mixed", "opened", "opened/deep", "unread"];
    let main = main_module().require("example.com/bare", "v0.1.0");
    let main = ones
        .iter()
        .fold(main, |main, name| main.require(&format!("example.com/{name}"), "v1.0.0"))
        .file("use.go", format!("package main\n\n{imports}"));
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
        findings.iter().map(as_text).collect::<BTreeSet<String>>()
    };
    &check(&[]) | &check(&["--baseline", text(baseline)])
}

/// A finding as text. Which native code was approved, and which there is, a part does
/// not show whole.
fn as_text(finding: &Value) -> String {
    let mut finding = finding.clone();
    if finding["rule"] == "changed-native" {
        finding["message"].take();
        finding["attributes"].take();
    }
    finding.to_string()
}

fn plugins(found: &BTreeSet<String>) -> BTreeSet<String> {
    let of =
        |line: &String| serde_json::from_str::<Value>(line).unwrap()["plugin"].as_str().unwrap().to_owned();
    found.iter().map(of).collect()
}

#[test]
fn the_built_ins_find_the_same_in_the_part() {
    let site = site("Some words of one's own.\n", &[("read/c.go", "package read\n\nimport \"C\"\n")]);
    let old = self::site("Other words.\n", &[]);
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
    let changed = |found: &BTreeSet<String>| {
        let of_drift = found.iter().filter(|line| line.contains(r#""plugin":"drift""#));
        of_drift.filter(|line| !line.contains("no-baseline")).count()
    };
    assert_eq!(changed(&all), 3, "two sums, and the native code of grown: {all:#?}");

    // Nor does it matter of which of them the approved bundle has all files.
    assert_eq!(found(&site, &exact, &before), all);
    assert_eq!(found(&site, &whole, &before_exact), all);
    for (now, was) in [(&exact, &whole), (&whole, &exact), (&exact, &exact)] {
        let same = found(&site, now, was);
        assert_eq!(changed(&same), 0, "{same:#?}");
    }

    // That they did not see all is said.
    let (policy, public) = (site.temp.join("policy.toml"), site.public_key());
    let check = |bundle: &Path, baseline: &Path| {
        let mut args = vec!["policy", "check", text(bundle), "--policy", text(&policy)];
        args.extend(["--trust", text(&public), "--baseline", text(baseline)]);
        let run = site.airgo.run(&args);
        format!("{}{}", run.stdout, run.stderr)
    };
    let words = "modules the bundle has only the files that a build reads";
    let approved = "modules the approved bundle has only the files that a build reads";
    for (now, was) in [(&exact, &before), (&whole, &before_exact), (&exact, &before_exact), (&whole, &before)]
    {
        let printed = check(now, was);
        assert_eq!(printed.contains(words), now == &exact, "{printed}");
        assert_eq!(printed.contains(approved), was == &before_exact, "{printed}");
    }
}
