//! Chains of imports, as `go mod why` follows them: from what the main modules'
//! packages and their tests import, through the files of the modules that any
//! platform and any build tags but `ignore` build. It also follows the modules'
//! own tests, whose needs no build has; these do not count here.

use super::Steps;
use super::files::Files;
use super::paths::{Brief, Paths};
use airgo_bundle::Manifest;
use airgo_gomod::ModuleVersion;
use airgo_policy::{BundleView, ModuleInfo};
use airgo_resolve::packages::{self, Builds, Carried, Closure, On, Place, Settings};
use std::collections::{HashMap, HashSet};

/// The packages that are reached, and how.
pub struct Imports {
    /// The main modules, then packages.
    names: Vec<String>,
    index: HashMap<String, u32>,
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

impl Imports {
    /// Walks the imports; none where the files are too many, or the bundle is of
    /// several projects that build different versions.
    pub fn read(manifest: &Manifest, view: &dyn BundleView) -> Option<Self> {
        let by_path: HashMap<&str, usize> =
            view.modules().iter().zip(0..).map(|(module, at)| (module.path.as_str(), at)).collect();
        if by_path.len() < view.modules().len()
            || manifest.main_modules.iter().all(|m| m.imports.as_ref().is_none_or(Vec::is_empty))
        {
            return None;
        }
        let closure = follow(manifest, view)?;
        let mains = manifest.main_modules.iter().map(|main| (main.path.clone(), None));
        let reached = closure.packages.iter().map(|reached| &reached.package);
        let reached = reached.map(|p| (p.path.clone(), by_path.get(p.module.path.as_str()).copied()));
        let (names, module): (Vec<String>, Vec<Option<usize>>) = mains.chain(reached).unzip();
        // A main module's path may be a package's too, which is asked for then.
        let index: HashMap<String, u32> = names.iter().cloned().zip(0..).collect();
        let modules: Vec<String> =
            view.modules().iter().map(|m| ModuleVersion::new(&*m.path, &*m.version).to_string()).collect();
        let mut this = Self {
            names,
            index,
            module,
            module_index: modules.iter().cloned().zip(0..).collect(),
            modules,
            paths: Paths::default(),
            nearest: HashMap::new(),
            brief: Brief::default(),
        };
        this.walk(manifest, &closure);
        let module = |node: u32| this.module[node as usize];
        this.brief =
            Brief::of(&this.paths, super::SHOWN.0, |a, b| module(a).is_some() && module(a) == module(b));
        Some(this)
    }

    fn walk(&mut self, manifest: &Manifest, closure: &Closure) {
        let first = manifest.main_modules.len();
        for (node, _) in (0..).zip(&manifest.main_modules) {
            self.paths.reach(node, None);
        }
        self.paths.level();
        for (node, main) in (0..).zip(&manifest.main_modules) {
            // What code imports goes before what tests import.
            let mut imports: Vec<_> = main.imports.iter().flatten().collect();
            imports.sort_by_key(|import| import.test);
            for import in imports {
                let to = self.index.get(&import.path).copied().filter(|to| *to as usize >= first);
                if let Some(to) = to {
                    self.paths.reach(to, Some(node));
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
                let reached = (node as usize).checked_sub(first).and_then(|at| closure.packages.get(at));
                let imported = reached.into_iter().flat_map(|reached| &reached.imports);
                for to in imported.filter_map(|import| u32::try_from(first + import.package?).ok()) {
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

    /// The same to one package.
    pub fn chains_to_package(&self, package: &str, most: usize) -> Vec<Steps> {
        let Some(&node) = self.index.get(package) else { return Vec::new() };
        let name = |node: u32| self.names[node as usize].clone();
        self.paths.to(node, most).into_iter().map(|path| path.into_iter().map(name).collect()).collect()
    }

    /// A shortest chain to a module, told as the modules that it goes through, in
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

/// The packages that the main modules lead to; none beyond the limits.
fn follow(manifest: &Manifest, view: &dyn BundleView) -> Option<Closure> {
    let mains: HashSet<&str> = manifest.main_modules.iter().map(|main| main.path.as_str()).collect();
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
    let modules: Vec<Carried> = view.modules().iter().map(carried).collect();
    let starts = manifest.main_modules.iter().flat_map(|main| main.imports.iter().flatten());
    let starts: Vec<(&str, On)> = starts
        .map(|import| {
            let (builds, tests) = if import.test { (0, 1) } else { (1, 0) };
            (import.path.as_str(), On { builds, tests })
        })
        .collect();
    let settings =
        Settings { builds: Builds::Any, tests: true, embeds: false, sums: None, standard: &|_| None };
    packages::follow(&starts, &modules, &settings, &mut Files::new(view)).ok()
}

fn path_of(module: &str) -> &str {
    module.split_once('@').map_or(module, |(path, _)| path)
}
