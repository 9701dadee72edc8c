//! The walk along imports, until no platform is added to any package (cmd/go
//! modload/load.go).

use super::builds::{Builds, On};
use super::package::{Files, GoFile, Packages};
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

/// A package, and what is new of what it is needed for.
pub type Needed<P> = (Rc<P>, On);

/// Says which packages import paths lead to.
pub trait Resolver<F: Files> {
    /// A package that imports lead to.
    type Package: Eq + Hash;
    /// What is known of an import path.
    type Found;

    /// Looks an import path up; asked once for each.
    ///
    /// # Errors
    /// What [`Files`] gives.
    fn find(&mut self, packages: &mut Packages<'_, F>, path: &str) -> Result<Self::Found, F::Error>;

    /// Gives the packages of those found that a file may import to `reach`; `from`
    /// is none where the walk begins.
    fn imported(
        &mut self,
        from: Option<(&Self::Package, &GoFile)>,
        path: &str,
        found: &Self::Found,
        on: On,
        reach: &mut dyn FnMut(&Rc<Self::Package>),
    );

    /// The module and directory of a package; none where nobody has its files.
    fn place<'p>(&self, package: &'p Self::Package) -> Option<(&'p F::Module, &'p str)>;

    /// Takes what is read next from the packages that wait. The last one, whose
    /// importer was read just now, is often of the same module: whoever reads zips
    /// keeps few of them open.
    fn take(&self, waiting: &mut Vec<Needed<Self::Package>>) -> Vec<Needed<Self::Package>> {
        waiting.pop().into_iter().collect()
    }

    /// Whether the tests of a package are followed.
    fn is_tested(&self, package: &Self::Package) -> bool {
        let _ = package;
        false
    }
}

/// Follows imports from where it is told to begin.
pub struct Walk<'a, F: Files, R: Resolver<F>> {
    /// Reads packages.
    pub packages: Packages<'a, F>,
    /// Looks packages up.
    pub resolver: R,
    /// All packages so far, and for what each is needed.
    pub reached: HashMap<Rc<R::Package>, On>,
    lookups: HashMap<Rc<str>, Rc<R::Found>>,
    next: Vec<Needed<R::Package>>,
}

impl<'a, F: Files, R: Resolver<F>> Walk<'a, F, R> {
    /// One that nothing is reached by yet.
    pub fn new(files: F, builds: Builds<'a>, resolver: R) -> Self {
        Self {
            packages: Packages::new(files, builds),
            resolver,
            reached: HashMap::new(),
            lookups: HashMap::new(),
            next: Vec::new(),
        }
    }

    /// What an import path leads to.
    ///
    /// # Errors
    /// What [`Files`] gives.
    pub fn lookup(&mut self, path: &str) -> Result<Rc<R::Found>, F::Error> {
        if let Some(known) = self.lookups.get(path) {
            return Ok(known.clone());
        }
        let found = Rc::new(self.resolver.find(&mut self.packages, path)?);
        self.lookups.insert(Rc::from(path), found.clone());
        Ok(found)
    }

    /// Adds a package.
    pub fn reach(&mut self, package: &Rc<R::Package>, on: On) {
        add(&mut self.reached, &mut self.next, package, on);
    }

    /// Goes from a file of a package, or from the start, to what it imports.
    ///
    /// # Errors
    /// What [`Files`] gives.
    pub fn import(
        &mut self,
        from: Option<(&R::Package, &GoFile)>,
        path: &str,
        on: On,
    ) -> Result<(), F::Error> {
        let found = self.lookup(path)?;
        let (reached, next) = (&mut self.reached, &mut self.next);
        let reach = &mut |package: &Rc<R::Package>| add(reached, next, package, on);
        self.resolver.imported(from, path, &found, on, reach);
        Ok(())
    }

    /// Walks until there is nothing new.
    ///
    /// # Errors
    /// What [`Files`] gives.
    pub fn follow(&mut self) -> Result<(), F::Error> {
        while !self.next.is_empty() {
            for (package, on) in self.resolver.take(&mut self.next) {
                let Some((module, dir)) = self.resolver.place(&package) else { continue };
                let files = self.packages.package(module, dir)?;
                for (file, on) in self.files_of(&package, &files, on) {
                    for import in &file.imports {
                        self.import(Some((&package, file)), import, on)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The files of a package that are read where it is needed, and where each is.
    pub fn files_of<'f>(&self, package: &R::Package, files: &'f [GoFile], on: On) -> Vec<(&'f GoFile, On)> {
        let tested = self.resolver.is_tested(package);
        let files = files.iter().filter(|file| !file.is_test || tested);
        let files = files.map(|file| (file, on.of_file(file.built, file.is_test)));
        files.filter(|(_, on)| !on.is_none()).collect()
    }
}

fn add<P: Eq + Hash>(reached: &mut HashMap<Rc<P>, On>, next: &mut Vec<(Rc<P>, On)>, package: &Rc<P>, on: On) {
    let known = reached.entry(package.clone()).or_default();
    let new = on.without(*known);
    if !new.is_none() {
        *known |= new;
        next.push((package.clone(), new));
    }
}
