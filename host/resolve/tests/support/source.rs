//! A source over a fixed set of go.mod files that answers in random order, and
//! insists on the contract: nothing is asked for twice.

use std::collections::{BTreeSet, HashMap};

use airgo_gomod::ModuleVersion;
use airgo_resolve::{GoModSource, SourceError};

use airgo_testkit::Rng;

pub type Files = HashMap<ModuleVersion, Vec<u8>>;

pub struct Shuffled<'f> {
    files: &'f Files,
    rng: Rng,
    outstanding: Vec<ModuleVersion>,
    pub asked: BTreeSet<ModuleVersion>,
}

impl<'f> Shuffled<'f> {
    pub fn new(files: &'f Files, seed: u64) -> Self {
        Self { files, rng: Rng::new(seed), outstanding: Vec::new(), asked: BTreeSet::new() }
    }
}

impl GoModSource for Shuffled<'_> {
    fn request(&mut self, module: &ModuleVersion) {
        assert!(self.asked.insert(module.clone()), "{module} was asked for twice");
        self.outstanding.push(module.clone());
    }

    fn next(&mut self) -> Option<(ModuleVersion, Result<Vec<u8>, SourceError>)> {
        if self.outstanding.is_empty() {
            return None;
        }
        let i = self.rng.below(self.outstanding.len());
        let module = self.outstanding.swap_remove(i);
        let file = self.files.get(&module).cloned();
        Some((module, file.ok_or_else(|| SourceError::new("not found"))))
    }
}
