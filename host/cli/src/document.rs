//! JSON documents that are written as they are made: none of them is in memory
//! as a whole, as values or as text, since the largest have 80 MB.

use airgo_model::escape;
use serde::Serialize;
use std::io::{self, Write};

/// Writes a document and ends its last line. What [`escape::json`] escapes is
/// escaped line by line: no value of a document goes on in another line.
pub fn write<T: Serialize + ?Sized>(out: impl Write, document: &T) -> io::Result<()> {
    let mut lines = Lines { out: io::BufWriter::new(out), line: Vec::new() };
    serde_json::to_writer_pretty(&mut lines, document)?;
    lines.write_all(b"\n")?;
    lines.flush()
}

struct Lines<W: Write> {
    out: io::BufWriter<W>,
    /// The one that is not whole yet.
    line: Vec<u8>,
}

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|b| *b == b'\n') {
            let (line, after) = rest.split_at(end + 1);
            self.line.extend_from_slice(line);
            let text = std::str::from_utf8(&self.line).map_err(io::Error::other)?;
            self.out.write_all(escape::json(text).as_bytes())?;
            self.line.clear();
            rest = after;
        }
        self.line.extend_from_slice(rest);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use airgo_app::documents::Each;
    use serde_json::json;

    fn written<T: Serialize>(document: &T) -> String {
        let mut out = Vec::new();
        write(&mut out, document).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_streamed_is_what_the_whole_would_be() {
        let rows = ["##[error]\u{202e}x", "line\nbreak"];
        let text = serde_json::to_string_pretty(&json!(rows)).unwrap();
        assert_eq!(written(&Each(rows.iter())), format!("{}\n", escape::json(&text)));
        assert_eq!(written(&Each([0_u8; 0].iter())), "[]\n");
    }

    #[test]
    fn a_reader_that_left_is_told_as_such() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let error = write(Gone, &Each(0..100_000)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
