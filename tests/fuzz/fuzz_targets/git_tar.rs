//! Archives of `git archive`: no entry has more bytes than the archive, and one that is
//! cut before its end gives the same first entries, and then an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::io::{self, Read as _};

// Of host/fetch, whose network libraries would be most of the build.
#[path = "../../../host/fetch/src/direct/tar.rs"]
mod tar;

/// The entries with their data's length, how much of the archive was read, and how it
/// ended.
fn read(archive: &[u8]) -> (Vec<(tar::Entry, u64)>, usize, io::Result<()>) {
    let mut rest = archive;
    let mut entries = Vec::new();
    let mut reader = tar::Tar::new(&mut rest);
    let result = loop {
        match reader.next() {
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
            Ok(Some(entry)) => match io::copy(&mut (&mut reader).take(u64::MAX), &mut io::sink()) {
                Ok(size) => entries.push((entry, size)),
                Err(error) => break Err(error),
            },
        }
    };
    let used = archive.len() - rest.len();
    (entries, used, result)
}

fuzz_target!(|archive: &[u8]| {
    let (entries, used, result) = read(archive);
    let total: u64 = entries.iter().map(|(_, size)| size).sum();
    assert!(total <= archive.len() as u64);
    for (entry, size) in &entries {
        assert_eq!(entry.size, *size);
        assert!(entry.name.len() <= archive.len());
    }
    if result.is_ok() {
        for cut in [used / 2, used.saturating_sub(1), used.saturating_sub(512)] {
            let (first, _, result) = read(&archive[..cut]);
            assert!(result.is_err());
            assert!(entries.starts_with(&first));
        }
    }
});
