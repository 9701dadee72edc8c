//! Other readers of ZIP and the go command itself agree with us about a bundle.

use crate::support;
use crate::support::{JOBS, empty_manifest, key, tiny, trust, verify};
use airgo_bundle::manifest::{GraphNode, Module, Stored};
use airgo_bundle::{BundleWriter, Object, Sha256, Signing};
use airgo_testkit::{Go, require_tool};
use std::io::{Cursor, Read};
use std::path::Path;
use std::process::Command;

fn run(command: &mut Command) -> String {
    let out = command.output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{command:?}: {text}{}", String::from_utf8_lossy(&out.stderr));
    text
}

#[test]
fn the_zip_crate_reads_every_entry() {
    let world = tiny();
    let packer = key(1);
    let bytes = world.packed(&[Signing::new(&packer)]);
    let mut zip = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    assert_eq!(zip.by_index(0).unwrap().name_raw(), b"airgo.json");
    for (name, content) in &world.bytes {
        let mut read = Vec::new();
        let mut entry = zip.by_name(name).unwrap();
        assert_eq!(entry.compression(), zip::CompressionMethod::Stored);
        assert_eq!(entry.unix_mode(), Some(0o100_644));
        entry.read_to_end(&mut read).unwrap();
        assert_eq!(read, *content, "{name}");
    }
    assert!(bytes.starts_with(b"PK\x03\x04"));
}

#[test]
fn unzip_and_python_find_nothing_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tiny.airgo");
    let packer = key(1);
    tiny().write(&path, &[Signing::new(&packer)]).unwrap();
    if require_tool("unzip") {
        let text = run(Command::new("unzip").arg("-t").arg(&path));
        assert!(text.contains("No errors detected"), "{text}");
    }
    if require_tool("python3") {
        check_with_python(&path, 11);
    }
}

/// Reads every entry with python's zipfile, which checks each CRC.
fn check_with_python(path: &Path, entries: usize) {
    let program = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\n\
                   print(len(z.namelist()))";
    let text = run(Command::new("python3").args(["-c", program]).arg(path));
    assert_eq!(text.trim(), entries.to_string());
}

#[test]
fn go_builds_from_what_unzip_makes_of_a_bundle() {
    if !(require_tool("go") && require_tool("unzip")) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tiny.airgo");
    let packer = key(1);
    let mut world = tiny();
    let upper = airgo_testkit::Module::new("example.com/Upper", "v1.2.0")
        .go("1.20")
        .require("example.com/orig", "v0.9.0")
        .file("a.go", "package upper\n\nimport _ \"example.com/orig\"\n");
    let fork = airgo_testkit::Module::new("example.com/fork", "v0.1.0")
        .go_mod("module example.com/orig\n")
        .file("b.go", "package fork\n");
    let mut replaced = support::module(&fork, &mut world.bytes);
    let old = world.manifest.modules.iter().find(|m| m.path == "example.com/orig").unwrap();
    (replaced.path, replaced.version) = (old.path.clone(), old.version.clone());
    replaced.replacement = old.replacement.clone();
    world.manifest.modules = vec![support::module(&upper, &mut world.bytes), replaced];
    world.manifest = world.manifest.seal().unwrap();
    world.write(&path, &[Signing::new(&packer)]).unwrap();

    let out = dir.path().join("out");
    run(Command::new("unzip").arg("-q").arg(&path).arg("-d").arg(&out));
    let go = Go::with_proxy(&format!("file://{}/proxy", out.display()));
    let app = dir.path().join("app");
    std::fs::create_dir(&app).unwrap();
    let go_mod = "module example.com/app\n\ngo 1.24\n\nrequire example.com/Upper v1.2.0\n\n\
                  require example.com/orig v0.9.0 // indirect\n\n\
                  replace example.com/orig => example.com/fork v0.1.0\n";
    std::fs::write(app.join("go.mod"), go_mod).unwrap();
    std::fs::write(app.join("main.go"), "package main\n\nimport _ \"example.com/Upper\"\n\nfunc main() {}\n")
        .unwrap();
    go.run(&app, &["mod", "download", "all"]);
    go.run(&app, &["build", "-mod=mod", "./..."]);
    assert_eq!(
        go.run(&app, &["list", "-m", "-versions", "example.com/Upper"]).trim(),
        "example.com/Upper v1.2.0"
    );
    assert!(go.list_m_all(&app).contains("example.com/orig v0.9.0 => example.com/fork v0.1.0"));
}

/// 70,000 entries: more than the 16-bit count holds, so ZIP64 end records.
#[test]
fn more_entries_than_sixteen_bits_count() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("many.airgo");
    let packer = key(1);
    let mut manifest = empty_manifest();
    for number in 0..23_333 {
        let version = format!("v1.{number}.0");
        let content = version.clone().into_bytes();
        manifest.modules.push(Module {
            direct: false,
            info: Some(Stored { sha256: Sha256::of(&content), size: content.len() as u64 }),
            go_mod: Some(support::hashed(&content, airgo_testkit::h1_go_mod(&content))),
            path: "example.com/many".into(),
            replacement: None,
            carried: None,
            encoder: None,
            files: None,
            required_by: Vec::new(),
            selected: false,
            time: None,
            version,
            zip: Some(support::hashed(&content, airgo_testkit::h1_go_mod(&content))),
        });
    }
    manifest.graph = vec![GraphNode {
        module: "example.com/app".into(),
        requires: vec!["example.com/many@v1.0.0".into()],
    }];
    let manifest = manifest.seal().unwrap();
    let mut writer = BundleWriter::create(&path, &manifest).unwrap();
    let open = |o: &Object| -> std::io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Cursor::new(o.module.version.clone().into_bytes())))
    };
    writer.write_objects(&open, JOBS, &()).unwrap();
    writer.finish(&[Signing::new(&packer)]).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let entries = 3 * 23_333 + 3;
    assert_eq!(zip::ZipArchive::new(Cursor::new(&bytes)).unwrap().len(), entries);
    verify(&bytes, &trust(&[&packer])).unwrap();
    if require_tool("python3") {
        check_with_python(&path, entries);
    }
}
