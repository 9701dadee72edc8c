//! What main modules import of others: where the question starts which packages
//! of a dependency are reached.

use super::files::Place;
use super::load::{Closure, Reached};
use airgo_gomod::gosource::closure::On;
use airgo_gomod::module::has_path_prefix;
use std::collections::BTreeMap;
use std::rc::Rc;

impl Closure {
    /// The packages outside a main module that its packages import, by path, with
    /// those of the standard library; and those that packages of directories
    /// import, which replace modules that it leads to: of all these nobody but
    /// the project has the files.
    #[must_use]
    pub fn imports_of_main(&self, main: &str) -> BTreeMap<Rc<str>, On> {
        let is_own = |reached: &Reached| reached.package.main && reached.package.module.path == main;
        let mut found: BTreeMap<Rc<str>, On> = BTreeMap::new();
        let mut seen: Vec<bool> = self.packages.iter().map(is_own).collect();
        let mut open: Vec<usize> = (0..seen.len()).filter(|at| seen[*at]).collect();
        while let Some(reached) = open.pop().map(|at| &self.packages[at]) {
            let own = is_own(reached);
            // Another main module has its own imports.
            let counts = own || !reached.package.main && matches!(reached.package.place, Place::Directory(_));
            for import in &reached.imports {
                let imported = import.package.map(|at| &self.packages[at]);
                let inside = imported.map_or_else(|| has_path_prefix(&import.path, main), is_own);
                if counts && !inside {
                    let known = found.entry(import.path.clone()).or_default();
                    *known |= import.on;
                }
                if let Some(at) = import.package.filter(|at| !seen[*at]) {
                    seen[at] = true;
                    open.push(at);
                }
            }
        }
        found
    }
}
