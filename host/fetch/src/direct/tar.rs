//! Reading the tar archives that `git archive` writes: POSIX headers, and
//! extended ones for long names and large files.

use std::io::{self, Read};

const BLOCK: usize = 512;
/// The most bytes of an extended header: a name and a few numbers.
const MAX_EXTENDED: u64 = 1 << 20;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Directory,
    /// A symbolic link, or anything else.
    Other,
}

/// One entry's header; its data follows in the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) size: u64,
}

/// Entries of a tar archive, one after the other.
pub(super) struct Tar<R> {
    reader: R,
    /// How much of the last entry's data and padding is still to be passed over.
    left: u64,
    padding: u64,
}

impl<R: Read> Tar<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, left: 0, padding: 0 }
    }

    /// The next entry; none at the archive's end.
    pub(super) fn next(&mut self) -> io::Result<Option<Entry>> {
        let (mut name, mut size) = (None, None);
        loop {
            self.skip()?;
            let mut header = [0; BLOCK];
            self.reader.read_exact(&mut header)?;
            if header.iter().all(|b| *b == 0) {
                return Ok(None);
            }
            check_sum(&header)?;
            let declared = number(&header[124..136])?;
            let kind = match header[156] {
                // For the archive as a whole: the commit's hash.
                b'g' => {
                    self.enter(declared);
                    continue;
                }
                b'x' => {
                    let records = self.extended(declared)?;
                    for (key, value) in records {
                        match key.as_slice() {
                            b"path" => name = Some(value),
                            b"size" => size = Some(decimal(&value)?),
                            _ => {}
                        }
                    }
                    continue;
                }
                b'0' | 0 => Kind::File,
                b'5' => Kind::Directory,
                _ => Kind::Other,
            };
            let size = size.unwrap_or(declared);
            // Git writes a link's target into the header, or as data where it is long.
            self.enter(size);
            return Ok(Some(Entry { name: name.unwrap_or_else(|| plain_name(&header)), kind, size }));
        }
    }

    fn enter(&mut self, size: u64) {
        self.left = size;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
    }

    fn skip(&mut self) -> io::Result<()> {
        let wanted = self.left + self.padding;
        let passed = io::copy(&mut (&mut self.reader).take(wanted), &mut io::sink())?;
        (self.left, self.padding) = (0, 0);
        if passed == wanted { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn extended(&mut self, size: u64) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        if size > MAX_EXTENDED {
            return Err(malformed("an extended header is too long"));
        }
        self.enter(size);
        let mut text = Vec::new();
        self.read_to_end(&mut text)?;
        let mut records = Vec::new();
        let mut rest = text.as_slice();
        while !rest.is_empty() {
            let bad = || malformed("an extended header");
            let space = rest.iter().position(|b| *b == b' ').ok_or_else(bad)?;
            let length = usize::try_from(decimal(&rest[..space])?).map_err(|_| bad())?;
            let record = rest.get(space + 1..length).and_then(|r| r.strip_suffix(b"\n")).ok_or_else(bad)?;
            let equals = record.iter().position(|b| *b == b'=').ok_or_else(bad)?;
            records.push((record[..equals].to_vec(), record[equals + 1..].to_vec()));
            rest = &rest[length..];
        }
        Ok(records)
    }
}

/// Reads the data of the entry last given.
impl<R: Read> Read for Tar<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = (&mut self.reader).take(self.left).read(buffer)?;
        if n == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= n as u64;
        Ok(n)
    }
}

fn plain_name(header: &[u8; BLOCK]) -> Vec<u8> {
    let field = |range: std::ops::Range<usize>| {
        let bytes = &header[range];
        bytes.iter().position(|b| *b == 0).map_or(bytes, |end| &bytes[..end]).to_vec()
    };
    let (name, mut full) = (field(0..100), field(345..500));
    if !full.is_empty() {
        full.push(b'/');
    }
    full.extend(name);
    full
}

fn check_sum(header: &[u8; BLOCK]) -> io::Result<()> {
    let sum: u64 = header
        .iter()
        .enumerate()
        .map(|(i, b)| if (148..156).contains(&i) { 32 } else { u64::from(*b) })
        .sum();
    if number(&header[148..156])? == sum { Ok(()) } else { Err(malformed("a header's checksum")) }
}

/// An octal number, ended by a space or a zero byte.
fn number(field: &[u8]) -> io::Result<u64> {
    let mut digits = field.iter().skip_while(|b| **b == b' ').take_while(|b| !matches!(b, 0 | b' '));
    digits.try_fold(0u64, |n, b| match b {
        b'0'..=b'7' => Ok(n * 8 + u64::from(b - b'0')),
        _ => Err(malformed("a number")),
    })
}

fn decimal(field: &[u8]) -> io::Result<u64> {
    std::str::from_utf8(field).ok().and_then(|t| t.parse().ok()).ok_or_else(|| malformed("a number"))
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what} of the archive is malformed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, kind: u8, size: usize) -> Vec<u8> {
        let mut h = vec![0; BLOCK];
        h[..name.len()].copy_from_slice(name.as_bytes());
        h[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
        h[156] = kind;
        h[148..156].fill(b' ');
        let sum: u64 = h.iter().map(|b| u64::from(*b)).sum();
        h[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        h
    }

    fn padded(data: &[u8]) -> Vec<u8> {
        let mut data = data.to_vec();
        data.resize(data.len().next_multiple_of(BLOCK), 0);
        data
    }

    #[test]
    fn entries_and_their_data() {
        let long = "d/".repeat(200) + "long\nname";
        let record = format!(" path={long}\n");
        let record = format!("{}{record}", record.len() + 3);
        let archive = [
            header("pax_global_header", b'g', 52),
            padded(&[b'x'; 52]),
            header("dir/", b'5', 0),
            header("ext", b'x', record.len()),
            padded(record.as_bytes()),
            header("short", b'0', 3),
            padded(b"abc"),
            header("link", b'2', 0),
            header("last", b'0', 513),
            padded(&[7; 513]),
            vec![0; 2 * BLOCK],
        ]
        .concat();
        let mut tar = Tar::new(archive.as_slice());
        let entry = |name: &str, kind, size| Some(Entry { name: name.as_bytes().to_vec(), kind, size });
        assert_eq!(tar.next().unwrap(), entry("dir/", Kind::Directory, 0));
        assert_eq!(tar.next().unwrap(), entry(&long, Kind::File, 3));
        let mut data = Vec::new();
        tar.read_to_end(&mut data).unwrap();
        assert_eq!(data, b"abc");
        assert_eq!(tar.next().unwrap(), entry("link", Kind::Other, 0));
        assert_eq!(tar.next().unwrap(), entry("last", Kind::File, 513));
        assert_eq!(tar.next().unwrap(), None);
        // Cut short, it is not an archive, wherever the cut is.
        for cut in [100, BLOCK, 2 * BLOCK + 5, archive.len() - 2 * BLOCK - 1] {
            let mut tar = Tar::new(&archive[..cut]);
            let error = loop {
                match tar.next() {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("{cut} looks whole"),
                    Err(e) => break e,
                }
            };
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{cut}");
        }
    }
}
