//! The txtar text archive (golang.org/x/tools/txtar): a comment, then files
//! that each open with a line `-- name --`.

/// A parsed archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Txtar {
    /// The text before the first file.
    pub comment: Vec<u8>,
    /// The files in their order.
    pub files: Vec<TxtarFile>,
}

/// One file of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxtarFile {
    /// The name between the dashes, trimmed.
    pub name: String,
    /// The bytes up to the next file; a missing last newline is added.
    pub data: Vec<u8>,
}

impl Txtar {
    /// Parses an archive. Every text is one: without a marker line it is all
    /// comment.
    pub fn parse(text: &[u8]) -> Self {
        let mut archive = Self::default();
        let mut data = Vec::new();
        let mut name: Option<String> = None;
        for line in text.split_inclusive(|b| *b == b'\n') {
            match marker(line) {
                Some(next) => {
                    archive.close(name.replace(next), std::mem::take(&mut data));
                }
                None => data.extend_from_slice(line),
            }
        }
        archive.close(name, data);
        archive
    }

    /// The bytes of a file.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.files.iter().find(|f| f.name == name).map(|f| f.data.as_slice())
    }

    fn close(&mut self, name: Option<String>, mut data: Vec<u8>) {
        if !data.is_empty() && !data.ends_with(b"\n") {
            data.push(b'\n');
        }
        match name {
            None => self.comment = data,
            Some(name) => self.files.push(TxtarFile { name, data }),
        }
    }
}

fn marker(line: &[u8]) -> Option<String> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let name = line.strip_prefix(b"-- ")?.strip_suffix(b" --")?;
    let name = std::str::from_utf8(name).ok()?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_at_marker_lines() {
        let a = Txtar::parse(b"about\n-- a.txt --\none\n-- b/c --\n-- d --\nno newline");
        assert_eq!(a.comment, b"about\n");
        let names: Vec<_> = a.files.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["a.txt", "b/c", "d"]);
        assert_eq!(a.get("a.txt"), Some(&b"one\n"[..]));
        assert_eq!(a.get("b/c"), Some(&b""[..]));
        assert_eq!(a.get("d"), Some(&b"no newline\n"[..]));
        assert_eq!(a.get("e"), None);
    }

    #[test]
    fn a_text_without_marker_is_comment() {
        assert_eq!(Txtar::parse(b"--x--\n").comment, b"--x--\n");
    }
}
