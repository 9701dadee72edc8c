//! A module in a repository: which commit a version is, whether it may be
//! called so, and where in the repository the module is
//! (cmd/go modfetch/coderepo.go, for exact versions).

use super::error::DirectError;
use super::repo::{Repo, Revision};
use airgo_gomod::module::{
    canonical_version, has_path_prefix, is_incompatible, match_path_major, path_major_prefix,
    split_path_version,
};
use airgo_gomod::pseudo::{
    Timestamp, is_pseudo_version, pseudo_version_base, pseudo_version_rev, pseudo_version_time,
};
use airgo_gomod::{modfile, semver};
use std::cmp::Ordering;

/// codehost.go MaxGoMod and MaxLICENSE.
const MAX_GO_MOD: u64 = 16 << 20;
const MAX_LICENSE: u64 = 16 << 20;

/// A module's place in a repository.
pub(crate) struct CodeRepo<'a, 'b> {
    repo: &'a mut Repo<'b>,
    path: &'a str,
    /// The import path of the repository's root.
    root: &'a str,
    /// The directory in which the module is expected; for `/v2` paths perhaps below it.
    dir: String,
    /// `path` without its major version.
    prefix: &'a str,
    /// `/v2`, `.v2` or nothing.
    path_major: &'a str,
}

/// What `.info` says.
#[derive(Clone, Debug)]
pub(crate) struct VersionInfo {
    pub(crate) revision: Revision,
    pub(crate) time: Timestamp,
    pub(crate) subdir: String,
}

/// Where a version's module is.
pub(crate) struct Found {
    pub(crate) revision: Revision,
    pub(crate) dir: String,
    go_mod: Option<Vec<u8>>,
}

impl<'a, 'b> CodeRepo<'a, 'b> {
    /// `subdir` is what a go-import meta tag says of the root's directory.
    pub(crate) fn new(
        repo: &'a mut Repo<'b>,
        path: &'a str,
        root: &'a str,
        subdir: &str,
    ) -> Result<Self, DirectError> {
        let bad = |reason: String| Err(DirectError::Unrecognized { path: path.to_owned(), reason });
        if !has_path_prefix(path, root) {
            return bad(format!("found {root} instead"));
        }
        let Some((mut prefix, path_major)) = split_path_version(path) else {
            return bad("invalid module path".to_owned());
        };
        let mut dir = String::new();
        if root == path {
            prefix = path;
        } else if has_path_prefix(prefix, root) {
            prefix[root.len()..].trim_matches('/').clone_into(&mut dir);
        } else {
            return bad(format!("the repository rooted at {root} cannot contain it"));
        }
        if !subdir.is_empty() {
            dir = join(&dir, subdir);
        }
        Ok(Self { repo, path, root, dir, prefix, path_major })
    }

    /// What an exact version is; refuses one that Go would give another name.
    pub(crate) fn info(&mut self, version: &str) -> Result<VersionInfo, DirectError> {
        let revision = self.repo.stat(&self.revision_name(version))?;
        if is_pseudo_version(version) {
            self.check(version, version, &revision)?;
            self.check_pseudo(version, &revision)?;
        } else {
            let base = without_incompatible(version);
            let tag = self.tag(base);
            if revision.version != tag && !revision.tags.contains(&tag) {
                return Err(self.invalid(version, format!("{tag} is not a tag")));
            }
            self.check(base, version, &revision)?;
        }
        let time = timestamp(revision.time);
        let time =
            time.ok_or_else(|| self.invalid(version, "its commit has an impossible time".to_owned()))?;
        Ok(VersionInfo { revision, time, subdir: self.dir.clone() })
    }

    /// The go.mod of a version, made up where it has none.
    pub(crate) fn go_mod(&mut self, version: &str) -> Result<Vec<u8>, DirectError> {
        let found = self.find(version)?;
        Ok(match found.go_mod {
            Some(text) => text,
            // No module path holds what go.mod would have in quotes.
            None => format!("module {}\n", self.path).into_bytes(),
        })
    }

    /// Where a version's files are.
    pub(crate) fn find(&mut self, version: &str) -> Result<Found, DirectError> {
        if is_pseudo_version(version) {
            // The place does not depend on what stands before the hash; that must be true too.
            self.info(version)?;
        }
        self.find_dir(version)
    }

    /// The LICENSE in the repository's root, for a module below it.
    pub(crate) fn license(&mut self, hash: &str) -> Option<Vec<u8>> {
        self.repo.read_file(hash, "LICENSE", MAX_LICENSE).ok().flatten()
    }

    /// The repository.
    pub(crate) fn repo(&mut self) -> &mut Repo<'b> {
        self.repo
    }

    /// The tag of a version without `+incompatible`.
    fn tag(&self, base: &str) -> String {
        if self.dir.is_empty() { base.to_owned() } else { format!("{}/{base}", self.dir) }
    }

    /// What to look up in the repository (revToRev).
    fn revision_name(&self, version: &str) -> String {
        match pseudo_version_rev(version) {
            Ok(rev) => rev.to_owned(),
            Err(_) => self.tag(without_incompatible(version)),
        }
    }

    /// Holds a version against the place and the go.mod that it has
    /// (checkCanonical). `wanted` is what was asked for, `version` what the tag says.
    fn check(&mut self, version: &str, wanted: &str, revision: &Revision) -> Result<(), DirectError> {
        self.find_dir(version)?;
        let base = without_incompatible(wanted);
        if match_path_major(base, self.path_major) {
            if is_incompatible(wanted) {
                let major = semver::major(wanted);
                let why = format!("+incompatible suffix not allowed: major version {major} is compatible");
                return Err(self.invalid(wanted, why));
            }
            return Ok(());
        }
        if self.may_be_incompatible(base, wanted, revision)? {
            if is_incompatible(wanted) {
                return Ok(());
            }
            return Err(self.invalid(wanted, format!("it must be called {base}+incompatible")));
        }
        let why = if self.path_major.is_empty() {
            format!(
                "module contains a go.mod file, so module path must match major version ({:?})",
                join(self.prefix, semver::major(base))
            )
        } else {
            "module path includes a major version suffix, so major version must match".to_owned()
        };
        Err(self.invalid(wanted, why))
    }

    /// Whether a version above v1 may go without a `/v2` in the path: only
    /// where nothing in the repository knows of modules.
    fn may_be_incompatible(
        &mut self,
        base: &str,
        wanted: &str,
        revision: &Revision,
    ) -> Result<bool, DirectError> {
        if !self.dir.is_empty() || !self.path_major.is_empty() {
            return Ok(false);
        }
        if self.repo.read_file(&revision.hash, "go.mod", MAX_GO_MOD)?.is_some() {
            return Ok(false);
        }
        // Who names it outright may have it (go.dev/issue/51324).
        if is_incompatible(wanted) {
            return Ok(true);
        }
        let below = format!("{}/go.mod", semver::major(base));
        Ok(self.repo.read_file(&revision.hash, &below, MAX_GO_MOD)?.is_none())
    }

    /// Holds a pseudo-version against its commit (validatePseudoVersion).
    fn check_pseudo(&mut self, version: &str, revision: &Revision) -> Result<(), DirectError> {
        let rev = pseudo_version_rev(version).map_err(|e| self.invalid(version, e.to_string()))?;
        if rev != revision.short {
            let short = &revision.short;
            let why = if rev.starts_with(short.as_str()) {
                "revision is longer than canonical"
            } else if short.starts_with(rev) {
                "revision is shorter than canonical"
            } else {
                "does not match short name of revision"
            };
            return Err(self.invalid(version, format!("{why} (expected {short})")));
        }
        let time = pseudo_version_time(version).map_err(|e| self.invalid(version, e.to_string()))?;
        let real = timestamp(revision.time);
        if real != Some(time) {
            let real = real.map_or_else(|| "none".to_owned(), |t| t.compact());
            let why = format!("does not match version-control timestamp (expected {real})");
            return Err(self.invalid(version, why));
        }
        let base = pseudo_version_base(without_incompatible(version))
            .map_err(|e| self.invalid(version, e.to_string()))?;
        if base.is_empty() {
            if path_major_prefix(self.path_major).is_empty() && semver::major(version) == "v1" {
                let why = "major version without preceding tag must be v0, not v1";
                return Err(self.invalid(version, why.to_owned()));
            }
            return Ok(());
        }
        let tag = self.tag(&base);
        if revision.tags.contains(&tag) {
            let why = format!(
                "tag ({tag}) found on revision {rev} is already canonical, so should not be replaced with a \
                 pseudo-version derived from that tag"
            );
            return Err(self.invalid(version, why));
        }
        self.check_ancestor(version, &base, revision)
    }

    /// A pseudo-version sorts just above its base, which must therefore be
    /// tagged before it.
    fn check_ancestor(&mut self, version: &str, base: &str, revision: &Revision) -> Result<(), DirectError> {
        let prefix = self.tag("");
        let tags = self.repo.tags(&format!("{prefix}{base}"))?;
        let mut last = None;
        for tag in tags {
            let named = tag.strip_prefix(&prefix).unwrap_or(&tag);
            if !semver::is_valid(named) || semver::compare(named, base) != Ordering::Equal {
                continue;
            }
            if self.repo.descends_from(&revision.hash, &tag)? {
                return Ok(());
            }
            last = Some(tag);
        }
        Err(self.invalid(
            version,
            match last {
                None => format!("preceding tag ({base}) not found"),
                Some(tag) => {
                    format!("revision {} is not a descendent of preceding tag ({tag})", revision.short)
                }
            },
        ))
    }

    /// Finds the module's directory and go.mod (findDir).
    fn find_dir(&mut self, version: &str) -> Result<Found, DirectError> {
        let rev = self.revision_name(version);
        let revision = self.repo.stat(&rev)?;
        let file = join(&self.dir, "go.mod");
        let first = self.repo.read_file(&revision.hash, &file, MAX_GO_MOD)?;
        let first_path = first.as_deref().and_then(modfile::module_path).unwrap_or_default();
        // Old Go took such paths as replacements (golang.org/issue/34254).
        let tolerated = self.path_major.is_empty() && first_path.starts_with("gopkg.in/");
        let first_fits = first.is_some() && (is_major(&first_path, self.path_major) || tolerated);

        let below =
            !self.path_major.is_empty() && self.root != self.path && !self.path_major.starts_with('.');
        if below {
            let dir = join(&self.dir, &self.path_major[1..]);
            let file2 = join(&dir, "go.mod");
            if let Some(second) = self.repo.read_file(&revision.hash, &file2, MAX_GO_MOD)? {
                let second_path = modfile::module_path(&second).unwrap_or_default();
                return match is_major(&second_path, self.path_major) {
                    true if first_fits => self.misplaced(format!(
                        "{}/{file} and ...{}/go.mod both have ...{} module paths at revision {rev}",
                        self.prefix, self.path_major, self.path_major
                    )),
                    true => Ok(Found { revision, dir, go_mod: Some(second) }),
                    false if second_path.is_empty() => self
                        .misplaced(format!("{}/{file2} is missing module path at revision {rev}", self.root)),
                    false => self.misplaced(format!(
                        "{}/{file2} has non-...{} module path {second_path:?} at revision {rev}",
                        self.root, self.path_major
                    )),
                };
            }
        }
        if first_fits {
            return Ok(Found { revision, dir: self.dir.clone(), go_mod: first });
        }
        let nor = if below {
            format!(" (and ...{}/go.mod does not exist)", self.path_major)
        } else {
            String::new()
        };
        if first.is_some() {
            return self.misplaced(if first_path.is_empty() {
                format!("{file} is missing module path{nor} at revision {rev}")
            } else if !self.path_major.is_empty() {
                format!(
                    "{file} has non-...{} module path {first_path:?}{nor} at revision {rev}",
                    self.path_major
                )
            } else if split_path_version(&first_path).is_none() {
                format!("{file} has malformed module path {first_path:?}{nor} at revision {rev}")
            } else {
                let major = semver::major(version);
                format!("{file} has post-{major} module path {first_path:?}{nor} at revision {rev}")
            });
        }
        if self.dir.is_empty() && (self.path_major.is_empty() || self.path_major.starts_with('.')) {
            // Without a go.mod only in the root, and for gopkg.in.
            return Ok(Found { revision, dir: String::new(), go_mod: None });
        }
        let nor = if below { format!(" and ...{}/go.mod", self.path_major) } else { String::new() };
        self.misplaced(format!("missing {}/go.mod{nor} at revision {rev}", self.prefix))
    }

    fn misplaced<T>(&self, why: String) -> Result<T, DirectError> {
        Err(DirectError::Layout(why))
    }

    fn invalid(&self, version: &str, why: String) -> DirectError {
        debug_assert_eq!(canonical_version(version), version);
        DirectError::InvalidVersion(why)
    }
}

fn without_incompatible(version: &str) -> &str {
    version.strip_suffix("+incompatible").unwrap_or(version)
}

/// Whether the major versions that two paths stand for go together (isMajor).
fn is_major(module_path: &str, path_major: &str) -> bool {
    let Some((_, major)) = split_path_version(module_path).filter(|_| !module_path.is_empty()) else {
        return false;
    };
    if path_major.is_empty() {
        return matches!(path_major_prefix(major), "" | "v0" | "v1");
    }
    // A module without a suffix is hardly tagged for `.v1`.
    !major.is_empty() && path_major[1..] == major[1..]
}

/// Joined and cleaned, as Go's path.Join does it for relative paths.
fn join(dir: &str, name: &str) -> String {
    let mut elements: Vec<&str> = Vec::new();
    for element in dir.split('/').chain(name.split('/')) {
        match element {
            "" | "." => {}
            ".." if elements.last().is_some_and(|e| *e != "..") => drop(elements.pop()),
            _ => elements.push(element),
        }
    }
    elements.join("/")
}

/// Seconds since 1970 as a moment; none before year 1 or after 9999.
fn timestamp(seconds: i64) -> Option<Timestamp> {
    let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
    let moment = epoch.checked_add(jiff::SignedDuration::from_secs(seconds)).ok()?;
    let moment = (1..=9999).contains(&moment.year()).then_some(moment)?;
    Timestamp::parse(&moment.strftime("%Y%m%d%H%M%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        let shown = |seconds| timestamp(seconds).map(|t| t.to_string());
        for (seconds, wanted) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(shown(seconds).as_deref(), Some(wanted));
        }
        assert_eq!(shown(253_402_300_800), None);
        assert_eq!(shown(i64::MAX), None);
    }

    #[test]
    fn directories_are_joined_as_by_path_join() {
        assert_eq!(join("", "go.mod"), "go.mod");
        assert_eq!(join("a/b", "../c//./d/"), "a/c/d");
        assert_eq!(join("", "../x"), "../x");
    }

    #[test]
    fn majors_that_go_together() {
        for (path, major, wanted) in [
            ("example.com/m", "", true),
            ("example.com/m/v2", "", false),
            ("example.com/m/v2", "/v2", true),
            ("example.com/m", "/v2", false),
            ("gopkg.in/m.v1", "", true),
            ("gopkg.in/m.v2", "/v2", true),
            ("", "", false),
            ("example.com/m/v1", "", false),
        ] {
            assert_eq!(is_major(path, major), wanted, "{path} {major}");
        }
    }
}
