//! A tree that modules are served from: a GOPROXY, or the storage of Athens.
//!
//! Zips are copied, hashed and read once more as for a module cache; no tree is
//! extracted. All modules are staged in the tree's directory, out of sight, and once all
//! of them are verified each file is renamed to its place. A tree may be added to: what is
//! there already is hashed, stays where it is the same, and is an error where it is not.
//! A file `.airgo-layout` says that airgo wrote the tree, and which layout it has; a
//! directory with anything else in it is not touched.

use super::directory::STAGING;
use super::error::{DirectoryError, kind, not_a_directory};
use super::serving::{ServedPlace, Serving};
use crate::cache::Buffers;
use crate::error::{Hashed, InstallAllError, InstallError, Problem};
use crate::gomodcache::list;
use crate::input::{GoModInput, MAX_GO_MOD, ModuleInput, Outcome, Progress, ZipInput};
use crate::made::Made;
use crate::parallel::{Ended, locked};
use crate::stage::{Installed, stage_all};
use crate::sumdb::keep;
use crate::writer::Writer;
use crate::writer::copied::{Extraction, check};
use crate::writer::digests::{Cancelled, Digests};
use crate::writer::system::{make_dirs, open_dirs, open_file, read_file};
use crate::writer::temporary::{Staged, Temporary};
use airgo_gomod::H1;
use airgo_gomod::modzip::{Limits, ModuleZip, WalkError};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File};
use rustix::fs::FileType;
use sha2::{Digest as _, Sha256};
use std::io::{self, ErrorKind, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Says that airgo wrote the tree: the name of the layout, and a newline.
const MARK: &str = ".airgo-layout";
/// What may be in a directory that is empty otherwise: the root of a file system has it.
const IGNORED: [&str; 3] = [MARK, STAGING, "lost+found"];

/// A tree that modules are served from.
#[derive(Debug)]
pub struct ServedTree {
    path: PathBuf,
    root: Dir,
    serving: Serving,
    limits: Limits,
    temporary: Temporary,
    staged: Mutex<Vec<Module>>,
    /// Goes last: by then nothing of ours is in it any more.
    made: Made,
}

/// A module on its way.
#[derive(Debug)]
struct Module {
    place: ServedPlace,
    /// Staged files and their names, in the order in which they are put there.
    files: Vec<(Staged, String)>,
}

impl ServedTree {
    /// Opens the tree, made if there is none, and removed again if nothing comes into it.
    ///
    /// # Errors
    /// A link or a file is there, or a directory that airgo did not write.
    pub fn open(path: &Path, serving: Serving) -> Result<Self, DirectoryError> {
        let read = |source| DirectoryError::Read { path: path.to_owned(), source };
        let absolute = std::path::absolute(path).map_err(read)?;
        match std::fs::symlink_metadata(&absolute) {
            Ok(meta) if meta.is_symlink() => {
                let what = not_a_directory(FileType::Symlink);
                return Err(DirectoryError::Obstacle { path: path.to_owned(), what });
            }
            Ok(meta) if !meta.is_dir() => {
                let what = if meta.is_file() { "a file" } else { "not a directory" };
                return Err(DirectoryError::Obstacle { path: path.to_owned(), what });
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(read(error)),
        }
        let made =
            Made::all(&absolute).map_err(|source| DirectoryError::Write { path: path.to_owned(), source })?;
        let root = Dir::open_ambient_dir(&absolute, ambient_authority()).map_err(read)?;
        check_ours(path, &root, serving)?;
        let temporary = Temporary::open(&root, STAGING).map_err(read)?;
        Ok(Self {
            path: path.to_owned(),
            root,
            serving,
            limits: Limits::default(),
            temporary,
            staged: Mutex::default(),
            made,
        })
    }

    /// Verifies and stages all modules, several at a time. `jobs` is how many; 0 is as
    /// many as the machine runs threads.
    ///
    /// # Errors
    /// The first failure, which stops the rest. Nothing of any module is in the tree.
    pub fn add_all<'a>(
        &self,
        inputs: impl IntoIterator<Item = ModuleInput<'a>>,
        jobs: usize,
        progress: &dyn Progress,
    ) -> Result<(), Box<InstallAllError>> {
        let (staged, Ended { errors, not_started }) =
            stage_all(inputs, jobs, progress, |buffers, input| self.add(buffers, input, progress));
        let mut errors = errors.into_iter();
        let Some(error) = errors.next() else {
            locked(&self.staged).extend(staged);
            return Ok(());
        };
        let mut not_installed: Vec<_> = not_started.into_iter().map(|input| input.module).collect();
        not_installed.extend(staged.into_iter().map(|module| module.place.module));
        not_installed.sort();
        let (others, finished) = (errors.collect(), Installed::new());
        Err(Box::new(InstallAllError { error, others, finished, not_installed }))
    }

    fn add(
        &self,
        buffers: &mut Buffers,
        input: ModuleInput<'_>,
        progress: &dyn Progress,
    ) -> Result<Module, InstallError> {
        let ModuleInput { module, info, go_mod, zip } = input;
        let place = ServedPlace::of(&module, self.serving)?;
        if progress.cancelled() {
            return Err(Problem::Cancelled.of(&module));
        }
        let mut files = Vec::new();
        let dir = self.open_dir(&place)?;
        if let Some(zip) = zip
            && let Some(staged) = self.zip(buffers, &place, dir.as_ref(), zip, progress)?
        {
            files.push((staged, place.zip.clone()));
        }
        if let Some(info) = info
            && !self.is_there(&place, dir.as_ref(), &place.info)?
        {
            files.push((self.small(&place, &place.info, &info)?, place.info.clone()));
        }
        // Athens takes a version for complete once its go.mod is there.
        if let Some(go_mod) = go_mod
            && self.wants_go_mod(&place, dir.as_ref(), &go_mod)?
        {
            files.push((self.small(&place, &place.go_mod, &go_mod.bytes)?, place.go_mod.clone()));
        }
        Ok(Module { place, files })
    }

    /// Stages a zip that is not there yet.
    fn zip(
        &self,
        buffers: &mut Buffers,
        place: &ServedPlace,
        dir: Option<&Dir>,
        zip: ZipInput<'_>,
        progress: &dyn Progress,
    ) -> Result<Option<Staged>, InstallError> {
        let there = dir.map(|dir| open_file(dir, &place.zip));
        match there {
            None => {}
            Some(Err(error)) if error.kind() == ErrorKind::NotFound => {}
            Some(Err(error)) => return Err(obstacle(place, &place.zip, error)),
            Some(Ok(file)) => {
                let (h1, sha256) = (zip.h1, zip.sha256);
                self.same(buffers, place, file, (h1, sha256), progress)?;
                check(&place.module, progress, zip, &mut buffers.buffer)?;
                return Ok(None);
            }
        }
        let how = Extraction { limits: &self.limits, keep_writable: true, path_limit: usize::MAX };
        let Buffers { scratch, buffer } = buffers;
        let mut writer = Writer { temporary: &self.temporary, progress, how, scratch, buffer };
        Ok(Some(writer.stage(place, zip, false)?.into_parts().0))
    }

    /// Says of a zip that is there that its content is the one wanted: other bytes may be
    /// of another proxy.
    fn same(
        &self,
        buffers: &mut Buffers,
        place: &ServedPlace,
        file: File,
        (h1, sha256): (H1, [u8; 32]),
        progress: &dyn Progress,
    ) -> Result<(), InstallError> {
        let mut file = file.into_std();
        let read_error = |source| Problem::Read { file: place.path(&place.zip), source }.of(&place.module);
        let mut hasher = Sha256::new();
        io::copy(&mut file, &mut hasher).map_err(read_error)?;
        if <[u8; 32]>::from(hasher.finalize()) == sha256 {
            return Ok(());
        }
        file.rewind().map_err(read_error)?;
        let walked = ModuleZip::open(&file, &place.module, &self.limits).map_err(WalkError::Zip).and_then(
            |mut zip| zip.walk_with(&mut buffers.scratch, &mut Digests::unless_cancelled(progress)),
        );
        let have = match walked {
            Ok(have) if have == h1 => return Ok(()),
            Ok(have) => have.to_string(),
            Err(WalkError::Sink(Cancelled)) => return Err(Problem::Cancelled.of(&place.module)),
            Err(WalkError::Zip(error)) => error.fault.to_string(),
        };
        let file = place.path(&place.zip);
        Err(Problem::Conflict { what: Hashed::Zip, file, want: h1, have }.of(&place.module))
    }

    fn wants_go_mod(
        &self,
        place: &ServedPlace,
        dir: Option<&Dir>,
        go_mod: &GoModInput,
    ) -> Result<bool, InstallError> {
        go_mod.check().map_err(|problem| problem.of(&place.module))?;
        let have = match dir.map(|dir| read_file(dir, &place.go_mod, MAX_GO_MOD)) {
            None => return Ok(true),
            Some(Err(error)) if error.kind() == ErrorKind::NotFound => return Ok(true),
            Some(Err(error)) => return Err(obstacle(place, &place.go_mod, error)),
            Some(Ok(have)) => have,
        };
        if have.as_ref() == Some(&go_mod.bytes) {
            return Ok(false);
        }
        Err(go_mod.conflict(have.as_deref(), place.path(&place.go_mod)).of(&place.module))
    }

    fn is_there(&self, place: &ServedPlace, dir: Option<&Dir>, name: &str) -> Result<bool, InstallError> {
        match dir.map(|dir| open_file(dir, name)) {
            None => Ok(false),
            Some(Ok(_)) => Ok(true),
            Some(Err(error)) if error.kind() == ErrorKind::NotFound => Ok(false),
            Some(Err(error)) => Err(obstacle(place, name, error)),
        }
    }

    fn small(&self, place: &ServedPlace, name: &str, bytes: &[u8]) -> Result<Staged, InstallError> {
        let written = self.temporary.create().and_then(|mut to| {
            to.file.write_all(bytes)?;
            Ok(to.close())
        });
        written.map_err(|source| Problem::write(place.path(name), source).of(&place.module))
    }

    /// The module's directory, if it is there.
    fn open_dir(&self, place: &ServedPlace) -> Result<Option<Dir>, InstallError> {
        match open_dirs(&self.root, &place.dir) {
            Ok(dir) => Ok(Some(dir)),
            Err((_, error)) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err((at, error)) => Err(Problem::in_the_way(place.dir[..at].to_owned(), error).of(&place.module)),
        }
    }

    /// Puts all modules into their places, and the files of the checksum database: their
    /// names below `sumdb`, and their bytes, which prove themselves to the go command. Of
    /// those what is there stays.
    ///
    /// # Errors
    /// Something cannot be written. What is there is whole, and a second run goes on.
    pub fn publish(
        &self,
        sumdb: &[(&str, Vec<u8>)],
        progress: &dyn Progress,
    ) -> Result<Installed, Box<InstallAllError>> {
        let mut todo = std::mem::take(&mut *locked(&self.staged));
        todo.sort_by(|a, b| a.place.module.cmp(&b.place.module));
        let mut finished = Installed::new();
        let mut todo = todo.into_iter();
        let stopped = |error, finished, left: &mut dyn Iterator<Item = Module>| {
            let not_installed = left.map(|module| module.place.module).collect();
            Box::new(InstallAllError { error, others: Vec::new(), finished, not_installed })
        };
        self.made.keep();
        if let Some(first) = todo.as_slice().first() {
            let module = first.place.module.clone();
            if let Err((file, source)) = self.mark().and_then(|()| self.sumdb(sumdb)) {
                return Err(stopped(Problem::in_the_way(file, source).of(&module), finished, &mut todo));
            }
        }
        while let Some(module) = todo.next() {
            let id = module.place.module.clone();
            match self.publish_one(module, progress) {
                Ok(outcome) => {
                    progress.finished(&id, outcome);
                    finished.push((id, outcome));
                }
                Err(error) => return Err(stopped(error, finished, &mut todo)),
            }
        }
        Ok(finished)
    }

    fn publish_one(&self, module: Module, progress: &dyn Progress) -> Result<Outcome, InstallError> {
        let Module { place, files } = module;
        if progress.cancelled() {
            return Err(Problem::Cancelled.of(&place.module));
        }
        if files.is_empty() {
            return Ok(Outcome::AlreadyPresent);
        }
        let dir = make_dirs(&self.root, &place.dir).map_err(|(at, error)| {
            Problem::in_the_way(place.dir[..at].to_owned(), error).of(&place.module)
        })?;
        for (staged, name) in files {
            staged
                .rename(&dir, &name)
                .map_err(|error| Problem::write(place.path(&name), error).of(&place.module))?;
        }
        if self.serving == Serving::Goproxy {
            list::rewrite(&dir, progress).map_err(|error| match error.kind() {
                ErrorKind::Interrupted => Problem::Cancelled.of(&place.module),
                _ => obstacle(&place, "list", error),
            })?;
        }
        Ok(Outcome::Installed)
    }

    fn mark(&self) -> Result<(), (String, io::Error)> {
        let failed = |error| (MARK.to_owned(), error);
        if kind(&self.root, MARK).map_err(failed)?.is_some() {
            return Ok(());
        }
        let text = format!("{}\n", self.serving.name());
        self.put(&self.root, MARK, text.as_bytes()).map_err(failed)
    }

    fn sumdb(&self, files: &[(&str, Vec<u8>)]) -> Result<(), (String, io::Error)> {
        if self.serving == Serving::Athens {
            return Ok(());
        }
        for (path, bytes) in files {
            let file = format!("sumdb/{path}");
            keep(&self.root, &self.temporary, &self.made, &file, bytes)
                .map_err(|(at, error)| (file[..at].to_owned(), error))?;
        }
        Ok(())
    }

    fn put(&self, dir: &Dir, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut to = self.temporary.create()?;
        to.file.write_all(bytes)?;
        to.rename(dir, name)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Refuses a directory with something in it that airgo did not write.
fn check_ours(path: &Path, root: &Dir, serving: Serving) -> Result<(), DirectoryError> {
    let read = |source| DirectoryError::Read { path: path.to_owned(), source };
    match read_file(root, MARK, 100) {
        Ok(mark) => {
            let found = String::from_utf8_lossy(&mark.unwrap_or_default()).trim().to_owned();
            if found == serving.name() {
                return Ok(());
            }
            return Err(DirectoryError::OtherLayout { path: path.to_owned(), found });
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(read(error)),
    }
    for entry in root.entries().map_err(read)? {
        let name = entry.map_err(read)?.file_name();
        if !IGNORED.iter().any(|ignored| name == *ignored) {
            let entry = name.to_string_lossy().into_owned();
            return Err(DirectoryError::NotOurs { path: path.to_owned(), entry });
        }
    }
    Ok(())
}

fn obstacle(place: &ServedPlace, name: &str, error: io::Error) -> InstallError {
    Problem::in_the_way(place.path(name), error).of(&place.module)
}
