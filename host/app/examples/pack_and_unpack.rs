//! Packs the Go module in a directory and unpacks it into an empty module cache,
//! all in this process:
//!
//! ```text
//! cargo run -p airgo-app --example pack_and_unpack -- examples/hello
//! ```
//!
//! Settings are those of `go`: GOPROXY, GOSUMDB and the rest. What happens is
//! printed as it happens.

#![allow(clippy::print_stdout, reason = "a program, not the library")]

use airgo_app::pack::{PackRequest, pack};
use airgo_app::unpack::{UnpackRequest, unpack};
use airgo_app::{Context, Events, Failure, GoEnv, Meter, SignWith, Silent, TrustFiles};
use airgo_model::{Line, Message};
use std::path::PathBuf;
use std::sync::Arc;

/// Prints status lines and warnings, and no progress.
struct Lines;

impl Events for Lines {
    fn status(&self, verb: &'static str, rest: &Line) {
        println!("{verb} {rest}");
    }

    fn detail(&self, _: &Line) {}

    fn warning(&self, text: &Message) {
        println!("warning: {text}");
    }

    fn hint(&self, _: &Line) {}

    fn progress(&self, _: &'static str, _: &'static str, _: u64) -> Box<dyn Meter> {
        Box::new(Silent)
    }
}

fn main() -> Result<(), String> {
    let project = std::env::args_os().nth(1).unwrap_or_else(|| ".".into());
    let scratch = tempfile::tempdir().map_err(|e| e.to_string())?;
    run(project.into(), scratch.path().to_owned()).map_err(|failure| failure.text())
}

fn run(project: PathBuf, scratch: PathBuf) -> Result<(), Failure> {
    let context = Context::new(GoEnv::new(std::env::vars_os()), Arc::new(Lines));
    let failed = |e: &dyn std::fmt::Display| Failure::failed(e.to_string());

    let key = airgo_bundle::keys::SigningKey::generate().map_err(|e| failed(&e))?;
    let private = scratch.join("key");
    let text = key.to_pkcs8_pem().map_err(|e| failed(&e))?;
    airgo_bundle::keys::create_private_file(&private, &text).map_err(|e| failed(&e))?;
    let public = scratch.join("key.pub");
    let text = airgo_bundle::keys::Signer::public_key(&key).to_pem().map_err(|e| failed(&e))?;
    std::fs::write(&public, text).map_err(|e| failed(&e))?;

    let packed = pack(
        &context,
        &PackRequest {
            dirs: vec![project],
            output: Some(scratch.join("app.airgo")),
            signer: SignWith { key: Some(private), ..SignWith::default() },
            ..PackRequest::default()
        },
    )?;
    println!("{} modules, {} bytes, signed by {}", packed.modules, packed.size, packed.key_id);

    let unpacked = unpack(
        &context,
        &UnpackRequest {
            files: vec![packed.file],
            gomodcache: Some(scratch.join("modcache")),
            trust: TrustFiles { trust: vec![public], ..TrustFiles::default() },
            ..UnpackRequest::default()
        },
    )?;
    println!("{} installed, content id {}", unpacked.installed, unpacked.content_id);
    // A module cache is read-only, and would stay behind.
    make_writable(&unpacked.dir).map_err(|e| failed(&e))
}

fn make_writable(dir: &std::path::Path) -> std::io::Result<()> {
    let mut permissions = std::fs::metadata(dir)?.permissions();
    #[cfg(unix)]
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    #[cfg(not(unix))]
    permissions.set_readonly(false);
    std::fs::set_permissions(dir, permissions)?;
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            make_writable(&entry.path())?;
        }
    }
    Ok(())
}
