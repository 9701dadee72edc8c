//! Which Go toolchain a project makes the go command switch to, and the modules
//! that hold it (cmd/go toolchain/select.go, Select and Exec).
//!
//! With GOTOOLCHAIN=auto, the default, a go command that is older than the
//! `toolchain` or `go` line of go.work or go.mod downloads the newer one as the
//! module `golang.org/toolchain` at `v0.0.1-NAME.GOOS-GOARCH`, and runs that.
//! The rule, beginning with the installed version:
//!
//! 1. `toolchain default`: the installed one stays, whatever the go line says.
//! 2. A toolchain line that is newer than the version so far takes its place.
//! 3. A go line that is newer still names the toolchain `go` + version, and `.0`
//!    behind a language version from 1.21 on: no toolchain is called `go1.22`.
//!
//! Dependencies do not count: their go lines are minima that the main module's
//! own has to reach, their toolchain lines are ignored.

use airgo_gomod::gosource::Platform;
use airgo_gomod::{ModuleVersion, gover};

use crate::project::{GO_STRICT_VERSION, Project};

/// The module whose versions are toolchains.
pub const TOOLCHAIN_MODULE: &str = "golang.org/toolchain";

/// What GOTOOLCHAIN says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoToolchain {
    /// The version to begin with instead of the installed one, such as
    /// `1.25.0`; `None` for `local`.
    pub minimum: Option<String>,
    /// Whether go.work or go.mod may ask for a newer one.
    pub switches: bool,
}

/// A GOTOOLCHAIN that the go command refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid GOTOOLCHAIN {0:?}")]
pub struct GoToolchainError(pub String);

impl GoToolchain {
    /// Reads `auto`, `path`, `local`, `NAME`, `NAME+auto`, `NAME+path` and
    /// `local+auto`. Empty means `local` to an installed go; where there is none
    /// the caller should take `auto`, which Go's own go.env sets. Whether a
    /// toolchain for `path` is in PATH cannot be known on another machine: it
    /// counts as `auto`.
    pub fn parse(text: &str) -> Result<Self, GoToolchainError> {
        let invalid = || GoToolchainError(text.to_owned());
        let (name, suffix) = match text {
            "" => ("local", None),
            "auto" | "path" => ("local", Some(text)),
            _ => text.split_once('+').map_or((text, None), |(name, suffix)| (name, Some(suffix))),
        };
        let minimum = match (name, gover::from_toolchain(name)) {
            ("local", _) => None,
            (_, "") => return Err(invalid()),
            (_, version) => Some(version.to_owned()),
        };
        match suffix {
            None => Ok(Self { minimum, switches: false }),
            Some("auto" | "path") => Ok(Self { minimum, switches: true }),
            Some(_) => Err(invalid()),
        }
    }
}

impl Project {
    /// The toolchain, such as `go1.25.0`, that this project makes an older go
    /// switch to; `None` where every go that can switch (1.21 and later) stays
    /// as it is. All older ones switch to the same. A toolchain of one's own,
    /// such as `go1.25.0-corp`, keeps its name: go first looks for it in PATH.
    pub fn toolchain_needed(&self) -> Option<String> {
        self.switched_from(GO_STRICT_VERSION)
    }

    /// The modules that hold [`Project::toolchain_needed`], one a platform in
    /// the given order. Of each its zip is needed, and what the checksum
    /// database says of it, for no go.sum does.
    pub fn toolchain_modules(&self, platforms: &[Platform]) -> Vec<ModuleVersion> {
        let Some(name) = self.toolchain_needed() else { return Vec::new() };
        let version = |p: &Platform| format!("v0.0.1-{name}.{}-{}", p.os, p.arch);
        platforms.iter().map(|p| ModuleVersion::new(TOOLCHAIN_MODULE, version(p))).collect()
    }

    /// The toolchain that a go of this version switches to, if it does.
    pub fn switched_from(&self, installed: &str) -> Option<String> {
        let line = self.toolchain().unwrap_or_default();
        if line == "default" {
            return None;
        }
        let named = gover::from_toolchain(line);
        let by_line = gover::compare(named, installed).is_gt();
        let go = self.go_version();
        if gover::compare(go, if by_line { named } else { installed }).is_gt() {
            let release = gover::is_lang(go) && gover::compare(go, GO_STRICT_VERSION).is_ge();
            return Some(format!("go{go}{}", if release { ".0" } else { "" }));
        }
        by_line.then(|| line.to_owned())
    }
}
