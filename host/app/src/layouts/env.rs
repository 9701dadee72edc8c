//! `airgo env`: the variables that a build needs of what was unpacked, and no more.

use super::Layout;
use crate::Context;
use crate::failure::{Failure, FailureKind, Result};
use crate::paths::absolute;
use crate::requests::TrustFiles;
use crate::trust::open;
use crate::variables::{Held, variables};
use airgo_bundle::SignedBundle;
use airgo_bundle::manifest::SumSource;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Of what.
#[derive(Clone, Debug, Default)]
pub struct EnvRequest {
    /// The bundle; without one what depends on its modules is left out.
    pub file: Option<PathBuf>,
    /// Whom to trust.
    pub trust: TrustFiles,
    /// What it was unpacked as.
    pub layout: Layout,
    /// The module cache, where it is not the one that go uses anyway.
    pub gomodcache: Option<PathBuf>,
}

/// The variables by name. Nothing is there that go does by itself: it reads a vendor
/// directory where there is one, and no more than go.mod says.
///
/// # Errors
/// The bundle does not verify, a path that no variable can hold, or a layout that does
/// not say where go finds it.
pub fn env(context: &Context, request: &EnvRequest) -> Result<BTreeMap<&'static str, String>> {
    let mut found = BTreeMap::new();
    let bundle = match &request.file {
        None => None,
        Some(file) => Some(open::open_signed(context, file, &request.trust)?),
    };
    match &request.layout {
        Layout::Cache => {
            let dir = match &request.gomodcache {
                Some(dir) => absolute(dir)?,
                None => context.env.gomodcache()?,
            };
            let held = bundle.as_ref().map_or(Held { sumdb: true, toolchains: true }, Held::of);
            // As `airgo exec` sets them.
            for variable in variables(context, &dir, held, Path::new(".")) {
                found.insert(variable.name, text(Path::new(&variable.value))?);
            }
        }
        Layout::Proxy { dir } => {
            drop(found.insert("GOPROXY", format!("file://{}", escaped(&text(&absolute(dir)?)?))))
        }
        Layout::Vendor { .. } => {}
        Layout::Athens { .. } => {
            return Err(Failure::new(FailureKind::Usage, "where the Athens server is reached is not known")
                .hint("set GOPROXY to its address"));
        }
    }
    if let Some(bundle) = &bundle {
        of_bundle(bundle, &request.layout, &mut found);
    }
    Ok(found)
}

fn of_bundle(bundle: &SignedBundle, layout: &Layout, found: &mut BTreeMap<&'static str, String>) {
    let is_vendor = matches!(layout, Layout::Vendor { .. });
    // An image may have GOTOOLCHAIN=local, and go would ask for a toolchain that nobody
    // has; a vendor directory has none.
    let toolchain = if Held::of(bundle).toolchains && !is_vendor { "auto" } else { "local" };
    found.insert("GOTOOLCHAIN", toolchain.to_owned());
    // Go would ask the checksum database about modules that nothing verified at pack.
    let unchecked: BTreeSet<&str> = bundle
        .manifest()
        .modules
        .iter()
        .filter(|module| module.zip.is_some_and(|zip| zip.sum == SumSource::Unchecked))
        .filter(|module| module.replacement.is_none())
        .map(|module| module.path.as_str())
        .collect();
    if !unchecked.is_empty() && matches!(layout, Layout::Proxy { .. }) {
        found.insert("GONOSUMDB", unchecked.into_iter().collect::<Vec<_>>().join(","));
    }
}

/// A path, or something else, as the value of a variable.
fn text(path: &Path) -> Result<String> {
    match path.to_str() {
        Some(text) if !text.contains(char::is_control) => Ok(text.to_owned()),
        _ => Err(Failure::failed(format!("{}: no variable can hold this path", path.display()))
            .hint("name a directory whose path is of printable characters")),
    }
}

/// As the path of an address in GOPROXY, of which `,` and `|` would end it.
fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_element_of_goproxy() {
        assert_eq!(escaped("/srv/go proxy,a|b%"), "/srv/go%20proxy%2Ca%7Cb%25");
    }
}
