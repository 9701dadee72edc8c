//! The packages that a bundle's main modules lead to, without their sources: from
//! what they are known to import through the modules that the bundle carries.

use super::fault::Fault;
use super::files::{ModuleFiles, Packages, Place};
use super::load::{Closure, Package, Providers, Settings, Walk};
use super::lookup::{Lookup, internal};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::closure::{On, longest};
use std::collections::HashMap;
use std::rc::Rc;

/// A module of the build list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The module, under its own name also where it is replaced.
    pub module: ModuleVersion,
    /// Where its files are. Those of a directory need not be at hand: its packages
    /// are taken for granted, and what they import belongs to the starts.
    pub place: Place,
    /// Whether a main module's go.mod lists it: go looks there first.
    pub listed: bool,
}

/// Follows imports from the starts, given by path; without
/// [`tests`](Settings::tests) those that only tests need are left out. That is
/// `go list -deps -test ./...` less the main modules' own packages, where the
/// starts are what [`Closure::imports_of_main`] says. Where several versions of
/// a module are carried, a package is that of each.
///
/// # Errors
/// What `files` gives. What go would refuse is a [`super::Problem`].
pub fn follow<F: ModuleFiles>(
    starts: &[(&str, On)],
    modules: &[Carried],
    settings: &Settings<'_>,
    files: &mut F,
) -> Result<Closure, F::Error> {
    let mut by_path: HashMap<&str, Vec<&Carried>> = HashMap::new();
    for module in modules {
        by_path.entry(&module.module.path).or_default().push(module);
    }
    let bundle = Bundle { by_path, standard: settings.standard };
    let mut walk = Walk::new(settings, files, bundle);
    for (path, on) in starts {
        let on = if settings.tests { *on } else { On { tests: 0, ..*on } };
        if !on.is_none() {
            walk.steps.import(None, path, on)?;
        }
    }
    walk.steps.follow()?;
    walk.finish()
}

struct Bundle<'a> {
    by_path: HashMap<&'a str, Vec<&'a Carried>>,
    standard: &'a dyn Fn(&str) -> Option<bool>,
}

impl Providers for Bundle<'_> {
    fn find<F: ModuleFiles>(
        &mut self,
        packages: &mut Packages<'_, '_, F>,
        path: &str,
    ) -> Result<Lookup, F::Error> {
        let dotted = path.split('/').next().is_some_and(|first| first.contains('.'));
        let standard = if dotted { Some(false) } else { (self.standard)(path) };
        if standard == Some(true) {
            return Ok(Lookup::Standard);
        }
        let mut any = false;
        for listed in [true, false] {
            let found = longest(path, |prefix, dir| {
                let mut found = Vec::new();
                let candidates = self.by_path.get(prefix).into_iter().flatten();
                for carried in candidates.filter(|carried| carried.listed == listed) {
                    any = true;
                    if !packages.files.files.has(&carried.place)
                        || packages.has_package(&carried.place, dir)?
                    {
                        let (module, place) = (carried.module.clone(), carried.place.clone());
                        let (path, dir) = (path.to_owned(), dir.to_owned());
                        found.push(Rc::new(Package { path, module, main: false, place, dir }));
                    }
                }
                Ok(found)
            })?;
            if !found.is_empty() {
                return Ok(Lookup::Packages(found));
            }
        }
        let unknown = !any && !dotted && standard.is_none();
        Ok(if unknown { Lookup::Standard } else { Lookup::Fault(Fault::Missing) })
    }

    fn refused(&self, importer: &Package, imported: &Package) -> Option<Fault> {
        internal(importer, imported)
    }
}
