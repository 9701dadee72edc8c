//! One zstd frame, bounded: of what lists of files and blocks are made.

use std::io::{self, BufReader, Read, Write};

/// The largest window, as a power of two, that a frame may ask a reader to hold:
/// as much as a block of several contents has (RFC 8878, section 3.1.1.1.2).
pub(crate) const WINDOW: u32 = 24;

/// Compresses bytes of a known number into one frame. The same bytes give the same
/// frame.
pub(crate) struct Compressor(zstd::Encoder<'static, Vec<u8>>);

impl Compressor {
    /// A larger `level`, up to 22, takes longer and gives less. The window is what the level
    /// has: of 9, 4 MiB. With one of 16 MiB and long matches, the modules of a large project
    /// are 0.3 % smaller, and each thread takes 13 MiB more.
    pub(crate) fn new(level: i32, size: u64) -> io::Result<Self> {
        let mut encoder = zstd::Encoder::new(Vec::new(), level)?;
        encoder.set_pledged_src_size(Some(size))?;
        encoder.include_contentsize(true)?;
        encoder.include_checksum(false)?;
        Ok(Self(encoder))
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    /// The frame.
    pub(crate) fn finish(self) -> io::Result<Vec<u8>> {
        self.0.finish()
    }
}

/// Compresses bytes that are in memory.
pub(crate) fn compress(level: i32, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressor = Compressor::new(level, bytes.len() as u64)?;
    compressor.write(bytes)?;
    compressor.finish()
}

/// Reads one frame and nothing behind it.
pub(crate) struct Frame<R: Read> {
    decoder: zstd::Decoder<'static, BufReader<R>>,
}

impl<R: Read> Frame<R> {
    pub(crate) fn new(reader: R) -> io::Result<Self> {
        let mut decoder =
            zstd::Decoder::with_buffer(BufReader::with_capacity(64 << 10, reader))?.single_frame();
        decoder.window_log_max(WINDOW)?;
        Ok(Self { decoder })
    }

    /// Fills the buffer.
    pub(crate) fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        self.decoder.read_exact(buffer)
    }

    /// Demands that the frame ends here, and the input with it.
    pub(crate) fn end(mut self) -> io::Result<()> {
        let more = |what| Err(io::Error::new(io::ErrorKind::InvalidData, what));
        if self.decoder.read(&mut [0])? != 0 {
            return more("it is longer than is stated");
        }
        let mut rest = self.decoder.finish();
        // Reading to the end also has the digest of the input compared.
        if rest.read(&mut [0])? != 0 { more("bytes are behind the compressed ones") } else { Ok(()) }
    }
}

/// Unpacks a frame of at most `limit` bytes.
pub(crate) fn unpack(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut frame = Frame::new(reader)?;
    let mut bytes = Vec::new();
    (&mut frame.decoder).take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it unpacks to more than {limit} bytes"),
        ));
    }
    frame.end()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_and_nothing_else() {
        let text = b"package a\n".repeat(1000);
        let frame = compress(9, &text).unwrap();
        assert_eq!(unpack(frame.as_slice(), 1 << 20).unwrap(), text);
        assert!(unpack(frame.as_slice(), text.len() as u64 - 1).is_err(), "over the limit");
        assert!(unpack([frame.as_slice(), b"x"].concat().as_slice(), 1 << 20).is_err(), "a byte more");
        assert!(unpack(frame.repeat(2).as_slice(), 1 << 20).is_err(), "a second frame");
        assert!(unpack(&frame[..frame.len() - 1], 1 << 20).is_err(), "cut");
        assert!(unpack(&b""[..], 1 << 20).is_err(), "empty");
    }

    /// A window is memory that whoever made the file would have a reader hold.
    #[test]
    fn a_wider_window_is_refused() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(WINDOW + 1).unwrap();
        for _ in 0..40 {
            encoder.write_all(&[7; 1 << 20]).unwrap();
        }
        let frame = encoder.finish().unwrap();
        let error = unpack(frame.as_slice(), 64 << 20).unwrap_err();
        assert!(error.to_string().contains("too much memory"), "{error}");
    }
}
