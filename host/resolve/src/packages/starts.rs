//! Where loading begins: `./...`, the tools of go.mod, packages by pattern (cmd/go
//! modload/load.go, LoadPackages, and modload/search.go, matchPackages).

use super::files::{ModuleFiles, Place};
use super::load::{Package, Providers, Walk};
use super::lookup::{self, Lookup, Modules};
use super::matching;
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::closure::{On, join};
use std::rc::Rc;

/// The packages that loading begins with.
#[derive(Clone, Copy, Debug)]
pub struct Starts<'a> {
    /// `./...` in each main module.
    pub project: bool,
    /// The packages that `tool` lines name, which `go tool` builds.
    pub tools: bool,
    /// Import paths, with `...` for any text.
    pub patterns: &'a [String],
}

impl Default for Starts<'_> {
    /// `./...` alone.
    fn default() -> Self {
        Self { project: true, tools: false, patterns: &[] }
    }
}

impl Starts<'_> {
    /// Adds the packages to a walk.
    pub(super) fn reach<F: ModuleFiles>(&self, walk: &mut Walk<'_, F, Modules<'_>>) -> Result<(), F::Error> {
        let on = On::everywhere(walk.settings.builds);
        if self.project {
            walk.reach_matching(&|_| true, &|_, main| main)?;
        }
        for pattern in self.patterns {
            if pattern.contains("...") {
                let fixed = pattern.split("...").next().unwrap_or_default();
                let above = fixed.trim_end_matches('/');
                let fits = |module: &str, _| module.starts_with(above) || fixed.starts_with(module);
                walk.reach_matching(&|path| matches_pattern(pattern, path), &fits)?;
            } else {
                walk.reach_path(pattern, on)?;
            }
        }
        if self.tools {
            let mains = &walk.steps.resolver.providers.project.mains;
            let tools: Vec<String> =
                mains.iter().flat_map(|main| &main.modfile.tool).map(|tool| tool.path.clone()).collect();
            for tool in tools {
                walk.steps.import(None, &tool, on)?;
            }
        }
        Ok(())
    }
}

impl<F: ModuleFiles> Walk<'_, F, Modules<'_>> {
    /// One package, with its tests where it is the project's own.
    fn reach_path(&mut self, path: &str, on: On) -> Result<(), F::Error> {
        if let Lookup::Packages(found) = &*self.steps.lookup(path)? {
            let own = found.iter().filter(|package| package.main && self.settings.tests);
            self.steps.resolver.tested.extend(own.cloned());
        }
        self.steps.import(None, path, on)
    }

    /// All packages of modules that match. Where no file is built, a pattern
    /// passes the directory over.
    fn reach_matching(
        &mut self,
        matches: &dyn Fn(&str) -> bool,
        of: &dyn Fn(&str, bool) -> bool,
    ) -> Result<(), F::Error> {
        for (module, main, place) in self.steps.resolver.providers.all() {
            if !of(&module.path, main) || !self.steps.packages.files.files.has(&place) {
                continue;
            }
            if !main {
                self.steps.resolver.providers.open(&place);
            }
            let ignored = match main {
                true => lookup::ignored(self.steps.resolver.providers.project, &module.path),
                false => Vec::new(),
            };
            self.reach_module((module, main, place), &ignored, matches)?;
        }
        Ok(())
    }
}

impl<F: ModuleFiles, P: Providers> Walk<'_, F, P> {
    /// All packages of a module that match.
    pub(crate) fn reach_module(
        &mut self,
        (module, main, place): Searched,
        ignored: &[&str],
        matches: &dyn Fn(&str) -> bool,
    ) -> Result<(), F::Error> {
        for dir in matching::directories(self.steps.packages.files.files, &place, ignored)? {
            let path = if dir.is_empty() { module.path.clone() } else { join(&module.path, &dir) };
            if !matches(&path) {
                continue;
            }
            let files = self.steps.packages.package(&place, &dir)?;
            let built = files.iter().fold(0, |all, file| all | file.built);
            if built == 0 {
                continue;
            }
            let (module, place) = (module.clone(), place.clone());
            let package = Rc::new(Package { path, module, main, place, dir });
            if main && self.settings.tests {
                self.steps.resolver.tested.insert(package.clone());
            }
            self.steps.reach(&package, On { builds: built, tests: 0 });
        }
        Ok(())
    }
}

/// Whether a path matches a pattern with `...` (internal/pkgpattern): it stands for
/// any text, and `/...` at the end for none too.
fn matches_pattern(pattern: &str, path: &str) -> bool {
    if pattern.strip_suffix("/...").is_some_and(|above| matches_text(above, path)) {
        return true;
    }
    matches_text(pattern, path)
}

fn matches_text(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once("...") else { return pattern == text };
    let (middle, last) = rest.rsplit_once("...").map_or((None, rest), |(middle, last)| (Some(middle), last));
    // The first place for each part leaves the most to those behind it.
    let mut left = text.strip_prefix(first);
    for part in middle.into_iter().flat_map(|middle| middle.split("...")) {
        left = left.and_then(|left| left.split_once(part)).map(|(_, left)| left);
    }
    left.is_some_and(|left| left.ends_with(last))
}

/// What a module is looked up as.
pub(crate) type Searched = (ModuleVersion, bool, Place);

#[cfg(test)]
mod tests {
    use super::matches_pattern;

    #[test]
    fn dots_stand_for_any_text() {
        for (pattern, path, matches) in [
            ("a/...", "a", true),
            ("a/...", "a/b/c", true),
            ("a/...", "ab", false),
            ("a...", "ab/c", true),
            ("a/.../d", "a/b/c/d", true),
            ("a/.../d", "a/d", false),
            ("...", "a/b", true),
            ("...b", "a/b", true),
            ("a/b", "a/b/c", false),
            ("a...b...c", "axbyc", true),
            ("a...b...c", "acb", false),
            ("a...b...b", "ab", false),
            ("......", "a", true),
            ("a...bc...c", "abc", false),
        ] {
            assert_eq!(matches_pattern(pattern, path), matches, "{pattern} {path}");
        }
    }
}
