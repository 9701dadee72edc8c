//! Repair requests: which parts of a file, or which volumes, are to be
//! retransmitted.

use super::volume::{MAX_VOLUMES, VolumeError, WholeFile};
use crate::digest::Sha256;
use crate::json;
use serde::{Deserialize, Serialize};

/// The schema of a repair request.
pub const REPAIR_REQUEST_SCHEMA: &str = "https://airgo.dev/repair-request/v1";
/// The schema of a repair request for volumes.
pub const REPAIR_REQUEST_SCHEMA_2: &str = "https://airgo.dev/repair-request/v2";
/// Bytes of a request.
const MAX_REQUEST: usize = 32 << 20;

/// A request to retransmit parts of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RepairRequest {
    /// Where the central directory begins; absent where it is what is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<u64>,
    /// The digest of the bytes from there on: it names the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory_sha256: Option<Sha256>,
    /// The file that the volumes are of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<WholeFile>,
    /// What is wanted, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<ByteRange>,
    /// [`REPAIR_REQUEST_SCHEMA`], or [`REPAIR_REQUEST_SCHEMA_2`] of volumes.
    pub schema: String,
    /// The file's size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The volumes that are wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volumes: Option<WantedVolumes>,
}

/// Volumes to be retransmitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WantedVolumes {
    /// Their numbers, from 1, ascending.
    pub numbers: Vec<u32>,
    /// How many there are in all.
    pub of: u32,
}

/// A range of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ByteRange {
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub size: u64,
}

impl RepairRequest {
    pub(crate) fn of_volumes(file: WholeFile, of: u32, numbers: Vec<u32>, ranges: Vec<ByteRange>) -> Self {
        Self {
            directory: None,
            directory_sha256: None,
            file: Some(file),
            ranges,
            schema: REPAIR_REQUEST_SCHEMA_2.to_owned(),
            size: None,
            volumes: Some(WantedVolumes { numbers, of }),
        }
    }

    /// The request as canonical JSON.
    ///
    /// # Errors
    /// Numbers beyond what JSON keeps.
    pub fn to_bytes(&self) -> Result<Vec<u8>, VolumeError> {
        json::to_canonical(self).map_err(|e| VolumeError::Request(e.to_string()))
    }

    /// Reads a request.
    ///
    /// # Errors
    /// Anything but canonical JSON of a request whose ranges ascend.
    pub fn parse(bytes: &[u8]) -> Result<Self, VolumeError> {
        let wrong = |reason: String| VolumeError::Request(reason);
        if bytes.len() > MAX_REQUEST {
            return Err(wrong(format!("it is larger than {MAX_REQUEST} bytes")));
        }
        let bytes = bytes.trim_ascii_end();
        json::check_canonical(bytes).map_err(|e| wrong(e.to_string()))?;
        let request: Self = serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))?;
        if ![REPAIR_REQUEST_SCHEMA, REPAIR_REQUEST_SCHEMA_2].contains(&request.schema.as_str()) {
            let reason = format!(
                "its schema is {:?}, this airgo reads {REPAIR_REQUEST_SCHEMA} and {REPAIR_REQUEST_SCHEMA_2}",
                request.schema
            );
            return Err(wrong(reason));
        }
        let named = request.directory.is_some() as u8
            + request.directory_sha256.is_some() as u8
            + request.size.is_some() as u8;
        let asks = match (&request.file, &request.volumes) {
            (None, None) => {
                request.schema == REPAIR_REQUEST_SCHEMA
                    && (named == 0 || named == 3)
                    && (named == 3) != request.ranges.is_empty()
            }
            (Some(file), Some(volumes)) => {
                request.schema == REPAIR_REQUEST_SCHEMA_2
                    && named == 0
                    && volumes.is_sound()
                    && volumes.numbers.len() == request.ranges.len()
                    && request
                        .ranges
                        .iter()
                        .all(|r| r.offset.checked_add(r.size).is_some_and(|end| end <= file.size))
            }
            _ => false,
        };
        if !asks {
            return Err(wrong("it asks for ranges without naming the file, or for nothing".to_owned()));
        }
        let mut at = 0;
        for range in &request.ranges {
            let end = range.offset.checked_add(range.size);
            if range.offset < at || range.size == 0 || end.is_none() {
                return Err(wrong("its ranges overlap or are empty".to_owned()));
            }
            at = range.offset + range.size;
        }
        Ok(request)
    }
}

impl WantedVolumes {
    fn is_sound(&self) -> bool {
        let within = |n: &u32| (1..=self.of).contains(n);
        self.of <= MAX_VOLUMES
            && !self.numbers.is_empty()
            && self.numbers.is_sorted_by(|a, b| a < b)
            && self.numbers.iter().all(within)
    }
}
