//! Everything of one bundle before it is one: projects resolved, modules
//! fetched and held against go.sum or the checksum database.

use crate::Context;
use crate::advice;
use crate::assemble::{self, Parts};
use crate::downloads::{self, Downloads, subject};
use crate::failure::Result;
use crate::lengths;
use crate::offline;
use crate::project::{Loaded, shown};
use crate::projects::Projects;
use crate::quantity::{bytes, count, duration};
use crate::requests::{Collect, Network, Scope};
use crate::resolve::walk;
use crate::sources::{self, Build};
use crate::statements;
use crate::sumdb::{self, Proved};
use crate::sums::Unsummed;
use crate::toolchains;
use crate::view::{ReadSeek, View};
use airgo_bundle::{Manifest, ObjectKind};
use airgo_fetch::{Fetched, Kind, Object};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosum::Subject;
use airgo_resolve::{Advice, Resolution};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

/// All that goes into the bundle, verified.
pub struct Gathered {
    /// What the bundle says of itself.
    pub manifest: Manifest,
    /// The verified downloads.
    pub objects: Arc<BTreeMap<Object, Fetched>>,
    /// The checksum database's files, by their names below `proxy/sumdb/`.
    pub evidence: Vec<(String, Vec<u8>)>,
    /// What the checksum database proved, if it was asked.
    pub proved: Option<Proved>,
    /// Retractions and deprecations that were seen.
    pub advice: BTreeMap<ModuleVersion, Advice>,
    /// When gathering began.
    pub began: Timestamp,
}

/// Resolves and fetches; every object is held against go.sum or the checksum
/// database before this returns.
pub fn gather(
    context: &Context,
    wanted: &Collect,
    network: &Network,
    projects: &Projects,
) -> Result<Gathered> {
    let (began, started) = (Instant::now(), Timestamp::now());
    let progress = Arc::new(context.progress("Fetching", "files", 0));
    let fetcher = downloads::fetcher(context, network, &progress)?;
    let sums = projects.sums();
    let mut downloads = Downloads::new(&fetcher, &sums, &progress);
    for loaded in &projects.list {
        downloads.foresee(likely(loaded).into_iter());
    }
    let mut resolutions = Vec::new();
    for loaded in &projects.list {
        resolutions.push(walk(context, loaded, &mut downloads)?);
    }
    let mut wants = wants(projects, &resolutions, wanted.scope);
    // In no go.sum: it is the checksum database that vouches for a toolchain.
    let toolchains = toolchains::modules(context, projects, &wanted.toolchains)?;
    let kinds = [Kind::Info, Kind::Mod, Kind::Zip];
    let toolchains = toolchains.into_iter().flat_map(|m| kinds.map(|kind| Object::new(m.clone(), kind)));
    if let Some(first) = wants.first_mut() {
        first.extend(toolchains);
    }
    let all = wants.iter().flatten().cloned().collect();
    let cache = downloads::cache_dir(context, network)?;
    // Beside the zips, so that it takes no time of its own.
    let (objects, advice) = std::thread::scope(|scope| {
        let ask = || advice::ask(context, &fetcher, &progress, &cache, &resolutions);
        let asked = std::thread::Builder::new().spawn_scoped(scope, ask);
        let objects = downloads.complete(&all);
        // Where no thread can be started, afterwards.
        (objects, asked.map_or_else(|_| ask(), |asked| asked.join().unwrap_or_default()))
    });
    let objects = objects?;
    context.interrupt.check()?;
    let build = Build { platforms: wanted.platforms.clone(), tags: wanted.tags.clone() };
    offline::check(context, projects, &resolutions, &objects, &build, wanted.allow_incomplete)?;
    lengths::check(context, &objects, &build.platforms, wanted.allow_incomplete)?;
    let (unsummed, lacking) = unsummed(projects, &wants, &objects);
    let vouched = sumdb::vouch(context, &fetcher, &cache, &lacking, unsummed)?;
    progress.finish();
    let zips = objects.keys().filter(|o| o.kind == Kind::Zip).count();
    context.status(
        "Fetched",
        format!(
            "{} ({} from the network) in {}",
            count(zips, "zip"),
            bytes(progress.bytes()),
            duration(began.elapsed())
        ),
    );
    let parts = Parts {
        projects,
        imports: sources::imports(context, &projects.list, &resolutions, &objects, &build)?,
        build: &build,
        resolutions: &resolutions,
        scope: match wanted.scope {
            Scope::Build => airgo_bundle::manifest::Scope::Build,
            Scope::All => airgo_bundle::manifest::Scope::All,
        },
        objects: &objects,
        by_database: &vouched.by_database,
        unchecked: &vouched.unchecked,
    };
    let manifest = assemble::manifest(&parts)?;
    let (evidence, proved) = (vouched.evidence, vouched.proved);
    Ok(Gathered { manifest, objects: Arc::new(objects), evidence, proved, advice, began: started })
}

/// What the bundle must hold, project by project. `go list -m` also reads the
/// go.mod of a module that graph pruning passed over, for its go line, where
/// go.sum has a line for it (cmd/go modload/build.go moduleInfo).
fn wants(projects: &Projects, resolutions: &[Resolution], scope: Scope) -> Vec<BTreeSet<Object>> {
    let scope = scope.into();
    let of = |(loaded, resolution): (&Loaded, &Resolution)| {
        let needs = resolution.needs(scope);
        let summed = needs.infos.iter().filter(|m| loaded.sums.contains(m, Subject::GoMod));
        let mods = needs.mods.iter().chain(summed).map(|m| Object::new(m.clone(), Kind::Mod));
        let infos = needs.infos.iter().map(|m| Object::new(m.clone(), Kind::Info));
        let zips = needs.zips.iter().map(|m| Object::new(m.clone(), Kind::Zip));
        mods.chain(infos).chain(zips).collect()
    };
    projects.list.iter().zip(resolutions).map(of).collect()
}

/// The downloads for which a project that needs them has no line in its go.sum
/// (another project's does not help `go` there), and the names of those files.
fn unsummed(
    projects: &Projects,
    wants: &[BTreeSet<Object>],
    objects: &BTreeMap<Object, Fetched>,
) -> (BTreeSet<Unsummed>, String) {
    let (mut lacking, mut files) = (BTreeSet::new(), BTreeSet::new());
    for (loaded, wants) in projects.list.iter().zip(wants) {
        for object in wants {
            let (Some(subject), Some(h1)) = (subject(object.kind), objects.get(object).and_then(|o| o.h1))
            else {
                continue;
            };
            if !loaded.sums.contains(&object.module, subject) {
                lacking.insert(Unsummed { module: object.module.clone(), subject, h1 });
                files.insert(shown(&loaded.sum_file));
            }
        }
    }
    if files.is_empty() {
        files.extend(projects.list.iter().map(|l| shown(&l.sum_file)));
    }
    (lacking, files.into_iter().collect::<Vec<_>>().join(", "))
}

/// What will be needed unless go.mod is inconsistent: a pruned main module
/// lists all that it builds with (go.dev/ref/mod#graph-pruning).
fn likely(loaded: &Loaded) -> Vec<ModuleVersion> {
    let [main] = loaded.project.mains.as_slice() else { return Vec::new() };
    if main.modfile.replace.is_empty()
        && airgo_gomod::gover::compare(loaded.project.go_version(), "1.17").is_ge()
    {
        main.modfile.require.iter().map(|r| r.module.clone()).collect()
    } else {
        Vec::new()
    }
}

/// The project as plugins will see it in the bundle, with what is to be recorded
/// of its proxies.
pub fn view(context: &Context, gathered: &Gathered, whole_proxies: bool) -> View {
    let objects = gathered.objects.clone();
    let view = View::new(
        &gathered.manifest,
        Box::new(move |module, kind| {
            let object = fetched_as(kind).map(|kind| Object::new(module.clone(), kind));
            let fetched = object.and_then(|object| objects.get(&object));
            let fetched = fetched.ok_or_else(|| format!("{module} was not fetched"))?;
            fetched.open().map(|r| Box::new(r) as Box<dyn ReadSeek>).map_err(|e| e.to_string())
        }),
    );
    view.with_provenance(&statements::provenance(context, gathered, whole_proxies))
}

/// What is fetched for an entry of this kind.
pub fn fetched_as(kind: ObjectKind) -> Option<Kind> {
    match kind {
        ObjectKind::Info => Some(Kind::Info),
        ObjectKind::Mod => Some(Kind::Mod),
        ObjectKind::Zip => Some(Kind::Zip),
        ObjectKind::List | ObjectKind::Data => None,
    }
}
