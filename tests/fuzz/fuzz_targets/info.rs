//! `.info` files: what is accepted has one canonical form, which reads as itself
//! and holds no login.
#![no_main]

use airgo_gomod::info;
use libfuzzer_sys::fuzz_target;

const VERSION: &str = "v1.0.0";

fuzz_target!(|data: &[u8]| {
    let Ok(read) = info::parse(data, VERSION) else { return };
    let again = info::parse(&read.canonical, VERSION).expect("the canonical form reads");
    assert_eq!((again.canonical, again.time), (read.canonical, read.time));
    if let Some(origin) = read.origin {
        let login = origin.url.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
        assert!(!login.is_some_and(|host| host.contains('@') && host.contains(':')), "{}", origin.url);
    }
});
