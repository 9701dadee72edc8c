//! The document of `airgo check`.

use super::ids;
use crate::completeness::Problem;
use serde::Serialize;

/// Whether a checkout builds from a bundle without a network.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Completeness<'a> {
    /// Whether it does; else `problems` says why not.
    pub complete: bool,
    /// The digest of what the bundle holds, independent of who packed it and when.
    pub content_id: &'a str,
    /// The checkout.
    pub dir: String,
    /// The bundle.
    pub file: String,
    /// The modules that provide packages, the project's own among them.
    pub modules: usize,
    /// What other commands than go build, vet and test refuse.
    pub notes: &'a [String],
    /// The packages that go loads, without those of the standard library.
    pub packages: usize,
    /// The SHA-256 of these packages: a line each, `path module@version`, sorted.
    pub packages_sha256: String,
    /// The platforms that are built for.
    pub platforms: Vec<String>,
    /// What go refuses.
    pub problems: Vec<CompletenessProblem<'a>>,
    /// Names this document.
    pub schema: ids::CheckV1,
    /// The build tags that are set.
    pub tags: &'a [String],
    /// Whether go builds from a vendor directory, and takes no module from the
    /// bundle.
    pub vendored: bool,
}

/// Something that go refuses.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CompletenessProblem<'a> {
    /// The commands that fix it.
    pub fixes: &'a [String],
    /// The lines that go.sum lacks or has otherwise.
    pub go_sum: &'a [String],
    /// Who imports the package first.
    pub imported_by: Option<Importer<'a>>,
    /// What kind of thing is missing or wrong: `module`, `go-mod`, `toolchain`,
    /// `directory`, `package`, `own-package`, `not-listed`, `sum-missing`,
    /// `sum-mismatch`, `ambiguous`, `import`, `embed`, `file` or `project`.
    pub kind: &'a str,
    /// What go says.
    pub message: &'a str,
    /// The module, `path@version`.
    pub module: Option<String>,
    /// The package.
    pub package: Option<&'a str>,
    /// The platforms that it is a problem on; none means all.
    pub platforms: &'a [String],
    /// Whether only tests need it.
    pub tests_only: bool,
}

/// Who imports a package.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Importer<'a> {
    /// The file, where it is one of the project's.
    pub file: Option<String>,
    /// The line of the import there, from 1.
    pub line: Option<usize>,
    /// The importing package.
    pub package: &'a str,
    /// Its module's version; empty of a main module.
    pub version: &'a str,
}

impl<'a> From<&'a Problem> for CompletenessProblem<'a> {
    fn from(problem: &'a Problem) -> Self {
        let imported_by = problem.importer.as_ref().map(|importer| Importer {
            file: importer.file.as_deref().map(crate::paths::shown),
            line: importer.line,
            package: &importer.package,
            version: &importer.version,
        });
        Self {
            fixes: &problem.fixes,
            go_sum: &problem.sums,
            imported_by,
            kind: problem.kind.name(),
            message: &problem.message,
            module: problem.module.as_ref().map(ToString::to_string),
            package: problem.package.as_deref(),
            platforms: &problem.platforms,
            tests_only: problem.tests_only,
        }
    }
}
