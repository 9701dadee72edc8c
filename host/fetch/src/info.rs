//! `.info` files, as airgo-gomod reads and writes them, in the types of this crate.

use crate::invalid::InvalidContent;
use airgo_gomod::info::{InfoError, RevInfo};

pub use airgo_gomod::info::Origin;

/// Reads the answer to a request for `version`.
pub(crate) fn parse(bytes: &[u8], version: &str) -> Result<RevInfo, InvalidContent> {
    airgo_gomod::info::parse(bytes, version).map_err(|e| match e {
        InfoError::Version { found, .. } => InvalidContent::OtherVersion(found),
        InfoError::Json(e) => InvalidContent::Info(e.to_string()),
        InfoError::Time(time) => InvalidContent::Info(format!("bad time {time:?}")),
    })
}
