//! The packages that imports lead to, followed through the files of modules: the
//! rules of `go list -deps` that airgo and its plugins share.
//!
//! Whoever follows imports says where they begin, gives the [`Files`] of modules
//! and, as a [`Resolver`], which packages an import path names; [`Walk`] does the
//! rest. What a file means depends on the platform, so several are followed at
//! once, each a bit of [`On`].
//!
//! ```
//! use airgo_gosource::closure::{Builds, Files, GoFile, On, Packages, Resolver, Walk, longest};
//! use std::rc::Rc;
//!
//! /// One module, `example.com/a`, with one file in its root.
//! struct One;
//!
//! impl Files for One {
//!     type Module = ();
//!     type Error = ();
//!     fn directory(&mut self, (): &(), dir: &str) -> Result<Vec<(String, u64)>, ()> {
//!         Ok(if dir.is_empty() { vec![("a.go".to_owned(), 30)] } else { Vec::new() })
//!     }
//!     fn read(&mut self, (): &(), _: &str, _: u64) -> Result<Vec<u8>, ()> {
//!         Ok(b"package a\nimport \"os\"\nvar x = 1".to_vec())
//!     }
//! }
//!
//! /// A package is its path, and its directory where it is of the module.
//! struct Paths;
//! type Package = (String, Option<String>);
//!
//! impl Resolver<One> for Paths {
//!     type Package = Package;
//!     type Found = Rc<Package>;
//!     fn find(&mut self, packages: &mut Packages<'_, One>, path: &str) -> Result<Rc<Package>, ()> {
//!         let dirs = longest(path, |module, dir| {
//!             let has = module == "example.com/a" && packages.has_package(&(), dir)?;
//!             Ok(has.then(|| dir.to_owned()).into_iter().collect())
//!         })?;
//!         Ok(Rc::new((path.to_owned(), dirs.into_iter().next())))
//!     }
//!     fn imported(
//!         &mut self,
//!         _: Option<(&Package, &GoFile)>,
//!         _: &str,
//!         found: &Rc<Package>,
//!         _: On,
//!         reach: &mut dyn FnMut(&Rc<Package>),
//!     ) {
//!         reach(found);
//!     }
//!     fn place<'p>(&self, package: &'p Package) -> Option<(&'p (), &'p str)> {
//!         package.1.as_ref().map(|dir| (&(), dir.as_str()))
//!     }
//! }
//!
//! let mut walk = Walk::new(One, Builds::Any, Paths);
//! walk.import(None, "example.com/a", On::everywhere(Builds::Any))?;
//! walk.follow()?;
//! let mut paths: Vec<_> = walk.reached.into_keys().map(|package| package.0.clone()).collect();
//! paths.sort();
//! assert_eq!(paths, ["example.com/a", "os"]);
//! # Ok::<(), ()>(())
//! ```

mod builds;
mod package;
mod walk;

pub use builds::{Builds, On};
pub use package::{Files, GoFile, Packages};
pub use walk::{Needed, Resolver, Walk};

/// A path and those above it: `a/b/c`, `a/b`, `a`.
pub fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(above, _)| above))
}

/// A name in a directory; the empty one is the root.
#[must_use]
pub fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

/// The directory of a package in a module, by the paths of both.
#[must_use]
pub fn directory_in<'p>(package: &'p str, module: &str) -> &'p str {
    package.get(module.len()..).unwrap_or_default().trim_start_matches('/')
}

/// What the modules with the longest path have of a package (cmd/go
/// modload/import.go): `of` is given the path of a module, which may exist, and
/// the package's directory in it.
///
/// # Errors
/// The first of `of`.
pub fn longest<'p, T, E>(
    package: &'p str,
    mut of: impl FnMut(&'p str, &'p str) -> Result<Vec<T>, E>,
) -> Result<Vec<T>, E> {
    for module in ancestors(package) {
        let found = of(module, directory_in(package, module))?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}
