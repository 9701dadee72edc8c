//! Whether building a package reads files of other directories of its module
//! without Go's saying so: what C, C++, Objective-C and assembly include, and what
//! `#cgo` lines give to the compiler and linker.
//!
//! What is looked for is more than a compiler would read: conditions are not
//! evaluated. go runs the compilers in the package's directory, and the C compiler
//! looks for headers there too (cmd/go work/exec.go, ccompile and GccCmd); the Go
//! assembler opens what is included from there (cmd/asm lex/input.go).

use super::files::{Entry, EntryKind, ModuleFiles, Place};
use super::load::Package;
use airgo_gomod::gosource::closure::join;
use std::collections::HashSet;

/// Ends of names of what a package with cgo is built from beside Go files (go/build,
/// fileListForExt), and of Go's assembler.
const C_KINDS: [&str; 19] = [
    "c", "cc", "cpp", "cxx", "m", "h", "hh", "hpp", "hxx", "f", "F", "for", "f90", "s", "S", "sx", "swig",
    "swigcxx", "inc",
];

/// Whether more than its own directory may be needed for a package, of which these
/// are the entries, and these its Go files with cgo.
pub(super) fn reach_out<F: ModuleFiles>(
    files: &mut F,
    package: &Package,
    entries: &[Entry],
    cgo: &[String],
) -> Result<bool, F::Error> {
    let mut reading =
        Reading { files, place: &package.place, dir: &package.dir, seen: HashSet::new(), open: Vec::new() };
    for entry in entries.iter().filter(|entry| matches!(entry.kind, EntryKind::File(_))) {
        let kind = entry.name.rsplit_once('.').map_or("", |(_, kind)| kind);
        // Without cgo only Go's assembler reads other files than those of Go.
        let used =
            if cgo.is_empty() { kind == "s" } else { C_KINDS.contains(&kind) || cgo.contains(&entry.name) };
        if used {
            reading.add(entry);
        }
    }
    while let Some((name, size)) = reading.open.pop() {
        let text = reading.files.read(reading.place, &join(reading.dir, &name), size)?;
        let text = String::from_utf8_lossy(&text);
        for reference in references(&text, cgo.contains(&name)) {
            match reference {
                Reference::Unknown => return Ok(true),
                Reference::To(path) => {
                    if reading.leads_out(path, entries)? {
                        return Ok(true);
                    }
                }
            }
        }
    }
    Ok(false)
}

struct Reading<'a, F> {
    files: &'a mut F,
    place: &'a Place,
    dir: &'a str,
    seen: HashSet<String>,
    /// What is still to be read, with its size.
    open: Vec<(String, u64)>,
}

impl<F: ModuleFiles> Reading<'_, F> {
    fn add(&mut self, entry: &Entry) {
        if let EntryKind::File(size) = entry.kind
            && self.seen.insert(entry.name.clone())
        {
            self.open.push((entry.name.clone(), size));
        }
    }

    /// Whether a path, from the package's directory, leads to something in another
    /// directory of the module. A file of the same directory is read in turn.
    fn leads_out(&mut self, path: &str, entries: &[Entry]) -> Result<bool, F::Error> {
        let Some(path) = clean(self.dir, path).filter(|path| path != self.dir) else { return Ok(false) };
        let (above, name) = path.rsplit_once('/').unwrap_or(("", &path));
        if above == self.dir {
            let entry = entries.iter().find(|entry| entry.name == name);
            if let Some(entry) = entry.filter(|entry| matches!(entry.kind, EntryKind::File(_))) {
                self.add(entry);
                return Ok(false);
            }
            return Ok(entry.is_some());
        }
        Ok(self.files.directory(self.place, above)?.iter().any(|entry| entry.name == name))
    }
}

/// A path from a directory, below the module's root; none where it leads out of the
/// module, where nothing of it is.
fn clean(dir: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Something outside a file that it names.
#[derive(Debug, PartialEq, Eq)]
enum Reference<'t> {
    /// A path from the package's directory.
    To(&'t str),
    /// Only a preprocessor knows what.
    Unknown,
}

/// What a file includes; of a Go file, what its `#cgo` lines name too.
fn references(text: &str, is_go: bool) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.trim_start();
        let line = if is_go { line.trim_start_matches(['/', '*']).trim_start() } else { line };
        if let Some(rest) = line.strip_prefix(['#', '%', '.']).map(str::trim_start) {
            if let Some(flags) = rest.strip_prefix("cgo").filter(|f| is_go && f.starts_with([' ', '\t'])) {
                found.extend(flags.split_once(':').into_iter().flat_map(|(_, flags)| paths_in_flags(flags)));
            } else if let Some(rest) = after_include(rest) {
                found.extend(included(rest, is_go));
            }
        } else if !is_go && let Some(rest) = line.strip_prefix("include").or(line.strip_prefix("INCLUDE")) {
            // Fortran.
            found.extend(quoted(rest.trim_start()).map(Reference::To));
        }
        for (at, _) in line.match_indices("incbin") {
            let rest = line[at + "incbin".len()..].trim_start().trim_start_matches('\\');
            let path = quoted(rest).map(|path| path.trim_end_matches('\\'));
            found.push(path.map_or(Reference::Unknown, Reference::To));
        }
    }
    found
}

/// What stands behind the word of a directive that includes a file.
fn after_include(line: &str) -> Option<&str> {
    let len = line.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(line.len());
    let (word, rest) = line.split_at(len);
    let is = matches!(word, "include" | "include_next" | "import" | "embed" | "includelib");
    is.then(|| rest.trim_start())
}

fn included(rest: &str, is_go: bool) -> Option<Reference<'_>> {
    if let Some(path) = quoted(rest) {
        return Some(Reference::To(path));
    }
    if let Some((path, _)) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        return Some(Reference::To(path));
    }
    // In Go a comment may begin so; in C it is a macro.
    let is_macro = rest.starts_with(|c: char| c.is_ascii_uppercase() || matches!(c, '_' | '\\' | '/'));
    (!is_go || is_macro).then_some(Reference::Unknown)
}

fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text.get(1..)?.split_once(quote).map(|(path, _)| path)
}

/// The paths that flags of a `#cgo` line may name: what stands behind `${SRCDIR}`,
/// which is the package's directory, and what does not begin with a slash.
fn paths_in_flags(flags: &str) -> impl Iterator<Item = Reference<'_>> {
    const BEFORE: [&str; 8] = ["-isystem", "-iquote", "-idirafter", "-include", "-imacros", "-I", "-L", "-F"];
    let parts = flags.split(|c: char| c.is_whitespace() || matches!(c, ',' | '"' | '\'' | ':' | '='));
    parts.filter_map(|part| {
        let path = match part.rsplit_once("${SRCDIR}") {
            Some((_, behind)) => behind.trim_start_matches('/'),
            None => match BEFORE.iter().find_map(|flag| part.strip_prefix(flag)) {
                Some(path) => path,
                None if part.starts_with('-') => return None,
                None => part,
            },
        };
        Some(Reference::To(path)).filter(|_| !path.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_root() {
        for (dir, path, cleaned) in [
            ("a/b", "x.h", Some("a/b/x.h")),
            ("a/b", "../x.h", Some("a/x.h")),
            ("a", "..", Some("")),
            ("", "../x.h", None),
            ("a", "../../x/y", None),
            ("a", "/usr/include", None),
            ("a", "./b//c/", Some("a/b/c")),
        ] {
            assert_eq!(clean(dir, path).as_deref(), cleaned, "{dir} {path}");
        }
    }

    #[test]
    fn what_files_name() {
        let to = |paths: &[&'static str]| paths.iter().map(|p| Reference::To(p)).collect::<Vec<_>>();
        for (text, is_go, wanted) in [
            ("#include \"a.h\"\n  #  include <b/c.h>\n", false, to(&["a.h", "b/c.h"])),
            ("#include_next <x.h>\n#import \"y.h\"\n#ifdef X\n", false, to(&["x.h", "y.h"])),
            ("#include FT_FREETYPE_H\n", false, vec![Reference::Unknown]),
            ("#include \\\n", false, vec![Reference::Unknown]),
            ("// #include \"a.h\"\nimport \"C\"\n", true, to(&["a.h"])),
            ("/*\n#include <a.h>\n*/\nimport \"C\"\n", true, to(&["a.h"])),
            ("// #include directives are for C\n", true, vec![]),
            ("//#include MACRO\n", true, vec![Reference::Unknown]),
            (
                "// #cgo linux CFLAGS: -O2 -I${SRCDIR}/include -I. -DX=1\n// #cgo LDFLAGS: -L${SRCDIR} -lx lib/x.a\n",
                true,
                to(&["include", ".", "1", "lib/x.a"]),
            ),
            (
                "// #cgo LDFLAGS: -Wl,-rpath,../lib -L ../x /usr/lib/y.a\n",
                true,
                to(&["../lib", "../x", "/usr/lib/y.a"]),
            ),
            ("  asm(\".incbin \\\"data.bin\\\"\");\n", false, to(&["data.bin"])),
            (".incbin \"x/data.bin\"\n.include \"m.s\"\n", false, to(&["m.s", "x/data.bin"])),
            ("asm(\".incbin \" FILE);\n", false, vec![Reference::Unknown]),
            ("      include 'mpif.h'\n", false, to(&["mpif.h"])),
        ] {
            let mut found = references(text, is_go);
            found.sort_by_key(|r| format!("{r:?}"));
            let mut wanted = wanted;
            wanted.sort_by_key(|r| format!("{r:?}"));
            assert_eq!(found, wanted, "{text}");
        }
    }
}
