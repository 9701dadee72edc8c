//! `airgo key`: shows a key, and writes its public half as other tools read it.

use crate::Context;
use crate::args::{KeyCommand, PublicFormat};
use crate::page::Page;
use airgo_app::documents;
use airgo_app::trust::keyring;
use airgo_app::{Failure, Result};
use airgo_bundle::detached::minisign_public_key;
use airgo_bundle::keys::PublicKey;
use std::path::PathBuf;

/// Runs one of them.
pub fn run(context: &Context, command: &KeyCommand) -> Result<()> {
    match command {
        KeyCommand::Show { file } => show(context, file.as_ref()),
        KeyCommand::Export { file, format } => {
            let (_, key) = read(context, file.as_ref())?;
            context.printer.data(text(&key, *format)?.as_bytes())
        }
    }
}

/// The public key in this file, of either half, or the user's personal one.
fn read(context: &Context, file: Option<&PathBuf>) -> Result<(PathBuf, PublicKey)> {
    let file = match file {
        Some(file) => file.clone(),
        None => keyring::personal_file(context)?,
    };
    let key = keyring::public_half(context, &file)?;
    Ok((file, key))
}

fn text(key: &PublicKey, format: PublicFormat) -> Result<String> {
    Ok(match format {
        PublicFormat::Pem => key.to_pem().map_err(|e| Failure::failed(e.to_string()))?,
        PublicFormat::Openssh => format!("{}\n", key.to_openssh()),
        PublicFormat::Minisign => minisign_public_key(key),
    })
}

fn show(context: &Context, file: Option<&PathBuf>) -> Result<()> {
    let (file, key) = read(context, file)?;
    let (pem, minisign) = (text(&key, PublicFormat::Pem)?, text(&key, PublicFormat::Minisign)?);
    let minisign = minisign.lines().nth(1).unwrap_or_default();
    let public = keyring::public_file_of(&file, &key).map(|p| p.display().to_string());
    if context.printer.is_json() {
        return context.printer.document(&documents::Key {
            file: file.display().to_string(),
            key_id: key.id().to_string(),
            minisign: minisign.to_owned(),
            openssh: key.to_openssh(),
            pem,
            public_file: public,
            schema: documents::KeyV1,
        });
    }
    let mut page = Page::default();
    page.line(format!("fingerprint  {}", key.id()));
    page.line(format!("openssh      {}", key.to_openssh()));
    page.line(format!("minisign     {minisign}"));
    if let Some(public) = public {
        page.line(format!("public file  {public}"));
    }
    context.printer.page(&page)
}
