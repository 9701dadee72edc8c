//! Where a module's files are in a tree that modules are served from.

use crate::error::InstallError;
use crate::gomodcache::place::escaped;
use crate::writer::Layout;
use airgo_gomod::ModuleVersion;

/// What serves the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serving {
    /// The go command with `GOPROXY=file://…`, or any web server: `PATH/@v/VERSION.zip`,
    /// with `list` and the checksum database's part below `sumdb`
    /// (go.dev/ref/mod#goproxy-protocol, #serving-from-proxy).
    Goproxy,
    /// Athens with disk storage: `PATH/VERSION/source.zip`, names as they are and not
    /// escaped (gomods/athens pkg/storage/fs).
    Athens,
}

impl Serving {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Goproxy => "goproxy",
            Self::Athens => "athens",
        }
    }
}

/// The names of a module's files, below the tree.
#[derive(Debug)]
pub(crate) struct ServedPlace {
    pub(crate) module: ModuleVersion,
    /// The directory that they are in.
    pub(crate) dir: String,
    pub(crate) zip: String,
    pub(crate) go_mod: String,
    pub(crate) info: String,
}

impl ServedPlace {
    /// Checks path and version as Go does before it uses them in file names.
    pub(crate) fn of(module: &ModuleVersion, serving: Serving) -> Result<Self, InstallError> {
        let (path, version) = escaped(module)?;
        let module = module.clone();
        Ok(match serving {
            Serving::Goproxy => Self {
                module,
                dir: format!("{path}/@v"),
                zip: format!("{version}.zip"),
                go_mod: format!("{version}.mod"),
                info: format!("{version}.info"),
            },
            Serving::Athens => Self {
                dir: format!("{}/{}", module.path, module.version),
                zip: "source.zip".to_owned(),
                go_mod: "go.mod".to_owned(),
                info: format!("{}.info", module.version),
                module,
            },
        })
    }

    /// For messages: a file, below the tree.
    pub(crate) fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.dir)
    }
}

impl Layout for ServedPlace {
    fn module(&self) -> &ModuleVersion {
        &self.module
    }

    fn zip_path(&self) -> String {
        self.path(&self.zip)
    }

    /// There is none.
    fn tree_path(&self) -> String {
        self.dir.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_for_go_and_not_for_athens() {
        let module = ModuleVersion::new("example.com/Upper", "v1.0.0-RC1");
        let go = ServedPlace::of(&module, Serving::Goproxy).unwrap();
        assert_eq!(go.zip_path(), "example.com/!upper/@v/v1.0.0-!r!c1.zip");
        let athens = ServedPlace::of(&module, Serving::Athens).unwrap();
        assert_eq!(athens.zip_path(), "example.com/Upper/v1.0.0-RC1/source.zip");
        assert_eq!(athens.path(&athens.info), "example.com/Upper/v1.0.0-RC1/v1.0.0-RC1.info");
        for (path, version) in [("../x", "v1.0.0"), ("example.com/a", "v1"), ("example.com/a", "../v1.0.0")] {
            let module = ModuleVersion::new(path, version);
            assert!(ServedPlace::of(&module, Serving::Athens).is_err(), "{module}");
        }
    }
}
