//! The bundle as plugins see it.

use std::collections::BTreeMap;

use airgo_gomod::ModuleVersion;

/// One module of a bundle: `module-info` of plugins/wit/v1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleInfo {
    /// The path by which it is imported.
    pub path: String,
    /// The version that was selected.
    pub version: String,
    /// The code that a `replace` directive put in its place; its version is
    /// empty where that is a directory.
    pub replaced_by: Option<ModuleVersion>,
    /// `h1:…` over the zip; empty where the bundle carries none.
    pub sum: String,
    /// `h1:…` over go.mod.
    pub go_mod_sum: String,
    /// Bytes of the zip.
    pub zip_size: u64,
    /// Names the part of the module's files that is there; empty where all are. What
    /// is known of one part is not known of another.
    pub part: String,
    /// When the version was made (RFC 3339).
    pub time: Option<String>,
    /// Required by a main module itself, without `// indirect`.
    pub direct: bool,
    /// `origin.vcs`, `origin.url`, `origin.ref`, `origin.hash`, `go-version`,
    /// `retracted`, `deprecated`.
    pub attributes: Vec<(String, String)>,
}

/// A module that the bundle was made for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MainModule {
    /// Its path.
    pub path: String,
    /// The go line of its go.mod.
    pub go_version: Option<String>,
    /// Packages of other modules that its own sources import.
    pub imports: Vec<String>,
    /// Growth.
    pub attributes: Vec<(String, String)>,
}

/// The bundle as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BundleInfo {
    /// The digest over all modules; empty before packing.
    pub content_id: String,
    /// What it was made for.
    pub main_modules: Vec<MainModule>,
    /// `os/arch`; empty means any.
    pub platforms: Vec<String>,
    /// Growth.
    pub attributes: Vec<(String, String)>,
}

/// A file of a module, or a record of a data source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Below `path@version/`.
    pub path: String,
    /// Its bytes.
    pub size: u64,
}

/// Why something cannot be read. A plugin gets this as an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is no such module, file or record.
    #[error("not found")]
    NotFound,
    /// The offset lies beyond the end.
    #[error("the offset lies beyond the end")]
    OutOfRange,
    /// More than is handed over in one call.
    #[error("larger than {0} bytes")]
    TooLarge(u64),
    /// The stored object does not read as what it should be.
    #[error("damaged: {0}")]
    Corrupt(String),
}

/// The bundle that is judged, with verified contents. Several plugins read
/// it at once.
///
/// Modules are named by their position in `modules`. Their order is free: a
/// plugin gets them sorted by path and version.
pub trait BundleView: Send + Sync {
    /// The bundle as a whole.
    fn info(&self) -> BundleInfo;
    /// All modules that the bundle carries, the main modules aside.
    fn modules(&self) -> &[ModuleInfo];
    /// The modules of the bundle that was approved before.
    fn baseline(&self) -> Option<&[ModuleInfo]> {
        None
    }
    /// The bytes of the go.mod of a module.
    ///
    /// # Errors
    /// Where there is none, or it cannot be read.
    fn go_mod(&self, module: usize) -> Result<Vec<u8>, ReadError>;
    /// The files in the zip of a module.
    ///
    /// # Errors
    /// Where there is no zip, or it cannot be read.
    fn list_files(&self, module: usize) -> Result<Vec<FileEntry>, ReadError>;
    /// Up to `len` bytes of a file from `offset`; fewer only at its end. An
    /// offset beyond the end is to be answered from the size alone: it is not
    /// charged to the plugin.
    ///
    /// # Errors
    /// Where there is no such file, or it cannot be read.
    fn read(&self, module: usize, path: &str, offset: u64, len: u32) -> Result<Vec<u8>, ReadError>;
}

/// A bundle in memory: for tests, and for `airgo plugin test`.
#[derive(Clone, Debug, Default)]
pub struct MemoryBundle {
    /// The bundle as a whole.
    pub info: BundleInfo,
    /// Its modules.
    pub modules: Vec<ModuleInfo>,
    /// The approved modules.
    pub baseline: Option<Vec<ModuleInfo>>,
    /// For each module its files; `go.mod` is one of them.
    pub files: Vec<BTreeMap<String, Vec<u8>>>,
}

impl MemoryBundle {
    /// Adds a module with files.
    pub fn add(&mut self, module: ModuleInfo, files: &[(&str, &str)]) {
        self.modules.push(module);
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), text.as_bytes().to_vec());
        self.files.push(files.iter().map(owned).collect());
    }
}

/// The bytes from `offset`, at most `len`.
pub(crate) fn slice(bytes: &[u8], offset: u64, len: u32) -> Result<Vec<u8>, ReadError> {
    let rest = usize::try_from(offset).ok().and_then(|at| bytes.get(at..)).ok_or(ReadError::OutOfRange)?;
    Ok(rest.get(..len as usize).unwrap_or(rest).to_vec())
}

impl BundleView for MemoryBundle {
    fn info(&self) -> BundleInfo {
        self.info.clone()
    }
    fn modules(&self) -> &[ModuleInfo] {
        &self.modules
    }
    fn baseline(&self) -> Option<&[ModuleInfo]> {
        self.baseline.as_deref()
    }
    fn go_mod(&self, module: usize) -> Result<Vec<u8>, ReadError> {
        self.read(module, "go.mod", 0, u32::MAX)
    }
    fn list_files(&self, module: usize) -> Result<Vec<FileEntry>, ReadError> {
        let files = self.files.get(module).ok_or(ReadError::NotFound)?;
        let entry =
            |(path, bytes): (&String, &Vec<u8>)| FileEntry { path: path.clone(), size: bytes.len() as u64 };
        Ok(files.iter().map(entry).collect())
    }
    fn read(&self, module: usize, path: &str, offset: u64, len: u32) -> Result<Vec<u8>, ReadError> {
        let files = self.files.get(module).ok_or(ReadError::NotFound)?;
        slice(files.get(path).ok_or(ReadError::NotFound)?, offset, len)
    }
}
