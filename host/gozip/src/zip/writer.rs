//! Writing zips.

use super::archive::Archive;
use crate::Encoder;
use std::io::{self, Read, Write};
use thiserror::Error;

/// Output is handed on in pieces of about this size.
const PIECE: usize = 64 << 10;

/// Why a zip was not written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// A zip has 16 bits for the length of a name.
    #[error("a name of {0} bytes is longer than a zip can hold")]
    LongName(usize),
    /// Content without a file, or for a name that ends in a slash.
    #[error("content without a file that it belongs to")]
    NoFile,
    /// The content cannot be read.
    #[error("cannot read the content: {0}")]
    Read(#[source] io::Error),
    /// The zip cannot be written.
    #[error("cannot write the zip: {0}")]
    Write(#[source] io::Error),
}

/// Writes a zip as Go does with `zip.NewWriter`, `Create(name)` and the content
/// for each file in turn, and `Close`.
///
/// It takes about 1 MiB, whatever the sizes of files, and some 50 bytes beside
/// its name for each file.
///
/// ```
/// # fn main() -> Result<(), airgo_gozip::WriteError> {
/// let mut zip = airgo_gozip::Writer::new(Vec::new(), airgo_gozip::Encoder::Go127);
/// zip.file("example.com/a@v1.0.0/go.mod", &b"module example.com/a\n"[..])?;
/// let bytes = zip.finish()?;
/// assert!(bytes.starts_with(b"PK\x03\x04"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    archive: Archive,
    /// For content that is read.
    buffer: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// A zip without files, into `out`, which need not be buffered.
    pub fn new(out: W, encoder: Encoder) -> Self {
        Self { out, archive: Archive::new(encoder), buffer: Vec::new() }
    }

    /// Writes a whole file. A name that ends in `/` is a directory's, which has
    /// no content.
    ///
    /// # Errors
    /// A name that is too long, content of a directory, or I/O; the zip is of no
    /// use afterwards.
    pub fn file(&mut self, name: impl AsRef<[u8]>, mut content: impl Read) -> Result<(), WriteError> {
        self.begin(name)?;
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.resize(PIECE, 0);
        loop {
            let n = match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(WriteError::Read(e)),
            };
            self.content(&buffer[..n])?;
        }
        self.buffer = buffer;
        Ok(())
    }

    /// Begins a file, whose content then comes through [`Writer::content`].
    ///
    /// # Errors
    /// A name that is too long, or I/O.
    pub fn begin(&mut self, name: impl AsRef<[u8]>) -> Result<(), WriteError> {
        let name = name.as_ref();
        if name.len() > usize::from(u16::MAX) {
            return Err(WriteError::LongName(name.len()));
        }
        self.archive.begin(name);
        self.flush(PIECE)
    }

    /// More content of the file that was begun last. How it is cut makes no
    /// difference.
    ///
    /// # Errors
    /// No file was begun, or it is a directory; I/O.
    pub fn content(&mut self, content: &[u8]) -> Result<(), WriteError> {
        if !self.archive.is_open() {
            return if content.is_empty() { Ok(()) } else { Err(WriteError::NoFile) };
        }
        for piece in content.chunks(PIECE) {
            self.archive.content(piece);
            self.flush(PIECE)?;
        }
        Ok(())
    }

    /// Writes the directory, flushes, and gives the output back.
    ///
    /// # Errors
    /// I/O.
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.archive.finish();
        self.flush(0)?;
        self.out.flush().map_err(WriteError::Write)?;
        Ok(self.out)
    }

    fn flush(&mut self, more_than: usize) -> Result<(), WriteError> {
        if self.archive.output().len() > more_than {
            self.out.write_all(self.archive.output()).map_err(WriteError::Write)?;
            self.archive.take();
        }
        Ok(())
    }
}
