//! The files below vendor/ (cmd/go modcmd/vendor.go, vendorPkg, copyMetadata and
//! copyDir).

use crate::Project;
use crate::packages::copied::{self, GoFile};
use crate::packages::{Closure, Entry, EntryKind, ModuleFiles, Package, Place, embed};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::closure::join;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use thiserror::Error;

/// Where a file of a vendor directory comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The module that has it, under its own name also where it is replaced.
    pub module: ModuleVersion,
    /// Where the module's files are.
    pub place: Place,
    /// Its path below the module's root.
    pub file: String,
    /// Bytes.
    pub size: u64,
}

/// Why go does not vendor.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VendorFault {
    /// A pattern of `//go:embed` that names nothing, or nothing that may be embedded.
    #[error("resolving embeds in {package}: pattern {pattern}: {problem}")]
    Embed {
        /// The package.
        package: String,
        /// The pattern, as written.
        pattern: String,
        /// Why, in go's words.
        problem: String,
    },
    /// A Go file that cannot be read.
    #[error("failed to find embedded files of {package}: {file}: {problem}")]
    Source {
        /// The package.
        package: String,
        /// The file in its directory.
        file: String,
        /// Why.
        problem: String,
    },
    /// A package of which all files are tagged `ignore`.
    #[error("no Go source files in {package} of {module}")]
    NoGoFiles {
        /// The package.
        package: String,
        /// The module.
        module: ModuleVersion,
    },
    /// Paths of modules that differ in the case of letters alone.
    #[error("case-insensitive import collision: {0:?} and {1:?}")]
    Collision(String, String),
    /// A directory below vendor/ replaces a module.
    #[error("replacement path {0} inside vendor directory")]
    Inside(String),
}

/// What is copied, and why go does not do it.
pub(super) struct Copies {
    pub files: BTreeMap<String, Copied>,
    pub faults: Vec<VendorFault>,
}

/// Copies all packages that are not the main modules', in go's order: where two
/// have the same path, the last one stays.
pub(super) fn copy<F: ModuleFiles>(
    project: &Project,
    closure: &Closure,
    files: &mut F,
) -> Result<Copies, F::Error> {
    let others = closure.packages.iter().map(|reached| &*reached.package).filter(|package| !package.main);
    let mut packages: Vec<&Package> = others.collect();
    packages.sort_by(|a, b| (&a.module.path, &a.path).cmp(&(&b.module.path, &b.path)));
    let mut tree = Tree {
        files,
        go: project.go_version(),
        copied: BTreeMap::new(),
        seen: HashSet::new(),
        faults: Vec::new(),
    };
    let mut folded: HashMap<String, &str> = HashMap::new();
    for package in &packages {
        let path = package.module.path.as_str();
        let first = folded.entry(path.to_lowercase()).or_insert(path);
        if *first != path {
            let collision = VendorFault::Collision(path.to_owned(), (*first).to_owned());
            if !tree.faults.contains(&collision) {
                tree.faults.push(collision);
            }
        }
    }
    for package in packages {
        tree.package(package)?;
    }
    Ok(Copies { files: tree.copied, faults: tree.faults })
}

struct Tree<'a, F> {
    files: &'a mut F,
    go: &'a str,
    copied: BTreeMap<String, Copied>,
    /// Directories whose metadata was copied, by module.
    seen: HashSet<(String, String)>,
    faults: Vec<VendorFault>,
}

impl<F: ModuleFiles> Tree<'_, F> {
    fn package(&mut self, package: &Package) -> Result<(), F::Error> {
        let entries = self.files.directory(&package.place, &package.dir)?;
        let go_files = copied::go_files(self.files, package, &entries, self.go)?;
        let ignored: HashSet<&str> =
            go_files.iter().filter(|file| file.ignored).map(|file| file.name.as_str()).collect();
        let mut names = BTreeSet::new();
        for entry in &entries {
            let name = entry.name.as_str();
            if copied::is_copied(name, self.go) && !ignored.contains(name) && self.add(package, "", entry) {
                names.insert(name.to_owned());
            }
        }
        if !has_go_files(&entries, &ignored) {
            let (package, module) = (package.path.clone(), package.module.clone());
            self.faults.push(VendorFault::NoGoFiles { package, module });
        }
        self.metadata(package)?;
        self.embeds(package, &go_files, &names)
    }

    /// The files of directories above a package that say who may use it.
    fn metadata(&mut self, package: &Package) -> Result<(), F::Error> {
        let (module, mut dir) = (&package.module.path, package.dir.as_str());
        for parent in 0.. {
            if !self.seen.insert((module.clone(), dir.to_owned())) {
                break;
            }
            if parent > 0 {
                for entry in self.files.directory(&package.place, dir)? {
                    if copied::is_metadata(&entry.name) {
                        let above = Package { dir: dir.to_owned(), ..package.clone() };
                        self.add(&above, "", &entry);
                    }
                }
            }
            if dir.is_empty() {
                break;
            }
            dir = dir.rsplit_once('/').map_or("", |(above, _)| above);
        }
        Ok(())
    }

    fn embeds(
        &mut self,
        package: &Package,
        go_files: &[GoFile],
        copied: &BTreeSet<String>,
    ) -> Result<(), F::Error> {
        for file in go_files {
            if let Some(problem) = &file.refused {
                self.faults.push(VendorFault::Source {
                    package: package.path.clone(),
                    file: file.name.clone(),
                    problem: problem.to_string(),
                });
            }
        }
        let patterns: BTreeSet<&String> = go_files.iter().flat_map(|file| &file.patterns).collect();
        for pattern in patterns {
            match embed::resolve(self.files, &package.place, &package.dir, pattern)? {
                Ok(names) => {
                    for name in names {
                        let below = &name[package.dir.len()..];
                        let below = below.trim_start_matches('/');
                        if !copied.contains(below) {
                            self.embedded(package, below)?;
                        }
                    }
                }
                Err(problem) => self.faults.push(VendorFault::Embed {
                    package: package.path.clone(),
                    pattern: pattern.clone(),
                    problem,
                }),
            }
        }
        Ok(())
    }

    fn embedded(&mut self, package: &Package, file: &str) -> Result<(), F::Error> {
        let (below, name) = file.rsplit_once('/').unwrap_or(("", file));
        let dir = if below.is_empty() { package.dir.clone() } else { join(&package.dir, below) };
        let entries = self.files.directory(&package.place, &dir)?;
        if let Some(entry) = entries.iter().find(|entry| entry.name == name) {
            self.add(package, below, entry);
        }
        Ok(())
    }

    /// Adds a file of a directory below a package's, where it is a regular one.
    fn add(&mut self, package: &Package, below: &str, entry: &Entry) -> bool {
        let EntryKind::File(size) = entry.kind else { return false };
        let name = join(below, &entry.name);
        let file = join(&package.dir, &name);
        let copied =
            Copied { module: package.module.clone(), place: package.place.clone(), file: file.clone(), size };
        self.copied.insert(join(&package.module.path, &file), copied);
        true
    }
}

/// Whether some tags build a file there, tests included.
fn has_go_files(entries: &[Entry], ignored: &HashSet<&str>) -> bool {
    entries.iter().any(|entry| {
        let name = entry.name.as_str();
        let regular = matches!(entry.kind, EntryKind::File(_) | EntryKind::LinkedFile(_));
        regular && name.ends_with(".go") && !airgo_gomod::gosource::is_hidden(name) && !ignored.contains(name)
    })
}
