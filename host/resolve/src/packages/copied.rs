//! What `go mod vendor` copies of a package's directory, file by file (cmd/go
//! modcmd/vendor.go, matchPotentialSourceFile, matchMetadata and vendorPkg).

use super::files::{Entry, EntryKind, ModuleFiles};
use super::load::Package;
use airgo_gomod::gosource::closure::join;
use airgo_gomod::gosource::{self, Source, SourceError, Truth, embed_patterns, is_hidden};
use airgo_gomod::gover;
use std::collections::BTreeSet;

/// A Go file as far as `go mod vendor` looks into it.
#[derive(Debug)]
pub(crate) struct GoFile {
    /// Its name in the directory.
    pub name: String,
    /// Whether no build can have it, such as one that is tagged `ignore`.
    pub ignored: bool,
    /// What it embeds, where that is copied.
    pub patterns: BTreeSet<String>,
    /// Why go refuses it.
    pub refused: Option<SourceError>,
}

/// The Go files of a directory, without tests where those are not read: go resolves
/// the patterns of all files, whatever their constraints; before go 1.22 those of
/// tests too.
pub(crate) fn go_files<F: ModuleFiles>(
    files: &mut F,
    package: &Package,
    entries: &[Entry],
    go: &str,
) -> Result<Vec<GoFile>, F::Error> {
    let with_tests = gover::compare(go, "1.22").is_lt();
    let mut found = Vec::new();
    for entry in entries {
        let (EntryKind::File(size) | EntryKind::LinkedFile(size)) = entry.kind else { continue };
        if !entry.name.ends_with(".go") || !with_tests && entry.name.ends_with("_test.go") {
            continue;
        }
        let text = files.read(&package.place, &join(&package.dir, &entry.name), size)?;
        let source = gosource::read(&text);
        let ignored = is_ignored(&source);
        let (mut patterns, mut refused) = (BTreeSet::new(), None);
        if !is_hidden(&entry.name) && source.package != "documentation" {
            if source.imports.iter().any(|import| import.path == "embed")
                && memchr::memmem::find(&text, b"//go:embed").is_some()
            {
                patterns = embed_patterns(&text);
            }
            refused = source.error;
        }
        found.push(GoFile { name: entry.name.clone(), ignored, patterns, refused });
    }
    Ok(found)
}

/// Whether no tags build a file, `ignore` not being one of them; go also takes
/// constraints that it cannot read for such (cmd/go imports.ShouldBuild).
fn is_ignored(source: &Source) -> bool {
    let is_nul = source.error.as_ref().is_some_and(|error| error.problem == "unexpected NUL");
    let tag = |tag: &str| if tag == "ignore" { Truth::No } else { Truth::Maybe };
    source.unreadable && !is_nul || source.evaluate(&tag) == Truth::No
}

/// Whether a file is copied for its name alone, of a Go file whose constraints are
/// not looked at.
pub(crate) fn is_copied(name: &str, go: &str) -> bool {
    let of_module = matches!(name, "go.mod" | "go.sum") && gover::compare(go, "1.17").is_ge();
    !name.ends_with("_test.go") && !of_module
}

/// Whether a file is copied from above a package, too.
pub(crate) fn is_metadata(name: &str) -> bool {
    const PREFIXES: [&str; 9] = [
        "AUTHORS",
        "CONTRIBUTORS",
        "COPYLEFT",
        "COPYING",
        "COPYRIGHT",
        "LEGAL",
        "LICENSE",
        "NOTICE",
        "PATENTS",
    ];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::is_ignored;
    use airgo_gomod::gosource::read;

    #[test]
    fn files_that_no_tags_build() {
        for (text, ignored) in [
            ("package a\n", false),
            ("//go:build ignore\n\npackage a\n", true),
            ("// +build ignore\n\npackage a\n", true),
            ("//go:build linux && ignore\n\npackage a\n", true),
            ("//go:build linux || ignore\n\npackage a\n", false),
            ("//go:build !ignore\n\npackage a\n", false),
            ("//go:build linux && !linux\n\npackage a\n", false),
            ("//go:build (\n\npackage a\n", true),
            ("//go:build a\n//go:build b\n\npackage a\n", true),
            ("package a\n\0", false),
            ("package\n", false),
        ] {
            assert_eq!(is_ignored(&read(text.as_bytes())), ignored, "{text}");
        }
    }
}
