//! A module's zip, made again of files that were compared with its list.

use crate::error::{Hashed, InstallError, Problem};
use crate::parallel::locked;
use crate::partial::{Part, PartialTree};
use crate::rebuilding::Rebuilding;
use crate::writer::copied::sized_text;
use crate::writer::stamp::Stamp;
use crate::writer::temporary::TemporaryFile;
use sha2::{Digest as _, Sha256};
use std::io::{self, Read, Write};

/// Takes the bytes of a module's zip, which is there once [`ZipWriter::finish`] says so.
#[derive(Debug)]
pub struct ZipWriter<'t> {
    part: &'t Part,
    rebuilding: &'t Rebuilding,
    file: TemporaryFile,
    sha256: Sha256,
    size: u64,
    keep_writable: bool,
}

impl PartialTree<'_> {
    /// What takes the module's zip, once all of its files have come; none where no zip is
    /// wanted, or the cache has the module.
    ///
    /// # Errors
    /// A file that did not come, or a cache that cannot be written.
    pub fn zip(&self) -> Result<Option<ZipWriter<'_>>, InstallError> {
        let Some(rebuilding) = &self.part.zip else { return Ok(None) };
        self.part.check_complete()?;
        let temporary = &self.cache.temporary;
        let created = temporary.create();
        let file =
            created.map_err(|error| Problem::in_the_way(temporary.place(), error).of(&self.part.module))?;
        let keep_writable = self.cache.options.keep_writable;
        let (part, sha256) = (&*self.part, Sha256::new());
        Ok(Some(ZipWriter { part, rebuilding, file, sha256, size: 0, keep_writable }))
    }

    /// A file that was written here, by its index in the list, to make the zip of.
    ///
    /// # Errors
    /// It was not written, or cannot be read.
    pub fn read(&self, index: usize) -> Result<impl Read + use<>, InstallError> {
        let part = &*self.part;
        let line = part.list.file(index).filter(|_| part.is_staged(index));
        let (Some(line), Some(contents)) = (line, &part.contents) else {
            return Err(Problem::NotCarried { index }.of(&part.module));
        };
        contents.open(line.name).map_err(|source| {
            Problem::Read { file: format!("{}/{}", part.tree_path, line.name), source }.of(&part.module)
        })
    }
}

impl Write for ZipWriter<'_> {
    /// Not a byte more than the zip must have is written; [`ZipWriter::finish`] reports
    /// those that came.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.size += bytes.len() as u64;
        if self.size <= self.rebuilding.digest.size {
            self.sha256.update(bytes);
            self.file.file.write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ZipWriter<'_> {
    /// What it means that the zip could not be written.
    pub fn failed(&self, error: io::Error) -> InstallError {
        Problem::write(self.rebuilding.path.clone(), error).of(&self.part.module)
    }

    /// Compares the zip with what it must be.
    ///
    /// # Errors
    /// It is another: the bundle does not say by what it was made. Or the right to write
    /// cannot be taken from the tree's directories.
    pub fn finish(self) -> Result<(), InstallError> {
        let Self { part, rebuilding, file, sha256, size, keep_writable } = self;
        let (want, got) = (rebuilding.digest, <[u8; 32]>::from(sha256.finalize()));
        if (want.size, want.sha256) != (size, got) {
            let want = sized_text(want.size, &want.sha256);
            let got =
                if size > rebuilding.digest.size { format!("{size} bytes") } else { sized_text(size, &got) };
            return Err(Problem::Mismatch { what: Hashed::RebuiltZip, want, got }.of(&part.module));
        }
        if let Some(contents) = &part.contents {
            contents.close(keep_writable, &mut locked(&part.stamps)).map_err(|(dir, error)| {
                Problem::write(format!("{}/{dir}", part.tree_path), error).of(&part.module)
            })?;
        }
        let stamp = Stamp::of(&file.file);
        *locked(&rebuilding.made) = Some((file.close(), stamp));
        crate::crash_point!("zip rebuilt");
        Ok(())
    }
}
