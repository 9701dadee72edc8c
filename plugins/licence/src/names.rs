//! The names of licences in prose: "the GNU General Public License, version 3
//! or later" is GPL-3.0-or-later.

use crate::groups::canonical;

/// A licence that some words name.
#[derive(Debug, PartialEq, Eq)]
pub struct Name {
    /// An SPDX id; or, where no version is given, the family: `GPL`, `BSD`.
    pub id: String,
    /// The words, from the first on and without the last.
    pub from: usize,
    pub to: usize,
}

/// Words between the name of a GNU licence and its version.
const BEFORE_VERSION: [&str; 14] = [
    "license",
    "licenses",
    "version",
    "v",
    "as",
    "published",
    "by",
    "the",
    "free",
    "software",
    "foundation",
    "either",
    "of",
    "gpl",
];

/// Names that are written as some words, and need no version.
const PHRASES: [(&[&str], &str); 22] = [
    (&["mit"], "MIT"),
    (&["mit-licensed"], "MIT"),
    (&["mit-only"], "MIT"),
    (&["expat"], "MIT"),
    (&["isc"], "ISC"),
    (&["unlicense"], "Unlicense"),
    (&["unlicence"], "Unlicense"),
    (&["wtfpl"], "WTFPL"),
    (&["cc0"], "CC0-1.0"),
    (&["zlib", "license"], "Zlib"),
    (&["boost", "software", "license"], "BSL-1.0"),
    (&["business", "source", "license"], "BUSL-1.1"),
    (&["busl"], "BUSL-1.1"),
    (&["sspl"], "SSPL-1.0"),
    (&["server", "side", "public", "license"], "SSPL-1.0"),
    (&["elastic", "license"], "Elastic-2.0"),
    (&["new", "bsd"], "BSD-3-Clause"),
    (&["modified", "bsd"], "BSD-3-Clause"),
    (&["revised", "bsd"], "BSD-3-Clause"),
    (&["simplified", "bsd"], "BSD-2-Clause"),
    (&["freebsd", "license"], "BSD-2-Clause"),
    (&["commons", "clause"], "LicenseRef-CommonsClause"),
];

/// The names in a row of words, which are lower case and say "license".
pub fn names(words: &[&str]) -> Vec<Name> {
    let mut names = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match name(words, at) {
            Some((id, to)) => {
                names.push(Name { id, from: at, to });
                at = to;
            }
            None => at += 1,
        }
    }
    names
}

fn name(words: &[&str], at: usize) -> Option<(String, usize)> {
    let word = *words.get(at)?;
    let exact = word.contains('-').then(|| canonical(word)).flatten();
    if let Some(id) = exact.filter(|id| id.bytes().any(|b| b.is_ascii_digit())) {
        let (suffix, to) = if id.contains("GPL-") && !id.ends_with("later") && !id.ends_with("only") {
            which_versions(words, at + 1)
        } else {
            ("", at + 1)
        };
        return Some((format!("{id}{suffix}"), to));
    }
    gnu(words, at)
        .or_else(|| versioned(words, at))
        .or_else(|| bsd(words, at))
        .or_else(|| creative_commons(words, at))
        .or_else(|| {
            let fits = |phrase: &[&str]| words[at..].starts_with(phrase);
            PHRASES
                .iter()
                .find(|(phrase, _)| fits(phrase))
                .map(|(phrase, id)| ((*id).to_owned(), at + phrase.len()))
        })
}

/// GPL, LGPL and AGPL with their versions, of which the words after the name
/// may say much.
fn gnu(words: &[&str], at: usize) -> Option<(String, usize)> {
    let word = *words.get(at)?;
    let short = ["agpl", "lgpl", "gpl"].into_iter().find_map(|name| Some((name, word.strip_prefix(name)?)));
    let (family, mut to, glued) = if let Some((name, rest)) = short {
        let rest = rest.trim_start_matches('-');
        (name.to_uppercase(), at + 1, (!rest.is_empty()).then_some(rest))
    } else {
        let mut to = at + usize::from(word == "gnu");
        let family = match words.get(to)? {
            &"lesser" | &"library" => "LGPL",
            &"affero" => "AGPL",
            _ => "GPL",
        };
        to += usize::from(family != "GPL");
        if !words.get(to..)?.starts_with(&["general", "public", "license"]) {
            return None;
        }
        (family.to_owned(), to + 3, None)
    };
    let version = match glued {
        Some(rest) => Some(gnu_version(rest)?),
        None => {
            let skipped = words[to..].iter().take(12).take_while(|w| BEFORE_VERSION.contains(w)).count();
            let found = words.get(to + skipped).and_then(|word| gnu_version(word));
            if found.is_some() {
                to += skipped + 1;
            }
            found
        }
    };
    let Some((version, later)) = version else { return Some((family, to)) };
    let (suffix, to) = if later { ("-or-later", to) } else { which_versions(words, to) };
    Some((format!("{family}-{version}{suffix}"), to))
}

/// `3`, `v2.1`, `3.0+`.
fn gnu_version(word: &str) -> Option<(String, bool)> {
    let word = word.strip_prefix('v').unwrap_or(word);
    let (number, later) = match word.strip_suffix('+') {
        Some(number) => (number, true),
        None => (word, false),
    };
    match number {
        "1" | "2" | "3" => Some((format!("{number}.0"), later)),
        "1.0" | "2.0" | "2.1" | "3.0" => Some((number.to_owned(), later)),
        _ => None,
    }
}

/// "or (at your option) any later version", "only", or nothing.
fn which_versions(words: &[&str], at: usize) -> (&'static str, usize) {
    let mut to = at;
    let is_filler = |word: &&str| ["of", "the", "license", "licenses", "version"].contains(word);
    to += words.get(to..).unwrap_or_default().iter().take(3).take_while(|w| is_filler(w)).count();
    let rest = words.get(to..).unwrap_or_default();
    if rest.first() == Some(&"only") {
        return ("-only", to + 1);
    }
    const LATER: [&str; 12] = [
        "or", "at", "your", "option", "any", "later", "newer", "version", "versions", "and", "higher",
        "(your",
    ];
    if ["or", "and", "any"].contains(rest.first().unwrap_or(&"")) {
        let len = rest.iter().take(8).take_while(|word| LATER.contains(word)).count();
        if rest[..len].iter().any(|word| ["later", "newer", "higher"].contains(word)) {
            return ("-or-later", to + len);
        }
    }
    ("", at)
}

/// Names with a version that is one of a few.
fn versioned(words: &[&str], at: usize) -> Option<(String, usize)> {
    type Family = (&'static str, &'static [&'static str], &'static [&'static str], &'static str);
    // Id, spellings of the name, versions, and the version that is meant
    // where none is said.
    const FAMILIES: [Family; 5] = [
        ("Apache", &["apache", "asl"], &["2.0", "1.1", "1.0"], "2.0"),
        ("MPL", &["mpl", "mozilla"], &["2.0", "1.1", "1.0"], ""),
        ("EPL", &["epl", "eclipse"], &["2.0", "1.0"], ""),
        ("CDDL", &["cddl"], &["1.1", "1.0"], ""),
        ("EUPL", &["eupl"], &["1.2", "1.1"], ""),
    ];
    let word = *words.get(at)?;
    let find = |family: &&Family| family.1.iter().any(|name| word.starts_with(name));
    let (id, spellings, versions, default) = FAMILIES.iter().find(find)?;
    let rest = spellings.iter().find_map(|name| word.strip_prefix(name))?.trim_start_matches('-');
    let version = |word: &str| {
        let word = word.trim_start_matches('v');
        versions.iter().find(|v| **v == word || v.strip_suffix(".0") == Some(word)).copied()
    };
    if !rest.is_empty() {
        let found = version(rest).or_else(|| rest.starts_with("licensed").then_some(*default))?;
        return Some((format!("{id}-{found}"), at + 1));
    }
    let between = ["license", "licenses", "public", "software", "version", "v", "foundation"];
    let skipped = words[at + 1..].iter().take(4).take_while(|w| between.contains(w)).count();
    let to = at + 1 + skipped;
    if word == "mozilla" || word == "eclipse" || word == "apache" {
        // The foundation is no licence.
        let licence = words[at + 1..to].contains(&"license");
        let foundation = words[at + 1..to].contains(&"foundation");
        if (foundation || word != "apache") && !licence {
            return None;
        }
    }
    match words.get(to).and_then(|word| version(word)) {
        Some(found) => Some((format!("{id}-{found}"), to + 1)),
        None if default.is_empty() => Some(((*id).to_owned(), at + 1)),
        None => Some((format!("{id}-{default}"), at + 1)),
    }
}

/// "3-clause BSD", "BSD (2 clause)".
fn bsd(words: &[&str], at: usize) -> Option<(String, usize)> {
    let clauses = |at: usize| -> Option<(&str, usize)> {
        let word = *words.get(at)?;
        let (number, to) = match word.strip_suffix("-clause") {
            Some(number) => (number, at + 1),
            None if words.get(at + 1) == Some(&"clause") => (word, at + 2),
            None => return None,
        };
        let number = match number {
            "two" => "2",
            "three" => "3",
            "four" => "4",
            number => number,
        };
        ["1", "2", "3", "4"].contains(&number).then_some((number, to))
    };
    let is_bsd = |word: &str| ["bsd", "bsd-style", "bsd-licensed", "bsd-like"].contains(&word);
    if let Some((number, to)) = clauses(at)
        && words.get(to).is_some_and(|word| is_bsd(word))
    {
        return Some((format!("BSD-{number}-Clause"), to + 1));
    }
    if !is_bsd(words.get(at)?) {
        return None;
    }
    let to = at + 1 + usize::from(words.get(at + 1) == Some(&"license"));
    match clauses(to) {
        Some((number, to)) => Some((format!("BSD-{number}-Clause"), to)),
        None => Some(("BSD".to_owned(), at + 1)),
    }
}

/// "Creative Commons Attribution-ShareAlike 4.0".
fn creative_commons(words: &[&str], at: usize) -> Option<(String, usize)> {
    if !words[at..].starts_with(&["creative", "commons"]) {
        return None;
    }
    let mut id = "CC-BY".to_owned();
    for (offset, word) in words[at + 2..].iter().take(8).enumerate() {
        let version = word.trim_start_matches('v');
        if ["3.0", "4.0"].contains(&version) {
            return Some((format!("{id}-{version}"), at + 3 + offset));
        }
        for (part, short) in [("noncommercial", "-NC"), ("noderiv", "-ND"), ("sharealike", "-SA")] {
            if word.replace("non-commercial", "noncommercial").contains(part) {
                id.push_str(short);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_prose() {
        for (text, wanted) in [
            ("the mit license or the apache license version 2.0", "MIT Apache-2.0"),
            ("gnu general public license v3.0", "GPL-3.0"),
            ("gnu lesser general public license version 2.1 or later", "LGPL-2.1-or-later"),
            (
                "gnu general public license as published by the free software foundation either version 2 of \
                 the license or at your option any later version",
                "GPL-2.0-or-later",
            ),
            ("gplv3+ and agpl-3.0-only", "GPL-3.0-or-later AGPL-3.0-only"),
            ("gpl version 2 only", "GPL-2.0-only"),
            ("the gpl or mit", "GPL MIT"),
            ("a 3-clause bsd license", "BSD-3-Clause"),
            ("bsd license", "BSD"),
            ("apache2 asl2", "Apache-2.0 Apache-2.0"),
            ("the apache software foundation", ""),
            ("mozilla public license 2.0", "MPL-2.0"),
            ("creative commons attribution-sharealike 4.0", "CC-BY-SA-4.0"),
            ("a fair summit was permitted by the mozilla people", ""),
        ] {
            let words: Vec<&str> = text.split_whitespace().collect();
            let found: Vec<String> = names(&words).into_iter().map(|name| name.id).collect();
            assert_eq!(found.join(" "), wanted, "{text}");
        }
    }
}
