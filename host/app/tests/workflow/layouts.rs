//! Other layouts than the module cache, beside what go makes of the same modules.

use crate::site::{Heard, Site};
use airgo_app::layouts::{EnvRequest, env};
use airgo_app::pack::{PackRequest, pack};
use airgo_app::unpack::{Layout, UnpackRequest, Unpacked, unpack};
use airgo_app::{Context, Exact, Failure, FailureKind, GoEnv, Payload, SignWith, TrustFiles};
use airgo_bundle::keys::{Signer as _, SigningKey, create_private_file};
use airgo_testkit::{Go, TempTree, TreeDiff, VendoredProject, require_tool};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

const A: &str = "vendor/example.com/a/a.go";

fn exact(vendor: bool) -> Payload {
    Payload::Exact(Exact { tests: true, vendor, packages: Vec::new() })
}

impl Site {
    fn pack_as(&self, payload: Payload) {
        let request = PackRequest { payload, ..self.request() };
        pack(&self.context(), &request).unwrap_or_else(|failure| panic!("{}", failure.text()));
    }

    fn main(&self) -> PathBuf {
        self.temp.join("main")
    }

    fn unpack_as(&self, layout: Layout) -> Result<Unpacked, Failure> {
        let request = UnpackRequest { layout, gomodcache: None, ..self.unpack_request() };
        unpack(&self.context(), &request)
    }

    fn vendor(&self, replace: bool) -> Result<Unpacked, Failure> {
        self.unpack_as(Layout::Vendor { dir: self.main(), replace })
    }

    fn proxy_to(&self, dir: &str) -> Result<Unpacked, Failure> {
        self.unpack_as(Layout::Proxy { dir: self.temp.join(dir) })
    }

    fn go(&self) -> Go {
        Go::with_proxy(&self.proxy.url())
    }
}

#[track_caller]
fn done(unpacked: Result<Unpacked, Failure>) -> Unpacked {
    unpacked.unwrap_or_else(|failure| panic!("{}", failure.text()))
}

/// It fails in this way, with these words.
#[track_caller]
fn fails(unpacked: Result<Unpacked, Failure>, kind: FailureKind, words: &[&str]) {
    let failure = unpacked.unwrap_err();
    let text = format!("{}\n{:?}", failure.text(), failure.hints);
    assert_eq!(failure.kind, kind, "{text}");
    for word in words {
        assert!(text.contains(word), "{word:?} is not in:\n{text}");
    }
}

/// The names in a directory.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

#[test]
fn vendor_is_what_go_writes_in_every_encoding() {
    if !require_tool("go") {
        return;
    }
    let site = Site::new();
    let go = site.temp.join("fresh");
    site.go().run(&site.main(), &["mod", "vendor", "-o", go.to_str().unwrap()]);
    for payload in [Payload::Zips, Payload::Compact, exact(true)] {
        site.pack_as(payload.clone());
        let unpacked = done(site.vendor(false));
        assert_eq!((unpacked.installed, unpacked.already_present, unpacked.layout), (2, 0, "vendor"));
        TreeDiff::new(&go, site.main().join("vendor")).assert_same();
        // A second time there is nothing to do.
        let again = done(site.vendor(false));
        assert_eq!((again.installed, again.already_present), (0, 2));
        assert_eq!(names(&site.main()), ["go.mod", "go.sum", "main.go", "vendor"]);
        Go::air_gapped(&site.temp.join("none"))
            .env("GOFLAGS", "-mod=vendor")
            .run(&site.main(), &["build", "-o", "/dev/null", "./..."]);
        fs::remove_dir_all(site.main().join("vendor")).unwrap();
    }
}

/// Generated projects and workspaces, with replacements, links and embedded files.
#[test]
fn vendor_is_what_go_writes_for_generated_projects() {
    if !require_tool("go") {
        return;
    }
    let (mut written, mut refused) = (0, 0);
    for seed in 4000..4036 {
        let made = VendoredProject::of(seed);
        let temp = TempTree::new();
        let dir = temp.dir("p");
        let url = made.world.write(&temp.dir("proxy"));
        let go = Go::with_proxy(&url);
        let (fresh, [command, vendor]) = (temp.join("fresh"), made.command());
        if !made.write(&dir, &go) {
            continue;
        }
        let out = go.output(&dir, &[command, vendor, "-o", fresh.to_str().unwrap()]);
        let key = SigningKey::generate().unwrap();
        create_private_file(&temp.join("key"), &key.to_pkcs8_pem().unwrap()).unwrap();
        temp.write("key.pub", key.public_key().to_pem().unwrap());
        let context = Context::new(
            GoEnv::from_process(go.vars().clone().into_iter().collect()),
            Arc::<Heard>::default(),
        );
        let bundle = temp.join("b.airgo");
        let request = PackRequest {
            dirs: vec![dir.clone()],
            output: Some(bundle.clone()),
            signer: SignWith { key: Some(temp.join("key")), ..SignWith::default() },
            payload: [Payload::Zips, Payload::Compact, exact(true)][seed as usize % 3].clone(),
            collect: airgo_app::Collect { allow_incomplete: true, ..Default::default() },
            ..PackRequest::default()
        };
        if let Err(failure) = pack(&context, &request) {
            assert!(!out.status.success(), "seed {seed}: {}", failure.text());
            continue;
        }
        let request = UnpackRequest {
            files: vec![bundle],
            trust: TrustFiles { trust: vec![temp.join("key.pub")], base: Vec::new() },
            layout: Layout::Vendor { dir: dir.clone(), replace: false },
            ..UnpackRequest::default()
        };
        let unpacked = unpack(&context, &request);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        if !out.status.success() {
            assert!(unpacked.is_err(), "seed {seed}, go {}: go refuses: {said}", made.go);
            assert!(!dir.join("vendor").exists());
            refused += 1;
            continue;
        }
        unpacked.unwrap_or_else(|failure| panic!("seed {seed}, go {}: {}", made.go, failure.text()));
        if fresh.is_dir() {
            TreeDiff::new(&fresh, dir.join("vendor")).assert_same();
        } else {
            assert!(!dir.join("vendor").exists(), "seed {seed}: {said}");
        }
        written += 1;
    }
    assert!(written >= 20, "{written} written, {refused} refused");
}

#[test]
fn what_was_changed_in_vendor_is_named_and_stays() {
    if !require_tool("go") {
        return;
    }
    let site = Site::new();
    site.pack_as(Payload::Zips);
    site.go().run(&site.main(), &["mod", "vendor"]);
    // A comment in go.mod does not make another state.
    let go_mod = fs::read_to_string(site.main().join("go.mod")).unwrap();
    site.temp.write("main/go.mod", format!("// ours\n{go_mod}"));
    done(site.vendor(false));
    let file = site.main().join(A);
    let (fresh, deep) = (fs::read(&file).unwrap(), site.main().join("vendor/example.com/b/deep/deep.go"));
    fs::write(&file, "package a // mine\n").unwrap();
    fs::write(site.main().join("vendor/notes.txt"), "mine\n").unwrap();
    symlink("/etc/passwd", site.main().join("vendor/link")).unwrap();
    // What is missing is no loss.
    fs::remove_file(&deep).unwrap();
    let words = [
        "has local changes: 3 files",
        "vendor/example.com/a/a.go: changed (example.com/a@v1.0.0)",
        "vendor/notes.txt: added",
        "vendor/link: not a file: a symbolic link",
        "the vendor directory was not written",
        "--replace",
    ];
    fails(site.vendor(false), FailureKind::Vendor, &words);
    assert_eq!(fs::read(&file).unwrap(), b"package a // mine\n");
    done(site.vendor(true));
    assert_eq!(fs::read(&file).unwrap(), fresh);
    assert!(deep.exists() && !site.main().join("vendor/notes.txt").exists());
    assert_eq!(names(&site.main()), ["go.mod", "go.sum", "main.go", "vendor"]);
    // What is no longer imported goes, and was nobody's change.
    fs::write(site.main().join("vendor/example.com/b/LICENSE"), "").unwrap();
    fails(site.vendor(false), FailureKind::Vendor, &["LICENSE: added (example.com/b@v1.0.0)"]);
    // Another version of a module: it is not known, and said.
    fs::remove_file(site.main().join("vendor/example.com/b/LICENSE")).unwrap();
    let text = site.main().join("vendor/modules.txt");
    let old = fs::read_to_string(&text).unwrap().replace("example.com/a v1.0.0", "example.com/a v0.9.0");
    fs::write(&text, old).unwrap();
    fs::write(&file, "package a // of v0.9.0\n").unwrap();
    done(site.vendor(false));
    assert_eq!(fs::read(&file).unwrap(), fresh);
    assert!(site.heard.of("warning").iter().any(|text| text.contains("example.com/a@v0.9.0")));
}

#[test]
fn a_checkout_that_is_not_the_one_packed_keeps_its_vendor_directory() {
    let site = Site::new();
    site.pack_as(exact(false));
    let (go_mod, go_sum) = (site.main().join("go.mod"), site.main().join("go.sum"));
    let (text, sums) = (fs::read_to_string(&go_mod).unwrap(), fs::read_to_string(&go_sum).unwrap());
    site.temp.write("main/vendor/old", "old");
    let stays = || {
        assert_eq!(names(&site.main()), ["go.mod", "go.sum", "main.go", "vendor"]);
        assert_eq!(names(&site.main().join("vendor")), ["old"]);
    };

    fs::write(&go_mod, format!("{text}\nexclude example.com/b v0.1.0\n")).unwrap();
    let other = ["packed for another state", "go.mod is not the go.mod that was packed"];
    fails(site.vendor(true), FailureKind::Failed, &other);
    stays();
    fs::write(&go_mod, text.replace("example.com/main", "example.com/other")).unwrap();
    let other = ["packed for another project", "bundle:", "example.com/other", "--to DIR"];
    fails(site.vendor(true), FailureKind::Failed, &other);
    stays();
    fs::write(&go_mod, &text).unwrap();
    let h1 = sums.lines().find_map(|line| line.strip_prefix("example.com/a v1.0.0 ")).unwrap();
    fs::write(&go_sum, sums.replace(h1, "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")).unwrap();
    fails(site.vendor(true), FailureKind::Checksum, &["go.sum has another hash for example.com/a@v1.0.0"]);
    stays();
    fs::write(&go_sum, &sums).unwrap();

    fs::remove_dir_all(site.main().join("vendor")).unwrap();
    fs::write(site.main().join("vendor"), "a file").unwrap();
    fails(site.vendor(true), FailureKind::Failed, &["vendor is a file"]);
    fs::remove_file(site.main().join("vendor")).unwrap();
    symlink(site.temp.dir("elsewhere"), site.main().join("vendor")).unwrap();
    fails(site.vendor(true), FailureKind::Failed, &["vendor is a symbolic link"]);
    assert_eq!(names(&site.temp.join("elsewhere")).len(), 0);
    fs::remove_file(site.main().join("vendor")).unwrap();

    fs::remove_file(&go_mod).unwrap();
    let none = ["go.mod not found", "--to DIR", "the vendor directory was not written"];
    fails(site.vendor(true), FailureKind::Failed, &none);
}

#[test]
fn an_exact_bundle_says_what_it_lacks() {
    let site = Site::new();
    site.temp.write("main/tagged.go", "//go:build some\n\npackage main\n\nimport _ \"example.com/b/deep\"\n");
    site.temp.write("main/main.go", "package main\n\nimport _ \"example.com/b\"\n\nfunc main() {}\n");
    site.pack_as(exact(false));
    let words =
        ["does not carry all that is vendored", "example.com/b@v1.0.0: deep/deep.go", "--exact --vendor"];
    fails(site.vendor(false), FailureKind::Failed, &words);
    assert!(!site.main().join("vendor").exists());
    for layout in [
        Layout::Proxy { dir: site.temp.join("proxy-dir") },
        Layout::Athens { dir: site.temp.join("proxy-dir") },
    ] {
        let words = ["needs whole modules", "airgo pack --compact", "nothing was written to"];
        fails(site.unpack_as(layout), FailureKind::Failed, &words);
        assert!(!site.temp.join("proxy-dir").exists());
    }
}

#[test]
fn a_proxy_is_what_go_downloads_and_serves_go() {
    if !require_tool("go") {
        return;
    }
    let site = Site::new();
    let go = site.go();
    go.mod_download(&site.main(), &["all"]);
    let download = go.gomodcache().join("cache/download");
    for (payload, dir) in [(Payload::Zips, "zips"), (Payload::Compact, "compact")] {
        site.pack_as(payload);
        let unpacked = done(site.proxy_to(dir));
        assert_eq!((unpacked.installed, unpacked.already_present), (2, 0));
        let dir = site.temp.join(dir);
        assert_eq!(names(&dir), [".airgo-layout", "example.com"]);
        for module in ["a", "b"] {
            let (ours, theirs) =
                (format!("example.com/{module}/@v"), download.join(format!("example.com/{module}/@v")));
            assert_eq!(names(&dir.join(&ours)), ["list", "v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip"]);
            for name in names(&dir.join(&ours)) {
                let same =
                    fs::read(dir.join(&ours).join(&name)).unwrap() == fs::read(theirs.join(&name)).unwrap();
                assert!(same, "{ours}/{name}");
            }
        }
        // A second time there is nothing to do.
        assert_eq!(done(site.proxy_to(dir.to_str().unwrap())).already_present, 2);
        let cache = site.temp.join(format!("{}-cache", dir.file_name().unwrap().to_str().unwrap()));
        let url = format!("file://{}", dir.display());
        let offline = Go::air_gapped(&cache).env("GOPROXY", &url);
        offline.run(&site.main(), &["build", "-o", "/dev/null", "./..."]);
        assert_eq!(
            offline.run(&site.main(), &["list", "-m", "-versions", "example.com/a"]).trim(),
            "example.com/a v1.0.0"
        );
        offline.run(&site.main(), &["clean", "-modcache"]);
    }
}

#[test]
fn athens_has_its_names() {
    let site = Site::new();
    site.pack_as(Payload::Zips);
    let dir = site.temp.join("athens");
    done(site.unpack_as(Layout::Athens { dir: dir.clone() }));
    assert_eq!(names(&dir.join("example.com/a/v1.0.0")), ["go.mod", "source.zip", "v1.0.0.info"]);
    fails(site.proxy_to("athens"), FailureKind::Failed, &["has another layout", "athens"]);
}

#[test]
fn a_directory_that_is_not_ours_is_not_touched() {
    let site = Site::new();
    site.pack_as(Payload::Zips);
    site.temp.write("full/file", "mine");
    let words =
        ["is not empty, and airgo did not write it", "it has: file", "--to DIR", "nothing was written to"];
    fails(site.proxy_to("full"), FailureKind::Failed, &words);
    assert_eq!(names(&site.temp.join("full")), ["file"]);
    fails(site.proxy_to("full/file"), FailureKind::Failed, &["is a file"]);
    symlink(site.temp.dir("elsewhere"), site.temp.join("link")).unwrap();
    fails(site.proxy_to("link"), FailureKind::Failed, &["is a symbolic link"]);
    assert!(names(&site.temp.join("elsewhere")).is_empty());
    // Links below it are not followed, and other content stays.
    done(site.proxy_to("ours"));
    let (a, zip) = ("ours/example.com/a/@v", "ours/example.com/a/@v/v1.0.0.zip");
    fs::write(site.temp.join(zip), "other").unwrap();
    let words = ["v1.0.0.zip is not that of example.com/a@v1.0.0", "bundle:"];
    fails(site.proxy_to("ours"), FailureKind::Checksum, &words);
    assert_eq!(fs::read(site.temp.join(zip)).unwrap(), b"other");
    fs::remove_dir_all(site.temp.join(a)).unwrap();
    symlink(site.temp.join("elsewhere"), site.temp.join(a)).unwrap();
    fails(site.proxy_to("ours"), FailureKind::Failed, &["could not write example.com/a@v1.0.0"]);
    assert!(names(&site.temp.join("elsewhere")).is_empty());
    assert_eq!(names(&site.temp.join("ours")), [".airgo-layout", "example.com"]);
}

#[test]
fn the_variables_are_those_that_a_build_needs() {
    let site = Site::new();
    site.pack_as(Payload::Zips);
    let of = |layout: Layout, file: bool, gomodcache: Option<PathBuf>| {
        let file = file.then(|| site.bundle());
        let request = EnvRequest { file, trust: site.trust(), layout, gomodcache };
        let found = env(&site.context(), &request).unwrap_or_else(|failure| panic!("{}", failure.text()));
        found.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
    };
    let cache = of(Layout::Cache, false, Some("/c".into()));
    assert_eq!(cache, ["GOMODCACHE=/c", "GONOPROXY=none", "GOPROXY=off"]);
    // The bundle has neither a toolchain nor anything of the checksum database.
    let cache = of(Layout::Cache, true, Some("/c".into()));
    let wanted = ["GOMODCACHE=/c", "GONOPROXY=none", "GOPROXY=off", "GOSUMDB=off", "GOTOOLCHAIN=local"];
    assert_eq!(cache, wanted);
    let proxy = of(Layout::Proxy { dir: "/a b/c".into() }, false, None);
    assert_eq!(proxy, ["GOPROXY=file:///a%20b/c"]);
    let vendor = || Layout::Vendor { dir: ".".into(), replace: false };
    assert!(of(vendor(), false, None).is_empty());
    assert_eq!(of(vendor(), true, None), ["GOTOOLCHAIN=local"]);
    let request =
        EnvRequest { layout: Layout::Cache, gomodcache: Some("/a\nb".into()), ..EnvRequest::default() };
    assert!(env(&site.context(), &request).unwrap_err().text().contains("no variable can hold"));
}

/// Where the system lets a test change its user.
#[test]
fn another_user_builds_from_a_read_only_cache() {
    if !require_tool("go") || !require_tool("setpriv") {
        return;
    }
    let site = Site::new();
    site.pack_as(Payload::Zips);
    let request = UnpackRequest { read_only: true, ..site.unpack_request() };
    let cache = done(unpack(&site.context(), &request)).dir;
    let writable = Command::new("find").arg(&cache).args(["-perm", "/222"]).output().unwrap();
    assert_eq!(String::from_utf8(writable.stdout).unwrap(), "");
    assert_eq!(done(unpack(&site.context(), &request)).already_present, 2);
    let home = site.temp.dir("nobody");
    fs::set_permissions(&home, fs::Permissions::from_mode(0o777)).unwrap();
    let privileged = Command::new("setpriv").args(["--reuid", "65534", "true"]).status();
    if privileged.is_ok_and(|status| status.success()) {
        let out = Command::new("setpriv")
            .args([
                "--reuid",
                "65534",
                "--regid",
                "65534",
                "--clear-groups",
                "go",
                "build",
                "-o",
                "/dev/null",
                ".",
            ])
            .current_dir(site.main())
            .env("HOME", &home)
            .env("GOCACHE", home.join("cache"))
            .env("GOMODCACHE", &cache)
            .envs([("GOPROXY", "off"), ("GOFLAGS", ""), ("GOTOOLCHAIN", "local"), ("GOENV", "off")])
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }
    assert!(Command::new("chmod").arg("-R").arg("u+w").arg(&cache).status().unwrap().success());
}
