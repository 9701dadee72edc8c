//! What no argument may be: `-` for stdin and stdout, and an address.
//!
//! Bundles, plugins and snapshots are read at any place, and files are written
//! beside their target and renamed, which no stream allows. Of an address airgo
//! would make a file name, and of the password in it a line of a log; the one
//! argument that takes addresses (`vulndb import`) has a type of its own.

use airgo_gomod::address::is_address;
use clap::builder::{PathBufValueParser, StringValueParser, TypedValueParser as _, ValueParser};
use clap::{Arg, Command};
use std::any::TypeId;
use std::path::{Path, PathBuf};

/// Refuses them in every argument that takes any text.
pub fn refuse(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    let command = command.mut_args(|arg| match parser(&arg) {
        Some(parser) => arg.value_parser(parser),
        None => arg,
    });
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, refuse))
}

fn parser(arg: &Arg) -> Option<ValueParser> {
    let kind = arg.get_value_parser().type_id();
    if kind == TypeId::of::<PathBuf>() && arg.get_value_delimiter().is_some() {
        return Some(PathBufValueParser::new().try_map(|file| no_part(no_address(no_stream(file)?)?)).into());
    }
    if kind == TypeId::of::<PathBuf>() {
        return Some(PathBufValueParser::new().try_map(|file| no_address(no_stream(file)?)).into());
    }
    // A remark may name a page.
    if kind != TypeId::of::<String>() || arg.get_id() == "comment" {
        return None;
    }
    let names_file = arg.get_value_names().is_some_and(|names| {
        names.iter().any(|name| ["FILE", "DIR", "SOURCE"].iter().any(|word| name.contains(word)))
    });
    Some(match names_file {
        true => StringValueParser::new().try_map(|file| no_address(no_stream(file)?)).into(),
        false => StringValueParser::new().try_map(no_address).into(),
    })
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

/// The value, unless it is an address.
fn no_address<T: AsRef<Path>>(value: T) -> Result<T, &'static str> {
    if is_address(&value.as_ref().to_string_lossy()) { Err(ADDRESS) } else { Ok(value) }
}

/// The file, unless it is what a list separated by `:` makes of an address.
fn no_part<T: AsRef<Path>>(file: T) -> Result<T, &'static str> {
    let part = file.as_ref().to_string_lossy();
    // The rest of `https://host` and of `user:password@host`.
    if part.starts_with("//") || is_address(&format!("user:{part}")) { Err(ADDRESS) } else { Ok(file) }
}

const ADDRESS: &str = "an address: name what is on this machine";

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

    #[test]
    fn no_command_takes_an_address_for_a_file() {
        const ADDRESS: &str = "https://user:password@host.example/app.airgo";
        let parse = |line: &str| {
            let words = std::iter::once("airgo").chain(line.split(' '));
            crate::manual::command().try_get_matches_from(words)
        };
        for line in ["unpack ADDRESS", "pack -o ADDRESS", "why a ADDRESS", "sign a --role ADDRESS"] {
            let error = parse(&line.replace("ADDRESS", ADDRESS)).unwrap_err().to_string();
            assert!(error.contains("on this machine"), "{line}: {error}");
        }
        assert!(parse("inspect a --trust b:https://token@host.example/key.pub").is_err());
        assert!(parse("inspect a --trust user:password@host.example/key.pub").is_err());
        assert!(parse("inspect user:password@host.example/app.airgo").is_err());
        for line in ["sign a --comment ADDRESS", "vulndb import ADDRESS -o a", "pack --trust a:b"] {
            assert!(parse(&line.replace("ADDRESS", ADDRESS)).is_ok(), "{line}");
        }
    }
}
