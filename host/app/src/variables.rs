//! The variables with which `go` builds from an unpacked bundle and asks for nothing
//! else, and why each has its value.

use crate::Context;
use crate::completeness;
use crate::project;
use crate::settings::{self, Known};
use airgo_bundle::SignedBundle;
use airgo_bundle::names::EVIDENCE;
use airgo_gomod::goenv::GoFlags;
use airgo_resolve::TOOLCHAIN_MODULE;
use std::ffi::OsString;
use std::path::Path;

/// What of a bundle decides variables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// What the checksum database answered is in it.
    pub sumdb: bool,
    /// Go toolchains are in it.
    pub toolchains: bool,
}

impl Held {
    /// By a bundle.
    #[must_use]
    pub fn of(bundle: &SignedBundle) -> Self {
        let lookups = bundle.evidence().filter_map(|name| name.strip_prefix(EVIDENCE));
        let mut modules = bundle.manifest().modules.iter();
        Self {
            sumdb: lookups.into_iter().any(|name| name.contains("/lookup/")),
            toolchains: modules.any(|module| module.path == TOOLCHAIN_MODULE && module.zip.is_some()),
        }
    }
}

/// A variable for `go`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: OsString,
    /// Why, as a line for people.
    pub why: &'static str,
}

/// The variables for `go` in `dir` with the module cache `gomodcache`.
///
/// - `GOMODCACHE` is that cache, and `GOPROXY` is `off`.
/// - `GONOPROXY` is `none`: go asks the repositories of modules that it names (by default
///   of `GOPRIVATE`), whatever `GOPROXY` says (cmd/go modfetch/proxy.go).
/// - `GOSUMDB` is `off` where the bundle has nothing of the checksum database: go could not
///   ask it, and what is in the cache is what the signed manifest says.
/// - `GOTOOLCHAIN` looks in `PATH` alone where it would fetch and the bundle has none.
/// - `GOFLAGS` gets `-mod=readonly` where go would build from a vendor directory instead.
#[must_use]
pub fn variables(context: &Context, gomodcache: &Path, held: Held, dir: &Path) -> Vec<Variable> {
    let mut all = vec![
        Variable {
            name: settings::GOMODCACHE.name,
            value: gomodcache.as_os_str().to_owned(),
            why: "the modules of the bundle",
        },
        of(settings::GOPROXY, "off", "nothing is fetched"),
        of(settings::GONOPROXY, "none", "nor from the repositories of private modules"),
    ];
    if !held.sumdb {
        all.push(of(settings::GOSUMDB, "off", "the bundle has nothing of the checksum database"));
    }
    if !held.toolchains
        && let Some(setting) = context.env.get(settings::GOTOOLCHAIN)
        && let Some(value) = in_path(setting.reveal())
    {
        all.push(of(settings::GOTOOLCHAIN, &value, "the bundle has no toolchain to switch to"));
    }
    if let Some(flags) = readonly(context, dir) {
        all.push(of(settings::GOFLAGS, &flags, "the modules of the bundle, not those of vendor"));
    }
    all
}

fn of(known: Known, value: &str, why: &'static str) -> Variable {
    Variable { name: known.name, value: value.into(), why }
}

/// A setting of GOTOOLCHAIN that fetches as one that does not (cmd/go toolchain/select.go).
fn in_path(setting: &str) -> Option<String> {
    match setting {
        "auto" => Some("path".to_owned()),
        other => other.strip_suffix("+auto").map(|least| format!("{least}+path")),
    }
}

/// GOFLAGS with `-mod=readonly`, where there is no `-mod` and go would take the vendor
/// directory.
fn readonly(context: &Context, dir: &Path) -> Option<String> {
    let given = context.env.get_or_empty(settings::GOFLAGS);
    let flags = GoFlags::parse(given.reveal()).ok()?;
    if flags.value("mod").ok()?.is_some_and(|mode| !mode.is_empty()) {
        return None;
    }
    let loaded = project::load(dir, &context.env).ok()?;
    completeness::vendored(context, &loaded)?;
    Some(format!("{} -mod=readonly", given.reveal()).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::in_path;

    #[test]
    fn a_toolchain_that_would_be_fetched_is_looked_for_in_path() {
        for (setting, wanted) in [
            ("auto", Some("path")),
            ("go1.26.8+auto", Some("go1.26.8+path")),
            ("local+auto", Some("local+path")),
            ("local", None),
            ("path", None),
            ("go1.26.8", None),
        ] {
            assert_eq!(in_path(setting).as_deref(), wanted, "{setting}");
        }
    }
}
