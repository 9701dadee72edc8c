//! Measures installing against a bare loop over the same zips.
//!
//! ```text
//! unpack_bench manifest GOMODCACHE > LIST     what to install, from a go cache
//! unpack_bench install GOMODCACHE LIST TARGET [JOBS]
//! unpack_bench bare GOMODCACHE LIST TARGET [JOBS]
//! ```
//!
//! The bare loop inflates, hashes and writes what the zips hold and does nothing
//! else: no checks, no locks, no copy of the zips.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::panic)]

use airgo_gomod::{ModuleVersion, dirhash, module};
use airgo_modcache::{GoModInput, ModCache, ModuleInput, Options, ZipInput};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let arg = |i: usize| args.get(i).unwrap_or_else(|| panic!("see the top of this example's source"));
    let source = Path::new(arg(2)).join("cache/download");
    if arg(1) == "manifest" {
        return manifest(&source);
    }
    let list = fs::read_to_string(arg(3)).unwrap();
    let target = PathBuf::from(arg(4));
    let jobs = args.get(5).map_or(2, |jobs| jobs.parse().unwrap());
    let start = Instant::now();
    let (modules, bytes) = match arg(1).as_str() {
        "install" => install(&source, &list, &target, jobs),
        "bare" => bare(&source, &list, &target, jobs),
        other => panic!("no mode {other}"),
    };
    println!("{}: {modules} modules, {bytes} bytes of zips, {:?}", arg(1), start.elapsed());
}

fn manifest(download: &Path) {
    let mut paths = Vec::new();
    collect(download, &mut paths);
    paths.sort();
    for path in paths {
        let relative = path.strip_prefix(download).unwrap().to_str().unwrap().to_owned();
        let (escaped, version) = relative.strip_suffix(".mod").unwrap().split_once("/@v/").unwrap();
        let zip = path.with_file_name(format!("{version}.zip"));
        let (mut size, mut sha256, mut h1) = (0, "-".to_owned(), "-".to_owned());
        if zip.exists() {
            let bytes = fs::read(&zip).unwrap();
            size = bytes.len();
            sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            h1 = fs::read_to_string(path.with_file_name(format!("{version}.ziphash"))).unwrap();
        }
        println!("{escaped} {version} {size} {sha256} {h1}");
    }
}

fn collect(dir: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "mod") {
            paths.push(path);
        }
    }
}

struct Line<'a> {
    module: ModuleVersion,
    stem: PathBuf,
    size: u64,
    sha256: &'a str,
    h1: &'a str,
}

fn lines<'a>(download: &Path, list: &'a str) -> Vec<Line<'a>> {
    list.lines()
        .map(|line| {
            let fields: Vec<_> = line.split(' ').collect();
            let [path, version, size, sha256, h1] = fields[..] else { panic!("{line}") };
            Line {
                module: ModuleVersion::new(
                    module::unescape_path(path).unwrap(),
                    module::unescape_version(version).unwrap(),
                ),
                stem: download.join(path).join("@v").join(version),
                size: size.parse().unwrap(),
                sha256,
                h1,
            }
        })
        .collect()
}

fn with_suffix(stem: &Path, suffix: &str) -> PathBuf {
    let mut path = stem.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

fn install(download: &Path, list: &str, target: &Path, jobs: usize) -> (usize, u64) {
    let lines = lines(download, list);
    let inputs = lines.iter().map(|line| {
        let bytes = fs::read(with_suffix(&line.stem, ".mod")).unwrap();
        let h1 = dirhash::hash_go_mod(&bytes);
        let hex = |i: usize| u8::from_str_radix(&line.sha256[2 * i..2 * i + 2], 16).unwrap();
        ModuleInput {
            module: line.module.clone(),
            info: fs::read(with_suffix(&line.stem, ".info")).ok(),
            go_mod: Some(GoModInput { bytes, h1 }),
            zip: (line.size > 0).then(|| ZipInput {
                reader: Box::new(File::open(with_suffix(&line.stem, ".zip")).unwrap()),
                size: line.size,
                sha256: std::array::from_fn(hex),
                h1: line.h1.parse().unwrap(),
            }),
        }
    });
    let cache = ModCache::open(target, Options::default()).unwrap();
    let installed = cache.install_all(inputs, jobs, &()).unwrap();
    (installed.len(), lines.iter().map(|line| line.size).sum())
}

fn bare(download: &Path, list: &str, target: &Path, jobs: usize) -> (usize, u64) {
    let mut lines = lines(download, list);
    lines.retain(|line| line.size > 0);
    lines.sort_by_key(|line| line.size);
    let result = (lines.len(), lines.iter().map(|line| line.size).sum());
    let todo = Mutex::new(lines);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                let mut output = (libdeflater::Decompressor::new(), Vec::new());
                let mut dirs = HashSet::new();
                loop {
                    let Some(line) = todo.lock().unwrap().pop() else { break };
                    bare_one(&line, target, &mut output, &mut dirs);
                }
            });
        }
    });
    result
}

fn bare_one(
    line: &Line<'_>,
    target: &Path,
    (inflater, output): &mut (libdeflater::Decompressor, Vec<u8>),
    dirs: &mut HashSet<PathBuf>,
) {
    let bytes = fs::read(with_suffix(&line.stem, ".zip")).unwrap();
    let u16_at = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]) as usize;
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let end = bytes.len() - 22;
    let mut at = u32_at(end + 16);
    for _ in 0..u16_at(end + 10) {
        let (packed, size, local) = (u32_at(at + 20), u32_at(at + 24), u32_at(at + 42));
        let name = std::str::from_utf8(&bytes[at + 46..at + 46 + u16_at(at + 28)]).unwrap();
        let start = local + 30 + u16_at(local + 26) + u16_at(local + 28);
        let data = &bytes[start..start + packed];
        let content = if u16_at(at + 10) == 0 {
            data
        } else {
            if output.len() < size {
                output.resize(size, 0);
            }
            inflater.deflate_decompress(data, &mut output[..size]).unwrap();
            &output[..size]
        };
        std::hint::black_box(Sha256::digest(content));
        let path = target.join(name);
        let dir = path.parent().unwrap();
        if !dirs.contains(dir) {
            fs::create_dir_all(dir).unwrap();
            dirs.insert(dir.to_owned());
        }
        File::create(path).unwrap().write_all(content).unwrap();
        at += 46 + u16_at(at + 28) + u16_at(at + 30) + u16_at(at + 32);
    }
}
