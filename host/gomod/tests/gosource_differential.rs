//! Made packages, read as `go list` reads them. More are tried with
//! `AIRGO_DIFF_COUNT=5000`; `AIRGO_DIFF_SEED` makes others.
#![allow(clippy::unwrap_used, clippy::panic)]

mod gosource_support;

use airgo_gomod::gosource::{Platform, Source, Tags, Truth, embed_patterns, is_built, is_hidden, read};
use airgo_testkit::require_tool;
use gosource_support::Random;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const LISTS: &[&str] = &[
    "GoFiles",
    "CgoFiles",
    "TestGoFiles",
    "XTestGoFiles",
    "IgnoredGoFiles",
    "InvalidGoFiles",
    "Imports",
    "TestImports",
    "XTestImports",
    "EmbedPatterns",
    "TestEmbedPatterns",
    "XTestEmbedPatterns",
];

#[test]
fn made_packages_are_read_as_go_list_reads_them() {
    if !require_tool("go") {
        return;
    }
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse().ok());
    let count = number("AIRGO_DIFF_COUNT").unwrap_or(400_u64);
    let seed = number("AIRGO_DIFF_SEED").unwrap_or(20_261_127);
    let temp = std::env::temp_dir().join(format!("airgo-gosource-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&temp);
    let mut files = 0;
    let mut random = Random::new(seed);
    let mut names = Vec::new();
    for index in 0..count {
        let name = format!("p{index}");
        let dir = temp.join(&name);
        std::fs::create_dir_all(&dir).unwrap();
        for (file, text) in random.package() {
            std::fs::write(dir.join(file), text).unwrap();
            files += 1;
        }
        names.push(name);
    }
    std::fs::write(temp.join("go.mod"), "module example.com/m\n\ngo 1.24\n").unwrap();
    let (mut wrong, mut imports) = (Vec::new(), 0);
    for (os, arch, cgo) in [("linux", "amd64", true), ("windows", "arm64", false)] {
        let platform = Platform { os: os.to_owned(), arch: arch.to_owned() };
        let build = ["custom".to_owned()];
        let tags = Tags { platform: Some(&platform), build: &build, cgo: Some(cgo) };
        for package in go_list(&temp, &names, &tags) {
            let dir = package["Dir"].as_str().unwrap();
            let mut wanted = json!({ "Name": package["Name"].as_str().unwrap_or_default() });
            for list in LISTS {
                wanted[*list] = package.get(*list).cloned().unwrap_or_else(|| json!([]));
                if list.ends_with("Imports") {
                    imports += wanted[*list].as_array().unwrap().len();
                }
            }
            let got = package_of(Path::new(dir), &tags);
            for (key, wanted) in wanted.as_object().unwrap() {
                if got[key] != *wanted {
                    let error = &package["Error"]["Err"];
                    wrong.push(format!("{os} {dir} {key}: got {}, wanted {wanted} ({error})", got[key]));
                }
            }
        }
    }
    println!("{count} packages, {files} files, seed {seed}, {imports} imports, {} differences", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong[..wrong.len().min(20)].join("\n"));
    assert!(imports as u64 * 2 > count, "only {imports} imports");
    std::fs::remove_dir_all(&temp).unwrap();
}

fn go_list(dir: &Path, names: &[String], tags: &Tags<'_>) -> Vec<Value> {
    let platform = tags.platform.unwrap();
    let fields = format!("-json=Dir,Name,Error,{}", LISTS.join(","));
    let mut found = Vec::new();
    for names in names.chunks(2500) {
        let out = Command::new("go")
            .args(["list", "-e", &fields, "-tags", &tags.build.join(",")])
            .args(names.iter().map(|name| format!("./{name}")))
            .current_dir(dir)
            .env("GOOS", &platform.os)
            .env("GOARCH", &platform.arch)
            // With its index, which it takes for files older than two seconds, go
            // also reports errors in files that it ignores.
            .env("GODEBUG", "goindex=0")
            .env("CGO_ENABLED", if tags.cgo == Some(true) { "1" } else { "0" })
            .envs([
                ("GOFLAGS", "-mod=readonly"),
                ("GOPROXY", "off"),
                ("GOWORK", "off"),
                ("GOTOOLCHAIN", "local"),
            ])
            .output()
            .unwrap();
        let packages = serde_json::Deserializer::from_slice(&out.stdout).into_iter::<Value>();
        let packages: Vec<Value> = packages.map(Result::unwrap).collect();
        assert_eq!(packages.len(), names.len(), "{}", String::from_utf8_lossy(&out.stderr));
        found.extend(packages);
    }
    found
}

/// What go/build makes of a directory (Context.Import), by this crate's reader.
fn package_of(dir: &Path, tags: &Tags<'_>) -> Value {
    let mut lists = vec![BTreeSet::new(); LISTS.len()];
    let mut add = |list: &str, value: &str| {
        lists[LISTS.iter().position(|l| *l == list).unwrap()].insert(value.to_owned());
    };
    let mut names: Vec<String> =
        std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let mut package = String::new();
    for name in names.iter().filter(|name| name.ends_with(".go") && !is_hidden(name)) {
        let bytes = std::fs::read(dir.join(name)).unwrap();
        let source = read(&bytes);
        // Constraints come first, cgo last: a file that only cgo ignores has a
        // part in the package's name.
        let mut plain = Source { imports: Vec::new(), ..source.clone() };
        if is_built(name, &plain, tags) == Truth::No {
            if source.package == "documentation" && source.error.is_some() {
                plain.package.clear();
                if is_built(name, &plain, tags) != Truth::No {
                    add("InvalidGoFiles", name);
                }
            }
            add("IgnoredGoFiles", name);
            continue;
        }
        if source.error.is_some() {
            add("InvalidGoFiles", name);
        }
        if source.unreadable {
            continue;
        }
        let test = name.ends_with("_test.go");
        let mut own = source.package.as_str();
        let external = test && own.ends_with("_test") && package != own;
        if external {
            own = own.strip_suffix("_test").unwrap();
        }
        if package.is_empty() {
            own.clone_into(&mut package);
        } else if package != own {
            add("InvalidGoFiles", name);
        }
        let imports = if source.error.is_none() { source.imports.as_slice() } else { &[] };
        let cgo = imports.iter().any(|i| i.path == "C");
        if cgo && test {
            add("InvalidGoFiles", name);
        }
        let built = is_built(name, &source, tags);
        assert_ne!(built, Truth::Maybe, "{name}");
        if built == Truth::No {
            add("IgnoredGoFiles", name);
            continue;
        }
        let (files, kind) = match (test, external) {
            (_, true) => ("XTestGoFiles", "XTest"),
            (true, _) => ("TestGoFiles", "Test"),
            _ if cgo => ("CgoFiles", ""),
            _ => ("GoFiles", ""),
        };
        add(files, name);
        imports.iter().for_each(|i| add(&format!("{kind}Imports"), &i.path));
        if imports.iter().any(|i| i.path == "embed") {
            embed_patterns(&bytes).iter().for_each(|p| add(&format!("{kind}EmbedPatterns"), p));
        }
    }
    let mut found = json!({ "Name": package });
    for (list, values) in LISTS.iter().zip(lists) {
        found[*list] = values.into_iter().collect();
    }
    found
}
