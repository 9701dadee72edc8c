//! Go source files as far as `go list` reads them: package clause, imports as
//! the compiler decodes them, build constraints, file names and `//go:embed`
//! patterns; and the packages that imports lead to ([`closure`]). No function here
//! does I/O; the crate is compiled for airgo and for its plugins.
//!
//! The reference is go/build (read.go, build.go), go/build/constraint and
//! go/parser in its ImportsOnly mode. The code behind the imports is not
//! parsed; [`Tokens`] splits it for those who look for comments in it.
//!
//! ```
//! use airgo_gosource::{Tags, Truth, is_built, read};
//!
//! let source = read(b"//go:build tools\n\npackage a\n\nimport x \"os\\x2fexec\"\n");
//! assert_eq!(source.imports[0].path, "os/exec");
//! assert_eq!(source.imports[0].line, 5);
//! assert_eq!(is_built("a.go", &source, &Tags::default()), Truth::No);
//! ```
//!
//! One difference is known: where Go asks for letters and decimal digits by
//! Unicode category, all alphabetic and numeric characters are accepted here.
//! Go refuses a file in which that matters.

pub mod closure;
mod constraint;
mod embed;
mod header;
mod lexer;
mod parse;
mod platform;
mod read;
mod tokens;
mod unquote;

pub use constraint::{Expr, Truth};
pub use embed::embed_patterns;
pub use platform::{Platform, Tags};
pub use read::{Import, Source, SourceError, read};
pub use tokens::{Token, Tokens};

/// Whether a file of this name is built with these settings: what go/build
/// neither ignores by its name, its constraints or cgo, nor as documentation.
/// [`Truth::Maybe`] where that depends on what is not known. A file with errors
/// that is not ignored counts as built: go refuses the package because of it.
pub fn is_built(name: &str, source: &Source, tags: &Tags<'_>) -> Truth {
    let Some(when) = when_built(name, source) else { return Truth::No };
    when.iter().fold(Truth::Yes, |all, expr| all.and(expr.evaluate(&|tag| tags.has(tag))))
}

/// The conditions that all have to hold for a file of this name to be built;
/// `None` where no build has it. They say all that [`is_built`] goes by, for
/// whoever keeps them until the settings are known.
#[must_use]
pub fn when_built(name: &str, source: &Source) -> Option<Vec<Expr>> {
    if is_hidden(name) {
        return None;
    }
    let tag = |tag: &str| Expr::Tag(tag.to_owned());
    let mut when: Vec<Expr> = platform::tags_of_name(name).into_iter().map(tag).collect();
    if source.unreadable {
        return Some(when);
    }
    if source.package == "documentation" {
        return None;
    }
    when.extend(source.constraints.iter().cloned());
    // A file that imports "C" is left out where cgo is off. A test may not
    // import it: go refuses such a file in either case.
    if source.error.is_none() && !name.ends_with("_test.go") && source.imports.iter().any(|i| i.path == "C") {
        when.push(tag("cgo"));
    }
    Some(when)
}

/// Names of files and directories that Go passes over, whatever is in them.
#[must_use]
pub fn is_hidden(name: &str) -> bool {
    name.starts_with(['_', '.'])
}
