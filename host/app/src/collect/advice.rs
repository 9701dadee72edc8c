//! What the authors of the selected modules say against using them, as seen
//! while packing: retractions and deprecations (cmd/go modload/modfile.go).
//!
//! It changes nothing that is selected and fails nothing: it goes into the
//! provenance statement, for policies and reviewers. The latest go.mod files are
//! asked for once a day, so that packing again needs no network.

use crate::Context;
use crate::Progress;
use crate::quantity::count;
use airgo_fetch::{Fetcher, Kind, Object};
use airgo_gomod::{ModuleVersion, modfile};
use airgo_model::atomic::{self, Access};
use airgo_resolve::{Advice, Resolution, latest};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A server that makes a list by asking a repository takes long; nobody waits
/// for that.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an answer is news.
const FRESH: u64 = 24 * 60 * 60;

/// The go.mod of each module path's latest version, with the time of asking.
#[derive(Default, Serialize, Deserialize)]
struct Cached(BTreeMap<String, Entry>);

#[derive(Clone, Serialize, Deserialize)]
struct Entry {
    asked: u64,
    /// Absent where it is not known.
    go_mod: Option<String>,
}

/// What the authors say of each module, as far as it is known.
pub fn ask(
    context: &Context,
    fetcher: &Fetcher,
    progress: &Progress,
    cache: &Path,
    resolutions: &[Resolution],
) -> BTreeMap<ModuleVersion, Advice> {
    let modules: BTreeSet<&ModuleVersion> = resolutions.iter().flat_map(|r| r.advisable()).collect();
    let file = cache.join("advice.json");
    let mut cached: Cached =
        std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let fresh = |e: &Entry| e.asked <= now && now - e.asked < FRESH;
    let stale: Vec<String> = modules
        .iter()
        .map(|m| m.path.clone())
        .filter(|path| !cached.0.get(path).is_some_and(fresh))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    if !stale.is_empty() {
        learn(context, fetcher, progress, &stale, &mut cached, now);
        // That it cannot be cached costs the next run a request, nothing else.
        let _ = serde_json::to_vec(&cached).map(|bytes| atomic::replace_in(&file, &bytes, Access::Private));
    }
    let read = |module: &ModuleVersion| {
        let text = cached.0.get(&module.path)?.go_mod.as_ref()?;
        let advice = Advice::read(&modfile::parse_lax("go.mod", text.as_bytes()).ok()?, module);
        (!advice.is_empty()).then(|| (module.clone(), advice))
    };
    modules.into_iter().filter_map(read).collect()
}

fn learn(
    context: &Context,
    fetcher: &Fetcher,
    progress: &Progress,
    paths: &[String],
    cached: &mut Cached,
    now: u64,
) {
    let wanted = fetcher.queue();
    let mut unknown = 0;
    for (path, list) in paths.iter().zip(fetcher.lists(paths, PATIENCE)) {
        cached.0.entry(path.clone()).or_insert(Entry { asked: now, go_mod: None }).asked = now;
        // A go.mod that synthesises nothing is the common case; `+incompatible`
        // versions are used only where nothing newer has one.
        match list.as_ref().map(|l| latest(l.iter().map(String::as_str), |_| true)) {
            Ok(Some(version)) => {
                progress.add_total(1);
                wanted.submit(Object::new(ModuleVersion::new(path, version), Kind::Mod));
            }
            _ => unknown += 1,
        }
    }
    while let Some((object, result)) = wanted.next() {
        let text = result.ok().and_then(|f| f.bytes().ok()).and_then(|b| String::from_utf8(b).ok());
        match text {
            Some(text) => drop(cached.0.insert(object.module.path, Entry { asked: now, go_mod: Some(text) })),
            None => unknown += 1,
        }
    }
    if unknown > 0 {
        context
            .detail(format!("whether versions are retracted is not known of {}", count(unknown, "module")));
    }
}
