//! What the prose of a licence file says of licences and of other files:
//! "either of LICENSE-MIT or LICENSE-APACHE, at your option", "files under
//! gpl/ are under the GPL".
//!
//! A sentence is a choice only where its words offer one, it speaks of the
//! whole module, and nothing in it joins or denies. All else is read as terms
//! that hold together.

use serde::{Deserialize, Serialize};

use crate::documentation;
use crate::files::{self, Role};
use crate::names::names;

/// How the licences of a sentence relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// They, or the files, are named, and no more.
    Plain,
    /// One of them may be chosen.
    Choice,
    /// They may be taken in place of what stands beside them in the file.
    Alternative,
    /// Each of them holds.
    All,
    /// They hold for a part of the module, or for what was taken from others.
    Part,
    /// They hold for the documentation alone.
    Docs,
}

/// What a sentence says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    pub kind: Kind,
    /// SPDX ids, or families such as GPL.
    pub names: Vec<String>,
    /// Licence files, as paths below the root of the module.
    pub files: Vec<String>,
    /// Directories, without the last slash.
    pub dirs: Vec<String>,
    /// An SPDX id.
    pub exception: Option<String>,
}

/// A file says no more than this many things.
const MAX_STATEMENTS: usize = 64;
/// A longer sentence is no sentence.
const MAX_WORDS: usize = 400;

/// The statements in a text in which no licence was found.
pub fn statements(prose: &str) -> Vec<Statement> {
    let mut of_others = false;
    let mut all = Vec::new();
    for sentence in sentences(prose) {
        if sentence.heading {
            // What comes below it is taken to belong to it, whatever its level.
            let heading = sentence.text.to_lowercase();
            of_others |=
                has_any(&format!(" {} ", heading.trim_matches([':', '#', ' '])), &HEADINGS_OF_OTHERS);
        }
        if let Some(mut statement) = read(&sentence.text) {
            if of_others {
                statement.kind = Kind::Part;
            }
            all.push(statement);
        }
        if all.len() == MAX_STATEMENTS {
            break;
        }
    }
    all
}

struct Sentence {
    text: String,
    heading: bool,
}

/// A list belongs to the sentence before it, and so do words after it that
/// start in lower case.
fn sentences(prose: &str) -> Vec<Sentence> {
    let mut all: Vec<Sentence> = Vec::new();
    let mut open = String::new();
    let mut after_blank = false;
    let mut close = |open: &mut String, heading: bool| {
        if !open.trim().is_empty() {
            all.push(Sentence { text: std::mem::take(open), heading });
        }
        open.clear();
    };
    // Tags are read for themselves.
    for line in prose.lines().filter(|line| !line.contains("SPDX-")) {
        let text = line.trim().trim_start_matches("//").trim_start_matches("> ").trim();
        if text.chars().all(|c| !c.is_alphanumeric()) {
            after_blank = true;
            continue;
        }
        if text.starts_with('#')
            || (text.ends_with(':') && text.split_whitespace().count() <= 3 && after_blank)
        {
            close(&mut open, false);
            open.push_str(text);
            close(&mut open, true);
            after_blank = false;
            continue;
        }
        let list =
            text.starts_with(['*', '-', '+', '•', '(']) || text.starts_with(|c: char| c.is_ascii_digit());
        let goes_on = list || text.starts_with(char::is_lowercase) || open.trim_end().ends_with([':', ',']);
        if after_blank && !goes_on {
            let heading = open.split_whitespace().count() <= 6;
            close(&mut open, heading);
        }
        after_blank = false;
        let mut rest = text;
        while let Some(at) = sentence_end(rest) {
            open.push(' ');
            open.push_str(&rest[..at]);
            close(&mut open, false);
            rest = rest[at..].trim_start();
        }
        open.push(' ');
        open.push_str(rest);
        if rest.ends_with(['.', '!', '?']) {
            close(&mut open, false);
        }
    }
    close(&mut open, false);
    all
}

/// After a full stop that a capital letter follows.
fn sentence_end(text: &str) -> Option<usize> {
    let ends = text.match_indices(". ").map(|(at, _)| at + 1);
    ends.into_iter().find(|at| {
        let next = text[*at..].trim_start().chars().next();
        next.is_some_and(char::is_uppercase) && !text[..*at].ends_with(" v.") && !text[..*at].ends_with(" c.")
    })
}

/// Words that offer a choice, if there is anything to choose from.
const STRONG: [&str; 12] = [
    " either ",
    " at your option ",
    " at your choice ",
    " your choice ",
    " choose ",
    " a choice of ",
    " one of the following ",
    " any of the following ",
    " any one of ",
    " one of these ",
    " whichever ",
    " at the option of ",
];
const DUAL: [&str; 9] = [
    "dual-licens",
    "dual licens",
    "dually licens",
    "dually-licens",
    "dual-licenc",
    "triple-licens",
    "triple licens",
    "multi-licens",
    "tri-licens",
];
const TOGETHER: [&str; 16] = [
    " both ",
    " all of ",
    " also apply",
    " also applies",
    " respectively ",
    " together ",
    " as well as ",
    " in addition",
    " additionally ",
    " simultaneously ",
    " each of ",
    " comply with ",
    " and also ",
    " plus ",
    " on top of ",
    " must be kept ",
];
const DENIES: [&str; 12] = [
    " not ",
    " cannot ",
    " no longer ",
    " previously ",
    " formerly ",
    " prior ",
    " until ",
    " never ",
    " compatible ",
    " neither ",
    " unless ",
    " no choice ",
];
/// What speaks of less than the whole module.
const PARTS: [&str; 19] = [
    " files under ",
    " files in ",
    " following files ",
    " file in ",
    " directory ",
    " directories ",
    " subdirectory ",
    " subdirectories ",
    " folder ",
    " portions ",
    " parts ",
    " part of ",
    " some files ",
    " except ",
    " documentation ",
    " docs ",
    " components ",
    " files are ",
    " code in ",
];
const OF_OTHERS: [&str; 22] = [
    " third-party ",
    " third party ",
    " 3rd party ",
    " vendored ",
    " vendor ",
    " bundled ",
    " bundles ",
    " includes ",
    " include ",
    " contains ",
    " incorporates ",
    " derived ",
    " based on ",
    " ported ",
    " copied ",
    " taken from ",
    " borrowed ",
    " originally ",
    " dependency ",
    " dependencies ",
    " which is ",
    " which are ",
];
const HEADINGS_OF_OTHERS: [&str; 8] = [
    " third-party ",
    " third party ",
    " 3rd party ",
    " 3rd-party ",
    " vendored ",
    " bundled ",
    " dependencies ",
    " included ",
];
/// Words by which a sentence speaks of terms at all, or points elsewhere.
const SPEAKS: [&str; 14] = [
    "licens",
    " under ",
    " terms ",
    "covered",
    "distributed",
    "released",
    " see ",
    " refer ",
    " found in ",
    " read ",
    " apply",
    " applies ",
    " exception",
    " governed ",
];

fn has_any(text: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| text.contains(phrase))
}

fn read(sentence: &str) -> Option<Statement> {
    let words = Words::of(sentence);
    if words.all.len() > MAX_WORDS {
        return None;
    }
    let plain: Vec<&str> = words.all.iter().map(String::as_str).collect();
    let found = names(&plain);
    let exception = exception(&plain);
    // The sentence without the names, whose own "or" is no choice.
    let mut flat = vec![" "];
    let mut at = 0;
    for name in &found {
        flat.extend(&plain[at..name.from]);
        flat.push(NAME);
        at = name.to;
    }
    flat.extend(&plain[at..]);
    flat.push(" ");
    let joined = format!(" {} ", flat.join(" "));
    let joined = without_general_exceptions(&joined);
    let mut ids: Vec<String> = found.into_iter().map(|name| name.id).collect();
    ids.dedup();
    let options = ids.len().max(words.files.len());
    let dual = has_any(&joined, &DUAL) || joined.contains(&format!(" dual {NAME} "));
    let strong = dual || has_any(&joined, &STRONG);
    let both = joined.replace(" either or both ", " either ");
    let together = has_any(&both, &TOGETHER);
    let denies = has_any(&joined, &DENIES);
    let part = !words.dirs.is_empty() || has_any(&joined, &PARTS) || has_any(&joined, &OF_OTHERS);
    let (or, and) = links(&joined, if ids.len() > 1 { NAME } else { FILE });
    let speaks = has_any(&joined, &SPEAKS) || joined.trim() == FILE || dual;
    let offers = !part && !together && !denies && (dual || !and) && (strong || (or && speaks));
    let named = options > 0 || !words.dirs.is_empty();
    let kind = if documentation::is_meant(&joined, &ids) {
        Kind::Docs
    } else if part && named && (speaks || !words.dirs.is_empty()) {
        Kind::Part
    } else if offers && (options > 1 || (options == 0 && (dual || joined.contains("licens")))) {
        Kind::Choice
    } else if !part
        && !together
        && !denies
        && has_any(&joined, &[" alternatively ", " instead of the above "])
        && named
    {
        Kind::Alternative
    } else if options > 1 && speaks && (together || and || (denies && (strong || or))) {
        Kind::All
    } else if speaks && !denies && (options > 0 || exception.is_some()) {
        Kind::Plain
    } else {
        return None;
    };
    Some(Statement {
        kind,
        names: ids,
        files: words.files,
        dirs: words.dirs,
        exception: exception.filter(|_| !denies),
    })
}

/// In place of a name, of a file, of an address, and of a directory.
pub const NAME: &str = "\u{a7}";
pub const FILE: &str = "\u{b6}";
pub const ADDRESS: &str = "\u{2016}";
pub const DIR: &str = "\u{2021}";

/// "Except as otherwise noted" takes nothing in particular out.
fn without_general_exceptions(text: &str) -> String {
    const BEFORE: [&str; 3] = [" except ", " unless ", " except where "];
    const AFTER: [&str; 6] = [
        "as otherwise noted ",
        "otherwise noted ",
        "otherwise stated ",
        "otherwise specified ",
        "where otherwise noted ",
        "explicitly stated otherwise ",
    ];
    let mut text = text
        .replace(" explicitly otherwise ", " otherwise ")
        .replace(" otherwise explicitly ", " otherwise ");
    for before in BEFORE {
        for after in AFTER {
            text = text.replace(&format!("{before}{after}"), " ");
        }
    }
    text
}

/// Whether "or" and "and" stand between two of the marks.
fn links(text: &str, mark: &str) -> (bool, bool) {
    let mut text = text.to_owned();
    for (from, to) in [
        (format!(" {FILE} or at {ADDRESS} "), format!(" {FILE} ")),
        (format!(" {FILE} or {ADDRESS} "), format!(" {FILE} ")),
        (format!(" {ADDRESS} or {FILE} "), format!(" {FILE} ")),
    ] {
        text = text.replace(&from, &to);
    }
    let pieces: Vec<&str> = text.split(mark).collect();
    let between = pieces.get(1..pieces.len().saturating_sub(1)).unwrap_or_default();
    let has =
        |wanted: &[&str]| between.iter().any(|piece| piece.split_whitespace().any(|w| wanted.contains(&w)));
    (has(&["or", "/"]), has(&["and", "&"]))
}

/// The exception that a sentence grants, by its usual names.
fn exception(words: &[&str]) -> Option<String> {
    let text = format!(" {} ", words.join(" "));
    let named = words.iter().find(|word| {
        let stem = word.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
        word.contains('-') && stem.ends_with("-exception")
    });
    const KNOWN: [(&str, &str); 6] = [
        ("classpath", "Classpath-exception-2.0"),
        ("llvm", "LLVM-exception"),
        ("gcc", "GCC-exception-3.1"),
        ("bison", "Bison-exception-2.2"),
        ("font", "Font-exception-2.0"),
        ("autoconf", "Autoconf-exception-3.0"),
    ];
    if let Some(named) = named {
        let known = KNOWN.iter().find(|(word, _)| named.starts_with(word));
        return Some(known.map_or_else(|| (*named).to_owned(), |(_, id)| (*id).to_owned()));
    }
    if !text.contains(" exception ") {
        return None;
    }
    if let Some((_, id)) = KNOWN.iter().find(|(word, _)| text.contains(&format!(" {word} exception "))) {
        return Some((*id).to_owned());
    }
    if text.contains(" runtime library exception ") {
        return Some("GCC-exception-3.1".to_owned());
    }
    if text.contains(" independent modules ") && text.contains(" link ") {
        return Some("Classpath-exception-2.0".to_owned());
    }
    let linking = text.contains(" linking exception ")
        || (text.contains(" special exception ") && (text.contains(" link ") || text.contains(" links ")));
    linking.then(|| LINKING.to_owned())
}

/// A linking exception in words of its own.
pub const LINKING: &str = "AdditionRef-linking-exception";

/// The words of a sentence, in lower case; files and addresses are taken out.
struct Words {
    all: Vec<String>,
    files: Vec<String>,
    dirs: Vec<String>,
}

impl Words {
    fn of(sentence: &str) -> Self {
        let mut words = Words { all: Vec::new(), files: Vec::new(), dirs: Vec::new() };
        let outer = |c: char| c.is_whitespace() || "()[]<>\"'`,;:“”‘’|".contains(c);
        let spaced = sentence.replace("://", "\u{1}");
        for token in spaced.split(outer).filter(|token| !token.is_empty()) {
            words.token(token.trim_end_matches(['.', '!', '?']));
        }
        words
    }

    fn token(&mut self, token: &str) {
        if token.contains('\u{1}') {
            return self.all.push(ADDRESS.to_owned());
        }
        let path = token
            .trim_start_matches("./")
            .trim_start_matches("**")
            .trim_end_matches("**")
            .trim_end_matches('*');
        let safe = !path.starts_with('/') && !path.split('/').any(|part| part == "..");
        let name = path.rsplit('/').next().unwrap_or_default();
        let stem = name.split(['.', '-', '_']).next().unwrap_or_default();
        let capital =
            name.bytes().any(|b| b.is_ascii_uppercase()) && (stem == stem.to_uppercase() || name != stem);
        let stated = (capital || path.contains('/') || name.contains('.')) && !name.ends_with("icense");
        if safe
            && stated
            && (matches!(files::role(name), Some(Role::Licence | Role::Docs)) || is_in_licenses(path))
            && name != "MIT-licensed"
        {
            add(&mut self.files, path);
            return self.all.push(FILE.to_owned());
        }
        let dir = path.strip_suffix('/').filter(|dir| !dir.is_empty());
        if let Some(dir) = dir.filter(|_| safe) {
            add(&mut self.dirs, dir);
            return self.all.push(DIR.to_owned());
        }
        let source = name.rsplit_once('.').is_some_and(|(stem, end)| {
            !stem.is_empty() && ["go", "c", "h", "s", "cc", "py", "js", "proto", "md", "txt"].contains(&end)
        });
        if source && !name.is_empty() && files::role(name).is_none() {
            add(&mut self.dirs, path);
            return self.all.push(DIR.to_owned());
        }
        for (position, part) in token.split('/').enumerate() {
            if position > 0 {
                self.all.push("/".to_owned());
            }
            let part = part.trim_matches(|c: char| !c.is_alphanumeric() && c != '+' && c != '&');
            let part = part.to_lowercase().replace("licence", "license");
            if !part.is_empty() {
                self.all.push(part);
            }
        }
    }
}

/// LICENSES/GPL-3.0-only.txt, as <https://reuse.software> names them.
fn is_in_licenses(path: &str) -> bool {
    path.strip_prefix("LICENSES/").is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

fn add(list: &mut Vec<String>, path: &str) {
    if list.len() < 16 && !list.iter().any(|known| known == path) {
        list.push(path.to_owned());
    }
}
