//! The canonical `.info`: a version and its time in UTC, nothing else. A bundle
//! does not hold what proxies add to it; airgo-gomod knows the form.

pub use airgo_gomod::info::{InfoError, canonical_time};

/// A `.info` in its canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// The bytes to store.
    pub bytes: Vec<u8>,
    /// The version's time in UTC; none where the proxy gave none.
    pub time: Option<String>,
}

/// The canonical form of an `.info` as a proxy serves it.
pub fn canonical_info(raw: &[u8], version: &str) -> Result<Info, InfoError> {
    let info = airgo_gomod::info::parse(raw, version)?;
    Ok(Info { bytes: info.canonical, time: info.time })
}
