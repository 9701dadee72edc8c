//! A part of a module on its way into the cache: its files arrive in any order and
//! from several threads, each compared with the module's list.

use crate::cache::ModCache;
use crate::error::{InstallError, Problem};
use crate::input::Outcome;
use crate::listed::{Content, VerifiedList};
use crate::parallel::locked;
use crate::rebuilding::Rebuilding;
use crate::writer::contents::Contents;
use crate::writer::copied::sized_text;
use crate::writer::stamp::Stamp;
use crate::writer::stamps::Stamps;
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::ListedFile;
use cap_std::fs::File;
use sha2::{Digest as _, Sha256};
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

/// What becomes of a file.
const AWAITED: u8 = 0;
const BEING_WRITTEN: u8 = 1;
const THERE: u8 = 2;

/// A staged part of a module.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) module: ModuleVersion,
    /// For messages: its tree, below the cache.
    pub(crate) tree_path: String,
    pub(crate) list: VerifiedList,
    /// Whether the cache has all of its files, or will have.
    pub(crate) whole: bool,
    /// Where files are written; none where the cache has all that are carried.
    pub(crate) contents: Option<Contents>,
    /// The zip that is to be made of them.
    pub(crate) zip: Option<Rebuilding>,
    /// Whether it goes where other content is, which it replaces.
    pub(crate) replaces: bool,
    /// How what was written here was when its content was known.
    pub(crate) stamps: Mutex<Stamps>,
    /// The files of the list that the cache had, by index.
    present: Vec<bool>,
    /// One for each file of the list.
    states: Vec<AtomicU8>,
}

/// Takes the files of one module. It may be used by several threads at once.
#[derive(Debug)]
pub struct PartialTree<'s> {
    pub(crate) part: Arc<Part>,
    /// Borrowed of the stage, which publishes when no tree is in use any more.
    pub(crate) cache: &'s ModCache,
}

/// Takes the content of a file, and compares it with the list. The file is there once
/// [`FileWriter::finish`] says so.
#[derive(Debug)]
pub struct FileWriter<'t> {
    part: &'t Part,
    index: usize,
    line: ListedFile<'t>,
    /// None where the file need not be written: it is there already.
    file: Option<File>,
    sha256: Sha256,
    size: u64,
    done: bool,
}

impl Part {
    pub(crate) fn new(
        module: ModuleVersion,
        tree_path: String,
        list: VerifiedList,
        present: Vec<bool>,
        contents: Option<Contents>,
    ) -> Self {
        let is_present = |index: usize| present.get(index).is_some_and(|present| *present);
        let whole = list.files().all(|(index, _)| is_present(index) || list.is_carried(index));
        let states = (0..list.len()).map(|i| AtomicU8::new(if is_present(i) { THERE } else { AWAITED }));
        let states = states.collect();
        let (replaces, stamps) = (false, Mutex::default());
        Self { module, tree_path, list, whole, contents, zip: None, replaces, stamps, present, states }
    }

    /// The newest of the times of what was written.
    pub(crate) fn latest(&self) -> i64 {
        locked(&self.stamps).latest()
    }

    fn state(&self, index: usize) -> u8 {
        self.states.get(index).map_or(AWAITED, |state| state.load(Ordering::Acquire))
    }

    /// Whether the file was written here.
    pub(crate) fn is_staged(&self, index: usize) -> bool {
        self.state(index) == THERE && !self.was_present(index)
    }

    fn was_present(&self, index: usize) -> bool {
        self.present.get(index).is_some_and(|present| *present)
    }

    fn set(&self, index: usize, to: u8) {
        if let Some(state) = self.states.get(index) {
            state.store(to, Ordering::Release);
        }
    }

    /// Takes the file to write it; false where it is there, or another thread has it.
    fn take(&self, index: usize) -> bool {
        self.states.get(index).is_some_and(|state| {
            state.compare_exchange(AWAITED, BEING_WRITTEN, Ordering::AcqRel, Ordering::Acquire).is_ok()
        })
    }

    /// An error where a carried file did not come.
    pub(crate) fn check_complete(&self) -> Result<(), InstallError> {
        match self.list.carried().find(|(index, _)| self.state(*index) != THERE) {
            None => Ok(()),
            Some((_, file)) => Err(Problem::NotGiven { file: file.name.to_owned() }.of(&self.module)),
        }
    }

    /// The same, and where the zip was not made of them.
    pub(crate) fn check_ready(&self) -> Result<(), InstallError> {
        self.check_complete()?;
        match self.zip.as_ref().and_then(Rebuilding::lacking) {
            None => Ok(()),
            Some(file) => Err(Problem::NotGiven { file: file.to_owned() }.of(&self.module)),
        }
    }

    fn create(&self, line: ListedFile<'_>) -> Result<Option<File>, InstallError> {
        let created = self.contents.as_ref().map(|contents| contents.create(line.name)).transpose();
        created.map_err(|error| self.cannot_write(line, error))
    }

    fn cannot_write(&self, line: ListedFile<'_>, error: io::Error) -> InstallError {
        Problem::write(format!("{}/{}", self.tree_path, line.name), error).of(&self.module)
    }

    /// Compares what came of a file with its line.
    fn compare(&self, line: ListedFile<'_>, size: u64, sha256: [u8; 32]) -> Result<(), InstallError> {
        if (size, sha256) == (line.size, line.sha256) {
            return Ok(());
        }
        let (want, got) = (sized_text(line.size, &line.sha256), sized_text(size, &sha256));
        Err(Problem::FileMismatch { file: line.name.to_owned(), want, got }.of(&self.module))
    }
}

impl<'s> PartialTree<'s> {
    pub(crate) fn new(part: Arc<Part>, cache: &'s ModCache) -> Self {
        Self { part, cache }
    }

    /// The module.
    pub fn module(&self) -> &ModuleVersion {
        &self.part.module
    }

    /// Whether a file of the list, by its index, is still awaited: it is carried, and
    /// neither was it given nor did the cache have it.
    pub fn awaits(&self, index: usize) -> bool {
        self.part.list.is_carried(index) && self.part.state(index) == AWAITED
    }

    /// Whether a file of the list, by its index, is carried at all.
    pub fn takes(&self, index: usize) -> bool {
        self.part.list.is_carried(index)
    }

    /// The files that are still awaited, with their indexes.
    pub fn awaited(&self) -> impl Iterator<Item = (usize, ListedFile<'_>)> {
        self.part.list.carried().filter(|(index, _)| self.part.state(*index) == AWAITED)
    }

    /// What will have become of the module once it is published.
    pub fn outcome(&self) -> Outcome {
        if self.part.contents.is_some() { Outcome::Installed } else { Outcome::AlreadyPresent }
    }

    /// Takes the content of a carried file, by its index in the list. One that is there
    /// already is compared all the same.
    pub fn file(&self, index: usize) -> Result<FileWriter<'_>, InstallError> {
        let part = &*self.part;
        let line = self.line(index)?;
        let file = if part.take(index) {
            part.create(line).inspect_err(|_| part.set(index, AWAITED))?
        } else {
            None
        };
        let done = file.is_none();
        Ok(FileWriter { part, index, line, file, sha256: Sha256::new(), size: 0, done })
    }

    /// Gives the content of a carried file at once: its hash is known, and not taken
    /// once more for each module that has it.
    pub fn put(&self, index: usize, content: &Content<'_>) -> Result<(), InstallError> {
        let part = &*self.part;
        let line = self.line(index)?;
        part.compare(line, content.bytes().len() as u64, content.sha256())?;
        if !part.take(index) {
            return Ok(());
        }
        let file = part.create(line).inspect_err(|_| part.set(index, AWAITED))?;
        // It removes the file again unless that is whole.
        let mut writer = FileWriter { part, index, line, file, sha256: Sha256::new(), size: 0, done: false };
        if let Some(file) = &mut writer.file {
            file.write_all(content.bytes()).map_err(|error| part.cannot_write(line, error))?;
        }
        writer.is_there();
        Ok(())
    }

    fn line(&self, index: usize) -> Result<ListedFile<'_>, InstallError> {
        let carried = self.part.list.file(index).filter(|_| self.part.list.is_carried(index));
        carried.ok_or_else(|| Problem::NotCarried { index }.of(&self.part.module))
    }
}

impl FileWriter<'_> {
    /// Takes some more bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), InstallError> {
        self.size += bytes.len() as u64;
        if self.size > self.line.size {
            // Not a byte more than the list has.
            let want = format!("{} bytes", self.line.size);
            let file = self.line.name.to_owned();
            return Err(Problem::FileMismatch { file, want, got: "more".to_owned() }.of(&self.part.module));
        }
        self.sha256.update(bytes);
        match &mut self.file {
            None => Ok(()),
            Some(file) => file.write_all(bytes).map_err(|error| self.part.cannot_write(self.line, error)),
        }
    }

    /// Compares what came with the list's line.
    pub fn finish(mut self) -> Result<(), InstallError> {
        let sha256 = std::mem::take(&mut self.sha256).finalize().into();
        self.part.compare(self.line, self.size, sha256)?;
        if !self.done {
            self.is_there();
        }
        Ok(())
    }

    fn is_there(&mut self) {
        self.done = true;
        if let Some(file) = &self.file {
            locked(&self.part.stamps).file(self.line.name, Stamp::of(file));
        }
        self.part.set(self.index, THERE);
    }
}

impl Drop for FileWriter<'_> {
    /// Removes a file that came to nothing.
    fn drop(&mut self) {
        if self.done {
            return;
        }
        self.file = None;
        if let Some(contents) = &self.part.contents {
            let _ = contents.remove(self.line.name);
        }
        self.part.set(self.index, AWAITED);
    }
}
