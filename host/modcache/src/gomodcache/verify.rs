//! Hashes what the cache holds of a module already, and finds the files that
//! are not those of the module.
//!
//! The tree is held against its hash, file by file where that differs: a zip
//! with entries for directories has another hash than the tree that go makes of
//! it (x/mod dirhash HashZip and HashDir), and such a tree is right all the same.

use crate::changes::{Change, ChangeKind, Changes};
use crate::error::{InstallError, Problem};
use crate::gomodcache::existing::Existing;
use crate::gomodcache::target::Target;
use crate::input::{ZipDigest, ZipInput};
use crate::listed::VerifiedList;
use crate::writer::copied::{self, CopiedZip, VerifiedModule, Written};
use crate::writer::digests::{Cancelled, Digests, Files};
use crate::writer::stamp::Stamp;
use crate::writer::stamps::Stamps;
use crate::writer::system::{open_dir, open_file, what_stands_there};
use crate::writer::tree::names;
use airgo_gomod::H1;
use airgo_gomod::dirhash::Hash1;
use airgo_gomod::modzip::{Limits, ModuleZip, Scratch, WalkError};
use cap_std::fs::Dir;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _};

/// How much of a file is hashed at a time.
const PIECE: usize = 256 << 10;
/// Directories in directories: each is held open while those in it are read.
const DEPTH: usize = 500;

/// What is known of the module that should be there.
pub(crate) enum Known<'k, 'z> {
    /// The zip that is to be installed, whether it was read to compare with, and the copy
    /// that was made for that.
    Zip { zip: &'k mut ZipInput<'z>, was_read: bool, copied: Option<CopiedZip> },
    /// One that is staged.
    Staged(&'k VerifiedModule),
    /// The list of its files.
    List(&'k VerifiedList),
}

impl Known<'_, '_> {
    pub(crate) fn h1(&self) -> H1 {
        match self {
            Self::Zip { zip, .. } => zip.h1,
            Self::Staged(module) => module.digest().h1,
            Self::List(list) => list.h1(),
        }
    }

    /// The zip, where it is known.
    fn digest(&self) -> Option<ZipDigest> {
        match self {
            Self::Zip { zip, .. } => Some(zip.digest()),
            Self::Staged(module) => Some(module.digest()),
            Self::List(_) => None,
        }
    }

    /// Whether the zip was read, and can be read no more.
    pub(crate) fn was_read(&self) -> bool {
        matches!(self, Self::Zip { was_read: true, .. })
    }
}

/// What is read of a tree.
struct Tree {
    files: Files,
    stamps: Stamps,
    /// How many bytes of files may yet be read.
    left: u64,
}

/// Checks one module.
pub(crate) struct Verifier<'v> {
    pub(crate) target: &'v Target<'v>,
    pub(crate) limits: &'v Limits,
    pub(crate) scratch: &'v mut Scratch,
    pub(crate) buffer: &'v mut Vec<u8>,
}

impl Verifier<'_> {
    /// Hashes the zip and the tree, those of them that go would take as they are; returns
    /// how they were before.
    pub(crate) fn verify(
        &mut self,
        existing: Existing,
        known: &mut Known<'_, '_>,
    ) -> Result<Written, InstallError> {
        let (want, h1) = (known.digest(), known.h1());
        let (has_zip, has_tree) = match existing {
            Existing::Complete => (true, true),
            Existing::ZipOnly => (true, false),
            Existing::TreeOnly => (false, true),
            // A part is compared with the list, file by file: see `part`.
            Existing::Nothing | Existing::Partial { .. } | Existing::Wrong => return Ok(Written::default()),
        };
        let place = self.target.place;
        let zip_name = place.file("zip");
        let (mut good_zip, mut stamps) = (None, Written::default());
        if has_zip {
            let opened = open_file(self.target.download, &zip_name);
            let file =
                opened.map_err(|error| place.read_error(&place.download_path(&zip_name), error))?.into_std();
            stamps.zip = Stamp::of(&file);
            if self.is_zip(&file, want, h1)? {
                good_zip = Some(file);
            }
        }
        let (tree, of_tree) = if has_tree { self.tree()? } else { Default::default() };
        stamps.tree = has_tree.then_some(of_tree);
        let mut changes = Vec::new();
        if has_zip && good_zip.is_none() {
            changes.push(Change { file: place.download_path(&zip_name), kind: ChangeKind::Changed });
        }
        if has_tree && !self.is_tree(&tree, h1) {
            match self.files_of(good_zip, known)? {
                Some(want) => self.differences(&want, &tree, &mut changes),
                // Without the module's files to compare with, only this is known.
                None => changes.push(Change { file: place.tree_path(), kind: ChangeKind::Changed }),
            }
        }
        self.unchanged(changes).map(|()| stamps)
    }

    /// Compares the files of a tree that need not be whole; returns which of the list's
    /// are there, and how they were before.
    pub(crate) fn part(&mut self, list: &VerifiedList) -> Result<(Vec<bool>, Written), InstallError> {
        let (mut there, stamps) = self.tree()?;
        let (mut present, mut changes) = (vec![false; list.len()], Vec::new());
        let tree = self.target.place.tree_path();
        let mut push = |name: &str, kind| changes.push(Change { file: format!("{tree}/{name}"), kind });
        for (index, file) in list.files() {
            match (there.remove(file.name), present.get_mut(index)) {
                (Some(Some(digest)), Some(present)) if digest == file.sha256 => *present = true,
                (Some(_), _) => push(file.name, ChangeKind::Changed),
                (None, _) => {}
            }
        }
        for name in there.keys() {
            push(name, ChangeKind::Added);
        }
        self.unchanged(changes)?;
        Ok((present, Written { zip: None, tree: Some(stamps) }))
    }

    fn unchanged(&self, changes: Vec<Change>) -> Result<(), InstallError> {
        let place = self.target.place;
        match Changes::of(changes) {
            None => Ok(()),
            Some(changes) => Err(place.error(Problem::Changed {
                changes,
                tree: place.tree_path(),
                download: place.download_path(place.version()),
            })),
        }
    }

    /// Whether the zip in the cache has the module's content. Its bytes may be
    /// others: proxies compress differently.
    fn is_zip(&mut self, mut file: &File, want: Option<ZipDigest>, h1: H1) -> Result<bool, InstallError> {
        let place = self.target.place;
        let name = place.download_path(&place.file("zip"));
        let failed = |error| place.read_error(&name, error);
        let size = file.metadata().map_err(failed)?.len();
        if size > self.limits.zip {
            return Ok(false);
        }
        if let Some(want) = want.filter(|want| want.size == size) {
            let sha256 = self.sha256(file, size).map_err(failed)?;
            self.target.check()?;
            if sha256 == Some(want.sha256) {
                return Ok(true);
            }
            file.rewind().map_err(failed)?;
        }
        let Ok(mut module) = ModuleZip::open(file, &place.module, self.limits) else { return Ok(false) };
        match module.walk_with(self.scratch, &mut Digests::unless_cancelled(self.target.progress)) {
            Ok(got) => Ok(got == h1),
            Err(WalkError::Zip(_)) => Ok(false),
            Err(WalkError::Sink(Cancelled)) => Err(place.error(Problem::Cancelled)),
        }
    }

    /// The hash of at most so many bytes; none where there are more, or the
    /// caller gave up.
    fn sha256(&mut self, mut file: &File, most: u64) -> io::Result<Option<[u8; 32]>> {
        self.buffer.resize(PIECE, 0);
        let (mut sha256, mut done) = (Sha256::new(), 0);
        loop {
            let piece = match file.read(self.buffer) {
                Ok(0) => return Ok(Some(sha256.finalize().into())),
                Ok(len) => self.buffer.get(..len).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            done += piece.len() as u64;
            if done > most || self.target.progress.cancelled() {
                return Ok(None);
            }
            sha256.update(piece);
        }
    }

    /// The files of the extracted tree, and how all of it was before it was read.
    fn tree(&mut self) -> Result<(Files, Stamps), InstallError> {
        let place = self.target.place;
        // Twice what a module may be, so that files that were added hide no other.
        let left = self.limits.total.saturating_mul(2);
        let mut read = Tree { files: Files::new(), stamps: Stamps::default(), left };
        // It was there a moment ago.
        let gone = || place.read_error(&place.tree_path(), ErrorKind::NotFound.into());
        let parent = place.open_parent(self.target.root)?.ok_or_else(gone)?;
        let root = open_dir(&parent, place.tree_name());
        let root = root.map_err(|error| place.read_error(&place.tree_path(), error))?;
        self.below(&root, "", 0, &mut read)?;
        Ok((read.files, read.stamps))
    }

    fn below(&mut self, dir: &Dir, path: &str, depth: usize, tree: &mut Tree) -> Result<(), InstallError> {
        let place = self.target.place;
        let in_cache = |path: &str| format!("{}/{path}", place.tree_path()).trim_end_matches('/').to_owned();
        let failed = |path: &str, error| place.read_error(&in_cache(path), error);
        tree.stamps.file(path, Stamp::of(dir));
        for (name, is_dir) in names(dir).map_err(|error| failed(path, error))? {
            self.target.check()?;
            // Go makes no name that is not UTF-8: one of the kind is one too many, by whatever name.
            let shown = name.to_string_lossy();
            if name.to_str().is_none() {
                tree.stamps.lose();
            }
            let full = if path.is_empty() { shown.into_owned() } else { format!("{path}/{shown}") };
            if is_dir {
                if depth == DEPTH {
                    let what = "nested deeper than a module";
                    return Err(self.target.obstacle(in_cache(&full), what));
                }
                let child = open_dir(dir, &name).map_err(|error| failed(&full, error))?;
                self.below(&child, &full, depth + 1, tree)?;
                continue;
            }
            let digest = match open_file(dir, &name) {
                Ok(file) => {
                    let file = file.into_std();
                    let size = file.metadata().map_err(|error| failed(&full, error))?.len();
                    tree.stamps.file(full.as_str(), Stamp::of(&file));
                    if size > self.limits.total || size > tree.left {
                        None
                    } else {
                        tree.left -= size;
                        self.sha256(&file, size).map_err(|error| failed(&full, error))?
                    }
                }
                // Go makes none such: whatever it is, it is not the module's file.
                Err(error) if what_stands_there(&error).is_some() => None,
                Err(error) => return Err(failed(&full, error)),
            };
            tree.files.insert(full, digest.filter(|_| name.to_str().is_some()));
            if tree.files.len() as u64 > self.limits.entries {
                return Err(self.target.obstacle(place.tree_path(), "more files than a module may have"));
            }
        }
        self.target.check()
    }

    /// Whether the files hash to this (x/mod dirhash HashDir).
    fn is_tree(&self, files: &Files, want: H1) -> bool {
        let mut hash = Hash1::new();
        for (name, digest) in files {
            let Some(digest) = digest else { return false };
            hash.add(&format!("{}/{name}", self.target.place.module), *digest);
        }
        hash.finish().is_ok_and(|h1| h1 == want)
    }

    /// The module's files, from its zip in the cache or from the one that is to
    /// be installed; none where neither can be read in full.
    fn files_of(
        &mut self,
        there: Option<File>,
        known: &mut Known<'_, '_>,
    ) -> Result<Option<Files>, InstallError> {
        let mut digests = Digests::of_all(self.target.progress);
        let place = self.target.place;
        let h1 = match (there, &mut *known) {
            (Some(file), _) => self.walk(&file, &mut digests)?,
            (None, Known::List(list)) => {
                let files = list.files().map(|(_, file)| (file.name.to_owned(), Some(file.sha256)));
                return Ok(Some(files.collect()));
            }
            (None, Known::Staged(module)) => {
                let opened = module.open();
                let file = opened.map_err(|error| place.read_error(&self.target.temporary.place(), error))?;
                self.walk(&file, &mut digests)?
            }
            (None, Known::Zip { was_read: true, .. }) => return Ok(None),
            (None, Known::Zip { zip, was_read, copied: copy }) => {
                *was_read = true;
                let reader = std::mem::replace(&mut zip.reader, Box::new(io::empty()));
                let ZipInput { size, sha256, h1, .. } = **zip;
                let input = ZipInput { reader, size, sha256, h1 };
                let Target { temporary, progress, .. } = *self.target;
                match copied::copy(place, temporary, progress, input, self.buffer) {
                    Ok(copied) => self.walk(copy.insert(copied).file(), &mut digests)?,
                    // The cache may be read-only.
                    Err(error) if matches!(*error.problem, Problem::Write { .. }) => return Ok(None),
                    Err(error) => return Err(error),
                }
            }
        };
        Ok((h1 == known.h1()).then_some(digests.files))
    }

    fn walk(&mut self, file: &File, digests: &mut Digests<'_>) -> Result<H1, InstallError> {
        let place = self.target.place;
        match ModuleZip::open(file, &place.module, self.limits)?.walk_with(self.scratch, digests) {
            Ok(h1) => Ok(h1),
            Err(WalkError::Zip(error)) => Err(error.into()),
            Err(WalkError::Sink(Cancelled)) => Err(place.error(Problem::Cancelled)),
        }
    }

    fn differences(&self, want: &Files, have: &Files, changes: &mut Vec<Change>) {
        let mut push = |name: &str, kind| {
            let file = format!("{}/{name}", self.target.place.tree_path());
            changes.push(Change { file, kind });
        };
        for (name, digest) in want {
            match have.get(name) {
                None => push(name, ChangeKind::Missing),
                Some(other) if other != digest => push(name, ChangeKind::Changed),
                Some(_) => {}
            }
        }
        for name in have.keys().filter(|name| !want.contains_key(*name)) {
            push(name, ChangeKind::Added);
        }
    }
}
