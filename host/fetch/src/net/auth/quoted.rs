//! A command line cut into words as Go cuts it (cmd/internal/quoted Split):
//! a word that begins with a quote ends at the next one; nothing is escaped.

/// The words; none if a quote is not closed.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        let Some(first) = rest.chars().next() else { return Some(words) };
        let (word, after) = if matches!(first, '"' | '\'') {
            rest[1..].split_once(first)?
        } else {
            rest.split_at(rest.find([' ', '\t', '\n', '\r']).unwrap_or(rest.len()))
        };
        words.push(word.to_owned());
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words_as_go_cuts_them() {
        for (line, wanted) in [
            ("", Some(vec![])),
            (" a  b\t", Some(vec!["a", "b"])),
            ("'a b' \"c'd\" e'f g'", Some(vec!["a b", "c'd", "e'f", "g'"])),
            ("''x", Some(vec!["", "x"])),
            ("a 'b", None),
        ] {
            let wanted = wanted.map(|w: Vec<&str>| w.into_iter().map(str::to_owned).collect());
            assert_eq!(split(line), wanted, "{line}");
        }
    }
}
