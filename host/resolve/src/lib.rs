//! Go's build list and module graph, without running go and without I/O.
//!
//! The oracle is the go command (go1.26): for the same go.mod or go.work file
//! [`format_list`] gives the bytes of `go list -m all`, and [`format_graph`]
//! those of `go mod graph`, sorted; or both fail. The rules are those of
//! cmd/go/internal/modload and mvs:
//!
//! - Minimal Version Selection over all requirements that are read, with the
//!   main modules above every version of themselves;
//! - graph pruning: below a module at go 1.17 or later nothing more is read,
//!   except in a main module before go 1.17, where everything is;
//! - replacements and exclusions of the main modules only, a replaced module
//!   staying in the graph under its own name;
//! - workspaces, with the selected versions of what their modules need read
//!   again;
//! - `go` and `toolchain` as modules with an order of versions of their own;
//! - go.mod files that do not agree with the graph they lead to, which are an
//!   error read-only ([`Mode::Readonly`]) and else raised in memory
//!   ([`Mode::Update`]).
//!
//! [`packages`] follows the imports of the project's packages through the modules
//! of the build list, as `go list -deps -test ./...` does; [`vendor`] says what
//! `go mod vendor` writes.
//!
//! The go.mod files of dependencies come from a [`GoModSource`] in any order;
//! the result does not depend on it.
//!
//! ```
//! use airgo_gomod::{ModuleVersion, modfile};
//! use airgo_resolve::{MapSource, Project, format_list, resolve};
//!
//! let main = "module example.com/m\ngo 1.21\nrequire example.com/a v1.0.0\n";
//! let project = Project::new(".", modfile::parse("go.mod", main.as_bytes())?);
//! let mut source = MapSource::default();
//! source.insert(ModuleVersion::new("example.com/a", "v1.0.0"), "module example.com/a\n");
//!
//! let resolution = resolve(&project, &mut source)?;
//! assert_eq!(format_list(&resolution), "example.com/m\nexample.com/a v1.0.0\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod advice;
mod check;
mod edges;
mod error;
mod format;
mod graph;
mod ids;
mod loader;
mod mvs;
#[cfg(test)]
mod mvs_cases;
pub mod packages;
mod paths;
mod project;
mod replace;
mod requirements;
mod resolution;
mod roots;
mod source;
mod toolchain;
mod update;
pub mod vendor;
mod walk;

pub use advice::{Advice, latest};
pub use edges::{Edges, SortedEdges};
pub use error::{
    GraphError, LoadError, LoadFault, ProjectError, ProjectFault, ReplaceConflict, ResolveError,
    UpdateReason, UpdatesNeeded,
};
pub use format::{format_graph, format_list};
pub use project::{
    DEFAULT_GO_MOD_VERSION, DEFAULT_GO_WORK_VERSION, MainModule, Mode, Project, Vendor, Workspace,
};
pub use resolution::{Chains, Needs, Replacement, Resolution, Scope, Selected};
pub use roots::{Spot, resolve_roots, spot_check};
pub use source::{GoModSource, MapSource, SourceError};
pub use toolchain::{GoToolchain, GoToolchainError, TOOLCHAIN_MODULE};

use loader::Loader;
use source::Recorded;

/// Computes the build list and module graph of a project.
///
/// In [`Scope::All`] the modules of a workspace are also resolved each on its
/// own, for `go mod tidy` knows no workspace; what they need is among the
/// needs, and a failure there is in [`Resolution::lone_faults`].
pub fn resolve(project: &Project, source: &mut dyn GoModSource) -> Result<Resolution, ResolveError> {
    if project.scope != Scope::All || !project.in_workspace() {
        return resolve_one(project, source);
    }
    let mut source = Recorded::new(source);
    let mut resolution = resolve_one(project, &mut source)?;
    for member in project.members() {
        let path = member.mains.iter().find_map(|m| m.modfile.module.as_ref()).map(|decl| decl.path.clone());
        let lone = resolve_one(&member, &mut source);
        resolution.add_lone(path.unwrap_or_default(), lone);
    }
    Ok(resolution)
}

fn resolve_one(project: &Project, source: &mut dyn GoModSource) -> Result<Resolution, ResolveError> {
    let running = project.running_go();
    check::check(project, &running)?;
    if project.mode == Mode::Readonly && project.builds_from_vendor() {
        return Err(ResolveError::Vendored);
    }
    let mut loader = Loader::new(project, running, source)?;
    let result = update::expand(&mut loader).map(|expanded| Resolution::new(&mut loader, expanded));
    // Go reports these on the way and fails in the end.
    match std::mem::take(&mut loader.faults).into_values().next() {
        Some(fault) => Err(fault.into()),
        None => result,
    }
}
