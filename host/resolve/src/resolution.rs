//! The answer: what is selected, who requires it, and which files a cache has
//! to hold for it.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use airgo_gomod::{ModuleVersion, gover};

use crate::edges::Edges;
use crate::error::{GraphError, ResolveError, UpdatesNeeded};
use crate::loader::{Loader, Pruning};
use crate::paths;
use crate::project::{GO_STRICT_VERSION, Project};
use crate::requirements::Requirements;
use crate::update::Expanded;
use crate::walk::read_graph;

/// A module of the build list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected {
    /// The module; a main module has the empty version.
    pub module: ModuleVersion,
    /// What is used for it: itself or its replacement.
    pub replacement: Option<Replacement>,
    /// Whether it is a main module.
    pub main: bool,
    /// Whether a main module requires it without an `// indirect` mark.
    pub direct: bool,
    /// The go line of its go.mod file, as far as that file was read.
    pub go_version: Option<String>,
}

impl Selected {
    /// The module whose files are used: the replacement or the module itself;
    /// `None` for main modules and directories.
    pub fn stored(&self) -> Option<&ModuleVersion> {
        let m = match &self.replacement {
            Some(Replacement::Module(m)) => m,
            Some(Replacement::Directory { .. }) => return None,
            None => &self.module,
        };
        (!m.version.is_empty()).then_some(m)
    }
}

/// What a replace line puts in a module's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// Another module version.
    Module(ModuleVersion),
    /// A directory.
    Directory {
        /// As `go list -m` shows it: as written, or relative to go.work.
        path: String,
        /// Where it is, seen from the project's own directories.
        dir: String,
    },
}

/// How much a cache should hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// What `go mod download` fetches: enough to build, test, vet and vendor
    /// the main modules.
    #[default]
    Build,
    /// What `go mod download all` fetches, and what `go mod tidy` reads to
    /// stay compatible: enough for `go mod tidy` and `go test all` too.
    All,
}

/// The files of a cache, after replacement, each list sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Modules whose `.mod` is needed.
    pub mods: Vec<ModuleVersion>,
    /// Modules whose `.info` is needed: all of the build list, for
    /// `go list -m all` asks for it (cmd/go modload/build.go, moduleInfo).
    pub infos: Vec<ModuleVersion>,
    /// Modules whose `.zip` is needed.
    pub zips: Vec<ModuleVersion>,
}

/// A resolved project.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// The selected versions in the order of `go list -m all`.
    pub build_list: Vec<Selected>,
    /// Who requires whom.
    pub graph: Edges,
    /// The go.mod files that were read to know this, after replacement,
    /// sorted: those that go.sum has to have a `/go.mod` line for.
    pub go_mods: Vec<ModuleVersion>,
    /// Why `go` would rewrite go.mod first; only in [`crate::Mode::Update`].
    pub updates: Option<UpdatesNeeded>,
    /// Why the graph that `go mod tidy` compares with cannot be read; it would
    /// fail there too. Only in [`Scope::All`].
    pub tidy_fault: Option<Box<GraphError>>,
    /// The modules of a workspace that cannot be resolved each on its own, by
    /// path, and why: `go mod tidy` fails there too. Only in [`Scope::All`].
    pub lone_faults: Vec<(String, ResolveError)>,
    /// The zips of [`Scope::Build`].
    download: Vec<ModuleVersion>,
    /// What `go mod tidy` needs beyond the graph.
    tidy: Needs,
    /// See [`Resolution::advisable`].
    pub(crate) advisable: Vec<ModuleVersion>,
}

impl Resolution {
    /// What is known of a project without any go.mod file but its own: its main modules,
    /// and the directories that replace modules, whether or not they are selected. The
    /// packages that are loaded by it are those whose files the project itself has.
    #[must_use]
    pub fn of_directories(project: &Project) -> Self {
        let mains = project.mains.iter().filter_map(|main| Some((main, main.modfile.module.as_ref()?)));
        let mut build_list: Vec<Selected> = mains
            .map(|(main, declared)| Selected {
                module: ModuleVersion::new(declared.path.as_str(), ""),
                replacement: None,
                main: true,
                direct: false,
                go_version: main.modfile.go.as_ref().map(|go| go.version.clone()),
            })
            .collect();
        // Those of go.work go before those of its modules.
        let of_work = project.workspace.iter().map(|work| (&work.dir, &work.file.replace));
        let of_mains = project.mains.iter().map(|main| (&main.dir, &main.modfile.replace));
        for (dir, replaces) in of_work.chain(of_mains) {
            for line in replaces.iter().filter(|line| line.new.version.is_empty()) {
                if build_list.iter().all(|known| known.module.path != line.old.path) {
                    let (path, dir) = (line.new.path.clone(), paths::join(dir, &line.new.path));
                    build_list.push(Selected {
                        module: line.old.clone(),
                        replacement: Some(Replacement::Directory { path, dir }),
                        main: false,
                        direct: false,
                        go_version: None,
                    });
                }
            }
        }
        Self {
            build_list,
            graph: Edges::default(),
            go_mods: Vec::new(),
            updates: None,
            tidy_fault: None,
            lone_faults: Vec::new(),
            download: Vec::new(),
            tidy: Needs::default(),
            advisable: Vec::new(),
        }
    }

    pub(crate) fn new(loader: &mut Loader<'_>, expanded: Expanded) -> Self {
        let Expanded { requirements, graph, updates } = expanded;
        let go_mods = loader.touched();
        let mut build_list = Vec::new();
        for id in graph.build_list(&loader.ids) {
            let module = loader.ids.module(id);
            if gover::is_toolchain(&module.path) {
                continue;
            }
            let path = loader.ids.path_of(id);
            let main = module.version.is_empty() && loader.is_main(path);
            let replaced = loader.replacement(&module);
            let actual = replaced.as_ref().unwrap_or(&module);
            build_list.push(Selected {
                replacement: replaced.as_ref().map(|new| replacement(loader, new)),
                main,
                direct: !main && requirements.direct.contains(&path),
                go_version: if main {
                    main_go_version(loader.project, &module.path)
                } else {
                    loader.go_version(actual)
                },
                module,
            });
        }
        let nodes = graph.breadth_first(&loader.ids);
        let edges =
            nodes.iter().flat_map(|&m| graph.required(m).unwrap_or_default().iter().map(move |&r| (m, r)));
        let edges = Edges::of(&loader.ids, edges);
        let all = stored(&build_list);
        let download = match requirements.pruning {
            Pruning::Pruned => {
                let mut zips = BTreeSet::new();
                let requires = loader.project.mains.iter().flat_map(|m| &m.modfile.require);
                for r in requires {
                    let path = loader.ids.path_id(&r.module.path);
                    let selected = requirements
                        .root_selected(loader, path)
                        .filter(|_| !loader.is_main(path))
                        .or_else(|| graph.selected(path));
                    let Some(selected) = selected.map(|id| loader.ids.module(id)) else { continue };
                    let actual = loader.actual(&selected);
                    if !actual.version.is_empty() && !gover::is_toolchain(&actual.path) {
                        zips.insert(actual);
                    }
                }
                zips.into_iter().collect()
            }
            Pruning::Unpruned | Pruning::Workspace => all,
        };
        let advisable = stored(&build_list);
        let advisable = advisable
            .into_iter()
            .filter(|m| loader.replacement(&ModuleVersion::new(m.path.as_str(), "")).is_none());
        let advisable = advisable.collect();
        let (tidy, tidy_fault) = match tidy_needs(loader, &requirements, &build_list) {
            Ok(needs) => (needs, None),
            Err(fault) => (Needs::default(), Some(fault)),
        };
        Self {
            build_list,
            graph: edges,
            go_mods,
            updates,
            tidy_fault,
            lone_faults: Vec::new(),
            download,
            tidy,
            advisable,
        }
    }

    /// Adds what a module of the workspace needs on its own.
    pub(crate) fn add_lone(&mut self, path: String, lone: Result<Self, ResolveError>) {
        match lone {
            Ok(lone) => {
                let needs = lone.needs(Scope::All);
                self.tidy.mods = union([&self.tidy.mods, &needs.mods]);
                self.tidy.infos = union([&self.tidy.infos, &needs.infos]);
                self.tidy.zips = union([&self.tidy.zips, &needs.zips]);
                self.tidy_fault = self.tidy_fault.take().or(lone.tidy_fault);
            }
            Err(fault) => self.lone_faults.push((path, fault)),
        }
    }

    /// What a cache has to hold. For [`Scope::All`] the project has to be
    /// resolved in that scope.
    pub fn needs(&self, scope: Scope) -> Needs {
        let all = stored(&self.build_list);
        let (zips, tidy) = match scope {
            Scope::Build => (self.download.clone(), Needs::default()),
            Scope::All => (union([&all, &self.tidy.zips]), self.tidy.clone()),
        };
        let mods = union([&self.go_mods, &zips, &tidy.mods]);
        Needs { mods, infos: union([&all, &zips, &tidy.infos]), zips }
    }

    /// The zips of [`Scope::Build`], after replacement, sorted.
    pub fn zips(&self) -> &[ModuleVersion] {
        &self.download
    }

    /// Those who require this module version, sorted.
    pub fn requirers(&self, m: &ModuleVersion) -> Vec<&ModuleVersion> {
        let edges = self.graph.iter().filter(|(_, to)| *to == m);
        let by: BTreeSet<_> = edges.map(|(from, _)| from).collect();
        by.into_iter().collect()
    }

    /// A shortest chain of requirements from a main module to this module
    /// version, both ends included; `None` where it is not in the graph.
    pub fn required_by(&self, m: &ModuleVersion) -> Option<Vec<ModuleVersion>> {
        self.chains().to(m)
    }

    /// The same for many modules: the graph is walked once.
    pub fn chains(&self) -> Chains<'_> {
        Chains::new(self)
    }
}

/// Shortest chains to every module version of a graph.
pub struct Chains<'r> {
    first: HashMap<&'r ModuleVersion, Option<&'r ModuleVersion>>,
}

impl<'r> Chains<'r> {
    fn new(resolution: &'r Resolution) -> Self {
        let mut required: HashMap<&ModuleVersion, Vec<&ModuleVersion>> = HashMap::new();
        for (from, to) in resolution.graph.iter() {
            required.entry(from).or_default().push(to);
        }
        let mut first = HashMap::new();
        let mut queue = VecDeque::new();
        for main in resolution.build_list.iter().filter(|m| m.main) {
            first.insert(&main.module, None);
            queue.push_back(&main.module);
        }
        while let Some(m) = queue.pop_front() {
            for &r in required.get(m).into_iter().flatten() {
                first.entry(r).or_insert_with(|| {
                    queue.push_back(r);
                    Some(m)
                });
            }
        }
        Self { first }
    }

    /// The chain to one module version, both ends included.
    pub fn to(&self, m: &ModuleVersion) -> Option<Vec<ModuleVersion>> {
        let (&end, _) = self.first.get_key_value(m)?;
        let mut chain = vec![end.clone()];
        let mut at = end;
        while let Some(&Some(by)) = self.first.get(at) {
            chain.push(by.clone());
            at = by;
        }
        chain.reverse();
        Some(chain)
    }
}

fn stored(list: &[Selected]) -> Vec<ModuleVersion> {
    let stored: HashSet<_> = list.iter().filter_map(Selected::stored).cloned().collect();
    let mut stored: Vec<_> = stored.into_iter().collect();
    stored.sort();
    stored
}

/// The union of several lists, sorted.
fn union<'m>(lists: impl IntoIterator<Item = &'m Vec<ModuleVersion>>) -> Vec<ModuleVersion> {
    let all: BTreeSet<&ModuleVersion> = lists.into_iter().flatten().collect();
    all.into_iter().cloned().collect()
}

/// Before go 1.21, `go mod tidy` also looks at the graph as the previous
/// release of Go sees it; at go 1.17 that one knows no pruning (cmd/go
/// modload/load.go, checkTidyCompatibility). There it asks again which modules
/// provide the packages that are imported, and looks into every module whose
/// path is above a package's. Which packages these are is not known here, but
/// all of them are in `known` modules.
fn tidy_needs(
    loader: &mut Loader<'_>,
    rs: &Requirements,
    known: &[Selected],
) -> Result<Needs, Box<GraphError>> {
    let go = loader.project.go_version();
    let strict = gover::compare(go, GO_STRICT_VERSION).is_ge();
    let compatible = if strict { go.to_owned() } else { gover::prev(go) };
    let unpruned = Pruning::for_go_version(&compatible) == Pruning::Unpruned;
    if loader.project.scope != Scope::All || rs.pruning != Pruning::Pruned || !unpruned {
        return Ok(Needs::default());
    }
    let graph = read_graph(loader, Pruning::Unpruned, &rs.roots)?;
    let below: HashSet<&str> = known.iter().map(|m| m.module.path.as_str()).collect();
    let above: HashSet<&str> = below.iter().flat_map(|path| ancestors(path)).collect();
    let mut zips = BTreeSet::new();
    for id in graph.build_list(&loader.ids) {
        let m = loader.ids.module(id);
        let concerned = above.contains(m.path.as_str()) || ancestors(&m.path).any(|p| below.contains(p));
        let actual = loader.actual(&m);
        if concerned && !actual.version.is_empty() && !gover::is_toolchain(&actual.path) {
            zips.insert(actual);
        }
    }
    Ok(Needs { mods: loader.touched(), infos: Vec::new(), zips: zips.into_iter().collect() })
}

/// A path and those above it: `a/b/c`, `a/b`, `a`.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(above, _)| above))
}

fn replacement(loader: &Loader<'_>, actual: &ModuleVersion) -> Replacement {
    if actual.version.is_empty() {
        let dir = loader.replacements.directory(&actual.path);
        Replacement::Directory { path: actual.path.clone(), dir }
    } else {
        Replacement::Module(actual.clone())
    }
}

fn main_go_version(project: &Project, path: &str) -> Option<String> {
    let of_path =
        |m: &&crate::project::MainModule| m.modfile.module.as_ref().is_some_and(|decl| decl.path == path);
    let main = project.mains.iter().find(of_path)?;
    main.modfile.go.as_ref().map(|go| go.version.clone())
}
