//! Keys: where the public half is, and that other tools read what `airgo key export`
//! prints.

use crate::airgo::Airgo;
use crate::site::{Site, text};
use airgo_testkit::require_tool;
use std::fs;
use std::process::Command;

fn tool(name: &str, args: &[&str]) -> String {
    let out = Command::new(name).args(args).output().unwrap();
    assert!(out.status.success(), "{name} {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

#[test]
fn pack_names_the_public_half_of_the_personal_key() {
    let site = Site::new();
    let (project, bundle) = (site.project(), site.bundle());
    let config = site.temp.join("config");
    let airgo = Airgo::new(&site.proxy.url()).env("XDG_CONFIG_HOME", text(&config));
    let pack = ["pack", text(&project), "-o", text(&bundle)];
    airgo.run(&pack).done().says(&["airgo unpack app.airgo --trust personal.pub"]);
    let public = config.join("airgo/personal.pub");
    Airgo::air_gapped().run(&["verify", text(&bundle), "--trust", text(&public)]).done();
    // One that an older airgo made has none yet.
    fs::remove_file(&public).unwrap();
    airgo.run(&pack).done().says(&["personal.pub"]);
    assert!(public.exists());
    let shown = airgo.run(&["key", "show"]).done().stdout;
    assert!(shown.contains("SHA256:") && shown.contains("personal.pub"), "{shown}");
}

#[test]
fn other_tools_read_an_exported_key() {
    let site = Site::new();
    site.pack().done();
    let (bundle, key, public) = (site.bundle(), site.key(), site.public_key());
    let export = |file: &std::path::Path, format: &str| {
        site.airgo.run(&["key", "export", text(file), "--format", format]).done().stdout
    };
    for format in ["pem", "openssh", "minisign"] {
        assert_eq!(export(&key, format), export(&public, format), "{format}");
    }
    let sign = |format: &str| {
        let trust = text(&public);
        let args = ["sign", text(&bundle), "--key", text(&key), "--trust", trust, "--detached", format];
        site.airgo.run(&args).done();
    };
    if require_tool("openssl") {
        sign("raw");
        let pem = site.temp.write("for-openssl.pem", export(&public, "pem"));
        let signature = format!("{}.sig", bundle.display());
        let head = ["pkeyutl", "-verify", "-pubin", "-inkey", text(&pem), "-rawin", "-in", text(&bundle)];
        tool("openssl", &[&head[..], &["-sigfile", &signature]].concat());
    }
    if require_tool("ssh-keygen") {
        let line = site.temp.write("for-ssh.pub", export(&public, "openssh"));
        let listed = tool("ssh-keygen", &["-l", "-f", text(&line)]);
        let shown = site.airgo.run(&["key", "show", text(&public), "--json"]).done();
        let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
        assert!(listed.contains(shown["keyId"].as_str().unwrap()), "{listed}");
    }
    if require_tool("minisign") {
        sign("minisign");
        let file = site.temp.write("for-minisign.pub", export(&public, "minisign"));
        tool("minisign", &["-V", "-p", text(&file), "-m", text(&bundle)]);
    }
    site.airgo.run(&["key", "export", text(&bundle)]).ends(1);
}
