//! Entries of tar archives: POSIX ustar, with pax records where a name or a size does not
//! fit (POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"). Owner,
//! group and time are 0, so an entry depends on nothing but its name, mode and content.

/// Archives are made of blocks of so many bytes.
pub const BLOCK: u64 = 512;
/// Two empty blocks end an archive.
pub const END: [u8; 1024] = [0; 1024];

/// Bytes of a name field, and of the field for the directories before it.
const NAME: usize = 100;
const PREFIX: usize = 155;
/// What eleven octal digits hold.
const MAX_SIZE: u64 = 0o777_7777_7777;
/// The name of an extended header, which no reader shows.
const PAX: &str = "pax";

/// An entry.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    /// The name; that of a directory ends with a slash.
    pub name: &'a str,
    /// Permission bits.
    pub mode: u32,
    /// Bytes of content; 0 for a directory.
    pub size: u64,
}

impl Header<'_> {
    /// What precedes the content: one block, or three and more where there are records.
    pub fn bytes(&self) -> Vec<u8> {
        let mut records = Vec::new();
        let fields = split(self.name);
        if fields.is_none() {
            record(&mut records, "path", self.name);
        }
        if self.size > MAX_SIZE {
            record(&mut records, "size", &self.size.to_string());
        }
        let mut out = Vec::new();
        if !records.is_empty() {
            let size = records.len() as u64;
            out.extend(block(("", PAX.as_bytes()), b'x', 0o644, size));
            out.extend(&records);
            out.resize(out.len() + padding(size), 0);
        }
        let short: Vec<u8>;
        let (prefix, name) = match fields {
            Some((prefix, name)) => (prefix, name.as_bytes()),
            None => {
                // Readers of pax take the record; others at least see no broken character.
                let plain = |b: u8| if b.is_ascii() { b } else { b'_' };
                short = self.name.bytes().map(plain).take(NAME).collect();
                ("", short.as_slice())
            }
        };
        let kind = if self.name.ends_with('/') { b'5' } else { b'0' };
        let size = if self.size > MAX_SIZE { 0 } else { self.size };
        out.extend(block((prefix, name), kind, self.mode, size));
        out
    }

    /// Bytes of the entry: header, content, and what fills its last block.
    pub fn entry_size(&self) -> u64 {
        self.bytes().len() as u64 + self.size + padding(self.size) as u64
    }
}

/// How many bytes fill the last block of a content of this size.
pub fn padding(size: u64) -> usize {
    // Less than a block.
    usize::try_from(size.wrapping_neg() % BLOCK).unwrap_or_default()
}

/// The name in the two fields of ustar, if it fits.
fn split(name: &str) -> Option<(&str, &str)> {
    if !name.is_ascii() {
        return None;
    }
    if name.len() <= NAME {
        return Some(("", name));
    }
    let slashes = name.match_indices('/').map(|(at, _)| at);
    let fits = |at: &usize| *at > 0 && *at <= PREFIX && (1..=NAME).contains(&(name.len() - at - 1));
    slashes.rev().find(fits).map(|at| (&name[..at], &name[at + 1..]))
}

/// Adds `LENGTH KEY=VALUE`, whose length counts its own digits.
fn record(into: &mut Vec<u8>, key: &str, value: &str) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    into.extend(format!("{length} {key}={value}\n").bytes());
}

fn block((prefix, name): (&str, &[u8]), kind: u8, mode: u32, size: u64) -> [u8; 512] {
    let mut block = [0; 512];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name);
    put(100, format!("{mode:07o}").as_bytes());
    put(108, b"0000000");
    put(116, b"0000000");
    put(124, format!("{size:011o}").as_bytes());
    put(136, b"00000000000");
    put(148, b"        ");
    put(156, &[kind]);
    put(257, b"ustar\x0000");
    put(329, b"0000000");
    put(337, b"0000000");
    put(345, prefix.as_bytes());
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn names_are_split_at_a_slash_where_they_fit() {
        let (dirs, long) = ("d/".repeat(60), "n".repeat(101));
        assert_eq!(split("a/b"), Some(("", "a/b")));
        assert_eq!(split(&dirs).map(|(a, b)| (a.len(), b.len())), Some((117, 2)));
        assert_eq!(split(&long), None);
        assert_eq!(split(&format!("a/{long}")), None);
        assert_eq!(split("é"), None);
        assert_eq!(split(&format!("/{}", "n".repeat(100))), None);
    }

    #[test]
    fn a_record_counts_itself() {
        for (value, wanted) in [(1, 9), (90, 99), (91, 101)] {
            let mut bytes = Vec::new();
            record(&mut bytes, "path", &"x".repeat(value));
            assert_eq!(bytes.len(), wanted);
            assert!(String::from_utf8(bytes).unwrap().starts_with(&format!("{wanted} path=")));
        }
    }

    #[test]
    fn what_does_not_fit_is_in_a_record() {
        let size = MAX_SIZE + 1;
        let large = Header { name: "large", mode: 0o644, size }.bytes();
        assert_eq!(large.len(), 3 * 512);
        assert!(large[512..].starts_with(b"19 size=8589934592\n"));
        assert_eq!(padding(0), 0);
        assert_eq!((padding(1), padding(511), padding(512)), (511, 1, 0));
    }

    /// As the tar of the system reads it.
    #[test]
    fn tar_lists_what_was_written() {
        let names =
            ["d/".to_owned(), format!("{}/e", "d".repeat(120)), format!("{}é", "x/".repeat(200)), "f".into()];
        let mut archive = Vec::new();
        for name in &names {
            let content = if name.ends_with('/') { "" } else { "content" };
            let size = content.len() as u64;
            let header = Header { name, mode: 0o444, size };
            let before = archive.len();
            archive.extend(header.bytes());
            archive.extend(content.bytes());
            archive.resize(archive.len() + padding(size), 0);
            assert_eq!((archive.len() - before) as u64, header.entry_size());
        }
        archive.extend(END);
        let temp = airgo_testkit::TempTree::new();
        let file = temp.write("a.tar", archive);
        let mut tar = Command::new("tar");
        tar.args(["--quoting-style=literal", "--numeric-owner", "--utc", "-tvf"]).arg(file);
        let Ok(out) = tar.output() else { return };
        let listed = String::from_utf8(out.stdout).unwrap();
        assert!(out.status.success() && out.stderr.is_empty(), "{listed}");
        for (line, name) in listed.lines().zip(&names) {
            assert!(line.ends_with(&format!("1970-01-01 00:00 {name}")), "{line}");
            assert!(line.contains("r--r--r-- 0/0 "), "{line}");
        }
        assert_eq!(listed.lines().count(), names.len());
    }
}
