//! The zips of a compact bundle, each made again when it is read.

use crate::unpack_zips::{self, Zips};
use airgo_bundle::BlockFiles;
use airgo_bundle::manifest::Manifest;
use airgo_gomod::modzip::FileList;
use airgo_gomod::{H1, ModuleVersion};
use airgo_gozip::Encoder;
use airgo_modcache::ZipInput;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek as _, Write as _};
use std::path::Path;
use std::sync::Arc;

/// How much of a file is read at a time.
const PIECE: u64 = 16 << 20;

/// The zips that can be made of blocks, by stored module. They are written into `dir`
/// meanwhile, where nobody sees them; whoever reads one compares it with its digest.
pub fn zips<'a>(
    manifest: &Manifest,
    blocks: &Arc<BlockFiles>,
    zips: &Zips,
    dir: &'a Path,
) -> BTreeMap<ModuleVersion, ZipInput<'a>> {
    let hashes: BTreeMap<ModuleVersion, H1> =
        manifest.modules.iter().filter_map(|m| Some((m.stored_as()?, m.zip?.h1))).collect();
    let made = zips.iter().filter_map(|(module, zip)| {
        let reader =
            Rebuilt { blocks: blocks.clone(), module: module.clone(), encoder: zip.encoder, dir, file: None };
        let (size, sha256, h1) = (zip.bytes.size, zip.bytes.sha256, *hashes.get(module)?);
        Some((module.clone(), ZipInput { reader: Box::new(reader), size, sha256, h1 }))
    });
    made.collect()
}

/// A zip that is made when it is read.
struct Rebuilt<'a> {
    blocks: Arc<BlockFiles>,
    module: ModuleVersion,
    encoder: Encoder,
    dir: &'a Path,
    file: Option<File>,
}

impl Read for Rebuilt<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Self { blocks, module, encoder, dir, file } = self;
        let file = match file {
            Some(file) => file,
            none => {
                let list = &blocks.module(module).ok_or(io::ErrorKind::NotFound)?.list;
                none.insert(make(blocks, module, list, *encoder, dir)?)
            }
        };
        file.read(buf)
    }
}

/// Makes a zip again of files in blocks, in a temporary file that goes with it.
///
/// # Errors
/// A file that is not there, or a block that is damaged.
pub fn make(
    blocks: &BlockFiles,
    module: &ModuleVersion,
    list: &FileList,
    encoder: Encoder,
    dir: &Path,
) -> io::Result<File> {
    let mut file = tempfile::tempfile_in(dir)?;
    let names = list.iter().map(|file| (file.name, file));
    let mut out = BufWriter::new(&mut file);
    let made = unpack_zips::write(encoder, module, names, &mut out, |file| {
        if file.is_directory() {
            return Ok(None);
        }
        Ok(Some(FileReader { blocks, module, name: file.name, at: 0, piece: io::Cursor::default() }))
    });
    made.map_err(io::Error::other)?;
    out.flush()?;
    drop(out);
    file.rewind()?;
    Ok(file)
}

/// A file in blocks, from front to back.
struct FileReader<'a> {
    blocks: &'a BlockFiles,
    module: &'a ModuleVersion,
    name: &'a str,
    at: u64,
    piece: io::Cursor<Vec<u8>>,
}

impl Read for FileReader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.piece.read(buf)?;
        if read > 0 || buf.is_empty() {
            return Ok(read);
        }
        let piece = self.blocks.read(self.module, self.name, self.at, PIECE).map_err(io::Error::other)?;
        let piece = piece.ok_or(io::ErrorKind::NotFound)?;
        self.at += piece.len() as u64;
        self.piece = io::Cursor::new(piece);
        self.piece.read(buf)
    }
}
