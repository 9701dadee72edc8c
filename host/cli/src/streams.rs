//! `-` for stdin and stdout: refused. Bundles, plugins and snapshots are read at
//! any place, and files are written beside their target and renamed, which
//! neither of the two allows.

use clap::builder::{PathBufValueParser, StringValueParser, TypedValueParser as _, ValueParser};
use clap::{Arg, Command};
use std::any::TypeId;
use std::path::{Path, PathBuf};

/// Refuses `-` wherever the command line names a file or a directory.
pub fn refuse(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    let command = command.mut_args(|arg| match file_parser(&arg) {
        Some(parser) => arg.value_parser(parser),
        None => arg,
    });
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, refuse))
}

fn file_parser(arg: &Arg) -> Option<ValueParser> {
    let kind = arg.get_value_parser().type_id();
    if kind == TypeId::of::<PathBuf>() {
        return Some(PathBufValueParser::new().try_map(no_stream).into());
    }
    let names_file = arg.get_value_names().is_some_and(|names| {
        names.iter().any(|name| ["FILE", "DIR", "SOURCE"].iter().any(|word| name.contains(word)))
    });
    (kind == TypeId::of::<String>() && names_file).then(|| StringValueParser::new().try_map(no_stream).into())
}

/// The file, unless it is `-`.
///
/// # Errors
/// What to name in its place.
pub fn no_stream<T: AsRef<Path>>(file: T) -> Result<T, &'static str> {
    if file.as_ref() == Path::new("-") {
        return Err(
            "airgo reads no file from stdin and writes none to stdout: name a file (./- is one of that name)",
        );
    }
    Ok(file)
}

#[cfg(test)]
mod tests {

    #[test]
    fn no_command_takes_a_stream_for_a_file() {
        for line in [
            "pack -o - .",
            "pack - -o x",
            "pack --since -",
            "unpack -",
            "unpack a --trust -",
            "verify - --request x",
            "verify a --request -",
            "inspect -",
            "diff a -",
            "why - example.com/a",
            "sign - --key k",
            "sign a --key -",
            "repair - -o x",
            "resend - a -o x",
            "keygen -o -",
            "key show -",
            "key export -",
            "policy check -",
            "policy check --plugin -",
            "plugin build -o -",
            "plugin inspect -",
            "vulndb import - -o x",
            "vulndb info -",
            "man -",
            "resolve -",
        ] {
            let words = std::iter::once("airgo").chain(line.split(' '));
            let error = crate::manual::command().try_get_matches_from(words).unwrap_err().to_string();
            assert!(error.contains("no file from stdin"), "{line}: {error}");
        }
        let named = ["airgo", "why", "./-", "-"];
        assert!(crate::manual::command().try_get_matches_from(named).is_ok());
    }
}
