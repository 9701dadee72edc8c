//! A vendor directory as it is on disk. Nothing is followed, and nothing but regular
//! files is opened.

use crate::Context;
use crate::failure::{Failure, Result};
use crate::paths::shown;
use crate::trust::open::jobs;
use airgo_model::parallel;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What is larger is in no module zip (x/mod/zip MaxZipFile), and not read.
const LARGEST: u64 = 500 << 20;

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A regular file.
    File {
        /// Bytes.
        size: u64,
        /// The SHA-256 of its content; none of a file that is too large to be of a
        /// module.
        sha256: Option<[u8; 32]>,
    },
    /// Something else, such as `a symbolic link`.
    Other(&'static str),
    /// A file or directory that cannot be read, and why.
    Unreadable(String),
}

/// The files below a directory, by their paths with slashes.
#[derive(Debug)]
pub struct Disk {
    root: PathBuf,
    /// What is there, directories apart.
    pub files: BTreeMap<String, Found>,
}

impl Disk {
    /// Nothing is there.
    pub fn none(root: &Path) -> Self {
        Self { root: root.to_owned(), files: BTreeMap::new() }
    }

    /// Reads all of it.
    ///
    /// # Errors
    /// The directory itself cannot be read, or the run was interrupted.
    pub fn read(context: &Context, root: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        let mut open = vec![(root.to_owned(), String::new())];
        while let Some((dir, name)) = open.pop() {
            context.interrupt.check()?;
            let entries = match fs::read_dir(&dir) {
                Ok(entries) => entries,
                Err(e) if name.is_empty() => {
                    return Err(Failure::failed(format!("could not read {}: {e}", shown(&dir))));
                }
                Err(e) => {
                    files.insert(name, Found::Unreadable(e.to_string()));
                    continue;
                }
            };
            for entry in entries {
                let entry = match entry {
                    Ok(entry) => entry,
                    Err(e) => {
                        files.insert(format!("{name}/"), Found::Unreadable(e.to_string()));
                        break;
                    }
                };
                let own = entry.file_name().to_string_lossy().into_owned();
                let path = if name.is_empty() { own } else { format!("{name}/{own}") };
                match fs::symlink_metadata(entry.path()) {
                    Ok(meta) if meta.is_dir() => open.push((entry.path(), path)),
                    Ok(meta) if meta.is_file() => {
                        files.insert(path, Found::File { size: meta.len(), sha256: None });
                    }
                    Ok(meta) => drop(files.insert(path, Found::Other(kind(meta.file_type())))),
                    Err(e) => drop(files.insert(path, Found::Unreadable(e.to_string()))),
                }
            }
        }
        let mut disk = Self { root: root.to_owned(), files };
        disk.hash(context)?;
        Ok(disk)
    }

    fn hash(&mut self, context: &Context) -> Result<()> {
        let fits = |found: &Found| matches!(found, Found::File { size, .. } if *size <= LARGEST);
        let all: Vec<String> =
            self.files.iter().filter(|(_, found)| fits(found)).map(|(path, _)| path.clone()).collect();
        let progress = context.progress("Hashing", "files", all.len() as u64);
        let hashed = Mutex::new(Vec::with_capacity(all.len()));
        let hash_one = |buffer: &mut Vec<u8>, path: &String| -> Result<()> {
            context.interrupt.check()?;
            let found = match self.hash_file(path, buffer) {
                Ok((size, sha256)) => Found::File { size, sha256: Some(sha256) },
                Err(e) => Found::Unreadable(e.to_string()),
            };
            progress.add_done(1);
            hashed.lock().unwrap_or_else(PoisonError::into_inner).push((path.clone(), found));
            Ok(())
        };
        let failed = parallel::each(jobs(None), &all, true, Vec::new, hash_one);
        progress.finish();
        if let Some((_, failure)) = failed.into_iter().next() {
            return Err(failure);
        }
        self.files.extend(hashed.into_inner().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    fn hash_file(&self, path: &str, buffer: &mut Vec<u8>) -> io::Result<(u64, [u8; 32])> {
        buffer.resize(64 << 10, 0);
        // One that grows meanwhile is cut off, and unlike what it must be.
        let mut file = self.open(path)?.take(LARGEST + 1);
        let (mut size, mut hasher) = (0, Sha256::new());
        loop {
            match file.read(buffer)? {
                0 => return Ok((size, hasher.finalize().into())),
                len => {
                    hasher.update(&buffer[..len]);
                    size += len as u64;
                }
            }
        }
    }

    /// The SHA-256 of a regular file that was read.
    pub fn sha256(&self, path: &str) -> Option<[u8; 32]> {
        match self.files.get(path)? {
            Found::File { sha256, .. } => *sha256,
            Found::Other(_) | Found::Unreadable(_) => None,
        }
    }

    /// At most `limit` bytes of a regular file, from its start.
    ///
    /// # Errors
    /// It is not one any more.
    pub fn text(&self, path: &str, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open(path)?.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn open(&self, path: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        {
            use rustix::fs::OFlags;
            use std::os::unix::fs::OpenOptionsExt as _;
            let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
            options.custom_flags(flags.bits().cast_signed());
        }
        let file = options.open(self.root.join(path))?;
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a regular file")) }
    }
}

fn kind(kind: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_fifo() {
            return "a named pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_block_device() || kind.is_char_device() {
            return "a device";
        }
    }
    if kind.is_symlink() { "a symbolic link" } else { "not a regular file" }
}
