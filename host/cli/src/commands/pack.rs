//! `airgo pack`: load, resolve, fetch, verify, judge, write, sign.

use crate::Context;
use crate::args::{Pack, Scope};
use crate::assemble::{self, Parts};
use crate::bundle_io::{self, bundle_failure};
use crate::commands::resolve::walk;
use crate::downloads::{self, Downloads, subject};
use crate::failure::{Failure, Result};
use crate::judge;
use crate::keyring;
use crate::printer::{bytes, count, duration};
use crate::progress::Progress;
use crate::project::{Loaded, shown};
use crate::projects::{self, Projects};
use crate::sources::{self, Build};
use crate::sumdb;
use crate::sums::Unsummed;
use crate::view::{ReadSeek, View};
use airgo_bundle::keys::{Signer as _, SigningKey};
use airgo_bundle::names::EVIDENCE;
use airgo_bundle::{BundleWriter, Manifest, Object as Entry, ObjectKind, Signing, Written};
use airgo_fetch::{Fetched, Kind, Object};
use airgo_gomod::gosum::Subject;
use airgo_policy::Report;
use airgo_resolve::Resolution;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Instant;

/// Packs the project of `args.dir` into `args.output`.
pub fn run(context: &Context, args: &Pack) -> Result<()> {
    let target = shown(&args.output);
    pack(context, args).map_err(|failure| failure.outcome(format!("{target} was not written")))
}

fn pack(context: &Context, args: &Pack) -> Result<()> {
    check_target(args)?;
    let projects = projects::load(&args.dirs, &context.env)?;
    // Before the network is asked for anything: a bad key or policy file must
    // not cost a download.
    let key = keyring::signing_key(context, args.key.as_deref())?;
    let policy = judge::load(context, args.policy.as_deref(), &projects.root, args.at.as_deref())?;
    let gathered = gather(context, args, &projects)?;
    let verdict = judge::evaluate(context, &policy, Arc::new(view(&gathered)))?;
    context.printer.status("Judged", judge::summary(&verdict));
    let written = write(context, args, &gathered, &key)?;
    report(context, &gathered, &written, &key, &verdict)
}

/// Says at once what would otherwise come to light after all downloads.
fn check_target(args: &Pack) -> Result<()> {
    let dir = args.output.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    if dir.is_dir() && !args.output.is_dir() {
        return Ok(());
    }
    let problem = if args.output.is_dir() { "is a directory" } else { "its directory does not exist" };
    Err(Failure::failed(format!("cannot write {}: {problem}", shown(&args.output)))
        .hint("name a file: -o app.airgo"))
}

/// All that goes into the bundle, verified.
struct Gathered {
    manifest: Manifest,
    objects: Arc<BTreeMap<Object, Fetched>>,
    /// The checksum database's files, by their names below `proxy/sumdb/`.
    evidence: Vec<(String, Vec<u8>)>,
}

/// Resolves and fetches; every object is held against go.sum or the checksum
/// database before this returns.
fn gather(context: &Context, args: &Pack, projects: &Projects) -> Result<Gathered> {
    let began = Instant::now();
    let progress = Arc::new(Progress::new(&context.printer, "Fetching", "files", 0));
    let fetcher = downloads::fetcher(context, &args.network, &progress)?;
    let sums = projects.sums();
    let mut downloads = Downloads::new(&fetcher, &sums, &progress);
    for loaded in &projects.list {
        downloads.foresee(likely(loaded).into_iter());
    }
    let mut resolutions = Vec::new();
    for loaded in &projects.list {
        resolutions.push(walk(context, loaded, &mut downloads)?);
    }
    let wants = wants(projects, &resolutions, args.scope);
    let all = wants.iter().flatten().cloned().collect();
    let objects = downloads.complete(&all)?;
    context.interrupt.check()?;
    let (unsummed, lacking) = unsummed(projects, &wants, &objects);
    let cache = downloads::cache_dir(context, &args.network)?;
    let vouched = sumdb::vouch(context, &fetcher, &cache, &lacking, unsummed)?;
    progress.finish();
    let zips = objects.keys().filter(|o| o.kind == Kind::Zip).count();
    context.printer.status(
        "Fetched",
        format!(
            "{} ({} from the network) in {}",
            count(zips, "zip"),
            bytes(progress.bytes()),
            duration(began.elapsed())
        ),
    );
    let build = Build { platforms: args.platform.clone(), tags: args.tags.clone() };
    let imports = projects.list.iter().map(|loaded| sources::imports(context, loaded, &build));
    let parts = Parts {
        projects,
        imports: imports.collect::<Result<_>>()?,
        build: &build,
        resolutions: &resolutions,
        scope: match args.scope {
            Scope::Build => airgo_bundle::manifest::Scope::Build,
            Scope::All => airgo_bundle::manifest::Scope::All,
        },
        objects: &objects,
        by_database: &vouched.by_database,
        unchecked: &vouched.unchecked,
    };
    let manifest = assemble::manifest(&parts)?;
    Ok(Gathered { manifest, objects: Arc::new(objects), evidence: vouched.evidence })
}

/// What the bundle must hold, project by project. `go list -m` also reads the
/// go.mod of a module that graph pruning passed over, for its go line, where
/// go.sum has a line for it (cmd/go modload/build.go moduleInfo).
fn wants(projects: &Projects, resolutions: &[Resolution], scope: Scope) -> Vec<BTreeSet<Object>> {
    let scope = match scope {
        Scope::Build => airgo_resolve::Scope::Build,
        Scope::All => airgo_resolve::Scope::All,
    };
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
) -> (Vec<Unsummed>, String) {
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
    (lacking.into_iter().collect(), files.into_iter().collect::<Vec<_>>().join(", "))
}

/// What will be needed unless go.mod is inconsistent: a pruned main module
/// lists all that it builds with (go.dev/ref/mod#graph-pruning).
fn likely(loaded: &Loaded) -> Vec<airgo_gomod::ModuleVersion> {
    let [main] = loaded.project.mains.as_slice() else { return Vec::new() };
    if main.modfile.replace.is_empty()
        && airgo_gomod::gover::compare(loaded.project.go_version(), "1.17").is_ge()
    {
        main.modfile.require.iter().map(|r| r.module.clone()).collect()
    } else {
        Vec::new()
    }
}

/// The project as plugins will see it in the bundle.
fn view(gathered: &Gathered) -> View {
    let by_name: BTreeMap<String, Object> = gathered
        .objects
        .keys()
        .filter_map(|object| {
            let name = airgo_bundle::names::object_name(&object.module, entry_kind(object.kind)).ok()?;
            Some((name, object.clone()))
        })
        .collect();
    let objects = gathered.objects.clone();
    View::new(
        &gathered.manifest,
        Box::new(move |name| {
            let fetched = by_name
                .get(name)
                .and_then(|object| objects.get(object))
                .ok_or_else(|| format!("{name} was not fetched"))?;
            fetched.open().map(|r| Box::new(r) as Box<dyn ReadSeek>).map_err(|e| e.to_string())
        }),
    )
}

fn entry_kind(kind: Kind) -> ObjectKind {
    match kind {
        Kind::Info => ObjectKind::Info,
        Kind::Mod => ObjectKind::Mod,
        Kind::Zip => ObjectKind::Zip,
        Kind::SumDb => ObjectKind::Data,
    }
}

/// Writes beside the target, signs, renames into place.
fn write(context: &Context, args: &Pack, gathered: &Gathered, key: &SigningKey) -> Result<Written> {
    let Gathered { manifest, objects, evidence } = gathered;
    let entries = manifest.objects().len() as u64;
    let progress = bundle_io::Watch::new(context, "Writing", "files", entries);
    let source = |entry: &Entry| -> io::Result<Box<dyn Read + Send>> {
        let kind = match entry.kind {
            ObjectKind::Info => Kind::Info,
            ObjectKind::Mod => Kind::Mod,
            ObjectKind::Zip => Kind::Zip,
            ObjectKind::List | ObjectKind::Data => return Err(io::ErrorKind::NotFound.into()),
        };
        let fetched = objects.get(&Object::new(entry.module.clone(), kind)).ok_or(io::ErrorKind::NotFound)?;
        fetched.open().map(|r| Box::new(r) as Box<dyn Read + Send>).map_err(io::Error::other)
    };
    let mut writer = BundleWriter::create(&args.output, manifest).map_err(|e| bundle_failure(&e))?;
    writer.write_objects(&source, bundle_io::jobs(None), &progress).map_err(|e| bundle_failure(&e))?;
    for (name, bytes) in evidence {
        writer.add_evidence(&format!("{EVIDENCE}{name}"), bytes.clone()).map_err(|e| bundle_failure(&e))?;
    }
    context.interrupt.check()?;
    let mut signing = Signing::new(key);
    signing.claims.role = Some("packer".to_owned());
    writer.finish(&[signing]).map_err(|e| bundle_failure(&e))
}

fn report(
    context: &Context,
    gathered: &Gathered,
    written: &Written,
    key: &SigningKey,
    verdict: &Report,
) -> Result<()> {
    let key_id = key.public_key().id().to_string();
    context.printer.status("Signed", format!("as {key_id}"));
    context.printer.status("Packed", format!("{} ({})", shown(&written.path), bytes(written.size)));
    if !context.printer.is_json() {
        return Ok(());
    }
    context.printer.document(&serde_json::json!({
        "schema": "airgo.dev/pack/v1",
        "file": written.path.display().to_string(),
        "size": written.size,
        "contentId": gathered.manifest.content_id,
        "manifestSha256": written.manifest_sha256.to_string(),
        "modules": gathered.manifest.modules.iter().filter(|m| m.selected).count(),
        "signedBy": [key_id],
        "policy": verdict,
    }))
}
