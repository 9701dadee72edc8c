//! Zips against Go's own archive/zip, byte for byte, and finding their encoder.

use crate::inputs::{EDGES, content};
use crate::oracle::{Entry, Oracle};
use airgo_gozip::{Encoder, Identified, IdentifyError, Limits, Part, Writer, identify, identify_with};
use airgo_testkit::Rng;
use std::io::Cursor;

fn write(encoder: Encoder, entries: &[Entry]) -> Vec<u8> {
    let mut zip = Writer::new(Vec::new(), encoder);
    for (name, content) in entries {
        zip.file(name, content.as_slice()).unwrap();
    }
    zip.finish().unwrap()
}

fn find(zip: &[u8]) -> Identified {
    identify(zip, &Limits::default()).unwrap()
}

/// Names that archive/zip treats differently, directories, empty files.
fn entries() -> Vec<Entry> {
    let mut random = Rng::new(7);
    let mut entries: Vec<Entry> = EDGES
        .into_iter()
        .map(|size| (format!("example.com/a@v1.0.0/f{size}").into_bytes(), content(&mut random, size)))
        .collect();
    let names: [&[u8]; 12] = [
        b"plain }",
        b"tilde ~",
        b"back\\slash",
        b"tab\t",
        "grün".as_bytes(),
        "replaced \u{fffd}".as_bytes(),
        b"not utf-8 \xff",
        b"surrogate \xed\xa0\x80 \xc3\xbc",
        b"",
        b"del \x7f",
        b"same",
        b"same",
    ];
    entries.extend(names.map(|name| (name.to_vec(), b"content".to_vec())));
    entries.extend([&b"dir/"[..], b"~dir/", b"/"].map(|name| (name.to_vec(), Vec::new())));
    entries.push((b"after a directory".to_vec(), vec![b'x'; 1000]));
    entries
}

#[test]
fn zips_are_those_of_go() {
    for encoder in Encoder::ALL {
        let Some(oracle) = Oracle::new(encoder) else { continue };
        let entries = entries();
        for entries in [&entries[..], &entries[..1], &entries[1..2], &[]] {
            let want = oracle.zip(entries);
            assert!(write(encoder, entries) == want, "{encoder:?}, {} entries", entries.len());
            let made = if entries.is_empty() { Encoder::Go126 } else { encoder };
            assert_eq!(find(&want), Identified::By(made));
        }
    }
}

/// 65,535 entries and more need records of 64 bits.
#[test]
fn zips_of_many_files_are_those_of_go() {
    for encoder in Encoder::ALL {
        let Some(oracle) = Oracle::new(encoder) else { continue };
        for count in [65_534, 65_535, 65_536] {
            let entries: Vec<Entry> = (0..count).map(|n| (format!("{n}").into_bytes(), Vec::new())).collect();
            let want = oracle.zip(&entries);
            assert!(write(encoder, &entries) == want, "{encoder:?}, {count} entries");
            assert_eq!(find(&want), Identified::By(encoder));
        }
    }
}

#[test]
fn what_a_zip_holds_comes_in_its_own_order() {
    let entries = entries();
    for encoder in Encoder::ALL {
        let zip = write(encoder, &entries);
        let mut found: Vec<Entry> = Vec::new();
        let answer = identify_with(zip.as_slice(), &Limits::default(), |part| match part {
            Part::Name(name) => found.push((name.to_vec(), Vec::new())),
            Part::Content(content) => found.last_mut().unwrap().1.extend_from_slice(content),
        });
        assert_eq!(answer.unwrap(), Identified::By(encoder));
        assert!(found == entries);
    }
}

/// Whatever is changed, cut off or added: it is not the same zip.
#[test]
fn a_changed_zip_is_kept_as_it_is() {
    let mut random = Rng::new(8);
    let entries: Vec<Entry> = [200, 0, 3, 40, 70_000]
        .map(|size| (format!("f{size}").into_bytes(), content(&mut random, size)))
        .to_vec();
    for encoder in Encoder::ALL {
        let zip = write(encoder, &entries);
        assert_eq!(find(&zip), Identified::By(encoder));
        let step = if zip.len() > 2000 { zip.len() / 1000 } else { 1 };
        for at in (0..zip.len()).step_by(step).chain(zip.len() - 400..zip.len()) {
            let mut changed = zip.clone();
            changed[at] ^= 1 << random.below(8);
            match find(&changed) {
                Identified::AsIs => {}
                // A byte of a name or of content is as good as another, where
                // its checksums, which were not changed, are not looked at.
                by => panic!("byte {at} of {} changed: {by:?}", zip.len()),
            }
            assert_eq!(find(&zip[..at]), Identified::AsIs, "cut at {at} of {}", zip.len());
        }
        let mut longer = zip.clone();
        longer.push(0);
        assert_eq!(find(&longer), Identified::AsIs);
        let twice = [zip.as_slice(), &zip].concat();
        assert_eq!(find(&twice), Identified::AsIs);
    }
}

#[test]
fn zips_of_others_and_no_zips_are_kept_as_they_are() {
    let other = airgo_testkit::ZipBuilder::new()
        .file("example.com/a@v1.0.0/go.mod", "module example.com/a\n")
        .bytes();
    for zip in [other.as_slice(), b"", b"PK", b"PK\x03\x04", &[0; 100], b"PK\x05\x06"] {
        assert_eq!(find(zip), Identified::AsIs);
    }
}

#[test]
fn limits_are_held() {
    let zip = write(Encoder::Go127, &[(b"a".to_vec(), vec![0; 1 << 20]), (b"b".to_vec(), vec![0; 1 << 20])]);
    let limits = |content, entries, directory| Limits { content, entries, directory };
    let find = |limits: Limits| identify(Cursor::new(&zip), &limits);
    assert_eq!(find(limits(2 << 20, 2, 94)).unwrap(), Identified::By(Encoder::Go127));
    for (limits, wrong) in [
        (limits((2 << 20) - 1, 2, 94), "the zip has more than 2097151 bytes of content"),
        (limits(2 << 20, 1, 94), "the zip has more than 1 entries"),
        (limits(2 << 20, 2, 40), "the zip has more than 40 bytes of directory"),
    ] {
        match find(limits) {
            Err(error @ IdentifyError::TooLarge { .. }) => assert_eq!(error.to_string(), wrong),
            other => panic!("{other:?}"),
        }
    }
}

/// Deflate streams that go on without content: reading stops soon.
#[test]
fn an_endless_stream_of_nothing_is_not_read_to_its_end() {
    let mut zip = write(Encoder::Go126, &[(b"a".to_vec(), Vec::new())]);
    zip.truncate(31);
    let start = zip.len() as u64;
    let endless = std::io::Read::chain(Cursor::new(zip), Endless { block: [0, 0, 0, 0xff, 0xff], at: 0 });
    let mut counted = Counted { inner: endless, read: 0 };
    assert_eq!(identify(&mut counted, &Limits::default()).unwrap(), Identified::AsIs);
    assert!(counted.read < start + (4 << 20), "{} bytes were read", counted.read);
}

struct Endless {
    block: [u8; 5],
    at: usize,
}

impl std::io::Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        for byte in &mut *out {
            *byte = self.block[self.at];
            self.at = (self.at + 1) % 5;
        }
        Ok(out.len())
    }
}

struct Counted<R> {
    inner: R,
    read: u64,
}

impl<R: std::io::Read> std::io::Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(out)?;
        self.read += n as u64;
        Ok(n)
    }
}

#[test]
fn misuse_of_a_writer_is_an_error() {
    let mut zip = Writer::new(Vec::new(), Encoder::Go126);
    assert_eq!(zip.content(b"a").unwrap_err().to_string(), "content without a file that it belongs to");
    assert!(zip.file("dir/", &b"a"[..]).is_err());
    assert!(zip.file("dir/", &b""[..]).is_ok());
    let long = vec![b'a'; 65_536];
    assert!(zip.begin(&long).unwrap_err().to_string().starts_with("a name of 65536 bytes"));
    assert!(zip.begin(&long[1..]).is_ok());
}
