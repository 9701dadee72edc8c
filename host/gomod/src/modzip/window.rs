//! A window on the zip: its bytes are read front to back in large blocks, and
//! headers and small entries are looked at where they are.

use std::io::{self, Read, Seek, SeekFrom};

/// How much is read at a time, and at least held.
const BLOCK: usize = 256 << 10;

/// A reused buffer of bytes that are together in the file.
#[derive(Debug, Default)]
pub(super) struct Window {
    buffer: Vec<u8>,
    /// Where in the file the buffer's first byte is.
    start: u64,
    /// How many of the buffer's bytes are filled.
    len: usize,
}

impl Window {
    /// Forgets what it holds: the next reader is another file.
    pub(super) fn reset(&mut self) {
        self.start = 0;
        self.len = 0;
    }

    /// The bytes from `at` to `at + len`, of a file that ends at `file_end`.
    /// The window grows to `len` where that is more than a block.
    pub(super) fn get(
        &mut self,
        reader: &mut (impl Read + Seek),
        at: u64,
        len: usize,
        file_end: u64,
    ) -> io::Result<&[u8]> {
        let held = at.checked_sub(self.start).and_then(|skip| usize::try_from(skip).ok());
        match held.filter(|&skip| skip <= self.len) {
            Some(skip) if self.len - skip >= len => return Ok(&self.buffer[skip..skip + len]),
            Some(skip) => {
                self.buffer.copy_within(skip..self.len, 0);
                self.len -= skip;
            }
            None => self.len = 0,
        }
        self.start = at;
        let left = usize::try_from(file_end.saturating_sub(at)).unwrap_or(usize::MAX);
        let want = len.max(BLOCK.min(left));
        if self.buffer.len() < want {
            self.buffer.resize(want, 0);
        }
        reader.seek(SeekFrom::Start(at + self.len as u64))?;
        reader.read_exact(&mut self.buffer[self.len..want])?;
        self.len = want;
        Ok(&self.buffer[..len])
    }
}
