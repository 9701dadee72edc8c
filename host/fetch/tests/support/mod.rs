//! What the tests of this crate share.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

pub mod forge;
#[cfg(unix)]
pub mod gohost;

use airgo_fetch::{FetchConfig, FetchError, Fetched, Fetcher, HttpProxyVars, Kind, Object};
use airgo_gomod::ModuleVersion;
use airgo_testkit::TempTree;
use sha2::Digest;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Set in a process whose environment a test has chosen.
pub const CHILD: &str = "AIRGO_FETCH_TEST_CHILD";

/// A fetcher with a store of its own and impatient settings.
pub struct Run {
    pub fetcher: Fetcher,
    store: Arc<TempTree>,
}

impl Run {
    pub fn new(goproxy: &str) -> Self {
        Self::with(goproxy, |_| ())
    }

    pub fn with(goproxy: &str, change: impl FnOnce(&mut FetchConfig)) -> Self {
        Self::start(goproxy, Arc::new(TempTree::new()), change)
    }

    /// Another run with the same store.
    pub fn again(&self, goproxy: &str) -> Self {
        Self::start(goproxy, Arc::clone(&self.store), |_| ())
    }

    pub fn again_with(&self, goproxy: &str, change: impl FnOnce(&mut FetchConfig)) -> Self {
        Self::start(goproxy, Arc::clone(&self.store), change)
    }

    fn start(goproxy: &str, store: Arc<TempTree>, change: impl FnOnce(&mut FetchConfig)) -> Self {
        let mut config = FetchConfig::new(goproxy, store.path().join("store"));
        // The tester's own HTTP proxy is in nobody's way, but where a test gives itself one.
        if std::env::var_os(CHILD).is_none() {
            config.http_proxy = HttpProxyVars::default();
        }
        config.retries.base = Duration::from_millis(1);
        config.retries.max = Duration::from_millis(20);
        change(&mut config);
        Self { fetcher: Fetcher::new(config).unwrap_or_else(|e| panic!("{e}")), store }
    }

    /// Ends the run; its store stays as long as what this gives.
    pub fn into_store(self) -> Arc<TempTree> {
        self.store
    }

    /// A run with the store of one that has ended.
    pub fn reopen(store: Arc<TempTree>, goproxy: &str) -> Self {
        Self::start(goproxy, store, |_| ())
    }

    pub fn store(&self) -> PathBuf {
        self.store.path().join("store")
    }

    /// The one result that is outstanding.
    pub fn one(&self) -> Result<Fetched, FetchError> {
        let (_, result) = self.fetcher.next().unwrap();
        assert!(self.fetcher.next().is_none());
        result
    }

    /// Submits and waits.
    pub fn fetch(&self, path: &str, version: &str, kind: Kind) -> Result<Fetched, FetchError> {
        self.fetcher.submit(object(path, version, kind));
        self.one()
    }
}

pub fn module(path: &str, version: &str) -> ModuleVersion {
    ModuleVersion::new(path, version)
}

pub fn object(path: &str, version: &str, kind: Kind) -> Object {
    Object::new(module(path, version), kind)
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(bytes).into()
}

/// Bytes that do not compress.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 1u32;
    let bytes = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    bytes.take(length).collect()
}
