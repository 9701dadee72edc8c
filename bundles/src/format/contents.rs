//! Where the contents of files are in a compact or an exact bundle.
//!
//! The lists of files say what each file must be; which contents the blocks hold
//! follows from them: the stored modules by path and version, of each the carried
//! files in the order of its list, each content once, where it is first. The blocks
//! cut that sequence (FORMAT.md, section 5).

use super::carried::Carried;
use super::manifest::{Block, Encoding, Manifest};
use airgo_gomod::ModuleVersion;
use airgo_gomod::module::family;
use airgo_gomod::modzip::{FileList, ListedFile};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

/// The list of a module's files, and which of them blocks hold.
#[derive(Debug, Clone)]
pub struct CarriedModule {
    /// The stored module.
    pub module: ModuleVersion,
    /// All of its files.
    pub list: FileList,
    /// Those whose contents are in the bundle.
    pub carried: Carried,
}

impl CarriedModule {
    /// The carried files with their places in the list; directory entries are not
    /// files.
    pub fn files(&self) -> impl Iterator<Item = (usize, ListedFile<'_>)> {
        self.list.iter().enumerate().filter(|(index, file)| self.carried.has(*index) && !file.is_directory())
    }

    /// Whether all of its files are carried.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.files().count() == self.list.iter().filter(|file| !file.is_directory()).count()
    }
}

/// A file: the module's place in [`Contents::modules`] and the file's in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilePlace {
    /// The module.
    pub module: u32,
    /// The file.
    pub file: u32,
}

/// A content: bytes that one or more files have.
#[derive(Debug, Clone, Copy)]
struct Content {
    sha256: [u8; 32],
    size: u64,
}

/// The contents of a bundle's files, in the order in which blocks hold them.
#[derive(Debug, Default)]
pub struct Contents {
    modules: Vec<CarriedModule>,
    contents: Vec<Content>,
    by_digest: HashMap<[u8; 32], u32>,
    /// The files that have each content: those of content `n` are
    /// `places[starts[n]..starts[n + 1]]`.
    places: Vec<FilePlace>,
    starts: Vec<u32>,
}

/// Why lists and blocks do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContentsError {
    /// One digest with two sizes.
    #[error(
        "{module}: the list of its files states another size for {file} than another list for the same content"
    )]
    Size {
        /// The module.
        module: ModuleVersion,
        /// Its file.
        file: String,
    },
    /// What is carried of a module is not for its list.
    #[error("{0}: which of its files are carried does not fit the list of them")]
    Carried(ModuleVersion),
    /// The blocks hold more or fewer contents than there are.
    #[error("the blocks hold {stated} contents, the lists of files name {found}")]
    Count {
        /// By the manifest's blocks.
        stated: u64,
        /// By the lists.
        found: u64,
    },
    /// A block is said to unpack to another number of bytes than its contents have.
    #[error("block {block} is said to unpack to {stated} bytes, its contents have {found}")]
    Unpacked {
        /// Its digest.
        block: String,
        /// By the manifest.
        stated: u64,
        /// By the lists.
        found: u64,
    },
    /// More contents than can be counted.
    #[error("there are too many files")]
    TooMany,
}

impl Contents {
    /// Of modules in the order of their paths and versions.
    ///
    /// # Errors
    /// Lists that contradict each other.
    pub fn of(modules: Vec<CarriedModule>) -> Result<Self, ContentsError> {
        let mut known: HashMap<[u8; 32], u32> = HashMap::new();
        let (mut contents, mut uses): (Vec<Content>, Vec<(u32, FilePlace)>) = (Vec::new(), Vec::new());
        for (module, carried) in modules.iter().enumerate() {
            for (file, listed) in carried.files() {
                let number = match known.entry(listed.sha256) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(new) => {
                        let number = u32::try_from(contents.len()).map_err(|_| ContentsError::TooMany)?;
                        contents.push(Content { sha256: listed.sha256, size: listed.size });
                        *new.insert(number)
                    }
                };
                if contents[number as usize].size != listed.size {
                    let (module, file) = (carried.module.clone(), listed.name.to_owned());
                    return Err(ContentsError::Size { module, file });
                }
                let place = FilePlace { module: module as u32, file: file as u32 };
                uses.push((number, place));
            }
        }
        if u32::try_from(uses.len()).is_err() {
            return Err(ContentsError::TooMany);
        }
        // Stable: of equal contents the first file stays first.
        uses.sort_by_key(|(number, _)| *number);
        let mut starts = vec![0; contents.len() + 1];
        for (number, _) in &uses {
            starts[*number as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let places = uses.into_iter().map(|(_, place)| place).collect();
        Ok(Self { modules, contents, by_digest: known, places, starts })
    }

    /// The modules, by path and version.
    #[must_use]
    pub fn modules(&self) -> &[CarriedModule] {
        &self.modules
    }

    /// How many contents there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.contents.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.contents.is_empty()
    }

    /// The content of a digest.
    #[must_use]
    pub fn number(&self, sha256: &[u8; 32]) -> Option<usize> {
        self.by_digest.get(sha256).map(|number| *number as usize)
    }

    /// The digest of a content.
    #[must_use]
    pub fn sha256(&self, content: usize) -> [u8; 32] {
        self.contents[content].sha256
    }

    /// Its bytes.
    #[must_use]
    pub fn size(&self, content: usize) -> u64 {
        self.contents[content].size
    }

    /// The files that have it, the first one first.
    #[must_use]
    pub fn places(&self, content: usize) -> &[FilePlace] {
        &self.places[self.starts[content] as usize..self.starts[content + 1] as usize]
    }

    /// A file by its place.
    #[must_use]
    pub fn file(&self, place: FilePlace) -> Option<(&ModuleVersion, ListedFile<'_>)> {
        let module = self.modules.get(place.module as usize)?;
        Some((&module.module, module.list.get(place.file as usize)?))
    }

    /// The contents of each block of a manifest.
    ///
    /// # Errors
    /// Blocks that do not hold exactly these contents.
    pub fn ranges(&self, blocks: &[Block]) -> Result<Vec<Range<usize>>, ContentsError> {
        let stated = blocks.iter().fold(0_u64, |all, block| all.saturating_add(block.contents));
        let found = self.contents.len() as u64;
        if stated != found {
            return Err(ContentsError::Count { stated, found });
        }
        let (mut at, mut ranges) = (0, Vec::with_capacity(blocks.len()));
        for block in blocks {
            let end = at + usize::try_from(block.contents).map_err(|_| ContentsError::TooMany)?;
            let found = self.contents[at..end].iter().map(|content| content.size).sum();
            if found != block.unpacked {
                let (block, stated) = (block.sha256.to_string(), block.unpacked);
                return Err(ContentsError::Unpacked { block, stated, found });
            }
            ranges.push(at..end);
            at = end;
        }
        Ok(ranges)
    }

    /// Where a writer cuts: at each new family of modules, and where a block would
    /// have more than `limit` bytes.
    pub(crate) fn cuts(&self, limit: u64) -> Vec<Range<usize>> {
        let family =
            |content: usize| family(&self.modules[self.places(content)[0].module as usize].module.path);
        let (mut ranges, mut start, mut size) = (Vec::new(), 0, 0_u64);
        for content in 0..self.contents.len() {
            let more = self.contents[content].size;
            if content > start && (size.saturating_add(more) > limit || family(content) != family(start)) {
                ranges.push(start..content);
                (start, size) = (content, 0);
            }
            size += more;
        }
        if start < self.contents.len() {
            ranges.push(start..self.contents.len());
        }
        ranges
    }
}

impl Manifest {
    /// The stored modules of which blocks hold files, by path and version, each with
    /// what the manifest says is carried.
    pub(crate) fn in_blocks(&self) -> Vec<(ModuleVersion, Option<&str>)> {
        let encoding = self.payload.encoding;
        if encoding == Encoding::GoproxyTree {
            return Vec::new();
        }
        let listed = self.modules.iter().filter(|m| m.files.is_some() && !m.is_zip_stored(encoding));
        let mut found: Vec<_> = listed.filter_map(|m| Some((m.stored_as()?, m.carried.as_deref()))).collect();
        found.sort();
        found.dedup();
        found
    }
}
