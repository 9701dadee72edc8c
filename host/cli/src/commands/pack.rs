//! `airgo pack`: load, resolve, fetch, verify, judge, write, sign.

use crate::Context;
use crate::args::{Pack, Scope, Trust};
use crate::baseline::{self, Baseline};
use crate::bundle_io::{self, bundle_failure};
use crate::disk;
use crate::failure::{Failure, Result};
use crate::gather::{self, Gathered};
use crate::judge;
use crate::printer::{bytes, count};
use crate::project::shown;
use crate::projects::{self, Projects};
use crate::signing;
use crate::statements::{self, Stated};
use airgo_bundle::keys::{PublicKey, Signer};
use airgo_bundle::names::EVIDENCE;
use airgo_bundle::{
    Bound, BundleError, BundleWriter, Claims, Object as Entry, ObjectKind, PositionedFile, SignedBundle,
    Signing, VolumeError, Written, is_foreign_volume, remove_stale_volumes, split,
};
use airgo_fetch::{IoCause, Kind, Object};
use airgo_policy::Report;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Packs the projects of `args.dirs` into `args.output`.
pub fn run(context: &Context, args: &Pack) -> Result<()> {
    if let Some(output) = &args.output {
        check_target(args, output)?;
    }
    let loaded = projects::load(&args.dirs, &context.env, args.gather.scope);
    let named = loaded.as_ref().map_or_else(|_| PathBuf::from("the bundle"), default_output);
    let output = args.output.clone().unwrap_or(named);
    let target = shown(&output);
    let packed = loaded.and_then(|projects| {
        check_target(args, &output)?;
        pack(context, args, &output, &projects)
    });
    packed.map_err(|failure| failure.outcome(format!("{target} was not written")))
}

/// `<last element of the module path>.airgo`, as `go build` names a program: of
/// several modules the directory that all are in gives the name.
fn default_output(projects: &Projects) -> PathBuf {
    let mains: Vec<_> = projects.list.iter().flat_map(|loaded| &loaded.project.mains).collect();
    let path = match mains.as_slice() {
        [main] => main.modfile.module.as_ref().map(|m| m.path.as_str()).unwrap_or_default(),
        _ => projects.root.file_name().and_then(|name| name.to_str()).unwrap_or_default(),
    };
    let (prefix, _) = airgo_gomod::module::split_path_version(path).unwrap_or((path, ""));
    let name = prefix.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("bundle");
    PathBuf::from(format!("{name}.airgo"))
}

fn pack(context: &Context, args: &Pack, output: &Path, projects: &Projects) -> Result<()> {
    // Before the network is asked for anything: a bad key or policy file must
    // not cost a download.
    let key = signing::signer(context, &args.signer, true)?;
    let claims = signing::claims(&args.signer, "packer")?;
    let older = match &args.since {
        None => None,
        Some(file) => Some(bundle_io::open_signed(context, file, &args.trust)?),
    };
    let policy = judge::load(context, args.policy.as_deref(), &projects.root, args.at.as_deref())?;
    let approved = Baseline::open(context, args.baseline.as_deref(), &args.trust)?;
    let gathered = gather::gather(context, &args.gather, &args.network, projects)?;
    let (view, again) = (gather::view(context, &gathered, args.record_proxies), check_command(args, output));
    let verdict = baseline::evaluate(context, &policy, view, approved.as_ref(), &again)?;
    context.printer.status("Judged", judge::summary(&verdict));
    let projects = projects.list.len();
    let signing = Plan { signer: &*key, claims, projects, older: older.as_ref() };
    let written = write(context, args, output, &gathered, &verdict, signing)?;
    let id = key.public_key().id().to_string();
    context.printer.status("Signed", format!("as {id}"));
    report(context, args, &gathered, &written, &id, &verdict)?;
    context.printer.hint(on_the_other_side(context, args, output, key.public_key()));
    Ok(())
}

/// The command that unpacks the bundle where nobody knows the key yet.
fn on_the_other_side(context: &Context, args: &Pack, output: &Path, key: &PublicKey) -> String {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let bundle = name(output);
    let base = args.since.as_ref().map(|old| format!(" --base {}", name(old))).unwrap_or_default();
    match signing::public_file(context, &args.signer, key) {
        Some(file) => format!(
            "on the other side: airgo unpack {bundle} --trust {}{base} (the public key is {})",
            name(&file),
            shown(&file)
        ),
        None => format!(
            "on the other side: airgo unpack {bundle} --trust SENDER.pub{base} \
             (airgo key export KEY > SENDER.pub writes the public key)"
        ),
    }
}

/// What judges the bundle once more, when it is written.
fn check_command(args: &Pack, output: &Path) -> String {
    let base = args.since.iter().chain(&args.trust.base).cloned().collect();
    let trust = Trust { base, trust: args.trust.trust.clone() };
    match args.split {
        None => judge::check_command(output, &trust),
        Some(_) => {
            let first = format!("{}.001", output.display());
            judge::check_command(Path::new(&first), &trust)
        }
    }
}

/// Says at once what would otherwise come to light after all downloads.
fn check_target(args: &Pack, output: &Path) -> Result<()> {
    let first = PathBuf::from(format!("{}.001", output.display()));
    if args.split.is_some() && is_foreign_volume(&first) {
        return Err(bundle_failure(&VolumeError::Occupied(shown(&first)).into())
            .outcome(format!("{} was not written", shown(output))));
    }
    let dir = output.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if dir.is_dir() && !output.is_dir() {
        // Whether it can be written only the system knows.
        return match tempfile::tempfile_in(dir) {
            Ok(_) => Ok(()),
            Err(e) => {
                // Without the path of the file that was tried.
                let plain = io::Error::from(e.kind());
                let error = if IoCause::of(&plain) == IoCause::Other { e } else { plain };
                Err(disk::unwritable(&shown(output), &error, "name a file elsewhere: -o FILE"))
            }
        };
    }
    let problem = if output.is_dir() { "is a directory" } else { "its directory does not exist" };
    Err(Failure::failed(format!("cannot write {}: {problem}", shown(output)))
        .hint("name a file: -o app.airgo"))
}

/// How to write and sign.
struct Plan<'a> {
    signer: &'a dyn Signer,
    claims: Claims,
    /// How many projects are packed.
    projects: usize,
    /// What a delta builds on.
    older: Option<&'a SignedBundle>,
}

/// What could not be written; where it would be too large, what to leave out
/// follows from what was asked for.
fn not_written(args: &Pack, projects: usize, error: &BundleError) -> Failure {
    let failure = bundle_failure(error);
    match error {
        BundleError::OverLimit { .. } if projects > 1 => {
            failure.hint("pack fewer projects into one bundle: airgo pack DIR for each")
        }
        BundleError::OverLimit { what: Bound::Envelope | Bound::Envelopes, .. } if !args.no_provenance => {
            failure.hint("leave out the provenance, which tells where each module came from: --no-provenance")
        }
        BundleError::OverLimit { .. } if matches!(args.gather.scope, Scope::All) => {
            failure.hint("pack what building needs, without what only go mod tidy reads: --scope build")
        }
        _ => failure,
    }
}

/// Writes beside the target, signs, renames into place.
fn write(
    context: &Context,
    args: &Pack,
    output: &Path,
    gathered: &Gathered,
    verdict: &Report,
    plan: Plan<'_>,
) -> Result<Written> {
    let Gathered { manifest, objects, evidence, .. } = gathered;
    let failed = |e: BundleError| not_written(args, plan.projects, &e);
    let mut writer = match plan.older {
        None => BundleWriter::create(output, manifest),
        Some(older) => BundleWriter::create_delta(output, manifest, older.manifest()),
    }
    .map_err(failed)?;
    let entries = writer.objects().len() as u64;
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
    writer.write_objects(&source, bundle_io::jobs(None), &progress).map_err(|e| bundle_failure(&e))?;
    for (name, bytes) in evidence {
        writer.add_evidence(&format!("{EVIDENCE}{name}"), bytes.clone()).map_err(|e| bundle_failure(&e))?;
    }
    context.interrupt.check()?;
    let mut signing = Signing::new(plan.signer);
    signing.claims = plan.claims;
    signing.statements = statements::of(context, gathered, verdict, &writer, stated(args))?;
    writer.finish(&[signing]).map_err(failed)
}

/// Without provenance the same inputs give the same file, so that the verdict is
/// stated only where its time is given.
fn stated(args: &Pack) -> Stated {
    Stated {
        provenance: !args.no_provenance,
        whole_proxies: args.record_proxies,
        verdict: !args.no_provenance || args.at.is_some(),
    }
}

/// Cuts the bundle into volumes and removes it, and what is left of an earlier
/// set. The whole file goes last: until then it has all that the volumes have.
fn cut(context: &Context, output: &Path, size: u64) -> Result<Vec<PathBuf>> {
    let failed = |e: io::Error| Failure::failed(format!("could not split {}: {e}", shown(output)));
    let whole = File::open(output).and_then(PositionedFile::new).map_err(failed)?;
    let watch = bundle_io::Watch::new(context, "Splitting", "volumes", 0);
    let volumes = split(&whole, output, size, &watch).map_err(|e| bundle_failure(&e))?;
    watch.progress.finish();
    clean(context, output, &volumes)?;
    std::fs::remove_file(output).map_err(failed)?;
    Ok(volumes)
}

/// Removes the volumes of an earlier set, which would be read as of this one.
fn clean(context: &Context, output: &Path, volumes: &[PathBuf]) -> Result<()> {
    let left = remove_stale_volumes(output, volumes).map_err(|e| bundle_failure(&e))?;
    if let [first, ..] = left.removed.as_slice() {
        let many = match left.removed.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        context.printer.status("Removed", format!("{}{many}, of an earlier bundle", shown(first)));
    }
    for file in &left.foreign {
        context.printer.warning(format!("{} is named as a volume of this bundle and is none", shown(file)));
    }
    Ok(())
}

fn report(
    context: &Context,
    args: &Pack,
    gathered: &Gathered,
    written: &Written,
    key_id: &str,
    verdict: &Report,
) -> Result<()> {
    let whole = |f: Failure| f.outcome(format!("{} is written in one piece", shown(&written.path)));
    let volumes = match args.split {
        None => {
            clean(context, &written.path, &[]).map_err(whole)?;
            Vec::new()
        }
        Some(size) => cut(context, &written.path, size).map_err(whole)?,
    };
    let what = match (volumes.as_slice(), &args.since) {
        ([], None) => format!("{} ({})", shown(&written.path), bytes(written.size)),
        ([], Some(old)) => {
            format!("{} ({}, since {})", shown(&written.path), bytes(written.size), shown(old))
        }
        ([first, .., last], _) => {
            format!(
                "{} to {} ({} in {})",
                shown(first),
                shown(last),
                bytes(written.size),
                count(volumes.len(), "volume")
            )
        }
        ([one], _) => format!("{} ({})", shown(one), bytes(written.size)),
    };
    context.printer.status("Packed", what);
    if !context.printer.is_json() {
        return Ok(());
    }
    context.printer.document(&serde_json::json!({
        "schema": "airgo.dev/pack/v1",
        "file": written.path.display().to_string(),
        "volumes": volumes.iter().map(|v| v.display().to_string()).collect::<Vec<_>>(),
        "size": written.size,
        "contentId": gathered.manifest.content_id,
        "manifestSha256": written.manifest_sha256.to_string(),
        "modules": gathered.manifest.modules.iter().filter(|m| m.selected).count(),
        "signedBy": [key_id],
        "policy": verdict,
    }))
}
