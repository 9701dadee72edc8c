//! What the `h1:` hash of a module zip is a hash of: the names and the digests
//! of its files (golang.org/x/mod/sumdb/dirhash Hash1, HashZip).
//!
//! A list that hashes to a module's `h1:` says of each file what it must be, so
//! that some of the module's files can be verified without the others. It also
//! has what Go does not hash, the sizes of the files and their order in the zip,
//! by which the zip can be made again.

use super::{Fault, Limits, names};
use crate::dirhash::{H1, Hash1};
use crate::module::ModuleVersion;

/// The files of a module zip, in the order of the zip. Names are below the
/// module's root; one that ends with a slash, or is empty, is that of a
/// directory entry, which Go hashes as an empty file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileList {
    /// All names, one after the other: a module may have tens of thousands.
    names: String,
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    /// Where its name ends.
    end: u32,
    size: u64,
    sha256: [u8; 32],
}

/// A file of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedFile<'a> {
    /// Its path below the module's root.
    pub name: &'a str,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
}

impl ListedFile<'_> {
    /// Whether it is the entry of a directory, which has no content.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        self.name.is_empty() || self.name.ends_with('/')
    }
}

/// Why bytes are not a list of files, or the list is not that of a module zip.
#[derive(Debug, thiserror::Error)]
pub enum FileListError {
    /// The bytes end within the list.
    #[error("the list of files ends in the middle")]
    Truncated,
    /// There are bytes behind the list.
    #[error("there are bytes behind the list of files")]
    Trailing,
    /// A number is too large, or is not written in the shortest way.
    #[error("a number in the list of files is malformed")]
    Number,
    /// A name is not UTF-8.
    #[error("a name in the list of files is not UTF-8")]
    Utf8,
    /// Go would refuse a zip with these files.
    #[error("the list of files: {0}")]
    Rule(Box<Fault>),
}

impl FileList {
    /// Adds a file behind those that are there.
    ///
    /// # Errors
    /// All names together are over 4 GiB, or the name has a newline, which Go
    /// cannot hash.
    pub fn push(&mut self, name: &str, size: u64, sha256: [u8; 32]) -> Result<(), FileListError> {
        if name.contains('\n') {
            let newline = crate::dirhash::NewlineInName(name.to_owned());
            return Err(FileListError::Rule(Box::new(Fault::Newline(newline))));
        }
        self.names.push_str(name);
        let end = u32::try_from(self.names.len()).map_err(|_| FileListError::Number)?;
        self.lines.push(Line { end, size, sha256 });
        Ok(())
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// An entry by its place.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<ListedFile<'_>> {
        let line = self.lines.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.lines[before].end) as usize;
        Some(ListedFile { name: &self.names[start..line.end as usize], size: line.size, sha256: line.sha256 })
    }

    /// The entries, in the order of the zip.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ListedFile<'_>> {
        (0..self.len()).map(|index| {
            let start = if index == 0 { 0 } else { self.lines[index - 1].end as usize };
            let line = &self.lines[index];
            let name = &self.names[start..line.end as usize];
            ListedFile { name, size: line.size, sha256: line.sha256 }
        })
    }

    /// The hash that go.sum has of the module's zip, if these are its files.
    #[must_use]
    pub fn h1(&self, module: &ModuleVersion) -> H1 {
        let mut hash = Hash1::new();
        let mut full = format!("{}@{}/", module.path, module.version);
        let prefix = full.len();
        for file in self.iter() {
            full.truncate(prefix);
            full.push_str(file.name);
            hash.add(&full, file.sha256);
        }
        // No name has a newline, see `push`; of one that had, nothing is the hash.
        hash.finish().unwrap_or(H1([0; 32]))
    }

    /// Refuses what Go refuses of a module zip with files of these names and
    /// sizes (x/mod/zip checkZip).
    ///
    /// # Errors
    /// The first entry that breaks a rule, or too many of them.
    pub fn check(&self, limits: &Limits) -> Result<(), FileListError> {
        let rule = |fault| FileListError::Rule(Box::new(fault));
        let (size, limit) = (self.len() as u64, limits.entries);
        if size > limit {
            return Err(rule(Fault::TooLarge { what: "the number of entries", size, limit }));
        }
        names::check(self.iter().map(|file| (file.name, file.size)), "", limits).map_err(rule)
    }

    /// The list as bytes: the number of entries; each name and a newline; each
    /// size; each digest. Numbers are unsigned LEB128.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.names.len() + self.lines.len() * 36 + 8);
        number(&mut out, self.lines.len() as u64);
        for file in self.iter() {
            out.extend_from_slice(file.name.as_bytes());
            out.push(b'\n');
        }
        for line in &self.lines {
            number(&mut out, line.size);
        }
        for line in &self.lines {
            out.extend_from_slice(&line.sha256);
        }
        out
    }

    /// Reads what [`FileList::to_bytes`] gives, and nothing else; checks the rules
    /// for names and sizes.
    ///
    /// # Errors
    /// Other bytes, or files that Go would refuse in a module zip.
    pub fn from_bytes(bytes: &[u8], limits: &Limits) -> Result<Self, FileListError> {
        let mut rest = bytes;
        let count = take_number(&mut rest)?;
        // Each entry takes 34 bytes at least: no allocation beyond the input's size.
        if count > (rest.len() / 34) as u64 {
            return Err(FileListError::Truncated);
        }
        let count = usize::try_from(count).map_err(|_| FileListError::Number)?;
        let mut list = Self { names: String::new(), lines: Vec::with_capacity(count) };
        for _ in 0..count {
            let end = memchr::memchr(b'\n', rest).ok_or(FileListError::Truncated)?;
            let name = std::str::from_utf8(&rest[..end]).map_err(|_| FileListError::Utf8)?;
            list.push(name, 0, [0; 32])?;
            rest = &rest[end + 1..];
        }
        for line in &mut list.lines {
            line.size = take_number(&mut rest)?;
        }
        let (digests, behind) = rest.split_at_checked(count * 32).ok_or(FileListError::Truncated)?;
        if !behind.is_empty() {
            return Err(FileListError::Trailing);
        }
        for (line, digest) in list.lines.iter_mut().zip(digests.as_chunks().0) {
            line.sha256 = *digest;
        }
        list.check(limits)?;
        Ok(list)
    }
}

fn number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take_number(rest: &mut &[u8]) -> Result<u64, FileListError> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, behind) = rest.split_first().ok_or(FileListError::Truncated)?;
        *rest = behind;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 || byte == 0 && shift > 0 {
            return Err(FileListError::Number);
        }
        value |= bits << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(FileListError::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> FileList {
        let mut list = FileList::default();
        for (index, name) in ["go.mod", "b/", "b/x.go", "a.go"].into_iter().enumerate() {
            let size = if name == "b/" { 0 } else { 127 + index as u64 };
            list.push(name, size, [index as u8; 32]).unwrap();
        }
        list
    }

    #[test]
    fn bytes_and_back() {
        let list = sample();
        let bytes = list.to_bytes();
        assert_eq!(FileList::from_bytes(&bytes, &Limits::default()).unwrap(), list);
        assert_eq!(list.get(2), list.iter().nth(2));
        assert!(list.get(1).unwrap().is_directory());
        for len in 0..bytes.len() {
            assert!(FileList::from_bytes(&bytes[..len], &Limits::default()).is_err(), "{len}");
        }
        let longer = [bytes.as_slice(), b"\0"].concat();
        assert!(matches!(FileList::from_bytes(&longer, &Limits::default()), Err(FileListError::Trailing)));
    }

    /// A number has one spelling, and a list one encoding.
    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        for bad in [&[0x80, 0][..], &[0xff; 10][..], &[0x80; 11][..], &[]] {
            assert!(take_number(&mut &bad[..]).is_err(), "{bad:x?}");
        }
        for value in [0, 1, 127, 128, 1 << 20, u64::MAX] {
            let mut out = Vec::new();
            number(&mut out, value);
            assert_eq!(take_number(&mut out.as_slice()).unwrap(), value);
        }
    }

    #[test]
    fn names_that_go_refuses_in_a_zip_are_refused() {
        for bad in
            [&["a", "A"][..], &["../a"], &["a", "a/b"], &["/a"], &["sub/go.mod"], &["a", "a"], &["C:\\x"]]
        {
            let mut list = FileList::default();
            for name in bad {
                list.push(name, 1, [0; 32]).unwrap();
            }
            let read = FileList::from_bytes(&list.to_bytes(), &Limits::default());
            assert!(matches!(read, Err(FileListError::Rule(_))), "{bad:?}");
        }
        assert!(FileList::default().push("a\nb", 1, [0; 32]).is_err());
    }
}
