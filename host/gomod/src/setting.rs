//! A setting that may hold a secret: a user puts a token into GOPROXY, a
//! password into HTTPS_PROXY, either by mistake into any other.
//!
//! The value is for use alone. There is no `Display` and no `Serialize`, and
//! `Debug` is disguised, so that a setting gets into a text, a log or a bundle
//! by [`Setting::shown`] and [`Setting::recorded`] only:
//!
//! ```
//! use airgo_gomod::Setting;
//!
//! let goproxy = Setting::addresses("https://user:password@host.example/TOKEN,direct");
//! assert_eq!(goproxy.shown(), "https://host.example/…,direct");
//! assert_eq!(goproxy.recorded().as_deref(), Some("https://host.example,direct"));
//! assert_eq!(format!("{goproxy:?}"), r#"Setting("https://host.example/…,direct")"#);
//! ```
//!
//! ```compile_fail
//! println!("{}", airgo_gomod::Setting::addresses("https://user:password@host.example"));
//! ```
//!
//! ```compile_fail
//! serde_json::to_string(&airgo_gomod::Setting::addresses("https://user:password@host.example"));
//! ```

use crate::address::{HIDDEN, in_text, recorded, shown, with_path, without_login};
use crate::sumdb::Config;
use std::fmt;

/// What a setting is made of, which decides what of it may be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Addresses and words such as `direct`, separated by `,` and `|`: GOPROXY.
    Addresses,
    /// The name or key of a checksum database, and perhaps its address: GOSUMDB.
    Database,
    /// Patterns, versions and other words: shown as they are, but for what is
    /// an address or a login.
    Words,
    /// A file, a directory or a name: shown as it is, but for addresses in it.
    Plain,
    /// The address of a CI system's page, whose path says which one.
    Link,
    /// Flags or commands, whose arguments are nobody else's business: GOFLAGS.
    Command,
    /// Nothing of it is ever shown.
    #[default]
    Hidden,
}

/// One setting.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Setting {
    value: String,
    form: Form,
}

impl Setting {
    /// A setting of this form.
    pub fn new(form: Form, value: impl Into<String>) -> Self {
        Self { value: value.into(), form }
    }

    /// A list of addresses.
    pub fn addresses(value: impl Into<String>) -> Self {
        Self::new(Form::Addresses, value)
    }

    /// Patterns and other words.
    pub fn words(value: impl Into<String>) -> Self {
        Self::new(Form::Words, value)
    }

    /// The value itself: to be used, never to be printed or recorded.
    pub fn reveal(&self) -> &str {
        &self.value
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.value.is_empty()
    }

    /// The setting as people may see it.
    pub fn shown(&self) -> String {
        let value = self.value.as_str();
        match self.form {
            Form::Addresses => entries(value, &shown),
            Form::Database => database(value, &shown).unwrap_or_else(|| HIDDEN.to_owned()),
            Form::Words => words(value, &shown),
            Form::Plain => in_text(value),
            Form::Link => without_login(value),
            Form::Command => command(value),
            Form::Hidden if value.is_empty() => String::new(),
            Form::Hidden => HIDDEN.to_owned(),
        }
    }

    /// The setting as a signed statement may hold it: of addresses scheme and
    /// host. None where nothing of it may be recorded.
    pub fn recorded(&self) -> Option<String> {
        match self.form {
            Form::Addresses => Some(entries(&self.value, &recorded)),
            Form::Database => database(&self.value, &recorded),
            Form::Words => Some(words(&self.value, &recorded)),
            Form::Plain => Some(in_text(&self.value)),
            Form::Link => self.value.contains("://").then(|| without_login(&self.value)),
            Form::Command | Form::Hidden => None,
        }
    }

    /// As [`recorded`](Self::recorded), but addresses lack user and password
    /// alone, because the user asked for it.
    pub fn recorded_with_paths(&self) -> Option<String> {
        match self.form {
            Form::Addresses => Some(entries(&self.value, &with_path)),
            _ => self.recorded(),
        }
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Setting").field(&self.shown()).finish()
    }
}

/// Of a form that nobody named: nothing of it is shown.
impl From<String> for Setting {
    fn from(value: String) -> Self {
        Self::new(Form::Hidden, value)
    }
}

impl From<&str> for Setting {
    fn from(value: &str) -> Self {
        value.to_owned().into()
    }
}

/// A list such as GOPROXY; separators stay.
fn entries(list: &str, address: &dyn Fn(&str) -> String) -> String {
    let entry = |part: &str| match part.trim() {
        "" => String::new(),
        // A word that is meant to be `direct` or `off`, or is mistyped.
        word if word.len() <= 12 && word.bytes().all(|b| b.is_ascii_lowercase()) => word.to_owned(),
        word if !word.contains(['.', ':', '/', '@']) => HIDDEN.to_owned(),
        other => address(other),
    };
    let parts = list.split_inclusive([',', '|']).map(|part| match part.strip_suffix([',', '|']) {
        Some(before) => entry(before) + &part[before.len()..],
        None => entry(part),
    });
    parts.collect()
}

/// GOSUMDB: a known name or key and who is asked; none where it cannot be used.
fn database(value: &str, address: &dyn Fn(&str) -> String) -> Option<String> {
    if value == "off" {
        return Some(value.to_owned());
    }
    Config::parse(value).ok()?;
    let mut fields = value.split_whitespace();
    let name = fields.next()?;
    Some(fields.next().map_or_else(|| name.to_owned(), |url| format!("{name} {}", address(url))))
}

/// Words between commas and blanks; one that is an address or a login is shown as such.
fn words(value: &str, address: &dyn Fn(&str) -> String) -> String {
    let word = |word: &str| {
        // A question mark alone is a pattern's.
        let login = word.contains('@') || word.contains("://") || word.contains('?') && word.contains('=');
        if login { address(word) } else { word.to_owned() }
    };
    let separators = [',', ' ', '\t', '\n'];
    let parts = value.split_inclusive(separators).map(|part| match part.strip_suffix(separators) {
        Some(before) => word(before) + &part[before.len()..],
        None => word(part),
    });
    parts.collect()
}

/// The program of a command: one that sets a variable first, or is an address,
/// is not a name.
///
/// ```
/// use airgo_gomod::setting::program;
///
/// assert_eq!(program("/opt/our tools/sign"), "/opt/our tools/sign");
/// assert_eq!(program("TOKEN=secret"), "…");
/// ```
pub fn program(word: &str) -> String {
    if word.contains(['=', '@', '?']) || word.contains("://") { HIDDEN.to_owned() } else { word.to_owned() }
}

/// The names of flags and of the first program.
fn command(value: &str) -> String {
    let word = |(place, word): (usize, &str)| match word.split_once('=') {
        Some((name, _)) if name.starts_with('-') => format!("{}={HIDDEN}", words(name, &shown)),
        _ if word.starts_with('-') => words(word, &shown),
        _ if place == 0 => program(word),
        _ => HIDDEN.to_owned(),
    };
    value.split_whitespace().enumerate().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scheme_and_host_of_an_address_are_recorded() {
        for (list, wanted) in [
            (
                "https://u:p@a.example/x,https://b.example:8|http://t@c.example,direct",
                "https://a.example,https://b.example:8|http://c.example,direct",
            ),
            ("https://u:p/w@a.example/TOKEN/go?t=TOKEN#TOKEN", "https://a.example"),
            ("a.example/TOKEN", "https://a.example"),
            ("u:p@a.example, off", "https://a.example,off"),
            ("file:///srv/proxy", "file:///srv/proxy"),
            ("off", "off"),
            ("dirct,T0KEN", "dirct,…"),
            ("", ""),
        ] {
            assert_eq!(Setting::addresses(list).recorded().as_deref(), Some(wanted));
        }
        let kept = Setting::addresses("https://u:p@a.example/x?y=z,direct").recorded_with_paths();
        assert_eq!(kept.as_deref(), Some("https://a.example/x?y=z,direct"));
    }

    #[test]
    fn the_database_is_recorded_without_its_login() {
        let recorded = |value: &str| Setting::new(Form::Database, value).recorded();
        assert_eq!(
            recorded("sum.golang.org https://u:p@h.example/TOKEN?t=TOKEN").as_deref(),
            Some("sum.golang.org https://h.example")
        );
        assert_eq!(recorded("sum.golang.org").as_deref(), Some("sum.golang.org"));
        assert_eq!(recorded("sum.golang.google.cn").as_deref(), Some("sum.golang.google.cn"));
        assert_eq!(recorded("off").as_deref(), Some("off"));
        assert_eq!(recorded("https://u:p@h.example"), None);
        assert_eq!(Setting::new(Form::Database, "https://u:p@h.example").shown(), "…");
    }

    #[test]
    fn each_form_shows_what_is_no_secret() {
        for (form, value, wanted) in [
            (Form::Words, "*.corp.example,https://u:p@h.example/x", "*.corp.example,https://h.example/…"),
            (Form::Words, "public:git, u:p@h.example:all", "public:git, https://…"),
            (Form::Words, "a.example/?,b.example?t=p", "a.example/?,https://b.example"),
            (Form::Words, "go1.24.0+auto", "go1.24.0+auto"),
            (Form::Plain, "/srv/a@b", "/srv/a@b"),
            (Form::Plain, "https://u:p@h.example/x", "https://h.example/…"),
            (
                Form::Command,
                "-mod=mod -ldflags=-X -modcacherw main.token=p",
                "-mod=… -ldflags=… -modcacherw …",
            ),
            (Form::Link, "https://u:p@ci.example/job/1?t=p", "https://ci.example/job/1"),
            (Form::Command, "/bin/helper --token p", "/bin/helper --token …"),
            (Form::Command, "TOKEN=p helper", "… …"),
            (Form::Hidden, "p", "…"),
            (Form::Hidden, "", ""),
        ] {
            assert_eq!(Setting::new(form, value).shown(), wanted, "{value}");
        }
        assert_eq!(format!("{:?}", Setting::from("p")), r#"Setting("…")"#);
    }
}
