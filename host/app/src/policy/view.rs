//! The bundle as policy plugins see it: the manifest's modules, and the files
//! in their zips, read on demand and verified before the first look.

use crate::bundle_files;
use crate::failure::Result as Outcome;
use crate::policy::golines::GoLines;
use airgo_bundle::manifest::{self, Encoding, Module, Replacement};
use airgo_bundle::names::object_name;
use airgo_bundle::predicate::{DependencyNotes, Provenance};
use airgo_bundle::{BlockFiles, Manifest, ObjectKind, SignedBundle};
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::{Fault, Limits, ModuleZip};
use airgo_policy::{BundleInfo, BundleView, FileEntry, MainModule, ModuleInfo, ReadError};
use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes that can be read at any place.
pub trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

/// Opens an object of a stored module; what it gives is verified.
pub type Opener = Box<dyn Fn(&ModuleVersion, ObjectKind) -> Result<Box<dyn ReadSeek>, String> + Send + Sync>;

/// A module's zip, opened.
type Zip = ModuleZip<Box<dyn ReadSeek>>;

/// How many opened zips are cached for the next question.
const POOL: usize = 8;

/// A manifest with a way to its objects.
pub struct View {
    info: BundleInfo,
    modules: Vec<ModuleInfo>,
    stored: Vec<Option<ModuleVersion>>,
    open: Opener,
    pool: Mutex<Vec<(usize, Zip)>>,
    /// Where the files are in blocks, of which the zips are not there.
    blocks: Option<BlockFiles>,
}

impl View {
    /// The modules of the build list that bring code: a zip in the bundle, or a
    /// directory of the project in their place. The rest of the build list is
    /// there for the go command's arithmetic alone, and none of it is built.
    pub fn new(manifest: &Manifest, open: Opener) -> Self {
        let selected: Vec<_> = manifest.modules.iter().filter(|m| brings_code(m)).collect();
        let go_lines = GoLines::of(manifest);
        let main_modules = manifest.main_modules.iter().map(|main| MainModule {
            path: main.path.clone(),
            go_version: main.go_version.clone(),
            imports: main.imports.iter().flatten().map(|i| i.path.clone()).collect(),
            // An empty list alone does not say whether it was looked for.
            attributes: {
                let recorded = main.imports.iter().map(|_| pair("imports", "recorded"));
                recorded.chain(import_platforms(main)).chain(go_lines.attributes(main)).collect()
            },
        });
        let info = BundleInfo {
            content_id: manifest.content_id.clone(),
            main_modules: main_modules.collect(),
            platforms: manifest.platforms.clone(),
            attributes: (!manifest.build_tags.is_empty())
                .then(|| pair("build-tags", &manifest.build_tags.join(" ")))
                .into_iter()
                .collect(),
        };
        let modules = selected.iter().map(|m| module_info(m)).collect();
        let stored = selected.iter().map(|m| m.stored_as()).collect();
        Self { info, modules, stored, open, pool: Mutex::new(Vec::new()), blocks: None }
    }

    /// A signed bundle's modules; an object is verified when first looked at.
    ///
    /// # Errors
    /// Lists of files that are not those of their modules.
    pub fn of_bundle(bundle: &Arc<SignedBundle>) -> Outcome<Self> {
        let opened = bundle.clone();
        let open = move |module: &ModuleVersion, kind| {
            let name = object_name(module, kind).map_err(|e| e.to_string())?;
            let content = opened.content(&name).map_err(|e| e.to_string())?;
            content.verify(&mut Vec::new(), &()).map_err(|e| e.to_string())?;
            Ok(Box::new(content) as Box<dyn ReadSeek>)
        };
        let mut view = Self::new(bundle.manifest(), Box::new(open));
        view.blocks = bundle_files::blocks(bundle)?;
        view.name_parts(bundle.manifest().payload.encoding);
        // Where modules came from need not be stated; what no trusted key
        // stated, or what does not read, says nothing.
        let stated = bundle.signers().trusted_statements::<Provenance>().unwrap_or_default();
        Ok(stated.iter().fold(view, |view, (_, provenance)| view.with_provenance(provenance)))
    }

    /// Says of each module of which not all files are there which they are: by the
    /// bundle's bits, or that there are none. A compact bundle has of each module blocks
    /// or the zip.
    fn name_parts(&mut self, encoding: Encoding) {
        let Some(blocks) = &self.blocks else { return };
        for (module, stored) in self.modules.iter_mut().zip(&self.stored) {
            let Some(stored) = stored.as_ref().filter(|_| !module.sum.is_empty()) else { continue };
            module.part = match blocks.module(stored) {
                None if encoding == Encoding::Compact => String::new(),
                None => "none".to_owned(),
                Some(carried) if carried.is_whole() => String::new(),
                Some(carried) => carried.carried.text(),
            };
        }
    }

    /// Of how many modules not all files are there.
    pub fn parts(&self) -> usize {
        self.modules.iter().filter(|module| !module.part.is_empty()).count()
    }

    /// A module whose files are in blocks: its name there, and those of its files
    /// that are carried.
    fn in_blocks(&self, module: usize) -> Option<(&BlockFiles, &ModuleVersion)> {
        let (blocks, stored) = (self.blocks.as_ref()?, self.stored.get(module)?.as_ref()?);
        blocks.module(stored).map(|_| (blocks, stored))
    }

    /// The same, with what a trusted packer's provenance says of each module.
    #[must_use]
    pub fn with_provenance(mut self, provenance: &Provenance) -> Self {
        let notes: BTreeMap<&str, &DependencyNotes> = provenance
            .build_definition
            .resolved_dependencies
            .iter()
            .map(|d| (d.name.as_str(), &d.annotations))
            .collect();
        for (module, stored) in self.modules.iter_mut().zip(&self.stored) {
            let Some(notes) = stored.as_ref().and_then(|s| notes.get(s.to_string().as_str()).copied()) else {
                continue;
            };
            module.attributes = attributes(notes);
        }
        self
    }

    fn object(&self, module: usize, kind: ObjectKind) -> Result<Box<dyn ReadSeek>, ReadError> {
        let stored = self.stored.get(module).and_then(Option::as_ref).ok_or(ReadError::NotFound)?;
        (self.open)(stored, kind).map_err(ReadError::Corrupt)
    }

    /// Runs `ask` on a module's zip; opened zips are cached, since a plugin
    /// often asks for many files of one module.
    fn with_zip<T>(
        &self,
        module: usize,
        ask: impl FnOnce(&mut Zip) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        if self.modules.get(module).is_none_or(|m| m.sum.is_empty() || m.part == "none") {
            return Err(ReadError::NotFound);
        }
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        let cached = pool.iter().position(|(at, _)| *at == module).map(|at| pool.remove(at).1);
        drop(pool);
        let mut zip = match cached {
            Some(zip) => zip,
            None => {
                let stored = self.stored.get(module).and_then(Option::as_ref).ok_or(ReadError::NotFound)?;
                let reader = self.object(module, ObjectKind::Zip)?;
                ModuleZip::open(reader, stored, &Limits::default())
                    .map_err(|e| ReadError::Corrupt(e.to_string()))?
            }
        };
        let answer = ask(&mut zip);
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() >= POOL {
            pool.remove(0);
        }
        pool.push((module, zip));
        answer
    }
}

/// The names are those of the plugin interface (airgo:policy types).
fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Where a main module's imports are those of some platforms only.
fn import_platforms(main: &manifest::MainModule) -> Option<(String, String)> {
    let some = main.imports.iter().flatten().filter(|import| !import.platforms.is_empty());
    let some: BTreeMap<&str, &[String]> = some.map(|i| (i.path.as_str(), i.platforms.as_slice())).collect();
    (!some.is_empty()).then(|| pair("imports.platforms", &serde_json::json!(some).to_string()))
}

fn attributes(notes: &DependencyNotes) -> Vec<(String, String)> {
    let origin = notes.origin.clone().unwrap_or_default();
    let from_origin = [
        ("origin.vcs", origin.vcs),
        ("origin.url", origin.url),
        ("origin.ref", origin.reference),
        ("origin.hash", origin.hash),
    ];
    let notes = [("retracted", notes.retracted.clone()), ("deprecated", notes.deprecated.clone())];
    let from_origin = from_origin.into_iter().filter(|(_, value)| !value.is_empty());
    let notes = notes.into_iter().filter_map(|(name, value)| Some((name, value?)));
    from_origin.chain(notes).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A zip outside the build list is a toolchain's.
fn brings_code(m: &Module) -> bool {
    m.zip.is_some() || (m.selected && matches!(m.replacement, Some(Replacement::Directory(_))))
}

fn module_info(module: &Module) -> ModuleInfo {
    ModuleInfo {
        path: module.path.clone(),
        version: module.version.clone(),
        replaced_by: module.replacement.as_ref().map(|r| match r {
            Replacement::Module(m) => ModuleVersion::new(&m.path, &m.version),
            Replacement::Directory(d) => ModuleVersion::new(&d.directory, ""),
        }),
        sum: module.zip.map(|z| z.h1.to_string()).unwrap_or_default(),
        go_mod_sum: module.go_mod.map(|m| m.h1.to_string()).unwrap_or_default(),
        zip_size: module.zip.map_or(0, |z| z.size),
        part: String::new(),
        time: module.time.clone(),
        direct: module.direct,
        attributes: Vec::new(),
    }
}

impl BundleView for View {
    fn info(&self) -> BundleInfo {
        self.info.clone()
    }

    fn modules(&self) -> &[ModuleInfo] {
        &self.modules
    }

    fn go_mod(&self, module: usize) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        self.object(module, ObjectKind::Mod)?
            .read_to_end(&mut bytes)
            .map_err(|e| ReadError::Corrupt(e.to_string()))?;
        Ok(bytes)
    }

    fn list_files(&self, module: usize) -> Result<Vec<FileEntry>, ReadError> {
        if self.modules.get(module).is_some_and(|m| m.part == "none") {
            return Ok(Vec::new());
        }
        if let Some((blocks, stored)) = self.in_blocks(module) {
            let files = blocks.module(stored).into_iter().flat_map(|carried| carried.files());
            return Ok(files.map(|(_, f)| FileEntry { path: f.name.to_owned(), size: f.size }).collect());
        }
        self.with_zip(module, |zip| {
            Ok(zip.entries().map(|e| FileEntry { path: e.name.to_owned(), size: e.size }).collect())
        })
    }

    fn read(&self, module: usize, path: &str, offset: u64, len: u32) -> Result<Vec<u8>, ReadError> {
        if let Some((blocks, stored)) = self.in_blocks(module) {
            let read = blocks.read(stored, path, offset, u64::from(len));
            return read.map_err(|e| ReadError::Corrupt(e.to_string()))?.ok_or(ReadError::NotFound);
        }
        self.with_zip(module, |zip| {
            zip.read(path, offset, u64::from(len)).map_err(|e| match *e.fault {
                Fault::NoSuchFile(_) => ReadError::NotFound,
                _ => ReadError::Corrupt(e.to_string()),
            })
        })
    }
}
