//! What can be wrong with a module path or version, in the words of
//! golang.org/x/mod/module.

use crate::quote::{quote, quote_char};

/// A module path or version, plain or escaped, that is not well formed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModuleError {
    /// A path breaks a rule of its kind (x/mod InvalidPathError).
    #[error("malformed {kind} path {}: {problem}", quote(path))]
    Path {
        /// Whose rules it breaks.
        kind: PathKind,
        /// The path as given.
        path: String,
        /// The rule.
        problem: PathProblem,
    },
    /// A version is wrong, with or without regard to its path.
    #[error(transparent)]
    Version(#[from] InvalidVersion),
    /// A version does not go with its module path (x/mod ModuleError).
    #[error("{path}@{}: invalid {}: {}", invalid.version, invalid.noun(), invalid.problem)]
    ModuleVersion {
        /// The module path.
        path: String,
        /// The version and what is wrong with it.
        invalid: InvalidVersion,
    },
    /// An escaped module path is not the escape of any string.
    #[error("invalid escaped module path {}", quote(.0))]
    EscapedPath(String),
    /// An escaped module path is the escape of a malformed one.
    #[error("invalid escaped module path {}: {problem}", quote(escaped))]
    UnescapedPath {
        /// The escaped path as given.
        escaped: String,
        /// What is wrong with the path that it escapes.
        problem: Box<ModuleError>,
    },
    /// An escaped version is not the escape of any string.
    #[error("invalid escaped version {}", quote(.0))]
    EscapedVersion(String),
    /// An escaped version is the escape of a malformed one.
    #[error("invalid escaped version {}: {problem}", quote(version))]
    UnescapedVersion {
        /// The version that it escapes.
        version: String,
        /// What is wrong with it.
        problem: PathProblem,
    },
}

/// A version with what is wrong with it (x/mod InvalidVersionError).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} {} invalid: {problem}", self.noun(), quote(version))]
pub struct InvalidVersion {
    /// The version as given.
    pub version: String,
    /// Whether it was read as a pseudo-version.
    pub pseudo: bool,
    /// What is wrong with it.
    pub problem: VersionProblem,
}

impl InvalidVersion {
    pub(crate) fn new(version: &str, problem: VersionProblem) -> Self {
        Self { version: version.to_owned(), pseudo: false, problem }
    }

    pub(crate) fn pseudo(version: &str, problem: VersionProblem) -> Self {
        Self { version: version.to_owned(), pseudo: true, problem }
    }

    /// What Go calls it: `version` or `pseudo-version`.
    pub fn noun(&self) -> &'static str {
        if self.pseudo { "pseudo-version" } else { "version" }
    }
}

/// What is wrong with a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VersionProblem {
    /// Not a semantic version at all.
    #[error("not a semantic version")]
    NotSemver,
    /// Not even the shorthand of a semantic version.
    #[error("must be of the form v1.2.3")]
    NotCanonical,
    /// The major version is not that of the module path.
    #[error("should be {want}, not {got}")]
    Major {
        /// What the path allows.
        want: String,
        /// What the version has; empty where it is not a version.
        got: String,
    },
    /// The path that the version belongs to is malformed.
    #[error("malformed module path {}", quote(.0))]
    ModulePath(String),
    /// The version cannot be part of a file name.
    #[error("disallowed version string")]
    Disallowed,
    /// The version is written in quotes that do not make a Go string.
    #[error(transparent)]
    Literal(#[from] crate::modfile::LiteralProblem),
    /// Not a pseudo-version.
    #[error("syntax error")]
    PseudoSyntax,
    /// A pseudo-version whose time does not exist.
    #[error("malformed time {}", quote(.0))]
    PseudoTime(String),
    /// A pseudo-version like `v2.0.0-…+incompatible`.
    #[error("lacks base version, but has build metadata {}", quote(.0))]
    PseudoBuild(String),
    /// A pseudo-version like `v1.0.0-0.…`.
    #[error("version before {0} would have negative patch number")]
    PseudoNegativePatch(String),
}

/// The three kinds of path, each with rules of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathKind {
    /// The path of a module.
    Module,
    /// The path of a package.
    Import,
    /// The path of a file in a module.
    File,
}

impl std::fmt::Display for PathKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Module => "module",
            Self::Import => "import",
            Self::File => "file",
        })
    }
}

/// Which rule a path breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathProblem {
    /// Nothing there.
    #[error("empty string")]
    Empty,
    /// Starts with `-`.
    #[error("leading dash")]
    LeadingDash,
    /// Holds `//`.
    #[error("double slash")]
    DoubleSlash,
    /// Ends with `/`.
    #[error("trailing slash")]
    TrailingSlash,
    /// Starts with `/`.
    #[error("empty path element")]
    EmptyElement,
    /// An element of dots only.
    #[error("invalid path element {}", quote(.0))]
    DotElement(String),
    /// An element starts with a dot, in a module path.
    #[error("leading dot in path element")]
    LeadingDot,
    /// An element ends with a dot.
    #[error("trailing dot in path element")]
    TrailingDot,
    /// A character that this kind of path may not hold.
    #[error("invalid char {}", quote_char(*.0))]
    Char(char),
    /// An element that is a device on Windows.
    #[error("{} disallowed as path element component on Windows", quote(.0))]
    WindowsDevice(String),
    /// An element that looks like a short name on Windows (`progra~1`).
    #[error("trailing tilde and digits in path element")]
    WindowsShortName,
    /// The first element of a module path is not a domain name.
    #[error("missing dot in first path element")]
    FirstWithoutDot,
    /// The first element of a module path starts with `-`.
    #[error("leading dash in first path element")]
    FirstLeadingDash,
    /// The first element of a module path holds what no domain name does.
    #[error("invalid char {} in first path element", quote_char(*.0))]
    FirstChar(char),
    /// The path ends like `/v1`, `/v02` or `/v1.2`.
    #[error("invalid version")]
    MajorSuffix,
}
