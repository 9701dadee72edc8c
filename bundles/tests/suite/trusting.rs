//! Trust files and rollback: one case a file.
//!
//! `cases/trust_file` holds trust files that are refused, with the error in the
//! first line. `cases/trust` signs a bundle (`sign KEY [role=] [sequence=]
//! [expires=]`, `main PATH…`) and checks it by the files below; the outcome is
//! `accepted` or `refused RULE: words`. KEY1 and ID1 stand for the first key and
//! its fingerprint.

use crate::support::{World, key, now, open, tiny};
use airgo_bundle::keys::Signer as _;
use airgo_bundle::manifest::{GraphNode, MainModule};
use airgo_bundle::{
    BundleError, Claims, ErrorClass, LastSeen, LastSeenError, Seen, SignedBundle, Signing, Trust,
};
use airgo_testkit::Txtar;
use std::path::{Path, PathBuf};

fn cases(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

fn filled(text: &str) -> String {
    (1..=9).fold(text.to_owned(), |text, n| {
        let public = key(n).public_key().clone();
        text.replace(&format!("KEY{n}"), &public.to_openssh())
            .replace(&format!("ID{n}"), &public.id().to_string())
    })
}

#[test]
fn bad_trust_files_are_refused_at_their_line() {
    let mut failures = Vec::new();
    let files = cases("trust_file");
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let want = text.lines().next().unwrap().strip_prefix("# error: ").unwrap();
        let want = format!("trust.toml:{}", filled(want));
        let mut trust = Trust::new();
        let found = match trust.parse_trust_file("trust.toml", &filled(&text), Path::new(".")) {
            Ok(count) => format!("ACCEPTED with {count} keys"),
            Err(e) => e.to_string(),
        };
        println!("{name:24} {found}");
        assert!(trust.is_empty(), "{name}: a refused file was half taken");
        if !found.starts_with(&want) {
            failures.push(format!("{name}\n  wanted {want}\n  got    {found}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    println!("{} bad trust files refused", files.len());
    assert!(files.len() > 30);
}

/// The tiny world with other main modules.
fn world(mains: &[&str]) -> World {
    let mut world = tiny();
    let template = world.manifest.main_modules[0].clone();
    world.manifest.graph.retain(|n| n.module != template.path);
    world.manifest.main_modules = mains
        .iter()
        .enumerate()
        .map(|(n, path)| MainModule {
            path: (*path).into(),
            dir: if n == 0 { ".".into() } else { format!("sub{n}") },
            ..template.clone()
        })
        .collect();
    world.manifest.graph.extend(
        mains.iter().map(|path| GraphNode {
            module: (*path).into(),
            requires: vec!["example.com/Upper@v1.2.0".into()],
        }),
    );
    world.manifest = world.manifest.seal().unwrap();
    world
}

fn claims(words: &[&str]) -> Claims {
    let mut claims = Claims::default();
    for word in words {
        match word.split_once('=').unwrap() {
            ("role", role) => claims.role = Some(role.into()),
            ("sequence", number) => claims.sequence = Some(number.parse().unwrap()),
            ("expires", time) => claims.expires = Some(time.parse().unwrap()),
            other => panic!("{other:?}"),
        }
    }
    claims
}

fn check(file: &Path) -> (String, String) {
    let case = Txtar::parse(filled(&std::fs::read_to_string(file).unwrap()).as_bytes());
    let text = String::from_utf8(case.comment).unwrap();
    let (mut world, mut want, mut signers) = (tiny(), String::new(), Vec::new());
    for line in text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["main", ..] => world = self::world(&words[1..]),
            ["sign", number, ..] => signers.push((key(number.parse().unwrap()), claims(&words[2..]))),
            ["accepted"] | ["refused", ..] => want = line.to_owned(),
            _ => panic!("unknown line {line:?}"),
        }
    }
    let signings: Vec<Signing<'_>> =
        signers.iter().map(|(key, claims)| Signing { claims: claims.clone(), ..Signing::new(key) }).collect();
    let bundle = open(&world.packed(&signings)).unwrap();
    let mut trust = Trust::new();
    for part in case.files {
        let body = String::from_utf8(part.data).unwrap();
        if part.name.ends_with(".toml") {
            trust.parse_trust_file(&part.name, &body, Path::new(".")).unwrap();
        } else {
            trust.parse(&body).unwrap();
        }
    }
    let found = match bundle.verify_signatures(&trust, now()) {
        Ok(_) => "accepted".to_owned(),
        Err(BundleError::Signature(e)) => format!("refused {}: {e}", e.rule()),
        Err(e) => format!("error: {e}"),
    };
    (want, found)
}

#[test]
fn each_rule_of_a_trust_file_refuses_by_name() {
    let mut failures = Vec::new();
    let files = cases("trust");
    for file in &files {
        let (want, found) = check(file);
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        println!("{name:28} {found}");
        let (rule, words) = want.split_once(": ").unwrap_or((want.as_str(), ""));
        if !found.starts_with(rule) || !found.contains(words) {
            failures.push(format!("{name}\n  wanted {want}\n  got    {found}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    println!("{} decisions as written", files.len());
}

#[test]
fn a_trust_file_is_read_from_disk_with_its_key_files() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    std::fs::create_dir(at("keys")).unwrap();
    std::fs::write(at("keys/one.pub"), key(1).public_key().to_pem().unwrap()).unwrap();
    let text = "schema = \"https://airgo.dev/trust/v1\"\n[[key]]\nname = \"one\"\nfile = \"keys/one.pub\"\n";
    std::fs::write(at("trust.toml"), text).unwrap();
    let mut trust = Trust::new();
    assert_eq!(trust.load(&at("trust.toml")).unwrap(), 1);
    assert_eq!(trust.keys().next().unwrap().name.as_deref(), Some("one"));
    std::fs::write(at("trust.toml"), text.replace("name", "nom")).unwrap();
    let error = trust.load(&at("trust.toml")).unwrap_err().to_string();
    assert!(error.contains("trust.toml:3:1: unknown field `nom`"), "{error}");
}

fn bundle(mains: &[&str], platform: &str, sequence: Option<u64>) -> SignedBundle {
    let packer = key(1);
    let mut world = world(mains);
    world.manifest.platforms = vec![platform.into()];
    world.manifest = world.manifest.seal().unwrap();
    let claims = Claims { sequence, ..Claims::default() };
    let bytes = world.packed(&[Signing { claims, ..Signing::new(&packer) }]);
    crate::support::verify(&bytes, &crate::support::trust(&[&packer])).unwrap()
}

#[test]
fn an_older_bundle_does_not_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("seen.json");
    let seen = LastSeen::at(&path);
    let app = |platform, sequence| bundle(&["example.com/app"], platform, sequence);
    let (three, four) = (app("linux/amd64", Some(3)), app("linux/arm64", Some(4)));
    assert_eq!(seen.check(&three.stream_version()).unwrap(), Seen::First);
    assert!(!path.exists(), "checking writes nothing");
    assert_eq!(seen.record(&three.stream_version(), now()).unwrap(), Seen::First);
    assert_eq!(seen.record(&three.stream_version(), now()).unwrap(), Seen::Again);
    assert!(matches!(seen.record(&four.stream_version(), now()).unwrap(), Seen::Newer { .. }));
    let before = std::fs::read(&path).unwrap();

    let old = seen.record(&three.stream_version(), now()).unwrap_err();
    assert!(matches!(old, LastSeenError::Rollback { found: 3, .. }), "{old}");
    println!("{old}");
    let fork = seen.check(&app("linux/386", Some(4)).stream_version()).unwrap_err();
    assert!(matches!(fork, LastSeenError::Fork { .. }), "{fork}");
    println!("{fork}");
    let without = seen.check(&app("linux/amd64", None).stream_version()).unwrap_err();
    assert_eq!(without.rule(), Some("sequence"));
    println!("{without}");
    assert_eq!(BundleError::from(old).class(), ErrorClass::Signature);
    assert_eq!(std::fs::read(&path).unwrap(), before, "a refusal changes nothing");

    // Another project is another stream.
    let other = bundle(&["example.com/app", "example.com/tool"], "linux/amd64", Some(1));
    assert_eq!(seen.record(&other.stream_version(), now()).unwrap(), Seen::First);
    let names: Vec<_> = seen.streams().unwrap().into_iter().map(|s| (s.main_modules, s.sequence)).collect();
    assert_eq!(names.len(), 2);
    assert_eq!(names[0], (vec!["example.com/app".to_owned()], 4));
}

#[test]
fn a_record_that_is_no_record_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("seen.json");
    let seen = LastSeen::at(&path);
    let three = bundle(&["example.com/app"], "linux/amd64", Some(3));
    seen.record(&three.stream_version(), now()).unwrap();
    let good = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
    println!("{good}");
    let digest = three.manifest_sha256().to_string();
    for (old, new) in [
        ("last-seen/v1", "last-seen/v2"),
        ("{\"schema", " {\"schema"),
        ("\"sequence\":3", "\"sequence\":3.0"),
        ("\"sequence\":3", "\"sequence\":3,\"sequence\":1"),
        ("\"sequence\"", "\"seq\""),
        ("[\"example.com/app\"]", "[]"),
        ("[\"example.com/app\"]", "[\"example.com/b\",\"example.com/a\"]"),
        ("2026-09-01T00:00:00Z", "2026-09-01"),
        (digest.as_str(), "abc"),
        ("}]}", ""),
    ] {
        assert!(good.contains(old), "{old}");
        std::fs::write(&path, good.replacen(old, new, 1)).unwrap();
        let error = seen.check(&three.stream_version()).unwrap_err();
        assert!(matches!(error, LastSeenError::Malformed { .. }), "{new}: {error}");
        seen.record(&three.stream_version(), now()).unwrap_err();
        assert_eq!(BundleError::from(error).class(), ErrorClass::Failed);
    }
    std::fs::write(&path, "").unwrap();
    println!("{}", seen.check(&three.stream_version()).unwrap_err());
    let nowhere = LastSeen::at(&dir.path().join("no/such/seen.json"));
    assert!(matches!(nowhere.record(&three.stream_version(), now()), Err(LastSeenError::Io { .. })));
}

/// Two dozen writers at once: whatever the order, the record only grows.
#[test]
fn writers_take_turns() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("seen.json");
    let bundles: Vec<SignedBundle> =
        (1..=24).map(|n| bundle(&["example.com/app"], "linux/amd64", Some(n))).collect();
    let recorded = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for bundle in bundles.iter().rev() {
            scope.spawn(|| {
                if LastSeen::at(&path).record(&bundle.stream_version(), now()).is_ok() {
                    recorded.lock().unwrap().push(bundle.signers().sequence().unwrap());
                }
            });
        }
    });
    assert_eq!(LastSeen::at(&path).streams().unwrap()[0].sequence, 24, "the highest always gets in");
    assert!(recorded.into_inner().unwrap().contains(&24));
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "the record and its lock: {left:?}");
}
