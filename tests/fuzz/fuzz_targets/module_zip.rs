//! Module zips: what is accepted has only names that Go allows, gives as many
//! bytes as it declared, and hashes the same twice.
#![no_main]

use airgo_gomod::ModuleVersion;
use airgo_gomod::module::check_file_path;
use airgo_gomod::modzip::{Limits, ModuleZip, Sink};
use libfuzzer_sys::fuzz_target;
use std::convert::Infallible;
use std::io::Cursor;

/// Small enough that a bomb is a refusal, not a time-out.
fn limits() -> Limits {
    Limits { total: 8 << 20, entries: 10_000, directory: 1 << 20, ..Limits::default() }
}

#[derive(Default)]
struct Counts {
    files: usize,
    bytes: u64,
    declared: u64,
}

impl Sink for Counts {
    type Error = Infallible;

    fn start(&mut self, name: &str, size: u64) -> Result<(), Infallible> {
        check_file_path(name).expect("a name that Go refuses was handed on");
        self.files += 1;
        self.declared = size;
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.bytes += bytes.len() as u64;
        self.declared = self.declared.checked_sub(bytes.len() as u64).expect("more bytes than declared");
        Ok(())
    }

    fn end(&mut self) -> Result<(), Infallible> {
        assert_eq!(self.declared, 0, "fewer bytes than declared");
        Ok(())
    }
}

fuzz_target!(|data: &[u8]| {
    let module = ModuleVersion::new("example.com/a", "v1.0.0");
    let mut zip = match ModuleZip::open(Cursor::new(data), &module, &limits()) {
        Ok(zip) => zip,
        Err(error) => {
            let _ = error.to_string();
            return;
        }
    };
    let (files, size) = (zip.entries().count(), zip.content_size());
    let mut counts = Counts::default();
    match zip.walk(&mut counts) {
        Ok(h1) => {
            assert_eq!((counts.files, counts.bytes), (files, size));
            assert_eq!(zip.walk(&mut ()).ok(), Some(h1), "a second walk hashed differently");
            let _ = zip.go_mod();
        }
        Err(error) => {
            let _ = error.to_string();
        }
    }
});
