//! Where a module is in the cache (cmd/go modfetch/cache.go CachePath,
//! DownloadDir).

use crate::error::{InstallError, Problem};
use crate::writer::Layout;
use crate::writer::system::{make_dirs, open_dirs, what_stands_there};
use airgo_gomod::ModuleVersion;
use airgo_gomod::module::{self, ModuleError};
use cap_std::fs::Dir;
use std::io::{self, ErrorKind};

/// The names of a module's files and directories, escaped, below GOMODCACHE.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) module: ModuleVersion,
    /// `cache/download/<path>/@v`.
    download: String,
    /// `<version>`, to which suffixes are added.
    version: String,
    /// What `<path>@<version>` is in; empty for none.
    parent: String,
    /// The last element of `<path>@<version>`.
    tree: String,
}

/// A module's path and version as Go has them in file names.
///
/// # Errors
/// One that Go would not use, or a version that is not canonical.
pub(crate) fn escaped(module: &ModuleVersion) -> Result<(String, String), InstallError> {
    let canonical = module::canonical_version(&module.version);
    if canonical != module.version {
        return Err(Problem::NotCanonical(canonical).of(module));
    }
    let escaped = || -> Result<_, ModuleError> {
        Ok((module::escape_path(&module.path)?, module::escape_version(&module.version)?))
    };
    escaped().map_err(|error| Problem::Module(error).of(module))
}

impl Place {
    /// Checks path and version as Go does before it uses them in file names.
    /// Whether they go together is checked with the zip.
    pub(crate) fn of(module: &ModuleVersion) -> Result<Self, InstallError> {
        let (path, version) = escaped(module)?;
        let (parent, last) = path.rsplit_once('/').unwrap_or(("", &path));
        Ok(Self {
            module: module.clone(),
            download: format!("cache/download/{path}/@v"),
            parent: parent.to_owned(),
            tree: format!("{last}@{version}"),
            version,
        })
    }

    /// The name of one of the module's files in [`Self::download`], such as
    /// `v1.0.0.zip`.
    pub(crate) fn file(&self, suffix: &str) -> String {
        format!("{}.{suffix}", self.version)
    }

    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    pub(crate) fn tree_name(&self) -> &str {
        &self.tree
    }

    /// For messages: a file in the download directory, below GOMODCACHE.
    pub(crate) fn download_path(&self, file: &str) -> String {
        if file.is_empty() { self.download.clone() } else { format!("{}/{file}", self.download) }
    }

    /// For messages: the extracted tree, below GOMODCACHE.
    pub(crate) fn tree_path(&self) -> String {
        if self.parent.is_empty() { self.tree.clone() } else { format!("{}/{}", self.parent, self.tree) }
    }

    /// Opens the download directory, made if there is none.
    pub(crate) fn make_download(&self, root: &Dir) -> Result<Dir, InstallError> {
        make_dirs(root, &self.download).map_err(|(at, error)| self.obstacle(&self.download[..at], error))
    }

    /// Opens the download directory, if it is there.
    pub(crate) fn open_download(&self, root: &Dir) -> Result<Option<Dir>, InstallError> {
        self.open_below(root, &self.download)
    }

    /// Opens the directory that holds the tree, made if there is none.
    pub(crate) fn make_parent(&self, root: &Dir) -> Result<Dir, InstallError> {
        make_dirs(root, &self.parent).map_err(|(at, error)| self.obstacle(&self.parent[..at], error))
    }

    /// Opens the directory that holds the tree, if it is there.
    pub(crate) fn open_parent(&self, root: &Dir) -> Result<Option<Dir>, InstallError> {
        self.open_below(root, &self.parent)
    }

    fn open_below(&self, root: &Dir, path: &str) -> Result<Option<Dir>, InstallError> {
        match open_dirs(root, path) {
            Ok(dir) => Ok(Some(dir)),
            Err((_, error)) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err((at, error)) => Err(self.read_error(&path[..at], error)),
        }
    }

    /// The module, and why it was not installed.
    pub(crate) fn error(&self, problem: Problem) -> InstallError {
        problem.of(&self.module)
    }

    /// What an error at a directory that must not be a link means.
    pub(crate) fn obstacle(&self, file: &str, error: io::Error) -> InstallError {
        self.error(Problem::in_the_way(file.to_owned(), error))
    }

    /// What an error means of something that is only read.
    pub(crate) fn read_error(&self, file: &str, error: io::Error) -> InstallError {
        match what_stands_there(&error) {
            Some(what) => self.error(Problem::Obstacle { file: file.to_owned(), what }),
            None => self.error(Problem::Read { file: file.to_owned(), source: error }),
        }
    }

    /// What an error of [`crate::writer::system::lock`] means.
    pub(crate) fn lock_error(&self, file: &str, error: io::Error) -> InstallError {
        match error.kind() {
            ErrorKind::Interrupted => self.error(Problem::Cancelled),
            _ => self.obstacle(file, error),
        }
    }

    /// Something else is where a file or a directory belongs.
    pub(crate) fn stands_there(&self, file: String, what: &'static str) -> InstallError {
        self.error(Problem::Obstacle { file, what })
    }

    pub(crate) fn write_error(&self, file: &str, source: io::Error) -> InstallError {
        self.error(Problem::write(file.to_owned(), source))
    }
}

impl Layout for Place {
    fn module(&self) -> &ModuleVersion {
        &self.module
    }

    fn zip_path(&self) -> String {
        self.download_path(&self.file("zip"))
    }

    fn tree_path(&self) -> String {
        Self::tree_path(self)
    }
}
