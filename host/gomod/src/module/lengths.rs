//! How long the names of a module's files may be where a module cache is.

use super::{ModuleVersion, escape_path, escape_version};

/// An operating system, as far as the length of names goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// A name has at most 255 bytes, a path 4,095.
    Linux,
    /// A name has at most 255 UTF-16 units (APFS, HFS+), a path 1,023 bytes.
    MacOs,
    /// A name has at most 255 UTF-16 units (NTFS). A path has 259, except for
    /// programs that ask for more, as those written in Go do.
    Windows,
}

/// What a name, or a path as a whole, is too long for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooLong {
    /// The path below GOMODCACHE.
    pub path: String,
    /// The one element that is too long; none where the whole path is.
    pub element: Option<String>,
    /// How long the element or the path is.
    pub length: usize,
    /// In what the system counts these.
    pub unit: &'static str,
    /// How long it may be. Of a path what is left below `/go/pkg/mod/`, the
    /// shortest GOMODCACHE in use.
    pub limit: usize,
}

const ELEMENT: usize = 255;
/// What goes before a path: `/go/pkg/mod/`.
const SHORTEST_CACHE: usize = 12;
/// The longest suffix of the files in `cache/download`.
const LONGEST_SUFFIX: &str = ".ziphash";

impl System {
    /// Its name as people write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Linux => "Linux",
            Self::MacOs => "macOS",
            Self::Windows => "Windows",
        }
    }

    fn path_limit(self) -> usize {
        let whole = match self {
            Self::Linux => 4095,
            Self::MacOs => 1023,
            Self::Windows => 259,
        };
        whole - SHORTEST_CACHE
    }

    /// The length of a name, or of a path, of which macOS counts bytes; and in
    /// what it is counted.
    fn length(self, name: &str, is_path: bool) -> (usize, &'static str) {
        match self {
            Self::Linux => (name.len(), "bytes"),
            Self::MacOs if is_path => (name.len(), "bytes"),
            Self::MacOs | Self::Windows => (name.encode_utf16().count(), "UTF-16 units"),
        }
    }

    /// The first of the files, each below the module's root, that has no place in
    /// a module cache of this system: because of its own name, or because of the
    /// module's. None for a module whose path or version cannot be escaped, which
    /// is refused elsewhere.
    #[must_use]
    pub fn too_long<'a>(
        self,
        module: &ModuleVersion,
        files: impl Iterator<Item = &'a str>,
    ) -> Option<TooLong> {
        let (path, version) = (escape_path(&module.path).ok()?, escape_version(&module.version).ok()?);
        let record = format!("cache/download/{path}/@v/{version}{LONGEST_SUFFIX}");
        let root = format!("{path}@{version}");
        // No file of a module is checked at length that cannot be too long.
        let below = (root.len() + 1, self.path_limit());
        let harmless = |file: &str| file.len() <= ELEMENT && below.0 + file.len() <= below.1;
        let long = files.filter(|file| !harmless(file)).map(|file| format!("{root}/{file}"));
        [record, root.clone()].into_iter().chain(long).find_map(|path| self.check(path))
    }

    fn check(self, path: String) -> Option<TooLong> {
        let element = path.split('/').find(|element| self.length(element, false).0 > ELEMENT);
        if let Some(element) = element.map(str::to_owned) {
            let (length, unit) = self.length(&element, false);
            return Some(TooLong { path, element: Some(element), length, unit, limit: ELEMENT });
        }
        let ((length, unit), limit) = (self.length(&path, true), self.path_limit());
        (length > limit).then_some(TooLong { path, element: None, length, unit, limit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn too_long(system: System, module: &ModuleVersion, file: &str) -> Option<(usize, usize, bool)> {
        let found = system.too_long(module, ["go.mod", file].into_iter())?;
        Some((found.length, found.limit, found.element.is_some()))
    }

    #[test]
    fn each_system_counts_its_own_way() {
        let module = ModuleVersion::new("example.com/a", "v1.0.0");
        let name = |n: usize| format!("d/{}.go", "x".repeat(n - 3));
        for system in [System::Linux, System::MacOs, System::Windows] {
            assert_eq!(too_long(system, &module, &name(100)), None);
            assert_eq!(too_long(system, &module, &name(256)), Some((256, 255, true)), "{system:?}");
        }
        assert_eq!(too_long(System::Linux, &module, &name(255)), None);
        // 200 letters of two bytes each.
        let accents = format!("{}.go", "é".repeat(200));
        assert_eq!(too_long(System::Linux, &module, &accents), Some((403, 255, true)));
        assert_eq!(too_long(System::MacOs, &module, &accents), None);
        let deep = |n: usize| format!("{}x", "d/".repeat(n / 2));
        assert_eq!(too_long(System::Windows, &module, &deep(240)), Some((262, 247, false)));
        assert_eq!(too_long(System::MacOs, &module, &deep(240)), None);
        assert_eq!(too_long(System::MacOs, &module, &deep(1000)), Some((1022, 1011, false)));
        assert_eq!(too_long(System::Linux, &module, &deep(1000)), None);
        assert_eq!(too_long(System::Linux, &module, &deep(4070)), Some((4092, 4083, false)));
    }

    #[test]
    fn modules_have_names_too() {
        // Each capital takes two bytes.
        let module = ModuleVersion::new(format!("example.com/{}", "A".repeat(130)), "v1.0.0");
        let found = System::Linux.too_long(&module, std::iter::empty()).unwrap();
        assert_eq!((found.length, found.path.starts_with("cache/download/")), (260, true));
        let version = format!("v1.0.0-{}", "x".repeat(241));
        let module = ModuleVersion::new("example.com/a", version);
        assert_eq!(too_long(System::Linux, &module, "a.go"), Some((256, 255, true)));
    }
}
