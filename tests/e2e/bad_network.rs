//! Proxies that are down, refuse, lie or break off.

use crate::site::{FIXED, Site, text};
use airgo_testkit::Fault;
use std::fs;
use std::net::TcpListener;

const A_ZIP: &str = "example.com/a/@v/v1.0.0.zip";
const A_MOD: &str = "example.com/a/@v/v1.0.0.mod";

#[test]
fn a_proxy_that_is_down() {
    let mut site = Site::new();
    // A port that was free a moment ago has nobody listening.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    site.airgo = site.airgo.env("GOPROXY", &format!("http://{address}"));
    site.pack_fails(1, &["example.com/", "127.0.0.1"]);
}

#[test]
fn not_found() {
    for file in [A_MOD, A_ZIP] {
        let site = Site::new();
        site.proxy.fault(file, Fault::Status(404));
        site.pack_fails(1, &["example.com/a@v1.0.0", "404"]);
        assert_eq!(site.proxy.count(file), 1, "a 404 was asked for again");
    }
}

#[test]
fn forbidden() {
    for file in [A_MOD, A_ZIP] {
        let site = Site::new();
        site.proxy.fault(file, Fault::Status(403));
        site.pack_fails(1, &["example.com/a@v1.0.0", "403"]);
    }
}

#[test]
fn a_login_page_instead_of_a_zip() {
    let site = Site::new();
    site.proxy.fault(A_ZIP, Fault::Html);
    site.pack_fails(1, &["example.com/a@v1.0.0", "a web page"]);
}

#[test]
fn a_zip_that_breaks_off() {
    let site = Site::new();
    site.proxy.fault(A_ZIP, Fault::Truncate(40));
    site.pack_fails(1, &["example.com/a@v1.0.0"]);
}

#[test]
fn a_zip_that_is_short() {
    let site = Site::new();
    site.proxy.fault(A_ZIP, Fault::Short(40));
    site.pack_fails(1, &["example.com/a@v1.0.0"]);
}

#[test]
fn a_zip_with_a_flipped_byte() {
    let site = Site::new();
    site.proxy.fault(A_ZIP, Fault::FlipByte);
    let run = site.pack().says(&["example.com/a@v1.0.0"]);
    assert!(run.code == 1 || run.code == 11, "exit {}", run.code);
    site.assert_nothing_written();
}

#[test]
fn a_go_mod_that_is_another() {
    let site = Site::new();
    site.proxy.fault(A_MOD, Fault::Bytes(b"module example.com/a\n".to_vec()));
    site.pack_fails(11, &["example.com/a@v1.0.0", "h1:"]);
}

#[test]
fn faults_that_pass_are_outlived() {
    let healthy = Site::new();
    healthy.pack_with(&FIXED).done();
    for fault in [
        Fault::Status(503),
        Fault::RetryAfter(429, "0".to_owned()),
        Fault::Reset,
        Fault::ResetAfter(30),
        Fault::Truncate(30),
    ] {
        let site = Site::new();
        fs::copy(healthy.key(), site.key()).unwrap();
        site.proxy.fault_times(A_ZIP, 1, fault.clone()).fault_times(A_MOD, 1, fault.clone());
        site.pack_with(&FIXED).done();
        let same = fs::read(site.bundle()).unwrap() == fs::read(healthy.bundle()).unwrap();
        assert!(same, "{fault:?} changed the bundle");
    }
}

#[test]
fn no_proxy_is_set_and_no_go_is_there() {
    let site = Site::new();
    // No go on PATH and no GOROOT: nothing tells Go's default.
    let mut cmd = site.airgo.command();
    cmd.env_remove("GOPROXY").env("PATH", "/nonexistent").args(["pack", text(&site.project())]);
    cmd.args(["-o", text(&site.bundle()), "--key", text(&site.key())]);
    crate::airgo::run(cmd).ends(1).says(&["GOPROXY"]);
    site.assert_nothing_written();
}
