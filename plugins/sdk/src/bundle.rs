//! The bundle as a plugin sees it.

use crate::bindings::airgo::policy::host;
use crate::{BundleInfo, DataInfo, FileEntry, LogLevel, ModuleInfo, ReadError};

/// Everything that a plugin can reach. In the sandbox this is [`HostBundle`],
/// in a plugin's own tests a [`crate::testing::FakeBundle`].
pub trait Bundle {
    /// A line for whoever debugs the plugin; it changes no verdict.
    fn log(&self, level: LogLevel, message: &str);
    /// The time to judge for (RFC 3339, UTC): the only clock.
    fn judged_at(&self) -> String;
    /// The bundle as a whole.
    fn info(&self) -> BundleInfo;
    /// The modules, sorted by path and version.
    fn modules(&self) -> Vec<ModuleInfo>;
    /// The modules of the bundle that was approved before.
    fn baseline(&self) -> Option<Vec<ModuleInfo>>;
    /// The go.mod of a module.
    ///
    /// # Errors
    /// [`ReadError`], as for all that reads.
    fn go_mod(&self, module: u32) -> Result<String, ReadError>;
    /// The files in the zip of a module, sorted by path.
    ///
    /// # Errors
    /// [`ReadError`], as for all that reads.
    fn list_files(&self, module: u32) -> Result<Vec<FileEntry>, ReadError>;
    /// What was gathered of a module, as bytes; [`crate::Facts::fact`] makes
    /// a fact of it. `None` where nothing was asked for.
    fn gathered(&self, _module: u32) -> Option<Vec<u8>> {
        None
    }
    /// Up to `len` bytes of a file from `offset`; fewer only at its end.
    ///
    /// # Errors
    /// [`ReadError`], as for all that reads.
    fn read(&self, module: u32, path: &str, offset: u64, len: u32) -> Result<Vec<u8>, ReadError>;
    /// What is known of a data source.
    ///
    /// # Errors
    /// [`ReadError`], as for all that reads.
    fn data_stat(&self, name: &str) -> Result<DataInfo, ReadError>;
    /// The records of a data source, sorted.
    ///
    /// # Errors
    /// [`ReadError`], as for all that reads.
    fn data_list(&self, name: &str) -> Result<Vec<FileEntry>, ReadError>;
    /// One record of a data source, whole.
    ///
    /// # Errors
    /// [`ReadError`], as for all that reads.
    fn data_get(&self, name: &str, path: &str) -> Result<Vec<u8>, ReadError>;
    /// Up to `len` bytes of a record from `offset`; fewer only at its end.
    ///
    /// # Errors
    /// [`ReadError`], as for all that reads.
    fn data_read(&self, name: &str, path: &str, offset: u64, len: u32) -> Result<Vec<u8>, ReadError>;
}

/// The bundle that the host judges.
pub struct HostBundle;

impl Bundle for HostBundle {
    fn log(&self, level: LogLevel, message: &str) {
        host::log(level, message);
    }
    fn judged_at(&self) -> String {
        host::judged_at()
    }
    fn info(&self) -> BundleInfo {
        host::bundle()
    }
    fn modules(&self) -> Vec<ModuleInfo> {
        host::modules()
    }
    fn baseline(&self) -> Option<Vec<ModuleInfo>> {
        host::baseline()
    }
    fn go_mod(&self, module: u32) -> Result<String, ReadError> {
        host::go_mod(module)
    }
    fn list_files(&self, module: u32) -> Result<Vec<FileEntry>, ReadError> {
        host::list_files(module)
    }
    fn gathered(&self, module: u32) -> Option<Vec<u8>> {
        host::gathered(module)
    }
    fn read(&self, module: u32, path: &str, offset: u64, len: u32) -> Result<Vec<u8>, ReadError> {
        host::read(module, path, offset, len)
    }
    fn data_stat(&self, name: &str) -> Result<DataInfo, ReadError> {
        host::data_stat(name)
    }
    fn data_list(&self, name: &str) -> Result<Vec<FileEntry>, ReadError> {
        host::data_list(name)
    }
    fn data_get(&self, name: &str, path: &str) -> Result<Vec<u8>, ReadError> {
        host::data_get(name, path)
    }
    fn data_read(&self, name: &str, path: &str, offset: u64, len: u32) -> Result<Vec<u8>, ReadError> {
        host::data_read(name, path, offset, len)
    }
}
