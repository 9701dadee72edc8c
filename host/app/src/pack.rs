//! Pack: load, resolve, fetch, verify, evaluate policy, write, sign.

use crate::Context;
use crate::collect::statements::{self, Stated};
use crate::collect::{self, Collected, Storing};
use crate::errors::disk;
use crate::failure::{Failure, Result};
use crate::inputs::{self, Skew};
use crate::pack_unchanged as unchanged;
use crate::paths::shown;
use crate::policy;
use crate::policy::baseline::{self, Baseline};
use crate::policy::view::View;
use crate::project::several::{self, Projects};
use crate::quantity::{bytes, count};
use crate::requests::{Collect, Network, Payload, Scope, SignWith, TrustFiles};
use crate::trust::open::{self, bundle_failure};
use crate::trust::signing;
use airgo_bundle::keys::Signer;
use airgo_bundle::names::EVIDENCE;
use airgo_bundle::predicate::Inputs;
use airgo_bundle::{
    Bound, BundleError, BundleWriter, Claims, PositionedFile, Sha256, SignedBundle, Signing, VolumeError,
    Written, is_foreign_volume, remove_stale_volumes, split,
};
use airgo_model::io_cause::IoCause;
use airgo_policy::Report;
use jiff::Timestamp;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to pack, and how.
#[derive(Clone, Debug, Default)]
pub struct PackRequest {
    /// The projects: directories in Go modules or workspaces; `DIR/...` is every
    /// module below `DIR`. With [`Payload::Exact`] also packages, as `go build` takes
    /// them.
    pub dirs: Vec<PathBuf>,
    /// The bundle to write; default: named for the module, in the working
    /// directory.
    pub output: Option<PathBuf>,
    /// Who signs.
    pub signer: SignWith,
    /// Leaves out the statements that hold a time, so that the same inputs give
    /// the same file.
    pub no_provenance: bool,
    /// Records the proxies' addresses with path and query.
    pub record_proxies: bool,
    /// The older bundle that a delta builds on.
    pub since: Option<PathBuf>,
    /// The size of a volume, where the bundle is to be split.
    pub split: Option<u64>,
    /// Whom to trust where older bundles are read.
    pub trust: TrustFiles,
    /// The policy file; default: `airgo.toml` beside go.mod.
    pub policy: Option<PathBuf>,
    /// The time that the policy is evaluated for; default: now.
    pub at: Option<Timestamp>,
    /// The bundle whose findings are known.
    pub baseline: Option<PathBuf>,
    /// What the bundle is to hold.
    pub collect: Collect,
    /// How it stores the files of modules.
    pub payload: Payload,
    /// How to reach the network.
    pub network: Network,
    /// Leaves a bundle as it is that was packed of the same inputs, is signed by the key
    /// that would sign, and is whole.
    pub if_changed: bool,
}

/// A bundle that was packed.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The bundle; where it was split, the name that its volumes are made of.
    pub file: PathBuf,
    /// Its volumes; none where it is one file.
    pub volumes: Vec<PathBuf>,
    /// Bytes of the bundle.
    pub size: u64,
    /// The digest of what the bundle holds, independent of who packed it and when.
    pub content_id: String,
    /// The digest of the manifest, which the signature is over.
    pub manifest_sha256: Sha256,
    /// Modules in the build lists.
    pub modules: usize,
    /// The id of the key that signed.
    pub key_id: String,
    /// The file with its public half, where there is one.
    pub public_key: Option<PathBuf>,
    /// What the policy found.
    pub report: Report,
    /// The digests of what it was packed of.
    pub inputs: Inputs,
    /// Modules that main modules require at several versions.
    pub skew: Vec<Skew>,
    /// Whether it was there already, and nothing was written.
    pub unchanged: bool,
}

/// Packs projects into one signed bundle.
///
/// # Errors
/// The project cannot be resolved, or will not build on the other side; a download
/// fails or is not what go.sum says; the policy refuses; the bundle cannot be
/// written. Then the file that was to be written is as it was before.
pub fn pack(context: &Context, request: &PackRequest) -> Result<Packed> {
    let (dirs, payload) = inputs::arguments(&request.dirs, &request.payload, &context.env)?;
    pack_all(context, &PackRequest { dirs, payload, ..request.clone() })
}

fn pack_all(context: &Context, request: &PackRequest) -> Result<Packed> {
    if let Some(output) = &request.output {
        check_target(request, output)?;
    }
    let loaded = several::load(&request.dirs, &context.env, request.collect.scope);
    let named = loaded.as_ref().map_or_else(|_| PathBuf::from("the bundle"), default_output);
    let output = request.output.clone().unwrap_or(named);
    let target = shown(&output);
    let packed = loaded.and_then(|projects| {
        check_target(request, &output)?;
        pack_projects(context, request, &output, &projects)
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

fn pack_projects(
    context: &Context,
    request: &PackRequest,
    output: &Path,
    projects: &Projects,
) -> Result<Packed> {
    // Before the network is asked for anything: a bad key or policy file must
    // not cost a download.
    let key = signing::signer(context, &request.signer, true)?;
    let claims = signing::claims(&request.signer, "packer");
    let older = match &request.since {
        None => None,
        Some(file) => Some(open::open_signed(context, file, &request.trust)?),
    };
    let policy =
        policy::load(context, request.policy.as_deref(), &projects.root, request.at, &request.trust)?;
    let approved = Baseline::open(context, request.baseline.as_deref(), &request.trust)?;
    let again = check_command(request, output);

    let skew = inputs::skew(projects);
    say_skew(context, &skew);
    let inputs = inputs::of(context, &request.collect, &request.payload, projects)?;
    let inputs = Inputs { policy: policy.sha256, ..inputs };
    if request.if_changed {
        match unchanged::find(context, output, &inputs, key.public_key())? {
            Err(why) => context.detail(format!("packing {}: {why}", shown(output))),
            Ok(bundle) => {
                let bundle = Arc::new(bundle);
                // What is known of modules today may be more than at the time.
                let report = baseline::evaluate(
                    context,
                    &policy,
                    View::of_bundle(&bundle)?,
                    approved.as_ref(),
                    &again,
                )?;
                context.status("Evaluated", policy::summary(&report));
                return kept(context, request, output, &bundle, Kept { key: &*key, report, inputs, skew });
            }
        }
    }

    let storing = Storing { payload: &request.payload, output };
    let collected = collect::collect(context, &request.collect, &request.network, projects, Some(storing))?;

    let view = collect::view(context, &collected, request.record_proxies);
    let report = baseline::evaluate(context, &policy, view, approved.as_ref(), &again)?;
    context.status("Evaluated", policy::summary(&report));

    let projects = projects.list.len();
    let signing = Plan { signer: &*key, claims, projects, older: older.as_ref(), inputs: &inputs };
    let written = write(context, request, output, &collected, &report, signing)?;
    let key_id = key.public_key().id().to_string();
    context.status("Signed", format!("as {key_id}"));
    let volumes = split_or_clean(context, request, &written)?;
    context.status("Packed", what(request, &written, &volumes));
    say_exact(context, request, &collected, written.size);
    Ok(Packed {
        file: written.path,
        volumes,
        size: written.size,
        content_id: collected.manifest.content_id.clone(),
        manifest_sha256: written.manifest_sha256,
        modules: collected.manifest.modules.iter().filter(|m| m.selected).count(),
        public_key: signing::public_file(context, &request.signer, key.public_key()),
        key_id,
        report,
        inputs,
        skew,
        unchanged: false,
    })
}

/// What is reported of a bundle that stays.
struct Kept<'a> {
    key: &'a dyn Signer,
    report: Report,
    inputs: Inputs,
    skew: Vec<Skew>,
}

fn kept(
    context: &Context,
    request: &PackRequest,
    output: &Path,
    bundle: &SignedBundle,
    kept: Kept<'_>,
) -> Result<Packed> {
    let Kept { key, report, inputs, skew } = kept;
    let file = shown(output);
    let size =
        std::fs::metadata(output).map_err(|e| Failure::failed(format!("could not read {file}: {e}")))?;
    let size = size.len();
    context.status("Kept", format!("{file} ({}): what it was packed of is unchanged", bytes(size)));
    Ok(Packed {
        file: output.to_owned(),
        volumes: Vec::new(),
        size,
        content_id: bundle.manifest().content_id.clone(),
        manifest_sha256: bundle.manifest_sha256(),
        modules: bundle.manifest().modules.iter().filter(|m| m.selected).count(),
        key_id: key.public_key().id().to_string(),
        public_key: signing::public_file(context, &request.signer, key.public_key()),
        report,
        inputs,
        skew,
        unchanged: true,
    })
}

/// One line of modules that main modules require at several versions.
fn say_skew(context: &Context, skew: &[Skew]) {
    let Some(first) = skew.first() else { return };
    let more = match skew.len() - 1 {
        0 => String::new(),
        n => format!("; and {}", count(n, "more module")),
    };
    context.status("Found", format!("several versions: {}{more}", first.text()));
}

/// What the bundle would weigh with `--exact`, where that is less.
fn say_exact(context: &Context, request: &PackRequest, collected: &Collected, size: u64) {
    let Some(instead) = collected.payload.instead.filter(|_| request.since.is_none()) else { return };
    let about = instead.size(size);
    if about < size {
        let on = match request.collect.platforms.as_slice() {
            [] => "Linux, macOS and Windows".to_owned(),
            platforms => platforms.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        };
        let (about, size) = (bytes(about), bytes(size));
        context.hint(format!(
            "with --exact about {about} in place of {size}: what building and testing reads on {on}"
        ));
    }
}

/// The command that evaluates the policy on the bundle once more, when it is written.
fn check_command(request: &PackRequest, output: &Path) -> String {
    let base = request.since.iter().chain(&request.trust.base).cloned().collect();
    let trust = TrustFiles { base, trust: request.trust.trust.clone() };
    match request.split {
        None => policy::check_command(output, &trust),
        Some(_) => {
            let first = format!("{}.001", output.display());
            policy::check_command(Path::new(&first), &trust)
        }
    }
}

/// Says at once what would otherwise come to light after all downloads.
fn check_target(request: &PackRequest, output: &Path) -> Result<()> {
    let first = PathBuf::from(format!("{}.001", output.display()));
    if request.split.is_some() && is_foreign_volume(&first) {
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
    /// The digests of what is packed.
    inputs: &'a Inputs,
}

/// What could not be written; where it would be too large, what to leave out
/// follows from what was asked for.
fn not_written(request: &PackRequest, projects: usize, error: &BundleError) -> Failure {
    let failure = bundle_failure(error);
    match error {
        BundleError::OverLimit { .. } if projects > 1 => {
            failure.hint("pack fewer projects into one bundle: airgo pack DIR for each")
        }
        BundleError::OverLimit { what: Bound::Verdict, .. } => {
            let failure =
                failure.hint("pack with a policy that finds less: allow or except modules in airgo.toml");
            match stated(request).provenance {
                true => {
                    failure.hint("leave out what is stated of the packing: --no-provenance, without --at")
                }
                false => failure,
            }
        }
        BundleError::OverLimit { what: Bound::Envelope | Bound::Envelopes, .. } if !request.no_provenance => {
            failure
                .hint("leave out the provenance, which records where each module came from: --no-provenance")
        }
        BundleError::OverLimit { .. } if matches!(request.collect.scope, Scope::All) => {
            failure.hint("pack what building needs, without what only go mod tidy reads: --scope build")
        }
        _ => failure,
    }
}

/// Writes beside the target, signs, renames into place.
fn write(
    context: &Context,
    request: &PackRequest,
    output: &Path,
    collected: &Collected,
    verdict: &Report,
    plan: Plan<'_>,
) -> Result<Written> {
    let Collected { manifest, evidence, .. } = collected;
    let failed = |e: BundleError| not_written(request, plan.projects, &e);
    let mut writer = match plan.older {
        None => BundleWriter::create(output, manifest),
        Some(older) => BundleWriter::create_delta(output, manifest, older.manifest()),
    }
    .map_err(failed)?;
    let entries = writer.objects().len() as u64;
    let progress = open::Watch::new(context, "Writing", "files", entries);
    writer.write_objects(collected, open::jobs(None), &progress).map_err(|e| bundle_failure(&e))?;
    for (name, bytes) in evidence {
        writer.add_evidence(&format!("{EVIDENCE}{name}"), bytes.clone()).map_err(|e| bundle_failure(&e))?;
    }
    context.interrupt.check()?;
    let mut signing = Signing::new(plan.signer);
    signing.claims = plan.claims;
    signing.statements = statements::of(context, collected, verdict, &writer, stated(request))?;
    signing.statements.push(statements::inputs(plan.inputs)?);
    writer.finish(&[signing]).map_err(failed)
}

/// Without provenance the same inputs give the same file, so that the verdict is
/// stated only where its time is given.
fn stated(request: &PackRequest) -> Stated {
    Stated {
        provenance: !request.no_provenance,
        whole_proxies: request.record_proxies,
        verdict: !request.no_provenance || request.at.is_some(),
    }
}

/// Cuts the bundle into volumes and removes it, and what is left of an earlier
/// set. The whole file goes last: until then it has all that the volumes have.
fn cut(context: &Context, output: &Path, size: u64) -> Result<Vec<PathBuf>> {
    let failed = |e: io::Error| Failure::failed(format!("could not split {}: {e}", shown(output)));
    let whole = File::open(output).and_then(PositionedFile::new).map_err(failed)?;
    let watch = open::Watch::new(context, "Splitting", "volumes", 0);
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
        context.status("Removed", format!("{}{many}, of an earlier bundle", shown(first)));
    }
    for file in &left.foreign {
        context.warning(format!("{} has the name of a volume of this bundle and is not one", shown(file)));
    }
    Ok(())
}

/// Splits the bundle where that is asked for, and removes the volumes of an
/// earlier one.
fn split_or_clean(context: &Context, request: &PackRequest, written: &Written) -> Result<Vec<PathBuf>> {
    let done = match request.split {
        None => clean(context, &written.path, &[]).map(|()| Vec::new()),
        Some(size) => cut(context, &written.path, size),
    };
    done.map_err(|f| f.outcome(format!("{} is written in one piece", shown(&written.path))))
}

/// What was written, in a line.
fn what(request: &PackRequest, written: &Written, volumes: &[PathBuf]) -> String {
    match (volumes, &request.since) {
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
    }
}
