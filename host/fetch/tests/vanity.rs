//! Modules whose hosts say where their repositories are. The host is a server
//! of the test that is the HTTP proxy for every name.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use airgo_fetch::{DirectError, FetchConfig, FetchError, Kind};
use airgo_testkit::{Module, Proxy, World, require_tool};
use support::Run;
use support::forge::Forge;
use support::gohost::GoHost;

fn insecure(config: &mut FetchConfig) {
    config.goinsecure = "*".into();
    config.retries.unreachable_attempts = 1;
}

#[test]
fn import_paths_that_the_host_explains() {
    if !require_tool("git") || !require_tool("go") {
        return;
    }
    let mut forge = Forge::new();
    let host = GoHost::serve(&forge.path().join("repos"), &forge.path().join("gitconfig"));
    forge.http_proxy = host.url();
    let m = forge.repository("m.git");
    m.write("go.mod", "module vanity.example.org/m\n").write("a.go", "package m\n");
    m.write("sub/go.mod", "module vanity.example.org/m/sub\n").write("LICENSE", "free\n");
    m.write("dir/of/go.mod", "module vanity.example.org/s\n").write("dir/of/s.go", "package s\n");
    m.write("dir/of/v2/go.mod", "module vanity.example.org/s/v2\n").commit(2);
    for tag in ["v1.0.0", "sub/v0.1.0", "dir/of/v1.2.0", "dir/of/v2.0.0"] {
        m.tag(tag);
    }
    m.write("b.go", "package m\n");
    let later = m.commit(3);
    host.import("vanity.example.org/m", "vanity.example.org/m git HOST/git/m.git")
        .import("vanity.example.org/m/sub", "vanity.example.org/m git HOST/git/m.git")
        .import("vanity.example.org/s", "vanity.example.org/s git HOST/git/m.git dir/of")
        .import("vanity.example.org/s/v2", "vanity.example.org/s git HOST/git/m.git dir/of");

    // As gopkg.in has it: no go.mod, the major version in the last element.
    let y = forge.repository("yaml.git");
    y.write("y.go", "package yaml\n");
    let first = y.commit(2);
    y.tag("v2.0.0").write("y.go", "package yaml // 2\n");
    y.commit(3);
    y.tag("v2.1.0");
    let v2 = "gopkg.in/yaml.v2 git HOST/git/yaml.git";
    host.import("gopkg.in/yaml.v2", v2).import("gopkg.in/yaml.v1", &v2.replace("v2", "v1"));

    // A module proxy in place of a repository; and a page that is not found but says enough.
    let world = World::new().with(Module::new("vanity.example.org/p", "v1.0.0").file("p.go", "package p\n"));
    let proxy = Proxy::serve(&world);
    let tag = format!("vanity.example.org/p mod {}", proxy.url());
    host.page("vanity.example.org/p", 404, &format!("<meta name=go-import content=\"{tag}\">"));

    let run = forge.fetcher(insecure);
    let pseudo = m.pseudo("v1.0.1-0.", 3, &later);
    let old = y.pseudo("v0.0.0-", 2, &first);
    forge.same_as_go(
        &run,
        &[
            ("vanity.example.org/m", "v1.0.0"),
            ("vanity.example.org/m/sub", "v0.1.0"),
            ("vanity.example.org/s", "v1.2.0"),
            ("vanity.example.org/s/v2", "v2.0.0"),
            ("vanity.example.org/m", &pseudo),
            ("gopkg.in/yaml.v2", "v2.0.0"),
            ("gopkg.in/yaml.v2", "v2.1.0"),
            ("gopkg.in/yaml.v1", &old),
        ],
    );
    let zip = run.fetch("vanity.example.org/p", "v1.0.0", Kind::Zip).unwrap();
    assert_eq!(
        (zip.h1, zip.source),
        (Some(world.get("vanity.example.org/p", "v1.0.0").unwrap().h1()), proxy.url())
    );
    // Each page was asked for once by us, by https in vain and by http, whatever the number of files.
    let asked = |word: &str| host.log().iter().filter(|l| l.contains(word)).count();
    assert_eq!(asked("vanity.example.org/s/v2?"), 2, "{:?}", host.log());

    // What go refuses.
    for (path, content, go_says, we_say) in [
        (
            "vanity.example.org/other",
            "vanity.example.org/m git HOST/git/m.git",
            "no go-import meta tags",
            "no go-import meta tag, only one for vanity.example.org/m",
        ),
        (
            "vanity.example.org/m/other",
            "vanity.example.org/m git HOST/git/yaml.git",
            "disagree about go-import for vanity.example.org/m",
            "disagree about go-import for vanity.example.org/m",
        ),
        (
            "vanity.example.org/file",
            "vanity.example.org/file git file:///etc",
            "file scheme disallowed",
            "may not be a file",
        ),
        (
            "vanity.example.org/dash",
            "vanity.example.org/dash git HOST/git/m.git --output=x",
            "leading hyphen",
            "invalid subdirectory \"--output=x\"",
        ),
        (
            "vanity.example.org/svn",
            "vanity.example.org/svn svn HOST/svn",
            "GOVCS disallows using svn",
            "GOVCS disallows using svn",
        ),
        (
            "vanity.example.org/cvs",
            "vanity.example.org/cvs cvs HOST/cvs",
            "unknown vcs \"cvs\"",
            "unknown version-control system \"cvs\"",
        ),
        ("vanity.example.org/gone", "x", "404", "404"),
    ] {
        if path != "vanity.example.org/gone" {
            host.import(path, content);
        }
        forge.refused_as_by_go(&run, path, "v1.0.0", go_says, we_say);
    }
    host.import("vanity.example.org/ext", "vanity.example.org/ext git ext::sh://x");
    let error = run.fetch("vanity.example.org/ext", "v1.0.0", Kind::Mod).unwrap_err();
    assert!(
        matches!(error, FetchError::Direct { ref error, .. } if matches!(**error, DirectError::Scheme { .. })),
        "{error}"
    );
    // Without GOINSECURE plain http is not asked at all.
    let strict = forge.fetcher(|c| c.retries.unreachable_attempts = 1);
    let before = host.log().len();
    let error = strict.fetch("vanity.example.org/m", "v1.0.0", Kind::Mod).unwrap_err();
    assert!(
        error.to_string().contains("unrecognized import path \"vanity.example.org/m\": https://"),
        "{error}"
    );
    assert!(host.log()[before..].iter().all(|l| l.starts_with("CONNECT ")), "{:?}", &host.log()[before..]);
}

#[test]
fn a_host_that_cannot_be_asked_is_no_wrong_path() {
    let run = Run::with("direct", |config| config.retries.unreachable_attempts = 1);
    let error = run.fetch("nowhere.invalid/m", "v1.0.0", Kind::Mod).unwrap_err();
    let FetchError::Direct { error: direct, .. } = &error else { panic!("{error:?}") };
    assert!(matches!(**direct, DirectError::Unreached { .. }), "{error:?}");
    let hint = error.hint().unwrap();
    assert!(hint.starts_with("check the name nowhere.invalid") && !hint.contains("module path"), "{hint}");
}
