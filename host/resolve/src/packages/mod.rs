//! The packages of a project: those of `./...`, and what they import, in the
//! modules of the build list; as `go list -deps -test ./...` tells them, and what
//! go would refuse on the way. Packages of the standard library are left out.
//!
//! The reference is cmd/go modload/load.go, import.go and search.go, for the
//! files that `//go:embed` names load/pkg.go (resolveEmbed). Nothing here does
//! I/O: files come from [`ModuleFiles`].
//!
//! What a file means depends on the platform, so several are followed at once,
//! each a bit of [`On`].
//!
//! [`load`] begins with the project's files; [`follow`] does without them, where
//! it is known what they import.

mod embed;
mod fault;
mod files;
mod follow;
mod load;
mod lookup;
mod mains;
mod matching;

pub use embed::{EmbedError, Embedded};
pub use fault::{Fault, Importer, Problem};
pub use files::{Builds, Entry, EntryKind, ModuleFiles, Place, Tree};
pub use follow::{Carried, follow};
pub use load::{Closure, Import, Package, Reached, Settings, Sums, Unreadable, load};
pub use matching::is_ignored;

use std::ops::BitOr;

/// On which platforms: bits in the order of those of [`Builds`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct On {
    /// Where a build needs it.
    pub builds: u64,
    /// Where only a test of a main module's package needs it.
    pub tests: u64,
}

impl On {
    /// In builds on all platforms.
    #[must_use]
    pub fn everywhere(builds: Builds<'_>) -> Self {
        Self { builds: builds.everywhere(), tests: 0 }
    }

    /// Whether it is needed nowhere.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.any() == 0
    }

    /// Whether it is needed, and by tests alone.
    #[must_use]
    pub fn is_tests_only(self) -> bool {
        self.builds == 0 && self.tests != 0
    }

    /// The platforms on which it is needed at all.
    #[must_use]
    pub fn any(self) -> u64 {
        self.builds | self.tests
    }

    /// What of it another one has not.
    fn without(self, known: Self) -> Self {
        Self { builds: self.builds & !known.builds, tests: self.tests & !known.tests }
    }

    /// What a file's imports are needed for, of what its package is needed for.
    fn of_file(self, built: u64, is_test: bool) -> Self {
        if is_test {
            // A test is loaded where the package would be built.
            Self { builds: 0, tests: self.builds & built }
        } else {
            Self { builds: self.builds & built, tests: self.tests & built }
        }
    }
}

impl BitOr for On {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self { builds: self.builds | other.builds, tests: self.tests | other.tests }
    }
}

/// A path and those above it: `a/b/c`, `a/b`, `a`.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(above, _)| above))
}

fn is_below(path: &str, above: &str) -> bool {
    above.is_empty() || path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}
