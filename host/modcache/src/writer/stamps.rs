//! The stamps of all files and directories of a tree, by which a later run knows without
//! reading them that they are as they were. A name that is added to a directory, removed
//! or replaced changes that directory's stamp, so the names that are there need not be
//! listed again.

use super::packed::{Packer, Unpacker};
use super::stamp::Stamp;
use cap_std::fs::Dir;
use std::collections::BTreeMap;

/// The kind of a file in its mode.
const KIND: u32 = 0o170_000;
const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;

/// The stamps of a tree, gathered while it is written or hashed.
#[derive(Debug, Default)]
pub(crate) struct Stamps {
    /// By the name below the root, whose own is empty.
    entries: BTreeMap<String, Stamp>,
    /// The newest of the times that must be past before anyone else sees the tree.
    latest: i64,
    /// Some entry has no stamp, or is of another file system.
    lost: bool,
}

impl Stamps {
    /// A file as it was when its content was known; what is hashed, directories too, as it
    /// was before.
    pub(crate) fn file(&mut self, name: impl Into<String>, stamp: Option<Stamp>) {
        self.add(name, stamp, |stamp| stamp.mtime.max(stamp.ctime));
    }

    /// A directory that was just written; one that is reported again is as the last time.
    /// Its mode may be changed yet when it is, which moves its ctime alone.
    pub(crate) fn directory(&mut self, name: impl Into<String>, stamp: Option<Stamp>) {
        self.add(name, stamp, |stamp| stamp.mtime);
    }

    fn add(&mut self, name: impl Into<String>, stamp: Option<Stamp>, time: impl Fn(Stamp) -> i64) {
        let Some(stamp) = stamp else {
            self.lost = true;
            return;
        };
        self.latest = self.latest.max(time(stamp));
        self.entries.insert(name.into(), stamp);
    }

    /// The tree's root moved to its place: it is the same, but for its mode and ctime.
    fn place(&mut self, root: Option<Stamp>) -> Option<()> {
        let before = self.entries.get_mut("")?;
        *before = root.filter(|root| root.is_moved(before))?;
        Some(())
    }

    /// A name that cannot be written down.
    pub(crate) fn lose(&mut self) {
        self.lost = true;
    }

    /// As few bytes; none where an entry is lost.
    pub(crate) fn pack(mut self, root: Option<Stamp>) -> Option<PackedStamps> {
        if let Some(root) = root {
            self.place(Some(root))?;
        }
        let root = *self.entries.get("")?;
        if self.lost || self.entries.values().any(|stamp| stamp.dev != root.dev) {
            return None;
        }
        let mut packer = Packer::default();
        packer.number(root.dev);
        let (mut last, mut last_name) = (Stamp::default(), String::new());
        for (name, stamp) in self.entries {
            let shared = last_name.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
            packer.number(shared as u64);
            packer.bytes(&name.as_bytes()[shared..]);
            packer.number(stamp.mode.into());
            packer.signed(stamp.ino.wrapping_sub(last.ino).cast_signed());
            packer.number(stamp.size);
            packer.signed(stamp.ctime.wrapping_sub(last.ctime));
            packer.signed(stamp.mtime.wrapping_sub(stamp.ctime));
            (last, last_name) = (stamp, name);
        }
        Some(PackedStamps(packer.0))
    }

    /// The newest of the times, see [`Self::file`] and [`Self::directory`].
    pub(crate) fn latest(&self) -> i64 {
        self.latest
    }
}

/// The same in few bytes, some 25 an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PackedStamps(pub(crate) Vec<u8>);

impl PackedStamps {
    /// Hands on each entry until one is refused; false then, and where they are
    /// malformed: no root, an entry that is neither file nor directory, or a name that
    /// leads out of the tree.
    pub(crate) fn all(&self, mut accept: impl FnMut(&str, Stamp) -> bool) -> bool {
        self.walk(&mut accept).is_some()
    }

    fn walk(&self, accept: &mut dyn FnMut(&str, Stamp) -> bool) -> Option<()> {
        let mut from = Unpacker(&self.0);
        let dev = from.number()?;
        let (mut last, mut name) = (Stamp { dev, ..Stamp::default() }, Vec::new());
        let mut is_root = true;
        while !from.0.is_empty() {
            let shared = usize::try_from(from.number()?).ok()?;
            if shared > name.len() {
                return None;
            }
            name.truncate(shared);
            name.extend_from_slice(from.bytes()?);
            let mode = u32::try_from(from.number()?).ok()?;
            let ino = last.ino.wrapping_add(from.signed()?.cast_unsigned());
            let size = from.number()?;
            let ctime = last.ctime.wrapping_add(from.signed()?);
            let mtime = ctime.wrapping_add(from.signed()?);
            last = Stamp { dev, ino, size, mode, mtime, ctime };
            let text = std::str::from_utf8(&name).ok()?;
            let is_fine = if is_root { text.is_empty() } else { is_inside(text) };
            let is_known = matches!(mode & KIND, DIRECTORY | REGULAR);
            if !is_fine || !is_known || !accept(text, last) {
                return None;
            }
            is_root = false;
        }
        (!is_root).then_some(())
    }

    /// Whether the tree is as it was: each file and directory has its stamp.
    pub(crate) fn are_of(&self, root: &Dir) -> bool {
        self.all(|name, stamp| {
            let now = if name.is_empty() { Stamp::of(root) } else { Stamp::at(root, name) };
            now == Some(stamp)
        })
    }

    /// The root's own.
    pub(crate) fn root(&self) -> Option<Stamp> {
        let mut root = None;
        self.all(|_, stamp| {
            root = Some(stamp);
            false
        });
        root
    }

    /// Files, not directories, and what they have in bytes.
    pub(crate) fn files(&self, mut each: impl FnMut(&str, u64)) {
        self.all(|name, stamp| {
            if stamp.mode & KIND == REGULAR {
                each(name, stamp.size);
            }
            true
        });
    }
}

/// Whether a name is below the root.
fn is_inside(name: &str) -> bool {
    !name.contains('\0') && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(ino: u64, mode: u32, time: i64) -> Option<Stamp> {
        Some(Stamp { dev: 7, ino, size: 5, mode, mtime: time, ctime: time + 3 })
    }

    fn sample() -> Stamps {
        let mut stamps = Stamps::default();
        stamps.file("sub/a.go", stamp(9, REGULAR | 0o444, 1_000));
        stamps.file("sub/ab.go", stamp(2, REGULAR | 0o444, 900));
        stamps.directory("sub", stamp(3, DIRECTORY | 0o755, 800));
        stamps.directory("sub", stamp(3, DIRECTORY | 0o555, 1_100));
        stamps.directory("", stamp(1, DIRECTORY | 0o755, 1_001));
        stamps
    }

    fn names(packed: &PackedStamps) -> Vec<(String, Stamp)> {
        let mut names = Vec::new();
        assert!(packed.all(|name, stamp| {
            names.push((name.to_owned(), stamp));
            true
        }));
        names
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let stamps = sample();
        assert_eq!(stamps.latest(), 1_100);
        let entries: Vec<_> = stamps.entries.clone().into_iter().collect();
        let packed = stamps.pack(None).unwrap();
        assert_eq!(names(&packed), entries);
        assert_eq!(packed.root(), stamp(1, DIRECTORY | 0o755, 1_001));
        let mut files = Vec::new();
        packed.files(|name, size| files.push((name.to_owned(), size)));
        assert_eq!(files, [("sub/a.go".to_owned(), 5), ("sub/ab.go".to_owned(), 5)]);
    }

    #[test]
    fn a_root_that_is_another_one_is_not_packed() {
        let moved = Stamp { mode: DIRECTORY | 0o555, ctime: 9_999, ..stamp(1, 0, 1_001).unwrap() };
        let packed = sample().pack(Some(moved)).unwrap();
        assert_eq!(packed.root(), Some(moved));
        for other in [Stamp { ino: 2, ..moved }, Stamp { mtime: 0, ..moved }, Stamp { dev: 8, ..moved }] {
            assert_eq!(sample().pack(Some(other)), None);
        }
        let mut mounted = sample();
        mounted.file("x", Some(Stamp { dev: 8, mode: REGULAR, ..Stamp::default() }));
        assert_eq!(mounted.pack(None), None);
        let mut lost = sample();
        lost.file("x", None);
        assert_eq!(lost.pack(None), None);
        assert_eq!(Stamps::default().pack(None), None);
    }

    #[test]
    fn hostile_bytes_are_refused() {
        let good = sample().pack(None).unwrap();
        for len in 0..good.0.len() {
            // Cut short it may end with an entry; it is another set of entries then.
            let cut = PackedStamps(good.0[..len].to_vec());
            let mut seen = 0;
            let whole = cut.all(|_, _| {
                seen += 1;
                true
            });
            assert!(!whole || seen < 4, "{len}");
        }
        let mut packer = Packer::default();
        packer.number(7);
        for (name, mode) in [("", DIRECTORY), ("../../etc", REGULAR)] {
            packer.number(0);
            packer.bytes(name.as_bytes());
            packer.number(mode.into());
            (0..4).for_each(|_| packer.number(0));
        }
        assert!(!PackedStamps(packer.0).all(|_, _| true));
        for name in ["a//b", "/a", "a/..", ".", "a\0b"] {
            assert!(!is_inside(name), "{name:?}");
        }
    }
}
