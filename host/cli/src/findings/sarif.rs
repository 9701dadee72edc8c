//! Findings as SARIF 2.1.0 (OASIS), for code scanning.

use super::{Findings, module, weight};
use airgo_app::reasons::By;
use airgo_model::escape::foreign;
use airgo_policy::{ReportedFinding, Rule, Verdict};
use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use serde_sarif::sarif;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The document: one run; a rule for each `<plugin>/<rule>` with a finding. The
/// library's types, made from SARIF's schema, refuse what is not SARIF; each
/// result goes through them by itself, as it is written.
pub struct Sarif<'a>(pub &'a Findings<'a>);

impl Serialize for Sarif<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let findings = self.0;
        let mut rules: BTreeMap<String, &ReportedFinding> = BTreeMap::new();
        for finding in &findings.report.findings {
            rules.entry(finding.code()).or_insert(finding);
        }
        let tool = json!({ "driver": {
            "name": "airgo",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": rules
                .iter()
                .map(|(code, finding)| rule(code, finding, findings.rules.get(code)))
                .collect::<Vec<_>>(),
        }});
        let tool = serde_json::from_value(tool).map_err(S::Error::custom)?;
        Log {
            schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            runs: [Run {
                column_kind: "utf16CodeUnits",
                results: Results { findings, rules: rules.keys().map(String::as_str).collect() },
                tool,
            }],
            version: "2.1.0",
        }
        .serialize(serializer)
    }
}

/// `sarif::Sarif`, less what airgo leaves out.
#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    runs: [Run<'a>; 1],
    version: &'static str,
}

/// `sarif::Run`, its results still to be made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    column_kind: &'static str,
    results: Results<'a>,
    tool: sarif::Tool,
}

struct Results<'a> {
    findings: &'a Findings<'a>,
    /// Sorted; a result names its rule by the place too.
    rules: Vec<&'a str>,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = &self.findings.report.findings;
        let mut results = serializer.serialize_seq(Some(all.len()))?;
        for finding in all {
            let rule = self.rules.binary_search(&finding.code().as_str()).ok();
            let result: sarif::Result =
                serde_json::from_value(result(self.findings, finding, rule)).map_err(S::Error::custom)?;
            results.serialize_element(&result)?;
        }
        results.end()
    }
}

/// What a viewer shows beside a result: the plugin's own words about its rule.
fn rule(code: &str, finding: &ReportedFinding, said: Option<&Rule>) -> Value {
    let mut rule = json!({ "id": code, "name": finding.rule });
    let url = said.and_then(|said| said.help_url.as_ref()).or(finding.help_url.as_ref());
    if let Some(url) = url.filter(|url| url.starts_with("https://")) {
        rule["helpUri"] = json!(foreign(url));
    }
    let summary = said.map_or_else(|| format!("{}: {}", finding.plugin, finding.rule), |r| r.summary.clone());
    rule["shortDescription"] = json!({ "text": foreign(&summary) });
    let description = said.map(|said| lines(&said.description)).filter(|text| !text.is_empty());
    let description = description.unwrap_or_else(|| foreign(&summary).into_owned());
    rule["fullDescription"] = json!({ "text": description });
    rule["help"] = json!({ "text": description, "markdown": description });
    rule
}

/// Untrusted text of several lines, which stay lines.
fn lines(text: &str) -> String {
    text.trim().lines().map(|line| foreign(line).into_owned()).collect::<Vec<_>>().join("\n")
}

/// A relative reference (RFC 3986): anything but unreserved bytes and `/` is
/// percent-encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte.into())
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

fn result(findings: &Findings<'_>, finding: &ReportedFinding, rule: Option<usize>) -> Value {
    let level = match weight(finding) {
        Verdict::Deny => "error",
        Verdict::Warn => "warning",
        Verdict::Allow => "note",
    };
    let subject = module(finding).unwrap_or_else(|| findings.subject.to_owned());
    let mut text = format!("{}: {}", foreign(&subject), foreign(&finding.message));
    if let Some(advice) = &finding.advice {
        text = format!("{text} ({})", foreign(advice));
    }
    // A viewer shows what lies in the repository: it was go.mod that brought
    // the module. Where in the module stands as a logical place.
    let place = finding.file.as_ref().map(|file| match finding.line {
        Some(line) => format!("{subject}/{file}:{line}"),
        None => format!("{subject}/{file}"),
    });
    let name = place.unwrap_or_else(|| subject.clone());
    let required = findings.place(finding);
    let file = required.as_ref().map_or("go.mod", |place| place.file.as_str());
    let mut physical = json!({ "artifactLocation": { "uri": uri(file) } });
    if let Some(line) = required.and_then(|place| place.line) {
        physical["region"] = json!({ "startLine": line });
    }
    let mut result = json!({
        "ruleId": finding.code(),
        "level": level,
        "message": { "text": text },
        "locations": [{
            "physicalLocation": physical,
            "logicalLocations": [{ "fullyQualifiedName": foreign(&name), "kind": "module" }],
        }],
        // Stable from version to version of the module, as `--baseline` is.
        "partialFingerprints": {
            "airgo/v1": fingerprint(finding),
        },
    });
    if let Some(at) = rule {
        result["ruleIndex"] = json!(at);
    }
    if let Some(reason) = &finding.excepted {
        result["suppressions"] = json!([{ "kind": "external", "justification": foreign(reason) }]);
    }
    if let Some(reason) = findings.reason(finding) {
        let by = match reason.by {
            By::Imports => "imports",
            By::Requirements => "requirements",
        };
        result["properties"] = json!({ "chain": reason.steps, "chainBy": by });
    }
    result
}

fn fingerprint(finding: &ReportedFinding) -> String {
    let module = finding.module.as_deref().unwrap_or_default();
    let file = finding.file.as_deref().unwrap_or_default();
    let text = [finding.code().as_str(), module, file, &finding.message].join("\0");
    airgo_bundle::Sha256::of(text.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{finding, findings, report};
    use super::*;

    #[test]
    fn findings_are_results_and_exceptions_suppressions() {
        let lifted = ReportedFinding {
            excepted: Some("agreed".into()),
            ..finding("example.com/b", Verdict::Deny, "AGPL-3.0")
        };
        let report = report(vec![finding("example.com/a", Verdict::Deny, "AGPL-3.0"), lifted]);
        let sarif: Value = serde_json::to_value(Sarif(&findings(&report))).unwrap();
        let results = &sarif["runs"][0]["results"];
        assert_eq!(results[0]["level"], "error");
        assert_eq!(results[0]["ruleId"], sarif["runs"][0]["tool"]["driver"]["rules"][0]["id"]);
        assert_eq!(results[0]["properties"]["chain"][1], "example.com/a@v1.0.0");
        assert_eq!(results[1]["level"], "note");
        assert_eq!(results[1]["suppressions"][0]["justification"], "agreed");
    }
}
