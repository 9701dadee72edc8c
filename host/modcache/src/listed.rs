//! A module of which a list of all its files is known, and contents of some of them.
//!
//! The list hashes to the module's `h1`, as go.sum has it: that proves of each file
//! whether it is the module's, and of each name whether the module has it. So a part of
//! a module is as certain as the whole.

use crate::error::{Hashed, InstallError, Problem};
use crate::input::GoModInput;
use airgo_gomod::modzip::{FileList, Limits, ListedFile};
use airgo_gomod::{H1, ModuleVersion};
use sha2::{Digest as _, Sha256};

/// A module to install from a list of its files and the contents of some of them: its
/// tree has those alone. It is whole where all are carried.
#[derive(Debug, Clone)]
pub struct PartialInput {
    /// The module.
    pub module: ModuleVersion,
    /// What the list must hash to.
    pub h1: H1,
    /// All files of the module's zip.
    pub files: FileList,
    /// Which of them are to be installed: one for each of `files`.
    pub carried: Vec<bool>,
    /// The bytes of `.info`, as in [`crate::ModuleInput`].
    pub info: Option<Vec<u8>>,
    /// The go.mod file.
    pub go_mod: Option<GoModInput>,
    /// The zip, where the module is to have one: it is made again of the files, all of
    /// which are carried then. See [`crate::PartialTree::zip`].
    pub zip: Option<RebuiltZip>,
}

/// What a zip must be that is made again of a module's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuiltZip {
    /// How many bytes it has.
    pub size: u64,
    /// What they must hash to.
    pub sha256: [u8; 32],
}

/// A list that hashes to the module's `h1`, and whose names a module may have. Only
/// [`VerifiedList::check`] makes one, and only by one of these is a part of a module
/// published.
#[derive(Debug)]
pub(crate) struct VerifiedList {
    h1: H1,
    files: FileList,
    carried: Vec<bool>,
}

impl VerifiedList {
    pub(crate) fn check(
        module: &ModuleVersion,
        h1: H1,
        files: FileList,
        mut carried: Vec<bool>,
        limits: &Limits,
    ) -> Result<Self, InstallError> {
        let error = |problem: Problem| Err(problem.of(module));
        if carried.len() != files.len() {
            return error(Problem::Carried { files: files.len(), flags: carried.len() });
        }
        if let Err(refused) = files.check(limits) {
            return error(Problem::List(refused));
        }
        let got = files.h1(module);
        if got != h1 {
            let (want, got) = (h1.to_string(), got.to_string());
            return error(Problem::Mismatch { what: Hashed::List, want, got });
        }
        for (carried, file) in carried.iter_mut().zip(files.iter()) {
            *carried &= !file.is_directory();
        }
        Ok(Self { h1, files, carried })
    }

    pub(crate) fn h1(&self) -> H1 {
        self.h1
    }

    /// Directories of the zip included.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    pub(crate) fn file(&self, index: usize) -> Option<ListedFile<'_>> {
        self.files.get(index)
    }

    pub(crate) fn is_carried(&self, index: usize) -> bool {
        self.carried.get(index).is_some_and(|carried| *carried)
    }

    /// The files, with their index; no directories.
    pub(crate) fn files(&self) -> impl Iterator<Item = (usize, ListedFile<'_>)> {
        self.files.iter().enumerate().filter(|(_, file)| !file.is_directory())
    }

    /// Those that are carried.
    pub(crate) fn carried(&self) -> impl Iterator<Item = (usize, ListedFile<'_>)> {
        self.files().filter(|(index, _)| self.is_carried(*index))
    }
}

/// The content of a file, hashed: once, in however many modules it is.
#[derive(Debug, Clone, Copy)]
pub struct Content<'b> {
    bytes: &'b [u8],
    sha256: [u8; 32],
}

impl<'b> Content<'b> {
    /// Hashes the content.
    pub fn of(bytes: &'b [u8]) -> Self {
        Self { bytes, sha256: Sha256::digest(bytes).into() }
    }

    /// The bytes.
    pub fn bytes(&self) -> &'b [u8] {
        self.bytes
    }

    /// Their hash.
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }
}
