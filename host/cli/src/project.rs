//! Finds and reads the project on disk, as `go` does from a directory:
//! go.work or go.mod upwards, go.sum beside it, the go.mod files of
//! replacement directories (cmd/go modload/init.go, Init and loadModFile).

use crate::failure::{Failure, Result};
use crate::frame;
use crate::goenv::GoEnv;
use airgo_gomod::gosum::{GoSum, GoSumError};
use airgo_gomod::modfile::{self, work};
use airgo_resolve::{MainModule, Mode, Project, SourceError, Workspace};
use std::path::{Component, Path, PathBuf};

/// A project as it stands on disk.
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
    /// What tells projects apart: the go.mod or go.work file.
    pub fn identity(&self) -> (&Path, bool) {
        (&self.root, self.project.workspace.is_some())
    }
}

/// An absolute path without `.` and `..`.
pub fn absolute(path: &Path) -> Result<PathBuf> {
    let absolute =
        std::path::absolute(path).map_err(|e| Failure::failed(format!("{}: {e}", path.display())))?;
    Ok(clean(&absolute))
}

type FindWork = fn(&Path, &GoEnv) -> Result<Option<PathBuf>>;

fn load_with(dir: &Path, env: &GoEnv, find_work: FindWork) -> Result<Loaded> {
    let start = absolute(dir)?;
    if !start.is_dir() {
        let what = if start.exists() { "not a directory" } else { "no such directory" };
        return Err(Failure::failed(format!("{}: {what}", dir.display()))
            .hint("airgo pack DIR -o FILE packs the Go module in DIR"));
    }
    let flags = GoFlags::read(env)?;
    let mut loaded = match find_work(&start, env)? {
        Some(file) => load_workspace(&file)?,
        None => load_module(&start, dir, &flags)?,
    };
    loaded.project.local_go = env.go_version();
    loaded.project.local_toolchain_only = env.get("GOTOOLCHAIN") == Some("local");
    loaded.project.mode = flags.mode;
    for path in loaded.project.replacement_directories() {
        let file = loaded.root.join(&path).join("go.mod");
        let bytes = std::fs::read(&file).map_err(|e| SourceError::new(format!("{}: {e}", shown(&file))));
        loaded.project.directories.insert(path, bytes);
    }
    Ok(loaded)
}

fn load_module(start: &Path, asked: &Path, flags: &GoFlags) -> Result<Loaded> {
    let Some(root) = start.ancestors().find(|d| d.join("go.mod").is_file()).map(Path::to_owned) else {
        return Err(Failure::failed(format!(
            "go.mod not found in {} or any parent directory",
            asked.display()
        ))
        .hint("run airgo in a Go module, or name its directory: airgo pack DIR -o FILE")
        .hint("a new module starts with: go mod init example.com/name"));
    };
    let file = flags.modfile.clone().map_or_else(|| root.join("go.mod"), |f| root.join(f));
    let (main, bytes) = read_main(&root, &file)?;
    let sum_file = file.with_extension("sum");
    let sums = GoSum::parse(&shown(&sum_file), &read_optional(&sum_file)?).map_err(sum_failure)?;
    let project = Project { mains: vec![main], ..Project::default() };
    Ok(Loaded { project, sums, root, go_mods: vec![bytes], go_work: Vec::new(), sum_file })
}

fn load_workspace(file: &Path) -> Result<Loaded> {
    let root = file.parent().unwrap_or(Path::new("/")).to_owned();
    let name = shown(file);
    let go_work = read(file)?;
    let parsed = work::parse(&name, &go_work).map_err(|e| frame::parse_failure(&e))?;
    let sum_file = root.join("go.work.sum");
    let mut sums = GoSum::parse(&shown(&sum_file), &read_optional(&sum_file)?).map_err(sum_failure)?;
    let (mut mains, mut go_mods) = (Vec::new(), Vec::new());
    for used in &parsed.use_ {
        let dir = clean(&root.join(&used.path));
        let (main, bytes) = read_main(&dir, &dir.join("go.mod"))
            .map_err(|f| f.fact("used by", format!("{name}:{}", used.pos.line)))?;
        mains.push(main);
        go_mods.push(bytes);
        let file = dir.join("go.sum");
        sums.add_workspace_module(&shown(&file), &read_optional(&file)?).map_err(sum_failure)?;
    }
    let workspace = Workspace { dir: root.to_string_lossy().into_owned(), file_name: name, file: parsed };
    let project = Project { mains, workspace: Some(workspace), ..Project::default() };
    Ok(Loaded { project, sums, root, go_mods, go_work, sum_file })
}

fn read_main(dir: &Path, file: &Path) -> Result<(MainModule, Vec<u8>)> {
    let bytes = read(file)?;
    let name = shown(file);
    let modfile = modfile::parse(&name, &bytes).map_err(|e| frame::parse_failure(&e))?;
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

fn sum_failure(error: GoSumError) -> Failure {
    Failure::failed(error.to_string())
        .line(format!("{} | {}", error.line, error.line_text))
        .outcome("nothing was written")
        .hint("remove the line, then run: go mod tidy")
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).map_err(|e| Failure::failed(format!("could not read {}: {e}", shown(file))))
}

/// go.work in effect (cmd/go modload/init.go FindGoWork).
fn find_work(start: &Path, env: &GoEnv) -> Result<Option<PathBuf>> {
    match env.get("GOWORK") {
        Some("off") => Ok(None),
        Some("auto") | None => {
            let found = start.ancestors().map(|d| d.join("go.work")).find(|f| f.is_file());
            // As cmd/go: GOROOT's own go.work is none.
            Ok(found.filter(|f| f.parent() != env.goroot()))
        }
        Some(file) if Path::new(file).is_absolute() && file.ends_with(".work") => {
            Ok(Some(PathBuf::from(file)))
        }
        Some(file) => {
            Err(Failure::failed("the path in GOWORK must be absolute and end in .work").fact("GOWORK", file))
        }
    }
}

/// What of GOFLAGS decides the build list.
#[derive(Default)]
struct GoFlags {
    mode: Mode,
    modfile: Option<PathBuf>,
}

impl GoFlags {
    /// Words are split at white space, quotes allowed (cmd/go base/goflags.go).
    fn read(env: &GoEnv) -> Result<Self> {
        let mut flags = Self::default();
        for word in env.get_or_empty("GOFLAGS").split_whitespace() {
            let word = word.trim_matches(['\'', '"']).trim_start_matches('-');
            match word.split_once('=') {
                Some(("mod", "mod")) => flags.mode = Mode::Update,
                Some(("modfile", file)) if file.ends_with(".mod") => {
                    flags.modfile = Some(PathBuf::from(file))
                }
                Some(("modfile", file)) => {
                    return Err(
                        Failure::failed("-modfile in GOFLAGS must end in .mod").fact("-modfile", file)
                    );
                }
                _ => {}
            }
        }
        Ok(flags)
    }
}

/// Resolves `.` and `..` by words alone, as Go's filepath.Clean.
fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// A path for people: relative to the working directory where it is inside.
pub fn shown(path: &Path) -> String {
    let inside = std::env::current_dir().ok().and_then(|cwd| path.strip_prefix(cwd).ok().map(Path::to_owned));
    inside.unwrap_or_else(|| path.to_owned()).display().to_string()
}
