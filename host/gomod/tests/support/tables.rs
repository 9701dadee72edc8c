//! Cases that are tables: every line of the input `calls` is a function and its
//! arguments, every line of what is wanted the same with the result.

use super::case::Case;
use airgo_gomod::note::SignerKey;
use airgo_gomod::sumdb::{Config, is_consulted};
use airgo_gomod::{ModuleVersion, gosum::Subject, gover, module, pseudo, semver};
use std::cmp::Ordering;
use std::fmt::Display;

/// Every call with its result.
pub fn answer(case: &Case) -> String {
    let calls = std::str::from_utf8(case.input("calls")).unwrap();
    calls.lines().map(|line| format!("{line} => {}\n", call(&words(line)))).collect()
}

/// Words are parted by blanks; `"…"` is one word, with Rust's escapes for
/// quotes, backslashes and line ends.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"').unwrap_or_else(|| panic!("no closing quote: {line}"));
                (quoted[..end].replace("\\n", "\n"), &quoted[end + 1..])
            }
            None => {
                let end = rest.find(' ').unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        words.push(word);
        rest = after.trim_start();
    }
    words
}

fn call(words: &[String]) -> String {
    let args: Vec<&str> = words.iter().map(String::as_str).collect();
    match args[..] {
        ["semver.is_valid", v] => semver::is_valid(v).to_string(),
        ["semver.canonical", v] => quoted(semver::canonical(v)),
        ["semver.major", v] => quoted(semver::major(v)),
        ["semver.major_minor", v] => quoted(semver::major_minor(v)),
        ["semver.prerelease", v] => quoted(semver::prerelease(v)),
        ["semver.build", v] => quoted(semver::build(v)),
        ["semver.compare", v, w] => order(semver::compare(v, w)),
        ["gover.is_valid", v] => gover::is_valid(v).to_string(),
        ["gover.is_lang", v] => gover::is_lang(v).to_string(),
        ["gover.lang", v] => quoted(gover::lang(v)),
        ["gover.prev", v] => quoted(gover::prev(v)),
        ["gover.max", v, w] => quoted(gover::max(v, w)),
        ["gover.compare", v, w] => order(gover::compare(v, w)),
        ["gover.from_toolchain", name] => quoted(gover::from_toolchain(name)),
        ["gover.mod_compare", path, v, w] => order(gover::mod_compare(path, v, w)),
        ["gover.mod_is_valid", path, v] => gover::mod_is_valid(path, v).to_string(),
        ["gover.sort", ..] => sorted(&args[1..]),
        ["check_path", path] => result(module::check_path(path).map(|()| "ok")),
        ["check_import_path", path] => result(module::check_import_path(path).map(|()| "ok")),
        ["check_file_path", path] => result(module::check_file_path(path).map(|()| "ok")),
        ["check", path, version] => result(module::check(path, version).map(|()| "ok")),
        ["check_path_major", v, major] => result(module::check_path_major(v, major).map(|()| "ok")),
        ["split_path_version", path] => module::split_path_version(path)
            .map_or("none".to_owned(), |(prefix, major)| format!("{prefix} {major:?}")),
        ["canonical_version", v] => quoted(module::canonical_version(v)),
        ["is_incompatible", v] => module::is_incompatible(v).to_string(),
        ["escape_path", path] => result(module::escape_path(path)),
        ["escape_version", v] => result(module::escape_version(v)),
        ["unescape_path", path] => result(module::unescape_path(path)),
        ["unescape_version", v] => result(module::unescape_version(v)),
        ["match_prefix_patterns", globs, target] => module::match_prefix_patterns(globs, target).to_string(),
        ["pseudo.time", v] => result(pseudo::pseudo_version_time(v)),
        ["pseudo.rev", v] => result(pseudo::pseudo_version_rev(v)),
        ["pseudo.base", v] => result(pseudo::pseudo_version_base(v).map(|base| format!("{base:?}"))),
        ["pseudo.make", major, older, time, rev] => {
            let time = pseudo::Timestamp::parse(time).unwrap();
            pseudo::pseudo_version(major, older, time, rev)
        }
        ["pseudo.zero", major] => pseudo::zero_pseudo_version(major),
        ["gosumdb", value] => result(Config::parse(value).map(|config| {
            let url = config.url.as_ref().map_or("its own host", |url| url.reveal());
            format!("{} at {url}", config.key.name())
        })),
        ["sumdb_name", name] => {
            let key = SignerKey::from_seed(name, &[1; 32]).unwrap().verifier();
            result(Config::parse(&key.to_string()).map(|_| "ok"))
        }
        ["is_consulted", path, gosumdb, gonosumdb, goproxy] => {
            is_consulted(path, gosumdb, gonosumdb, goproxy).to_string()
        }
        _ => panic!("no such call: {args:?}"),
    }
}

fn quoted(s: impl Display) -> String {
    let s = s.to_string();
    if s.is_empty() { "\"\"".to_owned() } else { s }
}

fn order(order: Ordering) -> String {
    format!("{order:?}").to_lowercase()
}

fn result(result: Result<impl Display, impl Display>) -> String {
    result.map_or_else(|error| format!("error: {error}"), |value| value.to_string())
}

fn sorted(modules: &[&str]) -> String {
    let split = |module: &&str| {
        let (path, version) = module.split_once('@').unwrap();
        ModuleVersion::new(path, version)
    };
    let mut modules: Vec<ModuleVersion> = modules.iter().map(split).collect();
    gover::sort(&mut modules);
    modules.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// `go.mod` or `zip`, as the go.sum cases write it.
pub fn subject(word: &str) -> Subject {
    match word {
        "zip" => Subject::Zip,
        "go.mod" => Subject::GoMod,
        _ => panic!("{word} is neither zip nor go.mod"),
    }
}
