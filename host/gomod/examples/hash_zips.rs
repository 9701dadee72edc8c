//! Reads every module zip in a module cache's download directory, compares its
//! hash with the `.ziphash` beside it, and prints how long that took:
//! `cargo run --release -p airgo-gomod --example hash_zips -- $(go env GOMODCACHE)`.
#![allow(clippy::print_stdout)]

use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::{Limits, ModuleZip, Scratch};
use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let cache = PathBuf::from(std::env::args().nth(1).ok_or("usage: hash_zips GOMODCACHE")?);
    let root = cache.join("cache/download");
    let mut zips = Vec::new();
    collect(&root, &mut zips)?;
    let mut scratch = Scratch::new();
    let (mut opening, mut walking, mut entries, mut bytes, mut wrong) =
        (Duration::ZERO, Duration::ZERO, 0, 0, 0);
    for path in &zips {
        let module = module_of(path.strip_prefix(&root)?)?;
        let want = fs::read_to_string(path.with_extension("ziphash"))?;
        let start = Instant::now();
        let mut zip = match ModuleZip::open(File::open(path)?, &module, &Limits::default()) {
            Ok(zip) => zip,
            Err(error) => {
                println!("{error}");
                wrong += 1;
                continue;
            }
        };
        opening += start.elapsed();
        entries += zip.entries().count();
        bytes += zip.content_size();
        let start = Instant::now();
        let got = zip.walk_with(&mut scratch, &mut ());
        walking += start.elapsed();
        match got {
            Ok(h1) if h1.to_string() == want.trim() => {}
            Ok(h1) => {
                println!("{module}: {h1}, not {want}");
                wrong += 1;
            }
            Err(error) => {
                println!("{error}");
                wrong += 1;
            }
        }
    }
    println!(
        "{} zips, {entries} files, {bytes} bytes: opened in {opening:?}, walked in {walking:?}, {wrong} wrong",
        zips.len()
    );
    Ok(())
}

fn collect(dir: &Path, zips: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, zips)?;
        } else if path.extension().is_some_and(|extension| extension == "zip") {
            zips.push(path);
        }
    }
    Ok(())
}

fn module_of(path: &Path) -> Result<ModuleVersion, Box<dyn Error>> {
    let text = path.to_str().ok_or("not UTF-8")?;
    let (path, version) = text.split_once("/@v/").ok_or("no module zip")?;
    let version = version.strip_suffix(".zip").ok_or("no module zip")?;
    Ok(ModuleVersion::new(
        airgo_gomod::module::unescape_path(path)?,
        airgo_gomod::module::unescape_version(version)?,
    ))
}
