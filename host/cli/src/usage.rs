//! A wrong command line as `--json` reports it: the document that every error
//! has. clap has not parsed the line, so `--json` is looked for in its words.

use airgo_app::{Failure, FailureKind};
use airgo_gomod::address::{HIDDEN, in_text, is_address};
use clap::error::{ContextKind, ContextValue};
use std::ffi::OsString;

/// Whether `--json` or `--format json` is among the options; what follows `--`
/// is not one.
pub fn wants_json(args: impl Iterator<Item = OsString>) -> bool {
    let mut before = OsString::new();
    args.skip(1).take_while(|arg| arg != "--").any(|arg| {
        let wanted = arg == "--json" || arg == "--format=json" || (before == "--format" && arg == "json");
        before = arg;
        wanted
    })
}

/// What clap says, without what may be a secret in the values that it quotes;
/// `rendered` is plain or coloured.
pub fn disguised(error: &clap::Error, rendered: &str) -> String {
    let text = in_text(rendered);
    match error.get(ContextKind::InvalidValue) {
        // The rest of an address that a list was split at.
        Some(ContextValue::String(value))
            if value.starts_with("//") || is_address(&format!("user:{value}")) =>
        {
            text.replace(value, HIDDEN)
        }
        _ => text,
    }
}

/// The commands that are left out without the feature `full`.
const FULL: [&str; 8] = ["cache", "completions", "doctor", "man", "pack", "plugin", "resolve", "vulndb"];

/// The failure of a command that the full airgo has, and this one has not.
pub fn left_out(error: &clap::Error) -> Option<Failure> {
    let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    if cfg!(feature = "full") || !FULL.contains(&name.as_str()) {
        return None;
    }
    let failure = Failure::new(FailureKind::Usage, format!("airgo-unpack has no command {name}"))
        .line("it verifies, evaluates and unpacks bundles, and has neither network nor compiler")
        .hint(format!("run it with the full airgo: airgo {name}"));
    Some(failure)
}

/// The failure of a command line that clap refused.
pub fn failure(error: &clap::Error) -> Failure {
    let rendered = disguised(error, &error.render().to_string());
    // The first paragraph says what is wrong; usage and tips follow.
    let mut paragraphs = rendered.trim().split("\n\n");
    let first = paragraphs.next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let mut lines = first.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut failure = Failure::new(FailureKind::Usage, lines.next().unwrap_or("the command line is wrong"));
    for line in lines {
        failure = failure.line(line);
    }
    if let Some(ContextValue::String(name)) = error.get(ContextKind::SuggestedSubcommand) {
        failure = failure.hint(format!("there is a command {name}"));
    }
    for paragraph in paragraphs {
        let text = paragraph.trim();
        let text = text.strip_prefix("tip: ").unwrap_or(text);
        if !text.is_empty() {
            failure = failure.hint(text.lines().map(str::trim).collect::<Vec<_>>().join(" "));
        }
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &str) -> Failure {
        let words: Vec<&str> = line.split(' ').collect();
        failure(&crate::manual::command().try_get_matches_from(words).unwrap_err())
    }

    #[test]
    fn the_failure_says_what_is_wrong_and_how_it_is_used() {
        let wrong = refused("airgo pack --no-such-flag");
        assert_eq!(
            (wrong.kind, wrong.message.raw()),
            (FailureKind::Usage, "unexpected argument '--no-such-flag' found")
        );
        assert!(wrong.hints.iter().any(|hint| hint.raw().starts_with("Usage: airgo pack")), "{wrong:?}");
        assert!(refused("airgo vreify x").hints.iter().any(|hint| hint.raw().contains("verify")));
        assert_eq!(refused("airgo verify").block, ["<FILE>...".into()]);
    }

    #[test]
    fn what_is_left_out_is_a_command_of_the_full_airgo() {
        let command = crate::manual::command();
        for name in FULL {
            assert_eq!(command.find_subcommand(name).is_some(), cfg!(feature = "full"), "{name}");
        }
    }

    #[test]
    fn json_is_an_option_only_before_two_dashes() {
        let wants = |line: &str| wants_json(line.split(' ').map(OsString::from));
        assert!(wants("airgo --json nope") && wants("airgo pack --json"));
        assert!(wants("airgo resolve --format=json") && wants("airgo policy check --format json ."));
        assert!(!wants("airgo resolve --format graph json") && !wants("airgo resolve json --format"));
        assert!(!wants("airgo pack -- --json") && !wants("--json pack"));
    }
}
