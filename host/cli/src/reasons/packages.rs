//! Chains of imports, as `go mod why` follows them: from what the main modules'
//! packages and their tests import, through the files of the modules that any
//! platform and any build tags but `ignore` build. It also follows the modules'
//! own tests, whose needs no build has; these do not count here.

use super::Steps;
use super::paths::{Brief, Paths};
use airgo_bundle::Manifest;
use airgo_gomod::gosource::{Source, Truth, read};
use airgo_policy::BundleView;
use std::collections::{BTreeMap, HashMap};

/// Limits of the walk. Beyond them requirements have to do: it is a help for
/// people, and a bundle may be made to be slow.
const MAX_PACKAGES: usize = 60_000;
const MAX_FILES: usize = 1_000_000;
const MAX_BYTES: u64 = 512 << 20;
/// How much of a file is read for its imports, at first and at most.
const HEAD: u32 = 32 << 10;
const MAX_HEAD: u32 = 1 << 20;

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

/// The Go files of a module by directory.
type Files = BTreeMap<String, Vec<String>>;

struct Reader<'a> {
    view: &'a dyn BundleView,
    by_path: HashMap<&'a str, usize>,
    files: HashMap<usize, Option<Files>>,
    listed: usize,
    bytes: u64,
}

impl Imports {
    /// Walks the imports; none where the files are too many or cannot be read,
    /// or the bundle is of several projects that build different versions.
    pub fn read(manifest: &Manifest, view: &dyn BundleView) -> Option<Self> {
        let modules = view.modules();
        let by_path: HashMap<&str, usize> =
            modules.iter().enumerate().map(|(at, module)| (module.path.as_str(), at)).collect();
        if by_path.len() < modules.len()
            || manifest.main_modules.iter().all(|m| m.imports.as_ref().is_none_or(Vec::is_empty))
        {
            return None;
        }
        let mut reader = Reader { view, by_path, files: HashMap::new(), listed: 0, bytes: 0 };
        let names: Vec<String> = modules.iter().map(|m| format!("{}@{}", m.path, m.version)).collect();
        let mut this = Self {
            names: Vec::new(),
            index: HashMap::new(),
            module: Vec::new(),
            module_index: names.iter().cloned().zip(0..).collect(),
            modules: names,
            paths: Paths::default(),
            nearest: HashMap::new(),
            brief: Brief::default(),
        };
        for main in &manifest.main_modules {
            let node = this.node(&main.path, None);
            this.paths.reach(node, None);
        }
        // They import what the manifest says.
        this.paths.level();
        for main in &manifest.main_modules {
            let node = this.node(&main.path, None);
            // What code imports goes before what tests import.
            let mut imports: Vec<_> = main.imports.iter().flatten().collect();
            imports.sort_by_key(|import| import.test);
            for import in imports {
                this.reach(&mut reader, &import.path, node)?;
            }
        }
        loop {
            let mut level = this.paths.level();
            if level.is_empty() {
                break;
            }
            // A module after the other, since the view keeps few of them open;
            // the order within the level stays that of arrival for each.
            level.sort_by_key(|node| this.module[*node as usize]);
            for node in level {
                let Some(module) = this.module[node as usize] else { continue };
                this.nearest.entry(module).or_default();
                this.note_nearest(module, node);
                let name = this.names[node as usize].clone();
                for import in reader.imports(module, &name)? {
                    this.reach(&mut reader, &import, node)?;
                }
            }
        }
        let module = |node: u32| this.module[node as usize];
        this.brief =
            Brief::of(&this.paths, super::SHOWN.0, |a, b| module(a).is_some() && module(a) == module(b));
        Some(this)
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
        super::told(&self.brief, *self.nearest_of(module)?.first()?, |node| {
            match self.module[node as usize] {
                Some(module) => &self.modules[module],
                None => &self.names[node as usize],
            }
        })
    }

    fn nearest_of(&self, module: &str) -> Option<&Vec<u32>> {
        self.nearest.get(self.module_index.get(module)?)
    }

    fn note_nearest(&mut self, module: usize, node: u32) {
        let depth = self.paths.depth(node);
        let nearest = self.nearest.entry(module).or_default();
        if nearest.first().is_none_or(|first| self.paths.depth(*first) == depth) {
            nearest.push(node);
        }
    }

    fn node(&mut self, name: &str, module: Option<usize>) -> u32 {
        if let Some(&known) = self.index.get(name) {
            return known;
        }
        let node = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.module.push(module);
        self.index.insert(name.to_owned(), node);
        node
    }

    /// None where there are too many packages.
    fn reach(&mut self, reader: &mut Reader<'_>, import: &str, from: u32) -> Option<()> {
        let known = self.index.get(import).copied();
        let node = match known {
            Some(node) => node,
            None => {
                let Some(module) = reader.module_of(import)? else { return Some(()) };
                self.node(import, Some(module))
            }
        };
        self.paths.reach(node, Some(from));
        (self.names.len() <= MAX_PACKAGES).then_some(())
    }
}

impl Reader<'_> {
    /// The module that has this package: the one of the longest path with Go
    /// files in the directory. None beyond the limits.
    #[allow(clippy::option_option)]
    fn module_of(&mut self, import: &str) -> Option<Option<usize>> {
        let mut path = import;
        loop {
            if let Some(&module) = self.by_path.get(path) {
                let dir = import[path.len()..].trim_start_matches('/');
                // What stands in a directory of the project has no files here.
                if self.files(module)?.as_ref().is_none_or(|files| files.contains_key(dir)) {
                    return Some(Some(module));
                }
            }
            match path.rsplit_once('/') {
                Some((above, _)) => path = above,
                None => return Some(None),
            }
        }
    }

    fn files(&mut self, module: usize) -> Option<&Option<Files>> {
        if !self.files.contains_key(&module) {
            let listed = self.view.list_files(module).ok();
            self.listed += listed.as_ref().map_or(0, Vec::len);
            let files = listed.map(|list| {
                let mut files = Files::new();
                for file in list {
                    let (dir, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
                    if name.ends_with(".go") && !name.ends_with("_test.go") && !name.starts_with(['_', '.']) {
                        files.entry(dir.to_owned()).or_default().push(name.to_owned());
                    }
                }
                files
            });
            self.files.insert(module, files);
        }
        if self.listed > MAX_FILES { None } else { self.files.get(&module) }
    }

    /// What a package imports, each once; none beyond the limits.
    fn imports(&mut self, module: usize, package: &str) -> Option<Vec<String>> {
        let view = self.view;
        let path = view.modules().get(module).map(|m| m.path.len()).unwrap_or_default();
        let dir = package.get(path..).unwrap_or_default().trim_start_matches('/').to_owned();
        let names =
            self.files(module)?.as_ref().and_then(|files| files.get(&dir)).cloned().unwrap_or_default();
        let mut imports: Vec<String> = Vec::new();
        for name in names {
            let file = if dir.is_empty() { name.clone() } else { format!("{dir}/{name}") };
            let Some(header) = self.header(module, &file) else { continue };
            if self.bytes > MAX_BYTES {
                return None;
            }
            if may_be_built(&header) {
                imports.extend(header.imports.into_iter().map(|i| i.path).filter(|path| path != "C"));
            }
        }
        imports.sort();
        imports.dedup();
        Some(imports)
    }

    fn header(&mut self, module: usize, file: &str) -> Option<Source> {
        let mut most = HEAD;
        loop {
            let bytes = self.view.read(module, file, 0, most).ok()?;
            self.bytes += bytes.len() as u64;
            let whole = bytes.len() < most as usize;
            let source = read(&bytes);
            if source.complete || whole || most == MAX_HEAD {
                return source.error.is_none().then_some(source);
            }
            most = MAX_HEAD;
        }
    }
}

/// With some tags and on some platform (cmd/go imports.AnyTags).
fn may_be_built(source: &Source) -> bool {
    let tag = |tag: &str| if tag == "ignore" { Truth::No } else { Truth::Maybe };
    source.evaluate(&tag) != Truth::No
}
