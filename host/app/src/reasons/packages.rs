//! Chains of imports, as `go mod why` follows them: from what the main modules'
//! packages and their tests import, through the files of the modules that any
//! platform and any build tags but `ignore` build. It also follows the modules'
//! own tests, which no build needs; these are left out here.

use super::Steps;
use super::files::Files;
use super::paths::{Brief, Paths};
use super::versions::{self, Project};
use airgo_bundle::Manifest;
use airgo_gomod::ModuleVersion;
use airgo_policy::{BundleView, ModuleInfo};
use airgo_resolve::packages::{self, Builds, Carried, Closure, On, Place, Settings};
use std::collections::{HashMap, HashSet};

/// The packages that are reached, and how.
pub struct Imports {
    /// The main modules, then the packages of one project after the other.
    names: Vec<String>,
    index: HashMap<String, Vec<u32>>,
    /// For each name the module, as an index into `modules`.
    module: Vec<Option<usize>>,
    /// `path@version`.
    modules: Vec<String>,
    module_index: HashMap<String, usize>,
    paths: Paths,
    /// For each module its packages on the lowest level.
    nearest: HashMap<usize, Vec<u32>>,
    brief: Brief,
}

/// What a project's main modules lead to.
struct Reached {
    /// Which main modules those are.
    mains: Vec<usize>,
    closure: Closure,
    /// The node of the first package.
    first: usize,
    /// The nodes by the packages' paths.
    index: HashMap<String, u32>,
}

impl Imports {
    /// Walks the imports; none where the files are too many, or projects replace a
    /// module in different ways. Where projects build
    /// different versions of a module, each is walked by its own.
    pub fn read(manifest: &Manifest, view: &dyn BundleView) -> Option<Self> {
        if manifest.main_modules.iter().all(|m| m.imports.as_ref().is_none_or(Vec::is_empty)) {
            return None;
        }
        let modules: Vec<String> =
            view.modules().iter().map(|m| ModuleVersion::new(&*m.path, &*m.version).to_string()).collect();
        let mut this = Self {
            names: manifest.main_modules.iter().map(|main| main.path.clone()).collect(),
            index: HashMap::new(),
            module: vec![None; manifest.main_modules.len()],
            module_index: modules.iter().cloned().zip(0..).collect(),
            modules,
            paths: Paths::default(),
            nearest: HashMap::new(),
            brief: Brief::default(),
        };
        let mut files = Files::new(view);
        let mut all = Vec::new();
        for Project { mains, modules } in versions::projects(manifest, view) {
            let closure = follow(manifest, view, &mains, &modules, &mut files)?;
            let by_path: HashMap<&str, usize> =
                modules.iter().filter_map(|at| Some((view.modules().get(*at)?.path.as_str(), *at))).collect();
            if by_path.len() < modules.len() {
                // One version with two replacements: whose is which is not recorded.
                return None;
            }
            let first = this.names.len();
            let mut index = HashMap::new();
            for (node, reached) in (first..).zip(&closure.packages) {
                let (package, node) = (&reached.package, u32::try_from(node).ok()?);
                this.names.push(package.path.clone());
                this.module.push(by_path.get(package.module.path.as_str()).copied());
                this.index.entry(package.path.clone()).or_default().push(node);
                index.insert(package.path.clone(), node);
            }
            all.push(Reached { mains, closure, first, index });
        }
        this.walk(manifest, &all);
        let module = |node: u32| this.module[node as usize];
        this.brief =
            Brief::of(&this.paths, super::SHOWN.0, |a, b| module(a).is_some() && module(a) == module(b));
        Some(this)
    }

    fn walk(&mut self, manifest: &Manifest, all: &[Reached]) {
        for (node, _) in (0..).zip(&manifest.main_modules) {
            self.paths.reach(node, None);
        }
        self.paths.level();
        for project in all {
            for &at in &project.mains {
                let Some((main, node)) = manifest.main_modules.get(at).zip(u32::try_from(at).ok()) else {
                    continue;
                };
                // What code imports goes before what tests import.
                let mut imports: Vec<_> = main.imports.iter().flatten().collect();
                imports.sort_by_key(|import| import.test);
                for import in imports {
                    if let Some(&to) = project.index.get(&import.path) {
                        self.paths.reach(to, Some(node));
                    }
                }
            }
        }
        loop {
            let mut level = self.paths.level();
            if level.is_empty() {
                break;
            }
            level.sort_by_key(|node| self.module[*node as usize]);
            for node in level {
                self.note_nearest(node);
                let at = node as usize;
                let Some(project) = all.iter().rfind(|project| project.first <= at) else { continue };
                let reached = project.closure.packages.get(at - project.first);
                let imported = reached.into_iter().flat_map(|reached| &reached.imports);
                for to in imported.filter_map(|import| u32::try_from(project.first + import.package?).ok()) {
                    self.paths.reach(to, Some(node));
                }
            }
        }
    }

    /// Up to `most` shortest chains to a module's nearest packages.
    pub fn chains(&self, module: &str, most: usize) -> Vec<Steps> {
        let Some(nearest) = self.nearest_of(module) else { return Vec::new() };
        let paths = nearest.iter().flat_map(|node| self.paths.to(*node, most)).take(most);
        paths.map(|path| path.into_iter().map(|node| self.names[node as usize].clone()).collect()).collect()
    }

    /// The same to one package of it.
    pub fn chains_to_package(&self, module: &str, package: &str, most: usize) -> Vec<Steps> {
        let module = self.module_index.get(module).copied();
        let nodes = self.index.get(package).into_iter().flatten();
        let mut nodes: Vec<u32> =
            nodes.copied().filter(|node| self.module[*node as usize] == module).collect();
        // Of several projects the shortest chains.
        nodes.retain(|node| self.paths.depth(*node).is_some());
        let depth = nodes.iter().filter_map(|node| self.paths.depth(*node)).min();
        nodes.retain(|node| self.paths.depth(*node) == depth);
        let paths = nodes.into_iter().flat_map(|node| self.paths.to(node, most)).take(most);
        paths.map(|path| path.into_iter().map(|node| self.names[node as usize].clone()).collect()).collect()
    }

    /// A shortest chain to a module, as the modules that it goes through, in
    /// a length that can be shown.
    pub fn brief(&self, module: &str) -> Option<Steps> {
        super::steps_to(&self.brief, *self.nearest_of(module)?.first()?, |node| {
            match self.module[node as usize] {
                Some(module) => &self.modules[module],
                None => &self.names[node as usize],
            }
        })
    }

    fn nearest_of(&self, module: &str) -> Option<&Vec<u32>> {
        self.nearest.get(self.module_index.get(module)?)
    }

    fn note_nearest(&mut self, node: u32) {
        let Some(module) = self.module[node as usize] else { return };
        let depth = self.paths.depth(node);
        let nearest = self.nearest.entry(module).or_default();
        if nearest.first().is_none_or(|first| self.paths.depth(*first) == depth) {
            nearest.push(node);
        }
    }
}

/// The packages that these main modules lead to in these modules; none beyond
/// the limits.
fn follow(
    manifest: &Manifest,
    view: &dyn BundleView,
    mains: &[usize],
    modules: &[usize],
    files: &mut Files<'_>,
) -> Option<Closure> {
    let main_modules: Vec<_> = mains.iter().filter_map(|at| manifest.main_modules.get(*at)).collect();
    let mains: HashSet<&str> = main_modules.iter().map(|main| main.path.as_str()).collect();
    let of_mains = manifest.graph.iter().filter(|node| mains.contains(node.module.as_str()));
    let required: HashSet<&str> = of_mains.flat_map(|node| &node.requires).map(|m| path_of(m)).collect();
    let carried = |module: &ModuleInfo| Carried {
        module: ModuleVersion::new(&*module.path, &*module.version),
        place: match &module.replaced_by {
            Some(by) if by.version.is_empty() => Place::Directory(by.path.clone()),
            _ => Place::Zip(ModuleVersion::new(&*module.path, &*module.version)),
        },
        listed: required.contains(module.path.as_str()),
    };
    let modules: Vec<Carried> =
        modules.iter().filter_map(|at| view.modules().get(*at)).map(carried).collect();
    let starts = main_modules.iter().flat_map(|main| main.imports.iter().flatten());
    let starts: Vec<(&str, On)> = starts
        .map(|import| {
            let (builds, tests) = if import.test { (0, 1) } else { (1, 0) };
            (import.path.as_str(), On { builds, tests })
        })
        .collect();
    let settings =
        Settings { builds: Builds::Any, tests: true, embeds: false, sums: None, standard: &|_| None };
    packages::follow(&starts, &modules, &settings, files).ok()
}

fn path_of(module: &str) -> &str {
    module.split_once('@').map_or(module, |(path, _)| path)
}
