//! Who requires whom. There may be a million edges between a thousand modules,
//! so a module's name is here once, and an edge is two numbers.

use std::collections::HashMap;
use std::fmt;

use airgo_gomod::ModuleVersion;

use crate::ids::{Id, Ids};

/// The edges of a module graph, in the order of `go mod graph`; replaced
/// modules stand under their own names.
#[derive(Clone, Default)]
pub struct Edges {
    nodes: Vec<ModuleVersion>,
    edges: Vec<(u32, u32)>,
}

impl Edges {
    pub(crate) fn of(ids: &Ids, edges: impl Iterator<Item = (Id, Id)>) -> Self {
        let mut nodes = Vec::new();
        let mut numbers = HashMap::new();
        let mut number = |id| {
            *numbers.entry(id).or_insert_with(|| {
                nodes.push(ids.module(id));
                nodes.len() as u32 - 1
            })
        };
        let edges = edges.map(|(from, to)| (number(from), number(to))).collect();
        Self { nodes, edges }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.edges.len()
    }

    /// Whether nothing requires anything.
    pub fn is_empty(&self) -> bool {
        self.edges.is_empty()
    }

    /// Who requires, and what.
    pub fn iter(&self) -> impl Iterator<Item = (&ModuleVersion, &ModuleVersion)> {
        self.edges.iter().map(|&(from, to)| (&self.nodes[from as usize], &self.nodes[to as usize]))
    }

    /// The same as text, sorted bytewise.
    pub fn sorted(&self) -> SortedEdges {
        let mut texts: Vec<(String, u32)> = self.nodes.iter().map(ToString::to_string).zip(0..).collect();
        texts.sort_unstable();
        let mut ranks = vec![0; texts.len()];
        for ((_, node), rank) in texts.iter().zip(0_u32..) {
            ranks[*node as usize] = rank;
        }
        let mut edges: Vec<_> =
            self.edges.iter().map(|&(from, to)| (ranks[from as usize], ranks[to as usize])).collect();
        edges.sort_unstable();
        SortedEdges { texts: texts.into_iter().map(|(text, _)| text).collect(), edges }
    }
}

impl fmt::Debug for Edges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Edges between `path@version` and `path@version`, sorted bytewise.
#[derive(Clone, Debug)]
pub struct SortedEdges {
    texts: Vec<String>,
    edges: Vec<(u32, u32)>,
}

impl SortedEdges {
    /// Who requires, and what.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = [&str; 2]> + Clone {
        self.edges.iter().map(|&(from, to)| [from, to].map(|end| self.texts[end as usize].as_str()))
    }
}
