//! `airgo unpack`: signature, manifest, policy, then hash and install.

use crate::Context;
use crate::args::Unpack;
use crate::baseline::{self, Baseline};
use crate::beside;
use crate::bundle_io::{self, bundle_failure};
use crate::errors::{cache_disk, install_failure};
use crate::escape::foreign;
use crate::failure::{Failure, Result};
use crate::interrupt::Interrupt;
use crate::judge::{self, Source};
use crate::printer::{bytes, count, count_are, duration};
use crate::progress::Progress;
use crate::recorded::{self, Recorded};
use crate::settings;
use crate::view::View;
use airgo_bundle::keys::KeyId;
use airgo_bundle::names::EVIDENCE;
use airgo_bundle::{ObjectKind, SignedBundle};
use airgo_gomod::ModuleVersion;
use airgo_gomod::goenv::GoFlags;
use airgo_modcache::{GoModInput, InstallAllError, ModCache, ModuleInput, Options, Outcome, ZipInput};
use airgo_policy::Report;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Installs the bundle's modules.
pub fn run(context: &Context, args: &Unpack) -> Result<()> {
    unpack(context, args).map_err(|failure| failure.outcome("nothing was written to the module cache"))
}

fn unpack(context: &Context, args: &Unpack) -> Result<()> {
    let began = Instant::now();
    let target = target(context, args)?;
    let source = judge::source(context, args.policy.as_deref(), Path::new("."))?;
    let bundle = Arc::new(bundle_io::open_signed_files(context, &args.files, &args.trust)?);
    bundle_io::check_last_seen(&args.last_seen, &bundle)?;
    for signer in bundle.verdict().trusted() {
        context.printer.detail(format!("signed by {}", signer.key_id));
    }
    beside::compare(context, bundle.manifest());
    let judged = judge(context, args, source, &bundle)?;
    context.interrupt.check()?;
    verify(context, args, &bundle)?;
    let installed = install(context, args, &target, &bundle)?;
    bundle_io::record_last_seen(&args.last_seen, &bundle)?;
    let new = installed.values().filter(|outcome| **outcome == Outcome::Installed).count();
    let total: u64 = bundle.objects().map(|o| o.size).sum();
    // A module is one whose code is there; the others have their go.mod read alone.
    let with_code = bundle.manifest().modules.iter().filter(|m| m.zip.is_some()).count();
    let more = installed.len().saturating_sub(with_code);
    if context.printer.is_json() {
        context.printer.document(&serde_json::json!({
            "schema": "airgo.dev/unpack/v1",
            "file": args.files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join(", "),
            "files": args.files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>(),
            "gomodcache": target.display().to_string(),
            "contentId": bundle.manifest().content_id,
            "installed": new,
            "alreadyPresent": installed.len() - new,
            "signedBy": bundle.verdict().trusted().map(|s| s.key_id.to_string()).collect::<Vec<_>>(),
            "policy": judged.json()?,
        }))?;
    }
    context.printer.status("Judged", judged.summary(args));
    context.printer.status(
        "Unpacked",
        format!(
            "{}{} ({}, {} already there) into {} in {}",
            count(with_code, "module"),
            if more == 0 { String::new() } else { format!(" and {}", count(more, "more go.mod file")) },
            bytes(total),
            installed.len() - new,
            target.display(),
            duration(began.elapsed())
        ),
    );
    Ok(())
}

/// What policy made of the bundle.
struct Judged {
    report: Report,
    /// Whose word it is, where nothing was judged here.
    recorded_by: Option<KeyId>,
}

/// Judges by the caller's own policy. Where there is none, what a trusted
/// signer recorded of the same plugins is as good: see `recorded`.
fn judge(context: &Context, args: &Unpack, source: Source, bundle: &Arc<SignedBundle>) -> Result<Judged> {
    if source.missing.is_some() && args.at.is_none() && args.baseline.is_none() {
        match recorded::find(bundle) {
            Ok(Recorded { report, by }) => return Ok(Judged { report, recorded_by: Some(by) }),
            Err(why) => context.printer.detail(format!("judging here: {}", foreign(&why))),
        }
    }
    let old = Baseline::open(context, args.baseline.as_deref(), &args.trust)?;
    let loaded = source.load(context, args.at.as_deref())?;
    let view = View::of_bundle(bundle);
    let report = baseline::evaluate(context, &loaded, view, old.as_ref(), &again(args))?;
    Ok(Judged { report, recorded_by: None })
}

/// What judges the bundle once more.
fn again(args: &Unpack) -> String {
    judge::check_command(args.files.first().map_or(Path::new("FILE"), PathBuf::as_path), &args.trust)
}

impl Judged {
    fn summary(&self, args: &Unpack) -> String {
        if self.recorded_by.is_none() {
            return judge::summary(&self.report);
        }
        let Report { judged_at, counts, .. } = &self.report;
        let time = judged_at.parse().map_or_else(|_| judged_at.clone(), |t: Timestamp| format!("{t:.0}"));
        let again = foreign(&again(args)).into_owned();
        format!(
            "at pack, at {time}, since there is no {} here: {} denied, {} warned; {again} judges anew",
            judge::FILE,
            counts.deny,
            counts.warn
        )
    }

    /// The report, with who recorded it: none where it was judged here.
    fn json(&self) -> Result<serde_json::Value> {
        let mut json = serde_json::to_value(&self.report).map_err(|e| Failure::failed(e.to_string()))?;
        if let Some(object) = json.as_object_mut() {
            object.insert("recordedBy".to_owned(), self.recorded_by.map(|by| by.to_string()).into());
        }
        Ok(json)
    }
}

/// Hashes every object before the first is installed, so that a damaged bundle
/// leaves no trace in the cache. Installing hashes once more what it writes:
/// the file may change in between.
fn verify(context: &Context, args: &Unpack, bundle: &SignedBundle) -> Result<()> {
    let watch = bundle_io::Watch::new(context, "Verifying", "files", bundle.objects().count() as u64);
    bundle.verify_objects(bundle_io::jobs(args.jobs), &watch).map(|_| ()).map_err(|e| bundle_failure(&e))
}

fn target(context: &Context, args: &Unpack) -> Result<PathBuf> {
    match &args.gomodcache {
        None => context.env.gomodcache(),
        Some(dir) => std::path::absolute(dir)
            .map_err(|e| Failure::failed(format!("could not use {}: {e}", dir.display()))),
    }
}

fn install(
    context: &Context,
    args: &Unpack,
    target: &Path,
    bundle: &SignedBundle,
) -> Result<BTreeMap<ModuleVersion, Outcome>> {
    let inputs = inputs(bundle)?;
    let keep_writable = modcacherw(context)? || args.modcacherw;
    let options = Options { keep_writable, trust_existing: args.trust_existing, ..Options::default() };
    let cache = ModCache::open(target, options).map_err(|e| {
        let failure = Failure::failed(format!("could not open the module cache {}", e.path.display()));
        cache_disk(failure, None, &e.source)
    })?;
    // As the last line counts them: a go.mod file alone is not a module.
    let with_code: BTreeSet<ModuleVersion> =
        inputs.iter().filter(|input| input.zip.is_some()).map(|input| input.module.clone()).collect();
    let watch = Watch {
        progress: Progress::new(&context.printer, "Unpacking", "modules", with_code.len() as u64),
        with_code,
        interrupt: context.interrupt.clone(),
        printer: context.printer,
    };
    keep_evidence(context, &cache, bundle)?;
    match cache.install_all(inputs, bundle_io::jobs(args.jobs).get(), &watch) {
        Ok(installed) => Ok(installed.into_iter().collect()),
        Err(error) => Err(incomplete(&error, &watch.with_code, target)),
    }
}

/// The checksum database's word goes where an offline `go` looks for it when
/// go.sum has no line; go checks its signature and proofs itself.
fn keep_evidence(context: &Context, cache: &ModCache, bundle: &SignedBundle) -> Result<()> {
    for name in bundle.evidence() {
        let Some(path) = name.strip_prefix(EVIDENCE).filter(|path| !path.ends_with("/supported")) else {
            continue;
        };
        let bytes = bundle.read_evidence(name).map_err(|e| bundle_failure(&e))?;
        context.interrupt.check()?;
        cache.keep_sumdb(path, &bytes).map_err(|e| {
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

/// Every module of the bundle, its objects still behind the bundle's handle.
fn inputs(bundle: &SignedBundle) -> Result<Vec<ModuleInput<'_>>> {
    let mut inputs: BTreeMap<ModuleVersion, ModuleInput<'_>> = BTreeMap::new();
    for object in bundle.objects() {
        if matches!(object.kind, ObjectKind::List | ObjectKind::Data) {
            continue;
        }
        let content = bundle.content(&object.name).map_err(|e| bundle_failure(&e))?;
        let module = object.module.clone();
        let input = inputs.entry(module.clone()).or_insert_with(|| ModuleInput {
            module,
            info: None,
            go_mod: None,
            zip: None,
        });
        match (object.kind, object.h1) {
            (ObjectKind::Zip, Some(h1)) => {
                let reader = Box::new(content);
                input.zip = Some(ZipInput { reader, size: object.size, sha256: object.sha256.0, h1 });
            }
            (ObjectKind::Mod, Some(h1)) => {
                let bytes = content.read_verified().map_err(|e| bundle_failure(&e))?;
                input.go_mod = Some(GoModInput { bytes, h1 });
            }
            _ => input.info = Some(content.read_verified().map_err(|e| bundle_failure(&e))?),
        }
    }
    Ok(inputs.into_values().collect())
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

struct Watch {
    progress: Progress,
    /// The modules that the bar counts.
    with_code: BTreeSet<ModuleVersion>,
    interrupt: Interrupt,
    printer: crate::printer::Printer,
}

impl airgo_modcache::Progress for Watch {
    fn waiting(&self, module: &ModuleVersion) {
        self.printer.detail(format!("waiting for another process that works on {module}"));
    }

    fn bytes(&self, more: u64) {
        self.progress.add_bytes(more);
    }

    fn finished(&self, module: &ModuleVersion, _: Outcome) {
        if self.with_code.contains(module) {
            self.progress.add_done(1);
        }
    }

    fn cancelled(&self) -> bool {
        self.interrupt.is_set()
    }
}
