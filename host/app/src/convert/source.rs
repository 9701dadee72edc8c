//! The modules of a signed bundle, to make another of: what is read is verified.

use crate::bundle_files;
use crate::collect::payload::source::{InZips, Source, Zip};
use crate::failure::{Failure, Result};
use crate::layouts::rebuilt;
use crate::unpack_zips;
use airgo_bundle::manifest::Encoder;
use airgo_bundle::{BlockFiles, FileSource, SignedBundle, Take};
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::FileList;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A module with a zip.
struct Stored {
    size: u64,
    list: FileList,
    /// What makes its zip, where that is not stored.
    encoder: Option<Encoder>,
}

/// The modules of a bundle.
pub struct Modules<'a> {
    bundle: &'a SignedBundle,
    modules: BTreeMap<ModuleVersion, Stored>,
    /// Of zips, go.mod files and `.info`.
    size: u64,
    blocks: Option<BlockFiles>,
    /// Where zips are made.
    dir: PathBuf,
}

impl<'a> Modules<'a> {
    /// Of this bundle; zips that are made again are written into `dir` meanwhile.
    ///
    /// # Errors
    /// Lists of files, or zips, that are damaged.
    pub fn of(bundle: &'a SignedBundle, dir: &Path) -> Result<Self> {
        let manifest = bundle.manifest();
        let blocks = bundle_files::blocks(bundle)?;
        let mut found = Self { bundle, modules: BTreeMap::new(), size: 0, blocks, dir: dir.to_owned() };
        let mut counted = BTreeSet::new();
        for module in &manifest.modules {
            let Some(stored) = module.stored_as() else { continue };
            if !counted.insert(stored.clone()) {
                continue;
            }
            let sizes =
                [module.info.map(|i| i.size), module.go_mod.map(|m| m.size), module.zip.map(|z| z.size)];
            found.size += sizes.into_iter().flatten().sum::<u64>();
            let Some(zip) = &module.zip else { continue };
            if module.files.is_none() && !module.is_zip_stored(manifest.payload.encoding) {
                // An exact bundle carries nothing of it.
                continue;
            }
            let list = bundle_files::list(bundle, &stored)?;
            found.modules.insert(stored, Stored { size: zip.size, list, encoder: module.encoder });
        }
        Ok(found)
    }

    /// Makes a zip again, in a temporary file that goes with it. Whoever reads it compares
    /// it with the manifest.
    fn make(&self, module: &ModuleVersion, stored: &Stored, encoder: Encoder) -> io::Result<File> {
        let blocks = self.blocks.as_ref().ok_or(io::ErrorKind::NotFound)?;
        rebuilt::make(blocks, module, &stored.list, unpack_zips::of(encoder), &self.dir)
    }
}

impl Source for Modules<'_> {
    fn zips(&self) -> Vec<Zip<'_>> {
        let modules = self.modules.iter();
        modules.map(|(module, stored)| Zip { module, size: stored.size, list: &stored.list }).collect()
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn open(&self, module: &ModuleVersion) -> Result<Box<dyn Read + Send + '_>> {
        match self.modules.get(module).and_then(|stored| Some((stored, stored.encoder?))) {
            None => Ok(Box::new(bundle_files::content(self.bundle, module)?.checked())),
            Some((stored, encoder)) => {
                let made = self.make(module, stored, encoder);
                Ok(Box::new(
                    made.map_err(|e| Failure::failed(format!("cannot make the zip of {module}: {e}")))?,
                ))
            }
        }
    }

    fn files(&self) -> Box<dyn FileSource + '_> {
        let open =
            |module: &ModuleVersion| bundle_files::open(bundle_files::content(self.bundle, module)?, module);
        Box::new(Files { blocks: self.blocks.as_ref(), zips: InZips::new(open) })
    }
}

/// Reads files out of blocks, or of zips.
struct Files<'a, Z> {
    blocks: Option<&'a BlockFiles>,
    zips: Z,
}

impl<Z: FileSource> FileSource for Files<'_, Z> {
    fn copy(&mut self, module: &ModuleVersion, file: &str, take: Take<'_>) -> io::Result<()> {
        match self.blocks.filter(|blocks| blocks.module(module).is_some()) {
            None => self.zips.copy(module, file, take),
            Some(blocks) if blocks.copy(module, file, take)? => Ok(()),
            Some(_) => Err(io::ErrorKind::NotFound.into()),
        }
    }
}
