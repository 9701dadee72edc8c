//! Words that are strings or versions (x/mod modfile/rule.go, parseString and
//! parseVersion; cmd/go/internal/modload/init.go, fixVersion).

use super::error::{LiteralProblem, Problem};
use crate::module::{
    InvalidVersion, VersionProblem, canonical_version, check_path_major, split_path_version,
};
use crate::quote::unquote;

/// What is done with versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Versions {
    /// They are made canonical, or refused.
    Canonical,
    /// Canonical ones must go with their path, others are kept as written: the
    /// go command would ask a proxy what they mean.
    AsWritten,
}

/// Reads a word that may be written as an interpreted Go string. Raw strings
/// are reserved.
pub(super) fn string(word: &str) -> Result<String, LiteralProblem> {
    if word.starts_with('"') {
        return unquote(word).ok_or(LiteralProblem::Syntax);
    }
    if word.contains(['"', '\'', '`']) {
        return Err(LiteralProblem::StrayQuote);
    }
    Ok(word.to_owned())
}

/// [`string`] for a directive's plain arguments.
pub(super) fn string_argument(word: &str) -> Result<String, Problem> {
    string(word).map_err(Problem::Literal)
}

impl Versions {
    /// Reads the version of the module `path`.
    pub(super) fn read(self, verb: &'static str, path: &str, word: &str) -> Result<String, Problem> {
        let refuse = |invalid| Problem::Version { verb, path: path.to_owned(), invalid };
        let version = string(word).map_err(|problem| refuse(InvalidVersion::new(word, problem.into())))?;
        self.fix(path, version).map_err(refuse)
    }

    fn fix(self, path: &str, version: String) -> Result<String, InvalidVersion> {
        match self {
            Self::Canonical => match canonical_version(&version) {
                canonical if canonical.is_empty() => {
                    Err(InvalidVersion::new(&version, VersionProblem::NotCanonical))
                }
                canonical => Ok(canonical),
            },
            Self::AsWritten => {
                let version = strip_gopkgin(path, version);
                let Some((_, path_major)) = split_path_version(path) else {
                    let problem = VersionProblem::ModulePath(path.to_owned());
                    return Err(InvalidVersion::new(&version, problem));
                };
                if version.is_empty() {
                    // Go's query would refuse it; to us it would name a main module.
                    return Err(InvalidVersion::new(&version, VersionProblem::NotCanonical));
                }
                if canonical_version(&version) == version {
                    check_path_major(&version, path_major)?;
                }
                Ok(version)
            }
        }
    }
}

/// Old go.mod files have versions like `v2.0.0-gopkgin-v2.1.0` for gopkg.in.
fn strip_gopkgin(path: &str, version: String) -> String {
    match version.split_once("-gopkgin-") {
        Some((_, real)) if path.starts_with("gopkg.in/") => real.to_owned(),
        _ => version,
    }
}

/// Checks a version that [`Versions::read`] gave against its path. One that is
/// kept as written says nothing yet.
pub(super) fn check_major(version: &str, path_major: &str) -> Result<(), InvalidVersion> {
    if canonical_version(version) == version { check_path_major(version, path_major) } else { Ok(()) }
}
