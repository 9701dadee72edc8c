//! `airgo man DIR`: writes a man page for airgo and for each command.

use crate::Context;
use crate::exit;
use crate::manual;
use airgo_app::Result;
use airgo_app::errors::disk;
use airgo_model::atomic::{self, Access};
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::io;
use std::path::Path;

/// Writes `airgo.1`, `airgo-pack.1`, … into `dir`.
pub fn run(context: &Context, dir: &Path) -> Result<()> {
    let failure = |e: io::Error| {
        let what = format!("the man pages to {}", dir.display());
        disk::unwritable(&what, &e, "name a directory that you may write to: airgo man DIR")
    };
    std::fs::create_dir_all(dir).map_err(failure)?;
    let mut command = manual::command().disable_help_subcommand(true);
    // Sub-commands get their full names and the global options.
    command.build();
    let mut pages = Vec::new();
    render(&command, "", &mut pages).map_err(failure)?;
    for (name, page) in &pages {
        atomic::replace(&dir.join(name), page, Access::Public).map_err(failure)?;
    }
    context.printer.status("Wrote", format!("{} man pages to {}", pages.len(), dir.display()));
    Ok(())
}

/// The pages of a command and of those below it, with their file names.
fn render(command: &Command, path: &str, pages: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    let man = Man::new(command.clone()).manual("airgo manual");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    let subcommands: Vec<&Command> = command.get_subcommands().filter(|c| !c.is_hide_set()).collect();
    if !subcommands.is_empty() {
        man.render_subcommands_section(&mut page)?;
    }
    let mut roff = Roff::new();
    let examples = manual::examples(path);
    if !examples.is_empty() {
        roff.control("SH", ["EXAMPLES"]);
        for (what, typed) in examples {
            roff.control("PP", []);
            roff.text([roman(format!("{what}:"))]);
            roff.control("PP", []);
            roff.control("RS", ["4"]);
            roff.control("EX", []);
            roff.text([roman(*typed)]);
            roff.control("EE", []);
            roff.control("RE", []);
        }
    }
    described(&mut roff, "EXIT STATUS", &exit_status());
    described(&mut roff, "ENVIRONMENT", manual::ENVIRONMENT);
    described(&mut roff, "FILES", manual::FILES);
    let own = page_name(command);
    let parent = own.rsplit_once('-').map(|(parent, _)| parent.to_owned());
    let below = subcommands.iter().map(|c| page_name(c));
    let see: Vec<String> = parent
        .into_iter()
        .chain(below)
        .map(|name| format!("{name}(1)"))
        .chain(["go(1)".to_owned()])
        .collect();
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman(see.join(", "))]);
    roff.to_writer(&mut page)?;
    pages.push((format!("{own}.1"), page));
    for sub in subcommands {
        let below =
            if path.is_empty() { sub.get_name().to_owned() } else { format!("{path} {}", sub.get_name()) };
        render(sub, &below, pages)?;
    }
    Ok(())
}

fn page_name(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

/// The table of exit codes as pairs.
fn exit_status() -> Vec<(&'static str, &'static str)> {
    exit::TABLE.lines().skip(1).filter_map(|line| line.trim().split_once("  ")).collect()
}

fn described(roff: &mut Roff, heading: &str, entries: &[(&str, &str)]) {
    roff.control("SH", [heading]);
    for (name, text) in entries {
        roff.control("TP", []);
        roff.text([bold(*name)]);
        roff.text([roman(*text)]);
    }
}
