//! What Go demands of the main modules and of go.work before it loads anything
//! (cmd/go modload/init.go, loadModFile; modload/modfile.go, ReadModFile).

use std::collections::HashSet;

use airgo_gomod::modfile::{ModFile, Pos};
use airgo_gomod::{ModuleVersion, gover, module};

use crate::error::{ProjectError, ProjectFault, ResolveError};
use crate::paths;
use crate::project::{
    DEFAULT_GO_MOD_VERSION, DEFAULT_GO_WORK_VERSION, GO_STRICT_VERSION, MainModule, Project,
};

/// Checks all of it; `running` is the version of the go command in effect.
pub(crate) fn check(project: &Project, running: &str) -> Result<(), ResolveError> {
    if project.mains.is_empty() {
        return Err(ResolveError::NoMainModule { in_workspace: project.in_workspace() });
    }
    if let Some(work) = &project.workspace {
        let fault = |pos, reason| ProjectError { file: work.file_name.clone(), pos, reason };
        if let Some(go) = work.file.go.as_ref().filter(|go| newer(&go.version, running)) {
            return Err(fault(Some(go.pos), too_new(&go.version, running)).into());
        }
        toolchain(project).map_err(|reason| fault(None, reason))?;
        let mut used = HashSet::new();
        for line in &work.file.use_ {
            let dir = paths::join(&work.dir, &line.path);
            if !used.insert(dir.clone()) {
                let reason = ProjectFault::UsedTwice { dir };
                return Err(fault(Some(line.pos), reason).into());
            }
        }
        for g in &work.file.godebug {
            godebug(&g.key, &g.value, running).map_err(|reason| fault(Some(g.pos), reason))?;
        }
    }
    for main in &project.mains {
        main_module(project, main, running)?;
    }
    if let Some(work) = &project.workspace {
        workspace(project, &work.file_name)?;
    }
    Ok(())
}

fn main_module(project: &Project, main: &MainModule, running: &str) -> Result<(), ProjectError> {
    let file = &main.modfile;
    let fault = |pos, reason| ProjectError { file: main.file_name.clone(), pos, reason };
    let Some(decl) = &file.module else {
        return Err(fault(None, ProjectFault::NoModuleLine));
    };
    if let Some(work) = &project.workspace {
        let own = file.go.as_ref().map_or(DEFAULT_GO_MOD_VERSION, |go| go.version.as_str());
        let whole = work.file.go.as_ref();
        let whole = whole.map_or(DEFAULT_GO_WORK_VERSION, |go| go.version.as_str());
        if newer(own, whole) && !newer(GO_STRICT_VERSION, own) {
            let (module, go, work) = (decl.path.clone(), own.to_owned(), whole.to_owned());
            return Err(fault(None, ProjectFault::WorkTooOld { module, go, work }));
        }
    } else {
        toolchain(project).map_err(|reason| fault(None, reason))?;
        for g in &file.godebug {
            godebug(&g.key, &g.value, running).map_err(|reason| fault(Some(g.pos), reason))?;
        }
    }
    if let Some(go) = file.go.as_ref().filter(|go| newer(&go.version, running)) {
        return Err(fault(Some(go.pos), too_new(&go.version, running)));
    }
    let path_fault =
        |reason: String| fault(Some(decl.pos), ProjectFault::ModulePath { path: decl.path.clone(), reason });
    if gover::is_toolchain(&decl.path) {
        return Err(path_fault("module path is reserved".to_owned()));
    }
    module::check_import_path(&decl.path).map_err(|e| path_fault(e.to_string()))?;
    versions(file).map_err(|(pos, reason)| fault(Some(pos), reason))?;
    for tool in &file.tool {
        module::check_import_path(&tool.path).map_err(|e| {
            let (path, reason) = (tool.path.clone(), e.to_string());
            fault(Some(tool.pos), ProjectFault::Tool { path, reason })
        })?;
    }
    Ok(())
}

/// The versions of a main module's go.mod file: Go would look up those that
/// are not canonical and then rewrite the file (cmd/go modload/init.go,
/// fixVersion).
fn versions(file: &ModFile) -> Result<(), (Pos, ProjectFault)> {
    let require = file.require.iter().map(|r| (&r.module, r.pos));
    let exclude = file.exclude.iter().map(|x| (&x.module, x.pos));
    let replace = file.replace.iter().flat_map(|r| [(&r.old, r.pos), (&r.new, r.pos)]);
    for (m, pos) in require.chain(exclude).chain(replace) {
        if !m.version.is_empty() {
            version(m).map_err(|reason| (pos, reason))?;
        }
    }
    if let Some(decl) = &file.module {
        for r in &file.retract {
            for v in [&r.low, &r.high] {
                version(&ModuleVersion::new(decl.path.as_str(), v.as_str()))
                    .map_err(|reason| (r.pos, reason))?;
            }
        }
    }
    Ok(())
}

fn version(m: &ModuleVersion) -> Result<(), ProjectFault> {
    let Some((_, major)) = module::split_path_version(&m.path) else {
        let reason = "malformed module path".to_owned();
        return Err(ProjectFault::PathMajor { module: m.clone(), reason });
    };
    if module::canonical_version(&m.version) != m.version {
        return Err(ProjectFault::Version { module: m.clone() });
    }
    module::check_path_major(&m.version, major)
        .map_err(|e| ProjectFault::PathMajor { module: m.clone(), reason: e.to_string() })
}

/// What concerns several modules at once (cmd/go modload/init.go,
/// makeMainModules).
fn workspace(project: &Project, file: &str) -> Result<(), ProjectError> {
    let fault = |pos, reason| ProjectError { file: file.to_owned(), pos, reason };
    let mut seen = HashSet::new();
    for main in project.mains.iter().filter_map(|m| m.modfile.module.as_ref()) {
        if !seen.insert(main.path.as_str()) {
            let path = main.path.clone();
            return Err(fault(None, ProjectFault::ModuleTwice { path }));
        }
    }
    for r in project.workspace.iter().flat_map(|w| &w.file.replace) {
        if r.old.version.is_empty() && seen.contains(r.old.path.as_str()) {
            let path = r.old.path.clone();
            return Err(fault(Some(r.pos), ProjectFault::MainReplaced { path }));
        }
    }
    Ok(())
}

/// The form of a godebug line; which settings exist depends on the toolchain
/// (cmd/go modload/init.go, CheckGodebug).
fn godebug(key: &str, value: &str, running: &str) -> Result<(), ProjectFault> {
    let blank = |s: &str| s.contains([' ', '\t']);
    let reason = match (key, value) {
        (k, _) if blank(k) => "key contains space",
        (_, v) if blank(v) => "value contains space",
        (k, _) if k.contains(',') => "key contains comma",
        (_, v) if v.contains(',') => "value contains comma",
        ("default", v) => match v.strip_prefix("go") {
            Some(v) if gover::is_valid(v) && newer(v, running) => "too new for the toolchain",
            Some(v) if gover::is_valid(v) => return Ok(()),
            _ => "value for default= must be goVERSION",
        },
        _ => return Ok(()),
    };
    Err(ProjectFault::Godebug { key: key.to_owned(), value: value.to_owned(), reason })
}

/// Only where go may switch to another toolchain does it look at the name.
fn toolchain(project: &Project) -> Result<(), ProjectFault> {
    match project.toolchain().filter(|_| !project.local_toolchain_only) {
        Some(name) if name != "default" && gover::from_toolchain(name).is_empty() => {
            Err(ProjectFault::Toolchain { name: name.to_owned() })
        }
        _ => Ok(()),
    }
}

fn newer(go: &str, than: &str) -> bool {
    gover::compare(go, than).is_gt()
}

fn too_new(go: &str, running: &str) -> ProjectFault {
    ProjectFault::TooNew { go: go.to_owned(), running: running.to_owned() }
}
