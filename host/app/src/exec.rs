//! What `airgo exec` prepares for a command: a module cache that holds the bundle and
//! nothing else, and the variables for `go`.

use crate::Context;
use crate::failure::{Failure, Result};
use crate::settings;
use crate::trust::open::{self, bundle_failure};
use crate::unpack::{UnpackRequest, Unpacked, unpack};
use crate::variables::{Variable, variables};
use airgo_bundle::Sha256;
use airgo_bundle::manifest::Encoding;
use std::path::{Path, PathBuf};

/// What a command is run with.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The bundle as it was unpacked.
    pub unpacked: Unpacked,
    /// The variables to set.
    pub variables: Vec<Variable>,
}

/// Verifies a bundle, evaluates the policy on it, and installs its modules into a
/// directory of this bundle's own, which is kept: `exec/<digest of the manifest>` in
/// airgo's cache directory, unless the request names another.
///
/// # Errors
/// As [`unpack`]; then nothing is to be run.
pub fn prepare(context: &Context, request: &UnpackRequest) -> Result<Prepared> {
    let prepared = install(context, request);
    prepared.map_err(|mut failure| {
        // A bundle that is refused in a directory of its own concerns no other cache.
        failure.outcome = Some("nothing was run".into());
        failure
    })
}

fn install(context: &Context, request: &UnpackRequest) -> Result<Prepared> {
    let file = request.files.first().ok_or_else(|| Failure::failed("no bundle is named"))?;
    let bundle = open::open(file)?;
    let gomodcache = match &request.gomodcache {
        Some(dir) => dir.clone(),
        None => own_cache(context, bundle.manifest_sha256())?,
    };
    // Go builds without the zips; where they are stored they are the modules.
    let encoding = bundle.manifest_unverified().map_err(|e| bundle_failure(&e))?.payload.encoding;
    let lean = encoding == Encoding::Compact;
    drop(bundle);
    let request = UnpackRequest { gomodcache: Some(gomodcache), lean, ..request.clone() };
    let unpacked = unpack(context, &request)?;
    let variables = variables(context, &unpacked.dir, unpacked.held, Path::new("."));
    for variable in &variables {
        // GOFLAGS may hold anything.
        let value = match variable.name == settings::GOFLAGS.name {
            true => settings::GOFLAGS.of(variable.value.to_string_lossy()).shown(),
            false => variable.value.to_string_lossy().into_owned(),
        };
        context.detail(format!("{}={value}: {}", variable.name, variable.why));
    }
    Ok(Prepared { unpacked, variables })
}

/// The directory for this bundle. Whoever signed it is not known yet: what is in the
/// directory of a digest came from a bundle with that digest, and is verified like all
/// that is in a module cache.
fn own_cache(context: &Context, digest: Sha256) -> Result<PathBuf> {
    Ok(context.env.airgo_cache_dir()?.join("exec").join(digest.to_string()))
}
