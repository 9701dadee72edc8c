//! What a reviewer asks: what a bundle holds, what changed, why a module is there.

use crate::site::Site;
use airgo_app::diff::{DiffRequest, diff};
use airgo_app::inspect::{InspectRequest, inspect};
use airgo_app::pack::{PackRequest, pack};
use airgo_app::sign::{SignRequest, sign};
use airgo_app::verify::{VerifyRequest, verify};
use airgo_app::why::{WhyRequest, why};
use airgo_app::{FailureKind, SignWith, TrustFiles};

#[test]
fn a_bundle_is_shown_with_who_signed_it_trusted_or_not() {
    let site = Site::new();
    let packed = site.pack().unwrap();
    let request = InspectRequest { file: site.bundle(), trust: site.trust() };
    let inspected = inspect(&site.context(), &request).unwrap();
    assert_eq!(inspected.manifest.content_id, packed.content_id);
    assert_eq!(inspected.signers.trusted().count(), 1);
    let warned = || site.heard.of("warning").iter().any(|text| text.contains("no signature on this bundle"));
    assert!(!warned());

    let other = Site::new();
    let request = InspectRequest { file: site.bundle(), trust: other.trust() };
    let inspected = inspect(&site.context(), &request).unwrap();
    assert_eq!((inspected.signers.all().len(), inspected.signers.trusted().count()), (1, 0));
    assert!(warned());
}

#[test]
fn what_changed_is_reported_by_module() {
    let site = Site::new();
    site.pack().unwrap();
    let newer = site.temp.join("newer.airgo");
    site.temp.write("main/go.mod", "module example.com/main\n\ngo 1.21\n\nrequire example.com/b v1.0.0\n");
    site.temp.write("main/main.go", "package main\n\nimport _ \"example.com/b\"\n\nfunc main() {}\n");
    pack(&site.context(), &PackRequest { output: Some(newer.clone()), ..site.request() }).unwrap();
    let request = DiffRequest { old: site.bundle(), new: newer.clone(), trust: site.trust() };
    let found = diff(&site.context(), &request).unwrap();
    let lines: Vec<String> = found.changes.iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["- example.com/a v1.0.0  (removed)"]);
    assert_ne!(found.old_content_id, found.new_content_id);

    let request = DiffRequest { old: newer.clone(), new: newer, trust: site.trust() };
    assert!(diff(&site.context(), &request).unwrap().changes.is_empty());
    assert!(site.heard.of("status").contains(&"Same".to_owned()));
}

#[test]
fn packages_short_names_and_typos_are_understood() {
    let site = Site::new();
    site.pack().unwrap();
    let ask = |module: &str| {
        let (file, module) = (site.bundle(), module.to_owned());
        why(&site.context(), &WhyRequest { file, module, trust: site.trust() })
    };
    let found = ask("example.com/b/deep").unwrap();
    assert_eq!(found.module, "example.com/b@v1.0.0");
    assert_eq!(found.package.as_deref(), Some("example.com/b/deep"));
    let found = ask("example.com/b").unwrap();
    assert_eq!(found.imports.unwrap()[0], ["example.com/main", "example.com/a", "example.com/b"]);
    assert_eq!(found.package, None);
    for (asked, word) in [
        ("b", "did you mean example.com/b"),
        ("example.con/a", "did you mean example.com/a"),
        ("example.com/a@v1.0.1", "it is there as example.com/a@v1.0.0"),
        ("example.com/main", "it is a main module"),
        ("nothing/like/it", "airgo inspect"),
    ] {
        let failure = ask(asked).unwrap_err();
        let mut lines = failure.block.iter().chain(&failure.hints);
        assert!(lines.any(|line| line.raw().contains(word)), "{asked}: {failure:?}");
    }
}

#[test]
fn a_signature_that_would_contradict_is_not_made() {
    let (site, reviewer) = (Site::new(), Site::new());
    let signer = |site: &Site, sequence| SignWith {
        key: Some(site.temp.join("key")),
        sequence,
        ..SignWith::default()
    };
    let mut trust = "schema = \"https://airgo.dev/trust/v1\"\nrequire = [\"sequence\"]\n\
                     [roles]\npacker = 1\nreviewer = 1\n"
        .to_owned();
    for (site, role) in [(&site, "packer"), (&reviewer, "reviewer")] {
        let key = std::fs::read_to_string(site.temp.join("key.pub")).unwrap();
        trust += &format!("[[key]]\nname = \"{role}\"\nroles = [\"{role}\"]\npublic-key = '''\n{key}'''\n");
    }
    let trust = TrustFiles { trust: vec![site.temp.write("trust.toml", trust)], base: Vec::new() };
    let pack_with = |sequence| {
        let request = PackRequest { signer: signer(&site, sequence), ..site.request() };
        pack(&site.context(), &request).unwrap()
    };
    let sign_with = |sequence| {
        let (file, role, trust) = (site.bundle(), "reviewer".to_owned(), trust.clone());
        let request = SignRequest { file, signer: signer(&reviewer, sequence), role, replace: false, trust };
        sign(&site.context(), &request)
    };
    let verified = || {
        let (files, trust) = (vec![site.bundle()], trust.clone());
        verify(&site.context(), &VerifyRequest { files, trust, ..VerifyRequest::default() })
    };
    pack_with(Some(7));
    let failure = sign_with(Some(8)).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Signature);
    let text = failure.text();
    assert!(text.contains("sequence 7") && text.contains("sequence 8"), "{text}");
    assert!(sign_with(Some(7)).unwrap().lacks.is_empty());
    assert_eq!(verified().unwrap().sequence, Some(7));
    // Without one on the packer's, the reviewer may bring it.
    pack_with(None);
    let failure = sign_with(None).unwrap_err();
    assert!(failure.hints.iter().any(|hint| hint.raw().contains("--sequence N")), "{failure:?}");
    sign_with(Some(9)).unwrap();
    assert_eq!(verified().unwrap().signers.len(), 2);
}
