//! GOFLAGS: how its words are split, and what its flags say (cmd/internal/quoted
//! Split; cmd/go/internal/base/goflags.go).

use super::known_flags::is_known;
use crate::address::HIDDEN;
use crate::setting::Setting;

/// The flags of GOFLAGS, in order.
///
/// A flag that no go command has is an error, as it is for go: a flag that is
/// misspelt would otherwise be taken for one that was never set.
///
/// ```
/// use airgo_gomod::goenv::GoFlags;
///
/// let flags = GoFlags::parse("-mod=mod '-modfile=other place/go.mod' --mod=readonly -modcacherw")?;
/// assert_eq!(flags.value("mod")?, Some("readonly"));
/// assert_eq!(flags.value("modfile")?, Some("other place/go.mod"));
/// assert!(flags.boolean("modcacherw")?);
/// # Ok::<(), airgo_gomod::goenv::GoFlagsError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoFlags {
    /// Names without dashes, and what stands behind the first `=`.
    flags: Vec<(String, Option<String>)>,
}

/// Why GOFLAGS cannot be used. Words that may be secrets are shown as
/// [`address`](crate::address) and [`setting`](crate::setting) have it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GoFlagsError {
    /// A quote without its counterpart.
    #[error("parsing $GOFLAGS: unterminated {quote} string")]
    Unterminated {
        /// The quote.
        quote: char,
    },
    /// A word that is not a flag, such as the value in `-x value`.
    #[error("parsing $GOFLAGS: non-flag {word:?}")]
    NotAFlag {
        /// The word.
        word: String,
    },
    /// A flag that no go command has.
    #[error("parsing $GOFLAGS: unknown flag -{name}")]
    Unknown {
        /// The flag's name.
        name: String,
    },
    /// A flag without the value that it needs.
    #[error("flag needs an argument: -{name} (from $GOFLAGS)")]
    NoValue {
        /// The flag's name.
        name: String,
    },
    /// A flag with a value other than true or false.
    #[error("invalid boolean value {value:?} for flag -{name} (from $GOFLAGS)")]
    NotBoolean {
        /// The flag's name.
        name: String,
        /// Its value.
        value: String,
    },
}

impl GoFlags {
    /// Reads the value of GOFLAGS.
    pub fn parse(text: &str) -> Result<Self, GoFlagsError> {
        let mut flags = Vec::new();
        for word in split(text)? {
            let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).unwrap_or_default();
            if name.is_empty() || name.starts_with(['-', '=']) {
                return Err(GoFlagsError::NotAFlag { word: shown(word) });
            }
            let (name, value) = match name.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (name, None),
            };
            if !is_known(name) {
                return Err(GoFlagsError::Unknown { name: shown(name) });
            }
            flags.push((name.to_owned(), value));
        }
        Ok(Self { flags })
    }

    /// The value of a flag that needs one, as `-mod`: that of its last
    /// occurrence. An occurrence without a value is an error wherever it is.
    pub fn value(&self, name: &str) -> Result<Option<&str>, GoFlagsError> {
        let mut last = None;
        for value in self.of(name) {
            last = Some(value.ok_or_else(|| GoFlagsError::NoValue { name: name.to_owned() })?);
        }
        Ok(last)
    }

    /// A flag that is on or off, as `-modcacherw`; off where it does not occur.
    pub fn boolean(&self, name: &str) -> Result<bool, GoFlagsError> {
        let mut last = false;
        for value in self.of(name) {
            last = match value {
                None | Some("1" | "t" | "T" | "TRUE" | "true" | "True") => true,
                Some("0" | "f" | "F" | "FALSE" | "false" | "False") => false,
                Some(value) => {
                    let (name, value) = (name.to_owned(), shown(value));
                    return Err(GoFlagsError::NotBoolean { name, value });
                }
            };
        }
        Ok(last)
    }

    fn of(&self, name: &str) -> impl Iterator<Item = Option<&str>> {
        self.flags.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_deref())
    }
}

/// A word of GOFLAGS in an error: of `main.token=s3cret`, which stood outside of
/// the quotes of its flag, the name.
fn shown(word: &str) -> String {
    match word.split_once('=') {
        Some((name, _)) => format!("{}={HIDDEN}", Setting::words(name).shown()),
        None => Setting::words(word).shown(),
    }
}

/// Words between white space. A word that begins with a quote ends at the next
/// one like it, whatever follows; quotes elsewhere are plain characters.
fn split(text: &str) -> Result<Vec<&str>, GoFlagsError> {
    const BLANK: [char; 4] = [' ', '\t', '\n', '\r'];
    let mut words = Vec::new();
    let mut rest = text.trim_start_matches(BLANK);
    while let Some(first) = rest.chars().next() {
        let (word, tail) = match first {
            quote @ ('"' | '\'') => {
                rest[1..].split_once(quote).ok_or(GoFlagsError::Unterminated { quote })?
            }
            _ => rest.split_at(rest.find(BLANK).unwrap_or(rest.len())),
        };
        words.push(word);
        rest = tail.trim_start_matches(BLANK);
    }
    Ok(words)
}
