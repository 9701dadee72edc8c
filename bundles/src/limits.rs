//! What a reader is willing to hold, count and follow before it has any reason
//! to trust a file.

/// Bounds on a bundle. The defaults hold the largest Go projects many times
/// over; a file beyond one of them is refused with the bound in the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole file.
    pub bundle: u64,
    /// Entries in the container.
    pub entries: u64,
    /// Bytes of the central directory, which is held in memory.
    pub directory: u64,
    /// Bytes of an entry's name.
    pub name: u16,
    /// Bytes of the manifest.
    pub manifest: u64,
    /// Bytes of a delta's `base.json`.
    pub base: u64,
    /// Bytes of one signature or statement.
    pub envelope: u64,
    /// Signatures and statements together.
    pub envelopes: usize,
    /// Bytes of all signatures and statements: whoever holds a bundle may add
    /// some, and all are read before anybody is trusted.
    pub envelope_total: u64,
    /// Bytes of a `.info` object.
    pub info: u64,
    /// Bytes of a go.mod (x/mod zip.MaxGoMod).
    pub go_mod: u64,
    /// Bytes of a module zip (x/mod zip.MaxZipFile).
    pub zip: u64,
    /// Bytes of the list of a module's files, as stored.
    pub file_list: u64,
    /// The same, unpacked.
    pub unpacked_list: u64,
    /// Bytes of a block of several contents, unpacked.
    pub block: u64,
    /// Bytes of a block as stored.
    pub stored_block: u64,
    /// Bytes of a data snapshot.
    pub data: u64,
    /// Bytes of one file of checksum database evidence.
    pub evidence: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bundle: 1 << 40,
            entries: 200_000,
            directory: 64 << 20,
            name: 1024,
            manifest: 64 << 20,
            base: 4 << 10,
            envelope: 16 << 20,
            envelopes: 256,
            envelope_total: 64 << 20,
            info: 1 << 20,
            go_mod: 16 << 20,
            zip: 500 << 20,
            file_list: 64 << 20,
            unpacked_list: 96 << 20,
            block: 16 << 20,
            stored_block: 512 << 20,
            data: 500 << 20,
            evidence: 1 << 20,
        }
    }
}
