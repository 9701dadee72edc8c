//! The least list of requirements that leads to a given build list (cmd/go
//! mvs/mvs.go, Req; Algorithm R of <https://research.swtch.com/vgo-mvs>).

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::error::ResolveError;
use crate::graph::Graph;
use crate::ids::{Id, PathId};
use crate::loader::{Loader, Pruning};
use crate::walk::read_graph;

/// The least roots from which `main` selects what it selects from `keep`, with
/// every path of `base` among them, sorted by path.
pub(crate) fn minimal(
    loader: &mut Loader<'_>,
    main: Id,
    base: &[PathId],
    keep: &[Id],
) -> Result<Vec<Id>, ResolveError> {
    let graph = read_graph(loader, Pruning::Unpruned, keep)?;
    let list = graph.build_list(&loader.ids);
    let selected: HashMap<PathId, Id> = list.iter().map(|&m| (loader.ids.path_of(m), m)).collect();

    let postorder = postorder(&graph, main, &list);
    let mut have = HashSet::new();
    let mut least = Vec::new();
    let mut seen = HashSet::new();
    for &path in base {
        if let Some(&m) = selected.get(&path)
            && seen.insert(path)
        {
            least.push(m);
            cover(&graph, main, m, &mut have);
        }
    }
    for &m in postorder.iter().rev() {
        let current = selected.get(&loader.ids.path_of(m)) == Some(&m);
        if current && !have.contains(&m) {
            least.push(m);
            cover(&graph, main, m, &mut have);
        }
    }
    loader.ids.sort(&mut least);
    Ok(least)
}

/// The modules below the build list, requirements before those who require
/// them; the main module is left out.
fn postorder(graph: &Rc<Graph>, main: Id, list: &[Id]) -> Vec<Id> {
    let mut seen = HashSet::from([main]);
    let mut order = Vec::new();
    for &start in list {
        if !seen.insert(start) {
            continue;
        }
        let mut stack = vec![(start, 0)];
        while let Some((m, next)) = stack.pop() {
            match graph.required(m).unwrap_or_default().get(next) {
                Some(&r) => {
                    stack.push((m, next + 1));
                    if seen.insert(r) {
                        stack.push((r, 0));
                    }
                }
                None => order.push(m),
            }
        }
    }
    order
}

/// Marks `m` and everything that it leads to.
fn cover(graph: &Rc<Graph>, main: Id, m: Id, have: &mut HashSet<Id>) {
    let mut stack = vec![m];
    while let Some(m) = stack.pop() {
        if have.insert(m) && m != main {
            stack.extend(graph.required(m).unwrap_or_default());
        }
    }
}
