//! Unpack: signature, manifest, policy, then hash and install.

use crate::Context;
use crate::errors::{cache_disk, install_failure};
use crate::failure::{Failure, Result};
use crate::layouts::{self, Written};
use crate::paths::shown;
use crate::policy::baseline::{self, Baseline};
use crate::policy::recorded::{self, Recorded};
use crate::policy::view::View;
use crate::policy::{self, Source};
use crate::project::beside;
use crate::quantity::{bytes, count, count_are, duration};
use crate::requests::{LastSeenFile, TrustFiles};
use crate::settings;
use crate::trust::open::{self, bundle_failure};
use crate::unpack_blocks;
use crate::unpack_exact::{self, Chosen};
use crate::unpack_existing;
use crate::unpack_modules::{Watch, damage, evidence, inputs, modules};
use crate::unpack_zips::{self, Zips};
use crate::variables::Held;
use airgo_bundle::keys::KeyId;
use airgo_bundle::manifest::Encoding;
use airgo_bundle::names::EVIDENCE;
use airgo_bundle::{Blocks, CarriedModule, ObjectKind, SignedBundle};
use airgo_gomod::goenv::GoFlags;
use airgo_gomod::{H1, ModuleVersion};
use airgo_modcache::{
    InstallAllError, InstallError, ModCache, ModuleInput, Options, Outcome, PartialInput, PartialTree,
    Problem, Pruned,
};
use airgo_policy::Report;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

pub use crate::layouts::Layout;
pub use crate::unpack_exact::ExactPart;

/// What to unpack, and how.
#[derive(Clone, Debug, Default)]
pub struct UnpackRequest {
    /// The bundle; one volume is enough for those beside it.
    pub files: Vec<PathBuf>,
    /// What it is unpacked as.
    pub layout: Layout,
    /// Where to install; default: what `go env GOMODCACHE` says.
    pub gomodcache: Option<PathBuf>,
    /// Whom to trust, and what a delta builds on.
    pub trust: TrustFiles,
    /// The record of bundles that were accepted.
    pub last_seen: LastSeenFile,
    /// The policy file; default: `airgo.toml` in the working directory.
    pub policy: Option<PathBuf>,
    /// The time that the policy is evaluated for; default: now.
    pub at: Option<Timestamp>,
    /// The bundle whose findings are known.
    pub baseline: Option<PathBuf>,
    /// Leaves directories writable, as go's `-modcacherw` does.
    pub modcacherw: bool,
    /// Lets everybody read the cache and nobody write it, whatever the umask is.
    pub read_only: bool,
    /// Trusts what is in the cache already by its `.ziphash`, as go does.
    pub trust_existing: bool,
    /// Installs the parts of modules that an exact bundle carries also into a cache that
    /// has complete modules.
    pub into_shared: bool,
    /// Installs only what these checkouts' builds read.
    pub exact: Option<ExactPart>,
    /// Makes no zips again of what a compact bundle carries: the cache has the trees alone.
    pub lean: bool,
    /// Replaces what was changed in the cache by what the bundle has.
    pub repair: bool,
    /// Removes what airgo installed and the bundle does not have.
    pub prune: bool,
    /// How many modules to install at once; default: one for each processor.
    pub jobs: Option<usize>,
}

impl UnpackRequest {
    /// The bundle, for messages.
    pub(crate) fn name(&self) -> &Path {
        self.files.first().map_or(Path::new("FILE"), PathBuf::as_path)
    }
}

/// A bundle that was unpacked.
#[derive(Clone, Debug)]
pub struct Unpacked {
    /// What it was unpacked as, as `--as` names it.
    pub layout: &'static str,
    /// Where: the module cache, or the directory that was written.
    pub dir: PathBuf,
    /// The digest of what the bundle holds, independent of who packed it and when.
    pub content_id: String,
    /// Modules, with those of which go.mod alone is read, that were installed.
    pub installed: usize,
    /// Those that were there.
    pub already_present: usize,
    /// Those that had been changed in the cache, and were replaced.
    pub repaired: Vec<ModuleVersion>,
    /// What was removed, where that was asked for.
    pub pruned: Option<Pruned>,
    /// The ids of the trusted keys that signed.
    pub signed_by: Vec<String>,
    /// What the policy found.
    pub report: Report,
    /// Whose record of the policy it is, where it was not evaluated here.
    pub recorded_by: Option<KeyId>,
    /// What of it decides the variables for `go`.
    pub held: Held,
}

/// Verifies a bundle, evaluates the policy on it, and installs its modules.
///
/// # Errors
/// No trusted key has signed the bundle, it is damaged, the policy refuses
/// it, or the module cache cannot be written or has other content. A module is
/// complete in the cache or not there.
pub fn unpack(context: &Context, request: &UnpackRequest) -> Result<Unpacked> {
    let unpacked = verify_and_install(context, request);
    unpacked.map_err(|failure| failure.outcome(request.layout.outcome()))
}

fn verify_and_install(context: &Context, request: &UnpackRequest) -> Result<Unpacked> {
    let began = Instant::now();
    let target = match request.layout {
        Layout::Cache => target(context, request)?,
        _ => PathBuf::new(),
    };
    let accepted = accept(context, request)?;
    let Accepted { bundle, evaluated } = &accepted;
    let unpacked = |layout, written: Written| Unpacked {
        layout,
        dir: written.dir,
        content_id: bundle.manifest().content_id.clone(),
        installed: written.installed,
        already_present: written.already_present,
        repaired: Vec::new(),
        pruned: None,
        signed_by: accepted.signed_by(),
        report: evaluated.report.clone(),
        recorded_by: evaluated.recorded_by,
        held: Held::of(bundle),
    };
    if let Some(written) = layouts::write(context, request, bundle)? {
        open::record_last_seen(&request.last_seen, bundle)?;
        context.status("Evaluated", evaluated.summary(request));
        let (into, took) = (shown(&written.dir), duration(began.elapsed()));
        context.status("Unpacked", format!("{} into {into} in {took}", written.what));
        return Ok(unpacked(request.layout.name(), written));
    }
    let chosen = accepted.choose(context, request)?;
    let Done { installed, pruned } = install(context, request, &target, bundle, chosen.as_ref())?;
    if request.read_only {
        layouts::read_only(&target)?;
    }
    open::record_last_seen(&request.last_seen, bundle)?;
    warn_of_indexes(context, &installed);

    let new = installed.values().filter(|outcome| **outcome != Outcome::AlreadyPresent).count();
    let present = installed.len() - new;
    context.status("Evaluated", evaluated.summary(request));
    let what = accepted.summary(chosen.as_ref(), installed.len());
    let (into, took) = (target.display(), duration(began.elapsed()));
    context.status("Unpacked", format!("{what}, {present} already there) into {into} in {took}"));
    unpack_existing::report(context, pruned.as_ref());
    let repaired = of_outcome(&installed, Outcome::Repaired);
    let written = Written { dir: target, installed: new, already_present: present, what: String::new() };
    Ok(Unpacked { repaired, pruned, ..unpacked(request.layout.name(), written) })
}

/// What became of the modules, and what was removed.
pub(crate) struct Done {
    pub(crate) installed: BTreeMap<ModuleVersion, Outcome>,
    pub(crate) pruned: Option<Pruned>,
}

fn of_outcome(installed: &BTreeMap<ModuleVersion, Outcome>, wanted: Outcome) -> Vec<ModuleVersion> {
    let found = installed.iter().filter(|(_, outcome)| **outcome == wanted);
    found.map(|(module, _)| module.clone()).collect()
}

/// A bundle that may be installed: a trusted key signed it, and the policy allows it.
pub(crate) struct Accepted {
    pub(crate) bundle: Arc<SignedBundle>,
    pub(crate) evaluated: Evaluated,
}

/// What is decided before the first byte is written.
pub(crate) fn accept(context: &Context, request: &UnpackRequest) -> Result<Accepted> {
    let source = policy::source(context, request.policy.as_deref(), Path::new("."))?;
    let bundle = Arc::new(open::open_signed_files(context, &request.files, &request.trust)?);
    open::check_last_seen(&request.last_seen, &bundle)?;
    for signer in bundle.signers().trusted() {
        context.detail(format!("signed by {}", signer.key_id));
    }
    if matches!(request.layout, Layout::Cache) {
        beside::compare(context, &bundle);
    }
    let evaluated = evaluate(context, request, source, &bundle)?;
    context.interrupt.check()?;
    Ok(Accepted { bundle, evaluated })
}

impl Accepted {
    /// What of it is installed; none for all.
    pub(crate) fn choose(&self, context: &Context, request: &UnpackRequest) -> Result<Option<Chosen>> {
        let choose = |exact| unpack_exact::choose(context, exact, request.name(), &self.bundle);
        request.exact.as_ref().map(choose).transpose()
    }

    /// What was installed, `all` with those of which go.mod alone is read, as the beginning
    /// of a line.
    pub(crate) fn summary(&self, chosen: Option<&Chosen>, all: usize) -> String {
        chosen.map_or_else(|| summary(&self.bundle, all), Chosen::summary)
    }

    /// The ids of the trusted keys that signed.
    pub(crate) fn signed_by(&self) -> Vec<String> {
        self.bundle.signers().trusted().map(|s| s.key_id.to_string()).collect()
    }
}

/// What was done, as the beginning of a line.
fn summary(bundle: &SignedBundle, all: usize) -> String {
    // A module is one whose code is there; the others have their go.mod read alone.
    let with_code = bundle.manifest().modules.iter().filter(|m| m.zip.is_some()).count();
    let more = all.saturating_sub(with_code);
    let total: u64 = bundle.objects().map(|o| o.size).sum();
    format!("{} ({}", modules(with_code, more), bytes(total))
}

/// What the policy came to.
pub(crate) struct Evaluated {
    pub(crate) report: Report,
    /// Whose record it is, where nothing was evaluated here.
    pub(crate) recorded_by: Option<KeyId>,
}

/// Evaluates the caller's own policy. Where there is none, what a trusted signer
/// recorded of the same plugins is as good: see `recorded`.
fn evaluate(
    context: &Context,
    request: &UnpackRequest,
    source: Source,
    bundle: &Arc<SignedBundle>,
) -> Result<Evaluated> {
    if source.missing.is_some() && request.at.is_none() && request.baseline.is_none() {
        match recorded::find(bundle) {
            Ok(Recorded { report, by }) => return Ok(Evaluated { report, recorded_by: Some(by) }),
            Err(why) => context.detail(format!("evaluating here: {why}")),
        }
    }
    let old = Baseline::open(context, request.baseline.as_deref(), &request.trust)?;
    let loaded = source.load(context, request.at, &request.trust)?;
    let view = View::of_bundle(bundle)?;
    let report = baseline::evaluate(context, &loaded, view, old.as_ref(), &again(request))?;
    Ok(Evaluated { report, recorded_by: None })
}

/// The command that evaluates the policy on the bundle once more.
fn again(request: &UnpackRequest) -> String {
    policy::check_command(request.name(), &request.trust)
}

impl Evaluated {
    pub(crate) fn summary(&self, request: &UnpackRequest) -> String {
        if self.recorded_by.is_none() {
            return policy::summary(&self.report);
        }
        let Report { judged_at, counts, .. } = &self.report;
        let time = judged_at.parse().map_or_else(|_| judged_at.clone(), |t: Timestamp| format!("{t:.0}"));
        let again = again(request);
        format!(
            "at pack, at {time}, since there is no {} here: {} denied, {} warned; {again} evaluates it again",
            policy::FILE,
            counts.deny,
            counts.warn
        )
    }
}

fn target(context: &Context, request: &UnpackRequest) -> Result<PathBuf> {
    match &request.gomodcache {
        None => context.env.gomodcache(),
        Some(dir) => std::path::absolute(dir)
            .map_err(|e| Failure::failed(format!("could not use {}: {e}", dir.display()))),
    }
}

/// Installs what was accepted into a module cache.
pub(crate) fn install(
    context: &Context,
    request: &UnpackRequest,
    target: &Path,
    bundle: &SignedBundle,
    chosen: Option<&Chosen>,
) -> Result<Done> {
    let mut inputs = inputs(bundle, chosen.is_some())?;
    let blocks = match bundle.manifest().payload.encoding {
        Encoding::GoproxyTree => None,
        Encoding::Compact | Encoding::Exact => Some(bundle.blocks().map_err(|e| bundle_failure(&e))?),
    };
    let by_files = match (chosen, &blocks) {
        (Some(chosen), _) => chosen.modules.as_slice(),
        (None, Some(blocks)) => blocks.contents().modules(),
        (None, None) => &[],
    };
    let zips = match chosen {
        Some(_) => Zips::new(),
        None => unpack_zips::wanted(bundle, request.lean)?,
    };
    let parts = parts(bundle, by_files, &zips, &mut inputs);
    let evidence = evidence(bundle)?;
    context.interrupt.check()?;
    let keep_writable = modcacherw(context)? || request.modcacherw;
    let options = Options {
        keep_writable,
        trust_existing: request.trust_existing,
        allow_shared: request.into_shared,
        repair: request.repair,
        ..Options::default()
    };
    let cache = ModCache::open(target, options).map_err(|e| {
        let failure = Failure::failed(format!("could not open the module cache {}", e.path.display()));
        cache_disk(failure, None, &e.source)
    })?;
    // As the last line counts them: a go.mod file alone is not a module.
    let stored = inputs.iter().filter(|input| input.zip.is_some()).map(|input| &input.module);
    let with_code: BTreeSet<ModuleVersion> =
        stored.chain(parts.iter().map(|part| &part.module)).cloned().collect();
    let watch = Watch::new(context, with_code);
    let jobs = open::jobs(request.jobs).get();
    let stage = cache.stage().of_bundle(bundle.manifest_sha256().0);
    stage.add_all(inputs, jobs, &watch).map_err(|e| {
        let damage = damage(context, open::jobs(request.jobs), bundle, &e.error);
        let failure = damage.unwrap_or_else(|| install_failure(&e.error));
        unpack_existing::advise(failure, &e.error, request.repair)
    })?;
    let trees = stage.partials(parts, jobs, &watch).map_err(|e| shared(request, &e, target))?;
    let in_zips = match &blocks {
        None => trees,
        Some(blocks) => {
            let (trees, in_zips) = of_blocks(blocks, trees);
            let watch = open::Watch::new(context, "Reading", "blocks", blocks.len() as u64);
            let jobs = open::jobs(request.jobs);
            unpack_blocks::extract(blocks, &trees, jobs, &watch)?;
            unpack_zips::rebuild(context, blocks, &trees, &zips, jobs)?;
            in_zips
        }
    };
    if chosen.is_some() {
        unpack_exact::extract(context, bundle, in_zips, open::jobs(request.jobs))?;
    }
    // From here on all of the bundle is verified.
    keep_evidence(&cache, &evidence)?;
    let installed = match stage.publish(jobs, &watch) {
        Ok(installed) => installed.into_iter().collect(),
        Err(error) => return Err(incomplete(&error, &watch.with_code, target)),
    };
    watch.report_repaired(&installed);
    let pruned = request.prune.then(|| unpack_existing::prune(&cache, bundle, &watch)).transpose()?;
    Ok(Done { installed, pruned })
}

/// The trees in the order of the blocks' lists, and those of modules that come as zips.
fn of_blocks<'s>(
    blocks: &Blocks,
    trees: Vec<PartialTree<'s>>,
) -> (Vec<Option<PartialTree<'s>>>, Vec<PartialTree<'s>>) {
    let mut by_module: BTreeMap<ModuleVersion, PartialTree<'s>> =
        trees.into_iter().map(|tree| (tree.module().clone(), tree)).collect();
    let modules = blocks.contents().modules().iter();
    let ordered = modules.map(|carried| by_module.remove(&carried.module)).collect();
    (ordered, by_module.into_values().collect())
}

/// The modules that are installed file by file, in their order, taken out of the others.
fn parts(
    bundle: &SignedBundle,
    modules: &[CarriedModule],
    zips: &Zips,
    inputs: &mut Vec<ModuleInput<'_>>,
) -> Vec<PartialInput> {
    let lists = bundle.objects().filter(|object| object.kind == ObjectKind::FileList);
    let sums: BTreeMap<&ModuleVersion, H1> =
        lists.filter_map(|list| Some((&list.module, list.h1?))).collect();
    let mut of_others: BTreeMap<ModuleVersion, ModuleInput<'_>> =
        inputs.drain(..).map(|input| (input.module.clone(), input)).collect();
    let parts = modules.iter().filter_map(|carried| {
        let module = carried.module.clone();
        let input = of_others.remove(&module);
        let (info, go_mod) = input.map_or((None, None), |input| (input.info, input.go_mod));
        let h1 = *sums.get(&module)?;
        let files = carried.list.clone();
        let carried = (0..carried.list.len()).map(|index| carried.carried.has(index)).collect();
        let zip = zips.get(&module).map(|zip| zip.bytes);
        Some(PartialInput { module, h1, files, carried, info, go_mod, zip })
    });
    let parts = parts.collect();
    inputs.extend(of_others.into_values());
    parts
}

/// The go command finds a module's packages by an index in GOCACHE, which is of the path
/// of the module's tree and nothing in it (cmd/go modindex/read.go, moduleHash).
fn warn_of_indexes(context: &Context, installed: &BTreeMap<ModuleVersion, Outcome>) {
    let mut extended = installed.iter().filter(|(_, outcome)| **outcome == Outcome::Extended);
    let Some((first, _)) = extended.next() else { return };
    let more = match extended.count() {
        0 => String::new(),
        n => format!(" and of {}", count(n, "other module")),
    };
    context.warning(format!(
        "a part of {first}{more} was in the module cache, and has more files now: go does not see new packages of it where GOCACHE has an index of the part"
    ));
    context.hint("run go clean -cache once, or build with GODEBUG=goindex=0");
}

/// Why a part of a module could not be staged.
fn shared(request: &UnpackRequest, error: &InstallError, target: &Path) -> Failure {
    let failure = unpack_existing::advise(install_failure(error), error, request.repair);
    match *error.problem {
        Problem::Shared { .. } => failure
            .hint(format!("unpack it into a cache of its own: --gomodcache {}-exact", target.display()))
            .hint(
                "--into-shared unpacks it here all the same: `go mod verify` will then report these modules",
            ),
        _ => failure,
    }
}

/// The checksum database's word goes where an offline `go` looks for it when
/// go.sum has no line; go checks its signature and proofs itself.
fn keep_evidence(cache: &ModCache, evidence: &[(&str, Vec<u8>)]) -> Result<()> {
    for (name, bytes) in evidence {
        let Some(path) = name.strip_prefix(EVIDENCE).filter(|path| !path.ends_with("/supported")) else {
            continue;
        };
        cache.keep_sumdb(path, bytes).map_err(|e| {
            let failure = Failure::failed(format!("cannot write {} in the module cache", e.file));
            cache_disk(failure, Some(&e.file), &e.source)
        })?;
    }
    Ok(())
}

/// Whether GOFLAGS asks for a writable cache, as it does of go. What go refuses
/// in it is refused: the build that follows would end with it.
fn modcacherw(context: &Context) -> Result<bool> {
    let flags = GoFlags::parse(context.env.get_or_empty(settings::GOFLAGS).reveal());
    flags.and_then(|flags| flags.boolean("modcacherw")).map_err(|e| {
        Failure::failed(e.to_string())
            .hint("correct GOFLAGS: `go env GOFLAGS` shows it, `go help environment` says what it may hold")
    })
}

/// What is finished stays: each module is complete or not there.
fn incomplete(error: &InstallAllError, with_code: &BTreeSet<ModuleVersion>, target: &Path) -> Failure {
    let complete = error.finished.iter().filter(|(module, _)| with_code.contains(module)).count();
    let missing = match with_code.len() - complete {
        0 => "some go.mod files".to_owned(),
        n => n.to_string(),
    };
    let complete = match complete {
        0 => "no module is".to_owned(),
        n => count_are(n, "module"),
    };
    install_failure(&error.error).outcome(format!(
        "{complete} complete in {}, {missing} not written; a second run goes on from there",
        target.display()
    ))
}
