//! The module graph and Minimal Version Selection over it: of every path, the
//! greatest version that anything reachable requires (cmd/go mvs/graph.go).

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use crate::ids::{Id, Ids, NONE, PathId};

/// Requirements of module versions, grown while go.mod files arrive.
pub(crate) struct Graph {
    roots: Vec<Id>,
    required: Vec<Option<Rc<[Id]>>>,
    selected: Vec<Option<Id>>,
}

impl Graph {
    pub(crate) fn new(ids: &Ids, roots: &[Id]) -> Self {
        let mut graph = Self { roots: roots.to_vec(), required: Vec::new(), selected: Vec::new() };
        for &root in roots {
            graph.select(ids, root);
        }
        graph
    }

    /// Records what `m` requires. Versions that compare equal but are spelled
    /// differently keep the first one seen: call in a deterministic order.
    pub(crate) fn require(&mut self, ids: &Ids, m: Id, requirements: Rc<[Id]>) {
        for &r in requirements.iter() {
            self.select(ids, r);
        }
        if self.required.len() <= m.index() {
            self.required.resize(m.index() + 1, None);
        }
        self.required[m.index()] = Some(requirements);
    }

    fn select(&mut self, ids: &Ids, m: Id) {
        let path = ids.path_of(m);
        if self.selected.len() <= path.index() {
            self.selected.resize(path.index() + 1, None);
        }
        let slot = &mut self.selected[path.index()];
        let current = slot.map_or(NONE, |id| ids.version(id));
        if *slot != Some(m) && ids.compare_versions(path, current, ids.version(m)) == Ordering::Less {
            *slot = Some(m);
        }
    }

    /// What `m` requires; `None` where its requirements are pruned out.
    pub(crate) fn required(&self, m: Id) -> Option<&[Id]> {
        self.required.get(m.index())?.as_deref()
    }

    /// The selected version of a path; `None` stands for Go's "none".
    pub(crate) fn selected(&self, path: PathId) -> Option<Id> {
        self.selected.get(path.index()).copied().flatten()
    }

    /// The selected versions: the roots' paths first, in the roots' order,
    /// then all others by path.
    pub(crate) fn build_list(&self, ids: &Ids) -> Vec<Id> {
        let mut seen = HashSet::new();
        let mut list = Vec::new();
        for &root in &self.roots {
            let path = ids.path_of(root);
            if seen.insert(path) {
                list.extend(self.selected(path).filter(|&id| !ids.is_none(id)));
            }
        }
        let mut rest: Vec<Id> =
            self.selected.iter().flatten().copied().filter(|&id| !seen.contains(&ids.path_of(id))).collect();
        ids.sort(&mut rest);
        list.append(&mut rest);
        list
    }

    /// Every module version in the graph, breadth first, each once.
    pub(crate) fn breadth_first(&self, ids: &Ids) -> Vec<Id> {
        let mut seen = HashSet::new();
        let mut order: Vec<Id> =
            self.roots.iter().copied().filter(|&r| !ids.is_none(r) && seen.insert(r)).collect();
        let mut next = 0;
        while next < order.len() {
            let m = order[next];
            next += 1;
            for &r in self.required(m).unwrap_or_default() {
                if !ids.is_none(r) && seen.insert(r) {
                    order.push(r);
                }
            }
        }
        order
    }

    /// A shortest chain of requirements from a root to each module version
    /// that `wanted` accepts, nearest first. Among equally short chains it is
    /// the one whose modules were required first.
    pub(crate) fn chains(&self, wanted: impl Fn(Id) -> bool) -> Vec<Vec<Id>> {
        let mut first: HashMap<Id, Option<Id>> = HashMap::new();
        let mut queue = VecDeque::new();
        for &root in &self.roots {
            first.entry(root).or_insert_with(|| {
                queue.push_back(root);
                None
            });
        }
        let mut found = Vec::new();
        while let Some(m) = queue.pop_front() {
            if wanted(m) {
                let mut chain = vec![m];
                let mut at = m;
                while let Some(&Some(by)) = first.get(&at) {
                    chain.push(by);
                    at = by;
                }
                chain.reverse();
                found.push(chain);
            }
            for &r in self.required(m).unwrap_or_default() {
                first.entry(r).or_insert_with(|| {
                    queue.push_back(r);
                    Some(m)
                });
            }
        }
        found
    }
}
