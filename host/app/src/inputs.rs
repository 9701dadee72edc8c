//! What decides what a bundle holds, as digests: `airgo key` prints one, and a packing
//! states them, so that `airgo pack --if-changed` knows whether there is anything to do.
//!
//! The same on every machine and in every checkout, for they are of what files say and
//! not of where they are, nor of comments, order and layout: of go.mod and go.work the
//! lines that go reads modules by (module, go, toolchain, require with its `// indirect`
//! mark, exclude, replace, tool, ignore), of go.sum the bytes, since go compares them.
//! What only the program is built by (`godebug`) and what others read (`retract`,
//! `// Deprecated`) is left out.

use crate::Context;
use crate::completeness::{Files, Modules, Names, Opened};
use crate::failure::{Failure, Result};
use crate::goenv::GoEnv;
use crate::paths::{clean, shown};
use crate::project::Loaded;
use crate::project::patterns::Arguments;
use crate::project::several::{self, Projects, relative};
use crate::requests::{Collect, Exact, Payload, Scope};
use airgo_bundle::manifest::SCHEMA_3;
use airgo_bundle::{Sha256, predicate};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::Platform;
use airgo_gomod::modfile::{self, ModFile, Replace};
use airgo_gomod::module::has_path_prefix;
use airgo_resolve::packages::{self, Builds, Closure, Settings, Starts};
use airgo_resolve::{Mode, Resolution};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The version of what the key is made of: another one is another key.
const VERSION: u32 = 1;

/// For what a key is wanted.
#[derive(Clone, Debug, Default)]
pub struct KeyRequest {
    /// As for a packing.
    pub dirs: Vec<PathBuf>,
    /// What the bundle would hold.
    pub collect: Collect,
    /// How it would store the files of modules.
    pub payload: Payload,
}

/// The key of the bundle that a packing would write.
#[derive(Clone, Debug)]
pub struct BundleKey {
    /// The digests.
    pub inputs: predicate::Inputs,
    /// The paths of the main modules, sorted.
    pub mains: Vec<String>,
    /// Modules that main modules require at several versions.
    pub skew: Vec<Skew>,
}

/// A module that main modules require at several versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skew {
    /// Its path.
    pub module: String,
    /// Each version with the main modules that require it, sorted.
    pub versions: Vec<(String, Vec<String>)>,
}

/// The digests of what decides what a bundle of these projects would hold. Neither a
/// network nor a module cache is needed.
///
/// # Errors
/// A project cannot be read: as for a packing.
pub fn bundle_key(context: &Context, request: &KeyRequest) -> Result<BundleKey> {
    let (dirs, payload) = arguments(&request.dirs, &request.payload, &context.env)?;
    let projects = several::load(&dirs, &context.env, request.collect.scope)?;
    let inputs = of(context, &request.collect, &payload, &projects)?;
    let mut mains: Vec<String> = projects
        .list
        .iter()
        .flat_map(|loaded| &loaded.project.mains)
        .map(|main| path(&main.modfile))
        .collect();
    mains.sort();
    Ok(BundleKey { inputs, mains, skew: skew(&projects) })
}

/// The projects among the arguments; of an exact payload also the packages.
///
/// # Errors
/// As [`Arguments::of`].
pub fn arguments(dirs: &[PathBuf], payload: &Payload, env: &GoEnv) -> Result<(Vec<PathBuf>, Payload)> {
    let Payload::Exact(exact) = payload else { return Ok((dirs.to_vec(), payload.clone())) };
    let Arguments { projects, mut packages } = Arguments::of(dirs, env)?;
    packages.extend(exact.packages.iter().cloned());
    Ok((projects, Payload::Exact(Exact { packages, ..exact.clone() })))
}

/// Everything that decides what a bundle holds. A member more is another key.
#[derive(Serialize)]
struct Everything {
    version: u32,
    bundle: &'static str,
    payload: &'static str,
    exact: Option<ExactParts>,
    scope: &'static str,
    platforms: BTreeSet<String>,
    tags: BTreeSet<String>,
    toolchains: BTreeSet<String>,
    /// Where a toolchain comes along: GOTOOLCHAIN says which.
    gotoolchain: Option<(Option<String>, bool)>,
    updates: bool,
    modules: Sha256,
    sums: BTreeMap<String, Sha256>,
}

#[derive(Serialize)]
struct ExactParts {
    tests: bool,
    vendor: bool,
    packages: BTreeSet<String>,
    imports: Sha256,
}

/// The digests for projects that are loaded; without that of a policy.
///
/// # Errors
/// A file of the projects cannot be read.
pub fn of(
    context: &Context,
    collect: &Collect,
    payload: &Payload,
    projects: &Projects,
) -> Result<predicate::Inputs> {
    let texts = |platforms: &[Platform]| platforms.iter().map(ToString::to_string).collect();
    let modules = modules(&projects.list, &projects.root)?;
    let exact = match payload {
        Payload::Exact(exact) => Some(exact),
        Payload::Zips | Payload::Compact => None,
    };
    let imports = imports(context, collect, exact, projects)?;
    let toolchain = match collect.toolchains.is_empty() {
        true => None,
        false => Some(context.env.toolchain()?),
    };
    let everything = Everything {
        version: VERSION,
        bundle: SCHEMA_3,
        payload: match payload {
            Payload::Zips => "goproxy-tree",
            Payload::Compact => "compact",
            Payload::Exact(_) => "exact",
        },
        exact: exact.map(|exact| ExactParts {
            tests: exact.tests,
            vendor: exact.vendor,
            packages: exact.packages.iter().cloned().collect(),
            imports,
        }),
        scope: match collect.scope {
            Scope::Build => "build",
            Scope::All => "all",
        },
        platforms: texts(&collect.platforms),
        tags: collect.tags.iter().cloned().collect(),
        toolchains: texts(&collect.toolchains),
        gotoolchain: toolchain.map(|setting| (setting.minimum, setting.switches)),
        updates: projects.list.iter().any(|loaded| loaded.project.mode == Mode::Update),
        modules,
        sums: sums(projects)?,
    };
    Ok(predicate::Inputs { key: digest(&everything)?, modules, imports, policy: None })
}

fn digest(value: &impl Serialize) -> Result<Sha256> {
    let text = serde_json::to_vec(value);
    Ok(Sha256::of(&text.map_err(|e| Failure::failed(format!("the key cannot be made: {e}")))?))
}

/// The go.sum files and those of workspaces, by their places; one that is not there is
/// an empty one.
fn sums(projects: &Projects) -> Result<BTreeMap<String, Sha256>> {
    let mut found = BTreeMap::new();
    for loaded in &projects.list {
        let mut files = vec![loaded.sum_file.clone()];
        if loaded.project.workspace.is_some() {
            files.extend(loaded.project.mains.iter().map(|main| Path::new(&main.dir).join("go.sum")));
        }
        for file in files {
            let bytes = match std::fs::read(&file) {
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
                Err(e) => return Err(Failure::failed(format!("could not read {}: {e}", shown(&file)))),
                Ok(bytes) => bytes,
            };
            found.insert(relative(&projects.root, &file), Sha256::of(&bytes));
        }
    }
    Ok(found)
}

/// What go reads modules by, of one project.
#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Lines {
    dir: String,
    work: Option<BTreeSet<String>>,
    mains: BTreeMap<String, BTreeSet<String>>,
    /// The go.mod files of directories that replace modules, as a dependency's count.
    directories: BTreeMap<String, BTreeSet<String>>,
}

/// The digest of what the go.mod and go.work files say of modules.
///
/// # Errors
/// None that is known.
pub fn modules(projects: &[Loaded], root: &Path) -> Result<Sha256> {
    let mut all: Vec<Lines> = projects.iter().map(|loaded| lines_of(loaded, root)).collect();
    all.sort();
    digest(&all)
}

fn lines_of(loaded: &Loaded, root: &Path) -> Lines {
    let project = &loaded.project;
    let at = |dir: &str| relative(root, &clean(Path::new(dir)));
    let work = project.workspace.as_ref().map(|work| {
        let mut lines: BTreeSet<String> = work.file.replace.iter().map(replace_line).collect();
        lines.extend(work.file.go.iter().map(|go| format!("go {:?}", go.version)));
        lines.extend(work.file.toolchain.iter().map(|line| format!("toolchain {:?}", line.name)));
        lines
    });
    let directories = project.directories.iter().map(|(dir, read)| {
        let lines = match read.as_ref().map(|bytes| (bytes, modfile::parse_lax("go.mod", bytes))) {
            Ok((_, Ok(file))) => lines(&file),
            // Who reaches it will say what is wrong.
            Ok((bytes, Err(_))) => [format!("bytes {}", Sha256::of(bytes))].into(),
            Err(_) => ["missing".to_owned()].into(),
        };
        (at(dir), lines)
    });
    Lines {
        dir: relative(root, &loaded.root),
        work,
        directories: directories.collect(),
        mains: project.mains.iter().map(|main| (at(&main.dir), lines(&main.modfile))).collect(),
    }
}

/// The lines of a go.mod, in no order.
fn lines(file: &ModFile) -> BTreeSet<String> {
    let module = |module: &ModuleVersion| format!("{:?} {:?}", module.path, module.version);
    let mut lines: BTreeSet<String> = file.replace.iter().map(replace_line).collect();
    lines.extend(file.module.iter().map(|line| format!("module {:?}", line.path)));
    lines.extend(file.go.iter().map(|line| format!("go {:?}", line.version)));
    lines.extend(file.toolchain.iter().map(|line| format!("toolchain {:?}", line.name)));
    lines.extend(file.require.iter().map(|line| {
        format!("require {}{}", module(&line.module), if line.indirect { " indirect" } else { "" })
    }));
    lines.extend(file.exclude.iter().map(|line| format!("exclude {}", module(&line.module))));
    lines.extend(file.tool.iter().map(|line| format!("tool {:?}", line.path)));
    lines.extend(file.ignore.iter().map(|line| format!("ignore {:?}", line.path)));
    lines
}

fn replace_line(line: &Replace) -> String {
    let Replace { old, new, .. } = line;
    format!("replace {:?} {:?} => {:?} {:?}", old.path, old.version, new.path, new.version)
}

/// No modules: what the project itself has says what it imports.
struct NoModules;

impl Modules for NoModules {
    fn has(&self, _: &ModuleVersion) -> bool {
        false
    }

    fn open(&self, module: &ModuleVersion) -> Result<Box<dyn Opened>> {
        Err(Failure::failed(format!("{module} is not at hand")))
    }
}

/// What the packages of each main module import of others, on which platforms, and
/// whether only for tests.
type Imported = BTreeMap<String, BTreeMap<String, (u64, bool)>>;

/// The digest of what the packages of the main modules import; of an exact payload those
/// that it is for.
fn imports(
    context: &Context,
    collect: &Collect,
    exact: Option<&Exact>,
    projects: &Projects,
) -> Result<Sha256> {
    let mut platforms = collect.platforms.clone();
    if platforms.is_empty() {
        platforms = Platform::ports();
    }
    platforms.sort_by_key(ToString::to_string);
    platforms.dedup();
    let mut files = Files::new(context, &NoModules, Names::GoFiles);
    let patterns = exact.map(|exact| exact.packages.as_slice()).unwrap_or_default();
    let starts = Starts { project: patterns.is_empty(), tools: false, patterns };
    let tests = exact.is_none_or(|exact| exact.tests);
    let mut all: Vec<(String, Imported, Option<Imported>)> = Vec::new();
    for loaded in &projects.list {
        let resolution = Resolution::of_directories(&loaded.project);
        let mut load = |builds, tests| -> Result<Imported> {
            let settings = Settings { builds, tests, embeds: false, sums: None, standard: &|_| None };
            let closure = packages::load_from(&starts, &loaded.project, &resolution, &settings, &mut files)?;
            Ok(imported(loaded, &closure))
        };
        let built = load(Builds::Of { platforms: &platforms, tags: &collect.tags, cgo: None }, tests)?;
        let vendored = match exact.is_some_and(|exact| exact.vendor) {
            true => Some(load(Builds::Any, true)?),
            false => None,
        };
        all.push((relative(&projects.root, &loaded.root), built, vendored));
    }
    all.sort();
    digest(&all)
}

fn imported(loaded: &Loaded, closure: &Closure) -> Imported {
    let mains = &loaded.project.mains;
    let named = |path: &str| {
        let requires = mains.iter().flat_map(|main| &main.modfile.require);
        requires.into_iter().any(|line| has_path_prefix(path, &line.module.path))
    };
    // Nothing else is of a module, but what the standard library has.
    let counts = |path: &str| path.split('/').next().is_some_and(|first| first.contains('.')) || named(path);
    let of = |main: &str| {
        let found = closure.imports_of_main(main).into_iter().filter(|(path, _)| counts(path));
        found.map(|(path, on)| (path.to_string(), (on.any(), on.is_tests_only()))).collect()
    };
    mains.iter().map(|main| path(&main.modfile)).map(|path| (path.clone(), of(&path))).collect()
}

fn path(file: &ModFile) -> String {
    file.module.as_ref().map(|module| module.path.clone()).unwrap_or_default()
}

/// The modules that main modules require at several versions, by path. Requirements of
/// main modules among each other do not count: a workspace uses none of those versions.
#[must_use]
pub fn skew(projects: &Projects) -> Vec<Skew> {
    let mains: Vec<&ModFile> =
        projects.list.iter().flat_map(|l| &l.project.mains).map(|main| &main.modfile).collect();
    let own: BTreeSet<String> = mains.iter().map(|file| path(file)).collect();
    let mut versions: BTreeMap<&str, BTreeMap<&str, BTreeSet<String>>> = BTreeMap::new();
    for file in mains {
        for line in file.require.iter().filter(|line| !own.contains(&line.module.path)) {
            let of_module = versions.entry(&line.module.path).or_default();
            of_module.entry(&line.module.version).or_default().insert(path(file));
        }
    }
    let several = versions.into_iter().filter(|(_, versions)| versions.len() > 1);
    let skew = several.map(|(module, versions)| {
        let mut versions: Vec<(String, Vec<String>)> = versions
            .into_iter()
            .map(|(version, mains)| (version.to_owned(), mains.into_iter().collect()))
            .collect();
        versions.sort_by(|(a, _), (b, _)| airgo_gomod::semver::compare(a, b).then_with(|| a.cmp(b)));
        Skew { module: module.to_owned(), versions }
    });
    skew.collect()
}

impl Skew {
    /// `example.com/lib at v1.0.0 (example.com/a) and v1.1.0 (example.com/b and 2 more)`.
    #[must_use]
    pub fn text(&self) -> String {
        let version = |(version, mains): &(String, Vec<String>)| {
            let first = mains.first().map(String::as_str).unwrap_or_default();
            match mains.len() {
                0 | 1 => format!("{version} ({first})"),
                n => format!("{version} ({first} and {} more)", n - 1),
            }
        };
        let versions: Vec<String> = self.versions.iter().map(version).collect();
        format!("{} at {}", self.module, versions.join(" and "))
    }
}
