//! What this crate's tests share.
#![allow(dead_code, reason = "each test binary uses a part")]

pub mod case;
pub mod describe;
pub mod oracle;
pub mod sums;
pub mod tables;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};

/// Runs a check on generated values; `AIRGO_LONG` set to a number makes that
/// many times as many.
pub fn run<S: Strategy>(cases: u32, strategy: S, check: impl Fn(S::Value)) {
    let times = std::env::var("AIRGO_LONG").map_or(1, |times| times.parse().unwrap());
    let config = Config { cases: cases * times, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&strategy, |value| {
            check(value);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}
