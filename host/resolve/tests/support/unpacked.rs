//! The files of modules, read from a module cache and from directories.

use std::fs;
use std::path::PathBuf;

use airgo_gomod::module;
use airgo_resolve::packages::{Entry, EntryKind, ModuleFiles, Place};

/// Modules as `go mod download` unpacked them.
pub struct Unpacked(pub PathBuf);

impl Unpacked {
    /// Where the files of a module are.
    pub fn root(&self, place: &Place) -> PathBuf {
        match place {
            Place::Directory(dir) => PathBuf::from(dir),
            Place::Zip(m) => self.0.join(format!(
                "{}@{}",
                module::escape_path(&m.path).unwrap(),
                module::escape_version(&m.version).unwrap()
            )),
        }
    }
}

impl ModuleFiles for Unpacked {
    type Error = std::io::Error;

    fn has(&mut self, place: &Place) -> bool {
        self.root(place).is_dir()
    }

    fn directory(&mut self, place: &Place, dir: &str) -> std::io::Result<Vec<Entry>> {
        let Ok(entries) = fs::read_dir(self.root(place).join(dir)) else { return Ok(Vec::new()) };
        let entry = |entry: std::io::Result<fs::DirEntry>| {
            let entry = entry?;
            let kind = entry.file_type()?;
            let kind = match fs::metadata(entry.path()) {
                Ok(meta) if meta.is_file() && kind.is_symlink() => EntryKind::LinkedFile(meta.len()),
                Ok(meta) if meta.is_file() => EntryKind::File(meta.len()),
                Ok(_) if kind.is_dir() => EntryKind::Directory,
                Ok(meta) if meta.is_dir() => EntryKind::LinkedDirectory,
                _ => EntryKind::Other,
            };
            Ok(Entry { name: entry.file_name().into_string().unwrap(), kind })
        };
        entries.map(entry).collect()
    }

    fn read(&mut self, place: &Place, file: &str, limit: u64) -> std::io::Result<Vec<u8>> {
        let mut bytes = fs::read(self.root(place).join(file))?;
        bytes.truncate(usize::try_from(limit).unwrap());
        Ok(bytes)
    }
}
