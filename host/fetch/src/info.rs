//! `.info` files, as airgo-gomod reads and writes them, in this room's words.

use crate::error::Unfit;
use airgo_gomod::info::{InfoError, RevInfo};

pub use airgo_gomod::info::Origin;

/// Reads the answer to a request for `version`.
pub(crate) fn parse(bytes: &[u8], version: &str) -> Result<RevInfo, Unfit> {
    airgo_gomod::info::parse(bytes, version).map_err(|e| match e {
        InfoError::Version { found, .. } => Unfit::OtherVersion(found),
        InfoError::Json(e) => Unfit::Info(e.to_string()),
        InfoError::Time(time) => Unfit::Info(format!("bad time {time:?}")),
    })
}
