//! Writing and removing an extracted tree.
//!
//! Directories are held open while files are put into them: a file costs one
//! open, one write and one close, whatever its depth.

use crate::crash_point;
use crate::input::Progress;
use crate::writer::stamp::Stamp;
use crate::writer::stamps::Stamps;
use crate::writer::system::{DirMode, create_tree_file, make_dir, open_dir};
use airgo_gomod::modzip::Sink;
use cap_std::fs::{Dir, File};
use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Why a tree was not written.
#[derive(Debug)]
pub(crate) enum TreeError {
    /// The file of that name below the tree's root cannot be written.
    Write(String, io::Error),
    /// The caller gave up.
    Cancelled,
}

/// Takes the files of a module zip and writes them below a directory that is
/// empty, with modes as cmd/go gives them: files 0444, directories 0555 unless
/// they shall stay writable (`-modcacherw`), both less the umask.
pub(crate) struct TreeWriter<'a> {
    /// The root and the directories down to the current one.
    open: Vec<Dir>,
    /// The current directory below the root, and where each of the open
    /// directories' names ends in it.
    path: String,
    ends: Vec<usize>,
    file: Option<File>,
    /// For messages: the current file.
    name: String,
    /// The mode that directories were made with; they all have the root's.
    mode: DirMode,
    keep_writable: bool,
    meter: Meter<'a>,
    stamps: Stamps,
}

impl<'a> TreeWriter<'a> {
    /// Starts below `root`, which was just made.
    pub(crate) fn new(root: Dir, keep_writable: bool, meter: Meter<'a>) -> io::Result<Self> {
        let mode = DirMode::of(&root)?;
        Ok(Self {
            open: vec![root],
            path: String::new(),
            ends: Vec::new(),
            file: None,
            name: String::new(),
            mode,
            keep_writable,
            meter,
            stamps: Stamps::default(),
        })
    }

    /// Closes all directories; the tree is complete. Its root stays writable: only
    /// then may a user who is not root move it. See [`close_root`].
    pub(crate) fn finish(mut self) -> Result<Stamps, TreeError> {
        self.leave_to(0)?;
        self.stamps.directory("", self.open.first().and_then(Stamp::of));
        Ok(self.stamps)
    }

    /// Makes `dir`, below the root, the current directory.
    fn enter(&mut self, dir: &str) -> Result<(), TreeError> {
        if self.path == dir {
            return Ok(());
        }
        let below = |end: &usize| {
            self.path.get(..*end) == dir.get(..*end) && matches!(dir.as_bytes().get(*end), None | Some(b'/'))
        };
        let common = self.ends.iter().take_while(|end| below(end)).count();
        self.leave_to(common)?;
        let done = self.ends.last().copied().unwrap_or(0);
        let rest = dir.get(done..).unwrap_or_default();
        for name in rest.split('/').filter(|name| !name.is_empty()) {
            let Some(parent) = self.open.last() else { break };
            let made = make_dir(parent, name).and_then(|(next, is_new)| {
                // It was left before, and closed.
                if !is_new && !self.keep_writable {
                    self.mode.set(&next)?;
                }
                Ok(next)
            });
            if !self.path.is_empty() {
                self.path.push('/');
            }
            self.path.push_str(name);
            self.open.push(made.map_err(|error| TreeError::Write(self.path.clone(), error))?);
            self.ends.push(self.path.len());
        }
        Ok(())
    }

    /// Leaves directories until `depth` are left below the root.
    fn leave_to(&mut self, depth: usize) -> Result<(), TreeError> {
        while self.ends.len() > depth {
            self.close_last()?;
            self.ends.pop();
            self.path.truncate(self.ends.last().copied().unwrap_or(0));
        }
        Ok(())
    }

    /// Closes the current directory and takes the right to write from it.
    fn close_last(&mut self) -> Result<(), TreeError> {
        let Some(dir) = self.open.pop() else { return Ok(()) };
        if !self.keep_writable && self.mode.is_writable() {
            let closed = self.mode.read_only().set(&dir);
            closed.map_err(|error| TreeError::Write(self.path.clone(), error))?;
        }
        self.stamps.directory(self.path.as_str(), Stamp::of(&dir));
        Ok(())
    }
}

impl Sink for TreeWriter<'_> {
    type Error = TreeError;

    fn start(&mut self, name: &str, _: u64) -> Result<(), TreeError> {
        if self.meter.progress.cancelled() {
            return Err(TreeError::Cancelled);
        }
        let (dir, base) = name.rsplit_once('/').unwrap_or(("", name));
        self.enter(dir)?;
        self.name.clear();
        self.name.push_str(name);
        if let Some(parent) = self.open.last() {
            let file = create_tree_file(parent, base);
            self.file = Some(file.map_err(|error| TreeError::Write(name.to_owned(), error))?);
            crash_point!("file");
        }
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), TreeError> {
        if let Some(file) = &mut self.file {
            file.write_all(bytes).map_err(|error| TreeError::Write(self.name.clone(), error))?;
        }
        self.meter.add(bytes.len());
        Ok(())
    }

    fn end(&mut self) -> Result<(), TreeError> {
        if let Some(file) = self.file.take() {
            self.stamps.file(self.name.as_str(), Stamp::of(&file));
        }
        Ok(())
    }
}

/// Reports how far a zip is extracted, in bytes of the zip, so that what is reported
/// adds up to its size.
pub(crate) struct Meter<'a> {
    progress: &'a dyn Progress,
    size: u64,
    content: u64,
    done: u64,
    reported: u64,
}

impl<'a> Meter<'a> {
    /// Not worth a call.
    const STEP: u64 = 64 << 10;

    pub(crate) fn new(progress: &'a dyn Progress, size: u64, content: u64) -> Self {
        Self { progress, size, content: content.max(1), done: 0, reported: 0 }
    }

    fn add(&mut self, bytes: usize) {
        self.done += bytes as u64;
        let share = u128::from(self.size) * u128::from(self.done) / u128::from(self.content);
        let reached = u64::try_from(share).unwrap_or(u64::MAX).min(self.size);
        if reached >= self.reported + Self::STEP {
            self.progress.bytes(reached - self.reported);
            self.reported = reached;
        }
    }
}

impl Drop for Meter<'_> {
    fn drop(&mut self) {
        self.progress.bytes(self.size - self.reported);
    }
}

/// Takes the right to write from the root of a tree that is in its place.
pub(crate) fn close_root(parent: &Dir, name: &str) -> io::Result<()> {
    let root = open_dir(parent, name)?;
    let mode = DirMode::of(&root)?;
    if mode.is_writable() { mode.read_only().set(&root) } else { Ok(()) }
}

/// Moves the files of one tree into another, which keeps what it has beside them; the
/// mode of its directories is that of its root.
pub(crate) fn merge(from: &Dir, to: &Dir, keep_writable: bool) -> io::Result<()> {
    let mode = DirMode::of(to)?;
    mode.removable().set(to)?;
    for (name, is_dir) in names(from)? {
        if !is_dir {
            from.rename(&name, to, &name)?;
            continue;
        }
        let name = name.to_str().ok_or(ErrorKind::InvalidData)?;
        let (child, _) = make_dir(to, name)?;
        merge(&open_dir(from, name)?, &child, keep_writable)?;
    }
    if keep_writable { Ok(()) } else { mode.read_only().set(to) }
}

/// Removes a tree whose directories may be read-only (cmd/go modfetch
/// RemoveAll). Links in it are removed, not followed. None there is fine.
pub(crate) fn remove_tree(parent: &Dir, name: impl AsRef<Path>) -> io::Result<()> {
    let name = name.as_ref();
    let dir = match open_dir(parent, name) {
        Ok(dir) => dir,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotADirectory => return parent.remove_file(name),
        Err(error) => return Err(error),
    };
    DirMode::of(&dir)?.removable().set(&dir)?;
    for (name, is_dir) in names(&dir)? {
        if is_dir { remove_tree(&dir, &name)? } else { dir.remove_file(&name)? }
    }
    drop(dir);
    parent.remove_dir(name)
}

/// What is in a directory, and whether it is a directory itself; all read
/// before any of it is touched.
pub(crate) fn names(dir: &Dir) -> io::Result<Vec<(OsString, bool)>> {
    let mut names = Vec::new();
    for entry in dir.entries()? {
        let entry = entry?;
        names.push((entry.file_name(), entry.file_type()?.is_dir()));
    }
    Ok(names)
}
