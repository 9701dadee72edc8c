//! A module's zip below the root under a temporary name: copied, then verified.

use super::Layout;
use super::digests::{Cancelled, Digests};
use super::stamp::Stamp;
use super::stamps::Stamps;
use super::temporary::{Staged, Temporary};
use super::tree::{Meter, TreeError, TreeWriter};
use crate::crash_point;
use crate::error::{Hashed, InstallError, Problem};
use crate::input::{Progress, ZipDigest, ZipInput};
use airgo_gomod::modzip::{Limits, ModuleZip, Scratch, WalkError};
use airgo_gomod::{H1, ModuleVersion};
use sha2::{Digest, Sha256};
use std::io::{self, ErrorKind, Read as _, Write as _};

/// How much of a zip is copied at a time.
const PIECE: usize = 256 << 10;

/// A zip whose bytes are those promised, and whose content is not known yet.
pub(crate) struct CopiedZip {
    /// Removed again unless it is published.
    zip: Staged,
    file: std::fs::File,
    want: ZipDigest,
    /// How much of the zip is reported as done while it is verified.
    to_report: u64,
}

/// A module whose content has the hash that was promised. Only hashing makes
/// one, of the zip or of each of its files, and only one of these is published.
#[derive(Debug)]
pub(crate) struct VerifiedModule {
    digest: ZipDigest,
    zip: Staged,
    tree: Option<Staged>,
    stamps: Box<Written>,
}

/// How a module's zip and tree were when their content was known.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) zip: Option<Stamp>,
    pub(crate) tree: Option<Stamps>,
}

impl Written {
    /// The time that must be past before anyone else sees them, see [`Stamps`].
    pub(crate) fn latest(&self) -> i64 {
        let zip = self.zip.map(|zip| zip.mtime);
        zip.max(self.tree.as_ref().map(Stamps::latest)).unwrap_or(i64::MIN)
    }
}

/// How to extract.
#[derive(Clone, Copy)]
pub(crate) struct Extraction<'a> {
    pub(crate) limits: &'a Limits,
    pub(crate) keep_writable: bool,
    /// How long a path below the root may be.
    pub(crate) path_limit: usize,
}

/// Copies the zip to a temporary file and compares its length and SHA-256.
pub(crate) fn copy(
    layout: &impl Layout,
    temporary: &Temporary,
    progress: &dyn Progress,
    zip: ZipInput<'_>,
    buffer: &mut Vec<u8>,
) -> Result<CopiedZip, InstallError> {
    let module = layout.module();
    let cannot_write = |error| Problem::write(layout.zip_path(), error).of(module);
    let mut to =
        temporary.create().map_err(|error| Problem::in_the_way(temporary.place(), error).of(module))?;
    let want = zip.digest();
    read(module, progress, zip, buffer, |piece| {
        to.file.write_all(piece).map_err(cannot_write)?;
        crash_point!("piece");
        Ok(())
    })?;
    let file = to.file.try_clone().map_err(cannot_write)?.into_std();
    Ok(CopiedZip { zip: to.close(), file, want, to_report: want.size })
}

/// Reads a zip that is not needed, and compares its length and SHA-256.
pub(crate) fn check(
    module: &ModuleVersion,
    progress: &dyn Progress,
    zip: ZipInput<'_>,
    buffer: &mut Vec<u8>,
) -> Result<(), InstallError> {
    read(module, progress, zip, buffer, |_| Ok(()))
}

fn read(
    module: &ModuleVersion,
    progress: &dyn Progress,
    zip: ZipInput<'_>,
    buffer: &mut Vec<u8>,
    mut write: impl FnMut(&[u8]) -> Result<(), InstallError>,
) -> Result<(), InstallError> {
    let mismatch = |what, want, got| Err(Problem::Mismatch { what, want, got }.of(module));
    buffer.resize(PIECE, 0);
    let ZipInput { mut reader, size, sha256: want, h1: _ } = zip;
    let (mut sha256, mut copied) = (Sha256::new(), 0);
    loop {
        if progress.cancelled() {
            return Err(Problem::Cancelled.of(module));
        }
        let piece = match reader.read(buffer) {
            Ok(0) => break,
            Ok(len) => &buffer[..len],
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(source) => return Err(Problem::Source(source).of(module)),
        };
        copied += piece.len() as u64;
        if copied > size {
            return mismatch(Hashed::ZipSize, format!("{size} bytes"), "more".to_owned());
        }
        sha256.update(piece);
        write(piece)?;
    }
    if copied != size {
        return mismatch(Hashed::ZipSize, format!("{size} bytes"), format!("{copied} bytes"));
    }
    let got: [u8; 32] = sha256.finalize().into();
    if got != want {
        return mismatch(Hashed::ZipFile, sha256_text(&want), sha256_text(&got));
    }
    Ok(())
}

/// The digest of so many bytes, for messages.
pub(crate) fn sized_text(size: u64, digest: &[u8; 32]) -> String {
    format!("{} ({size} bytes)", sha256_text(digest))
}

fn sha256_text(digest: &[u8; 32]) -> String {
    format!("sha256:{}", hex(digest))
}

/// Bytes in lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl CopiedZip {
    /// The file.
    pub(crate) fn file(&self) -> &std::fs::File {
        &self.file
    }

    /// Hashes the content; the tree is there already, or none is wanted.
    pub(crate) fn verify(
        self,
        layout: &impl Layout,
        limits: &Limits,
        scratch: &mut Scratch,
        progress: &dyn Progress,
    ) -> Result<VerifiedModule, InstallError> {
        let _meter = Meter::new(progress, self.to_report, 1);
        let mut zip = ModuleZip::open(&self.file, layout.module(), limits)?;
        match zip.walk_with(scratch, &mut Digests::unless_cancelled(progress)) {
            Ok(h1) => self.verified(layout.module(), h1, None),
            Err(WalkError::Zip(error)) => Err(error.into()),
            Err(WalkError::Sink(Cancelled)) => Err(Problem::Cancelled.of(layout.module())),
        }
    }

    /// Hashes the content while it is written to a temporary tree.
    pub(crate) fn extract(
        self,
        layout: &impl Layout,
        how: &Extraction<'_>,
        scratch: &mut Scratch,
        temporary: &Temporary,
        progress: &dyn Progress,
    ) -> Result<VerifiedModule, InstallError> {
        let module = layout.module();
        let tree_path = layout.tree_path();
        let cannot_write = |file: String, error: io::Error| Problem::write(file, error).of(module);
        let mut zip = ModuleZip::open(&self.file, module, how.limits)?;
        let longest = zip.entries().map(|entry| entry.name).max_by_key(|name| name.len());
        if let Some(longest) = longest.map(|name| format!("{tree_path}/{name}"))
            && longest.len() > how.path_limit
        {
            // It could be written, name by name, and go could not open it.
            return Err(cannot_write(longest, rustix::io::Errno::NAMETOOLONG.into()));
        }
        let sink_error = |error| match error {
            TreeError::Write(name, error) => cannot_write(format!("{tree_path}/{name}"), error),
            TreeError::Cancelled => Problem::Cancelled.of(module),
        };
        let (staged, root) = temporary
            .create_tree()
            .map_err(|error| Problem::in_the_way(temporary.place(), error).of(module))?;
        let meter = Meter::new(progress, self.to_report, zip.content_size());
        let tree = TreeWriter::new(root, how.keep_writable, meter);
        let mut tree = tree.map_err(|error| cannot_write(tree_path.clone(), error))?;
        let h1 = match zip.walk_with(scratch, &mut tree) {
            Ok(h1) => h1,
            Err(WalkError::Zip(error)) => return Err(error.into()),
            Err(WalkError::Sink(error)) => return Err(sink_error(error)),
        };
        let stamps = tree.finish().map_err(sink_error)?;
        crash_point!("tree extracted");
        self.verified(module, h1, Some((staged, stamps)))
    }

    fn verified(
        self,
        module: &ModuleVersion,
        got: H1,
        tree: Option<(Staged, Stamps)>,
    ) -> Result<VerifiedModule, InstallError> {
        if self.want.h1 == got {
            let (tree, stamps) = tree.unzip();
            let stamps = Box::new(Written { zip: Stamp::of(&self.file), tree: stamps });
            return Ok(VerifiedModule { digest: self.want, zip: self.zip, tree, stamps });
        }
        let (want, got) = (self.want.h1.to_string(), got.to_string());
        Err(Problem::Mismatch { what: Hashed::Zip, want, got }.of(module))
    }
}

impl VerifiedModule {
    /// Of files that were compared with the module's list, and the zip that was made of
    /// them.
    pub(crate) fn rebuilt(digest: ZipDigest, zip: Staged, tree: Staged, stamps: Written) -> Self {
        Self { digest, zip, tree: Some(tree), stamps: Box::new(stamps) }
    }

    /// How zip and tree were when their content was known.
    pub(crate) fn take_stamps(&mut self) -> Written {
        *std::mem::take(&mut self.stamps)
    }

    /// See [`Written::latest`].
    pub(crate) fn latest(&self) -> i64 {
        self.stamps.latest()
    }

    /// What was verified.
    pub(crate) fn digest(&self) -> ZipDigest {
        self.digest
    }

    /// Whether it has a tree.
    pub(crate) fn has_tree(&self) -> bool {
        self.tree.is_some()
    }

    /// Removes its tree: one is there.
    pub(crate) fn drop_tree(&mut self) {
        self.tree = None;
    }

    /// Its zip, for reading.
    pub(crate) fn open(&self) -> io::Result<std::fs::File> {
        Ok(self.zip.open()?.into_std())
    }

    /// The zip, to be verified once more: with a tree now.
    pub(crate) fn again(self) -> io::Result<CopiedZip> {
        let file = self.open()?;
        Ok(CopiedZip { zip: self.zip, file, want: self.digest, to_report: 0 })
    }

    /// Zip and tree, to be renamed to their places.
    pub(crate) fn into_parts(self) -> (Staged, Option<Staged>) {
        (self.zip, self.tree)
    }
}
