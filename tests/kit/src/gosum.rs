//! go.sum lines for the modules of a world, hashed here on purpose without
//! airgo's own dirhash: a mistake there must not hide itself.

use crate::module::Module;
use airgo_gomod::H1;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// The go.sum text that makes these modules good: for each, a line for the zip
/// and one for go.mod, sorted.
pub fn go_sum<'a>(modules: impl IntoIterator<Item = &'a Module>) -> String {
    let mut lines = Vec::new();
    for m in modules {
        let (path, version) = (&m.id().path, &m.id().version);
        lines.push(format!("{path} {version} {}\n", m.h1()));
        lines.push(format!("{path} {version}/go.mod {}\n", h1_go_mod(&m.go_mod_bytes())));
    }
    lines.sort();
    lines.concat()
}

/// The hash of files by name, as go.sum has it for a zip
/// (golang.org/x/mod/sumdb/dirhash Hash1).
pub fn h1_files<'a>(files: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> H1 {
    let mut files: Vec<_> = files.into_iter().collect();
    files.sort_by_key(|(name, _)| *name);
    let mut list = Sha256::new();
    for (name, data) in files {
        list.update(sha256_hex(data));
        list.update("  ");
        list.update(name);
        list.update("\n");
    }
    H1(list.finalize().into())
}

/// The SHA-256 of bytes in lower-case hexadecimal digits.
pub fn sha256_hex(data: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(data) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The hash of a go.mod, as go.sum has it (cmd/go modfetch/fetch.go, goModSum).
pub fn h1_go_mod(bytes: &[u8]) -> H1 {
    h1_files([(&b"go.mod"[..], bytes)])
}
