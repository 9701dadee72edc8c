//! Findings as SARIF 2.1.0 (OASIS), for code scanning.

use super::{Finding, Findings};
use airgo_app::reasons::By;
use airgo_model::Line;
use airgo_policy::{Rule, Verdict};
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
        let mut rules: BTreeMap<String, Finding<'_>> = BTreeMap::new();
        for finding in Finding::of(findings.report) {
            rules.entry(finding.raw().code()).or_insert(finding);
        }
        let tool = json!({ "driver": {
            "name": "airgo",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": rules
                .iter()
                .map(|(code, finding)| rule(code, *finding, findings.rules.get(code)))
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
        for finding in Finding::of(self.findings.report) {
            let rule = self.rules.binary_search(&finding.raw().code().as_str()).ok();
            let result: sarif::Result =
                serde_json::from_value(result(self.findings, finding, rule)).map_err(S::Error::custom)?;
            results.serialize_element(&result)?;
        }
        results.end()
    }
}

/// What a viewer shows beside a result: the plugin's own words about its rule.
fn rule(code: &str, finding: Finding<'_>, described: Option<&Rule>) -> Value {
    let mut rule = json!({ "id": code, "name": finding.raw().rule });
    let url = described.and_then(|rule| rule.help_url.as_ref().map(Line::from)).or(finding.help_url());
    if let Some(url) = url.filter(|url| url.raw().starts_with("https://")) {
        rule["helpUri"] = json!(url.to_string());
    }
    let summary: Line = match described {
        Some(rule) => (&rule.summary).into(),
        None => format!("{}: {}", finding.plugin(), finding.rule()).into(),
    };
    let summary = summary.to_string();
    rule["shortDescription"] = json!({ "text": summary });
    let description = described.map(|rule| lines(&rule.description)).filter(|text| !text.is_empty());
    let description = description.unwrap_or(summary);
    rule["fullDescription"] = json!({ "text": description });
    rule["help"] = json!({ "text": description, "markdown": description });
    rule
}

/// Untrusted text of several lines, which stay lines.
fn lines(text: &str) -> String {
    text.trim().lines().map(|line| Line::from(line).to_string()).collect::<Vec<_>>().join("\n")
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

fn result(findings: &Findings<'_>, finding: Finding<'_>, rule: Option<usize>) -> Value {
    let level = match finding.weight() {
        Verdict::Deny => "error",
        Verdict::Warn => "warning",
        Verdict::Allow => "note",
    };
    let subject = findings.subject(finding);
    let advice = finding.advice().map(|advice| format!(" ({advice})")).unwrap_or_default();
    let text = format!("{subject}: {}{advice}", finding.message());
    // A viewer shows what is in the repository: go.mod, which brought the module.
    // Where in the module is a logical place.
    let name = finding.place().map_or(subject.to_string(), |place| format!("{subject}/{place}"));
    let required = findings.place(finding);
    let file = required.as_ref().map_or("go.mod", |place| place.file.raw());
    let mut physical = json!({ "artifactLocation": { "uri": uri(file) } });
    if let Some(line) = required.and_then(|place| place.line) {
        physical["region"] = json!({ "startLine": line });
    }
    let mut result = json!({
        "ruleId": finding.raw().code(),
        "level": level,
        "message": { "text": text },
        "locations": [{
            "physicalLocation": physical,
            "logicalLocations": [{ "fullyQualifiedName": name, "kind": "module" }],
        }],
        // Stable from version to version of the module, as `--baseline` is.
        "partialFingerprints": {
            "airgo/v1": fingerprint(finding),
        },
    });
    if let Some(at) = rule {
        result["ruleIndex"] = json!(at);
    }
    if let Some(reason) = finding.excepted() {
        let reason = reason.to_string();
        result["suppressions"] = json!([{ "kind": "external", "justification": reason }]);
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

fn fingerprint(finding: Finding<'_>) -> String {
    let finding = finding.raw();
    let module = finding.module.as_deref().unwrap_or_default();
    let file = finding.file.as_deref().unwrap_or_default();
    let text = [finding.code().as_str(), module, file, &finding.message].join("\0");
    airgo_bundle::Sha256::of(text.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{finding, findings, report};
    use super::*;
    use airgo_policy::ReportedFinding;

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
