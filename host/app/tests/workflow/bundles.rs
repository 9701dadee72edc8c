//! Pack and unpack: what is reported, and that the work ends early where it is asked
//! to.

use crate::site::Site;
use airgo_app::pack::pack;
use airgo_app::unpack::{UnpackRequest, unpack};
use airgo_app::{FailureKind, TrustFiles};
use airgo_testkit::{Go, require_tool};

#[test]
fn a_project_is_packed_and_unpacked_and_go_builds_it_offline() {
    let site = Site::new();
    let packed = site.pack().unwrap_or_else(|failure| panic!("{}", failure.text()));
    assert_eq!((packed.modules, packed.volumes.len(), &packed.file), (2, 0, &site.bundle()));
    assert_eq!(packed.size, std::fs::metadata(site.bundle()).unwrap().len());
    assert_eq!(packed.public_key, Some(site.temp.join("key.pub")));
    assert_eq!(site.heard.of("status"), ["Resolved", "Fetched", "Evaluated", "Signed", "Packed"]);
    assert!(site.heard.of("progress").contains(&"Fetching files".to_owned()));

    let unpacked = unpack(&site.context(), &site.unpack_request());
    let unpacked = unpacked.unwrap_or_else(|failure| panic!("{}", failure.text()));
    assert_eq!((unpacked.installed, unpacked.already_present), (2, 0));
    assert_eq!(unpacked.content_id, packed.content_id);
    assert_eq!(unpacked.signed_by, [packed.key_id]);

    let again = unpack(&site.context(), &site.unpack_request()).unwrap();
    assert_eq!((again.installed, again.already_present), (0, 2));
    if require_tool("go") {
        Go::air_gapped(&unpacked.dir).run(&site.temp.join("main"), &["build", "./..."]);
    }
}

#[test]
fn a_failure_has_its_kind_and_says_what_was_not_written() {
    let site = Site::new();
    site.temp.write("main/go.sum", "example.com/a v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    let failure = site.pack().unwrap_err();
    assert_eq!(failure.kind, FailureKind::Checksum, "{}", failure.text());
    assert!(failure.outcome.as_ref().is_some_and(|text| text.raw().ends_with("was not written")));
    assert!(!failure.hints.is_empty());
    assert!(!site.bundle().exists());

    let (site, other) = (Site::new(), Site::new());
    site.pack().unwrap();
    let trust = TrustFiles { trust: vec![other.temp.join("key.pub")], base: Vec::new() };
    let failure = unpack(&site.context(), &UnpackRequest { trust, ..site.unpack_request() }).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Signature, "{}", failure.text());
    assert_eq!(failure.outcome, Some("nothing was written to the module cache".into()));
    assert!(!site.temp.join("modcache").exists());
}

#[test]
fn an_interrupt_ends_the_work_and_leaves_nothing() {
    let site = Site::new();
    let context = site.context();
    assert!(context.interrupt.set());
    assert!(!context.interrupt.set(), "it was set before");
    let failure = pack(&context, &site.request()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Interrupted, "{}", failure.text());
    assert!(!site.bundle().exists());
}
