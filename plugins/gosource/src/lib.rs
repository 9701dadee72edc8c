//! Go source files as far as `go list` reads them: package clause, imports as
//! the compiler decodes them, build constraints, file names and `//go:embed`
//! patterns. No function here does I/O; the crate is compiled for airgo and for
//! its plugins.
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
    if is_hidden(name) {
        return Truth::No;
    }
    let by_name = platform::by_name(name, tags);
    if source.unreadable {
        return by_name;
    }
    let by_text = source.evaluate(&|tag| tags.has(tag));
    if source.package == "documentation" {
        return Truth::No;
    }
    // A file that imports "C" is left out where cgo is off. A test may not
    // import it: go refuses such a file in either case.
    let cgo =
        source.error.is_none() && !name.ends_with("_test.go") && source.imports.iter().any(|i| i.path == "C");
    by_name.and(by_text).and(if cgo { tags.has("cgo") } else { Truth::Yes })
}

/// Names of files and directories that Go passes over, whatever is in them.
#[must_use]
pub fn is_hidden(name: &str) -> bool {
    name.starts_with(['_', '.'])
}
