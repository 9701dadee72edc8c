//! Where go.mod files come from: a trait of two methods, so that the resolver
//! is tested from a string and fetching overlaps with walking.

use std::collections::{HashMap, VecDeque};
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use airgo_gomod::ModuleVersion;

/// Gives the go.mod files of module versions, as the `.mod` files of a module
/// proxy. Answers may come in any order: the result does not depend on it.
pub trait GoModSource {
    /// Starts to get one go.mod file. It is never called twice for the same
    /// module version.
    fn request(&mut self, module: &ModuleVersion);

    /// Waits for the next answer; `None` when nothing is outstanding.
    fn next(&mut self) -> Option<(ModuleVersion, Result<Vec<u8>, SourceError>)>;
}

/// Why a go.mod file could not be had, in the words of whoever looked for it.
#[derive(Clone, Debug)]
pub struct SourceError(Arc<dyn Error + Send + Sync>);

impl SourceError {
    /// Wraps the cause; a string will do.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Arc::from(cause.into()))
    }

    /// The cause, for callers that know its type.
    pub fn cause(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for SourceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

type Answer = Result<Vec<u8>, SourceError>;

/// A source that remembers, so that several resolutions may share it though
/// each asks for everything it needs.
pub(crate) struct Recorded<'s> {
    inner: &'s mut dyn GoModSource,
    /// `None` while the answer is outstanding.
    answers: HashMap<ModuleVersion, Option<Answer>>,
    /// Asked for again, and known.
    ready: VecDeque<ModuleVersion>,
}

impl<'s> Recorded<'s> {
    pub(crate) fn new(inner: &'s mut dyn GoModSource) -> Self {
        Self { inner, answers: HashMap::new(), ready: VecDeque::new() }
    }
}

impl GoModSource for Recorded<'_> {
    fn request(&mut self, module: &ModuleVersion) {
        match self.answers.get(module) {
            Some(Some(_)) => self.ready.push_back(module.clone()),
            Some(None) => {}
            None => {
                self.answers.insert(module.clone(), None);
                self.inner.request(module);
            }
        }
    }

    fn next(&mut self) -> Option<(ModuleVersion, Answer)> {
        if let Some(module) = self.ready.pop_front() {
            let answer = self.answers.get(&module)?.clone()?;
            return Some((module, answer));
        }
        let (module, answer) = self.inner.next()?;
        self.answers.insert(module.clone(), Some(answer.clone()));
        Some((module, answer))
    }
}

/// A source in memory, answering in the order of the requests.
#[derive(Clone, Debug, Default)]
pub struct MapSource {
    files: HashMap<ModuleVersion, Vec<u8>>,
    queue: VecDeque<ModuleVersion>,
}

impl MapSource {
    /// Adds the go.mod file of a module version.
    pub fn insert(&mut self, module: ModuleVersion, go_mod: impl Into<Vec<u8>>) {
        self.files.insert(module, go_mod.into());
    }
}

impl<B: Into<Vec<u8>>> FromIterator<(ModuleVersion, B)> for MapSource {
    fn from_iter<I: IntoIterator<Item = (ModuleVersion, B)>>(files: I) -> Self {
        let files = files.into_iter().map(|(m, b)| (m, b.into())).collect();
        Self { files, queue: VecDeque::new() }
    }
}

impl GoModSource for MapSource {
    fn request(&mut self, module: &ModuleVersion) {
        self.queue.push_back(module.clone());
    }

    fn next(&mut self) -> Option<(ModuleVersion, Result<Vec<u8>, SourceError>)> {
        let module = self.queue.pop_front()?;
        let file = self.files.get(&module).cloned();
        Some((module, file.ok_or_else(|| SourceError::new("not found"))))
    }
}
