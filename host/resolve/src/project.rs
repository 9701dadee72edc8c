//! What is resolved: the main module or the workspace, as already parsed files
//! and the places they are in. No file is opened here.

use std::collections::BTreeMap;

use airgo_gomod::gover;
use airgo_gomod::modfile::work::WorkFile;
use airgo_gomod::modfile::{ModFile, Replace};

use crate::paths;
use crate::resolution::Scope;
use crate::source::SourceError;

/// A main module.
#[derive(Clone, Debug)]
pub struct MainModule {
    /// Its directory, the root of relative replacement paths. In a workspace
    /// give absolute directories.
    pub dir: String,
    /// What messages call its go.mod file.
    pub file_name: String,
    /// The parsed file.
    pub modfile: ModFile,
}

/// A go.work file.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The directory it is in.
    pub dir: String,
    /// What messages call it.
    pub file_name: String,
    /// The parsed file.
    pub file: WorkFile,
}

/// A vendor directory.
#[derive(Clone, Debug, Default)]
pub struct Vendor {
    /// The bytes of modules.txt, where there is one.
    pub modules_txt: Option<Vec<u8>>,
}

/// Which of Go's two ways of loading to follow (cmd/go modload/init.go,
/// setDefaultBuildMod).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// `-mod=readonly`, as `go list -m all` and `go build` do: a go.mod file
    /// that would have to be rewritten is an error.
    #[default]
    Readonly,
    /// `-mod=mod`, as `go mod graph` and `go mod download` do: inconsistent
    /// requirements are raised in memory, and the result says so.
    Update,
}

/// Everything that decides the build list, apart from the go.mod files of
/// dependencies.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The main module; in a workspace, one for every `use` line, in order.
    pub mains: Vec<MainModule>,
    /// The go.work file, if one is in effect.
    pub workspace: Option<Workspace>,
    /// The go.mod files of replacement directories, by the directories that
    /// [`Project::replacement_directories`] gives. Those that are never
    /// reached may fail to read without harm.
    pub directories: BTreeMap<String, Result<Vec<u8>, SourceError>>,
    /// The version of the installed go command, such as `1.26.8`. Without one,
    /// the version that the main module or the workspace asks for.
    pub local_go: Option<String>,
    /// Whether go may not switch to the newer toolchain that go.mod asks for
    /// (GOTOOLCHAIN=local).
    pub local_toolchain_only: bool,
    /// Read-only, or with updates in memory.
    pub mode: Mode,
    /// How much a cache should hold; [`Scope::All`] may read more go.mod files.
    pub scope: Scope,
    /// The vendor directory beside go.mod or go.work. Give it to learn, as
    /// by `go list -m all`, that go does not look at the whole graph there;
    /// leave it out to resolve all the same (`-mod=mod`).
    pub vendor: Option<Vendor>,
}

impl Project {
    /// A single main module, without replacement directories.
    pub fn new(dir: impl Into<String>, modfile: ModFile) -> Self {
        let main = MainModule { dir: dir.into(), file_name: "go.mod".to_owned(), modfile };
        Self { mains: vec![main], ..Self::default() }
    }

    /// The directories that replace a module somewhere in the project, sorted:
    /// the keys that [`Project::directories`] should have.
    pub fn replacement_directories(&self) -> Vec<String> {
        let mut dirs: Vec<String> = Vec::new();
        let mut add = |dir: &str, replaces: &[Replace]| {
            let local = replaces.iter().filter(|r| r.new.version.is_empty());
            dirs.extend(local.map(|r| paths::join(dir, &r.new.path)));
        };
        if let Some(work) = &self.workspace {
            add(&work.dir, &work.file.replace);
        }
        for main in &self.mains {
            add(&main.dir, &main.modfile.replace);
        }
        dirs.sort();
        dirs.dedup();
        dirs
    }

    /// Whether go takes all sums of this project from go.sum (cmd/go modload,
    /// mustHaveSums).
    #[must_use]
    pub fn needs_sums(&self) -> bool {
        self.workspace.is_none() && self.mode == Mode::Readonly
    }

    /// Whether a go.work file is in effect.
    pub(crate) fn in_workspace(&self) -> bool {
        self.workspace.is_some()
    }

    /// The go version of the main module or the workspace, with Go's defaults
    /// for an absent line (cmd/go gover/version.go).
    pub fn go_version(&self) -> &str {
        let (go, default) = match &self.workspace {
            Some(work) => (work.file.go.as_ref(), DEFAULT_GO_WORK_VERSION),
            None => (self.mains.first().and_then(|m| m.modfile.go.as_ref()), DEFAULT_GO_MOD_VERSION),
        };
        go.map_or(default, |go| go.version.as_str())
    }

    /// The toolchain line of the main module or the workspace.
    pub(crate) fn toolchain(&self) -> Option<&str> {
        let toolchain = match &self.workspace {
            Some(work) => work.file.toolchain.as_ref(),
            None => self.mains.first().and_then(|m| m.modfile.toolchain.as_ref()),
        };
        toolchain.map(|t| t.name.as_str())
    }

    /// Whether go builds from the vendor directory by default (cmd/go
    /// modload/init.go, setDefaultBuildMod).
    pub fn builds_from_vendor(&self) -> bool {
        let Some(vendor) = &self.vendor else { return false };
        let go = match &self.workspace {
            Some(work) => work.file.go.as_ref(),
            None => self.mains.first().and_then(|m| m.modfile.go.as_ref()),
        };
        let text = vendor.modules_txt.as_deref().unwrap_or_default();
        let recent = go.is_some_and(|go| gover::compare(&go.version, "1.14").is_ge());
        recent && is_for_workspace(text) == self.in_workspace()
    }

    /// The go version that runs in the end: the installed one, or the newer
    /// one that go.mod or go.work makes it switch to.
    pub fn running_go(&self) -> String {
        let installed = self.local_go.as_deref().unwrap_or_default();
        if self.local_toolchain_only && self.local_go.is_some() {
            return installed.to_owned();
        }
        let switched = self.switched_from(installed);
        let version = switched.as_deref().map_or(installed, gover::from_toolchain);
        if version.is_empty() { self.go_version().to_owned() } else { version.to_owned() }
    }

    /// Its modules, each as the main module without the workspace: so `go mod
    /// tidy` and GOWORK=off see them. The same go runs.
    pub(crate) fn members(&self) -> Vec<Self> {
        if !self.in_workspace() {
            return Vec::new();
        }
        let alone = |main: &MainModule| Self {
            mains: vec![main.clone()],
            workspace: None,
            directories: self.directories.clone(),
            local_go: Some(self.running_go()),
            local_toolchain_only: true,
            mode: Mode::Update,
            scope: self.scope,
            vendor: None,
        };
        self.mains.iter().map(alone).collect()
    }
}

/// Whether modules.txt says in its first line that a workspace was vendored.
fn is_for_workspace(modules_txt: &[u8]) -> bool {
    let head = modules_txt.get(..512).unwrap_or(modules_txt);
    let first = head.split(|&b| b == b'\n').next().unwrap_or_default();
    let first = String::from_utf8_lossy(first);
    let annotations = first.strip_prefix("## ");
    annotations.is_some_and(|a| a.split(';').any(|entry| entry.trim() == "workspace"))
}

/// The go version of a go.mod file without a go line.
pub const DEFAULT_GO_MOD_VERSION: &str = "1.16";
/// The go version of a go.work file without a go line.
pub const DEFAULT_GO_WORK_VERSION: &str = "1.18";
/// Since this version a go.mod file lists all it needs, and module graphs are
/// pruned.
pub(crate) const EXPLICIT_INDIRECT_VERSION: &str = "1.17";
/// Since this version a go line is a minimum, and part of the graph.
pub(crate) const GO_STRICT_VERSION: &str = "1.21";
