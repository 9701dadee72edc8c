//! The walk over requirements with graph pruning, and the go.mod roots that it
//! starts from (cmd/go modload/buildlist.go, readModGraph).

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::error::GraphError;
use crate::graph::Graph;
use crate::ids::{Id, PathId};
use crate::loader::{Loaded, Loader, Pruning};

/// Reads the module graph from the given roots: in a workspace its modules,
/// else the requirements of the main module.
pub(crate) fn read_graph(
    loader: &mut Loader<'_>,
    pruning: Pruning,
    roots: &[Id],
) -> Result<Rc<Graph>, Box<GraphError>> {
    let start = if pruning == Pruning::Workspace { roots.to_vec() } else { loader.mains() };
    let mut graph = Graph::new(&loader.ids, &start);
    if pruning != Pruning::Workspace {
        for main in start {
            graph.require(&loader.ids, main, roots.into());
        }
    }
    let mut walk = Walk {
        loader,
        graph,
        seen: HashSet::new(),
        stack: Vec::new(),
        pending: HashMap::new(),
        fresh: HashMap::new(),
        failed: HashMap::new(),
    };
    for &root in roots {
        walk.enqueue(root, pruning);
    }
    walk.until_idle();
    if pruning == Pruning::Workspace {
        walk.reload_selected(roots);
    }
    walk.finish()
}

struct Walk<'l, 'a> {
    loader: &'l mut Loader<'a>,
    graph: Graph,
    /// A module may be walked once a pruning, as it is inherited.
    seen: HashSet<(Id, Pruning)>,
    stack: Vec<(Id, Pruning)>,
    /// Modules whose go.mod file is on its way.
    pending: HashMap<Id, Vec<Pruning>>,
    /// Loaded since the graph was last brought up to date.
    fresh: HashMap<Id, Loaded>,
    failed: HashMap<Id, Loaded>,
}

impl Walk<'_, '_> {
    fn enqueue(&mut self, m: Id, pruning: Pruning) {
        if !self.loader.ids.is_none(m) && self.seen.insert((m, pruning)) {
            self.stack.push((m, pruning));
        }
    }

    /// Follows requirements until nothing is left to load, then brings the
    /// graph up to date in an order that no network decides.
    fn until_idle(&mut self) {
        loop {
            while let Some((m, pruning)) = self.stack.pop() {
                match self.loader.load(m) {
                    Some(loaded) => self.visit(m, pruning, &loaded),
                    None => self.pending.entry(m).or_default().push(pruning),
                }
            }
            let arrived = self.loader.wait();
            if arrived.is_empty() {
                break;
            }
            for (m, loaded) in arrived {
                for pruning in self.pending.remove(&m).unwrap_or_default() {
                    self.visit(m, pruning, &loaded);
                }
            }
        }
        let mut fresh: Vec<Id> = self.fresh.keys().copied().collect();
        self.loader.ids.sort(&mut fresh);
        for m in fresh {
            let Some(loaded) = self.fresh.remove(&m) else { continue };
            match &*loaded {
                Ok(summary) => {
                    self.graph.require(&self.loader.ids, m, Rc::clone(&summary.require));
                }
                Err(_) => {
                    self.failed.insert(m, loaded);
                }
            }
        }
    }

    fn visit(&mut self, m: Id, pruning: Pruning, loaded: &Loaded) {
        if self.graph.required(m).is_none() && !self.failed.contains_key(&m) {
            self.fresh.entry(m).or_insert_with(|| Rc::clone(loaded));
        }
        let Ok(summary) = &**loaded else { return };
        // A module without pruning does not list what its dependencies need:
        // all that it leads to has to be read, and everything below it too.
        let below = if pruning == Pruning::Unpruned { Pruning::Unpruned } else { summary.pruning };
        if pruning != Pruning::Pruned || summary.pruning == Pruning::Unpruned {
            for &r in summary.require.iter() {
                self.enqueue(r, below);
            }
        }
    }

    /// Modules of a workspace raise each other's requirements: what is
    /// selected in the end has to be read too, for whatever may import it.
    fn reload_selected(&mut self, roots: &[Id]) {
        let mut relevant: HashSet<PathId> = roots.iter().map(|&r| self.loader.ids.path_of(r)).collect();
        let mut reloaded: HashSet<Id> = HashSet::new();
        loop {
            let mut wanted: HashSet<Id> = HashSet::new();
            for &path in &relevant {
                let Some(m) = self.graph.selected(path) else { continue };
                if !reloaded.contains(&m) {
                    wanted.insert(m);
                    continue;
                }
                for &r in self.graph.required(m).unwrap_or_default() {
                    wanted.extend(self.raised(r).filter(|s| !reloaded.contains(s)));
                }
            }
            if wanted.is_empty() {
                break;
            }
            for m in wanted {
                self.enqueue(m, Pruning::Workspace);
                reloaded.insert(m);
                relevant.insert(self.loader.ids.path_of(m));
            }
            self.until_idle();
        }
    }

    /// The selected version of a requirement's path, if it is a higher one.
    fn raised(&self, r: Id) -> Option<Id> {
        let ids = &self.loader.ids;
        let selected = self.graph.selected(ids.path_of(r))?;
        let path = ids.path(r);
        let order = airgo_gomod::gover::mod_compare(path, ids.version(selected), ids.version(r));
        order.is_gt().then_some(selected)
    }

    fn finish(self) -> Result<Rc<Graph>, Box<GraphError>> {
        let Self { loader, graph, failed, .. } = self;
        if failed.is_empty() {
            return Ok(Rc::new(graph));
        }
        let mut failures = graph.chains(|m| failed.contains_key(&m)).into_iter().filter_map(|c| {
            let culprit = failed.get(c.last()?)?;
            let error = culprit.as_ref().as_ref().err()?.clone();
            Some((loader.ids.modules(&c), error))
        });
        match failures.next() {
            Some((chain, error)) => {
                let others = failures.collect();
                Err(Box::new(GraphError { chain, error, others }))
            }
            // Every module that is loaded is required by one in the graph.
            None => Ok(Rc::new(graph)),
        }
    }
}
