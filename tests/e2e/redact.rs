//! Output with the same text on every machine and at every time: paths, ports,
//! keys, digests, sizes, times and airgo's version have placeholders.

use crate::airgo::Run;
use crate::site::{Site, text};
use serde_json::Value;

/// Members of documents whose numbers differ from run to run, or with each
/// build of a plugin.
const VARYING: [&str; 8] =
    ["bytes", "codeBytes", "functions", "millis", "readBytes", "size", "used", "facts"];
/// Members that hold a key.
const KEYS: [&str; 4] = ["minisign", "openssh", "pem", "publicKey"];

/// What a line of progress begins with: on a machine that is slow there are some.
const PROGRESS: [&str; 7] =
    ["Fetching", "Resolving", "Splitting", "Scanning", "Unpacking", "Verifying", "Writing"];

/// The words to replace, the longest first.
pub struct Redact(Vec<(String, &'static str)>);

impl Redact {
    /// What is of this site and of this machine.
    pub fn of(site: &Site) -> Self {
        let url = site.proxy.url();
        let host = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let home = site.airgo.command().get_current_dir().map(|dir| text(dir).to_owned());
        let mut words = vec![
            (text(site.temp.path()).to_owned(), "[DIR]"),
            (host, "[PROXY]"),
            (env!("CARGO_PKG_VERSION").to_owned(), "[VERSION]"),
        ];
        words.extend(home.map(|home| (home, "[HOME]")));
        words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        Self(words)
    }

    /// Exit code, stdout and stderr of a run, as one text.
    pub fn run(&self, run: &Run) -> String {
        let stderr: String = run
            .stderr
            .lines()
            .filter(|line| !PROGRESS.iter().any(|verb| line.starts_with(verb)))
            .flat_map(|line| [line, "\n"])
            .collect();
        let part = |name: &str, text: &str| {
            if text.is_empty() {
                String::new()
            } else {
                format!("--- {name}\n{}\n", self.text(text).trim_end())
            }
        };
        format!("{}{}exit {}", part("stdout", &run.stdout), part("stderr", &stderr), run.code)
    }

    /// A text. How hashes are aligned depends on the length of a path.
    pub fn text(&self, text: &str) -> String {
        let aligned = |line: &str| match line.split_once(": ") {
            Some((label, hash)) if hash.trim_start().starts_with("h1:") => {
                format!("{label}: {}\n", hash.trim_start())
            }
            _ => format!("{line}\n"),
        };
        let mut lines: String = text.lines().map(aligned).collect();
        if !text.ends_with('\n') {
            lines.pop();
        }
        let mut text = lines;
        for (word, name) in &self.0 {
            text = text.replace(word, name);
        }
        let mut out = String::new();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let before = out.chars().next_back();
            let found = if before.is_some_and(char::is_alphanumeric) { None } else { placeholder(rest) };
            let (name, len) = found.unwrap_or_else(|| {
                let len = rest.chars().next().map_or(0, char::len_utf8);
                (&rest[..len], len)
            });
            out += name;
            rest = &rest[len..];
        }
        out
    }

    /// A document, its members in order.
    pub fn document(&self, text: &str) -> String {
        let mut value: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"));
        self.value(&mut value);
        serde_json::to_string_pretty(&value).unwrap()
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(members) => {
                for (name, member) in members {
                    self.value(member);
                    if VARYING.contains(&name.as_str()) || name.ends_with("Micros") {
                        zero(member);
                    } else if KEYS.contains(&name.as_str()) && member.is_string() {
                        *member = "[KEY]".into();
                    }
                }
            }
            _ => {}
        }
    }
}

/// Numbers, wherever they are in it, become 0.
fn zero(value: &mut Value) {
    match value {
        Value::Number(number) => *number = 0.into(),
        Value::Array(items) => items.iter_mut().for_each(zero),
        Value::Object(members) => members.values_mut().for_each(zero),
        _ => {}
    }
}

/// What stands at the beginning of a text and differs from run to run, and how
/// long it is.
fn placeholder(text: &str) -> Option<(&'static str, usize)> {
    let run = |is: fn(char) -> bool| text.find(|c| !is(c)).unwrap_or(text.len());
    let base64 = run(|c| c.is_ascii_alphanumeric() || c == '+' || c == '/');
    if text.starts_with("SHA256:") {
        return Some(("SHA256:[KEY]", "SHA256:".len() + 43));
    }
    // A public key of OpenSSH, and one of minisign.
    if text.starts_with("AAAAC3NzaC1lZDI1NTE5") || (text.starts_with("RW") && base64 == 56) {
        return Some(("[KEY]", base64));
    }
    if run(|c| c.is_ascii_hexdigit()) == 64 {
        return Some(("[SHA256]", 64));
    }
    let number = run(|c| c.is_ascii_digit() || c == '.');
    let (digits, rest) = text.split_at(number);
    if number == 4 && rest.starts_with('-') && text.get(10..11) == Some("T") {
        return Some(("[TIME]", text.find('Z')? + 1));
    }
    if digits.is_empty() || digits.starts_with('.') {
        return None;
    }
    let unit = |units: &[&str]| {
        units
            .iter()
            .find(|unit| {
                rest.strip_prefix(**unit)
                    .is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric()))
            })
            .map(|unit| unit.len())
    };
    if let Some(len) = unit(&["ms", "s", "µs"]) {
        return Some(("[DURATION]", number + len));
    }
    unit(&[" B", " KiB", " MiB"]).map(|len| ("[SIZE]", number + len))
}

#[test]
fn only_what_differs_is_replaced() {
    let redact = Redact(vec![("/tmp/x".to_owned(), "[DIR]")]);
    let same = "Resolved 2 modules, v1.0.0, 3 files, 2026-01-02, go1.26.8, sha256:";
    assert_eq!(redact.text(same), same);
    let text = "/tmp/x/a in 0.8s (12.3 KiB) 84ms 2026-01-02T03:04:05Z, 5 B.";
    assert_eq!(redact.text(text), "[DIR]/a in [DURATION] ([SIZE]) [DURATION] [TIME], [SIZE].");
    let digest = format!("sha256 {} SHA256:{}", "0a".repeat(32), "A".repeat(43));
    assert_eq!(redact.text(&digest), "sha256 [SHA256] SHA256:[KEY]");
}
