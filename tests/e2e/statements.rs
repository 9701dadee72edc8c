//! What is signed beside the manifest: provenance, verdict, checksum database.

use crate::secrets::payloads;
use crate::site::{Site, text};
use airgo_testkit::{Module, World};
use serde_json::Value;

fn statements(site: &Site) -> Vec<Value> {
    let bytes = std::fs::read(site.bundle()).unwrap();
    payloads(&bytes).iter().map(|p| serde_json::from_str(p).unwrap()).collect()
}

fn of_type<'a>(statements: &'a [Value], kind: &str) -> &'a Value {
    let found = statements.iter().find(|s| s["predicateType"] == kind);
    &found.unwrap_or_else(|| panic!("no {kind} in {statements:#?}"))["predicate"]
}

#[test]
fn provenance_tells_where_modules_came_from_and_what_authors_say() {
    let lib =
        |version: &str| Module::new("example.com/lib", version).go("1.20").file("l.go", "package lib\n");
    let world =
        World::new().with(lib("v1.0.0")).with(lib("v1.1.0").line("retract v1.0.0 // Loses data.")).with(
            Module::new("example.com/old", "v1.0.0")
                .go_mod("// Deprecated: use example.com/lib\nmodule example.com/old\n\ngo 1.20\n")
                .file("o.go", "package old\n"),
        );
    let main = Module::project("example.com/main")
        .go("1.20")
        .require("example.com/lib", "v1.0.0")
        .require("example.com/old", "v1.0.0")
        .file("main.go", "package main\n\nimport (\n\t_ \"example.com/lib\"\n\t_ \"example.com/old\"\n)\n\nfunc main() {}\n");
    let site = Site::of(world, &main);
    site.pack_with(&["--sequence", "7"]).done();

    let statements = statements(&site);
    let provenance = of_type(&statements, "https://slsa.dev/provenance/v1");
    let modules = provenance["buildDefinition"]["resolvedDependencies"].as_array().unwrap();
    let of = |name: &str| modules.iter().find(|m| m["name"] == name).unwrap();
    let lib = of("example.com/lib@v1.0.0");
    assert_eq!(lib["annotations"]["retracted"], "Loses data.");
    assert_eq!(lib["uri"], "pkg:golang/example.com/lib@v1.0.0");
    assert!(lib["downloadLocation"].as_str().unwrap().starts_with(&site.proxy.url()), "{lib}");
    assert_eq!(of("example.com/old@v1.0.0")["annotations"]["deprecated"], "use example.com/lib");
    // The version that retracts is not part of the bundle.
    assert_eq!(modules.len(), 2, "{modules:#?}");

    let verdict = of_type(&statements, "https://airgo.dev/attestation/verdict/v1");
    assert_eq!(verdict["plugins"][0]["name"], "allowlist");
    let attestation = of_type(&statements, "https://airgo.dev/attestation/bundle/v1");
    assert_eq!((&attestation["role"], &attestation["sequence"]), (&Value::from("packer"), &Value::from(7)));

    let (bundle, key) = (site.bundle(), site.public_key());
    site.airgo.run(&["verify", text(&bundle), "--trust", text(&key)]).done();
}

/// What the help says: the same inputs, the same file, whenever they are packed.
#[test]
fn without_provenance_the_same_inputs_give_the_same_file() {
    let site = Site::new();
    let packed = || {
        site.pack_with(&["--no-provenance"]).done();
        std::fs::read(site.bundle()).unwrap()
    };
    let first = packed();
    // The verdict has milliseconds, and provenance whole seconds.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert!(first == packed(), "two packings differ");
    site.pack_with(&["--no-provenance", "--at", "2026-01-01T00:00:00Z"]).done();
    assert_eq!(
        of_type(&statements(&site), "https://airgo.dev/attestation/verdict/v1")["judgedAt"],
        "2026-01-01T00:00:00Z"
    );
    site.unpack(&site.bundle(), &[]).done();
}

#[test]
fn proxies_are_recorded_whole_where_that_is_asked_for() {
    let site = Site::new();
    site.proxy.below("team/go");
    let url = site.proxy.url();
    let goproxy = format!("{url}/team/go?v=1,https://user:password@mirror.example/x");
    let site = Site { airgo: site.airgo.env("GOPROXY", &goproxy), ..site };
    let packed = |more: &[&str]| {
        site.pack_with(more).done();
        let provenance = of_type(&statements(&site), "https://slsa.dev/provenance/v1").clone();
        let settings = provenance["buildDefinition"]["internalParameters"]["goproxy"].clone();
        let modules = &provenance["buildDefinition"]["resolvedDependencies"];
        (settings, modules[0]["downloadLocation"].clone())
    };
    let (goproxy, location) = packed(&[]);
    assert_eq!(goproxy, format!("{url},https://mirror.example"));
    assert_eq!(location, url);
    let (goproxy, location) = packed(&["--record-proxies"]);
    assert_eq!(goproxy, format!("{url}/team/go?v=1,https://mirror.example/x"));
    assert_eq!(location, format!("{url}/team/go?v=1"));
}
