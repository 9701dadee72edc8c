//! Sets of platforms, and which files are built on which.

use crate::{Expr, Platform, Source, Tags, Truth, when_built};
use std::ops::{BitOr, BitOrAssign};

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

    /// What both have.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { builds: self.builds & other.builds, tests: self.tests & other.tests }
    }

    /// What of it another one has not.
    #[must_use]
    pub fn without(self, known: Self) -> Self {
        Self { builds: self.builds & !known.builds, tests: self.tests & !known.tests }
    }

    /// What a file's imports are needed for, of what its package is needed for.
    #[must_use]
    pub fn of_file(self, built: u64, is_test: bool) -> Self {
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

impl BitOrAssign for On {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

/// Which files are built.
#[derive(Clone, Copy, Debug)]
pub enum Builds<'a> {
    /// Those that some of these builds have.
    Of {
        /// The platforms; those beyond the 64th share its bit.
        platforms: &'a [Platform],
        /// Build tags that are set.
        tags: &'a [String],
        /// Whether cgo is on; where that is not known, files that either setting
        /// builds are included.
        cgo: Option<bool>,
    },
    /// Those of any platform, with any tags but `ignore`, as `go mod why` reads
    /// them (cmd/go imports.AnyTags): one platform for all.
    Any,
}

impl Builds<'_> {
    /// Bits for all platforms.
    #[must_use]
    pub fn everywhere(self) -> u64 {
        match self {
            Self::Any => 1,
            Self::Of { platforms, .. } if platforms.len() >= 64 => u64::MAX,
            Self::Of { platforms, .. } => (1 << platforms.len()) - 1,
        }
    }

    /// The bit of a platform, by its position.
    #[must_use]
    pub fn bit(index: usize) -> u64 {
        1 << index.min(63)
    }

    /// Bits for those that build a file of this name.
    #[must_use]
    pub fn of_file(self, name: &str, source: &Source) -> u64 {
        match self {
            Self::Any => {
                let tag = |tag: &str| if tag == "ignore" { Truth::No } else { Truth::Maybe };
                u64::from(source.evaluate(&tag) != Truth::No)
            }
            Self::Of { .. } => when_built(name, source).map_or(0, |when| self.when(&when)),
        }
    }

    /// Bits for those on which all conditions hold, or may.
    #[must_use]
    pub fn when(self, when: &[Expr]) -> u64 {
        let Self::Of { platforms, tags, cgo } = self else { return 1 };
        if when.is_empty() {
            return self.everywhere();
        }
        let built = |platform| {
            let tags = Tags { platform: Some(platform), build: tags, cgo };
            when.iter().all(|expr| expr.evaluate(&|tag| tags.has(tag)) != Truth::No)
        };
        let bits = platforms.iter().enumerate().filter(|(_, platform)| built(platform));
        bits.fold(0, |all, (index, _)| all | Self::bit(index))
    }
}
