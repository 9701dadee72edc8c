//! Whether the files of all modules have a place in a module cache on the other
//! side: reported at pack, since `unpack` and `go` fail there.

use crate::Context;
use crate::failure::{Failure, Result};
use airgo_fetch::{Fetched, Object};
use airgo_gomod::gosource::Platform;
use airgo_gomod::module::{System, TooLong};
use airgo_gomod::modzip::FileList;
use std::collections::BTreeMap;

/// How many modules a warning names.
const SHOWN: usize = 3;
/// Letters of a name that are shown, at its begin and at its end.
const LETTERS: usize = 30;

/// Refuses what no module cache on Linux can hold, which is where bundles are
/// unpacked; only warns where `allow` is given. Of macOS and Windows, whose paths
/// are shorter, it warns: of Windows where it is among the platforms, since `go`
/// itself is not held to the limit there.
pub fn check(
    context: &Context,
    objects: &BTreeMap<Object, Fetched>,
    platforms: &[Platform],
    allow: bool,
) -> Result<()> {
    let mut systems = vec![System::Linux];
    let packs_for = |os: &str| platforms.iter().any(|p| p.os == os);
    systems.extend((platforms.is_empty() || packs_for("darwin")).then_some(System::MacOs));
    systems.extend(packs_for("windows").then_some(System::Windows));
    let mut found: Vec<(System, Vec<(&Object, TooLong)>)> =
        systems.into_iter().map(|s| (s, Vec::new())).collect();
    for (object, fetched) in objects {
        context.interrupt.check()?;
        for (system, list) in &mut found {
            let files = fetched.files.iter().flat_map(FileList::iter).filter(|file| !file.is_directory());
            let files = files.map(|file| file.name);
            list.extend(system.too_long(&object.module, files).map(|too_long| (object, too_long)));
        }
    }
    for (system, list) in found {
        let Some((object, first)) = list.first() else { continue };
        if system == System::Linux && !allow {
            return Err(refusal(object, first));
        }
        let mut names: Vec<String> = list.iter().map(|(object, _)| object.module.to_string()).collect();
        names.dedup();
        let more = names.len().saturating_sub(SHOWN);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        names.truncate(SHOWN);
        context.warning(format!(
            "{}{more} cannot be unpacked on {}: {}",
            names.join(", "),
            system.name(),
            words(first)
        ));
    }
    Ok(())
}

fn refusal(object: &Object, found: &TooLong) -> Failure {
    let module = &object.module;
    Failure::failed(format!("{module} cannot be unpacked on Linux: {}", words(found)))
        .hint(format!(
            "go cannot download it there either: choose another version: go list -m -versions {}",
            module.path
        ))
        .hint("to pack it anyway: --allow-incomplete")
}

fn words(found: &TooLong) -> String {
    let TooLong { path, element, length, unit, limit } = found;
    match element {
        Some(element) => {
            format!("the file name {} has {length} {unit}, and {limit} are the limit", shortened(element))
        }
        None => format!(
            "the path {} has {length} {unit}, and {limit} are the limit below /go/pkg/mod",
            shortened(path)
        ),
    }
}

/// A name with its middle left out.
fn shortened(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= 2 * LETTERS + 1 {
        return name.to_owned();
    }
    let (start, end) = (&letters[..LETTERS], &letters[letters.len() - LETTERS..]);
    format!("{}…{}", start.iter().collect::<String>(), end.iter().collect::<String>())
}
