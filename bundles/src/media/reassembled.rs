//! A file put together from its volumes, and from patches laid over a damaged
//! copy of it.

use super::volume::{VolumeError, WholeFile};
use super::volume_file::Volume;
use crate::error::BundleError;
use crate::positioned::ReadAt;
use std::io;
use std::sync::Arc;

/// A range of the assembled file and where its bytes are.
#[derive(Clone)]
struct Span {
    from: u64,
    to: u64,
    source: Arc<dyn ReadAt>,
    /// Where the byte `from` is in the source.
    start: u64,
}

/// A file put together from volumes and patches, over a damaged copy of it if there is one.
#[derive(Clone)]
pub struct ReassembledFile {
    /// Without overlaps, ascending.
    spans: Vec<Span>,
    file: WholeFile,
}

impl std::fmt::Debug for ReassembledFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReassembledFile").field("file", &self.file).field("spans", &self.spans.len()).finish()
    }
}

impl ReassembledFile {
    /// Puts volumes of one file together. Of two that hold the same bytes the
    /// earlier one in the list is read. Gaps stay, and reading one is an error.
    ///
    /// # Errors
    /// No volumes, or volumes of different files.
    pub fn new(volumes: &[Volume], beneath: Option<Arc<dyn ReadAt>>) -> Result<Self, BundleError> {
        let first = volumes.first().ok_or(VolumeError::Gap { from: 0, to: u64::MAX })?;
        let file = first.header.file;
        let mut all = Self { spans: Vec::new(), file };
        for volume in volumes {
            if volume.header.file != file {
                let (name, expected) = (volume.name.clone(), file.sha256);
                let found = volume.header.file.sha256;
                return Err(VolumeError::Foreign { name, expected, found }.into());
            }
            all.lay(volume.parts().map(|(p, start)| (p.offset, p.offset + p.size, start)), &volume.source);
        }
        if let Some(source) = beneath {
            let len = source.len().min(file.size);
            all.lay(std::iter::once((0, len, 0)), &source);
        }
        Ok(all)
    }

    /// Fills what is still free of ranges that do not overlap each other: from,
    /// to, and where the first byte is in the source.
    fn lay(&mut self, ranges: impl Iterator<Item = (u64, u64, u64)>, source: &Arc<dyn ReadAt>) {
        let mut free = Vec::new();
        for (from, to, start) in ranges {
            let mut fill = |a: u64, b: u64| {
                if a < b {
                    free.push(Span { from: a, to: b, source: Arc::clone(source), start: start + (a - from) });
                }
            };
            let mut at = from;
            let first = self.spans.partition_point(|s| s.to <= from);
            for span in self.spans[first..].iter().take_while(|s| s.from < to) {
                fill(at, span.from);
                at = at.max(span.to);
            }
            fill(at, to);
        }
        // Once for all of them: a patch may have very many.
        self.spans.extend(free);
        self.spans.sort_by_key(|s| s.from);
    }

    /// The file that the volumes are of.
    pub fn file(&self) -> WholeFile {
        self.file
    }

    /// The first range that no volume holds.
    pub(crate) fn gap(&self) -> Option<(u64, u64)> {
        let mut at = 0;
        for span in &self.spans {
            if span.from > at {
                return Some((at, span.from));
            }
            at = span.to;
        }
        (at < self.file.size).then_some((at, self.file.size))
    }
}

impl ReadAt for ReassembledFile {
    fn len(&self) -> u64 {
        self.file.size
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset >= self.file.size || buf.is_empty() {
            return Ok(0);
        }
        let at = self.spans.partition_point(|s| s.to <= offset);
        match self.spans.get(at).filter(|s| s.from <= offset) {
            Some(span) => {
                let n = buf.len().min(usize::try_from(span.to - offset).unwrap_or(usize::MAX));
                match span.source.read_at(&mut buf[..n], span.start + (offset - span.from))? {
                    0 => Err(io::ErrorKind::UnexpectedEof.into()),
                    n => Ok(n),
                }
            }
            None => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the bytes are in a missing volume")),
        }
    }
}
