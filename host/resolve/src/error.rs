//! What can go wrong, written as "a requires b requires c: reason" (cmd/go
//! mvs/errors.go).

use std::fmt;

use airgo_gomod::ModuleVersion;
use airgo_gomod::modfile::{ModFileErrors, Pos};

use crate::source::SourceError;

/// Why a project could not be resolved.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// There is no main module.
    #[error("{}", if *.in_workspace { "no modules were found in the workspace" } else { "no main module was given" })]
    NoMainModule {
        /// Whether a go.work file is in effect.
        in_workspace: bool,
    },
    /// A go.mod or go.work file of the project itself is not acceptable.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The go.mod file of a dependency could not be used.
    #[error(transparent)]
    Graph(#[from] Box<GraphError>),
    /// Go would build from the vendor directory, which does not say the whole
    /// graph.
    #[error("the module graph is not known from the vendor directory")]
    Vendored,
    /// go.mod would have to be rewritten first.
    #[error(transparent)]
    UpdatesNeeded(#[from] UpdatesNeeded),
}

/// A fault in the project's own go.mod or go.work file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{reason}", Place(.file, .pos))]
pub struct ProjectError {
    /// The file, as the project names it.
    pub file: String,
    /// Where in the file, if one line is to blame.
    pub pos: Option<Pos>,
    /// What is wrong.
    pub reason: ProjectFault,
}

struct Place<'a>(&'a str, &'a Option<Pos>);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(pos) => write!(f, "{}:{}: ", self.0, pos.line),
            None => write!(f, "{}: ", self.0),
        }
    }
}

/// What is wrong with a go.mod or go.work file of the project.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectFault {
    /// No module line.
    #[error("missing module declaration")]
    NoModuleLine,
    /// The module path is `go` or `toolchain`, or is malformed.
    #[error("invalid module path {path:?}: {reason}")]
    ModulePath {
        /// The path as written.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A version that only a query to a server could resolve.
    #[error("{module} is not at a canonical version; run \"go mod tidy\" to resolve it")]
    Version {
        /// The module as written.
        module: ModuleVersion,
    },
    /// A version whose major does not fit the path.
    #[error("{module}: {reason}")]
    PathMajor {
        /// The module as written.
        module: ModuleVersion,
        /// What is wrong with it.
        reason: String,
    },
    /// A malformed tool path.
    #[error("malformed tool path {path:?}: {reason}")]
    Tool {
        /// The path as written.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A malformed godebug line.
    #[error("godebug {key}={value}: {reason}")]
    Godebug {
        /// The setting.
        key: String,
        /// Its value.
        value: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A toolchain that is not called `goVERSION`.
    #[error("invalid toolchain {name:?}")]
    Toolchain {
        /// The toolchain as written.
        name: String,
    },
    /// Two replacements of one module.
    #[error(transparent)]
    Replacements(#[from] Box<ReplaceConflict>),
    /// A directory is used twice.
    #[error("path {dir} appears multiple times in workspace")]
    UsedTwice {
        /// The directory.
        dir: String,
    },
    /// Two modules of a workspace share a path.
    #[error("module {path} appears multiple times in workspace")]
    ModuleTwice {
        /// The module path.
        path: String,
    },
    /// go.work replaces one of its own modules.
    #[error("workspace module {path} is replaced at all versions")]
    MainReplaced {
        /// The module path.
        path: String,
    },
    /// A module of the workspace needs a newer go than go.work names.
    #[error("module {module} requires go >= {go}, but the workspace is at go {work}")]
    WorkTooOld {
        /// The module path.
        module: String,
        /// What its go line says.
        go: String,
        /// What go.work says or implies.
        work: String,
    },
    /// The installed go is too old, and may not switch to a newer toolchain.
    #[error("requires go >= {go} (have go {running})")]
    TooNew {
        /// What the go line says.
        go: String,
        /// The version of the go command in effect.
        running: String,
    },
}

/// Two replace lines that contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("conflicting replacements for {old}: {first} and {second}")]
pub struct ReplaceConflict {
    /// The module that is replaced.
    pub old: ModuleVersion,
    /// One replacement.
    pub first: ModuleVersion,
    /// The other.
    pub second: ModuleVersion,
}

/// A dependency whose go.mod file could not be used, and the way to it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", Chain(.chain, .error))]
pub struct GraphError {
    /// A shortest chain of requirements from a main module to the culprit.
    pub chain: Vec<ModuleVersion>,
    /// What is wrong with the last module of the chain.
    #[source]
    pub error: LoadError,
    /// Further failures, each with its chain, nearest first.
    pub others: Vec<(Vec<ModuleVersion>, LoadError)>,
}

struct Chain<'a>(&'a [ModuleVersion], &'a LoadError);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As in Go, the main module at the beginning goes without saying.
        let versioned = self.0.iter().skip_while(|m| m.version.is_empty());
        let by: Vec<&ModuleVersion> = versioned.collect();
        for m in by.iter().take(by.len().saturating_sub(1)) {
            write!(f, "{m} requires ")?;
        }
        self.1.fmt(f)
    }
}

/// A go.mod file that could not be used.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}: {reason}", Replaced(.module, .actual))]
pub struct LoadError {
    /// The module as required.
    pub module: ModuleVersion,
    /// What is used for it: itself, or its replacement; a directory has the
    /// empty version.
    pub actual: ModuleVersion,
    /// What is wrong.
    #[source]
    pub reason: LoadFault,
}

struct Replaced<'a>(&'a ModuleVersion, &'a ModuleVersion);

impl fmt::Display for Replaced<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == self.1 {
            write!(f, "{}", self.0)
        } else {
            write!(f, "{} (replaced by {})", self.0, self.1)
        }
    }
}

/// What is wrong with a dependency's go.mod file.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadFault {
    /// The source could not give it.
    #[error("reading go.mod: {0}")]
    Source(#[source] SourceError),
    /// The path or version cannot be asked for.
    #[error("{0}")]
    Module(String),
    /// It does not parse.
    #[error("parsing go.mod: {0}")]
    Parse(#[source] ModFileErrors),
    /// It has no module line.
    #[error("parsing go.mod: missing module line")]
    NoModuleLine,
    /// It belongs to another module.
    #[error("module declares its path as {declared}, but was required as {required}")]
    PathMismatch {
        /// The path on its module line.
        declared: String,
        /// The path by which it was required.
        required: String,
    },
    /// It needs a newer go than runs.
    #[error("module requires go >= {go} (have go {running})")]
    TooNew {
        /// What its go line says.
        go: String,
        /// The version of the go command in effect.
        running: String,
    },
}

/// go.mod is not consistent with the graph it leads to: `go` would rewrite it,
/// or in its read-only commands say "updates to go.mod needed".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("updates to go.mod needed: {}", .reasons.first().map_or_else(String::new, ToString::to_string))]
pub struct UpdatesNeeded {
    /// Why, in the order of go.mod's modules.
    pub reasons: Vec<UpdateReason>,
}

/// Why go.mod has to be rewritten.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpdateReason {
    /// Another version than the required one is selected.
    #[error("{}", NotSelected(.required, .selected.as_deref(), .chain))]
    NotSelected {
        /// The requirement as it is in go.mod.
        required: ModuleVersion,
        /// The version that wins; `None` where none does.
        selected: Option<String>,
        /// A shortest chain to the winner; empty where go.mod itself requires
        /// both.
        chain: Vec<ModuleVersion>,
    },
    /// A requirement that go.mod itself excludes.
    #[error("{0} is both required and excluded")]
    Excluded(ModuleVersion),
    /// A toolchain line that says nothing beyond the go line.
    #[error("the toolchain line {0} is redundant")]
    Toolchain(String),
}

struct NotSelected<'a>(&'a ModuleVersion, Option<&'a str>, &'a [ModuleVersion]);

impl fmt::Display for NotSelected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(required, selected, chain) = self;
        let by = match chain {
            [.., by, _] => by.to_string(),
            _ => "go.mod".to_owned(),
        };
        match (required.path.as_str(), selected) {
            (path @ ("go" | "toolchain"), Some(selected)) => {
                write!(f, "go.mod says {path} {}, but {by} requires {path} {selected}", required.version)
            }
            (_, Some(selected)) if chain.is_empty() => {
                write!(f, "go.mod requires both {required} and {selected}")
            }
            (_, Some(selected)) => write!(f, "go.mod requires {required}, but {by} requires {selected}"),
            (_, None) => write!(f, "go.mod requires {required}, but no version of it is selected"),
        }
    }
}
