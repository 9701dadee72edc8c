//! Policy as every command applies it: the caller's own file, plugins in the
//! sandbox, findings printed, a refusal as exit code 12.

pub mod baseline;
pub mod defaults;
mod golines;
mod plugin_signatures;
pub mod recorded;
pub mod view;

use crate::Context;
use crate::documents::PolicyReport;
use crate::errors::frame;
use crate::errors::gomod_hints::{conflict, is_conflict_marker};
use crate::failure::{Failure, FailureKind, Result};
use crate::findings::{Finding, Group, groups};
use crate::paths::{argument, shown};
use crate::quantity::{count, duration};
use crate::requests::TrustFiles;
use airgo_bundle::Sha256;
use airgo_model::Line;
use airgo_policy::{
    BundleView, DataError, Engine, EngineConfig, Evaluation, Gathering, Policy, PolicyError, PolicyFile,
    Report, TriedPlugin, Verdict,
};
use jiff::Timestamp;
use plugin_signatures::DetachedSignatures;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The policy file's usual name.
pub const FILE: &str = "airgo.toml";
/// How many modules with findings the text names; `--json` has all.
const SHOWN: usize = 50;

/// A policy file as it was found, or that there is none.
pub struct Source {
    file: PolicyFile,
    base: PathBuf,
    /// The policy file that is not there: the built-in plugins are run, with
    /// defaults that never refuse.
    pub missing: Option<String>,
    /// The digest of the policy file, where there is one.
    pub sha256: Option<Sha256>,
}

/// A policy whose plugins are loaded.
pub struct Loaded {
    /// What is evaluated.
    pub policy: Policy,
    /// As in [`Source`].
    pub missing: Option<String>,
    /// As in [`Source`].
    pub sha256: Option<Sha256>,
}

/// Loads the policy named by `--policy`, or `airgo.toml` in `dir`, or the
/// built-in plugins with defaults that never refuse. Plugins are compiled and
/// check their config here, so that a mistake costs no download.
pub fn load(
    context: &Context,
    flag: Option<&Path>,
    dir: &Path,
    at: Option<Timestamp>,
    trust: &TrustFiles,
) -> Result<Loaded> {
    source(context, flag, dir)?.load(context, at, trust)
}

impl Source {
    /// Tries plugins in place of those of the policy file.
    pub fn trying(self, plugins: Vec<TriedPlugin>) -> Self {
        Self { file: self.file.trying(plugins), base: self.base, missing: None, sha256: self.sha256 }
    }

    /// Compiles the plugins and checks their config; `trust` says whose compiled
    /// code counts.
    pub fn load(self, context: &Context, at: Option<Timestamp>, trust: &TrustFiles) -> Result<Loaded> {
        let judged_at = at.unwrap_or_else(Timestamp::now);
        let engine = engine(context)?;
        let signatures = DetachedSignatures { context, trust };
        let policy = Policy::load_signed(&engine, self.file, &self.base, judged_at, &signatures)
            .map_err(|e| policy_failure(&e))?;
        for (plugin, signer) in policy.signers() {
            let name = signer.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
            context.detail(format!("plugin {plugin}: signed by {}{name}", signer.key_id));
        }
        Ok(Loaded { policy, missing: self.missing, sha256: self.sha256 })
    }
}

/// The engine, with this user's cache of compiled plugins.
pub fn engine(context: &Context) -> Result<Engine> {
    let cache_dir = cache_dir(context).ok();
    Engine::new(EngineConfig { cache_dir }).map_err(|e| policy_failure(&e))
}

/// Where compiled plugins are cached, and what they found out about modules.
pub fn cache_dir(context: &Context) -> Result<PathBuf> {
    Ok(context.env.airgo_cache_dir()?.join("plugins"))
}

/// Reads the policy file; one that is named has to be there.
pub fn source(context: &Context, flag: Option<&Path>, dir: &Path) -> Result<Source> {
    let file = flag.map_or_else(|| dir.strip_prefix(".").unwrap_or(dir).join(FILE), Path::to_owned);
    let name = shown(&file);
    match std::fs::read_to_string(&file) {
        Ok(text) => {
            let policy =
                airgo_policy::airgo_toml::parse(&name, &text).map_err(|e| policy_failure(&e.into()))?;
            context.detail(format!("policy: {name}"));
            if policy.plugins.is_empty() {
                context.warning(format!(
                    "{name} names no plugin, so nothing is evaluated (airgo policy init writes a policy to start from)"
                ));
            }
            let base = file.parent().unwrap_or(Path::new(".")).to_owned();
            Ok(Source { file: policy, base, missing: None, sha256: Some(Sha256::of(text.as_bytes())) })
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && flag.is_none() => {
            let file = PolicyFile::without_file();
            Ok(Source { file, base: dir.to_owned(), missing: Some(name), sha256: None })
        }
        Err(e) => {
            let failure = Failure::failed(format!("could not read {name}: {e}"));
            Err(failure.hint(match flag {
                Some(_) => "name a file that is there, or begin with the one that airgo policy init writes",
                None => "name the policy file: --policy FILE",
            }))
        }
    }
}

/// Prints the warnings of a report; `again` is the command that evaluates the
/// same again and lists everything.
pub fn report_warnings(context: &Context, loaded: &Loaded, report: &Report, again: &str) {
    if let Some(missing) = &loaded.missing {
        defaults::report(context, report, missing, again);
        return;
    }
    let warned = groups_of(report, Verdict::Warn);
    for group in warned.iter().take(SHOWN) {
        context.warning(describe(group));
    }
    match not_shown(&warned) {
        0 => (),
        more => {
            let more = count(more, "more warning");
            context.warning(format!("and {more}; {again} lists all"));
        }
    }
}

/// The command that evaluates a bundle again.
pub fn check_command(file: &Path, trust: &TrustFiles) -> String {
    let mut command = format!("airgo policy check {}", argument(file));
    for (flag, files) in [("--base", &trust.base), ("--trust", &trust.trust)] {
        for file in files {
            let _ = write!(command, " {flag} {}", argument(file));
        }
    }
    command
}

/// Runs the plugins.
pub fn run(context: &Context, policy: &Policy, view: &Arc<dyn BundleView>) -> Result<Report> {
    report(context, policy.evaluate(view))
}

/// Prints what `-v` shows of an evaluation.
fn report(context: &Context, evaluation: std::result::Result<Evaluation, PolicyError>) -> Result<Report> {
    let evaluation = evaluation.map_err(|e| policy_failure(&e))?;
    for (plugin, line) in &evaluation.logs {
        context.detail(format!("{plugin}: {}", line.message));
    }
    for (plugin, took) in &evaluation.gathered {
        context.detail(gathered(plugin, took));
    }
    Ok(evaluation.report)
}

/// `licence: facts of 3 modules gathered, of 200 remembered, in 0.1s`.
fn gathered(plugin: &str, took: &Gathering) -> String {
    format!(
        "{plugin}: facts of {} gathered, of {} remembered, in {}",
        count(took.gathered, "module"),
        took.remembered,
        duration(took.wall)
    )
}

/// A refusal is an error.
pub fn enforce(report: &Report) -> Result<()> {
    if report.is_denied() { Err(refusal(report)) } else { Ok(()) }
}

/// The one-line summary of a verdict.
pub fn summary(report: &Report) -> String {
    let c = report.counts;
    let plugins = count(report.plugins.len(), "plugin");
    format!("{plugins}: {} denied, {} warned, {} excepted", c.deny, c.warn, c.excepted)
}

/// The groups of findings that come to a verdict.
fn groups_of(report: &Report, verdict: Verdict) -> Vec<Group<'_>> {
    groups(Finding::of(report).filter(|f| f.weight() == verdict))
}

/// How many findings are in the groups that are not shown.
fn not_shown(groups: &[Group<'_>]) -> usize {
    groups.iter().skip(SHOWN).map(Group::size).sum()
}

fn refusal(report: &Report) -> Failure {
    let denied = groups_of(report, Verdict::Deny);
    let mut failure = match denied.as_slice() {
        [one] => Failure::new(FailureKind::Policy, format!("policy refused {}", describe(one))),
        many => {
            let findings = count(many.iter().map(Group::size).sum(), "finding");
            let failure = Failure::new(FailureKind::Policy, format!("policy refused {findings}"));
            many.iter().take(SHOWN).fold(failure, |failure, group| failure.line(describe(group)))
        }
    };
    match not_shown(&denied) {
        0 => (),
        more => failure = failure.line(format!("and {more} more; --json lists all")),
    }
    failure.report = serde_json::to_value(PolicyReport::from(report)).ok();
    failure.hint("allow the modules in airgo.toml, add an exception with a reason, or require other versions")
}

/// `module@version: message [plugin/rule] (advice)`; of several findings, how many
/// and which.
fn describe(group: &Group<'_>) -> Line {
    let finding = group.first();
    let title = || group.title().filter(|_| group.size() > 1);
    let thing = finding.module().or_else(title).unwrap_or("the bundle".into());
    let place = finding.place().filter(|_| group.size() == 1).map(|place| format!("{place}: "));
    let advice = group.advice().map(|advice| format!(" ({advice})"));
    let (place, advice) = (place.unwrap_or_default(), advice.unwrap_or_default());
    format!("{thing}: {place}{} [{}]{advice}", group.named(), finding.code()).into()
}

/// A policy that cannot be applied refuses: it fails closed.
fn policy_failure(error: &PolicyError) -> Failure {
    if let Some(shortage) = error.shortage() {
        return Failure::failed(error.to_string())
            .line("a plugin that cannot run gives no verdict, so nothing is accepted")
            .hint(shortage.hint());
    }
    match error {
        PolicyError::PolicyFile(e) => {
            let failure = Failure::failed(e.to_string());
            let hint = match is_conflict_marker(&e.line_text) {
                true => conflict(&e.file),
                false => "airgo policy init writes one to start from".to_owned(),
            };
            frame::add(failure, e.line, e.column, &e.line_text).hint(hint)
        }
        PolicyError::NoneJudged { .. } => Failure::new(FailureKind::Policy, format!("policy refused: {error}"))
            .line("without the verdict of a plugin nothing is accepted")
            .hint("for details: airgo policy check -v"),
        PolicyError::Plugin { source, .. } => Failure::new(FailureKind::Policy, format!("policy refused: {error}"))
            .line("a plugin that fails gives no verdict, so the bundle is refused")
            .hint(if source.is_over_limit() {
                "fix or remove the plugin in airgo.toml; if you trust it, raise the limit in its [plugin.limits]"
            } else {
                "fix or remove the plugin in airgo.toml"
            }),
        PolicyError::Signature { .. } => Failure::new(FailureKind::Signature, format!("policy refused: {error}"))
            .line("a plugin without a trusted signature is not run, so the bundle is refused")
            .hint("airgo sign PLUGIN --detached ssh --key KEY signs it; trust in airgo.toml names the keys that are accepted"),
        PolicyError::CompiledSignature { .. } => {
            Failure::new(FailureKind::Signature, format!("policy refused: {error}"))
                .line("compiled code runs outside the sandbox, so only what somebody signed whom you trust is run")
                .hint("compile the plugin yourself: airgo plugin compile PLUGIN --key KEY")
                .hint("or name the public key of whoever compiled it: --trust FILE")
        }
        PolicyError::Compiled { component, file, .. } => not_run(error, component, Path::new(file)),
        PolicyError::NotCompiled { component, .. } => {
            let file = component.with_extension("compiled");
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            not_run(error, component, &file)
                .hint(format!("then name the file in airgo.toml, relative to it: compiled = \"{name}\""))
        }
        PolicyError::Data(data) => {
            let failure = Failure::new(FailureKind::Policy, format!("policy refused: {error}"));
            match data {
                DataError::TooOld { .. } => failure
                    .hint("bring a newer one; of vulnerability data: airgo vulndb import SOURCE -o FILE"),
                DataError::NoDate { .. } => failure.hint("add the day that it was made: date = 2027-03-31"),
                _ => failure,
            }
        }
        PolicyError::Read { .. } => {
            Failure::failed(error.to_string()).hint("paths in airgo.toml are relative to it")
        }
        _ => Failure::failed(error.to_string()),
    }
}

/// A plugin without code that runs here.
fn not_run(error: &PolicyError, component: &Path, file: &Path) -> Failure {
    Failure::new(FailureKind::Policy, format!("policy refused: {error}"))
        .line("a plugin that cannot run gives no verdict, so the bundle is refused")
        .hint(format!(
            "compile it with the full airgo {}, on {}: airgo plugin compile {} -o {} --key KEY",
            env!("CARGO_PKG_VERSION"),
            airgo_policy::machine(),
            argument(component),
            argument(file)
        ))
}
