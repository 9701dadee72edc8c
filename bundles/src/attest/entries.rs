//! The names of what is signed and of signatures, as entries of a bundle.

use super::keys::KeyId;

/// The manifest's entry.
pub const MANIFEST: &str = "airgo.json";
/// Where signed statements are.
pub const STATEMENTS: &str = "statements/";
/// Where signatures are.
pub const SIGNATURES: &str = "signatures/";
const ENVELOPE_SUFFIX: &str = ".dsse.json";

/// The entry of a key's signature.
pub fn signature_name(key: &KeyId) -> String {
    format!("{SIGNATURES}{}{ENVELOPE_SUFFIX}", key.file_safe())
}

/// The entry of a key's statement.
pub fn statement_name(statement: &str, key: &KeyId) -> String {
    format!("{STATEMENTS}{statement}.{}{ENVELOPE_SUFFIX}", key.file_safe())
}

/// The key that an entry under `signatures/` names.
pub fn parse_signature_name(name: &str) -> Option<KeyId> {
    KeyId::from_file_safe(name.strip_prefix(SIGNATURES)?.strip_suffix(ENVELOPE_SUFFIX)?)
}

/// The statement's name and the key that an entry under `statements/` names.
pub fn parse_statement_name(name: &str) -> Option<(&str, KeyId)> {
    let stem = name.strip_prefix(STATEMENTS)?.strip_suffix(ENVELOPE_SUFFIX)?;
    let (statement, key) = stem.split_once('.')?;
    Some((statement, KeyId::from_file_safe(key)?)).filter(|_| is_label(statement))
}

/// A statement's or a data snapshot's name: lower-case letters, digits and
/// single hyphens, beginning with a letter.
pub fn is_label(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
