//! Plugins before they are compiled: what is let through is within the limits, and its
//! cost is estimated in time that its size bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;

// What the two readers of host/policy use of their crate, whose wasmtime would be most of
// the build.
mod error {
    pub(crate) fn clip(text: impl Into<String>) -> String {
        text.into()
    }
}
#[allow(dead_code)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginError {
    CoreModule,
    ForeignImport(String),
    Malformed(String),
    NoPolicy,
    NotWasm,
    TooComplex { what: &'static str, found: u64, limit: u64 },
    TooLarge { size: u64, limit: u64 },
    UnknownVersion { found: prescan::Version, speaks: prescan::Version },
}
impl PluginError {
    fn malformed(reason: impl std::fmt::Display) -> Self {
        Self::Malformed(reason.to_string())
    }
}
#[path = "../../../host/policy/src/cost.rs"]
mod cost;
#[allow(dead_code)]
#[path = "../../../host/policy/src/limits.rs"]
mod limits;
#[allow(dead_code)]
#[path = "../../../host/policy/src/prescan.rs"]
mod prescan;
use limits::Limits;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let outline = prescan::outline(bytes, &limits);
    match prescan::scan(bytes, &limits) {
        Ok(scan) => {
            assert_eq!((outline.refused, outline.version), (None, Some(scan.version)));
            assert!(scan.functions <= limits.functions && scan.code_bytes <= bytes.len() as u64);
        }
        Err(error) => {
            assert!(outline.refused.is_none_or(|refused| refused == error));
        }
    }
    // Of whatever it is: airgo asks only for what was let through.
    let _ = cost::check(bytes, &limits);
});
