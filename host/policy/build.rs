//! Compiles the built-in plugins for the machine that airgo is built for, so
//! that the first run on a fresh one, which is every run in a container, does
//! not have to. What it makes goes into the binary beside the components, and
//! is nothing but a shortcut: where it does not fit the CPU, or could not be
//! made, the component is compiled when it is loaded, as any other.
// What goes wrong here is shown by cargo.
#![allow(clippy::panic, clippy::print_stdout)]

#[path = "src/machine.rs"]
mod machine;

use std::path::{Path, PathBuf};
use std::{env, fs};

use wasmtime::{Config, Engine};

/// Of x86-64-v3: every server since 2015. Code for less would be slower on all
/// for the sake of few, which compile it themselves.
const X86_64: [&str; 12] = [
    "has_sse3",
    "has_ssse3",
    "has_sse41",
    "has_sse42",
    "has_popcnt",
    "has_cmpxchg16b",
    "has_avx",
    "has_avx2",
    "has_bmi1",
    "has_bmi2",
    "has_lzcnt",
    "has_fma",
];

fn main() {
    let components = Path::new("../../plugins/built");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/machine.rs");
    println!("cargo::rerun-if-changed={}", components.display());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let engine = engine(&env::var("TARGET").unwrap_or_default());
    if let Err(err) = &engine {
        println!("cargo::warning=built-in plugins will be compiled when they are first used: {err}");
    }
    let files = fs::read_dir(components).unwrap_or_else(|err| panic!("{}: {err}", components.display()));
    for file in files.flatten().map(|file| file.path()) {
        if file.extension().is_none_or(|extension| extension != "wasm") {
            continue;
        }
        let component = fs::read(&file).unwrap_or_else(|err| panic!("{}: {err}", file.display()));
        // Empty means none.
        let code = engine.as_ref().ok().map_or_else(Vec::new, |engine| {
            engine
                .precompile_component(&component)
                .unwrap_or_else(|err| panic!("{} does not compile: {err:#}", file.display()))
        });
        let to = out.join(file.with_extension("code").file_name().unwrap_or_default());
        fs::write(&to, code).unwrap_or_else(|err| panic!("{}: {err}", to.display()));
    }
}

fn engine(target: &str) -> wasmtime::Result<Engine> {
    let mut config: Config = machine::config();
    config.target(target)?;
    if target.starts_with("x86_64-") {
        for flag in X86_64 {
            // SAFETY: wasmtime refuses to load code on a CPU that lacks what
            // the code was compiled for.
            #[allow(unsafe_code)]
            unsafe {
                config.cranelift_flag_enable(flag);
            }
        }
    }
    Engine::new(&config)
}
