//! `airgo vulndb`: the same data in any of their forms are the same snapshot,
//! which the vulnerability plugin reads; what is not whole is refused.

use crate::airgo::{Airgo, Run};
use crate::site::{Site, text};
use airgo_testkit::{Fault, Proxy, TempTree, ZipBuilder, require_tool, sha256_hex};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const DB: &str = r#"{"modified":"2026-01-03T00:00:00Z"}"#;
const VULNS: &str = r#"[{"id":"GO-2026-0001","modified":"2026-01-02T00:00:00Z"},
    {"id":"GO-2026-0002","modified":"2026-01-01T00:00:00Z"}]"#;
const MODULES: &str =
    r#"[{"path":"example.com/b/v2","vulns":[{"id":"GO-2026-0001","modified":"2026-01-02T00:00:00Z"}]}]"#;
const ONE: &str = r#"{"id":"GO-2026-0001","modified":"2026-01-02T00:00:00Z","aliases":["CVE-2026-1"],"summary":"Flood",
    "affected":[{"package":{"name":"example.com/b/v2","ecosystem":"Go"},
    "ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"2.2.0"}]}],
    "ecosystem_specific":{"imports":[{"path":"example.com/b/v2/inner"}]}}]}"#;
const TWO: &str = r#"{"id":"GO-2026-0002","modified":"2026-01-01T00:00:00Z","withdrawn":"2026-01-01T00:00:00Z",
    "affected":[{"package":{"name":"example.com/a","ecosystem":"Go"}}]}"#;

pub fn go_database() -> [(&'static str, &'static str); 5] {
    [
        ("index/db.json", DB),
        ("index/vulns.json", VULNS),
        ("index/modules.json", MODULES),
        ("ID/GO-2026-0001.json", ONE),
        ("ID/GO-2026-0002.json", TWO),
    ]
}

pub fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    files.iter().fold(ZipBuilder::new(), |zip, (name, text)| zip.file(name, text)).bytes()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

/// Nobody's GOPROXY is needed for it.
fn user() -> Airgo {
    Airgo::new("")
}

/// The snapshot of a source.
fn import(temp: &TempTree, source: &str) -> Vec<u8> {
    let target = temp.join("some.airgodb");
    user().run(&["vulndb", "import", source, "-o", text(&target)]).done().says(&["Imported "]);
    fs::read(target).unwrap()
}

/// An import that fails and writes nothing.
#[track_caller]
fn refused(temp: &TempTree, source: &str, words: &[&str]) -> Run {
    let target = temp.join("out/none.airgodb");
    temp.dir("out");
    let run = user().run(&["vulndb", "import", source, "-o", text(&target)]).ends(1).says(words);
    assert!(run.stderr.contains("none.airgodb was not written"), "{}", run.stderr);
    assert_eq!(fs::read_dir(temp.join("out")).unwrap().count(), 0, "something was left behind");
    run
}

#[test]
fn the_same_data_in_any_form_are_the_same_snapshot() {
    let temp = TempTree::new();
    for (name, content) in go_database() {
        temp.write(format!("plain/{name}"), content);
        temp.write(format!("packed/{name}.gz"), gzip(content.as_bytes()));
        temp.write(format!("both/{name}"), content);
        temp.write(format!("both/{name}.gz"), b"never looked at");
    }
    temp.write("plain/README.md", "not part of it");
    let whole = temp.write("vulndb.zip", zip(&go_database()));
    temp.write("mirror/vulndb.zip", zip(&go_database()));
    let wanted = import(&temp, text(&temp.join("plain")));
    assert!(
        wanted.starts_with(br#"{"schema":"airgo-vulndb/1","modified":"2026-01-03T00:00:00Z","entries":2,"#)
    );
    let served = ["plain", "packed", "mirror"].map(|dir| Proxy::serve_dir(temp.join(dir)));
    let mut sources = vec![
        text(&temp.join("packed")).to_owned(),
        text(&temp.join("both")).to_owned(),
        text(&whole).to_owned(),
        format!("file://{}", text(&temp.join("plain"))),
        format!("{}/vulndb.zip", served[2].url()),
    ];
    sources.extend(served.iter().map(Proxy::url));
    for source in &sources {
        assert_eq!(import(&temp, source), wanted, "{source}");
    }
    // A mirror with the whole is asked for nothing else.
    assert_eq!(served[2].count(".json") + served[2].count(".gz"), 0);
    // Plain OSV entries have no index, whose date may be later.
    temp.write("osv/Go/GO-2026-0001.json", ONE);
    let osv = String::from_utf8(import(&temp, text(&temp.join("osv")))).unwrap();
    assert!(
        osv.starts_with(r#"{"schema":"airgo-vulndb/1","modified":"2026-01-02T00:00:00Z","entries":1,"#),
        "{osv}"
    );
}

#[test]
fn info_says_of_which_date_and_whose_it_is() {
    let temp = TempTree::new();
    let source = temp.write("vulndb.zip", zip(&go_database()));
    let target = temp.join("vulndb.airgodb");
    let json = user().run(&["vulndb", "import", text(&source), "-o", text(&target), "--json"]).done().stdout;
    let info = user().run(&["vulndb", "info", text(&target)]).done().stdout;
    let digest = sha256_hex(&fs::read(&target).unwrap());
    for words in [
        "date     2026-01-03T00:00:00Z\n",
        "entries  2 about 1 module\n",
        &format!("sha256   {digest}\n"),
        "source   Go Vulnerability Database, https://vuln.go.dev: 2 entries, CC-BY-4.0\n",
    ] {
        assert!(info.contains(words), "no {words:?} in {info}");
    }
    assert_eq!(json, user().run(&["vulndb", "info", text(&target), "--json"]).done().stdout);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["schema"], "airgo.dev/vulndb/v1");
    assert_eq!(
        (json["modified"].as_str(), json["sha256"].as_str()),
        (Some("2026-01-03T00:00:00Z"), Some(&*digest))
    );
    let whole = fs::read(&target).unwrap();
    fs::write(&target, &whole[..whole.len() - 1]).unwrap();
    user().run(&["vulndb", "info", text(&target)]).ends(1).says(&["is not a snapshot of vulnerability data"]);
}

#[test]
fn the_newest_of_several_sources_counts() {
    let temp = TempTree::new();
    let newer = ONE.replace("2026-01-02", "2026-02-02").replace("Flood", "Deluge");
    let (old, new) = (temp.write("a/x.json", ONE), temp.write("b/x.json", &newer));
    let target = temp.join("both.airgodb");
    for sources in [[&old, &new], [&new, &old]] {
        user().run(&["vulndb", "import", text(sources[0]), text(sources[1]), "-o", text(&target)]).done();
        assert_eq!(fs::read(&target).unwrap(), import(&temp, text(&new)));
    }
}

#[test]
fn what_is_not_whole_is_refused() {
    let temp = TempTree::new();
    let lacks = |name: &str| {
        let dir = temp.dir(format!("lacks-{}", name.replace('/', "-")));
        for (file, content) in go_database().iter().filter(|(file, _)| *file != name) {
            temp.write(dir.join(file), content);
        }
        dir
    };
    let entry = lacks("ID/GO-2026-0002.json");
    refused(
        &temp,
        text(&entry),
        &["index/vulns.json: names GO-2026-0002, and ID/GO-2026-0002.json is missing"],
    );
    let server = Proxy::serve_dir(&entry);
    refused(&temp, &server.url(), &["ID/GO-2026-0002.json", "is missing"]);
    refused(&temp, text(&lacks("index/db.json")), &["index/db.json: is missing"]);
    refused(&temp, text(&temp.dir("empty")), &["has neither index/db.json nor OSV entries"]);
    refused(&temp, text(&temp.join("nowhere")), &["could not read "]);
    let future = temp.write("future.json", ONE.replace("2026-01-02", "2996-01-02"));
    refused(&temp, text(&future), &["is in the future", "2996-01-02T00:00:00Z"]);
    refused(&temp, text(&temp.write("no.json", "{}")), &["no.json"]);
}

#[test]
fn hostile_archives_are_refused() {
    let temp = TempTree::new();
    let bomb = vec![b' '; 17 << 20];
    let packed = gzip(&bomb);
    let lie = {
        // The directory says that the bomb is small.
        let mut zip = ZipBuilder::new().file("x.json", &bomb).bytes();
        let size = u32::try_from(bomb.len()).unwrap().to_le_bytes();
        for at in (0..zip.len() - 4).filter(|at| zip[*at..*at + 4] == size).collect::<Vec<_>>() {
            zip[at..at + 4].copy_from_slice(&100u32.to_le_bytes());
        }
        zip
    };
    let cases: [(&str, Vec<u8>, &str); 7] = [
        ("climbs", ZipBuilder::new().file("../x.json", ONE).bytes(), "../x.json"),
        ("twice", ZipBuilder::new().file("x.json", ONE).file("x.json", TWO).bytes(), "more than one entry"),
        (
            "again",
            ZipBuilder::new().file("x.json", ONE).file("y.json", ONE).bytes(),
            "GO-2026-0001 is in x.json",
        ),
        ("bomb", ZipBuilder::new().file("x.json", &bomb).bytes(), "x.json is larger than 16777216 bytes"),
        ("packed-bomb", ZipBuilder::new().stored("x.json.gz", &packed).bytes(), "larger than 16777216 bytes"),
        ("lie", lie, "x.json"),
        ("text", b"no zip at all, though long enough to be one".to_vec(), "neither a directory nor a zip"),
    ];
    for (name, bytes, words) in cases {
        let file = temp.write(format!("{name}.zip"), bytes);
        refused(&temp, text(&file), &[words]);
    }
}

#[test]
fn servers_that_have_none_are_told_apart() {
    let temp = TempTree::new();
    let server = Proxy::serve_dir(temp.dir("nothing"));
    refused(
        &temp,
        &server.url(),
        &["is not a vulnerability database: it has neither vulndb.zip nor index/db.json"],
    );
    refused(&temp, &format!("{}/all.zip", server.url()), &["/all.zip is not there"]);
    temp.write("portal/vulndb.zip", "<!DOCTYPE html><title>Hotel Wi-Fi</title>");
    let portal = Proxy::serve_dir(temp.join("portal"));
    refused(&temp, &portal.url(), &["a web page titled \"Hotel Wi-Fi\""]);
    temp.write("down/vulndb.zip", zip(&go_database()));
    let down = Proxy::serve_dir(temp.join("down"));
    down.fault("vulndb.zip", Fault::Status(503));
    let (target, url) = (temp.join("out/none.airgodb"), down.url().replace("http://", "http://me:s3cret@"));
    let run = user().run(&["vulndb", "import", &url, "-o", text(&target), "--retries", "0"]).ends(1);
    assert!(!run.stderr.contains("s3cret"), "{}", run.stderr);
    let run = refused(&temp, "ftp://me:s3cret@h/db", &["address"]);
    assert!(!run.stderr.contains("s3cret"), "{}", run.stderr);
}

/// A policy with the vulnerability plugin over a snapshot.
fn policy(site: &Site, data: &Path, more: &str) -> PathBuf {
    let text = format!(
        "[[plugin]]\nname = \"vulnerability\"\nbuiltin = \"vulnerability\"\nconfig.default = \"deny\"\n\n\
         [[data]]\nname = \"vulndb\"\npath = \"{}\"\n{more}",
        text(data)
    );
    site.temp.write("vulnerability.toml", text)
}

#[test]
fn the_plugin_finds_the_same_in_a_snapshot_and_refuses_an_old_one() {
    let site = Site::new();
    site.pack().done();
    for (name, content) in go_database() {
        site.temp.write(format!("db/{name}"), content);
    }
    let snapshot = site.temp.join("vulndb.airgodb");
    user().run(&["vulndb", "import", text(&site.temp.join("db")), "-o", text(&snapshot)]).done();
    let check = |data: &Path, more: &str, at: &str| {
        let (file, bundle, key) = (policy(&site, data, more), site.bundle(), site.public_key());
        let args =
            ["policy", "check", text(&bundle), "--policy", text(&file), "--trust", text(&key), "--at", at];
        site.airgo.run(&args)
    };
    let soon = "2026-01-05T00:00:00Z";
    let found = check(&snapshot, "max-age = \"7d\"\n", soon).ends(12).stdout;
    assert!(found.contains("example.com/b/v2@v2.1.0") && found.contains("GO-2026-0001: Flood"), "{found}");
    assert_eq!(check(&site.temp.join("db"), "max-age = \"7d\"\n", soon).ends(12).stdout, found);
    // The data say themselves of when they are: a policy that claims more does not make them younger.
    for more in ["max-age = \"7d\"\n", "max-age = \"7d\"\ndate = 2026-02-01\n"] {
        for data in [&snapshot, &site.temp.join("db")] {
            check(data, more, "2026-02-01T00:00:00Z").ends(12).says(&[
                "policy refused: data source vulndb is of 2026-01-03T00:00:00Z, 29 days before",
                "airgo vulndb import",
            ]);
        }
    }
    let undated = site.temp.write("osv/x.json", ONE);
    check(&undated, "max-age = \"7d\"\n", soon)
        .ends(12)
        .says(&["data source vulndb has a max-age, and nobody says of when it is"]);
}

/// The whole Go database beside the checkout, where it is there.
#[test]
fn the_go_database_is_imported_whole() {
    let shared = std::env::var_os("AIRGO_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).unwrap().join("shared"),
        PathBuf::from,
    );
    let source = shared.join("data/vulndb-v1.zip");
    if !source.exists() {
        let _ = writeln!(std::io::stderr().lock(), "SKIPPED: there is no {}", source.display());
        return;
    }
    if !require_tool("unzip") {
        return;
    }
    let temp = TempTree::new();
    let snapshot = import(&temp, text(&source));
    let head = r#"{"schema":"airgo-vulndb/1","modified":"2026-08-21T20:38:00Z","entries":4291,"#;
    assert!(snapshot.starts_with(head.as_bytes()));
    let dir = temp.join("unpacked");
    assert!(Command::new("unzip").arg("-q").arg(&source).arg("-d").arg(&dir).status().unwrap().success());
    assert_eq!(import(&temp, text(&dir)), snapshot);
    let server = Proxy::serve_dir(dir);
    assert_eq!(import(&temp, &server.url()), snapshot);
}
