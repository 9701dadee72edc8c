//! The hashes of a module's files, taken while its zip is read.

use crate::input::Progress;
use airgo_gomod::modzip::Sink;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Files by their name below the module's root, each with its SHA-256; none for
/// one that is longer than a module may be.
pub(crate) type Files = BTreeMap<String, Option<[u8; 32]>>;

/// The caller gave up.
#[derive(Debug)]
pub(crate) struct Cancelled;

/// Takes the files of a walk, to give up when the caller does, and their hashes
/// where they are wanted.
pub(crate) struct Digests<'p> {
    progress: &'p dyn Progress,
    pub(crate) files: Files,
    all: bool,
    current: Option<(String, Sha256)>,
}

impl<'p> Digests<'p> {
    /// Takes no hashes.
    pub(crate) fn unless_cancelled(progress: &'p dyn Progress) -> Self {
        Self { progress, files: Files::new(), all: false, current: None }
    }

    /// Takes the hash of each file.
    pub(crate) fn of_all(progress: &'p dyn Progress) -> Self {
        Self { all: true, ..Self::unless_cancelled(progress) }
    }

    fn check(&self) -> Result<(), Cancelled> {
        if self.progress.cancelled() { Err(Cancelled) } else { Ok(()) }
    }
}

impl Sink for Digests<'_> {
    type Error = Cancelled;

    fn start(&mut self, name: &str, _: u64) -> Result<(), Cancelled> {
        self.current = self.all.then(|| (name.to_owned(), Sha256::new()));
        self.check()
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), Cancelled> {
        if let Some((_, sha256)) = &mut self.current {
            sha256.update(bytes);
        }
        self.check()
    }

    fn end(&mut self) -> Result<(), Cancelled> {
        if let Some((name, sha256)) = self.current.take() {
            self.files.insert(name, Some(sha256.finalize().into()));
        }
        Ok(())
    }
}
