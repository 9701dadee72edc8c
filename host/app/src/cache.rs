//! The download cache, and what is cached for plugins: how much it is, trimming,
//! verifying and emptying it.

use crate::Context;
use crate::documents;
use crate::errors::fetch_failure;
use crate::failure::{Failure, Result};
use crate::policy;
use crate::quantity::{bytes, count, count_are};
use airgo_fetch::{Cache, Damage, Tally, Trim, Trimmed, Usage};
use airgo_policy::{Kept, KeptFiles};
use std::path::{Path, PathBuf};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How many damaged files an error names; its report has all.
const SHOWN: usize = 20;

/// Both caches. What is cached for plugins is in the user's cache directory, wherever
/// downloads are.
pub struct Caches<'a> {
    context: &'a Context,
    downloads: Cache,
    plugins: Kept,
}

/// How much there is.
#[derive(Debug)]
pub struct CacheUsage {
    /// Where downloads are.
    pub path: PathBuf,
    /// The downloads.
    pub downloads: Usage,
    /// Compiled plugins.
    pub code: KeptFiles,
    /// What plugins found out about modules.
    pub facts: KeptFiles,
}

/// What was removed.
#[derive(Debug)]
pub struct Removed {
    /// Of the downloads.
    pub downloads: Trimmed,
    /// Of what is cached for plugins.
    pub plugins: KeptFiles,
}

/// What was verified.
#[derive(Debug)]
pub struct CacheVerified {
    /// How many files.
    pub checked: usize,
    /// Those that are not what they should be.
    pub damage: Vec<Damage>,
    /// Whether those were removed.
    pub repaired: bool,
}

impl<'a> Caches<'a> {
    /// Those below `dir`, or of this user.
    ///
    /// # Errors
    /// The user has no cache directory.
    pub fn open(context: &'a Context, dir: Option<&Path>) -> Result<Self> {
        let root = match dir {
            Some(dir) => dir.to_owned(),
            None => context.env.airgo_cache_dir()?,
        };
        let plugins = Kept::at(policy::cache_dir(context)?);
        Ok(Self { context, downloads: Cache::at(root.join("store")), plugins })
    }

    /// How much of what there is, and how old.
    ///
    /// # Errors
    /// A directory cannot be read.
    pub fn usage(&self) -> Result<CacheUsage> {
        let ages = [Duration::ZERO, DAY, DAY * 7, DAY * 30, DAY * 90];
        Ok(CacheUsage {
            path: self.downloads.path().to_owned(),
            downloads: self.downloads.usage(&ages).map_err(|e| fetch_failure(&e))?,
            code: self.plugins.code(),
            facts: self.plugins.facts(),
        })
    }

    /// Removes what was not used for the longest time.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn trim(&self, to: &Trim) -> Result<Removed> {
        let plugins = to.max_age.map(|age| self.plugins.trim(Some(age))).unwrap_or_default();
        let downloads = self.downloads.trim(to).map_err(|e| fetch_failure(&e))?;
        Ok(self.removed(Removed { downloads, plugins }))
    }

    /// Removes all that no run is using.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn clear(&self) -> Result<Removed> {
        let downloads = self.downloads.clear().map_err(|e| fetch_failure(&e))?;
        Ok(self.removed(Removed { downloads, plugins: self.plugins.trim(None) }))
    }

    fn removed(&self, removed: Removed) -> Removed {
        let of = |n: u64| count(usize::try_from(n).unwrap_or(usize::MAX), "file");
        let files = |tally: Tally| of(tally.files);
        let size = |tally: Tally| format!("{} ({})", files(tally), bytes(tally.bytes));
        let Removed { downloads, plugins } = &removed;
        self.context.status("Removed", format!("{}; {} left", size(downloads.removed), size(downloads.left)));
        if plugins.files > 0 {
            let (files, size) = (of(plugins.files), bytes(plugins.bytes));
            self.context.status("Removed", format!("{files} ({size}) cached for plugins"));
        }
        if downloads.in_use.files > 0 {
            self.context.warning(format!("{} stay because a run is using them", files(downloads.in_use)));
        }
        removed
    }

    /// Verifies every download; `repair` removes the damaged ones, to be fetched again.
    ///
    /// # Errors
    /// A file cannot be read, or is damaged and stays: the failure has the report.
    pub fn verify(&self, repair: bool) -> Result<CacheVerified> {
        let mut checked = 0_usize;
        let damage = self.downloads.verify(repair, |_| checked += 1).map_err(|e| fetch_failure(&e))?;
        let verified = CacheVerified { checked, damage, repaired: repair };
        if !repair && !verified.damage.is_empty() {
            return Err(damaged(&verified));
        }
        for one in &verified.damage {
            self.context.warning(format!("{}: {}; removed", one.name, one.problem));
        }
        let files = count(checked, "file");
        self.context.status("Verified", format!("{files} in {}", self.downloads.path().display()));
        Ok(verified)
    }
}

fn damaged(verified: &CacheVerified) -> Failure {
    let files = count_are(verified.damage.len(), "file");
    let mut failure = Failure::failed(format!("{files} damaged in the download cache"));
    for one in verified.damage.iter().take(SHOWN) {
        failure = failure.line(format!("{}: {}", one.name, one.problem));
    }
    failure.report = serde_json::to_value(verified.document()).ok();
    failure
        .outcome("no run would have used them: each hashes what it takes from the cache")
        .hint("remove them, to be fetched again: airgo cache verify --repair")
}

impl CacheVerified {
    /// The report as a document.
    pub fn document(&self) -> documents::CacheVerify {
        let damaged =
            |d: &Damage| documents::DamagedFile { name: d.name.clone(), problem: d.problem.to_string() };
        documents::CacheVerify {
            checked: self.checked,
            damage: self.damage.iter().map(damaged).collect(),
            repaired: self.repaired,
            schema: documents::CacheVerifyV1,
        }
    }
}
