//! Finds and reads the project on disk, as `go` does from a directory:
//! go.work or go.mod upwards, go.sum beside it, the go.mod files of
//! replacement directories (cmd/go modload/init.go, Init and loadModFile).

pub mod beside;
pub mod patterns;
pub mod several;

use crate::errors::frame;
use crate::failure::{Failure, Result};
use crate::goenv::GoEnv;
use crate::paths::{absolute, clean, shown};
use crate::settings;
use airgo_gomod::goenv::{GoFlags, GoFlagsError};
use airgo_gomod::gosum::{GoSum, GoSumError};
use airgo_gomod::modfile::{self, work};
use airgo_gomod::{Setting, address};
use airgo_resolve::{MainModule, Mode, Project, SourceError, Workspace};
use std::path::{Path, PathBuf};

/// A project as it is on disk.
pub struct Loaded {
    /// What is resolved.
    pub project: Project,
    /// The union of the project's go.sum files and go.work.sum.
    pub sums: GoSum,
    /// The directory of go.mod, or of go.work.
    pub root: PathBuf,
    /// The bytes of each main module's go.mod, in the order of `project.mains`.
    pub go_mods: Vec<Vec<u8>>,
    /// The bytes of go.work, in a workspace.
    pub go_work: Vec<u8>,
    /// The go.sum file that a missing line would belong into.
    pub sum_file: PathBuf,
}

/// Reads the project that `dir` is in.
pub fn load(dir: &Path, env: &GoEnv) -> Result<Loaded> {
    load_with(dir, env, find_work)
}

/// Reads the module that `dir` is in, whatever go.work file there is.
pub fn load_without_workspace(dir: &Path, env: &GoEnv) -> Result<Loaded> {
    load_with(dir, env, |_, _| Ok(None))
}

impl Loaded {
    /// What identifies the project: the go.mod or go.work file.
    pub fn identity(&self) -> (&Path, bool) {
        (&self.root, self.project.workspace.is_some())
    }
}

type FindWork = fn(&Path, &GoEnv) -> Result<Option<PathBuf>>;

fn load_with(dir: &Path, env: &GoEnv, find_work: FindWork) -> Result<Loaded> {
    let start = absolute(dir)?;
    if !start.is_dir() {
        let what = if start.exists() { "not a directory" } else { "no such directory" };
        return Err(Failure::failed(format!("{}: {what}", dir.display()))
            .hint("airgo pack DIR -o FILE packs the Go module in DIR"));
    }
    let flags = Flags::read(env)?;
    let mut loaded = match find_work(&start, env)? {
        Some(_) if flags.modfile.is_some() => {
            return Err(Failure::failed("-modfile cannot be used in workspace mode")
                .fact("GOFLAGS", env.get_or_empty(settings::GOFLAGS).shown())
                .hint("to pack the module without its workspace: GOWORK=off airgo pack DIR -o FILE"));
        }
        Some(file) => load_workspace(&file)?,
        None => load_module(&start, dir, &flags)?,
    };
    let toolchain = env.toolchain()?;
    loaded.project.local_go = toolchain.minimum.or_else(|| env.go_version());
    loaded.project.local_toolchain_only = !toolchain.switches;
    loaded.project.mode = flags.mode;
    for path in loaded.project.replacement_directories() {
        let file = loaded.root.join(&path).join("go.mod");
        let bytes = std::fs::read(&file).map_err(|e| SourceError::new(format!("{}: {e}", shown(&file))));
        loaded.project.directories.insert(path, bytes);
    }
    Ok(loaded)
}

fn load_module(start: &Path, asked: &Path, flags: &Flags) -> Result<Loaded> {
    let Some(root) = start.ancestors().find(|d| d.join("go.mod").is_file()).map(Path::to_owned) else {
        return Err(Failure::failed(format!(
            "go.mod not found in {} or any parent directory",
            asked.display()
        ))
        .hint("run airgo in a Go module, or name its directory: airgo pack DIR -o FILE")
        .hint("a new module starts with: go mod init example.com/name"));
    };
    // As for `go -C DIR`, -modfile is seen from DIR, not from where go.mod is.
    let file = flags.modfile.as_ref().map_or_else(|| root.join("go.mod"), |f| start.join(f));
    let (main, bytes) = read_main(&root, &file)?;
    let sum_file = file.with_extension("sum");
    let text = read_optional(&sum_file)?;
    let sums = GoSum::parse(&shown(&sum_file), &text).map_err(|e| sum_failure(&e, &text))?;
    let project = Project { mains: vec![main], ..Project::default() };
    Ok(Loaded { project, sums, root, go_mods: vec![bytes], go_work: Vec::new(), sum_file })
}

fn load_workspace(file: &Path) -> Result<Loaded> {
    let root = file.parent().unwrap_or(Path::new("/")).to_owned();
    let name = shown(file);
    let go_work = read(file)?;
    let parsed = work::parse(&name, &go_work).map_err(|e| frame::parse_failure(&e, &go_work))?;
    // GOWORK may call it otherwise than go.work.
    let mut sum_file = file.as_os_str().to_owned();
    sum_file.push(".sum");
    let sum_file = PathBuf::from(sum_file);
    let text = read_optional(&sum_file)?;
    let mut sums = GoSum::parse(&shown(&sum_file), &text).map_err(|e| sum_failure(&e, &text))?;
    let (mut mains, mut go_mods) = (Vec::new(), Vec::new());
    for used in &parsed.use_ {
        let dir = clean(&root.join(&used.path));
        let (main, bytes) = read_main(&dir, &dir.join("go.mod"))
            .map_err(|f| f.fact("used by", format!("{name}:{}", used.pos.line)))?;
        mains.push(main);
        go_mods.push(bytes);
        let file = dir.join("go.sum");
        let text = read_optional(&file)?;
        sums.add_workspace_module(&shown(&file), &text).map_err(|e| sum_failure(&e, &text))?;
    }
    let workspace = Workspace { dir: root.to_string_lossy().into_owned(), file_name: name, file: parsed };
    let project = Project { mains, workspace: Some(workspace), ..Project::default() };
    Ok(Loaded { project, sums, root, go_mods, go_work, sum_file })
}

fn read_main(dir: &Path, file: &Path) -> Result<(MainModule, Vec<u8>)> {
    let bytes = read(file)?;
    let name = shown(file);
    let modfile = modfile::parse(&name, &bytes).map_err(|e| frame::parse_failure(&e, &bytes))?;
    Ok((MainModule { dir: dir.to_string_lossy().into_owned(), file_name: name, modfile }, bytes))
}

/// A missing go.sum is an empty one (cmd/go modfetch/fetch.go readGoSumFile).
fn read_optional(file: &Path) -> Result<Vec<u8>> {
    match std::fs::read(file) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(Failure::failed(format!("could not read {}: {e}", shown(file)))),
        Ok(bytes) => Ok(bytes),
    }
}

fn sum_failure(error: &GoSumError, text: &[u8]) -> Failure {
    if let Some(failure) = frame::unsettled(&error.file, text) {
        return failure;
    }
    let failure = Failure::failed(error.to_string());
    frame::add(failure, error.line, 1, &error.line_text).hint("remove the line, then run: go mod tidy")
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).map_err(|e| Failure::failed(format!("could not read {}: {e}", shown(file))))
}

/// go.work in effect (cmd/go modload/init.go FindGoWork).
fn find_work(start: &Path, env: &GoEnv) -> Result<Option<PathBuf>> {
    let gowork = env.get(settings::GOWORK);
    match gowork.as_ref().map(Setting::reveal) {
        Some("off") => Ok(None),
        Some("auto") | None => {
            // As cmd/go: nothing in GOROOT or above it is in effect from below it.
            let inside = |dir: &&Path| *dir == start || Some(*dir) != env.goroot();
            let dirs = start.ancestors().take_while(inside);
            Ok(dirs.map(|d| d.join("go.work")).find(|f| f.is_file()))
        }
        Some(file) if Path::new(file).is_absolute() => Ok(Some(clean(Path::new(file)))),
        Some(_) => Err(Failure::failed("invalid GOWORK: not an absolute path")
            .fact("GOWORK", gowork.unwrap_or_default().shown())),
    }
}

/// What of GOFLAGS decides the build list.
struct Flags {
    mode: Mode,
    modfile: Option<PathBuf>,
}

impl Flags {
    /// `-mod=vendor` and `readonly` are one here: what is packed is modules.
    fn read(env: &GoEnv) -> Result<Self> {
        let setting = env.get_or_empty(settings::GOFLAGS);
        let text = setting.shown();
        let fault = |e: GoFlagsError| Failure::failed(e.to_string()).fact("GOFLAGS", text.clone());
        let flags = GoFlags::parse(setting.reveal()).map_err(fault)?;
        let mode = match flags.value("mod").map_err(fault)? {
            Some("mod") => Mode::Update,
            None | Some("" | "readonly" | "vendor") => Mode::Readonly,
            Some(mode) => {
                let known = "can be '', 'mod', 'readonly', or 'vendor'";
                let mode = Setting::words(mode).shown();
                return Err(
                    Failure::failed(format!("-mod={mode} not supported ({known})")).fact("GOFLAGS", text)
                );
            }
        };
        let modfile = flags.value("modfile").map_err(fault)?.filter(|file| !file.is_empty());
        match modfile.filter(|file| !file.ends_with(".mod")) {
            Some(file) => {
                let file = address::in_text(file);
                let problem = format!("-modfile={file}: file does not have .mod extension");
                Err(Failure::failed(problem).fact("GOFLAGS", text))
            }
            None => Ok(Self { mode, modfile: modfile.map(PathBuf::from) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use airgo_testkit::{Go, TempTree, require_tool};

    /// The main modules, a line each, or nothing where the project is refused.
    fn mains(go: &Go, dir: &Path) -> String {
        let env = GoEnv::from_process(go.vars().clone().into_iter().collect());
        let Ok(loaded) = load(dir, &env) else { return String::new() };
        let paths = loaded.project.mains.iter().filter_map(|m| m.modfile.module.as_ref());
        paths.map(|decl| format!("{}\n", decl.path)).collect()
    }

    #[test]
    fn the_project_is_the_one_that_go_finds() {
        if !require_tool("go") {
            return;
        }
        let place = TempTree::new();
        for (file, path) in [
            ("a/go.mod", "x.test/a"),
            ("a/alt.mod", "x.test/alt"),
            ("a/sub/alt.mod", "x.test/sub"),
            ("a/b c.mod", "x.test/bc"),
            ("b/go.mod", "x.test/b"),
        ] {
            place.write(file, format!("module {path}\n\ngo 1.21\n"));
        }
        place.write("go.work", "go 1.21\n\nuse ./a\n\nuse ./x/../b\n");
        place.write("other.work", "go 1.21\n\nuse ./b\n");
        let other = place.join("other.work").display().to_string();
        let missing = place.join("missing.work").display().to_string();
        let mut found = 0;
        for (dir, work, flags, toolchain) in [
            ("a", "", "", "local"),
            ("a/sub", "", "", "local"),
            ("a/sub", "off", "", "auto"),
            ("a", "auto", "-modfile=alt.mod", "local"),
            ("a", "off", "-modfile=alt.mod", "local"),
            ("a/sub", "off", "-modfile=alt.mod", "local"),
            ("a", "off", "-mod=mod '-modfile=b c.mod'", "local"),
            ("a", "off", "-modfile=alt", "local"),
            ("a", "off", "-mod=weird", "local"),
            ("a", "off", "'-mod=mod", "local"),
            ("a", "off", "-mod=vendor -mod=readonly", "local+auto"),
            ("a", "off", "", "weird"),
            ("a", &other, "", "local"),
            ("a", "other.work", "", "local"),
            ("a", &missing, "", "local"),
        ] {
            let go = Go::with_proxy("off").env("GOWORK", work).env("GOFLAGS", flags);
            let go = go.env("GOTOOLCHAIN", toolchain);
            let dir = place.join(dir);
            let theirs = String::from_utf8_lossy(&go.output(&dir, &["list", "-m"]).stdout).into_owned();
            assert_eq!(theirs, mains(&go, &dir), "{work:?} {flags:?} {toolchain:?} {}", dir.display());
            found += usize::from(!theirs.is_empty());
        }
        assert_eq!(found, 8);
    }

    #[test]
    fn a_workspace_of_another_name_has_sums_of_that_name() {
        let place = TempTree::new();
        place.write("b/go.mod", "module x.test/b\n\ngo 1.21\n");
        let other = place.write("other.work", "go 1.21\n\nuse ./b\n");
        let line = "x.test/c v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
        place.write("other.work.sum", line);
        let env = GoEnv::from_process([("GOWORK".to_owned(), other.display().to_string())].into());
        let loaded = load(&place.join("b"), &env).unwrap_or_else(|e| panic!("{}", e.message));
        assert_eq!(loaded.sum_file, place.join("other.work.sum"));
        let c = airgo_gomod::ModuleVersion::new("x.test/c", "v1.0.0");
        assert!(loaded.sums.contains(&c, airgo_gomod::gosum::Subject::Zip));
    }
}
