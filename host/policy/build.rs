//! Compiles the built-in plugins for the machine that airgo is built for, so
//! that the first run on a fresh one, which is every run in a container, does
//! not have to. What it makes goes into the binary beside the components. Where
//! airgo has a compiler (the feature `compile`) it is nothing but a shortcut:
//! where it does not fit the CPU, or could not be made, the component is
//! compiled when it is loaded, as any other. Where it has none, they are
//! compiled a second time, for any CPU and for little address space, and all of it
//! is deflated: the binary is half as large for it.
// What goes wrong here is shown by cargo.
#![allow(clippy::panic, clippy::print_stdout)]

#[path = "src/compiler.rs"]
mod compiler;
#[path = "src/machine.rs"]
mod machine;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use machine::Memories;

fn main() {
    let components = Path::new("../../plugins/built");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/compiler.rs");
    println!("cargo::rerun-if-changed=src/machine.rs");
    println!("cargo::rerun-if-changed={}", components.display());
    let files = fs::read_dir(components).unwrap_or_else(|err| panic!("{}: {err}", components.display()));
    let mut files: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    // For what this airgo compiles ahead itself.
    println!("cargo::rustc-env=AIRGO_TARGET={}", env::var("TARGET").unwrap_or_default());
    let has_compiler = env::var_os("CARGO_FEATURE_COMPILE").is_some();
    compile(&files, Memories::Reserved, "code", has_compiler);
    if !has_compiler {
        compile(&files, Memories::Small, "small-code", false);
        for file in &files {
            write(file, "component", &deflated(&read(file)));
        }
    }
}

fn deflated(code: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(code).and_then(|()| encoder.finish()).unwrap_or_else(|err| panic!("{err}"))
}

fn compile(components: &[PathBuf], memories: Memories, extension: &str, optional: bool) {
    let engine = compiler::ahead(&env::var("TARGET").unwrap_or_default(), memories);
    if let Err(err) = &engine {
        assert!(optional, "the built-in plugins cannot be compiled: {err}");
        println!("cargo::warning=built-in plugins will be compiled when they are first used: {err}");
    }
    for file in components {
        let component = read(file);
        // Empty means none.
        let code = engine.as_ref().ok().map_or_else(Vec::new, |engine| {
            engine
                .precompile_component(&component)
                .unwrap_or_else(|err| panic!("{} does not compile: {err:#}", file.display()))
        });
        let code = if optional { code } else { deflated(&code) };
        write(file, extension, &code);
    }
}

fn read(file: &Path) -> Vec<u8> {
    fs::read(file).unwrap_or_else(|err| panic!("{}: {err}", file.display()))
}

/// Writes what was made of a component where the crate finds it.
fn write(component: &Path, extension: &str, bytes: &[u8]) {
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let to = out.join(component.with_extension(extension).file_name().unwrap_or_default());
    fs::write(&to, bytes).unwrap_or_else(|err| panic!("{}: {err}", to.display()));
}
