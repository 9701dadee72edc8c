//! The roots of the module graph: what go.mod or go.work asks for,
//! as they are written (cmd/go modload/buildlist.go, Requirements).

use std::collections::HashSet;
use std::rc::Rc;

use airgo_gomod::gover;

use crate::error::ResolveError;
use crate::graph::Graph;
use crate::ids::{Id, PathId};
use crate::loader::{Loader, Pruning};
use crate::walk::read_graph;

/// Roots, sorted, and the paths that are required directly.
pub(crate) struct Requirements {
    pub(crate) pruning: Pruning,
    pub(crate) roots: Vec<Id>,
    pub(crate) direct: HashSet<PathId>,
    graph: Option<Rc<Graph>>,
}

impl Requirements {
    fn new(pruning: Pruning, roots: Vec<Id>, direct: HashSet<PathId>) -> Self {
        Self { pruning, roots, direct, graph: None }
    }

    /// The same with other roots, which have to be sorted.
    pub(crate) fn with_roots(&self, roots: Vec<Id>) -> Self {
        Self::new(self.pruning, roots, self.direct.clone())
    }

    /// What the project's files ask for (cmd/go modload/init.go,
    /// requirementsFromModFiles).
    pub(crate) fn of_project(loader: &mut Loader<'_>) -> Self {
        let project = loader.project;
        let mut direct = HashSet::new();
        let mut roots = Vec::new();
        for main in &project.mains {
            for r in &main.modfile.require {
                let m = loader.ids.intern(&r.module);
                if loader.is_excluded(m) && !project.in_workspace() {
                    continue;
                }
                if !r.indirect {
                    direct.insert(loader.ids.path_of(m));
                }
                roots.push(m);
            }
        }
        let go = project.go_version().to_owned();
        let pruning = if project.in_workspace() {
            roots = loader.mains();
            Pruning::Workspace
        } else {
            direct.insert(loader.ids.path_id("go"));
            Pruning::for_go_version(&go)
        };
        roots.push(loader.ids.id("go", &go));
        if let Some(name) = project.toolchain() {
            roots.push(loader.ids.id("toolchain", name));
        }
        loader.ids.sort(&mut roots);
        Self::new(pruning, roots, direct)
    }

    /// The graph that the roots lead to, read once.
    pub(crate) fn graph(&mut self, loader: &mut Loader<'_>) -> Result<Rc<Graph>, ResolveError> {
        if let Some(graph) = &self.graph {
            return Ok(Rc::clone(graph));
        }
        let graph = read_graph(loader, self.pruning, &self.roots)?;
        self.graph = Some(Rc::clone(&graph));
        Ok(graph)
    }

    /// The graph, if it has been read.
    pub(crate) fn known_graph(&self) -> Option<Rc<Graph>> {
        self.graph.clone()
    }

    /// The greatest version of a path among the roots.
    pub(crate) fn root_selected(&self, loader: &Loader<'_>, path: PathId) -> Option<Id> {
        // The roots are sorted, the greatest version of a path comes last; of
        // versions that compare equal Go keeps the first.
        let ids = &loader.ids;
        let mut found: Option<Id> = None;
        for &root in self.roots.iter().filter(|&&r| ids.path_of(r) == path) {
            let higher = found.is_none_or(|f| {
                let name = ids.path(root);
                gover::mod_compare(name, ids.version(f), ids.version(root)).is_lt()
            });
            if higher {
                found = Some(root);
            }
        }
        found
    }

    /// Whether a path is required twice, or the main module requires itself.
    pub(crate) fn has_redundant_root(&self, loader: &Loader<'_>) -> bool {
        let mut previous = None;
        self.roots.iter().any(|&root| {
            let path = loader.ids.path_of(root);
            loader.is_main(path) || previous.replace(path) == Some(path)
        })
    }
}
