//! What the built-in plugins say of a module's code, as attributes that drift
//! compares: `licence`, an SPDX expression, and `native`, the rules of that
//! plugin that the module meets. Found anew from the files of both bundles, so
//! that nobody's statement about them has to be believed.

use crate::Context;
use crate::failure::{Failure, Result};
use crate::policy;
use crate::policy::view::View;
use airgo_policy::{BundleView, Policy, airgo_toml};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Everything is reported, nothing is refused.
const POLICY: &str = r#"
[limits]
time = "2min"

[[plugin]]
name = "licence"
builtin = "licence"
config = { report = true, default = "allow", missing = "warn", unknown = "warn", low-confidence = "allow" }

[[plugin]]
name = "native"
builtin = "native"
[plugin.config]
cgo = "warn"
assembly = "warn"
linkname = "warn"
unsafe = "warn"
syscall = "warn"
exec = "warn"
plugin = "warn"
binary = "warn"
archive = "warn"
generate = "warn"
# What a module is, whoever uses it.
level = "module"
"#;

/// The same view, whose modules have these attributes.
pub fn add(context: &Context, view: View) -> Result<View> {
    let failed = |e: &dyn std::fmt::Display| {
        Failure::failed(format!("could not compare licences and native code: {e}"))
    };
    let file = airgo_toml::parse("built-in", POLICY).map_err(|e| failed(&e))?;
    let engine = policy::engine(context)?;
    // What is found depends on the files alone.
    let policy =
        Policy::load(&engine, file, Path::new("."), Timestamp::UNIX_EPOCH).map_err(|e| failed(&e))?;
    let view = Arc::new(view);
    let shared: Arc<dyn BundleView> = view.clone();
    let evaluation = policy.evaluate(&shared).map_err(|e| failed(&e))?;
    for (plugin, took) in &evaluation.gathered {
        context.detail(policy::gathered(&format!("{plugin} for drift"), took));
    }
    let report = evaluation.report;
    drop(shared);
    let view = Arc::into_inner(view).ok_or_else(|| failed(&"a plugin is still at work"))?;

    let mut licences: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut native: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for finding in report.findings {
        let (Some(path), Some(version)) = (finding.module, finding.version) else { continue };
        let said =
            |name: &str| finding.attributes.iter().find(|(key, _)| key == name).map(|(_, v)| v.clone());
        let at = (path, version);
        match (finding.plugin.as_str(), finding.rule.as_str()) {
            ("native", rule) => {
                native.entry(at).or_default().insert(rule.to_owned());
            }
            ("licence", "found") => licences.extend(said("expression").map(|expression| (at, expression))),
            ("licence", rule @ ("missing" | "unknown")) => {
                licences.entry(at).or_insert_with(|| rule.to_owned());
            }
            _ => {}
        }
    }
    Ok(view.with_attributes(|path, version| {
        let at = (path.to_owned(), version.to_owned());
        let rules = native.get(&at).map(|rules| rules.iter().cloned().collect::<Vec<_>>().join(" "));
        let native = rules.unwrap_or_else(|| "none".to_owned());
        let licence = licences.get(&at).map(|licence| ("licence".to_owned(), licence.clone()));
        licence.into_iter().chain([("native".to_owned(), native)]).collect()
    }))
}
