//! What a module can hold beside plain Go code. Each is a rule.

use serde::{Deserialize, Serialize};

/// Id, summary and description of each, in the order of telling.
pub const FEATURES: [(Feature, &str, &str, &str); 10] = [
    (Feature::Cgo, "cgo", "C code, by way of cgo", include_str!("../rules/cgo.md")),
    (Feature::Assembly, "assembly", "assembly", include_str!("../rules/assembly.md")),
    (
        Feature::Linkname,
        "linkname",
        "//go:linkname, which reaches into other packages",
        include_str!("../rules/linkname.md"),
    ),
    (Feature::Unsafe, "unsafe", "package unsafe", include_str!("../rules/unsafe.md")),
    (Feature::Syscall, "syscall", "system calls", include_str!("../rules/syscall.md")),
    (Feature::Exec, "exec", "os/exec, which runs programs", include_str!("../rules/exec.md")),
    (Feature::Plugin, "plugin", "package plugin, which loads code", include_str!("../rules/plugin.md")),
    (Feature::Binary, "binary", "compiled code", include_str!("../rules/binary.md")),
    (Feature::Archive, "archive", "archives", include_str!("../rules/archive.md")),
    (
        Feature::Generate,
        "generate",
        "//go:generate, which runs programs",
        include_str!("../rules/generate.md"),
    ),
];

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Feature {
    Cgo,
    Assembly,
    Linkname,
    Unsafe,
    Syscall,
    Exec,
    Plugin,
    Binary,
    Archive,
    Generate,
}

impl Feature {
    pub fn id(self) -> &'static str {
        FEATURES.iter().find(|(own, ..)| *own == self).map_or("", |(_, id, ..)| id)
    }

    pub fn summary(self) -> &'static str {
        FEATURES.iter().find(|(own, ..)| *own == self).map_or("", |(_, _, summary, _)| summary)
    }

    pub fn parse(text: &str) -> Option<Self> {
        FEATURES.iter().find(|(_, id, ..)| *id == text).map(|(own, ..)| *own)
    }

    /// What an import brings in.
    pub fn of_import(path: &str) -> Option<Self> {
        match path {
            "C" => Some(Feature::Cgo),
            "unsafe" => Some(Feature::Unsafe),
            "os/exec" => Some(Feature::Exec),
            "plugin" => Some(Feature::Plugin),
            "syscall" => Some(Feature::Syscall),
            _ if path == "golang.org/x/sys" || path.starts_with("golang.org/x/sys/") => {
                Some(Feature::Syscall)
            }
            _ => None,
        }
    }

    /// What the name of a file says that it is.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, end) = name.rsplit_once('.')?;
        // Go compiles .s, .S and .sx, and links .syso into the program.
        match end {
            "s" | "S" | "sx" => return Some(Feature::Assembly),
            "syso" => return Some(Feature::Binary),
            // What go has swig turn into cgo.
            "swig" | "swigcxx" => return Some(Feature::Cgo),
            _ => {}
        }
        const BINARIES: [&str; 16] = [
            "a", "so", "o", "obj", "lib", "dll", "dylib", "exe", "wasm", "class", "jar", "war", "pyc",
            "node", "ko", "bc",
        ];
        const ARCHIVES: [&str; 17] = [
            "zip", "gz", "tgz", "tar", "bz2", "xz", "txz", "zst", "lz4", "7z", "rar", "br", "deb", "rpm",
            "apk", "iso", "whl",
        ];
        let end = end.to_ascii_lowercase();
        if BINARIES.contains(&end.as_str()) {
            Some(Feature::Binary)
        } else if ARCHIVES.contains(&end.as_str()) {
            Some(Feature::Archive)
        } else {
            None
        }
    }

    /// What the first bytes of a file say that it is.
    pub fn of_magic(bytes: &[u8]) -> Option<Self> {
        const BINARIES: [&[u8]; 9] = [
            b"\x7fELF",
            b"\0asm",
            b"!<arch>\n",
            b"\xfe\xed\xfa\xce",
            b"\xfe\xed\xfa\xcf",
            b"\xce\xfa\xed\xfe",
            b"\xcf\xfa\xed\xfe",
            b"\xca\xfe\xba\xbe",
            b"BC\xc0\xde",
        ];
        const ARCHIVES: [&[u8]; 7] = [
            b"PK\x03\x04",
            b"\x1f\x8b\x08",
            b"BZh",
            b"\xfd7zXZ\0",
            b"\x28\xb5\x2f\xfd",
            b"7z\xbc\xaf\x27\x1c",
            b"Rar!\x1a\x07",
        ];
        if BINARIES.iter().any(|magic| bytes.starts_with(magic)) {
            return Some(Feature::Binary);
        }
        // MZ alone starts many a text; a program has the place of its PE header
        // where the stub of DOS ends.
        if bytes.starts_with(b"MZ") && bytes.len() >= 64 && bytes.contains(&0) {
            return Some(Feature::Binary);
        }
        ARCHIVES.iter().any(|magic| bytes.starts_with(magic)).then_some(Feature::Archive)
    }

    /// Whether compiled code of that name can be linked into a program, as C
    /// code asks for it (`#cgo LDFLAGS`).
    pub fn may_be_linked(name: &str) -> bool {
        const RUN: [&str; 9] = ["exe", "wasm", "class", "jar", "war", "pyc", "node", "ko", "bc"];
        let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
        !end.is_some_and(|end| RUN.contains(&end.as_str()))
    }

    /// Whether a file of that name is looked into for its first bytes: text by
    /// its name is text, and thousands of files are.
    pub fn may_be_hidden(name: &str) -> bool {
        const TEXTS: [&str; 40] = [
            "go", "md", "txt", "mod", "sum", "work", "yaml", "yml", "json", "jsonl", "toml", "proto", "html",
            "htm", "css", "js", "ts", "tsx", "jsx", "svg", "xml", "csv", "tsv", "sh", "bash", "py", "rb",
            "c", "h", "cc", "cpp", "hpp", "java", "rs", "sql", "tmpl", "tpl", "golden", "rst", "adoc",
        ];
        match name.rsplit_once('.') {
            Some((_, end)) => !TEXTS.contains(&end.to_ascii_lowercase().as_str()),
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_first_bytes() {
        for (name, wanted) in [
            ("a.s", Some(Feature::Assembly)),
            ("a.syso", Some(Feature::Binary)),
            ("x.DLL", Some(Feature::Binary)),
            ("x.tar.gz", Some(Feature::Archive)),
            ("a.go", None),
            ("Makefile", None),
        ] {
            assert_eq!(Feature::of_name(name), wanted, "{name}");
        }
        assert_eq!(Feature::of_magic(b"\x7fELF\x02"), Some(Feature::Binary));
        assert_eq!(Feature::of_magic(b"PK\x03\x04"), Some(Feature::Archive));
        assert_eq!(
            Feature::of_magic(b"MZ, they said, and this is a text that goes on and on and on and on"),
            None
        );
        assert_eq!(Feature::of_magic(b""), None);
        assert!(Feature::may_be_hidden("data.bin"));
        assert!(!Feature::may_be_hidden("README.md"));
    }

    #[test]
    fn each_feature_is_a_rule() {
        for (feature, id, ..) in FEATURES {
            assert_eq!(feature.id(), id);
            assert_eq!(Feature::parse(id), Some(feature));
        }
        assert_eq!(Feature::of_import("golang.org/x/sys/unix"), Some(Feature::Syscall));
        assert_eq!(Feature::of_import("golang.org/x/system"), None);
    }
}
