//! Which files of a module speak of its licence, by their names.

use airgo_plugin::FileEntry;
use serde::{Deserialize, Serialize};

use crate::combine::is_named;
use crate::groups::canonical;
use crate::statement::{Kind, Statement};

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// It says under which licence the module is.
    Licence,
    /// It says so of the documentation alone, by its name.
    Docs,
    /// A notice, a patent grant: read and told, but no licence of the module.
    Aside,
}

/// Files that are larger are no licences.
pub const MAX_BYTES: u64 = 1 << 20;

/// Ends of names that are sources or data, such as license.go.
const OTHER_KINDS: [&str; 32] = [
    "bash", "c", "cc", "cfg", "cpp", "css", "csv", "go", "golden", "h", "ini", "java", "jpg", "js", "json",
    "map", "mod", "png", "proto", "ps1", "py", "rb", "rs", "sh", "sum", "svg", "tmpl", "toml", "tpl", "ts",
    "yaml", "yml",
];

/// What the name of a file, without its directory, says that it is.
pub fn role(name: &str) -> Option<Role> {
    let name = name.to_lowercase();
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    if OTHER_KINDS.contains(&end) {
        return None;
    }
    const LICENCES: [&str; 9] = [
        "license",
        "licence",
        "unlicense",
        "unlicence",
        "copying",
        "copyright",
        "licensing",
        "licencing",
        "eula",
    ];
    const ASIDE: [&str; 3] = ["notice", "patents", "third"];
    // LICENSE2 and LICENSE(ee) too.
    let word = name.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    let is = |kind: &str| word == kind || word.strip_suffix('s') == Some(kind);
    if ASIDE.iter().any(|kind| is(kind)) {
        // third_party_licenses.txt, but no "thirdly"
        return (word != "third" || name.contains("licen") || name.contains("notice")).then_some(Role::Aside);
    }
    // LICENSE, COPYING.md, LICENSE-MIT, MIT-LICENSE.txt, LICENSES.third-party.
    let stem = name.strip_suffix(&format!(".{end}")).unwrap_or(&name);
    let last = stem.rsplit(['.', '-', '_', ' ']).next().unwrap_or_default();
    let licence = LICENCES.iter().any(|kind| is(kind) || last == *kind);
    licence.then(|| match () {
        () if is_others(&name) => Role::Aside,
        () if is_for_docs(&name) => Role::Docs,
        () => Role::Licence,
    })
}

/// LICENSE-3RD-PARTY and the like are about the code of others.
fn is_others(name: &str) -> bool {
    ["third", "3rd", "vendor", "depend"].iter().any(|word| name.contains(word))
}

/// LICENSE.docs, DOCS-LICENSE.txt; but LICENSE.doc is a format.
fn is_for_docs(name: &str) -> bool {
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    words.any(|word| ["docs", "documentation"].contains(&word)) || name == "copying.doc"
}

/// Whether a file by its name lists who holds the rights, and need not say
/// more.
pub fn is_copyright(path: &str) -> bool {
    path.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("copyright"))
}

/// The files at the root of a module, licences first.
pub fn at_root(files: &[FileEntry]) -> Vec<(Role, &FileEntry)> {
    let named = files.iter().filter(|f| !f.path.contains('/') && f.size <= MAX_BYTES);
    let mut found: Vec<_> = named.filter_map(|f| Some((role(&f.path)?, f))).collect();
    found.sort_by_key(|(role, file)| (*role, &file.path));
    found
}

/// No more files below the root are followed.
const MAX_NAMED: usize = 64;

/// The files below the root that files at the root name, or that lie in a
/// directory of which they say that it has a licence of its own; and those of
/// LICENSES/ that are named for a licence.
pub fn named<'a>(files: &'a [FileEntry], said: &[&Statement]) -> Vec<&'a FileEntry> {
    let wanted = |path: &str| {
        let Some((dir, name)) = path.rsplit_once('/') else { return false };
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        (dir == "LICENSES" && (canonical(stem).is_some() || stem.starts_with("LicenseRef-")))
            || said.iter().any(|said| {
                said.files.iter().any(|named| is_named(path, named))
                    || (said.kind == Kind::Part
                        && role(name) == Some(Role::Licence)
                        && said.dirs.iter().any(|named| dir == named))
            })
    };
    files.iter().filter(|f| f.size <= MAX_BYTES && wanted(&f.path)).take(MAX_NAMED).collect()
}

/// Licence files below the root: code that was copied in, or, in LICENSES/,
/// what <https://reuse.software> asks for.
pub fn nested(files: &[FileEntry]) -> Vec<&FileEntry> {
    let is_nested = |path: &str| {
        let Some((dir, name)) = path.rsplit_once('/') else { return false };
        let reuse = dir == "LICENSES" && name.ends_with(".txt");
        let fixture = dir.split('/').any(|part| part == "testdata" || part.starts_with('_'));
        !fixture && (reuse || role(name) == Some(Role::Licence))
    };
    files.iter().filter(|f| f.size <= MAX_BYTES && is_nested(&f.path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in [
            "LICENSE",
            "LICENCE.md",
            "License.txt",
            "LICENSE-MIT",
            "LICENSE.Apache-2.0",
            "COPYING",
            "COPYING.LESSER",
            "UNLICENSE",
            "MIT-LICENSE.txt",
            "COPYRIGHT",
            "LICENSING.md",
            "LICENSES",
            "GO_LICENSE",
            "LICENSE_BSD.rst",
            "LICENSE.libyaml",
            "LICENSE-enterprise",
            "COMMERCIAL-LICENSE.txt",
            "LICENSE2",
            "LICENSE(ee)",
            "EULA.md",
            "LICENSE.doc",
            "LICENSE-docker",
        ] {
            assert_eq!(role(name), Some(Role::Licence), "{name}");
        }
        for name in
            ["LICENSE.docs", "LICENSE-docs.txt", "docs_license", "License-Documentation.md", "COPYING.DOC"]
        {
            assert_eq!(role(name), Some(Role::Docs), "{name}");
        }
        for name in [
            "NOTICE",
            "NOTICE.txt",
            "PATENTS",
            "LICENSE-3RD-PARTY",
            "THIRD_PARTY_LICENSES",
            "third-party-notices.txt",
        ] {
            assert_eq!(role(name), Some(Role::Aside), "{name}");
        }
        for name in [
            "license.go",
            "licenses_test.go",
            "README.md",
            "copyright.sh",
            "LICENSE.json",
            "noticeable",
            "third.md",
        ] {
            assert_eq!(role(name), None, "{name}");
        }
    }
}
