//! Go's own compress/flate and archive/zip: a program built by the Go that has
//! the encoder in question.

use airgo_gozip::Encoder;
use airgo_testkit::{Go, TempTree, require_tool, target_tmp};
use std::io::Write as _;
use std::process::Command;

const PROGRAM: &str = include_str!("main.go");
/// The first release with the newer encoder, and a late one without it.
const RELEASES: [(Encoder, &str); 2] = [(Encoder::Go126, "go1.26.0"), (Encoder::Go127, "go1.27.0")];

/// A name and a content.
pub type Entry = (Vec<u8>, Vec<u8>);

/// The built program.
pub struct Oracle {
    dir: TempTree,
    pub version: String,
}

impl Oracle {
    /// Builds it; `None`, after a loud word, where no such Go can be had. The one
    /// that is installed is not downloaded.
    #[track_caller]
    pub fn new(encoder: Encoder) -> Option<Self> {
        if !require_tool("go") {
            return None;
        }
        let dir = TempTree::new();
        dir.write("main.go", PROGRAM);
        dir.write("go.mod", "module example.com/oracle\n\ngo 1.21\n");
        let mut go = Go::online();
        let mut version = go.run(dir.path(), &["env", "GOVERSION"]);
        if of_version(&version) != encoder {
            let release = RELEASES.into_iter().find(|(of, _)| *of == encoder).map(|(_, name)| name).unwrap();
            go = go.modcache(&target_tmp().join("gozip-toolchains")).env("GOTOOLCHAIN", release);
            let out = go.output(dir.path(), &["env", "GOVERSION"]);
            if !out.status.success() {
                let why = String::from_utf8_lossy(&out.stderr).into_owned();
                let test = std::thread::current().name().unwrap_or("a test").to_owned();
                assert!(std::env::var("CI").is_err(), "{test} needs {release}: {why}");
                let _ = writeln!(std::io::stderr().lock(), "SKIPPED {test}: no {release} to be had: {why}");
                return None;
            }
            version = String::from_utf8(out.stdout).unwrap();
        }
        go.run(dir.path(), &["build", "-o", "oracle", "."]);
        Some(Self { dir, version: version.trim().to_owned() })
    }

    /// The deflate stream of each content.
    pub fn flate(&self, entries: &[Entry]) -> Vec<Vec<u8>> {
        let output = self.run("flate", entries);
        let mut rest = output.as_slice();
        let mut streams = Vec::new();
        while let Some((size, after)) = rest.split_first_chunk() {
            let (stream, after) = after.split_at(u32::from_le_bytes(*size) as usize);
            streams.push(stream.to_vec());
            rest = after;
        }
        streams
    }

    /// A zip of all.
    pub fn zip(&self, entries: &[Entry]) -> Vec<u8> {
        self.run("zip", entries)
    }

    fn run(&self, mode: &str, entries: &[Entry]) -> Vec<u8> {
        let mut input = Vec::new();
        for field in entries.iter().flat_map(|(name, content)| [name, content]) {
            input.extend_from_slice(&u32::try_from(field.len()).unwrap().to_le_bytes());
            input.extend_from_slice(field);
        }
        let input = self.dir.write("input", input);
        let output = self.dir.join("output");
        let out = Command::new(self.dir.join("oracle")).arg(mode).args([&input, &output]).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        std::fs::read(output).unwrap()
    }
}

/// The encoder of a Go version such as `go1.26.8`.
fn of_version(version: &str) -> Encoder {
    let minor = version.trim().trim_start_matches("go1.");
    let minor = minor.split(|c: char| !c.is_ascii_digit()).next().unwrap();
    if minor.parse::<u32>().unwrap() < 27 { Encoder::Go126 } else { Encoder::Go127 }
}
