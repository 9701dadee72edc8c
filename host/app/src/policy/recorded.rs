//! The verdict that a trusted signer recorded in a bundle, in place of evaluating
//! again where there is no policy file.
//!
//! To evaluate is to read every source in the bundle, which takes as long as to
//! unpack it, and defaults refuse nothing. So what they found when the bundle
//! was packed is believed, if a signer whose signature is accepted says so, and if
//! it was the same evaluation: the same built-in plugins with the same configs,
//! by their digests, and nothing besides.

use airgo_bundle::SignedBundle;
use airgo_bundle::keys::KeyId;
use airgo_bundle::predicate::{FindingRecord, PolicyVerdict, Ruling, VerdictCounts};
use airgo_policy::{BUILTINS, Builtin, Counts, PluginRecord, Report, ReportedFinding, Verdict};

/// A verdict that was recorded, and who says so.
pub struct Recorded {
    /// As if it had been evaluated here.
    pub report: Report,
    /// The key that signed it.
    pub by: KeyId,
}

/// The newest recorded verdict of the very plugins and configs that would be run
/// here where there is no policy file.
///
/// # Errors
/// Why none is accepted, which `-v` shows.
pub fn find(bundle: &SignedBundle) -> Result<Recorded, String> {
    let stated = bundle.signers().trusted_statements::<PolicyVerdict>().map_err(|e| e.to_string())?;
    newest(stated)
}

fn newest(stated: Vec<(KeyId, PolicyVerdict)>) -> Result<Recorded, String> {
    if stated.iter().any(|(_, verdict)| verdict.verdict == Ruling::Deny) {
        return Err("the bundle's recorded verdict is a refusal".to_owned());
    }
    let mut why = "no trusted signer recorded a verdict".to_owned();
    let mut fit = Vec::new();
    for (by, verdict) in stated {
        match report(&verdict) {
            Ok(report) => fit.push(Recorded { report, by }),
            Err(reason) => why = format!("the verdict that {by} recorded is not accepted: {reason}"),
        }
    }
    // Times are canonical, all in UTC; yet one may have more digits.
    let time = |recorded: &Recorded| recorded.report.judged_at.parse::<jiff::Timestamp>().ok();
    fit.into_iter().max_by_key(time).ok_or(why)
}

/// The report that a verdict records, if it is of the defaults.
fn report(verdict: &PolicyVerdict) -> Result<Report, String> {
    if verdict.policy_sha256.is_some() || !verdict.data.is_empty() || !verdict.exceptions.is_empty() {
        return Err("it is of a policy file".to_owned());
    }
    let plugins = BUILTINS.iter().map(|builtin| plugin(verdict, builtin)).collect::<Result<Vec<_>, _>>()?;
    if verdict.plugins.len() != plugins.len() {
        return Err("other plugins were run too".to_owned());
    }
    let findings: Vec<ReportedFinding> = verdict.findings.iter().map(finding).collect();
    let of = |wanted| findings.iter().filter(|f| f.excepted.is_none() && f.verdict == wanted).count();
    let [allow, warn, deny] = [Verdict::Allow, Verdict::Warn, Verdict::Deny].map(of);
    let strictest = findings.iter().map(|f| f.verdict).max().unwrap_or(Verdict::Allow);
    let excepted = findings.len() - allow - warn - deny;
    let counts = Counts { allow, warn, deny, excepted };
    if deny > 0 || excepted > 0 {
        return Err("defaults refuse and except nothing".to_owned());
    }
    if stated(counts) != verdict.counts || ruling(verdict.verdict) != strictest {
        return Err("it does not agree with its own findings".to_owned());
    }
    Ok(Report {
        judged_at: verdict.judged_at.clone(),
        verdict: strictest,
        counts,
        plugins,
        data: Vec::new(),
        findings,
        exceptions: Vec::new(),
    })
}

/// The record of a built-in plugin that was run as it would be here.
fn plugin(verdict: &PolicyVerdict, builtin: &Builtin) -> Result<PluginRecord, String> {
    let name = builtin.name;
    let of_name = verdict.plugins.iter().find(|plugin| plugin.name == name);
    let plugin = of_name.ok_or_else(|| format!("plugin {name} was not run"))?;
    if !plugin.builtin || plugin.sha256 != builtin.sha256() {
        return Err(format!("it was another plugin {name} that was run"));
    }
    if plugin.config_sha256 != builtin.config_sha256_without_file() {
        return Err(format!("plugin {name} was run with another config"));
    }
    Ok(PluginRecord {
        name: plugin.name.clone(),
        description_name: plugin.description_name.clone(),
        version: plugin.version.clone(),
        builtin: plugin.builtin,
        interface: plugin.interface.clone(),
        sha256: plugin.sha256.clone(),
        config_sha256: plugin.config_sha256.clone(),
        // What comes with airgo needs no signature.
        signer: None,
    })
}

fn stated(counts: Counts) -> VerdictCounts {
    let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    VerdictCounts {
        allow: number(counts.allow),
        deny: number(counts.deny),
        excepted: number(counts.excepted),
        warn: number(counts.warn),
    }
}

fn ruling(ruling: Ruling) -> Verdict {
    match ruling {
        Ruling::Allow => Verdict::Allow,
        Ruling::Warn => Verdict::Warn,
        Ruling::Deny => Verdict::Deny,
    }
}

fn finding(finding: &FindingRecord) -> ReportedFinding {
    let FindingRecord {
        advice,
        attributes,
        excepted,
        file,
        help_url,
        line,
        message,
        module,
        plugin,
        rule,
        verdict,
        version,
    } = finding.clone();
    let verdict = ruling(verdict);
    ReportedFinding {
        module,
        version,
        plugin,
        rule,
        verdict,
        file,
        line,
        message,
        advice,
        help_url,
        attributes,
        excepted,
    }
}
