//! `airgo key`: the key of a bundle that would be packed; shows a signing key, and
//! writes its public half as other tools read it.

use crate::Context;
use crate::args::{self, KeyCommand};
use crate::page::Page;
use airgo_app::Result;
use airgo_app::documents;
use airgo_app::key::{Key, PublicFormat, read};

/// Prints the key of a bundle, or runs one of the commands.
#[cfg(feature = "full")]
pub fn run(context: &Context, args: &args::Key) -> Result<()> {
    let Some(command) = &args.command else { return bundle_key(context, &args.bundle) };
    run_command(context, command)
}

/// Runs one of the commands.
#[cfg(not(feature = "full"))]
pub fn run(context: &Context, args: &args::Key) -> Result<()> {
    run_command(context, &args.command)
}

#[cfg(feature = "full")]
fn bundle_key(context: &Context, args: &args::BundleKeyArgs) -> Result<()> {
    let request = airgo_app::inputs::KeyRequest {
        dirs: args.dirs.clone(),
        collect: args.collect.request(),
        payload: args.payload.request(),
    };
    let key = airgo_app::inputs::bundle_key(context, &request)?;
    if context.printer.is_json() {
        return context.printer.document(&documents::BundleKey::new(&key));
    }
    let mut page = Page::default();
    page.line(key.inputs.key.to_string());
    context.printer.page(&page)
}

fn run_command(context: &Context, command: &KeyCommand) -> Result<()> {
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
