//! Names and sizes of module zips: one zip a file in `cases/modzip`, with what
//! is wrong with it. The file is txtar; its comment has `module:` and, unless
//! the zip is good, `error:`, which the error must end with. A file's data are
//! the entry's, without the newline. `go: accepts` marks what airgo refuses and
//! the go command does not, with the reason above it.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::{Limits, ModuleZip, WalkError};
use airgo_testkit::{Go, Module, TempTree, Txtar, World, ZipBuilder, ZipFiles, h1_files, require_tool};
use std::fs;
use std::io::Cursor;
use std::path::Path;

struct Case {
    file: String,
    module: ModuleVersion,
    error: Option<String>,
    go_accepts: bool,
    entries: Vec<(String, Vec<u8>)>,
}

impl Case {
    fn zip(&self) -> ZipBuilder {
        let add = |zip: ZipBuilder, (name, data): &(String, Vec<u8>)| zip.file(name, data);
        self.entries.iter().fold(ZipBuilder::new(), add)
    }
}

fn cases() -> Vec<Case> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/modzip");
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|path| parse(path)).collect()
}

fn parse(path: &Path) -> Case {
    let archive = Txtar::parse(&fs::read(path).unwrap());
    let comment = String::from_utf8(archive.comment).unwrap();
    let field = |key: &str| {
        let mut lines = comment.lines();
        lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(": ").map(str::to_owned))
    };
    let (path_, version) = {
        let module = field("module").unwrap();
        let (path, version) = module.split_once('@').unwrap();
        (path.to_owned(), version.to_owned())
    };
    let entry = |name: &str, data: &[u8]| {
        // Names that txtar cannot hold are written as Rust does.
        let name = name.replace("\\n", "\n").replace("\\x00", "\0").replace("\\\\", "\\");
        (name, data.strip_suffix(b"\n").unwrap_or(data).to_vec())
    };
    Case {
        file: path.file_name().unwrap().to_str().unwrap().to_owned(),
        module: ModuleVersion::new(path_, version),
        error: field("error"),
        go_accepts: field("go").is_some_and(|go| go == "accepts"),
        entries: archive.files.iter().map(|file| entry(&file.name, &file.data)).collect(),
    }
}

#[test]
fn checks_names_and_sizes() {
    let cases = cases();
    assert!(cases.len() > 20, "only {} cases", cases.len());
    for case in cases {
        let zip = case.zip();
        let want = h1_files(case.entries.iter().map(|(name, data)| (name.as_bytes(), data.as_slice())));
        let opened = ModuleZip::open(Cursor::new(zip.bytes()), &case.module, &Limits::default());
        let mut files = ZipFiles::default();
        let result = opened.map_err(WalkError::Zip).and_then(|mut zip| zip.walk(&mut files));
        match (result, &case.error) {
            (Ok(h1), None) => assert_eq!(h1, want, "{}", case.file),
            (Ok(_), Some(error)) => panic!("{}: accepted, but should say {error}", case.file),
            (Err(error), None) => panic!("{}: {error}", case.file),
            (Err(got), Some(want)) => {
                let got = got.to_string();
                assert!(got.ends_with(want.as_str()), "{}: {got}\nshould end with {want}", case.file);
                assert!(got.contains(&case.module.to_string()), "{}: {got}", case.file);
                continue;
            }
        }
        let prefix = format!("{}/", case.module);
        let not_dir = case.entries.iter().filter(|(name, _)| !name.ends_with('/'));
        let want: Vec<_> =
            not_dir.map(|(name, data)| (name[prefix.len()..].to_owned(), data.clone())).collect();
        assert_eq!(files.0, want, "{}", case.file);
    }
}

/// The go command downloads just what is accepted here.
#[test]
fn agrees_with_go() {
    if !require_tool("go") {
        return;
    }
    for case in cases() {
        let tree = TempTree::new();
        let ModuleVersion { path, version } = &case.module;
        let module = Module::new(path, version).zip(case.zip());
        let go = Go::with_proxy(&World::new().with(module).write(&tree.dir("proxy")));
        let output = go.output(tree.path(), &["mod", "download", &case.module.to_string()]);
        let refused = case.error.is_some() && !case.go_accepts;
        let what = if refused { "refuse" } else { "accept" };
        assert_eq!(output.status.success(), !refused, "{}: go should {what} it: {output:?}", case.file);
    }
}
