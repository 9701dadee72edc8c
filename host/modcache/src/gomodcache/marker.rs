//! `cache/airgo-exact.json`: the modules in the cache that have a tree and no zip,
//! because they came without one, most of them only a part of their files.
//!
//! An entry is there before its tree is, and until zip and tree are those of the whole
//! module. So whatever a crash leaves, a part of a module is never taken for the whole.

use crate::error::MarkerError;
use crate::writer::system::{edit_cache_file, lock, make_dir, open_dir, open_file};
use crate::writer::temporary::Temporary;
use airgo_gomod::{H1, ModuleVersion};
use cap_std::fs::Dir;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read as _, Write as _};

/// The schema of the document.
pub const EXACT_CACHE_SCHEMA: &str = "https://airgo.dev/exact-cache/v1";
/// Its name in `cache`.
const NAME: &str = "airgo-exact.json";
const LOCK: &str = "airgo-exact.lock";
/// For messages: where it is.
const PLACE: &str = "cache/airgo-exact.json";
/// Bytes of a document: some hundred thousand modules.
const MAX: u64 = 64 << 20;

/// The modules of a module cache that came without their zips.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExactCache {
    /// The modules, sorted by path and version.
    pub modules: Vec<ExactModule>,
    /// [`EXACT_CACHE_SCHEMA`].
    pub schema: String,
}

/// A module that came without its zip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExactModule {
    /// The `h1:` hash of all its files, as in go.sum.
    pub h1: String,
    /// The SHA-256 of the manifest of the bundle that it came from, in hex; of the last
    /// one, where several brought files of it.
    pub manifest_sha256: String,
    /// The module's path.
    pub path: String,
    /// Its version.
    pub version: String,
    /// Whether its tree has all of its files.
    pub whole: bool,
}

/// The entries, by module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Marker(BTreeMap<ModuleVersion, ExactModule>);

impl Marker {
    /// Reads the document; no entries where there is none.
    pub(crate) fn read(root: &Dir) -> Result<Self, MarkerError> {
        let cache = match open_dir(root, "cache") {
            Ok(cache) => cache,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(failed(error)),
        };
        Self::read_in(&cache)
    }

    fn read_in(cache: &Dir) -> Result<Self, MarkerError> {
        let mut bytes = Vec::new();
        match open_file(cache, NAME).and_then(|file| file.take(MAX + 1).read_to_end(&mut bytes)) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(failed(error)),
        }
        if bytes.len() as u64 > MAX {
            return Err(malformed(format!("it is larger than {MAX} bytes")));
        }
        let document: ExactCache = serde_json::from_slice(&bytes).map_err(malformed)?;
        if document.schema != EXACT_CACHE_SCHEMA {
            return Err(malformed(format!(
                "its schema is {:?}, this airgo reads {EXACT_CACHE_SCHEMA}",
                document.schema
            )));
        }
        let entry =
            |module: ExactModule| (ModuleVersion::new(module.path.clone(), module.version.clone()), module);
        Ok(Self(document.modules.into_iter().map(entry).collect()))
    }

    /// Whether the module's tree may have a part of its files alone.
    pub(crate) fn is_partial(&self, module: &ModuleVersion, h1: H1) -> bool {
        self.0.get(module).is_some_and(|entry| !entry.whole && entry.h1 == h1.to_string())
    }

    pub(crate) fn contains(&self, module: &ModuleVersion) -> bool {
        self.0.contains_key(module)
    }

    /// Changes the document, under its lock. It is there whole or as it was; where no
    /// entry is left, there is none.
    pub(crate) fn update(
        root: &Dir,
        temporary: &Temporary,
        cancelled: impl Fn() -> bool,
        change: impl FnOnce(&mut BTreeMap<ModuleVersion, ExactModule>),
    ) -> Result<(), MarkerError> {
        let cache = make_dir(root, "cache").map_err(failed)?.0;
        let _locked =
            edit_cache_file(&cache, LOCK).and_then(|file| lock(file, || (), cancelled)).map_err(failed)?;
        let Self(before) = Self::read_in(&cache)?;
        let mut modules = before.clone();
        change(&mut modules);
        if modules == before {
            return Ok(());
        }
        if modules.is_empty() {
            return cache.remove_file(NAME).map_err(failed);
        }
        let document =
            ExactCache { modules: modules.into_values().collect(), schema: EXACT_CACHE_SCHEMA.to_owned() };
        // The members are in the order of their names: canonical, as airgo's other files.
        let text = serde_json::to_vec(&document).map_err(malformed)?;
        let mut file = temporary.create().map_err(failed)?;
        file.file.write_all(&text).map_err(failed)?;
        file.rename(&cache, NAME).map_err(failed)
    }
}

fn failed(source: io::Error) -> MarkerError {
    MarkerError::Io { file: PLACE, source }
}

fn malformed(reason: impl ToString) -> MarkerError {
    MarkerError::Malformed { file: PLACE, reason: reason.to_string() }
}
