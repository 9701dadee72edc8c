//! How the bundle stores the modules' files: zips, with the lists of their files
//! where those cost little, or blocks with all files, or with those that a build reads.

mod compact;
mod exact;
mod instead;
pub mod source;

use super::collected::Objects;
use crate::Context;
use crate::completeness::{Files, Names};
use crate::failure::{Failure, Result};
use crate::project::several::Projects;
use crate::quantity::bytes;
use crate::requests::{Exact, Payload as Wanted};
use crate::trust::open::{self, bundle_failure};
use airgo_bundle::manifest::{Block, Encoder, Encoding, Stored};
use airgo_bundle::{CarriedModule, Contents, NewBlocks, Object as Entry, ObjectKind, Sha256, compress_list};
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::FileList;
use airgo_resolve::Resolution;
use airgo_resolve::packages::Closure;
pub use instead::Instead;
use source::Source;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::path::Path;

/// Lists beside zips may cost so much of them: a fiftieth.
const LISTS_MAY_COST: u64 = 50;
/// What an entry takes beside its content, without its name: headers, and what the
/// manifest says of it.
const ENTRY: u64 = 76 + 100;

/// The files of the bundle's modules, as they are stored.
#[derive(Default)]
pub struct Payload {
    /// In which way.
    pub encoding: Encoding,
    lists: BTreeMap<ModuleVersion, Listed>,
    blocks: Option<NewBlocks>,
    /// What only what a build reads would weigh, where all is stored and that is known.
    pub instead: Option<Instead>,
}

/// A module's list of files, and what of them is carried.
struct Listed {
    stored: Vec<u8>,
    sha256: Sha256,
    /// As the manifest has it; none where all files are.
    carried: Option<String>,
    /// What makes the zip again of the files.
    encoder: Option<Encoder>,
}

/// What the manifest says of a module's files.
#[derive(Default)]
pub struct OfModule {
    /// The list of them.
    pub files: Option<Stored>,
    /// Which of them are carried, where not all are.
    pub carried: Option<String>,
    /// What makes the zip again of them, where it is not stored.
    pub encoder: Option<Encoder>,
}

impl Payload {
    /// As it is wanted.
    ///
    /// # Errors
    /// A zip that cannot be read, or a disk that is full.
    pub fn make(
        context: &Context,
        storing: &Storing<'_>,
        inputs: &Inputs<'_>,
        files: &mut Files<'_>,
    ) -> Result<Self> {
        match storing.payload {
            Wanted::Zips => {
                let (payload, lists) = Self::of_zips(inputs.objects)?;
                let zips: u64 = inputs.objects.zips().iter().map(|zip| zip.size).sum();
                let stored = payload.lists.values().map(|listed| listed.stored.len() as u64).sum::<u64>();
                let instead = Instead::of(inputs, &lists, zips + stored, files);
                Ok(Self { instead, ..payload })
            }
            Wanted::Compact => Self::compact(context, inputs.objects, storing.output),
            Wanted::Exact(exact) => Self::exact(context, exact, inputs, files, storing.output),
        }
    }

    /// Zips, with lists where those are small beside them.
    /// Also gives the size of each list, stored or not.
    ///
    /// # Errors
    /// Where memory lacks.
    pub fn of_zips(source: &dyn Source) -> Result<(Self, BTreeMap<ModuleVersion, u64>)> {
        let (mut lists, mut cost) = (BTreeMap::new(), 0);
        for source::Zip { module, list, .. } in source.zips() {
            let listed = Listed::of(list, None, None)?;
            cost += listed.stored.len() as u64 + ENTRY + 2 * module.path.len() as u64;
            lists.insert(module.clone(), listed);
        }
        let sizes = lists.iter().map(|(module, listed)| (module.clone(), listed.stored.len() as u64));
        let sizes = sizes.collect();
        if cost > source.size() / LISTS_MAY_COST {
            lists.clear();
        }
        Ok((Self { encoding: Encoding::GoproxyTree, lists, blocks: None, instead: None }, sizes))
    }

    /// Blocks with what a build reads.
    fn exact(
        context: &Context,
        wanted: &Exact,
        inputs: &Inputs<'_>,
        files: &mut Files<'_>,
        output: &Path,
    ) -> Result<Self> {
        Self::of_parts(context, exact::select(wanted, inputs, files)?, inputs.objects, output)
    }

    /// Blocks with parts of modules, which are in the order of their paths and versions.
    ///
    /// # Errors
    /// A file that cannot be read, or a disk that is full.
    pub fn of_parts(
        context: &Context,
        selected: Vec<CarriedModule>,
        source: &dyn Source,
        output: &Path,
    ) -> Result<Self> {
        let mut lists = BTreeMap::new();
        for module in &selected {
            let carried = (!module.is_whole()).then(|| module.carried.text());
            lists.insert(module.module.clone(), Listed::of(&module.list, carried, None)?);
        }
        let all: u64 = source.zips().iter().map(|zip| zip.size).sum();
        let (blocks, did) = compress(context, selected, source, output)?;
        let Compressed { files, unpacked } = did;
        context.status(
            "Selected",
            format!(
                "{files} files that a build reads: {}, compressed {} (all zips: {})",
                bytes(unpacked),
                bytes(blocks.size()),
                bytes(all)
            ),
        );
        Ok(Self { encoding: Encoding::Exact, lists, blocks: Some(blocks), instead: None })
    }

    /// The blocks, as the manifest has them.
    pub fn blocks(&self) -> Vec<Block> {
        self.blocks.iter().flat_map(NewBlocks::stated).cloned().collect()
    }

    /// What the manifest says of a stored module's files.
    pub fn of_module(&self, module: &ModuleVersion) -> OfModule {
        let Some(listed) = self.lists.get(module) else { return OfModule::default() };
        let stored = Stored { sha256: listed.sha256, size: listed.stored.len() as u64 };
        OfModule { files: Some(stored), carried: listed.carried.clone(), encoder: listed.encoder }
    }

    /// The bytes of a list or a block.
    pub fn open(&self, entry: &Entry) -> Option<io::Result<Box<dyn Read + Send + '_>>> {
        let found: Option<Box<dyn Read + Send + '_>> = match entry.kind {
            ObjectKind::FileList => {
                let listed = self.lists.get(&entry.module);
                listed.map(|listed| Box::new(Cursor::new(&listed.stored)) as Box<dyn Read + Send + '_>)
            }
            ObjectKind::Block => {
                let block = self.blocks.as_ref().and_then(|blocks| blocks.open(entry.sha256));
                block.map(|block| Box::new(block) as Box<dyn Read + Send + '_>)
            }
            _ => return None,
        };
        Some(found.ok_or(io::ErrorKind::NotFound.into()))
    }
}

impl Listed {
    fn of(files: &FileList, carried: Option<String>, encoder: Option<Encoder>) -> Result<Self> {
        let stored = compress_list(files).map_err(|e| {
            Failure::failed(format!("the list of a module's files cannot be compressed: {e}"))
        })?;
        Ok(Self { sha256: Sha256::of(&stored), stored, carried, encoder })
    }
}

/// How a bundle is to store the files, and where.
#[derive(Clone, Copy)]
pub struct Storing<'a> {
    /// In which way.
    pub payload: &'a Wanted,
    /// The bundle: blocks are compressed beside it.
    pub output: &'a Path,
}

impl Storing<'_> {
    /// Which names of the modules are read.
    pub fn names(&self) -> Names {
        match self.payload {
            Wanted::Compact => Names::GoFiles,
            Wanted::Zips | Wanted::Exact(_) => Names::All,
        }
    }
}

/// What a payload is made of.
pub struct Inputs<'a> {
    /// The projects.
    pub projects: &'a Projects,
    /// What each was resolved to.
    pub resolutions: &'a [Resolution],
    /// The verified downloads.
    pub objects: &'a Objects,
    /// For what the sources are read.
    pub build: &'a super::Build,
    /// The packages of each project that go loads, where nothing of them is missing.
    pub closures: Option<&'a [Closure]>,
}

/// What was compressed into blocks.
struct Compressed {
    files: usize,
    unpacked: u64,
}

/// Compresses the files of modules, which are in the order of their paths and versions.
fn compress(
    context: &Context,
    modules: Vec<CarriedModule>,
    source: &dyn Source,
    output: &Path,
) -> Result<(NewBlocks, Compressed)> {
    let files = modules.iter().map(|m| m.files().count()).sum();
    let contents = Contents::of(modules).map_err(|e| bundle_failure(&e.into()))?;
    let unpacked = (0..contents.len()).map(|content| contents.size(content)).sum();
    let dir = output.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let watch = open::Watch::new(context, "Compressing", "blocks", NewBlocks::count(&contents) as u64);
    let blocks = NewBlocks::compress(&contents, dir, open::jobs(None), || source.files(), &watch)
        .map_err(|e| bundle_failure(&e))?;
    Ok((blocks, Compressed { files, unpacked }))
}
