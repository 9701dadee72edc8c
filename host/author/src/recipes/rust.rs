//! Building a plugin in Rust: `cargo build` for `wasm32-unknown-unknown`, then
//! a component of what it leaves.
//!
//! The compiler is the user's own where it has that target. Where it has not,
//! and cannot get it, Debian's packages can build the target's standard
//! library from source; plugins/build.sh does the same for the built-in ones.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Recipe, must, output};
use crate::{BuildError, Language, Project, Step, Tools, component};

const TARGET: &str = "wasm32-unknown-unknown";
const PACKAGES: &str = "rustc-web cargo-web rust-web-src lld";
/// Where Debian puts its compiler, and nothing else puts one.
const DEBIAN: &str = "/usr/bin";

/// The recipe.
pub struct Rust;

impl Recipe for Rust {
    fn build(&self, project: &Project, tools: &mut dyn Tools) -> Result<Vec<u8>, BuildError> {
        let core = core_module(&project.dir, tools, Path::new(DEBIAN))?;
        component::encode(&core)
    }
}

fn core_module(dir: &Path, tools: &mut dyn Tools, debian: &Path) -> Result<Vec<u8>, BuildError> {
    let compiler = Compiler::find(dir, tools, debian)?;
    // First, since the registry's directories have to be there to be remapped.
    let fetch = compiler.cargo("fetch the dependencies", dir).args(["fetch", "--quiet", "--target", TARGET]);
    must(tools, &fetch)?;
    let flags = format!("target.{TARGET}.rustflags={}", toml_array(&remap(&compiler, tools)));
    let mut build = compiler.cargo("compile the plugin", dir).args([
        "build",
        "--release",
        "--target",
        TARGET,
        "--message-format=json-render-diagnostics",
        "--config",
        &flags,
    ]);
    if compiler.wasm_ld.is_some() {
        build = build.arg("-Zbuild-std=std,panic_abort");
    }
    let said = must(tools, &build)?;
    let module = artifact(&said.stdout, &dir.join("Cargo.toml")).ok_or_else(|| BuildError::NoOutput {
        what: "WebAssembly module".to_owned(),
        reason: "Cargo.toml asks for no library with crate-type = [\"cdylib\"]".to_owned(),
    })?;
    output(&module)
}

/// Which cargo builds for the target, and how.
#[derive(Debug, PartialEq, Eq)]
struct Compiler {
    cargo: PathBuf,
    rustc: PathBuf,
    sysroot: PathBuf,
    /// Debian's: the linker that builds the standard library too.
    wasm_ld: Option<PathBuf>,
}

impl Compiler {
    fn find(dir: &Path, tools: &mut dyn Tools, debian: &Path) -> Result<Self, BuildError> {
        if let (Some(cargo), Some(rustc)) = (tools.find("cargo"), tools.find("rustc")) {
            // In the plugin's directory, where a rust-toolchain.toml is honoured.
            let has_target = ask(tools, &rustc, dir, &["--print", "target-libdir", "--target", TARGET])
                .is_some_and(|libraries| libraries.is_dir());
            let sysroot = ask(tools, &rustc, dir, &["--print", "sysroot"]);
            if let (true, Some(sysroot)) = (has_target, sysroot) {
                return Ok(Compiler { cargo, rustc, sysroot, wasm_ld: None });
            }
        }
        if let Some(compiler) = Self::debian(dir, tools, debian) {
            return Ok(compiler);
        }
        let add = format!("rustup target add {TARGET}");
        let install = match tools.find("rustup") {
            Some(_) => vec![add, format!("or on Debian: apt-get install {PACKAGES}")],
            None => vec![
                format!("install Rust from https://rustup.rs, then: {add}"),
                format!("or on Debian: apt-get install {PACKAGES}"),
            ],
        };
        let tool = format!("a Rust compiler for {TARGET}");
        Err(BuildError::Missing { language: Language::Rust, tool, install })
    }

    fn debian(dir: &Path, tools: &mut dyn Tools, bin: &Path) -> Option<Self> {
        let (cargo, rustc) = (bin.join("cargo"), bin.join("rustc"));
        if !cargo.is_file() || !rustc.is_file() {
            return None;
        }
        let wasm_ld = wasm_ld(bin)?;
        let sysroot = ask(tools, &rustc, dir, &["--print", "sysroot"])?;
        let source = sysroot.join("lib/rustlib/src/rust/library/std");
        source.is_dir().then_some(Compiler { cargo, rustc, sysroot, wasm_ld: Some(wasm_ld) })
    }

    /// A cargo that uses this compiler.
    fn cargo(&self, what: &str, dir: &Path) -> Step {
        let step = Step::new(what, &self.cargo, dir);
        let Some(wasm_ld) = &self.wasm_ld else { return step };
        let bin = self.cargo.parent().unwrap_or(Path::new(DEBIAN));
        // A rustup proxy earlier in PATH would be another compiler.
        step.env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .env("RUSTC", &self.rustc)
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", wasm_ld)
            .without_env("RUSTUP_TOOLCHAIN")
    }
}

/// What a compiler says in one line; none where it fails.
fn ask(tools: &mut dyn Tools, rustc: &Path, dir: &Path, args: &[&str]) -> Option<PathBuf> {
    let ran = tools.run(&Step::new("ask the compiler", rustc, dir).args(args).probe()).ok()?;
    let text = String::from_utf8(ran.stdout).ok()?;
    (ran.code == Some(0) && !text.trim().is_empty()).then(|| PathBuf::from(text.trim()))
}

/// The newest by name of `wasm-ld`, `wasm-ld-19` …, the plain one first.
fn wasm_ld(bin: &Path) -> Option<PathBuf> {
    let plain = bin.join("wasm-ld");
    if plain.is_file() {
        return Some(plain);
    }
    let mut found: Vec<PathBuf> = std::fs::read_dir(bin)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("wasm-ld-")))
        .collect();
    found.sort();
    found.pop()
}

/// No path of this machine goes into a component, so that its bytes do not
/// depend on where it was built. What is in the plugin's own workspace has
/// relative paths anyway; its directory among the flags would only have all of
/// the dependencies compiled anew wherever it is copied.
fn remap(compiler: &Compiler, tools: &dyn Tools) -> Vec<String> {
    let from_home = || Some(PathBuf::from(tools.env("HOME")?).join(".cargo"));
    let home = tools.env("CARGO_HOME").map(PathBuf::from).or_else(from_home);
    let mut pairs = Vec::new();
    if let Some(home) = home {
        let registries = std::fs::read_dir(home.join("registry/src")).into_iter().flatten();
        let mut registries: Vec<_> = registries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        registries.sort();
        // What comes later wins.
        pairs.push((home, "cargo"));
        pairs.extend(registries.into_iter().map(|registry| (registry, "registry")));
    }
    pairs.push((compiler.sysroot.join("lib/rustlib/src/rust"), "rust"));
    pairs.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).collect()
}

fn toml_array(values: &[String]) -> String {
    toml::Value::Array(values.iter().cloned().map(toml::Value::String).collect()).to_string()
}

/// A line of cargo's `--message-format=json`, as far as it matters here.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    target: Option<Target>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    crate_types: Vec<String>,
}

/// The module that a package's dynamic library was compiled to.
fn artifact(said: &[u8], manifest: &Path) -> Option<PathBuf> {
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let wanted = real(manifest);
    let messages = said.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    let ours = |message: &Message| {
        message.reason == "compiler-artifact"
            && message.target.as_ref().is_some_and(|t| t.crate_types.iter().any(|kind| kind == "cdylib"))
            && real(&message.manifest_path) == wanted
    };
    let mut files = messages.filter(ours).flat_map(|message: Message| message.filenames);
    files.rfind(|file| file.extension().is_some_and(|e| e == "wasm"))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::fs;
    use std::io;

    use super::*;
    use crate::Ran;

    /// A machine with these programs; remembers what was run.
    struct Machine {
        dir: tempfile::TempDir,
        has_target: bool,
        found: Vec<&'static str>,
        ran: Vec<Step>,
    }

    impl Machine {
        fn new(found: &[&'static str], has_target: bool) -> Self {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir_all(dir.path().join("sysroot/lib/rustlib/src/rust/library/std")).unwrap();
            fs::create_dir_all(dir.path().join("bin")).unwrap();
            fs::create_dir_all(dir.path().join("cargo-home/registry/src/mirror-1")).unwrap();
            fs::write(dir.path().join("Cargo.toml"), "").unwrap();
            fs::write(dir.path().join("out.wasm"), "core").unwrap();
            Machine { dir, has_target, found: found.to_vec(), ran: Vec::new() }
        }

        fn debian(self) -> Self {
            for program in ["cargo", "rustc", "wasm-ld-14", "wasm-ld-19"] {
                fs::write(self.dir.path().join("bin").join(program), "").unwrap();
            }
            self
        }

        fn build(&mut self) -> Result<Vec<u8>, BuildError> {
            let dir = self.dir.path().to_owned();
            core_module(&dir, self, &dir.join("bin"))
        }
    }

    impl Tools for Machine {
        fn run(&mut self, step: &Step) -> io::Result<Ran> {
            self.ran.push(step.clone());
            let args: Vec<_> = step.args.iter().map(|arg| arg.to_str().unwrap()).collect();
            let dir = self.dir.path().display().to_string();
            let stdout = match args.as_slice() {
                ["--print", "sysroot"] => format!("{dir}/sysroot\n"),
                ["--print", "target-libdir", ..] if self.has_target => format!("{dir}/sysroot\n"),
                ["--print", "target-libdir", ..] => format!("{dir}/sysroot/nowhere\n"),
                ["build", ..] => format!(
                    "{{\"reason\":\"compiler-artifact\",\"manifest_path\":\"{dir}/sdk/Cargo.toml\",\
                     \"target\":{{\"crate_types\":[\"lib\"]}},\"filenames\":[\"{dir}/libsdk.rlib\"]}}\n\
                     {{\"reason\":\"compiler-artifact\",\"manifest_path\":\"{dir}/Cargo.toml\",\
                     \"target\":{{\"crate_types\":[\"cdylib\"]}},\"filenames\":[\"{dir}/out.wasm\"]}}\n\
                     {{\"reason\":\"build-finished\",\"success\":true}}\n"
                ),
                _ => String::new(),
            };
            Ok(Ran { code: Some(0), stdout: stdout.into_bytes() })
        }
        fn env(&self, name: &str) -> Option<OsString> {
            (name == "CARGO_HOME").then(|| self.dir.path().join("cargo-home").into_os_string())
        }
        fn find(&self, program: &str) -> Option<PathBuf> {
            self.found.contains(&program).then(|| PathBuf::from("/tools").join(program))
        }
        fn scratch(&self) -> &Path {
            self.dir.path()
        }
    }

    #[test]
    fn the_users_own_compiler_is_taken_where_it_has_the_target() {
        let mut machine = Machine::new(&["cargo", "rustc", "rustup"], true).debian();
        assert_eq!(machine.build().unwrap(), b"core");
        let build = machine.ran.last().unwrap();
        assert_eq!(build.program, Path::new("/tools/cargo"));
        assert_eq!(build.env, []);
        let args: Vec<_> = build.args.iter().map(|arg| arg.to_str().unwrap()).collect();
        assert_eq!(args[..4], ["build", "--release", "--target", TARGET]);
        // Nothing of this machine gets into the component.
        let flags = args.iter().find(|arg| arg.starts_with("target.")).unwrap();
        let dir = machine.dir.path().display();
        for wanted in [
            format!("--remap-path-prefix={dir}/cargo-home=cargo"),
            format!("--remap-path-prefix={dir}/cargo-home/registry/src/mirror-1=registry"),
            format!("--remap-path-prefix={dir}/sysroot/lib/rustlib/src/rust=rust"),
        ] {
            assert!(flags.contains(&wanted), "no {wanted} in {flags}");
        }
    }

    #[test]
    fn debians_compiler_builds_the_standard_library_from_source() {
        let mut machine = Machine::new(&["cargo", "rustc"], false).debian();
        assert_eq!(machine.build().unwrap(), b"core");
        let bin = machine.dir.path().join("bin");
        let build = machine.ran.last().unwrap();
        assert_eq!(build.program, bin.join("cargo"));
        assert!(build.args.contains(&"-Zbuild-std=std,panic_abort".into()), "{:?}", build.args);
        let linker = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER".into();
        assert!(build.env.contains(&(linker, Some(bin.join("wasm-ld-19").into()))), "{:?}", build.env);
    }

    #[test]
    fn without_a_compiler_it_says_what_to_install() {
        let said = |found: &[&'static str]| match Machine::new(found, false).build() {
            Err(BuildError::Missing { tool, install, .. }) => format!("{tool}\n{}", install.join("\n")),
            other => panic!("{other:?}"),
        };
        let rustup = said(&["cargo", "rustc", "rustup"]);
        assert!(rustup.contains("\nrustup target add wasm32-unknown-unknown\n"), "{rustup}");
        let bare = said(&[]);
        assert!(bare.contains("https://rustup.rs") && bare.contains("apt-get install rustc-web"), "{bare}");
    }

    #[test]
    fn a_package_without_a_dynamic_library_leaves_nothing() {
        let said = "{\"reason\":\"compiler-artifact\",\"manifest_path\":\"/p/Cargo.toml\",\
                    \"target\":{\"crate_types\":[\"lib\"]},\"filenames\":[\"/p/x.wasm\"]}\nnoise\n";
        assert_eq!(artifact(said.as_bytes(), Path::new("/p/Cargo.toml")), None);
    }
}
