//! `airgo key`: shows a key, and writes its public half as other tools read it.

use crate::Context;
use crate::args::{self, KeyCommand};
use crate::page::Page;
use airgo_app::Result;
use airgo_app::documents;
use airgo_app::key::{Key, PublicFormat, read};

/// Runs one of them.
pub fn run(context: &Context, command: &KeyCommand) -> Result<()> {
    match command {
        KeyCommand::Show { file } => show(context, &read(context, file.as_deref())?),
        KeyCommand::Export { file, format } => {
            let format = match format {
                args::PublicFormat::Pem => PublicFormat::Pem,
                args::PublicFormat::Openssh => PublicFormat::Openssh,
                args::PublicFormat::Minisign => PublicFormat::Minisign,
            };
            context.printer.data(read(context, file.as_deref())?.text(format)?.as_bytes())
        }
    }
}

fn show(context: &Context, key: &Key) -> Result<()> {
    let (pem, minisign) = (key.text(PublicFormat::Pem)?, key.text(PublicFormat::Minisign)?);
    let minisign = minisign.lines().nth(1).unwrap_or_default();
    let (key_id, openssh) = (key.public.id().to_string(), key.public.to_openssh());
    let public_file = key.public_file.as_ref().map(|file| file.display().to_string());
    if context.printer.is_json() {
        return context.printer.document(&documents::Key {
            file: key.file.display().to_string(),
            key_id,
            minisign: minisign.to_owned(),
            openssh,
            pem,
            public_file,
            schema: documents::KeyV1,
        });
    }
    let mut page = Page::default();
    page.line(format!("fingerprint  {key_id}"));
    page.line(format!("openssh      {openssh}"));
    page.line(format!("minisign     {minisign}"));
    if let Some(file) = public_file {
        page.line(format!("public file  {file}"));
    }
    context.printer.page(&page)
}
