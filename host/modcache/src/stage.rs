//! A module on its way into the cache: copied, verified, published, or removed
//! again.

use crate::crash_point;
use crate::error::{Hashed, InstallError, Problem};
use crate::input::{Progress, ZipInput};
use crate::place::Place;
use crate::small::Missing;
use crate::system::{create_cache_file, make_dir};
use crate::temporary::{Temporary, TemporaryFile};
use crate::tree::{Meter, TreeError, TreeWriter, remove_tree};
use crate::verify::{Cancelled, Digests};
use airgo_gomod::H1;
use airgo_gomod::modzip::{Limits, ModuleZip, Scratch, WalkError};
use cap_std::fs::Dir;
use sha2::{Digest, Sha256};
use std::io::{self, ErrorKind, Read as _, Write as _};

/// How much of a zip is copied at a time.
const PIECE: usize = 256 << 10;

/// Where a module goes.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) place: &'a Place,
    /// Its download directory.
    pub(crate) download: &'a Dir,
    /// GOMODCACHE.
    pub(crate) root: &'a Dir,
    /// Where files are until they are whole.
    pub(crate) temporary: &'a Temporary,
    /// To whom progress is reported, and who may give up.
    pub(crate) progress: &'a dyn Progress,
}

impl Target<'_> {
    pub(crate) fn obstacle(&self, file: String, what: &'static str) -> InstallError {
        self.place.error(Problem::Obstacle { file, what })
    }

    fn download_error(&self, name: &str, error: io::Error) -> InstallError {
        self.place.write_error(&self.place.download_path(name), error)
    }

    /// An error once the caller has given up.
    pub(crate) fn check(&self) -> Result<(), InstallError> {
        if self.progress.cancelled() { Err(self.place.error(Problem::Cancelled)) } else { Ok(()) }
    }

    /// Creates a file that is not in its place yet.
    pub(crate) fn create_temporary(&self) -> Result<TemporaryFile, InstallError> {
        self.temporary.create().map_err(|error| self.place.obstacle(Temporary::place(), error))
    }

    /// Writes a file that is there whole or not at all.
    pub(crate) fn write_whole(&self, name: &str, bytes: &[u8]) -> Result<(), InstallError> {
        let mut temporary = self.create_temporary()?;
        let written = temporary.file.write_all(bytes);
        crash_point!("small file written");
        let done = written.and_then(|()| temporary.rename(self.download, name));
        done.map_err(|error| self.download_error(name, error))
    }

    /// Removes the temporary files of go commands that held the lock before, as
    /// well as can be: `<version>.zip<number>.tmp`.
    pub(crate) fn remove_leftovers(&self) {
        let prefix = self.place.file("zip");
        let Ok(entries) = self.download.entries() else { return };
        for name in entries.flatten().map(|entry| entry.file_name()) {
            if name.to_str().is_some_and(|name| name.starts_with(&prefix) && name.ends_with(".tmp")) {
                let _ = self.download.remove_file(&name);
            }
        }
    }
}

/// What is removed again unless all goes well.
pub(crate) struct Staging<'a> {
    target: &'a Target<'a>,
    /// The zip, under its temporary name.
    zip: Option<TemporaryFile>,
    /// The directory that the tree is in, once `.partial` stands there.
    tree: Option<Dir>,
    /// `.ziphash` is there, and there was no zip that it could have been for.
    ziphash: bool,
}

impl<'a> Staging<'a> {
    pub(crate) fn start(target: &'a Target<'a>) -> Self {
        Self { target, zip: None, tree: None, ziphash: false }
    }

    /// Puts `.partial` there and makes the tree's directory, empty. What stood
    /// there was not complete.
    pub(crate) fn make_tree(&mut self) -> Result<Dir, InstallError> {
        let Target { place, download, root, .. } = self.target;
        let parent = place.make_parent(root)?;
        let partial = place.file("partial");
        match create_cache_file(download, &partial) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(self.target.download_error(&partial, error)),
        }
        let made = remove_tree(&parent, place.tree_name())
            .and_then(|()| make_dir(&parent, place.tree_name()))
            .and_then(|(dir, is_new)| if is_new { Ok(dir) } else { Err(ErrorKind::AlreadyExists.into()) });
        self.tree = Some(parent);
        made.map_err(|error| place.obstacle(&place.tree_path(), error))
    }
}

impl Drop for Staging<'_> {
    /// Removes what was written. Where the tree cannot be removed, `.partial`
    /// stays, so that no one takes it for complete.
    fn drop(&mut self) {
        let Target { place, download, .. } = self.target;
        if self.ziphash {
            let _ = download.remove_file(place.file("ziphash"));
        }
        if let Some(parent) = &self.tree
            && remove_tree(parent, place.tree_name()).is_ok()
        {
            let _ = download.remove_file(place.file("partial"));
        }
    }
}

/// A zip in the cache under a temporary name, whose bytes are those promised,
/// and whose content is not known yet.
pub(crate) struct CopiedZip<'a> {
    target: &'a Target<'a>,
    file: std::fs::File,
    h1: H1,
}

/// Copies the zip to a temporary file and compares its length and SHA-256.
pub(crate) fn copy_zip<'a>(
    staging: &mut Staging<'a>,
    zip: ZipInput<'_>,
    buffer: &mut Vec<u8>,
) -> Result<CopiedZip<'a>, InstallError> {
    let target = staging.target;
    let mismatch = |what, want, got| Err(target.place.error(Problem::Mismatch { what, want, got }));
    let TemporaryFile { file, .. } = staging.zip.insert(target.create_temporary()?);
    let name = target.place.file("zip");
    buffer.resize(PIECE, 0);
    let ZipInput { mut reader, size, sha256: want, h1 } = zip;
    let (mut sha256, mut copied) = (Sha256::new(), 0);
    loop {
        target.check()?;
        let piece = match reader.read(buffer) {
            Ok(0) => break,
            Ok(len) => &buffer[..len],
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(source) => return Err(target.place.error(Problem::Source(source))),
        };
        copied += piece.len() as u64;
        if copied > size {
            return mismatch(Hashed::ZipSize, format!("{size} bytes"), "more".to_owned());
        }
        sha256.update(piece);
        file.write_all(piece).map_err(|error| target.download_error(&name, error))?;
        crash_point!("piece");
    }
    if copied != size {
        return mismatch(Hashed::ZipSize, format!("{size} bytes"), format!("{copied} bytes"));
    }
    let got: [u8; 32] = sha256.finalize().into();
    if got != want {
        return mismatch(Hashed::ZipFile, sha256_text(&want), sha256_text(&got));
    }
    let file = file.try_clone().map_err(|error| target.download_error(&name, error))?;
    Ok(CopiedZip { target, file: file.into_std(), h1 })
}

fn sha256_text(digest: &[u8; 32]) -> String {
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// A module whose content has the hash that was promised. Only hashing makes
/// one, and only one of these is published.
pub(crate) struct VerifiedModule(H1);

/// How to extract.
pub(crate) struct Extraction<'a> {
    pub(crate) limits: &'a Limits,
    pub(crate) keep_writable: bool,
    /// How long a path below the cache may be.
    pub(crate) path_limit: usize,
}

impl CopiedZip<'_> {
    /// The file, from its beginning.
    pub(crate) fn into_file(self) -> std::fs::File {
        self.file
    }

    /// Hashes the content; the tree is there already.
    pub(crate) fn verify(
        self,
        limits: &Limits,
        scratch: &mut Scratch,
    ) -> Result<VerifiedModule, InstallError> {
        let mut zip = ModuleZip::open(self.file, &self.target.place.module, limits)?;
        match zip.walk_with(scratch, &mut Digests::unless_cancelled(self.target.progress)) {
            Ok(h1) => VerifiedModule::of(self.target.place, self.h1, h1),
            Err(WalkError::Zip(error)) => Err(error.into()),
            Err(WalkError::Sink(Cancelled)) => Err(self.target.place.error(Problem::Cancelled)),
        }
    }

    /// Hashes the content while it is written to the directory `root`.
    pub(crate) fn extract<'p>(
        self,
        how: &Extraction<'_>,
        scratch: &mut Scratch,
        root: Dir,
        meter: impl FnOnce(u64) -> Meter<'p>,
    ) -> Result<VerifiedModule, InstallError> {
        let place = self.target.place;
        let mut zip = ModuleZip::open(self.file, &place.module, how.limits)?;
        let longest = zip.entries().map(|entry| entry.name).max_by_key(|name| name.len());
        if let Some(longest) = longest.map(|name| format!("{}/{name}", place.tree_path()))
            && longest.len() > how.path_limit
        {
            // It could be written, name by name, and go could not open it.
            return Err(place.write_error(&longest, rustix::io::Errno::NAMETOOLONG.into()));
        }
        let sink_error = |error| match error {
            TreeError::Write(name, error) => {
                place.write_error(&format!("{}/{name}", place.tree_path()), error)
            }
            TreeError::Cancelled => place.error(Problem::Cancelled),
        };
        let tree = TreeWriter::new(root, how.keep_writable, meter(zip.content_size()));
        let mut tree = tree.map_err(|error| place.write_error(&place.tree_path(), error))?;
        let h1 = match zip.walk_with(scratch, &mut tree) {
            Ok(h1) => h1,
            Err(WalkError::Zip(error)) => return Err(error.into()),
            Err(WalkError::Sink(error)) => return Err(sink_error(error)),
        };
        tree.finish().map_err(sink_error)?;
        VerifiedModule::of(place, self.h1, h1)
    }
}

impl VerifiedModule {
    fn of(place: &Place, want: H1, got: H1) -> Result<Self, InstallError> {
        if want == got {
            return Ok(Self(got));
        }
        let (want, got) = (want.to_string(), got.to_string());
        Err(place.error(Problem::Mismatch { what: Hashed::Zip, want, got }))
    }

    /// Makes the module visible: see the crate's documentation for the order.
    pub(crate) fn publish(self, mut staging: Staging<'_>, missing: Missing) -> Result<(), InstallError> {
        let target = staging.target;
        let Target { place, download, .. } = target;
        missing.write(target)?;
        let (zip, ziphash) = (place.file("zip"), place.file("ziphash"));
        let had_zip = download.symlink_metadata(&zip).is_ok();
        target.write_whole(&ziphash, self.0.to_string().as_bytes())?;
        staging.ziphash = !had_zip && staging.tree.is_some();
        crash_point!("ziphash");
        if let Some(temporary) = staging.zip.take() {
            let renamed = temporary.rename(download, &zip);
            renamed.map_err(|error| target.download_error(&zip, error))?;
        }
        // From here on all is there; what remains is to say so.
        staging.ziphash = false;
        crash_point!("zip");
        if staging.tree.take().is_some() {
            let partial = place.file("partial");
            let removed = download.remove_file(&partial);
            removed.map_err(|error| target.download_error(&partial, error))?;
        }
        crash_point!("done");
        Ok(())
    }
}
