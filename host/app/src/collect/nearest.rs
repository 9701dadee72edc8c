//! Where a version is not to be had: which ones there are, as cargo and uv list them.

use crate::failure::Failure;
use airgo_fetch::{FetchError, Fetcher, Object};
use airgo_gomod::{ModuleVersion, pseudo, semver};
use std::time::Duration;

/// The run has failed already: advice may not take long.
const PATIENCE: Duration = Duration::from_secs(3);

/// Adds the versions next to the one that this error is about, if it may not be there.
pub fn add(failure: &mut Failure, fetcher: &Fetcher, error: &FetchError, object: &Object) {
    let ModuleVersion { path, version } = &object.module;
    if !error.may_lack_version() || pseudo::is_pseudo_version(version) {
        return;
    }
    let mut lists = fetcher.lists(std::slice::from_ref(path), PATIENCE);
    if let Some(Ok(listed)) = lists.pop()
        && let Some(hint) = of(path, version, listed)
    {
        failure.hints.insert(0, hint.into());
    }
}

/// The versions next to `wanted` of those that are listed; none where it is among them.
fn of(path: &str, wanted: &str, mut listed: Vec<String>) -> Option<String> {
    listed.retain(|v| semver::is_valid(v));
    semver::sort(&mut listed);
    listed.dedup();
    if !semver::is_valid(wanted) || listed.iter().any(|v| v == wanted) {
        return None;
    }
    let below = listed.iter().rev().find(|v| semver::compare(v, wanted).is_lt());
    let above = listed.iter().find(|v| semver::compare(v, wanted).is_gt());
    let latest = listed.iter().rev().find(|v| semver::prerelease(v).is_empty()).or(listed.last())?;
    let near: Vec<&str> = [below, above].into_iter().flatten().map(String::as_str).collect();
    let tail =
        if near.contains(&latest.as_str()) { String::new() } else { format!("; the latest is {latest}") };
    Some(format!(
        "there is no {path}@{wanted}: next to it there {} {}{tail}",
        are(near.len()),
        near.join(" and ")
    ))
}

fn are(n: usize) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_versions_are_named() {
        let listed = || ["v1.10.0", "v1.2.0", "v1.3.1", "v2.0.0-rc.1", "junk"].map(str::to_owned).to_vec();
        for (wanted, expected) in [
            (
                "v1.3.0",
                Some("there is no m@v1.3.0: next to it there are v1.2.0 and v1.3.1; the latest is v1.10.0"),
            ),
            ("v1.777.0", Some("there is no m@v1.777.0: next to it there are v1.10.0 and v2.0.0-rc.1")),
            ("v0.1.0", Some("there is no m@v0.1.0: next to it there is v1.2.0; the latest is v1.10.0")),
            ("v1.3.1", None),
            ("master", None),
        ] {
            assert_eq!(of("m", wanted, listed()).as_deref(), expected, "{wanted}");
        }
        assert_eq!(of("m", "v1.0.0", Vec::new()), None);
    }
}
