//! Which versions each project of a bundle builds.

use airgo_bundle::Manifest;
use airgo_gomod::semver;
use airgo_policy::BundleView;
use std::collections::{HashMap, HashSet};

/// One go.mod, or a workspace.
pub struct Project {
    /// Its main modules, as positions in the manifest.
    pub mains: Vec<usize>,
    /// What it builds, as positions in the view: of each path one version.
    pub modules: Vec<usize>,
}

/// The projects of a bundle; all as one where they build the same versions.
pub fn projects(manifest: &Manifest, view: &dyn BundleView) -> Vec<Project> {
    let paths: HashSet<&str> = view.modules().iter().map(|module| module.path.as_str()).collect();
    if paths.len() == view.modules().len() {
        let mains = (0..manifest.main_modules.len()).collect();
        return vec![Project { mains, modules: (0..view.modules().len()).collect() }];
    }
    let mut projects: Vec<(Option<&str>, Vec<usize>)> = Vec::new();
    for (at, main) in manifest.main_modules.iter().enumerate() {
        let workspace = main.workspace.as_deref();
        match projects.iter_mut().find(|project| workspace.is_some() && project.0 == workspace) {
            Some(project) => project.1.push(at),
            None => projects.push((workspace, vec![at])),
        }
    }
    let requires: HashMap<&str, &[String]> =
        manifest.graph.iter().map(|node| (node.module.as_str(), node.requires.as_slice())).collect();
    let selected: HashSet<String> =
        manifest.modules.iter().filter(|m| m.selected).map(|m| m.id().to_string()).collect();
    let built = |mains: &[usize]| {
        let mains: Vec<&str> =
            mains.iter().filter_map(|at| Some(&*manifest.main_modules.get(*at)?.path)).collect();
        let versions = versions(&mains, &requires, &selected);
        let modules = view.modules().iter().enumerate();
        let mine = modules.filter(|(_, m)| versions.get(m.path.as_str()).is_some_and(|v| *v == m.version));
        mine.map(|(at, _)| at).collect()
    };
    projects.into_iter().map(|(_, mains)| Project { modules: built(&mains), mains }).collect()
}

/// The version of each module that these main modules build: of those that are
/// selected the one that a go.mod of theirs names, which lists all that a build
/// needs since Go 1.17, or else the highest that is reached.
fn versions<'a>(
    mains: &[&'a str],
    requires: &HashMap<&'a str, &'a [String]>,
    selected: &HashSet<String>,
) -> HashMap<&'a str, &'a str> {
    let edges = |node: &str| requires.get(node).copied().unwrap_or_default();
    let mut own: HashMap<&str, &str> = HashMap::new();
    mains.iter().flat_map(|main| edges(main)).for_each(|to| highest(&mut own, to, selected));
    let mut reached = HashMap::new();
    let mut seen: HashSet<&str> = HashSet::new();
    let mut next: Vec<&str> = mains.to_vec();
    while let Some(node) = next.pop() {
        for to in edges(node) {
            if seen.insert(to) {
                highest(&mut reached, to, selected);
                next.push(to);
            }
        }
    }
    reached.extend(own);
    reached
}

fn highest<'a>(versions: &mut HashMap<&'a str, &'a str>, node: &'a str, selected: &HashSet<String>) {
    let Some((path, version)) = node.split_once('@').filter(|_| selected.contains(node)) else { return };
    let known = versions.entry(path).or_insert(version);
    if semver::compare(version, known).is_gt() {
        *known = version;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_project_builds_what_it_names_or_reaches() {
        let own = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<String>>();
        let graph = [
            ("one", own(&["a@v1.0.0", "b@v1.0.0"])),
            ("two", own(&["a@v1.2.0"])),
            ("a@v1.2.0", own(&["b@v1.10.0", "c@v1.0.0"])),
            ("b@v1.10.0", own(&["b@v1.9.0", "d@v1.0.0"])),
        ];
        let requires: HashMap<&str, &[String]> =
            graph.iter().map(|(node, to)| (*node, to.as_slice())).collect();
        let selected = own(&["a@v1.0.0", "a@v1.2.0", "b@v1.0.0", "b@v1.9.0", "b@v1.10.0", "c@v1.0.0"])
            .into_iter()
            .collect();
        let of = |main| versions(&[main], &requires, &selected);
        assert_eq!(of("one"), HashMap::from([("a", "v1.0.0"), ("b", "v1.0.0")]));
        assert_eq!(of("two"), HashMap::from([("a", "v1.2.0"), ("b", "v1.10.0"), ("c", "v1.0.0")]));
    }
}
