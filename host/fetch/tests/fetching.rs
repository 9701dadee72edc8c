//! Healthy proxies over HTTP and `file://`, the store and the module cache.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use airgo_fetch::{FetchError, Kind, Object};
use airgo_testkit::{Module, Proxy, TempTree, World};
use std::fs;
use support::{Run, module, object};

fn world() -> World {
    World::new()
        .with(Module::new("example.com/Upper/v2", "v2.0.0-RC1").go("1.21").file("a.go", "package a\n"))
        .with(Module::new("example.com/a", "v1.2.3").file("big.bin", vec![7u8; 3 << 20]))
}

/// Every object of the world, fetched, has the world's bytes and hashes.
fn check_all(run: &Run, local: Option<bool>) {
    let world = world();
    for m in world.modules() {
        for kind in [Kind::Info, Kind::Mod, Kind::Zip] {
            run.fetcher.submit(Object::new(m.id().clone(), kind));
        }
    }
    let mut count = 0;
    while let Some((object, result)) = run.fetcher.next() {
        let fetched = result.unwrap_or_else(|e| panic!("{e}"));
        let m = world.get(&object.module.path, &object.module.version).unwrap();
        let (bytes, h1) = match object.kind {
            Kind::Info => (m.info_bytes(), None),
            Kind::Mod => (m.go_mod_bytes(), Some(airgo_gomod::dirhash::hash_go_mod(&m.go_mod_bytes()))),
            Kind::Zip => (m.zip_bytes(), Some(m.h1())),
            Kind::SumDb | Kind::File => panic!("never submitted"),
        };
        assert_eq!(fetched.bytes().unwrap(), bytes, "{object}");
        assert_eq!(fetched.size, bytes.len() as u64);
        assert_eq!(fetched.h1, h1, "{object}");
        assert_eq!(fetched.sha256, support::sha256(&bytes));
        assert!(local.is_none_or(|local| fetched.local == local), "{object}");
        run.fetcher.keep(fetched).unwrap();
        count += 1;
    }
    assert_eq!(count, 6);
}

#[test]
fn over_http_then_from_the_store() {
    let proxy = Proxy::serve(&world());
    let run = Run::new(&proxy.url());
    check_all(&run, Some(false));
    assert_eq!(proxy.requests().len(), 6);

    // Another run with the same store asks for nothing, even if the proxy is gone.
    drop(proxy);
    let again = run.again("https://gone.invalid");
    check_all(&again, Some(true));
}

#[test]
fn from_a_file_tree() {
    let tree = TempTree::new();
    let url = world().write(tree.path());
    check_all(&Run::new(&url), Some(true));
}

#[test]
fn from_a_module_cache() {
    let cache = TempTree::new();
    world().write(&cache.path().join("cache/download"));
    let proxy = Proxy::serve(&world());
    let run = Run::with(&proxy.url(), |c| c.source_cache = Some(cache.path().to_owned()));
    check_all(&run, Some(true));
    assert_eq!(proxy.requests().len(), 0);
}

#[test]
fn a_damaged_object_is_dropped_and_fetched_again() {
    let proxy = Proxy::serve(&world());
    let run = Run::new(&proxy.url());
    check_all(&run, Some(false));
    let asked = proxy.requests().len();
    for file in fs::read_dir(run.store().join("objects")).unwrap() {
        let path = file.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
    }
    check_all(&run.again(&proxy.url()), Some(false));
    assert_eq!(proxy.requests().len(), 2 * asked);
    check_all(&run.again("off"), Some(true));
}

#[test]
fn a_sound_object_with_other_bytes_than_expected_is_passed_over() {
    let (good, bad) =
        (world(), World::new().with(Module::new("example.com/a", "v1.2.3").file("a.go", "evil")));
    let wanted = good.get("example.com/a", "v1.2.3").unwrap().h1();
    let (good, bad) = (Proxy::serve(&good), Proxy::serve(&bad));
    let run = Run::new(&bad.url());
    let zip = object("example.com/a", "v1.2.3", Kind::Zip);
    run.fetcher.submit(zip.clone());
    run.fetcher.keep(run.one().unwrap()).unwrap();

    let run = run.again(&format!("{}|{}", bad.url(), good.url()));
    run.fetcher.submit_expecting(zip.clone(), vec![wanted]);
    assert_eq!(run.one().unwrap().h1, Some(wanted));
    // A comma would show the second proxy what a private first one was asked for.
    let run = run.again(&format!("{},{}", bad.url(), good.url()));
    let asked = good.requests().len();
    run.fetcher.submit_expecting(zip, vec![wanted]);
    assert_ne!(run.one().unwrap().h1, Some(wanted));
    assert_eq!(good.requests().len(), asked);
}

#[test]
fn what_no_proxy_may_be_asked_for() {
    let proxy = Proxy::serve(&world());
    let run = Run::new(&proxy.url());
    for (path, version) in [
        ("example.com/a", "latest"),
        ("example.com/a", "v1"),
        ("example.com/../a", "v1.0.0"),
        ("", "v1.0.0"),
        ("example.com/a", ""),
    ] {
        let e = run.fetch(path, version, Kind::Mod).unwrap_err();
        assert!(matches!(e, FetchError::BadObject(_)), "{e}");
    }
    assert_eq!(proxy.requests().len(), 0);
}

#[test]
fn two_fetchers_share_a_store() {
    let proxy = Proxy::serve(&world());
    let first = Run::new(&proxy.url());
    let second = first.again(&proxy.url());
    std::thread::scope(|s| {
        // What the other one kept first is found on this machine.
        s.spawn(|| check_all(&first, None));
        s.spawn(|| {
            for m in world().modules() {
                for kind in [Kind::Info, Kind::Mod, Kind::Zip] {
                    second.fetcher.submit(Object::new(m.id().clone(), kind));
                }
            }
            while let Some((_, result)) = second.fetcher.next() {
                second.fetcher.keep(result.unwrap()).unwrap();
            }
        });
    });
    check_all(&first.again("off"), Some(true));
}

/// A pipe without a writer, where a file should be, is not waited for.
#[cfg(unix)]
#[test]
fn named_pipes_are_not_waited_for() {
    let (tree, cache) = (TempTree::new(), TempTree::new());
    let (url, proxy) = (world().write(tree.path()), Proxy::serve(&world()));
    let in_cache = cache.path().join("cache/download");
    world().write(&in_cache);
    let run = Run::new(&proxy.url());
    check_all(&run, Some(false));
    let (index, objects) = (run.store().join("index"), run.store().join("objects"));
    for dir in [tree.path(), &in_cache, &index] {
        let versions = dir.join("example.com/a/@v");
        for file in ["v1.2.3.info", "v1.2.3.mod", "v1.2.3.zip"] {
            pipe(&versions.join(file));
        }
    }
    let (give, results) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let from_tree = Run::new(&url);
        for kind in [Kind::Info, Kind::Mod, Kind::Zip] {
            let error = from_tree.fetch("example.com/a", "v1.2.3", kind).unwrap_err();
            assert!(matches!(error, FetchError::Unreadable { .. }), "{error}");
            assert!(error.to_string().contains("cannot be read: it is not a regular file"), "{error}");
        }
        let past_cache = Run::with(&proxy.url(), |c| c.source_cache = Some(cache.path().to_owned()));
        check_all(&past_cache, None);
        check_all(&run.again(&proxy.url()), None);
        fs::read_dir(objects).unwrap().for_each(|file| pipe(&file.unwrap().path()));
        check_all(&run.again(&proxy.url()), Some(false));
        give.send(()).unwrap();
    });
    results.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
}

#[cfg(unix)]
fn pipe(path: &std::path::Path) {
    fs::remove_file(path).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn queues_keep_their_own() {
    let proxy = Proxy::serve(&world());
    let run = Run::new(&proxy.url());
    let (mods, zips) = (run.fetcher.queue(), run.fetcher.queue());
    mods.submit(object("example.com/a", "v1.2.3", Kind::Mod));
    zips.submit(object("example.com/a", "v1.2.3", Kind::Zip));
    assert_eq!(zips.next().unwrap().0.kind, Kind::Zip);
    assert!(zips.next().is_none());
    assert_eq!(mods.next().unwrap().0, Object::new(module("example.com/a", "v1.2.3"), Kind::Mod));
    assert!(mods.next().is_none() && run.fetcher.next().is_none());
}
