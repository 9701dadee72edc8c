//! Chains of requirements.

use super::Steps;
use super::paths::{Brief, Paths};
use airgo_bundle::Manifest;
use std::collections::{HashMap, HashSet};

/// The module graph, walked once from the main modules.
///
/// A requirement leads to the version that was selected, which is the one that
/// is built. The main modules' requirements marked `// indirect` count for what
/// is not reached without them. Versions that were not selected are looked for
/// in the graph as it is.
pub struct Requirements {
    names: Vec<String>,
    index: HashMap<String, u32>,
    selected: Paths,
    /// Every node, by every requirement.
    all: Paths,
    /// Both, in a length that can be shown.
    brief: [Brief; 2],
}

impl Requirements {
    /// Walks a manifest's graph.
    pub fn of(manifest: &Manifest) -> Self {
        let mut this = Self {
            names: Vec::new(),
            index: HashMap::new(),
            selected: Paths::default(),
            all: Paths::default(),
            brief: Default::default(),
        };
        let mains: Vec<u32> = manifest.main_modules.iter().map(|main| this.node(&main.path)).collect();
        let edges: Vec<(u32, Vec<u32>)> = manifest
            .graph
            .iter()
            .map(|node| {
                let from = this.node(&node.module);
                (from, node.requires.iter().map(|to| this.node(to)).collect())
            })
            .collect();
        let mut requires = vec![Vec::new(); this.names.len()];
        for (from, to) in edges {
            requires[from as usize] = to;
        }
        let (current, direct) = this.current(manifest);
        this.selected = walk(&mains, this.names.len(), |paths, node, is_main, indirect| {
            for &to in &requires[node as usize] {
                let to = current[to as usize];
                if !is_main || indirect || direct.contains(&to) {
                    paths.reach(to, Some(node));
                }
            }
        });
        this.all = walk(&mains, this.names.len(), |paths, node, _, _| {
            requires[node as usize].iter().for_each(|&to| paths.reach(to, Some(node)));
        });
        this.brief = [&this.selected, &this.all].map(|paths| Brief::of(paths, super::SHOWN.0, |_, _| false));
        this
    }

    /// Up to `most` shortest chains to `path@version`.
    pub fn chains(&self, module: &str, most: usize) -> Vec<Steps> {
        let Some(&node) = self.index.get(module) else { return Vec::new() };
        let paths = if self.selected.depth(node).is_some() { &self.selected } else { &self.all };
        let name = |node: u32| self.names[node as usize].clone();
        paths.to(node, most).into_iter().map(|path| path.into_iter().map(name).collect()).collect()
    }

    /// A shortest chain to `path@version`, in a length that can be shown.
    pub fn brief(&self, module: &str) -> Option<Steps> {
        let &node = self.index.get(module)?;
        let [selected, all] = &self.brief;
        let name = |node: u32| self.names[node as usize].as_str();
        super::steps_to(selected, node, name).or_else(|| super::steps_to(all, node, name))
    }

    fn node(&mut self, name: &str) -> u32 {
        if let Some(&known) = self.index.get(name) {
            return known;
        }
        let node = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.index.insert(name.to_owned(), node);
        node
    }

    /// For each node the one that is built for it, and those that a main module
    /// requires for itself.
    fn current(&self, manifest: &Manifest) -> (Vec<u32>, HashSet<u32>) {
        let mut by_path: HashMap<&str, Option<u32>> = HashMap::new();
        let mut direct_paths = HashSet::new();
        for module in &manifest.modules {
            if module.direct {
                direct_paths.insert(module.path.as_str());
            }
            if module.selected {
                let node = self.index.get(&module.id().to_string()).copied();
                // Projects that select different versions each have their own.
                by_path
                    .entry(&module.path)
                    .and_modify(|known| *known = known.filter(|k| Some(*k) == node))
                    .or_insert(node);
            }
        }
        let mut current = Vec::new();
        let mut direct = HashSet::new();
        for (node, name) in (0u32..).zip(&self.names) {
            let path = name.split_once('@').map_or(name.as_str(), |(path, _)| path);
            let built = by_path.get(path).copied().flatten().unwrap_or(node);
            if direct_paths.contains(path) {
                direct.extend([node, built]);
            }
            current.push(built);
        }
        (current, direct)
    }
}

/// Breadth first; then once more with the indirect requirements of the starts,
/// for what was not reached.
fn walk(mains: &[u32], nodes: usize, mut follow: impl FnMut(&mut Paths, u32, bool, bool)) -> Paths {
    let mut paths = Paths::default();
    let mut is_main = vec![false; nodes];
    for &main in mains {
        is_main[main as usize] = true;
        paths.reach(main, None);
    }
    for indirect in [false, true] {
        if indirect {
            mains.iter().for_each(|&main| follow(&mut paths, main, true, true));
        }
        loop {
            let level = paths.level();
            if level.is_empty() {
                break;
            }
            for node in level {
                follow(&mut paths, node, is_main[node as usize], false);
            }
        }
    }
    paths
}
