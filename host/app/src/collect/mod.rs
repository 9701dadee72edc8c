//! What one bundle is to hold: projects are resolved, their modules fetched and
//! verified against go.sum or the checksum database.

mod advice;
mod collected;
pub mod downloads;
mod lengths;
mod manifest;
mod nearest;
mod offline;
mod open_files;
pub mod payload;
mod sources;
pub mod statements;
mod sumdb;
mod sums;
mod toolchains;

pub use collected::{Build, Collected};
pub use offline::Complete;
pub use payload::{Payload, Storing};

use collected::Objects;

use crate::completeness::{Files, Modules, Names, Opened};
use crate::failure::Result;
use crate::paths::shown;
use crate::policy::view::{ReadSeek, View};
use crate::project::Loaded;
use crate::project::several::Projects;
use crate::quantity::{bytes, count, duration};
use crate::requests::{Collect, Network, Scope};
use crate::resolve::walk;
use crate::{Context, Progress};
use airgo_bundle::ObjectKind;
use airgo_fetch::{Fetched, Fetcher, Kind, Object};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosum::Subject;
use airgo_gomod::modzip::FileList;
use airgo_resolve::{Advice, GoModSource, Resolution};
use downloads::{Downloads, subject};
use jiff::Timestamp;
use manifest::ManifestInputs;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use sumdb::Attested;
use sums::Unsummed;

/// Resolves the projects, fetches what their bundle is to hold, and verifies it:
/// every object is what go.sum or the checksum database says.
///
/// # Errors
/// A project that `go` refuses or cannot build on the other side, a download that
/// fails or is not what it must be.
pub fn collect(
    context: &Context,
    wanted: &Collect,
    network: &Network,
    projects: &Projects,
    storing: Option<Storing<'_>>,
) -> Result<Collected> {
    let began = Timestamp::now();
    let session = Session::open(context, network)?;
    let sums = projects.sums();
    let mut downloads = Downloads::new(&session.fetcher, &sums, &session.progress);

    let resolved = resolve(context, wanted, projects, &mut downloads)?;
    let (objects, advice) = fetch(context, &session, downloads, &resolved)?;
    let build = Build { platforms: wanted.platforms.clone(), tags: wanted.tags.clone() };
    // The directories of the projects, and the names in zips, are read once.
    let zips = Zips(&objects);
    let mut files = Files::new(context, &zips, storing.map_or(Names::GoFiles, |storing| storing.names()));
    let checked = offline::check(
        context,
        projects,
        &resolved.resolutions,
        &mut files,
        &build,
        wanted.allow_incomplete,
    )?;
    let (complete, closures) = checked.unzip();
    lengths::check(context, &objects, &build.platforms, wanted.allow_incomplete)?;
    let attested = verify(context, &session, projects, &resolved, &objects)?;
    session.end(context, &objects);

    let inputs = payload::Inputs {
        projects,
        resolutions: &resolved.resolutions,
        objects: &objects,
        build: &build,
        closures: closures.as_deref(),
    };
    let payload = match &storing {
        None => Payload::default(),
        Some(storing) => Payload::make(context, storing, &inputs, &mut files)?,
    };
    let manifest = manifest::build(&ManifestInputs {
        projects,
        payload: &payload,
        imports: sources::imports(context, &projects.list, &resolved.resolutions, &mut files, &build)?,
        build: &build,
        resolutions: &resolved.resolutions,
        scope: match wanted.scope {
            Scope::Build => airgo_bundle::manifest::Scope::Build,
            Scope::All => airgo_bundle::manifest::Scope::All,
        },
        objects: &objects,
        by_database: &attested.by_database,
        unchecked: &attested.unchecked,
    })?;
    drop(files);
    let (evidence, proved) = (attested.evidence, attested.proved);
    Ok(Collected { manifest, objects: Arc::new(objects), payload, evidence, proved, complete, advice, began })
}

/// Resolves the projects, and gives `act` what they resolve to with the zips of the
/// modules, each what go.sum or the checksum database says, and go.mod files for more.
///
/// # Errors
/// A project that `go` refuses, a download that fails or is not what it must be; the
/// first of `act`.
pub fn with_modules<T>(
    context: &Context,
    network: &Network,
    projects: &Projects,
    act: impl FnOnce(&[Resolution], &Zips<'_>, &mut dyn GoModSource) -> Result<T>,
) -> Result<T> {
    let session = Session::open(context, network)?;
    let sums = projects.sums();
    let mut downloads = Downloads::new(&session.fetcher, &sums, &session.progress);
    let resolved = resolve(context, &Collect::default(), projects, &mut downloads)?;
    // The other go.mod files are for `go list -m`.
    let read: BTreeSet<&ModuleVersion> = resolved.resolutions.iter().flat_map(|r| &r.go_mods).collect();
    let wanted = resolved.wants.iter().flatten().filter(|object| match object.kind {
        Kind::Zip => true,
        Kind::Mod => read.contains(&object.module),
        _ => false,
    });
    let objects = downloads.complete(&wanted.cloned().collect())?;
    context.interrupt.check()?;
    // Elsewhere go wants all lines from go.sum.
    if projects.list.iter().any(|loaded| !loaded.project.needs_sums()) {
        verify(context, &session, projects, &resolved, &objects)?;
    }
    session.end(context, &objects);
    let mut go_mods = Downloads::new(&session.fetcher, &sums, &session.progress);
    act(&resolved.resolutions, &Zips(&objects), &mut go_mods)
}

/// The fetched zips as modules that packages are loaded from.
pub struct Zips<'a>(&'a Objects);

impl Zips<'_> {
    /// The list of a zip's files.
    ///
    /// # Errors
    /// It was not fetched.
    pub fn list(&self, module: &ModuleVersion) -> Result<&FileList> {
        collected::list_of(self.0, module)
    }
}

impl Modules for Zips<'_> {
    fn has(&self, module: &ModuleVersion) -> bool {
        self.0.contains_key(&Object::new(module.clone(), Kind::Zip))
    }

    fn open(&self, module: &ModuleVersion) -> Result<Box<dyn Opened>> {
        Ok(Box::new(collected::open_zip(self.0, module)?))
    }
}

/// The network, for as long as one collection takes.
struct Session {
    fetcher: Fetcher,
    progress: Arc<Progress>,
    /// Where downloads and the checksum database's files are cached.
    cache: PathBuf,
    began: Instant,
}

impl Session {
    fn open(context: &Context, network: &Network) -> Result<Self> {
        let began = Instant::now();
        let progress = Arc::new(context.progress("Fetching", "files", 0));
        let fetcher = downloads::fetcher(context, network, &progress)?;
        Ok(Self { fetcher, progress, cache: downloads::cache_dir(context, network)?, began })
    }

    fn end(&self, context: &Context, objects: &Objects) {
        self.progress.finish();
        let zips = objects.keys().filter(|o| o.kind == Kind::Zip).count();
        let (network, took) = (bytes(self.progress.bytes()), duration(self.began.elapsed()));
        context.status("Fetched", format!("{} ({network} from the network) in {took}", count(zips, "zip")));
    }
}

/// The build lists, and what the bundle must hold for them.
struct Resolved {
    /// Of each project, in their order.
    resolutions: Vec<Resolution>,
    /// What each project needs; the first also has the toolchains.
    wants: Vec<BTreeSet<Object>>,
}

fn resolve(
    context: &Context,
    wanted: &Collect,
    projects: &Projects,
    downloads: &mut Downloads<'_>,
) -> Result<Resolved> {
    for loaded in &projects.list {
        downloads.prefetch(expected(loaded).into_iter());
    }
    let mut resolutions = Vec::new();
    for loaded in &projects.list {
        resolutions.push(walk(context, loaded, downloads)?);
    }
    let mut wants = wants(projects, &resolutions, wanted.scope);
    // In no go.sum: it is the checksum database that attests a toolchain.
    let toolchains = toolchains::modules(context, projects, &wanted.toolchains)?;
    let kinds = [Kind::Info, Kind::Mod, Kind::Zip];
    let toolchains = toolchains.into_iter().flat_map(|m| kinds.map(|kind| Object::new(m.clone(), kind)));
    if let Some(first) = wants.first_mut() {
        first.extend(toolchains);
    }
    Ok(Resolved { resolutions, wants })
}

/// Fetches what is wanted, and what the authors say of it; nothing of it
/// contradicts go.sum.
fn fetch(
    context: &Context,
    session: &Session,
    downloads: Downloads<'_>,
    resolved: &Resolved,
) -> Result<(Objects, BTreeMap<ModuleVersion, Advice>)> {
    let all = resolved.wants.iter().flatten().cloned().collect();
    let Session { fetcher, progress, cache, .. } = session;
    // The advice beside the zips, so that it takes no time of its own.
    let (objects, advice) = std::thread::scope(|scope| {
        let ask = || advice::ask(context, fetcher, progress, cache, &resolved.resolutions);
        let asked = std::thread::Builder::new().spawn_scoped(scope, ask);
        let objects = downloads.complete(&all);
        // Where no thread can be started, afterwards.
        (objects, asked.map_or_else(|_| ask(), |asked| asked.join().unwrap_or_default()))
    });
    let objects = objects?;
    context.interrupt.check()?;
    Ok((objects, advice))
}

/// Has the checksum database attest what go.sum has no line for.
fn verify(
    context: &Context,
    session: &Session,
    projects: &Projects,
    resolved: &Resolved,
    objects: &Objects,
) -> Result<Attested> {
    let (unsummed, lacking) = unsummed(projects, &resolved.wants, objects);
    sumdb::attest(context, &session.fetcher, &session.cache, &lacking, unsummed)
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
fn expected(loaded: &Loaded) -> Vec<ModuleVersion> {
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
pub fn view(context: &Context, collected: &Collected, whole_proxies: bool) -> View {
    let objects = collected.objects.clone();
    let view = View::new(
        &collected.manifest,
        Box::new(move |module, kind| {
            let object = fetched_as(kind).map(|kind| Object::new(module.clone(), kind));
            let fetched = object.and_then(|object| objects.get(&object));
            let fetched = fetched.ok_or_else(|| format!("{module} was not fetched"))?;
            fetched.open().map(|r| Box::new(r) as Box<dyn ReadSeek>).map_err(|e| e.to_string())
        }),
    );
    view.with_provenance(&statements::provenance(context, collected, whole_proxies))
}

/// What is fetched for an entry of this kind.
pub fn fetched_as(kind: ObjectKind) -> Option<Kind> {
    match kind {
        ObjectKind::Info => Some(Kind::Info),
        ObjectKind::Mod => Some(Kind::Mod),
        ObjectKind::Zip => Some(Kind::Zip),
        ObjectKind::List | ObjectKind::Data | ObjectKind::FileList | ObjectKind::Block => None,
    }
}
