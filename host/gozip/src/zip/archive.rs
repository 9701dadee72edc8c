//! A zip in the making, without an output of its own.

use super::records::{Directory, Entry, Sizes, descriptor};
use crate::{Deflate, Encoder};

/// Bytes pile up in its output until they are taken away.
#[derive(Debug)]
pub(super) struct Archive {
    encoder: Encoder,
    deflate: Deflate,
    directory: Directory,
    /// The entry that content goes to, where that begins, and what came so far.
    open: Option<(Entry, u64)>,
    crc: crc32fast::Hasher,
    content: u64,
    /// How many bytes were taken away.
    taken: u64,
}

impl Archive {
    pub(super) fn new(encoder: Encoder) -> Self {
        Self {
            encoder,
            deflate: Deflate::new(encoder),
            directory: Directory::new(encoder),
            open: None,
            crc: crc32fast::Hasher::new(),
            content: 0,
            taken: 0,
        }
    }

    pub(super) fn encoder(&self) -> Encoder {
        self.encoder
    }

    /// Bytes of the directory so far.
    pub(super) fn directory_size(&self) -> u64 {
        self.directory.size()
    }

    /// What was written since `take`.
    pub(super) fn output(&self) -> &[u8] {
        self.deflate.output()
    }

    /// Drops the output, which somebody has used.
    pub(super) fn take(&mut self) {
        self.taken += self.output().len() as u64;
        self.deflate.take_output();
    }

    fn written(&self) -> u64 {
        self.taken + self.output().len() as u64
    }

    /// Begins an entry whose name has at most 65,535 bytes, after the end of the
    /// one before. A directory's ends at once.
    pub(super) fn begin(&mut self, name: &[u8]) {
        self.end_file();
        let entry = Entry { name: name.to_vec(), offset: self.written() };
        entry.local_header(self.deflate.frame());
        if entry.is_directory() {
            self.directory.add(&entry, &Sizes::default());
        } else {
            self.open = Some((entry, self.written()));
        }
    }

    /// Whether there is a file that content can go to.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn content(&mut self, content: &[u8]) {
        self.crc.update(content);
        self.content += content.len() as u64;
        self.deflate.write(content);
    }

    /// Ends the file that is open, if any.
    pub(super) fn end_file(&mut self) {
        let Some((entry, start)) = self.open.take() else { return };
        self.deflate.finish();
        let crc = std::mem::take(&mut self.crc).finalize();
        let sizes = Sizes { crc, compressed: self.written() - start, content: self.content };
        self.content = 0;
        descriptor(self.encoder, &sizes, self.deflate.frame());
        self.directory.add(&entry, &sizes);
    }

    /// Ends the zip.
    pub(super) fn finish(&mut self) {
        self.end_file();
        let start = self.written();
        let directory = std::mem::replace(&mut self.directory, Directory::new(self.encoder));
        directory.finish(start, self.deflate.frame());
    }
}
