//! Go source files as far as the question "what does it import, and when"
//! goes: package clause, imports, build constraints and file names.
//!
//! The judge is go/build (read.go, build.go) and go/build/constraint; nothing
//! behind the imports is read.

mod constraint;
mod platform;
mod scan;

pub use constraint::{Expr, Truth};
pub use platform::{Platform, Tags};
pub use scan::{Header, SourceError, scan};

/// Whether a file of this name and header is built with these settings.
/// [`Truth::Maybe`] where that hangs on what is not known.
pub fn is_built(name: &str, header: &Header, tags: &Tags<'_>) -> Truth {
    // Go leaves out files that begin so, whatever is in them.
    if name.starts_with(['_', '.']) {
        return Truth::No;
    }
    let by_name = platform::by_name(name, tags);
    let by_text = header.constraint.as_ref().map_or(Truth::Yes, |expr| expr.evaluate(&|tag| tags.has(tag)));
    // A file that imports "C" is left out where cgo is off.
    let by_cgo = if header.imports.iter().any(|i| i == "C") { tags.has("cgo") } else { Truth::Yes };
    by_name.and(by_text).and(by_cgo)
}
