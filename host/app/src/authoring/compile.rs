//! Compiles a plugin ahead, for an airgo that has no compiler, and signs what comes
//! of it: compiled code runs outside the sandbox, so it counts only by the
//! signature of somebody whom the receiver trusts.

use super::NamedPlugin;
use super::component::Component;
use crate::Context;
use crate::errors::disk;
use crate::failure::{Failure, Result};
use crate::paths::shown;
use crate::quantity::{bytes, duration};
use crate::requests::SignWith;
use crate::trust::signing;
use airgo_bundle::detached::{self, Format};
use airgo_bundle::{ReadAt, Sha256};
use airgo_model::atomic::{self, Access};
use airgo_policy::Compiled;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// What to compile.
#[derive(Clone, Debug, Default)]
pub struct CompileRequest {
    /// The plugin; one that is built in is compiled already.
    pub plugin: NamedPlugin,
    /// The file to write; default: the plugin's name with `.compiled`.
    pub output: Option<PathBuf>,
    /// Who signs; by default the user's personal key.
    pub signer: SignWith,
}

/// A file that was written.
#[derive(Clone, Debug)]
pub struct CompiledPlugin {
    /// The file.
    pub file: PathBuf,
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
pub fn compile(context: &Context, request: &CompileRequest) -> Result<CompiledPlugin> {
    let CompileRequest { plugin, output, signer } = request;
    if plugin.builtin().is_some() {
        return Err(Failure::failed(format!("{} is compiled already: it comes with airgo", plugin.name)));
    }
    let component = Component::open(context, plugin)?;
    component.demand_whole()?;
    let named = plugin.path();
    let output = output.clone().unwrap_or_else(|| match named.is_dir() {
        true => named.join(format!("{}.compiled", component.shown)),
        false => named.with_extension("compiled"),
    });
    write(context, &component, &output, signer)
        .map_err(|failure| failure.outcome(format!("{} was not written", shown(&output))))
}

fn write(
    context: &Context,
    component: &Component,
    output: &Path,
    signer: &SignWith,
) -> Result<CompiledPlugin> {
    let began = Instant::now();
    let key = signing::signer(context, signer, true)?;
    let compiled = Compiled::new(&component.bytes, &component.limits)
        .map_err(|error| Failure::failed(format!("{} {error}", component.shown)))?;
    let head: Arc<dyn ReadAt> = Arc::new(compiled.head.clone());
    let signature = detached::sign(&*key, &head, Format::Base64, "", Timestamp::now())
        .map_err(|error| Failure::failed(error.to_string()))?;
    let file = compiled.file(&String::from_utf8_lossy(&signature));
    atomic::replace(output, &file, Access::Public)
        .map_err(|error| disk::unwritable(&shown(output), &error, "name another file: -o FILE"))?;
    let done = CompiledPlugin {
        file: output.to_owned(),
        sha256: Sha256::of(&component.bytes).to_string(),
        size: file.len() as u64,
        key_id: key.public_key().id().to_string(),
        machine: airgo_policy::machine(),
    };
    context.status(
        "Compiled",
        format!(
            "{} for {}: {} ({}), signed by {}, in {}",
            component.shown,
            done.machine,
            shown(output),
            bytes(done.size),
            done.key_id,
            duration(began.elapsed())
        ),
    );
    Ok(done)
}
