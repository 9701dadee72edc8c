//! Licences of the documentation: they do not govern the code, and are
//! reported beside its licence instead of being joined with it. Where the name
//! of a file does not say so, a sentence has to, in so few and such plain
//! words that it can mean nothing else; and only of licences for texts.

use crate::combine::{Item, is_named};
use crate::files::Role;
use crate::module::{Read, expression_of};
use crate::statement::{ADDRESS, DIR, FILE, Kind, NAME, Statement};

/// Licences that are for texts, by how their ids start.
const FOR_TEXTS: [&str; 2] = ["CC-", "GFDL-"];

/// Words that may stand before the documentation that a sentence is about.
const BEFORE: [&str; 6] = ["the", "all", "our", "its", "project", "user"];

/// Words that may stand after it.
const AFTER: [&str; 41] = [
    "a",
    "an",
    "are",
    "at",
    "available",
    "be",
    "by",
    "can",
    "content",
    "covered",
    "details",
    "directory",
    "distributed",
    "file",
    "files",
    "folder",
    "for",
    "found",
    "full",
    "governed",
    "in",
    "international",
    "is",
    "it",
    "license",
    "licensed",
    "made",
    "may",
    "of",
    "published",
    "refer",
    "released",
    "see",
    "terms",
    "text",
    "the",
    "this",
    "to",
    "under",
    "used",
    "within",
];

/// Whether a sentence, with marks for names and files, says of the licences
/// that it names that they hold for the documentation alone.
pub fn is_meant(sentence: &str, ids: &[String]) -> bool {
    if ids.is_empty() || !ids.iter().all(|id| FOR_TEXTS.iter().any(|start| id.starts_with(start))) {
        return false;
    }
    let mut words = sentence.split_whitespace().skip_while(|word| BEFORE.contains(word));
    let documentation = |word: &str| word == "documentation" || word == "docs";
    words.next().is_some_and(documentation)
        && words.all(|word| [NAME, FILE, ADDRESS, DIR].contains(&word) || AFTER.contains(&word))
}

/// Takes the licences out that hold for the documentation alone, unless no
/// other one would remain; and says which those are, by file.
pub fn take(
    files: &[Read],
    statements: &[(&Read, &Statement)],
    items: &mut Vec<Item<'_>>,
) -> Vec<(String, String)> {
    let mut docs: Vec<(String, String)> = Vec::new();
    for file in files.iter().filter(|file| file.role == Role::Docs) {
        let path = &file.path;
        let what = match expression_of(&file.detection) {
            Some(expression) => format!("{path} is {expression}, for the documentation alone"),
            None => format!("{path} is for the documentation alone, and none of the licences that are known"),
        };
        docs.push((path.clone(), what));
    }
    for (file, said) in statements.iter().filter(|(_, said)| said.kind == Kind::Docs) {
        let is_for_docs = |item: &Item<'_>| {
            !item.tagged
                && item.is_one_of(&said.names)
                && (item.path == file.path
                    || said.files.is_empty()
                    || said.files.iter().any(|path| is_named(item.path, path)))
        };
        if !items.is_empty() && items.iter().all(is_for_docs) {
            continue;
        }
        items.retain(|item| !is_for_docs(item));
        let (path, names) = (&file.path, said.names.join(", "));
        docs.push((path.clone(), format!("{path} says that {names} is for the documentation alone")));
    }
    docs
}
