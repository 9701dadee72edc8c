//! The module path of a go.mod that may be broken otherwise (x/mod ModulePath).

use crate::quote::unquote;
use crate::unicode::{decode, is_space};

/// The path of the first module line; `None` where there is none, or a broken
/// one.
pub fn module_path(data: &[u8]) -> Option<String> {
    let text = decode(data);
    for line in text.split('\n') {
        let line = line.split("//").next().unwrap_or_default().trim_matches(is_space);
        let Some(rest) = line.strip_prefix("module") else { continue };
        let path = rest.trim_start_matches(is_space);
        if path.len() == rest.len() || path.is_empty() {
            continue;
        }
        return if path.starts_with(['"', '`']) { unquote(path) } else { Some(path.to_owned()) };
    }
    None
}
