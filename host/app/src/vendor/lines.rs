//! Which lines of two texts differ.

/// A line that only one text has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineChange {
    /// The line in the text that is there, from 1; of a line that it lacks, the one
    /// in whose place it would be.
    pub line: usize,
    /// The text.
    pub text: String,
    /// Whether go would write it; else it is there.
    pub wanted: bool,
}

/// How many pairs of lines are compared at most: beyond that the middle of both texts
/// counts as different.
const PAIRS: usize = 16 << 20;

/// The lines to remove from `has` and to add to it to make it `wants`.
pub fn changes(has: &str, wants: &str) -> Vec<LineChange> {
    let (has, wants): (Vec<&str>, Vec<&str>) = (split(has), split(wants));
    let start = has.iter().zip(&wants).take_while(|(a, b)| a == b).count();
    let (has_rest, wants_rest) = (&has[start..], &wants[start..]);
    let end = has_rest.iter().rev().zip(wants_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&has_rest[..has_rest.len() - end], &wants_rest[..wants_rest.len() - end]);
    let keeps = if a.len().saturating_mul(b.len()) > PAIRS { Vec::new() } else { common(a, b) };
    let mut found = Vec::new();
    let (mut i, mut j) = (0, 0);
    for (x, y) in keeps.into_iter().chain([(a.len(), b.len())]) {
        let line = |at: usize, text: &str, wanted| LineChange {
            line: start + at + 1,
            text: text.to_owned(),
            wanted,
        };
        found.extend((i..x).map(|at| line(at, a[at], false)));
        found.extend((j..y).map(|at| line(i, b[at], true)));
        (i, j) = (x + 1, y + 1);
    }
    found
}

/// Lines, the last one with a mark where no newline ends it.
fn split(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The pairs of a longest common subsequence.
fn common(a: &[&str], b: &[&str]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    let mut longest = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i * width + j] = if a[i] == b[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::changes;

    fn shown(has: &str, wants: &str) -> Vec<String> {
        let sign = |wanted| if wanted { '+' } else { '-' };
        changes(has, wants)
            .iter()
            .map(|c| format!("{}{}{}", c.line, sign(c.wanted), c.text.trim_end()))
            .collect()
    }

    #[test]
    fn lines_are_found_where_they_are() {
        for (has, wants, changed) in [
            ("a\nb\nc\n", "a\nb\nc\n", &[][..]),
            ("a\nb\nc\n", "a\nc\n", &["2-b"]),
            ("a\nc\n", "a\nb\nc\n", &["2+b"]),
            ("a\nx\nc\n", "a\nb\nc\n", &["2-x", "2+b"]),
            ("", "a\n", &["1+a"]),
            ("a\n", "", &["1-a"]),
            ("a\nb", "a\nb\n", &["2-b", "2+b"]),
            ("a\nb\nc\nd\n", "b\nd\ne\n", &["1-a", "3-c", "5+e"]),
        ] {
            assert_eq!(shown(has, wants), changed, "{has:?} {wants:?}");
        }
    }
}
