//! A bundle for a plugin's own tests, which run on the author's machine.
//!
//! ```
//! use airgo_plugin::{Bundle, testing::FakeBundle};
//!
//! let bundle = FakeBundle::new()
//!     .module("example.com/a", "v1.0.0", &[("LICENSE", "MIT")])
//!     .module("example.com/b", "v1.2.0", &[]);
//! assert_eq!(bundle.modules().len(), 2);
//! assert_eq!(bundle.read(0, "LICENSE", 0, 100).unwrap(), b"MIT");
//! ```

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::{
    Bundle, BundleInfo, CheckError, DataInfo, Facts, FileEntry, Finding, LogLevel, MainModule, ModuleInfo,
    ModuleRef, ReadError,
};

type Files = BTreeMap<String, Vec<u8>>;

/// A bundle made of literals. Modules keep the order in which they were added.
#[derive(Clone, Default)]
pub struct FakeBundle {
    /// What [`Bundle::modules`] gives; tests may edit it.
    pub modules: Vec<ModuleInfo>,
    /// What [`Bundle::info`] gives as the main modules.
    pub main_modules: Vec<MainModule>,
    /// What [`Bundle::info`] gives as the platforms.
    pub platforms: Vec<String>,
    /// What [`Bundle::info`] gives as the bundle's attributes.
    pub attributes: Vec<(String, String)>,
    /// What [`Bundle::baseline`] gives.
    pub baseline: Option<Vec<ModuleInfo>>,
    /// What [`Bundle::judged_at`] gives.
    pub judged_at: String,
    /// What the plugin logged.
    pub logged: RefCell<Vec<String>>,
    files: Vec<Files>,
    gathered: Vec<Option<Vec<u8>>>,
    data: BTreeMap<String, (DataInfo, Files)>,
}

impl FakeBundle {
    /// An empty bundle, judged at the first second of 2026.
    pub fn new() -> Self {
        FakeBundle { judged_at: "2026-01-01T00:00:00Z".to_owned(), ..Self::default() }
    }

    /// Adds a module with files.
    #[must_use]
    pub fn module(mut self, path: &str, version: &str, files: &[(&str, &str)]) -> Self {
        self.modules.push(ModuleInfo {
            index: self.modules.len() as u32,
            path: path.to_owned(),
            version: version.to_owned(),
            replaced_by: None,
            sum: String::new(),
            go_mod_sum: String::new(),
            zip_size: 0,
            time: None,
            direct: true,
            attributes: Vec::new(),
        });
        self.files.push(owned(files));
        self
    }

    /// Gives the module added last a file that need not be text.
    #[must_use]
    pub fn file(mut self, path: &str, bytes: &[u8]) -> Self {
        if let Some(last) = self.files.last_mut() {
            last.insert(path.to_owned(), bytes.to_vec());
        }
        self
    }

    /// Puts other code in the place of the module added last.
    #[must_use]
    pub fn replaced_by(mut self, path: &str, version: &str) -> Self {
        if let Some(last) = self.modules.last_mut() {
            last.replaced_by = Some(ModuleRef { path: path.to_owned(), version: version.to_owned() });
        }
        self
    }

    /// Gives the module added last an attribute.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: &str) -> Self {
        if let Some(last) = self.modules.last_mut() {
            last.attributes.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Gathers the facts of every module, each by itself as the host does,
    /// then judges.
    ///
    /// # Errors
    /// Those of [`Facts::gather`] and [`Policy::check`].
    pub fn check<P: Facts>(&self, config: P::Config) -> Result<Vec<Finding>, CheckError> {
        let mut bundle = FakeBundle { gathered: Vec::new(), ..self.clone() };
        if let Some(plan) = P::plan(&config) {
            for module in &self.modules {
                let files = self.files.get(module.index as usize).cloned();
                let module = alone(module);
                let one = FakeBundle {
                    modules: vec![module.clone()],
                    files: files.into_iter().collect(),
                    ..FakeBundle::default()
                };
                let fact = crate::facts::gathered::<P>(&plan, &module, &one);
                bundle.gathered.push(Some(fact.map_err(CheckError::Input)?));
            }
        }
        P::check(config, &bundle)
    }

    /// Adds a data source.
    #[must_use]
    pub fn data(mut self, name: &str, records: &[(&str, &str)]) -> Self {
        let info = DataInfo { sha256: "0".repeat(64), date: None };
        self.data.insert(name.to_owned(), (info, owned(records)));
        self
    }
}

/// A module as the host shows it where facts are gathered.
fn alone(module: &ModuleInfo) -> ModuleInfo {
    let (path, version) = module.code();
    ModuleInfo {
        index: 0,
        path: path.to_owned(),
        version: version.to_owned(),
        replaced_by: None,
        time: None,
        direct: false,
        attributes: Vec::new(),
        ..module.clone()
    }
}

fn owned(files: &[(&str, &str)]) -> Files {
    files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
}

fn entries(files: &Files) -> Vec<FileEntry> {
    files.iter().map(|(path, bytes)| FileEntry { path: path.clone(), size: bytes.len() as u64 }).collect()
}

fn slice(bytes: &[u8], offset: u64, len: u32) -> Result<Vec<u8>, ReadError> {
    let rest = usize::try_from(offset).ok().and_then(|at| bytes.get(at..)).ok_or(ReadError::OutOfRange)?;
    Ok(rest.iter().copied().take(len as usize).collect())
}

impl Bundle for FakeBundle {
    fn log(&self, _: LogLevel, message: &str) {
        self.logged.borrow_mut().push(message.to_owned());
    }
    fn judged_at(&self) -> String {
        self.judged_at.clone()
    }
    fn info(&self) -> BundleInfo {
        BundleInfo {
            content_id: String::new(),
            main_modules: self.main_modules.clone(),
            platforms: self.platforms.clone(),
            attributes: self.attributes.clone(),
        }
    }
    fn modules(&self) -> Vec<ModuleInfo> {
        self.modules.clone()
    }
    fn baseline(&self) -> Option<Vec<ModuleInfo>> {
        self.baseline.clone()
    }
    fn go_mod(&self, module: u32) -> Result<String, ReadError> {
        let bytes = self.read(module, "go.mod", 0, u32::MAX)?;
        String::from_utf8(bytes).map_err(|_| ReadError::Corrupt("not UTF-8".to_owned()))
    }
    fn list_files(&self, module: u32) -> Result<Vec<FileEntry>, ReadError> {
        self.files.get(module as usize).map(entries).ok_or(ReadError::NotFound)
    }
    fn gathered(&self, module: u32) -> Option<Vec<u8>> {
        self.gathered.get(module as usize).cloned().flatten()
    }
    fn read(&self, module: u32, path: &str, offset: u64, len: u32) -> Result<Vec<u8>, ReadError> {
        let files = self.files.get(module as usize).ok_or(ReadError::NotFound)?;
        slice(files.get(path).ok_or(ReadError::NotFound)?, offset, len)
    }
    fn data_stat(&self, name: &str) -> Result<DataInfo, ReadError> {
        self.data.get(name).map(|(info, _)| info.clone()).ok_or(ReadError::NotFound)
    }
    fn data_list(&self, name: &str) -> Result<Vec<FileEntry>, ReadError> {
        self.data.get(name).map(|(_, records)| entries(records)).ok_or(ReadError::NotFound)
    }
    fn data_get(&self, name: &str, path: &str) -> Result<Vec<u8>, ReadError> {
        self.data_read(name, path, 0, u32::MAX)
    }
    fn data_read(&self, name: &str, path: &str, offset: u64, len: u32) -> Result<Vec<u8>, ReadError> {
        let (_, records) = self.data.get(name).ok_or(ReadError::NotFound)?;
        slice(records.get(path).ok_or(ReadError::NotFound)?, offset, len)
    }
}
