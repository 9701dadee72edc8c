//! Hostile and odd containers, one attack a test case: what two readers could
//! take for different archives is refused, what real writers make is read.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod rawzip;

use airgo_gomod::modzip::{Limits, ModuleZip, Scratch};
use airgo_gomod::{H1, ModuleVersion};
use airgo_testkit::{ZipFiles, h1_files};
use proptest::prelude::*;
use rawzip::{Archive, Entry, MODULE, extra};
use std::io::{Cursor, Read as _};

const GO_MOD: &[u8] = b"module example.com/m\n";
const GO: &[u8] = b"package m\n\n// package m package m package m package m\n";

fn module() -> ModuleVersion {
    ModuleVersion::new("example.com/m", "v1.0.0")
}

fn read(zip: &[u8]) -> Result<H1, String> {
    let mut zip = ModuleZip::open(Cursor::new(zip), &module(), &Limits::default())
        .map_err(|error| error.to_string())?;
    zip.walk(&mut ()).map_err(|error| error.to_string())
}

fn two() -> [Entry; 2] {
    [Entry::new("go.mod", GO_MOD), Entry::streamed("m.go", GO)]
}

fn one(change: impl FnOnce(&mut Entry)) -> Archive {
    Archive::of([Entry::new("go.mod", GO_MOD), Entry::new("m.go", GO).with(change)])
}

fn streamed(change: impl FnOnce(&mut Entry)) -> Archive {
    Archive::of([Entry::new("go.mod", GO_MOD), Entry::streamed("m.go", GO).with(change)])
}

fn name(file: &str) -> String {
    format!("{MODULE}/{file}")
}

/// The data descriptor of GO in one of its forms.
fn descriptor(signed: bool, wide: bool) -> Vec<u8> {
    let entry = Entry::new("", GO);
    let mut out = if signed { b"PK\x07\x08".to_vec() } else { Vec::new() };
    out.extend(entry.central.crc.to_le_bytes());
    for size in [entry.central.compressed, entry.central.size] {
        out.extend(&u64::from(size).to_le_bytes()[..if wide { 8 } else { 4 }]);
    }
    out
}

fn unicode_path(name: &str) -> Vec<u8> {
    extra(0x7075, &[&[1, 0, 0, 0, 0], name.as_bytes()].concat())
}

/// A whole second archive that ends where its comment does.
fn second() -> Vec<u8> {
    Archive::of([Entry::new("evil.go", GO)]).bytes()
}

#[test]
fn reads_what_writers_make() {
    let files = [(name("go.mod"), GO_MOD), (name("m.go"), GO)];
    let want = h1_files(files.iter().map(|(name, data)| (name.as_bytes(), *data)));
    let good = |what: &str, archive: Archive| {
        assert_eq!(read(&archive.bytes()), Ok(want), "{what}");
    };
    good("Go's", Archive::of([Entry::streamed("go.mod", GO_MOD), Entry::streamed("m.go", GO)]));
    good("sizes in local headers", one(|_| ()));
    good("stored", Archive::of([Entry::stored("go.mod", GO_MOD), Entry::stored("m.go", GO)]));
    good("a comment", Archive::of(two()).with(|zip| zip.comment = b"made by hand".to_vec()));
    good("zip64 end records", Archive::of(two()).with(|zip| zip.zip64 = true));
    good(
        "zip64 end records that are needed for the count only",
        Archive::of(two()).with(|zip| {
            zip.zip64 = true;
            zip.end = Some(|end| (end.size, end.start) = (end.size64 as u32, end.start64 as u32));
        }),
    );
    for (signed, wide) in [(false, false), (false, true), (true, false), (true, true)] {
        good("a form of data descriptor", streamed(|entry| entry.behind = descriptor(signed, wide)));
    }
    good(
        "sizes in both local header and descriptor",
        streamed(|entry| {
            let central = &entry.central;
            (entry.local.crc, entry.local.compressed, entry.local.size) =
                (central.crc, central.compressed, central.size);
        }),
    );
    good(
        "zip64 sizes of an entry of unknown length",
        streamed(|entry| {
            (entry.local.compressed, entry.local.size) = (u32::MAX, u32::MAX);
            entry.local.extra = extra(1, &[0; 16]);
            entry.behind = descriptor(true, true);
        }),
    );
    good("a time in an extra field", one(|entry| entry.both(|header| header.extra = extra(0x5455, &[0; 5]))));
    good("its own name in an extra field", one(|entry| entry.central.extra = unicode_path(&name("m.go"))));
    good("other levels", one(|entry| entry.local.flags = 2));
    good("no checksum", one(|entry| entry.both(|header| header.crc = 0)));
    good(
        "entries in another order than their data",
        Archive::of({
            let [mut a, mut b] = [Entry::new("m.go", GO), Entry::new("go.mod", GO_MOD)];
            let first = 30 + b.local.name.len() + b.data.len();
            (a.offset, b.offset) = (Some(first as u32), Some(0));
            std::mem::swap(&mut a.local, &mut b.local);
            std::mem::swap(&mut a.data, &mut b.data);
            [a, b]
        }),
    );
}

#[test]
fn refuses_what_readers_could_read_differently() {
    let bad = |what: &str, archive: Archive, want: &str| match read(&archive.bytes()) {
        Ok(_) => panic!("{what}: accepted"),
        Err(got) => assert!(got.ends_with(want), "{what}: {got}\nshould end with {want}"),
    };
    let in_m = |what: &str| format!("{:?}: {what}", name("m.go"));
    let differs =
        |what: &str| in_m(&format!("the local header differs from the central directory in {what}"));
    let overlaps = in_m("overlaps the next entry or the central directory");
    let gap = in_m("data between it and the next entry");

    bad(
        "prefix",
        Archive::of(two()).with(|zip| zip.before = b"#!/bin/sh\n".to_vec()),
        "data in front of the first entry",
    );
    bad(
        "prefix that the end record does not know of",
        Archive::of(two()).with(|zip| {
            zip.before = b"x".to_vec();
            zip.end = Some(|end| end.start -= 1);
        }),
        "the central directory does not end where its end record starts",
    );
    bad(
        "tail",
        Archive::of(two()).with(|zip| zip.behind = b"x".to_vec()),
        "data behind the end of central directory",
    );
    bad(
        "two zips",
        Archive::of(two()).with(|zip| zip.behind = second()),
        "does not end where its end record starts",
    );
    bad(
        "zip in comment",
        Archive::of(two()).with(|zip| zip.comment = second()),
        "one in the comment of the other",
    );
    bad(
        "zip in comment that is right about its place",
        Archive::of(two()).with(|zip| {
            zip.comment = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\xff\0\0\0\0\0".to_vec();
            let at = zip.bytes().len() as u32 - 22;
            zip.comment[16..20].copy_from_slice(&at.to_le_bytes());
        }),
        "one in the comment of the other",
    );
    bad(
        "gap before an entry",
        one(|entry| entry.before = b"x".to_vec()),
        "go.mod\": data between it and the next entry",
    );
    bad(
        "gap before the directory",
        Archive::of(two()).with(|zip| zip.before_directory = b"x".to_vec()),
        "no data descriptor where its data end",
    );
    bad("unlisted entry", one(|entry| entry.behind = Archive::of([Entry::new("x", GO)]).bytes()), &gap);
    bad(
        "directory and more",
        Archive::of(two()).with(|zip| zip.behind_directory = b"x".to_vec()),
        "where its end record starts",
    );
    bad(
        "more entries than declared",
        Archive::of(two()).with(|zip| zip.end = Some(|end| end.count = 1)),
        "holds more than its entries",
    );
    bad(
        "fewer entries than declared",
        Archive::of(two()).with(|zip| zip.end = Some(|end| end.count = 3)),
        "malformed central directory",
    );
    bad(
        "many entries declared",
        Archive::of(two()).with(|zip| zip.end = Some(|end| end.count = 999)),
        "too short for its entries",
    );
    bad(
        "second disk",
        Archive::of(two()).with(|zip| zip.end = Some(|end| end.disk = 1)),
        "it spans several disks",
    );
    bad("entry on second disk", one(|entry| entry.disk = 1), &in_m("a second disk is not allowed"));

    let zip64 = |end| Archive::of(two()).with(|zip| (zip.zip64, zip.end) = (true, Some(end)));
    bad(
        "locator not called for",
        zip64(|end| {
            (end.count, end.size, end.start) = (end.count64 as u16, end.size64 as u32, end.start64 as u32);
        }),
        "a zip64 locator that nothing calls for",
    );
    bad("two counts", zip64(|end| end.count = 1), "the end record and the zip64 record differ");
    bad("two starts", zip64(|end| end.start = 0), "the end record and the zip64 record differ");
    bad("locator elsewhere", zip64(|end| end.locator -= 1), "does not point at the record in front of it");
    bad("zip64 gap", zip64(|end| end.size64 -= 1), "does not end where its zip64 record starts");
    bad("zip64 overflow", zip64(|end| end.start64 = u64::MAX), "does not end where its zip64 record starts");
    bad("zip64 count", zip64(|end| end.count64 = u64::MAX), "the limit is 250000");

    bad("local name", one(|entry| entry.local.name = name("x.go").into_bytes()), &differs("the name"));
    bad("local method", one(|entry| entry.local.method = 0), &differs("the method"));
    bad("local flags", one(|entry| entry.local.flags = 0x800), &differs("the flags"));
    bad("local descriptor flag", one(|entry| entry.local.flags = 8), &differs("the flags"));
    bad("local checksum", one(|entry| entry.local.crc = 1), &differs("the crc32"));
    bad("local size", one(|entry| entry.local.size = 1), &differs("the sizes"));
    bad("local compressed size", one(|entry| entry.local.compressed = 1), &differs("the sizes"));
    bad(
        "local zip64 sizes",
        one(|entry| {
            (entry.local.compressed, entry.local.size) = (u32::MAX, u32::MAX);
            entry.local.extra = extra(1, &[1; 16]);
        }),
        &differs("the sizes"),
    );
    bad("descriptor's checksum", streamed(|entry| entry.behind[4] ^= 1), &differs("the data descriptor"));
    bad("descriptor's size", streamed(|entry| entry.behind[12] ^= 1), &differs("the data descriptor"));
    bad(
        "descriptor's signature",
        streamed(|entry| entry.behind[0] ^= 1),
        &in_m("no data descriptor where its data end"),
    );
    bad(
        "no descriptor",
        streamed(|entry| entry.behind.clear()),
        &in_m("no data descriptor where its data end"),
    );
    bad(
        "name in an extra field",
        one(|entry| entry.central.extra = unicode_path("x")),
        &in_m("an extra field with another name is not allowed"),
    );
    bad(
        "name in a local extra field",
        one(|entry| entry.local.extra = unicode_path("x")),
        &in_m("an extra field with another name is not allowed"),
    );

    bad(
        "two entries, one header",
        one(|entry| entry.offset = Some(0)),
        "overlaps the next entry or the central directory",
    );
    bad(
        "header in another's data",
        one(|entry| entry.offset = Some(60)),
        "go.mod\": overlaps the next entry or the central directory",
    );
    bad("data beyond the directory", one(|entry| entry.both(|header| header.compressed += 99)), &overlaps);
    bad("header beyond the file", one(|entry| entry.offset = Some(1 << 20)), &overlaps);
}

#[test]
fn refuses_features_and_lies() {
    let bad = |what: &str, archive: Archive, want: &str| match read(&archive.bytes()) {
        Ok(_) => panic!("{what}: accepted"),
        Err(got) => assert!(got.ends_with(want), "{what}: {got}\nshould end with {want}"),
    };
    let both = |change: fn(&mut rawzip::Header)| one(|entry| entry.both(change));
    bad("encrypted", both(|header| header.flags = 1), "encryption or patch data is not allowed");
    bad("strongly encrypted", both(|header| header.flags = 0x40), "encryption or patch data is not allowed");
    bad("masked", both(|header| header.flags = 0x2000), "encryption or patch data is not allowed");
    bad("zstd", both(|header| header.method = 93), "compression method 93 is not supported");
    bad("zip64 size", both(|header| header.size = u32::MAX), "a zip64 size is not allowed");
    bad("name in Latin-1", both(|header| header.name.extend(b"\xe4")), "the name is not valid UTF-8");
    bad(
        "checksum",
        both(|header| header.crc ^= 1),
        &format!("want {:08x}, got {:08x}", crc32fast::hash(GO) ^ 1, crc32fast::hash(GO)),
    );
    bad("size too small", both(|header| header.size -= 1), "the data are not 53 bytes long, as declared");
    bad("size too large", both(|header| header.size += 1), "the data are not 55 bytes long, as declared");
    bad("stored with another size", both(|header| header.method = 0), "bytes long, as declared");
    bad("corrupt", one(|entry| entry.data[0] = 7), "the compressed data are corrupt");
    bad(
        "cut short",
        one(|entry| {
            entry.data.pop();
            entry.both(|header| header.compressed -= 1);
        }),
        "the compressed data are corrupt",
    );
    bad(
        "data behind the stream",
        one(|entry| {
            entry.data.push(0);
            entry.both(|header| header.compressed += 1);
        }),
        "data behind the end of its compressed data",
    );
    bad(
        "empty file",
        Archive::default().with(|zip| zip.end = Some(|end| end.start = 7)),
        "where its end record starts",
    );
    for len in 0..22 {
        assert!(read(&Archive::default().bytes()[..len]).is_err());
    }
}

/// The same for files that are streamed, not inflated in one go.
#[test]
fn refuses_lies_of_large_files() {
    let large: Vec<u8> = (0..5u32 << 20).map(|i| (i / 1000 % 251) as u8).collect();
    let archive = |change: fn(&mut Entry)| Archive::of([Entry::new("large", &large).with(change)]).bytes();
    let want = h1_files([(name("large").as_bytes(), large.as_slice())]);
    assert_eq!(read(&archive(|_| ())), Ok(want));
    assert_eq!(read(&Archive::of([Entry::stored("large", &large)]).bytes()), Ok(want));
    let bad = |change: fn(&mut Entry), want: &str| {
        let got = read(&archive(change)).unwrap_err();
        assert!(got.ends_with(want), "{got}\nshould end with {want}");
    };
    bad(|entry| entry.both(|header| header.size -= 1), "the data are not 5242879 bytes long, as declared");
    bad(|entry| entry.both(|header| header.size += 1), "the data are not 5242881 bytes long, as declared");
    bad(
        |entry| entry.both(|header| header.crc ^= 1),
        &format!("want {:08x}, got {:08x}", crc32fast::hash(&large) ^ 1, crc32fast::hash(&large)),
    );
    bad(|entry| entry.data[0] = 7, "the compressed data are corrupt");
    bad(
        |entry| {
            entry.data.pop();
            entry.both(|header| header.compressed -= 1);
        },
        "the compressed data are corrupt",
    );
    bad(
        |entry| {
            entry.data.push(0);
            entry.both(|header| header.compressed += 1);
        },
        "data behind the end of its compressed data",
    );
    bad(
        |entry| entry.local.name[0] = b'x',
        "the local header differs from the central directory in the name",
    );
}

/// A small zip of a large file stops at the declared size.
#[test]
fn bounds_bombs() {
    let zeros = vec![0; 64 << 20];
    let bomb = Archive::of([Entry::new("zeros", &zeros).with(|entry| entry.both(|header| header.size = 10))]);
    assert!(read(&bomb.bytes()).unwrap_err().ends_with("the data are not 10 bytes long, as declared"));
    let many: Vec<_> = (0..9)
        .map(|i| {
            Entry::new(&format!("{i}"), b"").with(|entry| {
                entry.both(|header| header.size = 64 << 20);
            })
        })
        .collect();
    let error = read(&Archive::of(many).bytes()).unwrap_err();
    assert!(
        error.ends_with("(its declared total so far) is too large: 536870912, the limit is 524288000"),
        "{error}"
    );
    let limits = Limits { entries: 1, ..Limits::default() };
    let error = ModuleZip::open(Cursor::new(Archive::of(two()).bytes()), &module(), &limits).unwrap_err();
    assert_eq!(
        error.to_string(),
        "zip of example.com/m@v1.0.0: the number of entries is too large: 2, the limit is 1"
    );
    let limits = Limits { go_mod: 20, ..Limits::default() };
    let error = ModuleZip::open(Cursor::new(Archive::of(two()).bytes()), &module(), &limits).unwrap_err();
    assert_eq!(
        error.to_string(),
        "zip of example.com/m@v1.0.0: \"example.com/m@v1.0.0/go.mod\": the file is too large: 21 bytes, the limit is 20 bytes"
    );
}

#[test]
fn checks_the_module_first() {
    let open = |path, version| {
        let zip = Cursor::new(Archive::of(two()).bytes());
        ModuleZip::open(zip, &ModuleVersion::new(path, version), &Limits::default()).unwrap_err().to_string()
    };
    assert_eq!(
        open("example.com/m", "v1"),
        "zip of example.com/m@v1: the version is not canonical, it should be \"v1.0.0\""
    );
    assert_eq!(
        open("m", "v1.0.0"),
        "zip of m@v1.0.0: malformed module path \"m\": missing dot in first path element"
    );
    assert!(open("example.com/m", "v2.0.0").contains("should be v0 or v1, not v2"));
}

/// One file after the other, and damage elsewhere is not seen.
#[test]
fn reads_single_files() {
    let large: Vec<u8> = (0..5u32 << 20).map(|i| (i / 1000 % 251) as u8).collect();
    let [free, go_mod] = [Entry::stored("LICENSE", b"free"), Entry::streamed("go.mod", GO_MOD)];
    let zip = Archive::of([free, go_mod, Entry::new("large", &large)]).bytes();
    let open = |zip| ModuleZip::open(Cursor::new(zip), &module(), &Limits::default()).unwrap();
    let mut zip = open(zip);
    assert_eq!(zip.go_mod().unwrap().unwrap(), GO_MOD);
    assert!(zip.entries().map(|entry| entry.size).eq([4, 21, 5 << 20]));
    for (offset, len, want) in [(1, 2, "re"), (1, 99, "ree"), (9, 9, "")] {
        assert_eq!(zip.read("LICENSE", offset, len).unwrap(), want.as_bytes());
    }
    for (offset, len) in [(0, 10), (1000, 1 << 20), (3 << 20, 3 << 20), (0, u64::MAX), ((5 << 20) - 1, 5)] {
        let want = large[offset as usize..].iter().take(usize::try_from(len).unwrap_or(usize::MAX));
        assert!(zip.read("large", offset, len).unwrap().iter().eq(want), "{offset} {len}");
    }
    let mut files = ZipFiles::default();
    zip.walk_files(&mut Scratch::new(), ["large", "LICENSE"], &mut files).unwrap();
    assert_eq!(files.0, [("LICENSE".to_owned(), b"free".to_vec()), ("large".to_owned(), large)]);
    let none = zip.walk_files(&mut Scratch::new(), ["none"], &mut ()).unwrap_err().to_string();
    assert_eq!(none, "zip of example.com/m@v1.0.0: no file \"none\" in it");
    assert_eq!(zip.read("none", 0, 1).unwrap_err().to_string(), none);
    assert_eq!(open(Archive::default().bytes()).go_mod().unwrap(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever bytes change: what is still accepted, the zip crate reads in the same way,
    /// and nothing panics.
    #[test]
    fn the_zip_crate_reads_the_same(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let archive = Archive::of([Entry::new("go.mod", GO_MOD), Entry::streamed("m.go", GO), Entry::stored("a/b", b"data")]);
        let mut bytes = archive.bytes();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(h1) = read(&bytes) {
            prop_assert_eq!(h1, by_the_crate(&bytes));
        }
    }
}

/// The hash of what the zip crate finds; deflate is undone by flate2, for the
/// crate is built without it.
fn by_the_crate(bytes: &[u8]) -> H1 {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = Vec::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index_raw(index).unwrap();
        let (name, mut data) = (file.name_raw().to_vec(), Vec::new());
        assert_eq!(file.name().unwrap().as_bytes(), name);
        file.read_to_end(&mut data).unwrap();
        if file.compression() != zip::CompressionMethod::Stored {
            let mut content = Vec::new();
            flate2::read::DeflateDecoder::new(data.as_slice()).read_to_end(&mut content).unwrap();
            data = content;
        }
        files.push((name, data));
    }
    h1_files(files.iter().map(|(name, data)| (name.as_slice(), data.as_slice())))
}
