//! Parts of modules, proved by the list of all their files.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use airgo_gomod::H1;
use airgo_gomod::modzip::{FileList, ListedFile};
use airgo_modcache::{Content, ExactCache, Installed, ModCache, Options, Outcome, PartialInput, Problem};
use airgo_testkit::{Module, TempTree, TreeDiff};
use common::{
    SAMPLE_DOWNLOAD, SAMPLE_TREE, contents, files, input, mode, open, partial, sample, unlocked_files,
};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

const BUNDLE: [u8; 32] = [0xab; 32];

fn shared(dir: &Path) -> ModCache {
    ModCache::open(dir, Options { allow_shared: true, ..Options::default() }).unwrap()
}

/// Installs the files of these names below the module's root.
fn try_install(cache: &ModCache, module: &Module, names: &[&str]) -> Result<Installed, Problem> {
    let stage = cache.stage().of_bundle(BUNDLE);
    let input = partial(module, |name| names.contains(&name));
    let all = contents(module);
    let tree = stage.partial(input, &()).map_err(|error| *error.problem)?;
    for (index, (name, bytes)) in all.iter().enumerate() {
        if names.contains(&name.as_str()) {
            let mut file = tree.file(index).map_err(|error| *error.problem)?;
            for piece in bytes.chunks(5) {
                file.write(piece).map_err(|error| *error.problem)?;
            }
            file.finish().map_err(|error| *error.problem)?;
        }
    }
    drop(tree);
    stage.publish(1, &()).map_err(|error| *error.error.problem)
}

#[track_caller]
fn install(cache: &ModCache, module: &Module, names: &[&str]) -> Outcome {
    try_install(cache, module, names).unwrap_or_else(|problem| panic!("{problem}"))[0].1
}

fn tree_files(dir: &Path) -> Vec<String> {
    files(&dir.join(SAMPLE_TREE))
}

fn marker(dir: &Path) -> Option<ExactCache> {
    let text = fs::read(dir.join("cache/airgo-exact.json")).ok()?;
    Some(serde_json::from_slice(&text).unwrap())
}

/// Whether each module of the marker is whole.
fn marked(dir: &Path) -> Vec<(String, bool)> {
    let modules = marker(dir).map(|marker| marker.modules).unwrap_or_default();
    modules.into_iter().map(|module| (format!("{}@{}", module.path, module.version), module.whole)).collect()
}

const ALL: [&str; 5] = ["go.mod", "m.go", "sub/deep/er/d.go", "sub/a.go", "empty.txt"];

#[test]
fn the_carried_files_alone() {
    let tree = TempTree::new();
    let cache = open(tree.path());
    assert_eq!(install(&cache, &sample(), &["go.mod", "sub/deep/er/d.go"]), Outcome::Installed);
    drop(cache);
    assert_eq!(tree_files(tree.path()), ["go.mod", "sub/deep/er/d.go"]);
    let version = "v1.2.3-!r!c1";
    let download = ["info", "mod", "ziphash"].map(|suffix| format!("{SAMPLE_DOWNLOAD}/{version}.{suffix}"));
    let mut want = vec!["cache/airgo-exact.json".to_owned()];
    want.push(format!("{SAMPLE_DOWNLOAD}/list"));
    want.extend(download);
    want.extend(["go.mod", "sub/deep/er/d.go"].map(|name| format!("{SAMPLE_TREE}/{name}")));
    want.sort();
    assert_eq!(unlocked_files(tree.path()), want);
    for dir in ["", "sub", "sub/deep/er"] {
        assert_eq!(mode(&tree.join(SAMPLE_TREE).join(dir)) & 0o222, 0, "{dir}");
    }
    assert_eq!(mode(&tree.join(SAMPLE_TREE).join("go.mod")) & 0o777, 0o444);
    let text = fs::read_to_string(tree.join("cache/airgo-exact.json")).unwrap();
    assert_eq!(
        text,
        format!(
            r#"{{"modules":[{{"h1":"{}","manifestSha256":"{}","path":"example.com/Sample/m","version":"v1.2.3-RC1","whole":false}}],"schema":"https://airgo.dev/exact-cache/v1"}}"#,
            sample().h1(),
            "ab".repeat(32)
        )
    );
    // Again, and all is there.
    assert_eq!(
        install(&open(tree.path()), &sample(), &["go.mod", "sub/deep/er/d.go"]),
        Outcome::AlreadyPresent
    );
    assert_eq!(install(&open(tree.path()), &sample(), &["go.mod"]), Outcome::AlreadyPresent);
}

#[test]
fn an_empty_directory() {
    let tree = TempTree::new();
    assert_eq!(install(&open(tree.path()), &sample(), &[]), Outcome::Installed);
    assert_eq!(fs::read_dir(tree.join(SAMPLE_TREE)).unwrap().count(), 0);
    assert_eq!(install(&open(tree.path()), &sample(), &[]), Outcome::AlreadyPresent);
}

#[test]
fn a_list_that_is_not_the_modules() {
    let refused = |change: &dyn Fn(&mut PartialInput)| {
        let tree = TempTree::new();
        let mut input = partial(&sample(), |_| true);
        change(&mut input);
        let cache = open(&tree.join("cache"));
        let error = cache.stage().partial(input, &()).unwrap_err();
        drop(cache);
        assert_eq!(fs::read_dir(tree.path()).unwrap().count(), 0);
        error.problem.to_string()
    };
    let mismatch = "checksum mismatch for the list of its files: want h1:";
    assert!(refused(&|input| input.h1 = H1([0; 32])).starts_with(mismatch));
    let change = |input: &mut PartialInput, change: fn(&mut ListedFile<'_>)| {
        let mut files = FileList::default();
        for (i, mut file) in input.files.iter().enumerate() {
            if i == 1 {
                change(&mut file);
            }
            files.push(file.name, file.size, file.sha256).unwrap();
        }
        input.files = files;
    };
    assert!(refused(&|input| change(input, |file| file.sha256 = [0; 32])).starts_with(mismatch));
    assert!(refused(&|input| change(input, |file| file.name = "other.go")).starts_with(mismatch));
    assert!(refused(&|input| input.carried.truncate(4)).contains("files, and 4 flags"));
    let named = |name: &'static str| {
        let tree = TempTree::new();
        let mut input = partial(&sample(), |_| true);
        input.files.push(name, 1, [0; 32]).unwrap();
        input.carried.push(true);
        open(tree.path()).stage().partial(input, &()).unwrap_err().problem.to_string()
    };
    for name in ["../up", "/abs", "a/../b", "M.go", "m.go", "m.go/x", "sub", "x/go.mod"] {
        let problem = named(name);
        assert!(problem.starts_with("its file list is refused: "), "{name:?}: {problem}");
    }
}

#[test]
fn a_file_that_is_not_its_line() {
    let tree = TempTree::new();
    let cache = open(&tree.join("cache"));
    let stage = cache.stage();
    let part = stage.partial(partial(&sample(), |name| name.ends_with(".go")), &()).unwrap();
    let all = contents(&sample());
    let (index, (name, right)) = all.iter().enumerate().find(|(_, (name, _))| name == "m.go").unwrap();
    let give = |bytes: &[u8]| {
        let mut file = part.file(index).unwrap();
        file.write(bytes).and_then(|()| file.finish())
    };
    let other = right.to_ascii_uppercase();
    for wrong in [&other[..], &right[1..], b""] {
        let problem = give(wrong).unwrap_err().problem.to_string();
        assert!(problem.starts_with("checksum mismatch for the file m.go: want sha256:"), "{problem}");
        assert!(part.awaits(index));
        part.put(index, &Content::of(wrong)).unwrap_err();
    }
    assert!(give(&[&right[..], b"x"].concat()).unwrap_err().problem.to_string().ends_with("got more"));
    // One that is not carried, and one that does not exist.
    let uncarried = all.iter().position(|(name, _)| name == "empty.txt").unwrap();
    for index in [uncarried, 99] {
        assert!(matches!(*part.file(index).unwrap_err().problem, Problem::NotCarried { .. }));
    }
    give(right).unwrap();
    assert!(!part.awaits(index));
    // A second time it is compared, and that is all.
    give(right).unwrap();
    give(&other).unwrap_err();
    // The other files never come.
    drop(part);
    let error = stage.publish(1, &()).unwrap_err();
    assert_eq!(error.error.problem.to_string(), "its file sub/a.go is missing", "{name}");
    drop(cache);
    assert_eq!(fs::read_dir(tree.path()).unwrap().count(), 0);
}

/// Contents in any order, from several threads, each hashed once for all modules.
#[test]
fn many_modules_at_once() {
    let tree = TempTree::new();
    let module = |i: usize| {
        let module = Module::new(format!("example.com/m{i}"), "v1.0.0").go("1.21");
        (0..40).fold(module, |module, n| {
            module.file(format!("d{}/{}/f{n}.go", n % 7, n % 3), format!("// {n}\n"))
        })
    };
    let modules: Vec<_> = (0..6).map(module).collect();
    let cache = open(&tree.join("cache"));
    let stage = cache.stage();
    let trees: Vec<_> =
        modules.iter().map(|module| stage.partial(partial(module, |_| true), &()).unwrap()).collect();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (trees, modules) = (&trees, &modules);
            scope.spawn(move || {
                for index in (0..41).rev().filter(|index| index % 4 == thread) {
                    for (tree, module) in trees.iter().zip(modules) {
                        let all = contents(module);
                        let content = Content::of(&all[index].1);
                        tree.put(index, &content).unwrap();
                    }
                }
            });
        }
    });
    drop(trees);
    assert_eq!(stage.publish(2, &()).unwrap().len(), 6);
    let like = tree.join("like");
    open(&like).install_all(modules.iter().map(input), 2, &()).unwrap();
    for module in &modules {
        let name = module.id().to_string();
        TreeDiff::new(like.join(&name), tree.join("cache").join(&name)).assert_same();
    }
    assert!(marked(&tree.join("cache")).iter().all(|(_, whole)| *whole));
}

#[test]
fn beside_what_is_there() {
    let tree = TempTree::new();
    // A part that is completed to a larger part.
    let path = tree.join("union");
    install(&open(&path), &sample(), &["m.go", "sub/deep/er/d.go"]);
    let cache = open(&path);
    let stage = cache.stage();
    let part = stage.partial(partial(&sample(), |name| ["m.go", "sub/a.go"].contains(&name)), &()).unwrap();
    let awaited: Vec<_> = (0..5).filter(|index| part.awaits(*index)).collect();
    let names: Vec<_> = awaited.iter().map(|index| contents(&sample())[*index].0.clone()).collect();
    assert_eq!(names, ["sub/a.go"]);
    drop(part);
    drop(stage);
    assert_eq!(install(&cache, &sample(), &["m.go", "sub/a.go"]), Outcome::Extended);
    assert_eq!(tree_files(&path), ["m.go", "sub/a.go", "sub/deep/er/d.go"]);
    assert_eq!(mode(&path.join(SAMPLE_TREE).join("sub")) & 0o222, 0);
    assert_eq!(marked(&path), [("example.com/Sample/m@v1.2.3-RC1".to_owned(), false)]);
    // To the whole.
    assert_eq!(install(&cache, &sample(), &ALL), Outcome::Extended);
    assert_eq!(marked(&path), [("example.com/Sample/m@v1.2.3-RC1".to_owned(), true)]);
    assert_eq!(install(&cache, &sample(), &ALL), Outcome::AlreadyPresent);

    // A changed file, and one that was added.
    let path = tree.join("changed");
    let cache = open(&path);
    install(&cache, &sample(), &["m.go"]);
    let file = path.join(SAMPLE_TREE).join("m.go");
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    fs::write(&file, "package other\n").unwrap();
    fs::set_permissions(path.join(SAMPLE_TREE), Permissions::from_mode(0o755)).unwrap();
    fs::write(path.join(SAMPLE_TREE).join("more.go"), "package m\n").unwrap();
    let problem = try_install(&cache, &sample(), &["sub/a.go"]).unwrap_err();
    let Problem::Changed { changes, .. } = problem else { panic!("{problem}") };
    assert_eq!(
        changes.to_string(),
        format!("{SAMPLE_TREE}/m.go was changed, {SAMPLE_TREE}/more.go was added")
    );
    // Where go would take it for unfinished, it is made anew.
    fs::write(path.join(SAMPLE_DOWNLOAD).join("v1.2.3-!r!c1.partial"), "").unwrap();
    assert_eq!(install(&cache, &sample(), &["sub/a.go"]), Outcome::Installed);
    assert_eq!(tree_files(&path), ["sub/a.go"]);
    // One that is right is kept.
    fs::write(path.join(SAMPLE_DOWNLOAD).join("v1.2.3-!r!c1.partial"), "").unwrap();
    assert_eq!(install(&cache, &sample(), &["m.go"]), Outcome::Installed);
    assert_eq!(tree_files(&path), ["m.go", "sub/a.go"]);
    assert!(!path.join(SAMPLE_DOWNLOAD).join("v1.2.3-!r!c1.partial").exists());
}

#[test]
fn complete_modules_stay_and_complete() {
    let tree = TempTree::new();
    let like = tree.join("like");
    open(&like).install(input(&sample())).unwrap();
    // There is nothing to add to a complete one.
    let path = tree.join("complete");
    open(&path).install(input(&sample())).unwrap();
    assert_eq!(install(&open(&path), &sample(), &["m.go"]), Outcome::AlreadyPresent);
    TreeDiff::new(&like, &path).assert_same();
    // A part is replaced by the whole, and the whole without a zip gets one.
    for names in [&["m.go"][..], &ALL] {
        let path = tree.join(format!("{} files", names.len()));
        install(&open(&path), &sample(), names);
        assert_eq!(marked(&path).len(), 1);
        let want = if names.len() < ALL.len() { Outcome::Extended } else { Outcome::Installed };
        assert_eq!(open(&path).install(input(&sample())).unwrap(), want);
        assert!(marker(&path).is_none());
        fs::remove_file(path.join("cache/airgo-exact.lock")).unwrap();
        TreeDiff::new(&like, &path).assert_same();
        assert_eq!(open(&path).install(input(&sample())).unwrap(), Outcome::AlreadyPresent);
    }
    // One that was changed is an error.
    let file = tree.join("complete").join(SAMPLE_TREE).join("m.go");
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    fs::write(&file, "package other\n").unwrap();
    let problem = try_install(&open(&tree.join("complete")), &sample(), &["m.go"]).unwrap_err();
    assert!(problem.to_string().ends_with("m.go was changed"), "{problem}");
}

#[test]
fn a_cache_with_complete_modules_of_others() {
    let tree = TempTree::new();
    let other = Module::new("example.com/other", "v1.0.0").go("1.21");
    open(tree.path()).install(input(&other)).unwrap();
    let before = files(tree.path());
    let problem = try_install(&open(tree.path()), &sample(), &["m.go"]).unwrap_err();
    assert_eq!(
        problem.to_string(),
        "the module cache holds complete modules, cache/download/example.com/other/@v/v1.0.0.zip for one: \
         a part of a module would be taken for complete there"
    );
    assert_eq!(files(tree.path()), before);
    // The whole of a module misleads no one.
    assert_eq!(install(&open(tree.path()), &sample(), &ALL), Outcome::Installed);
    let third = Module::new("example.com/third", "v1.0.0").go("1.21").file("a.go", "package a\n");
    assert!(matches!(try_install(&open(tree.path()), &third, &["a.go"]), Err(Problem::Shared { .. })));
    assert_eq!(install(&shared(tree.path()), &third, &["a.go"]), Outcome::Installed);
}

#[test]
fn a_marker_that_is_none() {
    let tree = TempTree::new();
    tree.write("cache/airgo-exact.json", "{}");
    let problem = try_install(&open(tree.path()), &sample(), &["m.go"]).unwrap_err();
    assert!(
        problem.to_string().starts_with("malformed cache/airgo-exact.json in the module cache: "),
        "{problem}"
    );
    let newer = r#"{"modules":[],"schema":"https://airgo.dev/exact-cache/v2"}"#;
    tree.write("cache/airgo-exact.json", newer);
    let problem = try_install(&open(tree.path()), &sample(), &["m.go"]).unwrap_err();
    assert!(problem.to_string().contains("this airgo reads https://airgo.dev/exact-cache/v1"), "{problem}");
}
