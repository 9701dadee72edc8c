//! `airgo unpack --as …`: other layouts than the module cache. A vendor directory, a
//! GOPROXY, and the storage of Athens; each is written out of sight and takes its place
//! once all that goes into it is verified.

mod contents;
mod env;
mod failure;
mod local_changes;
pub(crate) mod rebuilt;
mod served;
mod vendor;

pub use env::{EnvRequest, env};

use crate::Context;
use crate::failure::Result;
use crate::unpack::UnpackRequest;
use airgo_bundle::SignedBundle;
use airgo_modcache::Serving;
use std::path::{Path, PathBuf};

/// What a bundle is unpacked as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// A module cache.
    #[default]
    Cache,
    /// The vendor directory of a checkout.
    Vendor {
        /// A directory of the checkout.
        dir: PathBuf,
        /// Whether one in which files were changed is replaced.
        replace: bool,
    },
    /// A GOPROXY that is a directory.
    Proxy {
        /// The directory.
        dir: PathBuf,
    },
    /// The disk storage of Athens.
    Athens {
        /// The directory.
        dir: PathBuf,
    },
}

impl Layout {
    /// The name that `--as` takes.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Vendor { .. } => "vendor",
            Self::Proxy { .. } => "proxy",
            Self::Athens { .. } => "athens",
        }
    }

    /// What is so where unpacking fails before anything is in its place.
    #[must_use]
    pub fn outcome(&self) -> String {
        match self {
            Self::Cache => "nothing was written to the module cache".to_owned(),
            Self::Vendor { .. } => "the vendor directory was not written".to_owned(),
            Self::Proxy { dir } | Self::Athens { dir } => {
                format!("nothing was written to {}", crate::paths::shown(dir))
            }
        }
    }
}

/// What was written.
#[derive(Debug)]
pub struct Written {
    /// Where.
    pub dir: PathBuf,
    /// Modules that are there now and were not before.
    pub installed: usize,
    /// Those that were there.
    pub already_present: usize,
    /// What was done, in words, without where.
    pub what: String,
}

/// Writes a layout that is not the module cache; none for that.
///
/// # Errors
/// What the bundle lacks for it, or what stands in its way.
pub fn write(context: &Context, request: &UnpackRequest, bundle: &SignedBundle) -> Result<Option<Written>> {
    let written = match &request.layout {
        Layout::Cache => return Ok(None),
        Layout::Vendor { dir, replace } => vendor::write(context, request, (dir, *replace), bundle),
        Layout::Proxy { dir } => served::write(context, request, (Serving::Goproxy, dir), bundle),
        Layout::Athens { dir } => served::write(context, request, (Serving::Athens, dir), bundle),
    };
    written.map(Some)
}

/// Lets everybody read a module cache and nobody write it.
///
/// # Errors
/// A mode cannot be set.
pub fn read_only(dir: &Path) -> Result<()> {
    airgo_modcache::make_read_only(dir).map_err(|e| {
        let failure = failure::directory(&e);
        failure.outcome(format!("all modules are in {}, not all of it read-only", crate::paths::shown(dir)))
    })
}
