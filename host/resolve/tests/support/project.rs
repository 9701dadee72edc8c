//! Reads a project from a directory, as the command line does.

use std::fs;
use std::path::{Component, Path, PathBuf};

use airgo_gomod::modfile;
use airgo_resolve::{MainModule, Mode, Project, SourceError, Vendor, Workspace};

/// The project in `dir`: the workspace if there is a go.work file, else the
/// main module. An error is one of syntax or of a missing file.
pub fn load(dir: &Path, mode: Mode, local_go: Option<&str>) -> Result<Project, String> {
    let dir = dir.to_str().unwrap();
    let mut project = Project {
        mode,
        local_go: local_go.map(str::to_owned),
        local_toolchain_only: local_go.is_some(),
        ..Project::default()
    };
    let work = format!("{dir}/go.work");
    if let Ok(text) = fs::read(&work) {
        let file = modfile::work::parse("go.work", &text).map_err(|e| e.to_string())?;
        for line in &file.use_ {
            let at = clean(&Path::new(dir).join(&line.path));
            project.mains.push(main_module(at.to_str().unwrap())?);
        }
        project.workspace = Some(Workspace { dir: dir.to_owned(), file_name: "go.work".to_owned(), file });
    } else {
        project.mains.push(main_module(dir)?);
    }
    if Path::new(&format!("{dir}/vendor")).is_dir() {
        let modules_txt = fs::read(format!("{dir}/vendor/modules.txt")).ok();
        project.vendor = Some(Vendor { modules_txt });
    }
    for at in project.replacement_directories() {
        let text = fs::read(format!("{at}/go.mod")).map_err(SourceError::new);
        project.directories.insert(at, text);
    }
    Ok(project)
}

/// As Go's filepath.Clean: `./nowhere/../w` is `./w`.
fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

fn main_module(dir: &str) -> Result<MainModule, String> {
    let file_name = format!("{dir}/go.mod");
    let text = fs::read(&file_name).map_err(|e| format!("{file_name}: {e}"))?;
    let modfile = modfile::parse(&file_name, &text).map_err(|e| e.to_string())?;
    Ok(MainModule { dir: dir.to_owned(), file_name, modfile })
}
