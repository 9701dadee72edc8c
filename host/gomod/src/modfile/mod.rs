//! go.mod and go.work files (golang.org/x/mod/modfile): read, checked and
//! turned into typed directives with their positions. The text itself is never
//! changed or normalised: checksums are over the raw bytes.
//!
//! A file is read in one of three ways, as the go command does:
//!
//! * [`parse`], the main module's go.mod: every directive, strictly. Versions
//!   that are not canonical (`master`, `v1.2`) are legal there, since the go
//!   command asks for what they mean now; they are kept as written.
//! * [`parse_lax`], the go.mod of a dependency: what only counts in a main
//!   module, and what this program does not know, is passed over.
//! * [`work::parse`], a go.work.
//!
//! ```
//! use airgo_gomod::modfile;
//!
//! let text = b"module example.com/m\n\ngo 1.22\n\nrequire golang.org/x/mod v0.20.0 // indirect\n";
//! let file = modfile::parse("go.mod", text)?;
//! assert_eq!(file.go_version(), "1.22");
//! assert_eq!(file.require[0].module.to_string(), "golang.org/x/mod@v0.20.0");
//! assert!(file.require[0].indirect);
//!
//! let error = modfile::parse("go.mod", b"module m\nrequire (\n\tx v1\n").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "go.mod:4: syntax error (unterminated block started at go.mod:2:1)"
//! );
//! # Ok::<(), modfile::ModFileErrors>(())
//! ```

mod comments;
mod directives;
mod error;
mod lexer;
mod quick;
mod replace;
mod retract;
mod syntax;
mod versions;
pub mod work;

pub use error::{LiteralProblem, ModFileError, ModFileErrors, Pos, Problem};
pub use quick::module_path;
pub use replace::is_directory_path;

use crate::gover;
use crate::module::ModuleVersion;
use directives::Strictness;
use std::sync::Arc;

/// A go.mod file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModFile {
    /// The module directive.
    pub module: Option<ModuleDecl>,
    /// The go directive.
    pub go: Option<GoDecl>,
    /// The toolchain directive.
    pub toolchain: Option<ToolchainDecl>,
    /// The godebug directives.
    pub godebug: Vec<Godebug>,
    /// The require directives, in the file's order; duplicates are legal.
    pub require: Vec<Require>,
    /// The exclude directives.
    pub exclude: Vec<Exclude>,
    /// The replace directives.
    pub replace: Vec<Replace>,
    /// The retract directives.
    pub retract: Vec<Retract>,
    /// The tool directives.
    pub tool: Vec<Tool>,
    /// The ignore directives.
    pub ignore: Vec<Ignore>,
}

impl ModFile {
    /// The language version: that of the go line, or what its absence means
    /// (cmd/go/internal/gover FromGoMod).
    pub fn go_version(&self) -> &str {
        self.go.as_ref().map_or(gover::DEFAULT_GO_MOD_VERSION, |go| &go.version)
    }
}

/// `module PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleDecl {
    /// The module path, not checked.
    pub path: String,
    /// The message of a `// Deprecated:` paragraph.
    pub deprecated: Option<String>,
    /// Where the directive is.
    pub pos: Pos,
}

/// `go VERSION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoDecl {
    /// The version, such as `1.22` or `1.22.1`.
    pub version: String,
    /// Where the directive is.
    pub pos: Pos,
}

/// `toolchain NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolchainDecl {
    /// The name, such as `go1.22.1` or `default`.
    pub name: String,
    /// Where the directive is.
    pub pos: Pos,
}

/// `godebug KEY=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Godebug {
    /// What stands before the first `=`.
    pub key: String,
    /// What stands after it.
    pub value: String,
    /// Where the directive is.
    pub pos: Pos,
}

/// `require PATH VERSION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Require {
    /// The module; in a main module its version may not be canonical.
    pub module: ModuleVersion,
    /// Whether a `// indirect` comment stands behind it.
    pub indirect: bool,
    /// Where the directive is.
    pub pos: Pos,
}

/// `exclude PATH VERSION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclude {
    /// The module; its version may not be canonical.
    pub module: ModuleVersion,
    /// Where the directive is.
    pub pos: Pos,
}

/// `replace PATH [VERSION] => PATH [VERSION]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replace {
    /// What is replaced; an empty version means all versions.
    pub old: ModuleVersion,
    /// What replaces it; an empty version means that the path is a directory.
    pub new: ModuleVersion,
    /// Where the directive is.
    pub pos: Pos,
}

/// `retract VERSION` or `retract [LOW, HIGH]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retract {
    /// The lowest version retracted.
    pub low: String,
    /// The highest version retracted; the same as `low` for a single one.
    pub high: String,
    /// The comment that gives the reason; empty where there is none. The lines
    /// of a block share that of the block.
    pub rationale: Arc<str>,
    /// Where the directive is.
    pub pos: Pos,
}

/// `tool PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// The package path of the tool.
    pub path: String,
    /// Where the directive is.
    pub pos: Pos,
}

/// `ignore PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignore {
    /// The directory that package patterns pass over.
    pub path: String,
    /// Where the directive is.
    pub pos: Pos,
}

/// Reads the go.mod of a main module: x/mod Parse with the version fixer of
/// cmd/go/internal/modload, as far as it goes without a query. A canonical
/// version must go with its path; one that is not canonical is kept as written.
/// `file_name` is only for messages.
pub fn parse(file_name: &str, data: &[u8]) -> Result<ModFile, ModFileErrors> {
    directives::parse(file_name, data, Strictness::Main)
}

/// Reads the go.mod of a dependency, or of a directory that replaces one (x/mod
/// ParseLax): directives that only count in a main module, and unknown ones,
/// are passed over; versions are made canonical, and those that cannot be are
/// errors.
pub fn parse_lax(file_name: &str, data: &[u8]) -> Result<ModFile, ModFileErrors> {
    directives::parse(file_name, data, Strictness::Dependency)
}
