//! The download store from its owner's side, with runs under way beside it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use airgo_fetch::{Cache, DamageKind, Kind, Trim};
use airgo_testkit::{Fault, Module, Proxy, World};
use std::fs::{self, File};
use std::time::{Duration, SystemTime};
use support::{Run, object};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Five modules with zips of about 100 kB.
fn world() -> World {
    (0..5).fold(World::new(), |w, i| {
        w.with(Module::new(format!("example.com/M{i}"), "v1.0.0").file("n.bin", noise(i)))
    })
}

fn noise(seed: usize) -> Vec<u8> {
    support::noise(100_000 + seed).into_iter().map(|b| b ^ u8::try_from(seed).unwrap()).collect()
}

/// Fetches and keeps everything; the run ends.
fn filled(proxy: &Proxy) -> Run {
    let run = Run::new(&proxy.url());
    take(&run);
    run
}

fn take(run: &Run) {
    for module in world().modules() {
        for kind in [Kind::Info, Kind::Mod, Kind::Zip] {
            run.fetcher.submit(object(&module.id().path, &module.id().version, kind));
        }
    }
    while let Some((_, result)) = run.fetcher.next() {
        run.fetcher.keep(result.unwrap()).unwrap();
    }
}

/// Makes a module's entries look as if nobody had wanted them for so long.
fn age(run: &Run, module: usize, age: Duration) {
    for extension in ["info", "mod", "zip"] {
        let entry = format!("index/example.com/!m{module}/@v/v1.0.0.{extension}");
        let file = File::options().append(true).open(run.store().join(entry)).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }
}

/// The store after its run has ended.
fn left(run: Run) -> (Cache, Keep) {
    let store = run.store();
    let keep = run.into_store();
    (Cache::at(store), keep)
}

type Keep = std::sync::Arc<airgo_testkit::TempTree>;

#[test]
fn it_tells_what_it_holds() {
    let proxy = Proxy::serve(&world());
    let run = filled(&proxy);
    age(&run, 0, 40 * DAY);
    let (cache, _keep) = left(run);
    let entries = cache.entries().unwrap();
    assert_eq!(entries.len(), 15);
    assert_eq!(entries[0].object, object("example.com/M0", "v1.0.0", Kind::Info));
    assert!(entries.iter().all(|e| e.source == proxy.url()), "{entries:?}");
    let usage = cache.usage(&[30 * DAY, 7 * DAY]).unwrap();
    assert_eq!(usage.by_kind[&Kind::Zip].files, 5);
    assert!(usage.by_kind[&Kind::Zip].bytes > 500_000);
    // All five .info are the same bytes.
    assert_eq!(usage.by_kind[&Kind::Info].files, 1);
    assert_eq!(usage.all.files, 11);
    let ages: Vec<_> = usage.by_age.iter().map(|(bound, tally)| (*bound, tally.files)).collect();
    assert_eq!(ages, [(Duration::ZERO, 9), (7 * DAY, 0), (30 * DAY, 2)]);
    assert_eq!(usage.partial.files, 0);
    assert!(usage.oldest.unwrap() < SystemTime::now() - 39 * DAY);
    assert_eq!(Cache::at("/nonexistent/store").usage(&[]).unwrap().all.files, 0);
}

#[test]
fn it_is_trimmed_by_age_and_by_size() {
    let proxy = Proxy::serve(&world());
    let run = filled(&proxy);
    for module in 0..5 {
        age(&run, module, u32::try_from(module + 1).unwrap() * 10 * DAY);
    }
    let (cache, keep) = left(run);
    let trimmed = cache.trim(&Trim { max_age: Some(35 * DAY), max_bytes: None }).unwrap();
    assert_eq!((trimmed.removed.files, trimmed.in_use.files), (4, 0));
    let names = |cache: &Cache| -> Vec<String> {
        let zips = cache.entries().unwrap().into_iter().filter(|e| e.object.kind == Kind::Zip);
        zips.map(|e| e.object.module.path).collect()
    };
    assert_eq!(names(&cache), ["example.com/M0", "example.com/M1", "example.com/M2"]);

    let trimmed = cache.trim(&Trim { max_bytes: Some(250_000), max_age: None }).unwrap();
    assert!(trimmed.left.bytes <= 250_000 && trimmed.left.bytes > 200_000, "{trimmed:?}");
    assert_eq!(names(&cache), ["example.com/M0", "example.com/M1"]);
    assert_eq!(cache.usage(&[]).unwrap().all, trimmed.left);
    assert!(!cache.path().join("index/example.com/!m2").exists(), "an empty directory stays");

    // What is left serves without the network.
    let again = Run::reopen(keep, "off");
    assert!(again.fetch("example.com/M0", "v1.0.0", Kind::Zip).unwrap().local);
    assert!(again.fetch("example.com/M4", "v1.0.0", Kind::Zip).is_err());
}

#[test]
fn what_a_run_uses_stays() {
    let proxy = Proxy::serve(&world());
    let first = filled(&proxy);
    for module in 0..5 {
        age(&first, module, 50 * DAY);
    }
    // Another run has taken one zip out, and has not written its bundle yet.
    let second = first.again("off");
    let held = second.fetch("example.com/M3", "v1.0.0", Kind::Zip).unwrap();
    let cache = Cache::at(first.store());
    let trimmed = cache.trim(&Trim { max_age: Some(DAY), max_bytes: None }).unwrap();
    assert_eq!(trimmed.in_use.files, 0, "its entry is fresh");
    assert_eq!(held.bytes().unwrap(), world().get("example.com/M3", "v1.0.0").unwrap().zip_bytes());
    let cleared = cache.clear().unwrap();
    assert_eq!((cleared.in_use.files, cleared.left.files), (1, 1));
    assert!(held.bytes().is_ok());
    drop((first, second));
    assert_eq!(cache.clear().unwrap().left.files, 0);
    assert_eq!(cache.usage(&[]).unwrap().all.files, 0);
}

#[test]
fn runs_and_trimming_at_the_same_time() {
    let proxy = Proxy::serve(&world());
    let first = Run::new(&proxy.url());
    let store = first.store();
    std::thread::scope(|s| {
        let trimmer = s.spawn(|| {
            for _ in 0..60 {
                Cache::at(&store).trim(&Trim { max_bytes: Some(0), max_age: None }).unwrap();
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        while !trimmer.is_finished() {
            let run = first.again(&proxy.url());
            let mut held = Vec::new();
            for module in world().modules() {
                run.fetcher.submit(object(&module.id().path, "v1.0.0", Kind::Zip));
            }
            while let Some((_, result)) = run.fetcher.next() {
                held.push(run.fetcher.keep(result.unwrap()).unwrap());
            }
            // What this run holds is there until it ends.
            for fetched in held {
                assert_eq!(support::sha256(&fetched.bytes().unwrap()), fetched.sha256);
            }
        }
    });
}

#[test]
fn damage_is_found_and_mended() {
    let proxy = Proxy::serve(&world());
    let run = filled(&proxy);
    let (cache, keep) = left(run);
    assert_eq!(cache.verify(false, |_| ()).unwrap(), []);

    let zips: Vec<_> = cache.entries().unwrap().into_iter().filter(|e| e.object.kind == Kind::Zip).collect();
    let file = |n: usize| {
        let name: String = zips[n].sha256.iter().map(|b| format!("{b:02x}")).collect();
        cache.path().join("objects").join(name)
    };
    let mut bytes = fs::read(file(0)).unwrap();
    bytes[5000] ^= 1;
    fs::write(file(0), bytes).unwrap();
    fs::remove_file(file(1)).unwrap();
    fs::write(cache.path().join("index/example.com/!m2/@v/v1.0.0.zip"), "airgo-store 7\n").unwrap();
    let mut seen = 0;
    let damage = cache.verify(true, |_| seen += 1).unwrap();
    assert_eq!(seen, 14);
    let found: Vec<(&str, String)> =
        damage.iter().map(|d| (d.name.as_str(), d.problem.to_string())).collect();
    assert_eq!(found.len(), 3);
    assert_eq!(found[0].0, "example.com/!m2/@v/v1.0.0.zip");
    assert_eq!(found[1].0, "zip of example.com/M0@v1.0.0");
    assert!(found[1].1.starts_with("its bytes have the SHA-256 "), "{}", found[1].1);
    assert!(matches!(damage[2].problem, DamageKind::Missing));
    assert_eq!(cache.verify(false, |_| ()).unwrap(), []);

    let asked = proxy.count(".zip");
    take(&Run::reopen(keep, &proxy.url()));
    assert_eq!(proxy.count(".zip"), asked + 3);
    assert_eq!(cache.verify(false, |_| ()).unwrap(), []);
}

#[test]
fn clearing_takes_what_broke_off_too() {
    let world =
        World::new().with(Module::new("example.com/a", "v1.0.0").file("n.bin", support::noise(3 << 20)));
    let proxy = Proxy::serve(&world);
    proxy.fault(".zip", Fault::Truncate(2_000_000));
    let run = Run::with(&proxy.url(), |c| c.retries.attempts = 1);
    run.fetch("example.com/a", "v1.0.0", Kind::Zip).unwrap_err();
    let (cache, _keep) = left(run);
    let usage = cache.usage(&[]).unwrap();
    assert_eq!((usage.all.files, usage.partial.files), (0, 1));
    assert!(cache.clear().unwrap().removed.bytes > 1_000_000);
    assert_eq!(cache.usage(&[]).unwrap().partial.files, 0);
}

#[test]
fn packing_again_asks_the_network_for_nothing() {
    let proxy = Proxy::serve(&world());
    let run = filled(&proxy);
    let asked = proxy.requests().len();
    take(&run.again(&proxy.url()));
    assert_eq!(proxy.requests().len(), asked);
}

#[test]
fn a_module_cache_is_hashed_again_before_it_is_believed() {
    let cache = airgo_testkit::TempTree::new();
    world().write(&cache.path().join("cache/download"));
    let zip = cache.path().join("cache/download/example.com/!m1/@v/v1.0.0.zip");
    let mut bytes = fs::read(&zip).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&zip, bytes).unwrap();
    // Sound, but other bytes than go.sum wants.
    let other = World::new().with(Module::new("example.com/M2", "v1.0.0").file("evil.go", "package evil"));
    let evil = other.get("example.com/M2", "v1.0.0").unwrap().zip_bytes();
    fs::write(cache.path().join("cache/download/example.com/!m2/@v/v1.0.0.zip"), evil).unwrap();

    let world = world();
    let proxy = Proxy::serve(&world);
    let run = Run::with(&proxy.url(), |c| c.source_cache = Some(cache.path().to_owned()));
    for module in world.modules() {
        run.fetcher.submit_expecting(object(&module.id().path, "v1.0.0", Kind::Zip), vec![module.h1()]);
    }
    let mut local = 0;
    while let Some((object, result)) = run.fetcher.next() {
        let fetched = result.unwrap();
        let module = world.get(&object.module.path, "v1.0.0").unwrap();
        assert_eq!(fetched.h1, Some(module.h1()), "{object}");
        local += usize::from(fetched.local);
    }
    assert_eq!((local, proxy.count(".zip")), (3, 2));
}
