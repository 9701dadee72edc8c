//! Trust files: who may sign what, in TOML, with every error at its line.
//!
//! ```
//! let text = r#"
//! schema = "https://airgo.dev/trust/v1"
//! require = ["sequence", "expires"]
//!
//! [roles]
//! packer = 1
//! reviewer = 2
//!
//! [[key]]
//! name = "build server"
//! public-key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
//! roles = ["packer"]
//! modules = ["example.com/shop"]
//! valid-before = 2027-06-30
//! "#;
//! let mut trust = airgo_bundle::Trust::new();
//! let error = trust.parse_trust_file("trust.toml", text, ".".as_ref()).unwrap_err();
//! assert_eq!(error.to_string(), "trust.toml:7:12: reviewer needs 2 keys, and 0 have the role");
//! ```

use crate::attest::keys::{KeyId, PublicKey};
use crate::attest::trust::Trust;
use crate::attest::trusted_key::{Revocation, Role, TrustedKey};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::value::Datetime;

/// The schema that this crate reads.
pub const TRUST_SCHEMA: &str = "https://airgo.dev/trust/v1";
/// Bytes of a trust file, and of a key file that it names.
const MAX_BYTES: usize = 1 << 20;

/// What is wrong in a trust file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct TrustFileError {
    /// The name of the file.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// A trust file: whose signatures count, and as what.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// `https://airgo.dev/trust/v1`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    schema: Spanned<String>,
    /// What every signature must state: `sequence`, `expires`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    require: Vec<Spanned<String>>,
    /// How many distinct keys must sign in each role.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, i64>"))]
    roles: BTreeMap<String, Spanned<i64>>,
    /// The keys that may sign, each below `[[key]]`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<Key>"))]
    key: Vec<Spanned<Key>>,
    /// The keys that no longer count, each below `[[revoked]]`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<Revoked>"))]
    revoked: Vec<Spanned<Revoked>>,
}

/// A key that may sign; it has either `public-key` or `file`.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Key {
    /// Whose key it is.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    name: Spanned<String>,
    /// The key, in OpenSSH or PEM form.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    public_key: Option<Spanned<String>>,
    /// A file with the key, relative to the trust file.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    file: Option<Spanned<String>>,
    /// The roles in which it may sign, of those in `[roles]`.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    roles: Option<Spanned<Vec<Spanned<String>>>>,
    /// Patterns of the main modules whose bundles it may sign; without them all.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<String>>"))]
    modules: Option<Spanned<Vec<Spanned<String>>>>,
    /// A signature counts from this date on, without quotes.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    valid_after: Option<Spanned<Datetime>>,
    /// A signature counts until this date, without quotes.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    valid_before: Option<Spanned<Datetime>>,
}

/// A key that no longer counts.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Revoked {
    /// The key, or its fingerprint (`SHA256:…`).
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    key: Spanned<String>,
    /// Why.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    reason: Spanned<String>,
}

/// The text of a file, as long as it is short: more than a trust file may hold
/// is not read.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_string(&mut text)?;
    if text.len() > MAX_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it is larger than {MAX_BYTES} bytes"),
        ));
    }
    Ok(text)
}

struct Source<'a> {
    name: &'a str,
    text: &'a str,
    base: &'a Path,
}

type Result<T> = std::result::Result<T, TrustFileError>;

impl Source<'_> {
    fn place(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at.min(self.text.len())).unwrap_or(self.text);
        let start = before.rfind('\n').map_or(0, |n| n + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }

    fn error(&self, span: Range<usize>, message: impl Into<String>) -> TrustFileError {
        let (line, column) = self.place(span.start);
        TrustFileError { file: self.name.to_owned(), line, column, message: message.into() }
    }

    fn line(&self, span: Range<usize>) -> String {
        format!("{}:{}", self.name, self.place(span.start).0)
    }

    fn key(&self, key: &Spanned<Key>) -> Result<PublicKey> {
        let entry = key.get_ref();
        match (&entry.public_key, &entry.file) {
            (Some(text), None) => {
                PublicKey::parse(text.get_ref()).map_err(|e| self.error(text.span(), e.to_string()))
            }
            (None, Some(file)) => {
                let wrong =
                    |e: &dyn std::fmt::Display| self.error(file.span(), format!("{}: {e}", file.get_ref()));
                let path = self.base.join(file.get_ref());
                let regular = std::fs::metadata(&path).map_err(|e| wrong(&e))?.is_file();
                if !regular {
                    return Err(wrong(&"not a regular file"));
                }
                let text = read_text(&path).map_err(|e| wrong(&e))?;
                PublicKey::parse(&text).map_err(|e| wrong(&e))
            }
            _ => Err(self.error(key.span(), "a key has either public-key or file")),
        }
    }

    fn moment(&self, value: &Spanned<Datetime>) -> Result<Timestamp> {
        let date = value.get_ref();
        // A day begins at midnight in UTC, so that the file means the same everywhere.
        let text = match (date.date, date.time, date.offset) {
            (Some(_), None, None) => format!("{date}T00:00:00Z"),
            (Some(_), Some(_), Some(_)) => date.to_string(),
            _ => {
                return Err(
                    self.error(value.span(), "a time has a date and an offset, such as 2027-01-31T12:00:00Z")
                );
            }
        };
        text.parse().map_err(|_| self.error(value.span(), format!("{date} is not a time")))
    }

    fn roles(&self, key: &Key, known: &BTreeMap<String, Spanned<i64>>) -> Result<BTreeSet<String>> {
        let Some(roles) = &key.roles else {
            if known.is_empty() {
                return Ok(BTreeSet::new());
            }
            return Err(self.error(key.name.span(), "the key has no roles, though the file demands some"));
        };
        if roles.get_ref().is_empty() {
            return Err(self.error(roles.span(), "roles is empty; leave a key out that may sign nothing"));
        }
        let mut found = BTreeSet::new();
        for role in roles.get_ref() {
            if !known.contains_key(role.get_ref()) {
                let message = format!("the role {:?} is not under [roles]", role.get_ref());
                return Err(self.error(role.span(), message));
            }
            if !found.insert(role.get_ref().clone()) {
                return Err(self.error(role.span(), format!("the role {:?} is named twice", role.get_ref())));
            }
        }
        Ok(found)
    }

    fn modules(&self, key: &Key) -> Result<Option<Vec<String>>> {
        let Some(modules) = &key.modules else { return Ok(None) };
        if modules.get_ref().is_empty() {
            return Err(self.error(modules.span(), "modules is empty; leave it out for all main modules"));
        }
        for pattern in modules.get_ref() {
            let text = pattern.get_ref();
            // A comma would be two patterns to the matcher, a bad bracket none.
            let odd = |c: char| c.is_whitespace() || c.is_control() || ",[]\\".contains(c);
            if text.is_empty() || text == "=" || text.contains(odd) {
                return Err(self.error(pattern.span(), format!("{text:?} is not a module pattern")));
            }
        }
        Ok(Some(modules.get_ref().iter().map(|p| p.get_ref().clone()).collect()))
    }

    fn trusted(&self, key: &Spanned<Key>, known: &BTreeMap<String, Spanned<i64>>) -> Result<TrustedKey> {
        let entry = key.get_ref();
        if entry.name.get_ref().trim().is_empty() || entry.name.get_ref().chars().any(char::is_control) {
            return Err(self.error(entry.name.span(), "a key needs a name of printable characters"));
        }
        let after = entry.valid_after.as_ref().map(|t| self.moment(t)).transpose()?;
        let before = entry.valid_before.as_ref().map(|t| self.moment(t)).transpose()?;
        if let (Some(from), Some(until), Some(at)) = (after, before, &entry.valid_before)
            && from >= until
        {
            return Err(
                self.error(at.span(), "valid-before is not after valid-after: the key would never count")
            );
        }
        Ok(TrustedKey {
            key: self.key(key)?,
            name: Some(entry.name.get_ref().clone()),
            valid_after: after,
            valid_before: before,
            roles: self.roles(entry, known)?,
            modules: self.modules(entry)?,
            place: Some(self.line(key.span())),
        })
    }

    fn revocation(&self, entry: &Spanned<Revoked>) -> Result<(KeyId, Revocation)> {
        let Revoked { key, reason } = entry.get_ref();
        let id = match key.get_ref().parse::<KeyId>() {
            Ok(id) => id,
            Err(_) => PublicKey::parse(key.get_ref())
                .map_err(|_| {
                    self.error(key.span(), "not a key's fingerprint (SHA256:…) and not a public key")
                })?
                .id(),
        };
        if reason.get_ref().trim().is_empty() || reason.get_ref().chars().any(char::is_control) {
            return Err(self.error(reason.span(), "a revocation needs a reason of printable characters"));
        }
        Ok((id, Revocation { reason: reason.get_ref().clone(), place: self.line(entry.span()) }))
    }
}

/// What is trusted once a trust file is added to what is known, and how many keys
/// the file has: see [`Trust::parse_trust_file`].
pub(super) fn parse(known: &Trust, name: &str, text: &str, base: &Path) -> Result<(Trust, usize)> {
    let source = Source { name, text, base };
    if text.len() > MAX_BYTES {
        return Err(source.error(0..0, format!("the file is larger than {MAX_BYTES} bytes")));
    }
    let file: File = toml::from_str(text).map_err(|e| {
        let message = e.message().lines().collect::<Vec<_>>().join(", ");
        source.error(e.span().unwrap_or(0..0), message)
    })?;
    if file.schema.get_ref() != TRUST_SCHEMA {
        let message = format!("the schema is {:?}, this airgo reads {TRUST_SCHEMA}", file.schema.get_ref());
        return Err(source.error(file.schema.span(), message));
    }
    if file.key.is_empty() && file.revoked.is_empty() {
        return Err(source.error(0..0, "the file trusts no key"));
    }
    let mut trust = known.clone();
    for word in &file.require {
        match word.get_ref().as_str() {
            "sequence" => trust.needs_sequence = true,
            "expires" => trust.needs_expiry = true,
            other => {
                let message = format!("{other:?} cannot be required; sequence and expires can");
                return Err(source.error(word.span(), message));
            }
        }
    }
    for entry in &file.revoked {
        let (id, revocation) = source.revocation(entry)?;
        trust.revoked.entry(id).or_insert(revocation);
    }
    let mut lines: BTreeMap<KeyId, String> = BTreeMap::new();
    for entry in &file.key {
        let key = source.trusted(entry, &file.roles)?;
        let id = key.key.id();
        let elsewhere = trust.keys.get(&id).and_then(|k| k.place.clone());
        if let Some(other) = lines.get(&id).or(elsewhere.as_ref()) {
            return Err(source.error(entry.span(), format!("the key is already at {other}")));
        }
        if let Some(revocation) = trust.revoked.get(&id) {
            let message = format!("the key is revoked at {}", revocation.place);
            return Err(source.error(entry.span(), message));
        }
        lines.insert(id, source.line(entry.span()));
        trust.add(key);
    }
    for (role, number) in &file.roles {
        let have = trust.keys.values().filter(|k| k.roles.contains(role)).count();
        let wanted = usize::try_from(*number.get_ref()).unwrap_or(0);
        if !crate::attest::entries::is_label(role) {
            return Err(source.error(number.span(), format!("{role:?} is not a name of a role")));
        }
        if wanted == 0 {
            return Err(source.error(number.span(), format!("{role} needs at least one key")));
        }
        if wanted > have {
            let has = if have == 1 { "has" } else { "have" };
            let message = format!("{role} needs {wanted} keys, and {have} {has} the role");
            return Err(source.error(number.span(), message));
        }
        let role_of = Role { threshold: wanted, place: source.line(number.span()) };
        let known = trust.roles.entry(role.clone()).or_insert_with(|| role_of.clone());
        if known.threshold < wanted {
            *known = role_of;
        }
    }
    Ok((trust, lines.len()))
}
