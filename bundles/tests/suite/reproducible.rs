//! One project, two packings: what may differ, and what must not.

use crate::support::forge::Forge;
use crate::support::{JOBS, World, empty_manifest, key, module, tiny, trust, verify};
use airgo_bundle::predicate::{
    Builder, DependencyNotes, Lookup, Origin, PackSettings, PolicyVerdict, Predicate, PredicateError,
    Provenance, Ruling, RunDetails, RunMetadata, SumdbEvidence,
};
use airgo_bundle::{BundleWriter, Claims, NewStatement, Object, SignedBundle, Signing};
use airgo_gomod::ModuleVersion;
use std::collections::HashMap;
use std::io::Read;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};

/// What precedes an entry's name.
const LOCAL_HEADER: usize = 30;
const EVIDENCE: &str = "proxy/sumdb/sum.example.com/supported";

fn provenance(world: &World, hour: u8, proxy: &str) -> Provenance {
    let fetched = |m: &ModuleVersion| {
        let origin = Origin {
            vcs: "git".into(),
            url: format!("https://{}", m.path.to_lowercase()),
            hash: "0123456789abcdef0123456789abcdef01234567".into(),
            reference: format!("refs/tags/{}", m.version),
            subdir: String::new(),
        };
        let notes = DependencyNotes {
            deprecated: m.path.ends_with("fork").then(|| "use example.com/orig".to_owned()),
            fetched_at: Some(format!("2026-09-01T{hour:02}:00:00Z")),
            origin: Some(origin),
            retracted: m.path.ends_with("fork").then(String::new),
        };
        (Some(format!("https://{proxy}/{}/@v/{}.zip", m.path, m.version)), notes)
    };
    let settings = PackSettings { goproxy: Some(format!("https://{proxy}")), ..PackSettings::default() };
    let run = RunDetails {
        builder: Builder {
            id: "https://ci.example.com/airgo".into(),
            version: [("airgo".to_owned(), "0.1.0".to_owned())].into(),
        },
        metadata: RunMetadata {
            started_on: Some(format!("2026-09-01T{hour:02}:00:00Z")),
            finished_on: Some(format!("2026-09-01T{hour:02}:00:07Z")),
            invocation_id: Some(format!("run-{hour}")),
        },
    };
    Provenance::of(&world.manifest, settings, run, &fetched)
}

/// Packs with all statements, sleeping a little differently before each object
/// so that threads finish in another order every time.
fn pack(world: &World, jobs: usize, hour: u8, proxy: &str) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("app.airgo");
    let mut writer = BundleWriter::create(&path, &world.manifest).unwrap();
    let turn = AtomicU64::new(u64::from(hour));
    let open = |o: &Object| -> std::io::Result<Box<dyn Read + Send>> {
        let nap = turn.fetch_add(7, Ordering::Relaxed).wrapping_mul(2_654_435_761) % 3;
        std::thread::sleep(std::time::Duration::from_millis(nap));
        world.open(o)
    };
    writer.write_objects(&open, NonZeroUsize::new(jobs).unwrap(), &()).unwrap();
    writer.add_evidence(EVIDENCE, Vec::new()).unwrap();
    let sumdb = SumdbEvidence {
        database: "sum.example.com".into(),
        evidence_sha256: writer.evidence_digest(),
        lookups: vec![Lookup { module: "example.com/Upper@v1.2.0".into(), record: 3 }],
        tree_hash: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".into(),
        tree_size: 9,
    };
    let mut verdict = PolicyVerdict::new(&format!("2026-09-01T{hour:02}:00:00Z"), Ruling::Warn);
    verdict.counts.warn = 1;
    let packer = key(1);
    let mut signing = Signing::new(&packer);
    signing.claims = Claims {
        sequence: Some(hour.into()),
        expires: Some("2027-01-01T00:00:00Z".parse().unwrap()),
        ..Claims::default()
    };
    signing.statements = vec![
        NewStatement::of(&provenance(world, hour, proxy)).unwrap(),
        NewStatement::of(&verdict).unwrap(),
        NewStatement::of(&sumdb).unwrap(),
    ];
    writer.finish(&[signing]).unwrap();
    std::fs::read(path).unwrap()
}

fn signed(bytes: &[u8]) -> SignedBundle {
    verify(bytes, &trust(&[&key(1)])).unwrap()
}

#[test]
fn only_the_signed_statements_differ_between_two_packings() {
    let mut other = tiny();
    // Found in another order, as another machine's file system may give them.
    other.manifest.modules.reverse();
    other.manifest.graph.reverse();
    other.manifest = other.manifest.seal().unwrap();
    let (a, b) = (pack(&tiny(), 1, 3, "one.example.com"), pack(&other, 7, 15, "two.example.com"));
    assert!(a != b, "times and proxies are stated");
    let (left, right) = (Forge::of(&a), Forge::of(&b));
    let mut same = 0;
    for (one, two) in left.entries.iter().zip(&right.entries) {
        assert_eq!(one.name, two.name);
        let name = String::from_utf8_lossy(&one.name);
        if name.starts_with("statements/") || name.starts_with("signatures/") {
            continue;
        }
        assert!(one.content == two.content, "{name} differs");
        same += 1;
    }
    let shared = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let first = a.windows(11).position(|w| w == b"statements/").unwrap() - LOCAL_HEADER;
    assert!(shared >= first, "all bytes before the first statement are equal");
    println!("{same} entries equal, {shared} of {} bytes shared before the first statement", a.len());
    // The same run again, with other jobs: the very same file.
    assert!(a == pack(&tiny(), 5, 3, "one.example.com"));
}

#[test]
fn statements_are_read_back_as_what_they_were() {
    let world = tiny();
    let bundle = signed(&pack(&world, 2, 9, "proxy.example.com"));
    let [(who, found)] = &bundle.signers().trusted_statements::<Provenance>().unwrap()[..] else { panic!() };
    assert_eq!(*who, airgo_bundle::keys::Signer::public_key(&key(1)).id());
    assert_eq!(*found, provenance(&world, 9, "proxy.example.com"));
    let fork = &found.build_definition.resolved_dependencies[1];
    assert_eq!(fork.uri, "pkg:golang/example.com/fork@v0.1.0");
    assert_eq!(fork.annotations.retracted.as_deref(), Some(""));
    let [(_, verdict)] = &bundle.signers().trusted_statements::<PolicyVerdict>().unwrap()[..] else {
        panic!()
    };
    assert_eq!((verdict.verdict, verdict.counts.warn), (Ruling::Warn, 1));
    let [(_, sumdb)] = &bundle.signers().trusted_statements::<SumdbEvidence>().unwrap()[..] else { panic!() };
    sumdb.demand(&bundle).unwrap();
    let mut lie = sumdb.clone();
    lie.evidence_sha256 = airgo_bundle::Sha256::of(b"");
    lie.demand(&bundle).unwrap_err();
}

/// A verdict that was stated before plugins had signers reads as it did, and is
/// written as it was.
#[test]
fn the_signer_of_a_plugin_is_optional() {
    let mut stated = serde_json::json!({
        "counts": {"allow": 0, "deny": 0, "excepted": 0, "warn": 0},
        "judgedAt": "2026-09-01T00:00:00Z",
        "plugins": [{
            "builtin": false, "configSha256": "00", "descriptionName": "house", "interface": "1.0.0",
            "name": "house", "sha256": "00", "version": "1.0.0",
        }],
        "verdict": "allow",
    });
    let read = |stated: &serde_json::Value| serde_json::from_value::<PolicyVerdict>(stated.clone());
    let old = read(&stated).unwrap();
    assert_eq!(old.plugins[0].signer, None);
    assert_eq!(serde_json::to_value(&old).unwrap(), stated);

    stated["plugins"][0]["signer"] = serde_json::json!({"keyId": "SHA256:x"});
    assert_eq!(serde_json::to_value(read(&stated).unwrap()).unwrap(), stated);
    stated["plugins"][0]["signer"]["name"] = "pat".into();
    stated["plugins"][0]["signer"]["roles"] = serde_json::json!(["author"]);
    assert_eq!(serde_json::to_value(read(&stated).unwrap()).unwrap(), stated);
    stated["plugins"][0]["signer"]["more"] = true.into();
    read(&stated).unwrap_err();
}

#[test]
fn no_untrusted_or_malformed_statement_counts() {
    let (packer, outsider) = (key(1), key(2));
    let mut first = Signing::new(&packer);
    first.statements.push(NewStatement {
        name: "verdict".into(),
        predicate_type: PolicyVerdict::TYPE.into(),
        predicate: serde_json::json!({"verdict": "allow", "judgedAt": "2026-09-01T00:00:00Z"}),
    });
    let mut second = Signing::new(&outsider);
    let allow = PolicyVerdict::new("2026-09-01T00:00:00Z", Ruling::Allow);
    second.statements.push(NewStatement::of(&allow).unwrap());
    let bytes = tiny().packed(&[first, second]);
    let error = signed(&bytes).signers().trusted_statements::<PolicyVerdict>().unwrap_err();
    assert!(matches!(error, PredicateError::Shape { .. }), "{error}");
    println!("{error}");
    let by_second = verify(&bytes, &trust(&[&outsider])).unwrap();
    assert_eq!(by_second.signers().trusted_statements::<PolicyVerdict>().unwrap().len(), 1, "only hers");

    let mut wrong = PolicyVerdict::new("yesterday", Ruling::Allow);
    println!("{}", NewStatement::of(&wrong).unwrap_err());
    wrong.judged_at = "2026-09-01T00:00:00Z".into();
    NewStatement::of(&wrong).unwrap();
    let mut mislabelled = Signing::new(&packer);
    mislabelled.statements.push(NewStatement {
        name: "provenance".into(),
        predicate_type: "https://example.com/other".into(),
        predicate: serde_json::json!({}),
    });
    let error =
        signed(&tiny().packed(&[mislabelled])).signers().trusted_statements::<Provenance>().unwrap_err();
    assert!(matches!(error, PredicateError::Type { .. }), "{error}");
    println!("{error}");
}

/// The same files in a zip that is packed otherwise: stored instead of deflated.
fn recompressed(zip: &[u8], id: &ModuleVersion) -> Vec<u8> {
    let limits = airgo_gomod::modzip::Limits::default();
    let mut archive = airgo_gomod::modzip::ModuleZip::open(std::io::Cursor::new(zip), id, &limits).unwrap();
    let files: Vec<(String, u64)> = archive.entries().map(|e| (e.name.to_owned(), e.size)).collect();
    let add = |out: airgo_testkit::ZipBuilder, (name, size): (String, u64)| {
        let content = archive.read(&name, 0, size).unwrap();
        out.stored(format!("{id}/{name}"), content)
    };
    files.into_iter().fold(airgo_testkit::ZipBuilder::new(), add).bytes()
}

#[test]
fn zips_compressed_otherwise_keep_the_content_id() {
    let build = |recompress: bool| -> World {
        let mut bytes = HashMap::new();
        let text = "package a // ".to_owned() + &"x".repeat(5000) + "\n";
        let built = airgo_testkit::Module::new("example.com/a", "v1.0.0").file("a.go", text);
        let mut entry = module(&built, &mut bytes);
        if recompress {
            let name = "proxy/example.com/a/@v/v1.0.0.zip";
            let id = ModuleVersion::new("example.com/a", "v1.0.0");
            let zip = recompressed(&bytes[name], &id);
            assert_ne!(zip, bytes[name]);
            let hash = entry.zip.as_mut().unwrap();
            // What go.sum holds is over the files, so it is the same for both.
            let limits = airgo_gomod::modzip::Limits::default();
            let reader = std::io::Cursor::new(&zip);
            let mut opened = airgo_gomod::modzip::ModuleZip::open(reader, &id, &limits).unwrap();
            assert_eq!(opened.walk(&mut ()).unwrap(), hash.h1);
            *hash = crate::support::hashed(&zip, hash.h1);
            bytes.insert(name.to_owned(), zip);
        }
        let mut manifest = empty_manifest();
        manifest.modules = vec![entry];
        manifest.graph = vec![airgo_bundle::manifest::GraphNode {
            module: "example.com/app".into(),
            requires: vec!["example.com/a@v1.0.0".into()],
        }];
        World { manifest: manifest.seal().unwrap(), bytes }
    };
    let (plain, repacked) = (build(false), build(true));
    assert_eq!(plain.manifest.content_id, repacked.manifest.content_id);
    assert_ne!(plain.manifest.to_bytes().unwrap(), repacked.manifest.to_bytes().unwrap());
    let packer = key(1);
    for world in [&plain, &repacked] {
        let bundle = signed(&world.packed(&[Signing::new(&packer)]));
        bundle.verify_objects(JOBS, &()).unwrap();
        bundle.verify_modules(JOBS, &()).unwrap();
        println!("{}", bundle.manifest().content_id);
    }
}
