//! What the authors of a module say against using it: retracted versions and
//! deprecation (cmd/go modload/modfile.go, CheckRetractions and
//! CheckDeprecation).
//!
//! Neither changes what is selected. Both are in the go.mod file of the
//! module's latest version, which this crate does not look for: take the
//! modules of [`Resolution::advisable`], find each one's [`latest`] version, and
//! give its go.mod file to [`Advice::read`].

use airgo_gomod::modfile::ModFile;
use airgo_gomod::{ModuleVersion, gover, pseudo, semver};

use crate::resolution::Resolution;

/// What a module's latest go.mod file says about one of its versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    /// Where the version is retracted, the reasons given, each as in the file:
    /// several lines, perhaps none.
    pub retracted: Option<Vec<String>>,
    /// The message of the module's deprecation.
    pub deprecated: Option<String>,
}

impl Advice {
    /// Reads the go.mod file of the latest version, parsed as a dependency's
    /// ([`airgo_gomod::modfile::parse_lax`]).
    ///
    /// ```
    /// use airgo_gomod::{ModuleVersion, modfile};
    /// use airgo_resolve::Advice;
    ///
    /// let text = b"module x.test/a // Deprecated: use x.test/b\nretract v1.0.1 // Loses data.\n";
    /// let latest = modfile::parse_lax("go.mod", text)?;
    /// let advice = Advice::read(&latest, &ModuleVersion::new("x.test/a", "v1.0.1"));
    /// assert_eq!(advice.retracted.as_deref(), Some(&["Loses data.".to_owned()][..]));
    /// assert_eq!(advice.deprecated.as_deref(), Some("use x.test/b"));
    /// # Ok::<(), modfile::ModFileErrors>(())
    /// ```
    pub fn read(latest: &ModFile, module: &ModuleVersion) -> Self {
        let order = |a: &str, b: &str| gover::mod_compare(&module.path, a, b);
        let version = module.version.as_str();
        let mut concerned = latest
            .retract
            .iter()
            .filter(|r| order(&r.low, version).is_le() && order(version, &r.high).is_le())
            .peekable();
        let retracted = concerned.peek().is_some().then(|| {
            concerned.filter(|r| !r.rationale.is_empty()).map(|r| r.rationale.to_string()).collect()
        });
        let deprecated = latest.module.as_ref().and_then(|decl| decl.deprecated.clone());
        Self { retracted, deprecated: deprecated.filter(|text| !text.is_empty()) }
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Resolution {
    /// The modules whose authors may be asked, as they are used, sorted: all of
    /// the build list after replacement, but those whose path go.mod replaces at
    /// every version. Go does not ask about these either.
    pub fn advisable(&self) -> &[ModuleVersion] {
        &self.advisable
    }
}

/// The version that `@latest` means, of those that a proxy lists (the lines of
/// `@v/list`); `None` where only the proxy's `@latest` knows it. Retractions and
/// exclusions do not count. `has_go_mod` is asked at most once: whether the zip
/// of that version holds a go.mod file, which makes its author one who does not
/// mean `+incompatible` versions (cmd/go modload/query.go, filterVersions).
///
/// ```
/// use airgo_resolve::latest;
///
/// let list = ["v1.0.0", "v1.1.0-rc.1", "v2.0.0+incompatible"];
/// assert_eq!(latest(list, |_| true), Some("v1.0.0"));
/// assert_eq!(latest(list, |_| false), Some("v2.0.0+incompatible"));
/// ```
pub fn latest<'v>(
    list: impl IntoIterator<Item = &'v str>,
    has_go_mod: impl FnOnce(&str) -> bool,
) -> Option<&'v str> {
    let valid = |v: &&str| semver::is_valid(v) && !pseudo::is_pseudo_version(v);
    let mut list: Vec<&str> = list.into_iter().filter(valid).collect();
    list.sort_by(|a, b| semver::compare(a, b).then_with(|| a.cmp(b)));
    let is_incompatible = |v: &&str| v.ends_with("+incompatible");
    let first = list.iter().position(is_incompatible).unwrap_or(list.len());
    if first < list.len()
        && let Some(compatible) = first.checked_sub(1).and_then(|at| list.get(at))
        && has_go_mod(compatible)
    {
        list.truncate(first);
    }
    let release = list.iter().rfind(|v| semver::prerelease(v).is_empty());
    release.or(list.last()).copied()
}
