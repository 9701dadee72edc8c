//! Lists what `airgo plugin new` writes, so that it is part of the binary: the
//! templates in plugins/templates, the SDKs and the interface.

// Talking to cargo is printing.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// What tools leave behind where somebody builds a template in place.
const LITTER: &[&str] = &["target", "node_modules", "__pycache__", ".venv", "testdata", "Cargo.lock"];

fn main() {
    let plugins = Path::new(&env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../plugins");
    let mut out = String::new();
    for language in ["rust", "go", "js", "python"] {
        list(&mut out, &language.to_uppercase(), &plugins.join("templates").join(language));
    }
    list(&mut out, "RUST_SDK", &plugins.join("sdk/src"));
    list(&mut out, "RUST_GOSOURCE", &plugins.join("gosource/src"));
    list(&mut out, "GO_SDK", &plugins.join("go"));
    list(&mut out, "WIT", &plugins.join("wit"));
    let lock = fs::canonicalize(plugins.join("Cargo.lock")).unwrap();
    println!("cargo::rerun-if-changed={}", lock.display());
    writeln!(out, "/// The versions that the SDK is tested with.").unwrap();
    writeln!(out, "pub static RUST_LOCK: &[u8] = include_bytes!({lock:?});").unwrap();
    fs::write(Path::new(&env::var_os("OUT_DIR").unwrap()).join("files.rs"), out).unwrap();
}

fn list(out: &mut String, name: &str, dir: &Path) {
    println!("cargo::rerun-if-changed={}", dir.display());
    let mut files = Vec::new();
    if dir.is_dir() {
        walk(dir, &mut files);
    }
    files.sort();
    writeln!(out, "/// Every file below one directory of plugins, by its path there.").unwrap();
    writeln!(out, "pub static {name}: &[(&str, &[u8])] = &[").unwrap();
    for file in files {
        // `/` on any system: these are paths in a template.
        let path = file.strip_prefix(dir).unwrap().iter().map(|part| part.to_str().unwrap());
        let path = path.collect::<Vec<_>>().join("/");
        writeln!(out, "    ({path:?}, include_bytes!({:?})),", fs::canonicalize(&file).unwrap()).unwrap();
    }
    writeln!(out, "];").unwrap();
}

fn walk(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap_or_else(|| panic!("{path:?} is not UTF-8"));
        if LITTER.contains(&name) || name.ends_with(".wasm") {
            continue;
        }
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}
