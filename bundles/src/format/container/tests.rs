//! Containers beyond 4 GiB, without 4 GiB: zeros that nobody stores.

use super::{Container, ContainerError, Meta, Reason, central_header, end_records, local_header};
use crate::limits::Limits;
use crate::positioned::ReadAt;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// Pieces of bytes at places; zeros between them.
struct Sparse {
    pieces: BTreeMap<u64, Vec<u8>>,
    len: u64,
}

impl ReadAt for Sparse {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let n = buf.len().min(usize::try_from(self.len.saturating_sub(offset)).unwrap());
        buf[..n].fill(0);
        for (start, piece) in self.pieces.range(..offset + n as u64) {
            let (from, to) = (offset.max(*start), (offset + n as u64).min(start + piece.len() as u64));
            if from < to {
                let part = &piece[(from - start) as usize..(to - start) as usize];
                buf[(from - offset) as usize..(to - offset) as usize].copy_from_slice(part);
            }
        }
        Ok(n)
    }
}

fn sparse(sizes: &[u64]) -> Sparse {
    let (mut pieces, mut at) = (BTreeMap::new(), 0);
    let mut directory = Vec::new();
    for (number, size) in sizes.iter().enumerate() {
        let meta = Meta { name: format!("entry{number}"), size: *size, crc: 0 };
        let header = local_header(&meta);
        directory.extend(central_header(&meta, at));
        let body = at + header.len() as u64;
        pieces.insert(at, header);
        at = body + size;
    }
    let len = directory.len() as u64;
    directory.extend(end_records(sizes.len() as u64, at, len));
    let total = at + directory.len() as u64;
    pieces.insert(at, directory);
    Sparse { pieces, len: total }
}

const EDGE: u64 = u32::MAX as u64;

/// Sizes and offsets on both sides of every place where ZIP64 begins.
fn shapes() -> Vec<Vec<u64>> {
    // A local header of `entry0` is 36 bytes, or 56 with ZIP64.
    vec![
        vec![0, 1],
        vec![EDGE - 1, 5],
        vec![EDGE, 5],
        vec![EDGE + 1, 5],
        vec![EDGE - 37, 5],
        vec![EDGE - 36, 5],
        vec![EDGE - 35, 5],
        vec![5, EDGE - 36 - 5 - 36 - 1],
        vec![5, EDGE - 36 - 5 - 36],
        vec![1 << 39, 1 << 33, 7, EDGE],
        vec![3 << 30; 9],
    ]
}

#[test]
fn large_containers_are_read_as_written() {
    for sizes in shapes() {
        let source = Arc::new(sparse(&sizes));
        let container = Container::open(source, &Limits::default()).unwrap();
        let found: Vec<u64> = container.entries.iter().map(|e| e.meta.size).collect();
        assert_eq!(found, sizes);
    }
}

#[test]
fn every_byte_of_large_headers_counts() {
    let mut flips = 0;
    for sizes in shapes() {
        let honest = sparse(&sizes);
        for (start, piece) in &honest.pieces {
            for at in 0..piece.len() {
                // Names and checksums are in two places that must agree.
                let mut pieces = honest.pieces.clone();
                if let Some(piece) = pieces.get_mut(start) {
                    piece[at] ^= 1 << (at % 8);
                }
                let forged = Sparse { pieces, len: honest.len };
                let opened = Container::open(Arc::new(forged), &Limits::default());
                assert!(opened.is_err(), "{sizes:?}: byte {at} of the piece at {start}");
                flips += 1;
            }
        }
    }
    println!("{flips} bytes of ZIP64 headers flipped, none accepted");
}

#[test]
fn limits_are_stated_when_they_are_passed() {
    let open = |sizes: &[u64], limits: &Limits| {
        let error = Container::open(Arc::new(sparse(sizes)), limits).err().unwrap();
        let ContainerError::File(reason) = error else { panic!("{error}") };
        reason
    };
    let limits = Limits { bundle: 1000, ..Limits::default() };
    let found = open(&[2000], &limits);
    assert_eq!(found.to_string(), "the file's size is 2110, over the limit of 1000");
    let limits = Limits { entries: 2, ..Limits::default() };
    assert_eq!(open(&[1; 3], &limits).to_string(), "the number of entries is 3, over the limit of 2");
    let limits = Limits { directory: 100, ..Limits::default() };
    assert!(matches!(open(&[1; 3], &limits), Reason::Limit { what: "the central directory's size", .. }));
    let limits = Limits { name: 3, ..Limits::default() };
    let error = Container::open(Arc::new(sparse(&[1])), &limits).err().unwrap();
    assert!(error.to_string().ends_with("the name's length is 6, over the limit of 3"), "{error}");
}

/// Python's zipfile finds in a sparse file what we put there.
#[test]
fn python_agrees_about_zip64() {
    let has_python = std::process::Command::new("python3").arg("--version").output().is_ok();
    if !has_python {
        assert!(std::env::var_os("CI").is_none(), "python3 is missing");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for sizes in shapes() {
        let honest = sparse(&sizes);
        let path = dir.path().join("sparse.zip");
        let file = std::fs::File::create(&path).unwrap();
        for (start, piece) in &honest.pieces {
            crate::positioned::write_all_at(&file, piece, *start).unwrap();
        }
        let program = "import sys, zipfile\nfor i in zipfile.ZipFile(sys.argv[1]).infolist():\n    \
                       print(i.file_size, end=' ')";
        let out = std::process::Command::new("python3").args(["-c", program]).arg(&path).output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        let found: Vec<u64> = text.split_whitespace().map(|w| w.parse().unwrap()).collect();
        assert_eq!(found, sizes, "{}", String::from_utf8_lossy(&out.stderr));
    }
}
