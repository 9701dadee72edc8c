//! Lists of path patterns as in GOPRIVATE (x/mod/module MatchPrefixPatterns
//! over Go's path.Match).

/// Whether a prefix of `target`, cut at a slash, matches one of the
/// comma-separated patterns. A pattern of N elements is held against the first
/// N elements of the target. Empty and malformed patterns match nothing; a
/// slash at a pattern's end does not count.
///
/// ```
/// use airgo_gomod::module::match_prefix_patterns;
///
/// assert!(match_prefix_patterns("*.corp.com,rsc.io/private", "git.corp.com/xyz"));
/// assert!(match_prefix_patterns("*.corp.com,rsc.io/private", "rsc.io/private/quux"));
/// assert!(!match_prefix_patterns("*.corp.com,rsc.io/private", "rsc.io/public"));
/// ```
pub fn match_prefix_patterns(globs: &str, target: &str) -> bool {
    globs.split(',').map(|glob| glob.strip_suffix('/').unwrap_or(glob)).any(|glob| {
        !glob.is_empty()
            && prefix_of(target, glob.matches('/').count() + 1)
                .is_some_and(|prefix| path_match(glob, prefix) == Ok(true))
    })
}

/// The first `elements` elements of `path`; `None` where it has fewer.
fn prefix_of(path: &str, elements: usize) -> Option<&str> {
    let slashes = path.match_indices('/').map(|(at, _)| at);
    let end = slashes.chain([path.len()]).nth(elements - 1)?;
    Some(&path[..end])
}

/// The pattern is not one that Go's path.Match understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPattern;

/// One step of a pattern.
enum Step {
    /// Any run of bytes but `/`.
    Star,
    /// Any character but `/`.
    Any,
    /// One byte of the pattern itself.
    Byte(u8),
    /// A character class: even `/` can be in one.
    Class { negated: bool, ranges: Vec<(char, char)> },
}

/// Go's path.Match: the pattern must match the whole name. A malformed pattern
/// is reported even where the name fails before its fault, as Go does since
/// 1.16.
pub fn path_match(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    let steps = parse(pattern)?;
    // Greedy with one point of return: where the last star was, and how far
    // it has stretched. Enough, since an earlier star never needs to stretch
    // further once a later one was reached; linear space, no recursion.
    let (mut step, mut at) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        let matched = match steps.get(step) {
            Some(Step::Star) => {
                back = Some((step, at));
                step += 1;
                continue;
            }
            Some(one) => matched_bytes(one, name, at),
            None if at == name.len() => return Ok(true),
            None => None,
        };
        if let Some(bytes) = matched {
            (step, at) = (step + 1, at + bytes);
            continue;
        }
        match back {
            Some((star, from)) if name.as_bytes().get(from).is_some_and(|&b| b != b'/') => {
                back = Some((star, from + 1));
                (step, at) = (star + 1, from + 1);
            }
            _ => return Ok(false),
        }
    }
}

/// How many bytes of the name the step matches at `at`; `None` where it does
/// not match.
fn matched_bytes(step: &Step, name: &str, at: usize) -> Option<usize> {
    let byte = *name.as_bytes().get(at)?;
    // A star stretches by bytes: behind it Go may look into a character, and
    // reads what it finds there as U+FFFD.
    let c = name.get(at..).and_then(|rest| rest.chars().next());
    let (c, bytes) = c.map_or((char::REPLACEMENT_CHARACTER, 1), |c| (c, c.len_utf8()));
    match step {
        Step::Star => None,
        Step::Any => (c != '/').then_some(bytes),
        Step::Byte(want) => (byte == *want).then_some(1),
        Step::Class { negated, ranges } => {
            let listed = ranges.iter().any(|&(lo, hi)| lo <= c && c <= hi);
            (listed != *negated).then_some(bytes)
        }
    }
}

fn parse(pattern: &str) -> Result<Vec<Step>, BadPattern> {
    let mut steps = Vec::new();
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '*' => steps.push(Step::Star),
            '?' => steps.push(Step::Any),
            '\\' => push_char(&mut steps, rest.next().ok_or(BadPattern)?),
            '[' => steps.push(parse_class(&mut rest)?),
            c => push_char(&mut steps, c),
        }
    }
    Ok(steps)
}

fn push_char(steps: &mut Vec<Step>, c: char) {
    steps.extend(c.encode_utf8(&mut [0; 4]).bytes().map(Step::Byte));
}

fn parse_class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Step, BadPattern> {
    let negated = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        if !ranges.is_empty() && rest.next_if_eq(&']').is_some() {
            return Ok(Step::Class { negated, ranges });
        }
        let lo = parse_class_char(rest)?;
        let hi = if rest.next_if_eq(&'-').is_some() { parse_class_char(rest)? } else { lo };
        ranges.push((lo, hi));
    }
}

fn parse_class_char(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<char, BadPattern> {
    match rest.next() {
        None | Some('-' | ']') => Err(BadPattern),
        Some('\\') => rest.next().ok_or(BadPattern),
        Some(c) => Ok(c),
    }
}

/// Whether `prefix` is a path or an element of it upwards (cmd/internal/str
/// HasPathPrefix): `a/b` is one of `a/b/c`, not of `a/bc`.
#[must_use]
pub fn has_path_prefix(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| {
        rest.is_empty() || rest.starts_with('/') || prefix.is_empty() || prefix.ends_with('/')
    })
}

#[cfg(test)]
mod tests {
    use super::has_path_prefix;

    #[test]
    fn path_prefixes() {
        for (path, prefix, wanted) in [
            ("a/b", "a/b", true),
            ("a/b/c", "a/b", true),
            ("a/b/c", "a/b/", true),
            ("a/bc", "a/b", false),
            ("a", "a/b", false),
            ("a/b", "", true),
        ] {
            assert_eq!(has_path_prefix(path, prefix), wanted, "{path} {prefix}");
        }
    }
}
