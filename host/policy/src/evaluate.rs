//! All plugins of a policy file over one bundle.
//!
//! A plugin that fails has not judged. Where somebody wrote a policy, the
//! bundle is refused then. Where nobody did, nothing may be refused: the
//! failure becomes a warning of the report ([`NOT_JUDGED`]), and the plugin is
//! not among those that took part.

mod compare;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use wasmtime::component::Component;

use compare::Views;

use crate::airgo_toml::{PluginEntry, PluginSource, PolicyFile};
use crate::builtin::Builtin;
use crate::compiled::CompiledFile;
use crate::data::{read_at_most, sha256_hex};
use crate::disguise::Disguise;
use crate::exceptions::Exceptions;
use crate::gather::PerPlugin;
use crate::json_schema;
use crate::parallel::in_parallel;
use crate::plugin::{CheckRequest, Checked};
use crate::report::{Counts, DataRecord, NOT_JUDGED, PluginRecord, Report, ReportedFinding};
use crate::signed::{NoSignatures, PluginSigner, SignatureRequest, Signatures};
use crate::{
    BundleView, DataSet, Engine, Finding, Gathering, LogLine, Plugin, PluginError, PolicyError,
    PolicyFileError, Verdict,
};

/// A policy file whose plugins are loaded and accept their config.
pub struct Policy {
    engine: Engine,
    file: PolicyFile,
    plugins: Vec<Loaded>,
    /// Those that could not be loaded, where that is no reason to refuse.
    failed: Vec<Failed>,
    data: Arc<DataSet>,
    judged_at: Timestamp,
}

/// A plugin that did not judge.
#[derive(Clone)]
struct Failed {
    name: String,
    err: PluginError,
}

struct Loaded {
    plugin: Plugin,
    config: String,
    builtin: bool,
    signer: Option<PluginSigner>,
}

/// The report, and what the plugins logged on the way.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The verdict and what it rests on.
    pub report: Report,
    /// The name of a plugin with a line that it logged.
    pub logs: Vec<(String, LogLine)>,
    /// The name of a plugin that gathers facts, with what that took.
    pub gathered: Vec<(String, Gathering)>,
}

impl Policy {
    /// As [`Policy::load_signed`], where no plugin of the file has a signature.
    ///
    /// # Errors
    /// As there; and where one has, which nobody checks here.
    pub fn load(
        engine: &Engine,
        file: PolicyFile,
        base: &Path,
        judged_at: Timestamp,
    ) -> Result<Self, PolicyError> {
        Self::load_signed(engine, file, base, judged_at, &NoSignatures)
    }

    /// Loads what a policy file names; its paths are relative to `base`.
    ///
    /// # Errors
    /// Where a plugin or data source is missing, is not what was pinned, or
    /// fails; where a config does not fit; where an exception names a rule
    /// that no plugin has.
    pub fn load_signed(
        engine: &Engine,
        file: PolicyFile,
        base: &Path,
        judged_at: Timestamp,
        signatures: &dyn Signatures,
    ) -> Result<Self, PolicyError> {
        let origin = Origin { base, judged_at, signatures };
        let loaded = in_parallel(engine.is_small(), &file.plugins, |entry| {
            match load(engine, &file, entry, &origin) {
                Err(PolicyError::Plugin { source, .. })
                    if file.is_default() && source.shortage().is_none() =>
                {
                    Ok(Err(source))
                }
                loaded => loaded.map(Ok),
            }
        })?;
        let (mut file, mut plugins, mut failed) = (file, Vec::new(), Vec::new());
        for (entry, loaded) in std::mem::take(&mut file.plugins).into_iter().zip(loaded) {
            match loaded {
                Ok(loaded) => {
                    file.plugins.push(entry);
                    plugins.push(loaded);
                }
                Err(err) => failed.push(Failed { name: entry.name, err }),
            }
        }
        for (entry, loaded) in file.plugins.iter().zip(&plugins) {
            let needs = loaded.plugin.describe().data.iter().filter(|need| need.required);
            for need in needs {
                if !file.data.iter().any(|data| data.name == need.name) {
                    let summary = need.summary.escape_debug();
                    let message = format!(
                        "plugin {} needs the data source {} ({summary}): add a [[data]] table of that name",
                        entry.name, need.name
                    );
                    return Err(file.error_at_line(entry.line, message).into());
                }
            }
        }
        check_exceptions(&file, &plugins)?;
        let data = Arc::new(DataSet::load(&file.data, base, judged_at)?);
        let policy = Policy { engine: engine.clone(), file, plugins, failed, data, judged_at };
        policy.check_compared()?;
        Ok(policy)
    }

    /// Whether nobody wrote a policy, so that nothing is refused.
    pub fn is_default(&self) -> bool {
        self.file.is_default()
    }

    /// The loaded plugins, by their names in the policy file.
    pub fn plugins(&self) -> impl Iterator<Item = (&str, &Plugin)> {
        self.file
            .plugins
            .iter()
            .zip(&self.plugins)
            .map(|(entry, loaded)| (entry.name.as_str(), &loaded.plugin))
    }

    /// The plugins whose signature was checked, and whose it is.
    pub fn signers(&self) -> impl Iterator<Item = (&str, &PluginSigner)> {
        let pairs = self.file.plugins.iter().zip(&self.plugins);
        pairs.filter_map(|(entry, loaded)| Some((entry.name.as_str(), loaded.signer.as_ref()?)))
    }

    /// Runs all plugins over a bundle.
    ///
    /// # Errors
    /// Where a plugin fails, however it fails; the bundle is then refused. Where
    /// nobody wrote a policy, that is a warning in the report.
    pub fn evaluate(&self, view: &Arc<dyn BundleView>) -> Result<Evaluation, PolicyError> {
        self.evaluate_views(view, Views::alone(view))
    }

    fn evaluate_views(&self, view: &Arc<dyn BundleView>, views: Views) -> Result<Evaluation, PolicyError> {
        let mut failed = self.failed.clone();
        let mut pairs: Vec<(&PluginEntry, &Loaded)> = self.file.plugins.iter().zip(&self.plugins).collect();
        let order: Arc<[usize]> = crate::host::sorted(view.modules()).into();
        // One that fails stops the others from gathering: they begin again
        // without it, with what is remembered of the first time.
        let mut gathered = loop {
            match self.gather(&pairs, view, &order) {
                Ok(gathered) => break gathered,
                Err((place, err)) if place < pairs.len() => {
                    let (entry, _) = pairs.remove(place);
                    failed.push(self.excused(entry, err)?);
                }
                Err((_, err)) => return Err(PolicyError::Engine(err.to_string())),
            }
        };
        gathered.resize_with(pairs.len(), || None);
        let (facts, took): (Vec<_>, Vec<_>) = gathered.into_iter().map(Option::unzip).unzip();
        let with_facts: Vec<_> =
            pairs.iter().zip(facts).map(|(pair, facts)| (pair, Mutex::new(facts))).collect();
        let checked = in_parallel(self.engine.is_small(), &with_facts, |((entry, loaded), facts)| {
            let facts = facts.lock().unwrap_or_else(PoisonError::into_inner).take();
            let request = CheckRequest {
                view: Arc::clone(views.of(&entry.name)),
                data: Arc::clone(&self.data),
                judged_at: self.judged_at,
                config: loaded.config.clone(),
            };
            match loaded.plugin.check_with(&request, &order, facts) {
                Ok((checked, _)) => Ok(Ok(Disguise::of(&entry.config).checked(checked))),
                Err(err) => self.excused(entry, err).map(Err),
            }
        })?;
        let mut logs = Vec::new();
        let mut findings = Vec::new();
        let mut plugins = Vec::new();
        let mut exceptions = Exceptions::new(&self.file.exceptions, self.judged_at);
        for ((entry, loaded), checked) in pairs.iter().zip(checked) {
            let Checked { findings: found, logs: lines } = match checked {
                Ok(checked) => checked,
                Err(why) => {
                    failed.push(why);
                    continue;
                }
            };
            plugins.push(record(entry, loaded));
            logs.extend(lines.into_iter().map(|line| (entry.name.clone(), line)));
            for finding in found {
                let module = finding.module.and_then(|position| view.modules().get(position));
                let mut reported = self.reported(&entry.name, finding, module);
                if reported.verdict > Verdict::Allow {
                    reported.excepted = exceptions.lift(&reported, module);
                }
                findings.push(reported);
            }
        }
        if let (true, Some(first)) = (plugins.is_empty(), failed.first()) {
            let first = format!("{} {}", first.name, first.err);
            return Err(PolicyError::NoneJudged { wanted: failed.len(), first });
        }
        findings.extend(failed.iter().map(not_judged));
        findings.sort();
        let standing = |f: &&ReportedFinding| f.excepted.is_none();
        let verdict = findings.iter().filter(standing).map(|f| f.verdict).max().unwrap_or(Verdict::Allow);
        let report = Report {
            judged_at: self.judged_at.to_string(),
            verdict,
            counts: count(&findings),
            plugins,
            data: self.data.digests().map(data_record).collect(),
            findings,
            exceptions: exceptions.records(),
        };
        let named =
            |((entry, _), took): (&(&PluginEntry, _), Option<Gathering>)| Some((entry.name.clone(), took?));
        let gathered = views.gathered.into_iter().chain(pairs.iter().zip(took).filter_map(named)).collect();
        Ok(Evaluation { report, logs, gathered })
    }

    /// What the plugins want to know of each module by itself.
    fn gather(
        &self,
        pairs: &[(&PluginEntry, &Loaded)],
        view: &Arc<dyn BundleView>,
        order: &[usize],
    ) -> Result<PerPlugin, (usize, PluginError)> {
        let plugins: Vec<(&Plugin, &str)> =
            pairs.iter().map(|(_, loaded)| (&loaded.plugin, loaded.config.as_str())).collect();
        crate::gather::gather(&plugins, &self.engine, view, order)
    }

    /// A failure that is no reason to refuse; an error where it is one.
    fn excused(&self, entry: &PluginEntry, err: PluginError) -> Result<Failed, PolicyError> {
        // That the machine has no memory says nothing of the bundle: with more,
        // the same plugin judges.
        if self.file.is_default() && err.shortage().is_none() {
            // The config is airgo's own.
            return Ok(Failed { name: entry.name.clone(), err });
        }
        Err(plugin_error(&self.file, entry, err))
    }

    fn reported(
        &self,
        plugin: &str,
        finding: Finding,
        module: Option<&crate::ModuleInfo>,
    ) -> ReportedFinding {
        ReportedFinding {
            module: module.map(|m| m.path.clone()),
            version: module.map(|m| m.version.clone()),
            plugin: plugin.to_owned(),
            rule: finding.rule,
            verdict: finding.verdict.min(self.file.strictest),
            file: finding.file,
            line: finding.line,
            message: finding.message,
            advice: finding.advice,
            help_url: finding.help_url,
            attributes: finding.attributes,
            excepted: None,
        }
    }
}

/// Where plugins lie, and who says whose they are.
struct Origin<'a> {
    base: &'a Path,
    judged_at: Timestamp,
    signatures: &'a dyn Signatures,
}

fn load(
    engine: &Engine,
    file: &PolicyFile,
    entry: &PluginEntry,
    origin: &Origin<'_>,
) -> Result<Loaded, PolicyError> {
    let read: Vec<u8>;
    let (bytes, builtin): (&[u8], bool) =
        match &entry.source {
            PluginSource::Builtin(name) => match Builtin::find(name) {
                Some(builtin) => (builtin.component(), true),
                None => {
                    let message = format!("there is no built-in plugin {name}");
                    return Err(file.error_at_line(entry.line, message).into());
                }
            },
            PluginSource::Bytes(bytes) => (bytes, false),
            PluginSource::Path(path) => {
                let path = origin.base.join(path);
                read = read_at_most(&path, entry.limits.component_bytes).map_err(|source| {
                    PolicyError::Read { plugin: entry.name.clone(), path: path.clone(), source }
                })?;
                (&read, false)
            }
        };
    let failed = |err| plugin_error(file, entry, err);
    if let Some(pinned) = &entry.sha256 {
        let found = sha256_hex(bytes);
        if *pinned != found {
            return Err(failed(PluginError::Digest { found, pinned: pinned.clone() }));
        }
    }
    let mut signer = None;
    if let Some(signature) = &entry.signature {
        let request = SignatureRequest {
            file: origin.base.join(&signature.file),
            trust: signature.trust.iter().map(|file| origin.base.join(file)).collect(),
            at: origin.judged_at,
        };
        let refused = |reason| PolicyError::Signature { plugin: entry.name.clone(), reason };
        signer = Some(origin.signatures.check(bytes, &request).map_err(refused)?);
    }
    let code =
        entry.compiled.as_ref().map(|code| compiled(engine, entry, bytes, code, origin)).transpose()?;
    let plugin =
        engine.load_with(bytes, &entry.limits, code.flatten()).map_err(|err| match (err, &entry.source) {
            (PluginError::NotCompiled, PluginSource::Path(path)) => {
                PolicyError::NotCompiled { plugin: entry.name.clone(), component: origin.base.join(path) }
            }
            (err, _) => failed(err),
        })?;
    plugin.check_config(&entry.config).map_err(failed)?;
    Ok(Loaded { plugin, config: entry.config.to_string(), builtin, signer })
}

/// The compiled code of a plugin; none where it is of no use here and this airgo
/// compiles the plugin itself.
fn compiled(
    engine: &Engine,
    entry: &PluginEntry,
    component: &[u8],
    code: &Path,
    origin: &Origin<'_>,
) -> Result<Option<Component>, PolicyError> {
    let path = origin.base.join(code);
    let (plugin, file) = (entry.name.clone(), path.display().to_string());
    let sha256 = sha256_hex(component);
    let found = CompiledFile::open(&path).and_then(|read| {
        let signed = origin.signatures.check_compiled(read.signed(), read.signature(), origin.judged_at);
        match signed {
            Ok(()) => engine.component_of(&read, &sha256).map(Ok),
            Err(reason) => Ok(Err(reason)),
        }
    });
    match found {
        Ok(Ok(component)) => Ok(Some(component)),
        Ok(Err(reason)) => Err(PolicyError::CompiledSignature { plugin, file, reason }),
        Err(err) if err.is_stale() && cfg!(feature = "compile") => Ok(None),
        Err(source) => {
            let component = match &entry.source {
                PluginSource::Path(component) => origin.base.join(component),
                _ => PathBuf::new(),
            };
            Err(PolicyError::Compiled { plugin, file, component, source })
        }
    }
}

/// An error in a config points at its line, whoever found it.
fn plugin_error(file: &PolicyFile, entry: &PluginEntry, err: PluginError) -> PolicyError {
    let disguise = Disguise::of(&entry.config);
    match disguise.error(err) {
        PluginError::Config { pointer, message } if !file.is_default() => {
            let place = if pointer.is_empty() { "config".to_owned() } else { format!("config{pointer}") };
            let mut text = format!("plugin {}: {place} {message}", entry.name);
            // The place may be a key that is an address.
            disguise.text(&mut text);
            let error = file.error_at_line_column(entry.config_place(&pointer), text);
            if message.starts_with(json_schema::UNKNOWN) { error.without_value() } else { error }.into()
        }
        source => PolicyError::Plugin { plugin: entry.name.clone(), source },
    }
}

/// An exception for a rule that does not exist lifts nothing, ever.
fn check_exceptions(file: &PolicyFile, plugins: &[Loaded]) -> Result<(), PolicyFileError> {
    for exception in &file.exceptions {
        let Some((plugin, rule)) = exception.rule.split_once('/') else { continue };
        let named = file.plugins.iter().zip(plugins).find(|(entry, _)| entry.name == plugin);
        let message = match named {
            None => {
                let names: Vec<&str> = file.plugins.iter().map(|entry| entry.name.as_str()).collect();
                format!("there is no plugin {plugin}; there is {}", names.join(", "))
            }
            Some((_, loaded)) => {
                let rules: Vec<&str> =
                    loaded.plugin.describe().rules.iter().map(|rule| rule.id.as_str()).collect();
                if rule == "*" || rules.contains(&rule) {
                    continue;
                }
                format!("plugin {plugin} has no rule {rule}; it has {}", rules.join(", "))
            }
        };
        return Err(file.error_at_line(exception.line, message));
    }
    Ok(())
}

/// What is said of a plugin that failed where nobody wrote a policy.
fn not_judged(Failed { name, err }: &Failed) -> ReportedFinding {
    let advice = err.is_over_limit().then(|| {
        "write a policy with `airgo policy init`: [plugin.limits] of an airgo.toml may give it more"
            .to_owned()
    });
    ReportedFinding {
        module: None,
        version: None,
        plugin: name.clone(),
        rule: NOT_JUDGED.to_owned(),
        verdict: Verdict::Warn,
        file: None,
        line: None,
        message: format!("plugin {name} did not judge: it {err}"),
        advice,
        help_url: None,
        attributes: Vec::new(),
        excepted: None,
    }
}

fn count(findings: &[ReportedFinding]) -> Counts {
    let mut counts = Counts::default();
    for finding in findings {
        let counter = match (&finding.excepted, finding.verdict) {
            (Some(_), _) => &mut counts.excepted,
            (None, Verdict::Allow) => &mut counts.allow,
            (None, Verdict::Warn) => &mut counts.warn,
            (None, Verdict::Deny) => &mut counts.deny,
        };
        *counter += 1;
    }
    counts
}

fn record(entry: &PluginEntry, loaded: &Loaded) -> PluginRecord {
    let description = loaded.plugin.describe();
    PluginRecord {
        name: entry.name.clone(),
        description_name: description.name.clone(),
        version: description.version.clone(),
        builtin: loaded.builtin,
        interface: loaded.plugin.scan().version.to_string(),
        sha256: loaded.plugin.sha256().to_owned(),
        config_sha256: sha256_hex(loaded.config.as_bytes()),
        signer: loaded.signer.clone(),
    }
}

fn data_record((name, sha256, date): (&str, &str, Option<Timestamp>)) -> DataRecord {
    DataRecord { name: name.to_owned(), sha256: sha256.to_owned(), date: date.map(|date| date.to_string()) }
}
