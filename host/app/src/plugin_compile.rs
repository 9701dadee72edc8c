//! Compiles a plugin ahead, for an airgo that has no compiler, and signs what comes
//! of it: compiled code runs outside the sandbox, so it counts only by the
//! signature of somebody whom the receiver trusts.

use crate::Context;
use crate::errors::disk;
use crate::failure::{Failure, FailureKind, Result};
use crate::paths::shown;
use crate::quantity::{bytes, duration};
use crate::requests::SignWith;
use crate::trust::signing;
use airgo_bundle::detached::{self, Format};
use airgo_bundle::{ReadAt, Sha256};
use airgo_model::atomic::{self, Access};
use airgo_policy::{Compiled, Limits, PluginError};
use jiff::Timestamp;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// What to compile.
#[derive(Clone, Debug)]
pub struct CompileRequest<'a> {
    /// The component as the user names it.
    pub shown: &'a str,
    /// The component.
    pub component: &'a [u8],
    /// What it may cost.
    pub limits: &'a Limits,
    /// The file to write.
    pub output: PathBuf,
    /// Who signs; by default the user's personal key.
    pub signer: SignWith,
}

/// A file that was written.
#[derive(Clone, Debug)]
pub struct CompiledPlugin {
    /// The digest of the component.
    pub sha256: String,
    /// Bytes of the file.
    pub size: u64,
    /// Whose signature it has.
    pub key_id: String,
    /// What it runs on.
    pub machine: String,
}

/// Compiles, signs and writes.
///
/// # Errors
/// A component that is not a plugin or does not compile, a key that cannot be
/// used, a file that cannot be written. Nothing is written then.
pub fn compile(context: &Context, request: &CompileRequest<'_>) -> Result<CompiledPlugin> {
    let output = shown(&request.output);
    write(context, request).map_err(|failure| failure.outcome(format!("{output} was not written")))
}

fn write(context: &Context, request: &CompileRequest<'_>) -> Result<CompiledPlugin> {
    let began = Instant::now();
    let key = signing::signer(context, &request.signer, true)?;
    let compiled =
        Compiled::new(request.component, request.limits).map_err(|error| failure(request.shown, &error))?;
    let head: Arc<dyn ReadAt> = Arc::new(compiled.head.clone());
    let signature = detached::sign(&*key, &head, Format::Base64, "", Timestamp::now())
        .map_err(|error| Failure::failed(error.to_string()))?;
    let file = compiled.file(&String::from_utf8_lossy(&signature));
    let output = shown(&request.output);
    atomic::replace(&request.output, &file, Access::Public)
        .map_err(|error| disk::unwritable(&output, &error, "name another file: -o FILE"))?;
    let done = CompiledPlugin {
        sha256: Sha256::of(request.component).to_string(),
        size: file.len() as u64,
        key_id: key.public_key().id().to_string(),
        machine: airgo_policy::machine(),
    };
    context.status(
        "Compiled",
        format!(
            "{} for {}: {output} ({}), signed by {}, in {}",
            request.shown,
            done.machine,
            bytes(done.size),
            done.key_id,
            duration(began.elapsed())
        ),
    );
    Ok(done)
}

fn failure(shown: &str, error: &PluginError) -> Failure {
    Failure::new(FailureKind::Failed, format!("{shown} {error}"))
}
