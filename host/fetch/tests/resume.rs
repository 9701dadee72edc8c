//! A zip that breaks off goes on where it was: in the next try, in the next
//! run, and never with bytes that do not belong together.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use airgo_fetch::{FetchConfig, FetchError, Kind};
use airgo_testkit::{Fault, Module, Proxy, World};
use std::fs;
use std::path::PathBuf;
use support::Run;

const A: (&str, &str) = ("example.com/a", "v1.2.3");

fn world(size: usize) -> World {
    World::new().with(Module::new(A.0, A.1).file("noise.bin", support::noise(size)))
}

fn once(config: &mut FetchConfig) {
    config.retries.attempts = 1;
    config.retries.unreachable_attempts = 1;
}

/// From where each request for the zip wanted it.
fn ranges(proxy: &Proxy) -> Vec<String> {
    let zips = proxy.requests().into_iter().filter(|r| r.path.ends_with(".zip"));
    zips.map(|r| r.header("range").unwrap_or("all").to_owned()).collect()
}

/// The part that is kept, if there is one.
fn part(run: &Run) -> Option<PathBuf> {
    let files = fs::read_dir(run.store().join("partial")).ok()?.flatten().map(|e| e.path());
    files.into_iter().find(|p| p.extension().is_none())
}

#[test]
fn the_next_try_asks_for_the_rest() {
    let world = world(4 << 20);
    let proxy = Proxy::serve(&world);
    proxy.serve_ranges().fault_times(".zip", 2, Fault::Truncate(1_500_000));
    let run = Run::new(&proxy.url());
    let fetched = run.fetch(A.0, A.1, Kind::Zip).unwrap();
    assert_eq!(fetched.bytes().unwrap(), world.get(A.0, A.1).unwrap().zip_bytes());
    let asked = ranges(&proxy);
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[0], "all");
    let from =
        |r: &String| r.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse::<usize>().unwrap();
    assert!(from(&asked[1]) > 1_000_000 && from(&asked[2]) > 2_000_000, "{asked:?}");
}

#[test]
fn the_next_run_goes_on_where_the_last_one_broke_off() {
    let world = world(4 << 20);
    let proxy = Proxy::serve(&world);
    proxy.serve_ranges().fault(".zip", Fault::Truncate(3_000_000));
    let first = Run::with(&proxy.url(), once);
    let error = first.fetch(A.0, A.1, Kind::Zip).unwrap_err();
    assert!(matches!(error, FetchError::Broken { .. }), "{error}");
    assert!(fs::metadata(part(&first).unwrap()).unwrap().len() > 2_500_000);

    proxy.heal();
    let second = first.again_with(&proxy.url(), once);
    let fetched = second.fetch(A.0, A.1, Kind::Zip).unwrap();
    assert_eq!(fetched.bytes().unwrap(), world.get(A.0, A.1).unwrap().zip_bytes());
    assert_eq!(fetched.sha256, support::sha256(&fetched.bytes().unwrap()));
    let asked = ranges(&proxy);
    // What was sent and not yet read when the connection broke may be lost, or not.
    let from = asked[1].strip_prefix("bytes=").and_then(|r| r.split('-').next()?.parse::<u64>().ok());
    assert!(from.is_some_and(|at| (2_500_001..=3_000_000).contains(&at)), "{asked:?}");
    // It is in nobody's way any more.
    second.fetcher.keep(fetched).unwrap();
    assert_eq!(part(&second), None);
}

#[test]
fn a_cancelled_run_leaves_its_part_too() {
    let world = world(4 << 20);
    let proxy = Proxy::serve(&world);
    proxy.serve_ranges().fault(".zip", Fault::StallWithin(std::time::Duration::from_secs(60)));
    let first = Run::new(&proxy.url());
    first.fetcher.submit(support::object(A.0, A.1, Kind::Zip));
    while part(&first).is_none_or(|p| fs::metadata(p).map_or(0, |m| m.len()) < 1 << 20) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    first.fetcher.cancel();
    assert!(matches!(first.one(), Err(FetchError::Cancelled(_))));
    proxy.heal();
    let second = first.again(&proxy.url());
    drop(first);
    second.fetch(A.0, A.1, Kind::Zip).unwrap();
    // From where it broke off: beyond the first mebibyte, before the end.
    let asked = ranges(&proxy);
    let from = asked[1].strip_prefix("bytes=").and_then(|r| r.split('-').next()?.parse::<u64>().ok());
    assert!(from.is_some_and(|at| (1 << 20..4 << 20).contains(&at)), "{asked:?}");
}

#[test]
fn a_damaged_part_is_thrown_away_at_once() {
    let world = world(4 << 20);
    let proxy = Proxy::serve(&world);
    proxy.serve_ranges().fault(".zip", Fault::Truncate(3_000_000));
    let first = Run::with(&proxy.url(), once);
    first.fetch(A.0, A.1, Kind::Zip).unwrap_err();
    let path = part(&first).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[1_000_000] ^= 1;
    fs::write(&path, bytes).unwrap();
    proxy.heal();
    // No further try is allowed: the whole zip is not a second try, as the server did nothing wrong.
    let second = first.again_with(&proxy.url(), once);
    let fetched = second.fetch(A.0, A.1, Kind::Zip).unwrap();
    assert_eq!(fetched.bytes().unwrap(), world.get(A.0, A.1).unwrap().zip_bytes());
    let asked = ranges(&proxy);
    assert!(asked[1].starts_with("bytes=") && asked[2] == "all", "{asked:?}");
}

#[test]
fn another_file_is_not_joined_to_the_first_ones_part() {
    let (old, new) =
        (world(4 << 20), World::new().with(Module::new(A.0, A.1).file("b.bin", support::noise(5 << 20))));
    let tree = airgo_testkit::TempTree::new();
    old.write(tree.path());
    let proxy = Proxy::serve_dir(tree.path());
    proxy.serve_ranges().fault(".zip", Fault::Truncate(3_000_000));
    let first = Run::with(&proxy.url(), once);
    first.fetch(A.0, A.1, Kind::Zip).unwrap_err();
    new.write(tree.path());
    proxy.heal();
    let second = first.again_with(&proxy.url(), once);
    let fetched = second.fetch(A.0, A.1, Kind::Zip).unwrap();
    assert_eq!(fetched.h1, Some(new.get(A.0, A.1).unwrap().h1()));
    assert_eq!(fetched.bytes().unwrap(), new.get(A.0, A.1).unwrap().zip_bytes());
}

#[test]
fn a_server_without_ranges_sends_all_of_it_again() {
    let world = world(4 << 20);
    let proxy = Proxy::serve(&world);
    proxy.fault(".zip", Fault::Truncate(3_000_000));
    let first = Run::with(&proxy.url(), once);
    first.fetch(A.0, A.1, Kind::Zip).unwrap_err();
    proxy.heal();
    let second = first.again_with(&proxy.url(), once);
    let fetched = second.fetch(A.0, A.1, Kind::Zip).unwrap();
    assert_eq!(fetched.bytes().unwrap(), world.get(A.0, A.1).unwrap().zip_bytes());
}

#[test]
fn a_part_is_of_one_mirror_only_and_small_zips_have_none() {
    let world = world(4 << 20);
    let (broken, sound) = (Proxy::serve(&world), Proxy::serve(&world));
    broken.serve_ranges().fault(".zip", Fault::Truncate(3_000_000));
    sound.serve_ranges();
    let run = Run::with(&format!("{}|{}", broken.url(), sound.url()), once);
    let fetched = run.fetch(A.0, A.1, Kind::Zip).unwrap();
    assert_eq!(fetched.bytes().unwrap(), world.get(A.0, A.1).unwrap().zip_bytes());
    assert_eq!(ranges(&sound), ["all"]);

    let small = World::new().with(Module::new(A.0, A.1).file("noise.bin", support::noise(700_000)));
    let proxy = Proxy::serve(&small);
    proxy.serve_ranges().fault(".zip", Fault::Truncate(600_000));
    let run = Run::with(&proxy.url(), once);
    run.fetch(A.0, A.1, Kind::Zip).unwrap_err();
    assert_eq!(part(&run), None);
}

#[test]
fn two_runs_at_the_same_zip_do_not_share_a_part() {
    let world = world(4 << 20);
    let proxy = Proxy::serve(&world);
    proxy.serve_ranges().fault_times(".zip", 3, Fault::Truncate(2_000_000));
    let first = Run::new(&proxy.url());
    let second = first.again(&proxy.url());
    let wanted = world.get(A.0, A.1).unwrap().zip_bytes();
    std::thread::scope(|s| {
        for run in [&first, &second] {
            s.spawn(|| assert!(run.fetch(A.0, A.1, Kind::Zip).unwrap().bytes().unwrap() == wanted));
        }
    });
}
