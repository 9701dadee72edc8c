//! A case file: a txtar archive of inputs, with the wanted text as its last
//! file `want`. Lines in the comment that start with a word and a colon are
//! switches:
//!
//! * `crlf:` ends the inputs' lines as Windows does;
//! * `unterminated:` takes the last line end away;
//! * `escapes:` reads `\n`, `\r`, `\t`, `\\` and `\xNN` in the inputs.

use airgo_testkit::Txtar;
use std::fs;
use std::path::{Path, PathBuf};

/// One case.
pub struct Case {
    /// The inputs by name, in their order.
    pub inputs: Vec<(String, Vec<u8>)>,
    /// What should come out.
    pub want: String,
}

impl Case {
    /// Reads a case file.
    pub fn read(path: &Path) -> Self {
        let archive = Txtar::parse(&fs::read(path).unwrap());
        let comment = String::from_utf8(archive.comment.clone()).unwrap();
        assert!(!comment.trim().is_empty(), "{}: says not what it is about", path.display());
        let switch = |name: &str| comment.lines().any(|line| line == name);
        let want = archive.get("want").unwrap_or_default().to_vec();
        let files = archive.files.into_iter().filter(|file| file.name != "want");
        let inputs = files.map(|file| {
            let mut data = file.data;
            if switch("escapes:") {
                data = unescape(&data);
            }
            if switch("unterminated:") {
                data = data.strip_suffix(b"\n").unwrap().to_vec();
            }
            if switch("crlf:") {
                data = String::from_utf8(data).unwrap().replace('\n', "\r\n").into_bytes();
            }
            (file.name, data)
        });
        Self { inputs: inputs.collect(), want: String::from_utf8(want).unwrap() }
    }

    /// The bytes of an input.
    pub fn input(&self, name: &str) -> &[u8] {
        let found = self.inputs.iter().find(|(file, _)| file == name);
        found.map_or_else(|| panic!("no {name} in the case"), |(_, data)| data)
    }
}

/// The case files of a folder, sorted.
pub fn files(folder: &str) -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder);
    let entries = fs::read_dir(&dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn unescape(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = data.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        out.push(match rest.next() {
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'\\') => b'\\',
            Some(b'x') => {
                let mut digit = || char::from(rest.next().unwrap()).to_digit(16).unwrap();
                u8::try_from(digit() * 16 + digit()).unwrap()
            }
            other => panic!("unknown escape {other:?}"),
        });
    }
    out
}
