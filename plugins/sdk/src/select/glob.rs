//! Patterns as in GOPRIVATE: `module.MatchPrefixPatterns` of x/mod over Go's
//! `path.Match`. As many leading path elements as the pattern has must match
//! it; what follows is free.

use std::fmt;

/// A pattern that reads well; Go takes a malformed one to match nothing, here
/// it is an error.
#[derive(Debug)]
pub struct Glob {
    text: String,
    elements: Vec<Vec<Token>>,
}

#[derive(Debug)]
enum Token {
    Literal(char),
    /// `?`: one character.
    Any,
    /// `*`: any characters.
    Star,
    /// `[a-z]`, `[^a-z]`.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, in a few words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let trimmed = text.strip_suffix('/').unwrap_or(text);
        let elements = trimmed.split('/').map(|element| {
            if element.is_empty() {
                return Err(format!("the pattern {text:?} has an empty path element"));
            }
            tokens(element).map_err(|err| format!("the pattern {text:?} {err}"))
        });
        Ok(Glob { text: trimmed.to_owned(), elements: elements.collect::<Result<_, _>>()? })
    }

    /// How many path elements it has.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no pattern is empty")]
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether the first elements of `path` match.
    pub fn matches_prefix(&self, path: &str) -> bool {
        let mut elements = path.split('/');
        self.elements.iter().all(|glob| elements.next().is_some_and(|element| matches(glob, element)))
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn tokens(element: &str) -> Result<Vec<Token>, &'static str> {
    let mut tokens = Vec::new();
    let mut chars = element.chars();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '*' => Token::Star,
            '?' => Token::Any,
            '[' => class(&mut chars)?,
            '\\' => Token::Literal(chars.next().ok_or("ends in a backslash")?),
            c => Token::Literal(c),
        });
    }
    Ok(tokens)
}

fn class(chars: &mut std::str::Chars<'_>) -> Result<Token, &'static str> {
    const OPEN: &str = "has a [ that does not close";
    let mut next = || chars.next().ok_or(OPEN);
    let mut c = next()?;
    let negated = c == '^';
    if negated {
        c = next()?;
    }
    let mut ranges = Vec::new();
    loop {
        if c == ']' && !ranges.is_empty() {
            return Ok(Token::Class { negated, ranges });
        }
        // As Go: neither bound may be a bare `-` or `]`.
        let bound = |c: char, next: &mut dyn FnMut() -> Result<char, &'static str>| match c {
            '\\' => next(),
            '-' | ']' => Err("has a [class] that does not read"),
            c => Ok(c),
        };
        let low = bound(c, &mut next)?;
        c = next()?;
        let mut high = low;
        if c == '-' {
            let raw = next()?;
            high = bound(raw, &mut next)?;
            c = next()?;
        }
        ranges.push((low, high));
    }
}

/// Linear in the product of the lengths: on a mismatch only the last star is
/// tried further along.
fn matches(glob: &[Token], element: &str) -> bool {
    let text: Vec<char> = element.chars().collect();
    let (mut g, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        let step = match glob.get(g) {
            Some(Token::Star) => {
                retry = Some((g + 1, t));
                g += 1;
                continue;
            }
            Some(Token::Any) => true,
            Some(Token::Literal(c)) => *c == text[t],
            Some(Token::Class { negated, ranges }) => {
                ranges.iter().any(|(low, high)| (low..=high).contains(&&text[t])) != *negated
            }
            None => false,
        };
        if step {
            (g, t) = (g + 1, t + 1);
        } else if let Some((after, at)) = retry {
            retry = Some((after, at + 1));
            (g, t) = (after, at + 1);
        } else {
            return false;
        }
    }
    glob[g..].iter().all(|token| matches!(token, Token::Star))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_as_in_goprivate() {
        // (pattern, path, wanted), after x/mod module_test.go and path/match_test.go.
        let cases = [
            ("*.corp.example.com", "git.corp.example.com/team/app", true),
            ("*.corp.example.com", "corp.example.com/app", false),
            ("rsc.io/private", "rsc.io/private/quux", true),
            ("rsc.io/private", "rsc.io/privateer", false),
            ("rsc.io/private/", "rsc.io/private", true),
            ("rsc.io/*/b", "rsc.io/a/b/c", true),
            ("rsc.io/*/b", "rsc.io/a", false),
            ("rsc.io/*", "rsc.io", false),
            ("*", "anything.example/at/all", true),
            ("a*b*c", "aXXbYYbZc", true),
            ("a*b*c", "aXXbYYbZ", false),
            ("gith?b.com", "github.com", true),
            ("[f-h]ithub.com", "github.com", true),
            ("[^f-h]ithub.com", "github.com", false),
            ("a\\*b", "a*b", true),
            ("a\\*b", "axb", false),
            ("[\\-x]", "-", true),
            ("[a-b-c]", "-", false),
        ];
        for (pattern, path, wanted) in cases {
            match Glob::parse(pattern) {
                Ok(glob) => assert_eq!(glob.matches_prefix(path), wanted, "{pattern} {path}"),
                Err(_) => assert!(!wanted, "{pattern} does not read"),
            }
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let glob = Glob::parse(&"*a".repeat(40)).expect("a good pattern");
        assert!(!glob.matches_prefix(&format!("{}b", "a".repeat(2000))));
    }
}
