//! go.mod files of dependencies, each read once, and what they mean to this
//! project: replacements, exclusions and the checks that Go makes (cmd/go
//! modload/modfile.go, goModSummary and rawGoModSummary).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use airgo_gomod::modfile::{self, ModFile};
use airgo_gomod::{ModuleVersion, gover, module};

use crate::error::{LoadError, LoadFault, ProjectError};
use crate::ids::{Id, Ids, PathId};
use crate::project::{EXPLICIT_INDIRECT_VERSION, GO_STRICT_VERSION, Project};
use crate::replace::Replacements;
use crate::source::{GoModSource, SourceError};

/// How far the requirements of requirements are followed (cmd/go
/// modload/modfile.go, modPruning).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Pruning {
    /// Not beyond a module at go 1.17 or later.
    Pruned,
    /// To the end.
    Unpruned,
    /// To the union of what the modules of the workspace need.
    Workspace,
}

impl Pruning {
    pub(crate) fn for_go_version(go: &str) -> Self {
        let explicit = gover::compare(go, EXPLICIT_INDIRECT_VERSION).is_ge();
        if explicit { Self::Pruned } else { Self::Unpruned }
    }
}

/// What the walk needs of a go.mod file.
#[derive(Clone)]
pub(crate) struct Summary {
    pub(crate) pruning: Pruning,
    /// The requirements in the order of the file; duplicates stay.
    pub(crate) require: Rc<[Id]>,
}

/// A go.mod file as read, before this project's rules.
struct RawSummary {
    path: Option<String>,
    go: Option<String>,
    summary: Summary,
    too_new: bool,
}

type Raw = Rc<Result<RawSummary, LoadFault>>;
pub(crate) type Loaded = Rc<Result<Summary, LoadError>>;

enum Slot {
    /// Asked for; these modules wait for it.
    Waiting(Vec<Id>),
    Done(Raw),
}

/// Reads go.mod files and remembers them across several walks.
pub(crate) struct Loader<'a> {
    pub(crate) ids: Ids,
    pub(crate) project: &'a Project,
    pub(crate) replacements: Replacements,
    /// The version of the go command in effect.
    pub(crate) running: String,
    /// Module paths of the main modules.
    mains: HashMap<PathId, usize>,
    excluded: HashSet<Id>,
    source: &'a mut dyn GoModSource,
    /// By what was read: a module after replacement, or a directory.
    raw: HashMap<Id, Slot>,
    /// By what was required.
    loaded: HashMap<Id, Loaded>,
    outstanding: usize,
    /// Faults of the project that show only on the way, by their text.
    pub(crate) faults: BTreeMap<String, ProjectError>,
}

impl<'a> Loader<'a> {
    pub(crate) fn new(
        project: &'a Project,
        running: String,
        source: &'a mut dyn GoModSource,
    ) -> Result<Self, ProjectError> {
        let mut ids = Ids::default();
        let mut mains = HashMap::new();
        let mut excluded = HashSet::new();
        for (i, main) in project.mains.iter().enumerate() {
            if let Some(decl) = &main.modfile.module {
                mains.insert(ids.path_id(&decl.path), i);
            }
            excluded.extend(main.modfile.exclude.iter().map(|x| ids.intern(&x.module)));
        }
        Ok(Self {
            ids,
            project,
            replacements: Replacements::new(project)?,
            running,
            mains,
            excluded,
            source,
            raw: HashMap::new(),
            loaded: HashMap::new(),
            outstanding: 0,
            faults: BTreeMap::new(),
        })
    }

    pub(crate) fn is_main(&self, path: PathId) -> bool {
        self.mains.contains_key(&path)
    }

    /// The main modules, in order.
    pub(crate) fn mains(&mut self) -> Vec<Id> {
        let decls = self.project.mains.iter().filter_map(|m| m.modfile.module.as_ref());
        decls.map(|decl| self.ids.id(&decl.path, "")).collect()
    }

    /// What is used for a module: its replacement or itself.
    pub(crate) fn actual(&mut self, m: &ModuleVersion) -> ModuleVersion {
        self.replacement(m).unwrap_or_else(|| m.clone())
    }

    /// What replaces a module, be it by itself. A conflict between go.mod
    /// files is remembered, and the module taken as it is.
    pub(crate) fn replacement(&mut self, m: &ModuleVersion) -> Option<ModuleVersion> {
        let main = m.version.is_empty() && self.ids.find_path(&m.path).is_some_and(|p| self.is_main(p));
        if main || gover::is_toolchain(&m.path) {
            return None;
        }
        self.replacements.get(m).unwrap_or_else(|fault| {
            self.faults.insert(fault.to_string(), fault);
            None
        })
    }

    /// The summary of `m`, or `None` where it has been asked for and will come
    /// from [`Loader::wait`].
    pub(crate) fn load(&mut self, m: Id) -> Option<Loaded> {
        if let Some(loaded) = self.loaded.get(&m) {
            return Some(Rc::clone(loaded));
        }
        if gover::is_toolchain(self.ids.path(m)) {
            let summary = self.toolchain_summary(m);
            return Some(self.keep(m, Ok(summary)));
        }
        let required = self.ids.module(m);
        let actual = self.actual(&required);
        let key = self.ids.intern(&actual);
        match self.raw.get_mut(&key) {
            Some(Slot::Waiting(waiting)) => {
                waiting.push(m);
                None
            }
            Some(Slot::Done(raw)) => {
                let raw = Rc::clone(raw);
                Some(self.finish(m, &raw))
            }
            None => match self.read(&actual) {
                Some(raw) => {
                    let raw = Rc::new(raw);
                    self.raw.insert(key, Slot::Done(Rc::clone(&raw)));
                    Some(self.finish(m, &raw))
                }
                None => {
                    self.raw.insert(key, Slot::Waiting(vec![m]));
                    self.outstanding += 1;
                    self.source.request(&actual);
                    None
                }
            },
        }
    }

    /// Waits for one answer of the source; the modules that now have their
    /// summary. Empty when nothing is outstanding.
    pub(crate) fn wait(&mut self) -> Vec<(Id, Loaded)> {
        while self.outstanding > 0 {
            let answer = self.source.next();
            let Some((actual, data)) = answer else {
                return self.give_up();
            };
            let key = self.ids.intern(&actual);
            // An answer nobody waits for is not ours.
            if !matches!(self.raw.get(&key), Some(Slot::Waiting(_))) {
                continue;
            }
            self.outstanding -= 1;
            let raw = Rc::new(match data {
                Ok(data) => self.parse(&actual, "go.mod", &data),
                Err(e) => Err(LoadFault::Source(e)),
            });
            return self.deliver(key, &raw);
        }
        Vec::new()
    }

    /// The source says that nothing is outstanding though something is.
    fn give_up(&mut self) -> Vec<(Id, Loaded)> {
        let waiting = |slot: &Slot| matches!(slot, Slot::Waiting(_));
        let left: Vec<Id> = self.raw.iter().filter(|(_, slot)| waiting(slot)).map(|(&key, _)| key).collect();
        self.outstanding = 0;
        let error = SourceError::new("the source ended without an answer");
        let mut done = Vec::new();
        for key in left {
            done.append(&mut self.deliver(key, &Rc::new(Err(LoadFault::Source(error.clone())))));
        }
        done
    }

    fn deliver(&mut self, key: Id, raw: &Raw) -> Vec<(Id, Loaded)> {
        let slot = self.raw.insert(key, Slot::Done(Rc::clone(raw)));
        let Some(Slot::Waiting(waiting)) = slot else { return Vec::new() };
        waiting.into_iter().map(|m| (m, self.finish(m, raw))).collect()
    }

    /// Reads what needs no source: a main module of the workspace, a
    /// replacement directory, a path that cannot be asked for.
    fn read(&mut self, actual: &ModuleVersion) -> Option<Result<RawSummary, LoadFault>> {
        if !actual.version.is_empty() {
            return checked(actual).err().map(Err);
        }
        let main = self.ids.find_path(&actual.path).and_then(|p| self.mains.get(&p));
        if let Some(main) = main.and_then(|&i| self.project.mains.get(i)) {
            return Some(Ok(self.summarize(&main.modfile)));
        }
        let dir = self.replacements.directory(&actual.path);
        let read = match self.project.directories.get(&dir) {
            Some(Ok(data)) => self.parse(actual, &format!("{dir}/go.mod"), data),
            Some(Err(e)) => Err(LoadFault::Source(e.clone())),
            None => {
                let e = format!("replacement directory {dir} was not read");
                Err(LoadFault::Source(SourceError::new(e)))
            }
        };
        Some(read)
    }

    fn parse(&mut self, actual: &ModuleVersion, name: &str, data: &[u8]) -> Result<RawSummary, LoadFault> {
        let file = modfile::parse_lax(name, data).map_err(LoadFault::Parse)?;
        let named = file.module.as_ref().is_some_and(|m| !m.path.is_empty());
        if !actual.version.is_empty() && !named {
            return Err(LoadFault::NoModuleLine);
        }
        Ok(self.summarize(&file))
    }

    /// cmd/go modload/modfile.go, summaryFromModFile.
    fn summarize(&mut self, file: &ModFile) -> RawSummary {
        let go = file.go.as_ref().map(|go| go.version.clone());
        let mut require: Vec<Id> = file.require.iter().map(|r| self.ids.intern(&r.module)).collect();
        let mut too_new = false;
        if let Some(go) = go.as_deref()
            && gover::compare(go, GO_STRICT_VERSION).is_ge()
        {
            require.push(self.ids.id("go", go));
            too_new = gover::compare(go, &self.running).is_gt();
        }
        let pruning = go.as_deref().map_or(Pruning::Unpruned, Pruning::for_go_version);
        RawSummary {
            path: file.module.as_ref().map(|m| m.path.clone()),
            go,
            summary: Summary { pruning, require: require.into() },
            too_new,
        }
    }

    /// go at 1.21 or later requires its toolchain; a toolchain nothing.
    fn toolchain_summary(&mut self, m: Id) -> Summary {
        let version = self.ids.version(m).to_owned();
        let strict = self.ids.path(m) == "go" && gover::compare(&version, GO_STRICT_VERSION).is_ge();
        let require =
            if strict { vec![self.ids.id("toolchain", &format!("go{version}"))] } else { Vec::new() };
        Summary { pruning: Pruning::Pruned, require: require.into() }
    }

    /// Applies this project's rules to what was read for `m`.
    fn finish(&mut self, m: Id, raw: &Raw) -> Loaded {
        if let Some(loaded) = self.loaded.get(&m) {
            return Rc::clone(loaded);
        }
        let module = self.ids.module(m);
        let actual = self.actual(&module);
        let fail = |reason| LoadError { module: module.clone(), actual: actual.clone(), reason };
        let result = match &**raw {
            Err(fault) => Err(fail(fault.clone())),
            Ok(raw) if raw.too_new => Err(fail(LoadFault::TooNew {
                go: raw.go.clone().unwrap_or_default(),
                running: self.running.clone(),
            })),
            Ok(raw) => match &raw.path {
                // Of a directory anything goes.
                Some(declared)
                    if !actual.version.is_empty() && *declared != module.path && *declared != actual.path =>
                {
                    let (declared, required) = (declared.clone(), module.path.clone());
                    Err(fail(LoadFault::PathMismatch { declared, required }))
                }
                _ => Ok(self.without_excluded(&raw.summary)),
            },
        };
        self.keep(m, result)
    }

    fn keep(&mut self, m: Id, result: Result<Summary, LoadError>) -> Loaded {
        let loaded = Rc::new(result);
        self.loaded.insert(m, Rc::clone(&loaded));
        loaded
    }

    fn without_excluded(&self, summary: &Summary) -> Summary {
        if !summary.require.iter().any(|r| self.excluded.contains(r)) {
            return summary.clone();
        }
        let kept = summary.require.iter().copied().filter(|r| !self.excluded.contains(r));
        Summary { pruning: summary.pruning, require: kept.collect() }
    }

    /// Whether the main modules exclude this version.
    pub(crate) fn is_excluded(&self, m: Id) -> bool {
        self.excluded.contains(&m)
    }

    /// The go line of a module's go.mod file, if that file was read.
    pub(crate) fn go_version(&self, actual: &ModuleVersion) -> Option<String> {
        let key = self.ids.find(&actual.path, &actual.version)?;
        match self.raw.get(&key)? {
            Slot::Done(raw) => raw.as_ref().as_ref().ok()?.go.clone(),
            Slot::Waiting(_) => None,
        }
    }

    /// The `.mod` files that were asked of the source, sorted.
    pub(crate) fn touched(&self) -> Vec<ModuleVersion> {
        let keys = self.raw.keys().map(|&key| self.ids.module(key));
        let mut touched: Vec<_> = keys.filter(|m| !m.version.is_empty()).collect();
        touched.sort();
        touched
    }
}

/// Whether a module version can be asked of a proxy at all (cmd/go
/// modfetch/cache.go and proxy.go escape path and version first).
fn checked(m: &ModuleVersion) -> Result<(), LoadFault> {
    let fault = |e: module::ModuleError| LoadFault::Module(e.to_string());
    module::escape_path(&m.path).map_err(fault)?;
    module::escape_version(&m.version).map_err(fault)?;
    Ok(())
}
