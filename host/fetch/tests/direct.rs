//! Modules from their own repositories, file for file as `go mod download`
//! with GOPROXY=direct has them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use airgo_fetch::{DirectError, FetchError, GitProblem, Kind};
use airgo_testkit::require_tool;
use support::forge::Forge;
use support::{Run, module};

const M: &str = "github.com/forge/m";

fn tools() -> bool {
    require_tool("git") && require_tool("go")
}

#[test]
fn tags_and_pseudo_versions() {
    if !tools() {
        return;
    }
    let forge = Forge::new();
    let m = forge.repository("m");
    m.write("go.mod", "module github.com/forge/m\n\ngo 1.20\n").write("a.go", "package m\n");
    let before = m.commit(2);
    m.write("a.go", "package m // 1\n").commit(3);
    m.tag("v1.0.0");
    m.write("b.go", "package m // 2\n");
    let between = m.commit(4);
    m.write("c.go", "package m // 3\n").commit(5);
    m.git(&["tag", "-a", "-m", "annotated", "v1.1.0-rc.1"]);
    m.write("d.go", "package m // 4\n");
    let after = m.commit(6);
    m.tag("v1.2.3+meta");

    let run = forge.fetcher(|_| ());
    let zero = m.pseudo("v0.0.0-", 2, &before);
    let patch = m.pseudo("v1.0.1-0.", 4, &between);
    let pre = m.pseudo("v1.1.0-rc.1.0.", 6, &after);
    let build = m.pseudo("v0.0.0-", 6, &after);
    forge.same_as_go(
        &run,
        &[(M, "v1.0.0"), (M, "v1.1.0-rc.1"), (M, &zero), (M, &patch), (M, &pre), (M, &build)],
    );
    // All is cached: another run with the same store asks nobody.
    let again = run.again("off");
    assert!(again.fetch(M, "v1.0.0", Kind::Zip).unwrap().local);

    for (version, go_says, we_say) in [
        ("v1.0.1", "unknown revision v1.0.1", "unknown revision v1.0.1"),
        (
            &m.pseudo("v1.0.1-0.", 5, &between),
            "does not match version-control timestamp",
            "(expected 20200103230203)",
        ),
        (&m.pseudo("v1.2.3-0.", 4, &between), "preceding tag", "preceding tag (v1.2.2) not found"),
        (
            &m.pseudo("v1.1.0-rc.1.0.", 4, &between),
            "is not a descendent of preceding tag",
            "is not a descendent",
        ),
        (&m.pseudo("v1.0.1-0.", 4, &("0".repeat(40))), "unknown revision", "unknown revision"),
        (&m.pseudo("v1.0.0-", 2, &before), "must be v0, not v1", "must be v0, not v1"),
        (&patch[..patch.len() - 2], "revision is shorter than canonical", "shorter than canonical"),
    ] {
        forge.refused_as_by_go(&run, M, version, go_says, we_say);
    }
}

#[test]
fn a_branch_is_no_version_and_a_tagged_commit_needs_no_pseudo_version() {
    if !tools() {
        return;
    }
    let forge = Forge::new();
    let m = forge.repository("m");
    m.write("go.mod", "module github.com/forge/m\n");
    let hash = m.commit(2);
    m.tag("v1.0.0").tag("v1.0.1");
    m.git(&["branch", "v1.5.0"]);
    let run = forge.fetcher(|_| ());
    forge.refused_as_by_go(&run, M, "v1.5.0", "is not a tag", "v1.5.0 is not a tag");
    let derived = m.pseudo("v1.0.1-0.", 2, &hash);
    forge.refused_as_by_go(&run, M, &derived, "already canonical", "already canonical");
}

#[test]
fn sub_directories_and_major_versions() {
    if !tools() {
        return;
    }
    let forge = Forge::new();
    let m = forge.repository("m");
    m.write("go.mod", "module github.com/forge/m\n")
        .write("LICENSE", "root\n")
        .write("root.go", "package m\n");
    m.write("sub/go.mod", "module github.com/forge/m/sub\n").write("sub/s.go", "package s\n");
    m.write("sub/deep/d.go", "package d\n").write("own/LICENSE", "own\n");
    m.write("own/go.mod", "module github.com/forge/m/own\n")
        .write("v2/go.mod", "module github.com/forge/m/v2\n");
    m.write("v2/x.go", "package m\n").write("sub/v3/go.mod", "module github.com/forge/m/sub/v3\n");
    m.write("sub/v3/y.go", "package s\n").write("bare/b.go", "package b\n");
    let hash = m.commit(2);
    for tag in ["v1.0.0", "v2.1.0", "sub/v0.1.0", "sub/v3.0.1", "own/v1.1.1", "bare/v1.0.0"] {
        m.tag(tag);
    }
    // A branch of its own for v4, without a directory.
    m.write("go.mod", "module github.com/forge/m/v4\n").commit(3);
    m.tag("v4.0.0").write("z.go", "package m\n");
    let later = m.commit(4);

    let (sub, own) = (&format!("{M}/sub"), &format!("{M}/own"));
    let (v2, v4, sub3) = (&format!("{M}/v2"), &format!("{M}/v4"), &format!("{M}/sub/v3"));
    let pseudo = m.pseudo("v0.0.0-", 2, &hash);
    let sub_later = m.pseudo("v0.1.1-0.", 4, &later);
    let v4_later = m.pseudo("v4.0.1-0.", 4, &later);
    let v2_zero = m.pseudo("v2.0.0-", 2, &hash);
    let run = forge.fetcher(|_| ());
    forge.same_as_go(
        &run,
        &[
            (M, "v1.0.0"),
            (sub, "v0.1.0"),
            (own, "v1.1.1"),
            (v2, "v2.1.0"),
            (sub3, "v3.0.1"),
            (v4, "v4.0.0"),
            (sub, &sub_later),
            (v4, &v4_later),
            (own, &pseudo),
            (v2, &v2_zero),
        ],
    );
    let bare = &format!("{M}/bare");
    for (path, version, words) in [
        (bare.as_str(), "v1.0.0", "missing github.com/forge/m/bare/go.mod at revision bare/v1.0.0"),
        (v4, "v4.0.1", "unknown revision v4.0.1"),
        (v2, &m.pseudo("v2.0.1-0.", 4, &later), "preceding tag (v2.0.0) not found"),
    ] {
        forge.refused_as_by_go(&run, path, version, words, words);
    }
}

#[test]
fn modules_without_go_mod_and_incompatible_ones() {
    if !tools() {
        return;
    }
    let forge = Forge::new();
    let m = forge.repository("m");
    m.write("a.go", "package m\n");
    let hash = m.commit(2);
    m.tag("v1.0.0").tag("v2.0.0");
    m.write("a.go", "package m // 3\n");
    let later = m.commit(3);
    m.write("v3/go.mod", "module github.com/forge/m/v3\n").commit(4);
    m.tag("v3.0.0");
    m.write("go.mod", "module github.com/forge/m\n").commit(5);
    m.tag("v5.0.0");
    let other = forge.repository("other");
    other.write("go.mod", "module example.com/elsewhere\n").commit(2);
    other.tag("v1.0.0");
    let wrong = forge.repository("wrong");
    wrong.write("go.mod", "module github.com/forge/wrong/v2\n").commit(2);
    wrong.tag("v1.0.0");

    let run = forge.fetcher(|_| ());
    let pseudo = m.pseudo("v2.0.1-0.", 3, &later) + "+incompatible";
    let zero = m.pseudo("v0.0.0-", 3, &later);
    forge.same_as_go(
        &run,
        &[
            (M, "v1.0.0"),
            (M, "v2.0.0+incompatible"),
            (M, "v3.0.0+incompatible"),
            (M, &pseudo),
            (M, &zero),
            // A fork may keep the other's name: it is for replace.
            ("github.com/forge/other", "v1.0.0"),
        ],
    );
    let why = "module contains a go.mod file, so module path must match major version";
    forge.refused_as_by_go(&run, M, "v5.0.0+incompatible", why, why);
    let why = "+incompatible suffix not allowed: major version v1 is compatible";
    forge.refused_as_by_go(&run, M, "v1.0.0+incompatible", why, why);
    let derived = m.pseudo("v2.0.1-0.", 2, &hash) + "+incompatible";
    forge.refused_as_by_go(&run, M, &derived, "already canonical", "already canonical");
    let why = "go.mod has post-v1 module path \"github.com/forge/wrong/v2\" at revision v1.0.0";
    forge.refused_as_by_go(&run, "github.com/forge/wrong", "v1.0.0", why, why);
}

#[cfg(unix)]
#[test]
fn what_a_zip_leaves_out() {
    if !tools() {
        return;
    }
    let forge = Forge::new();
    let make = |name: &str, go: &str| {
        let m = forge.repository(name);
        m.write("go.mod", format!("module github.com/forge/{name}\n\n{go}\n"));
        m.write(".gitattributes", "subst.txt export-subst\nhidden.txt export-ignore\nsecret/ export-ignore\n*.crlf text eol=crlf\nid.txt ident\n");
        m.write("subst.txt", "$Format:%H$\n").write("hidden.txt", "here\n").write("secret/s.txt", "here\n");
        m.write("dos.crlf", "a\nb\n").write("raw.txt", "a\r\nb\r\n").write("id.txt", "$Id$\n");
        m.write("vendor/modules.txt", "# x\n").write("vendor/v.go", "package v\n");
        m.write("vendor/example.com/x/x.go", "package x\n").write("pkg/vendor/vendor.go", "package vendor\n");
        m.write("pkg/vendor/foo/foo.go", "package foo\n").write("p/vendor/v.go", "package vendor\n");
        m.write("nested/go.mod", "module nested\n").write("nested/n.go", "package n\n");
        m.write("nested2/GO.MOD", "module nested\n").write("nested2/n.go", "package n\n");
        m.write(".hg_archival.txt", "x\n").write("empty", "").write("bin.dat", [0u8, 255, 13, 10]);
        m.write("unicode/gr\u{fc}n \u{65e5}.txt", "x\n").write("tilde~/a+b,c.txt", "x\n");
        m.write(&format!("{}/long.txt", ["a-directory-with-a-long-name"; 8].join("/")), "x\n");
        m.write("big.bin", vec![7u8; 3 << 20]).write("run.sh", "#!/bin/sh\n");
        std::os::unix::fs::symlink("a.go", m.dir().join("link.go")).unwrap();
        std::os::unix::fs::symlink("nowhere", m.dir().join("LICENSE")).unwrap();
        m.git(&["add", "-A", "-f"]);
        m.git(&["update-index", "--chmod=+x", "run.sh"]);
        m.commit(2);
        m.tag("v1.0.0");
    };
    make("old", "go 1.23");
    make("new", "go 1.24");
    make("none", "");
    let run = forge.fetcher(|_| ());
    let [old, new, none] = ["old", "new", "none"].map(|n| format!("github.com/forge/{n}"));
    forge.same_as_go(&run, &[(&old, "v1.0.0"), (&new, "v1.0.0"), (&none, "v1.0.0")]);
}

#[cfg(unix)]
#[test]
fn repositories_that_no_zip_can_be_made_of() {
    if !tools() {
        return;
    }
    let forge = Forge::new();
    let cases: [(&str, &[&str], &str, &str); 5] = [
        (
            "case",
            &["a.go", "A.go"],
            "case-insensitive file name collision",
            "case-insensitive file name collision",
        ),
        (
            "mod",
            &["GO.MOD"],
            "go.mod files must have lowercase names",
            "go.mod files must have lowercase names",
        ),
        ("device", &["aux.go"], "\"aux\" disallowed as path element", "aux.go"),
        ("newline", &["a\nb.go"], "malformed file path", "a\\nb.go"),
        ("dash", &["x:y"], "malformed file path", "x:y"),
    ];
    let run = forge.fetcher(|_| ());
    for (name, files, go_says, we_say) in cases {
        let m = forge.repository(name);
        for file in files {
            m.write(file, "x\n");
        }
        m.commit(2);
        m.tag("v1.0.0");
        forge.refused_as_by_go(&run, &format!("github.com/forge/{name}"), "v1.0.0", go_says, we_say);
    }
    // Even a link may not differ from a file in case alone.
    let m = forge.repository("link");
    m.write("a.go", "package m\n");
    std::os::unix::fs::symlink("a.go", m.dir().join("A.go")).unwrap();
    m.commit(2);
    m.tag("v1.0.0");
    let why = "case-insensitive file name collision";
    forge.refused_as_by_go(&run, "github.com/forge/link", "v1.0.0", why, why);
}

#[test]
fn sha256_repositories() {
    if !tools() {
        return;
    }
    let forge = Forge::new();
    let m = forge.repository_with("m", &["--object-format=sha256"]);
    m.write("go.mod", "module github.com/forge/m\n");
    m.commit(2);
    m.tag("v1.0.0").write("a.go", "package m\n");
    let later = m.commit(3);
    let pseudo = m.pseudo("v1.0.1-0.", 3, &later);
    forge.same_as_go(&forge.fetcher(|_| ()), &[(M, "v1.0.0"), (M, &pseudo)]);
}

#[test]
fn a_repository_that_moves_on_and_one_that_a_crash_left() {
    if !tools() {
        return;
    }
    let forge = Forge::new();
    let m = forge.repository("m");
    m.write("go.mod", "module github.com/forge/m\n").commit(2);
    m.tag("v1.0.0");
    let run = forge.fetcher(|_| ());
    forge.same_as_go(&run, &[(M, "v1.0.0")]);
    m.write("a.go", "package m\n").commit(3);
    m.tag("v1.1.0");

    // What a killed git leaves: locks that nobody holds.
    let vcs = run.store().parent().unwrap().join("vcs");
    let bare = std::fs::read_dir(&vcs).unwrap().flatten().map(|e| e.path()).find(|p| p.is_dir()).unwrap();
    std::fs::write(bare.join("shallow.lock"), "").unwrap();
    std::fs::write(bare.join("refs/tags/v1.1.0.lock"), "").unwrap();
    let again = |config: &mut airgo_fetch::FetchConfig| config.environment = forge.environment();
    let second = run.again_with("direct", again);
    forge.same_as_go(&second, &[(M, "v1.1.0")]);

    // Half a repository is none.
    std::fs::remove_dir_all(bare.join("objects")).unwrap();
    m.write("b.go", "package m\n").commit(4);
    m.tag("v1.2.0");
    let third = run.again_with("direct", again);
    forge.same_as_go(&third, &[(M, "v1.2.0")]);
}

#[test]
fn many_modules_of_one_repository_at_once() {
    if !tools() {
        return;
    }
    let forge = Forge::new();
    let m = forge.repository("m");
    for i in 0..12 {
        m.write(&format!("d{i}/go.mod"), format!("module github.com/forge/m/d{i}\n"));
    }
    m.commit(2);
    for i in 0..12 {
        m.tag(&format!("d{i}/v0.{i}.0"));
    }
    let run = forge.fetcher(|_| ());
    for i in 0..12 {
        for object in support::forge::kinds(&format!("{M}/d{i}"), &format!("v0.{i}.0")) {
            run.fetcher.submit(object);
        }
    }
    let mut count = 0;
    while let Some((object, result)) = run.fetcher.next() {
        assert!(result.is_ok(), "{object}: {}", result.unwrap_err());
        count += 1;
    }
    assert_eq!(count, 36);
}

#[test]
fn who_may_be_asked() {
    if !tools() {
        return;
    }
    let forge = Forge::new();
    let m = forge.repository("m");
    m.write("go.mod", "module github.com/forge/m\n").commit(2);
    m.tag("v1.0.0");
    let direct = |run: &Run, path: &str| match run.fetch(path, "v1.0.0", Kind::Mod) {
        Err(FetchError::Direct { error, .. }) => Err(*error),
        Err(other) => panic!("{other}"),
        Ok(fetched) => Ok(fetched.source),
    };

    let forbidden = forge.fetcher(|c| c.direct.govcs = "github.com/forge:hg".into());
    let error = direct(&forbidden, M).unwrap_err();
    assert!(matches!(error, DirectError::Govcs { vcs: "git", private: false, .. }), "{error}");
    assert!(error.hint(&module(M, "v1.0.0"), false).unwrap().contains("GOVCS=github.com/forge/m:git"));
    let malformed = forge.fetcher(|c| c.direct.govcs = "git".into());
    assert!(matches!(direct(&malformed, M), Err(DirectError::BadGovcs(_))));

    let run = forge.fetcher(|_| ());
    for (path, system) in
        [("example.com/r.hg/m", "Mercurial"), ("chiselapp.com/user/u/repository/r", "Fossil")]
    {
        let all = forge.fetcher(|c| c.direct.govcs = "*:all".into());
        let error = direct(&all, path).unwrap_err();
        assert!(matches!(error, DirectError::OtherVcs { vcs, .. } if vcs == system), "{error}");
        assert!(
            error.hint(&module(path, "v1.0.0"), false).unwrap().contains("before direct in GOPROXY"),
            "{error}"
        );
    }
    assert!(matches!(direct(&run, "example.com/r.svn"), Err(DirectError::Govcs { vcs: "svn", .. })));
    let missing = direct(&run, "github.com/forge/missing").unwrap_err();
    assert!(matches!(missing, DirectError::Git { problem: GitProblem::NoRepository, .. }), "{missing:?}");

    let without = forge.fetcher(|c| c.environment = airgo_fetch::Environment::default());
    assert!(matches!(direct(&without, M), Err(DirectError::NoGit)));

    // A private module goes direct whatever GOPROXY says; another one does not.
    let private = Run::with("off", |c| {
        c.environment = forge.environment();
        c.goprivate = "github.com/forge".into();
    });
    assert_eq!(direct(&private, M).unwrap(), "git https://github.com/forge/m");
    assert!(matches!(private.fetch("example.com/x", "v1.0.0", Kind::Mod), Err(FetchError::Off { .. })));
}

#[test]
fn direct_after_a_proxy_that_has_it_not() {
    if !tools() {
        return;
    }
    let forge = Forge::new();
    let m = forge.repository("m");
    m.write("go.mod", "module github.com/forge/m\n").commit(2);
    m.tag("v1.0.0");
    let proxy = airgo_testkit::Proxy::serve(&airgo_testkit::World::new());
    let run = Run::with(&format!("{},direct", proxy.url()), |c| c.environment = forge.environment());
    assert!(run.fetch(M, "v1.0.0", Kind::Zip).is_ok());
    let text = run.fetch(M, "v1.9.0", Kind::Zip).unwrap_err().to_string();
    assert!(text.contains("unknown revision v1.9.0 in https://github.com/forge/m (before that: "), "{text}");
    assert!(text.contains("404"), "{text}");
}

#[test]
fn a_fetch_can_be_cancelled() {
    if !tools() {
        return;
    }
    let forge = Forge::new();
    // A repository over ssh whose server never says a word.
    forge.configure("[url \"ssh://nobody@h.invalid/\"]\n\tinsteadOf = https://github.com/slow/\n[core]\n\tsshCommand = \"sleep 60 #\"\n");
    let run = forge.fetcher(|_| ());
    run.fetcher.submit(support::object("github.com/slow/m", "v1.0.0", Kind::Zip));
    std::thread::sleep(std::time::Duration::from_millis(500));
    let began = std::time::Instant::now();
    run.fetcher.cancel();
    assert!(matches!(run.one(), Err(FetchError::Cancelled(_))));
    drop(run);
    assert!(began.elapsed() < std::time::Duration::from_secs(10));
    // Or it takes too long.
    let run = forge.fetcher(|c| c.direct.git_timeout = std::time::Duration::from_millis(300));
    let error = run.fetch("github.com/slow/m", "v1.0.0", Kind::Mod).unwrap_err();
    assert!(error.to_string().contains("it took longer than"), "{error}");
}
