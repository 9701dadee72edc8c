//! Exceptions lift single findings: by rule and module, with a reason, until a
//! date.

use airgo_gomod::module::match_prefix_patterns;
use jiff::Timestamp;

use crate::airgo_toml::Exception;
use crate::report::{ExceptionRecord, ExceptionState};
use crate::{ModuleInfo, ReportedFinding};

/// The exceptions of a policy file, and how often each was of use.
pub struct Exceptions<'a> {
    entries: Vec<(&'a Exception, bool, usize)>,
}

impl<'a> Exceptions<'a> {
    /// All exceptions; one that expired by `judged_at` lifts nothing.
    pub fn new(entries: &'a [Exception], judged_at: Timestamp) -> Self {
        let expired = |e: &Exception| e.expires.is_some_and(|expires| expires <= judged_at);
        Exceptions { entries: entries.iter().map(|e| (e, expired(e), 0)).collect() }
    }

    /// Whether a finding is lifted, and by which reason. The first exception
    /// that applies counts.
    pub fn lift(&mut self, finding: &ReportedFinding, module: Option<&ModuleInfo>) -> Option<String> {
        let (exception, _, uses) = self
            .entries
            .iter_mut()
            .filter(|(_, expired, _)| !expired)
            .find(|(exception, _, _)| applies(exception, finding, module))?;
        *uses += 1;
        Some(exception.reason.clone())
    }

    /// What became of each, in the order of the file.
    pub fn records(self) -> Vec<ExceptionRecord> {
        let record = |(exception, expired, lifted): (&Exception, bool, usize)| ExceptionRecord {
            rule: exception.rule.clone(),
            module: exception.module.clone(),
            reason: exception.reason.clone(),
            expires: exception.expires.map(|at| at.to_string()),
            state: match (expired, lifted) {
                (true, _) => ExceptionState::Expired,
                (false, 0) => ExceptionState::Unused,
                (false, _) => ExceptionState::Used,
            },
            lifted,
            line: exception.line,
        };
        self.entries.into_iter().map(record).collect()
    }
}

fn applies(exception: &Exception, finding: &ReportedFinding, module: Option<&ModuleInfo>) -> bool {
    let rule = match exception.rule.split_once('/') {
        Some((plugin, "*")) => finding.plugin == plugin,
        Some((plugin, rule)) => finding.plugin == plugin && finding.rule == rule,
        None => false,
    };
    let module = match (&exception.module, module) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(pattern), Some(module)) => {
            let (pattern, version) = match pattern.split_once('@') {
                Some((pattern, version)) => (pattern, Some(version)),
                None => (pattern.as_str(), None),
            };
            let named = match pattern.strip_prefix('=') {
                Some(path) => path == module.path,
                None => match_prefix_patterns(pattern, &module.path),
            };
            named && version.is_none_or(|version| version == module.version)
        }
    };
    rule && module
}
