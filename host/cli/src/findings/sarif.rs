//! Findings as SARIF 2.1.0 (OASIS), for code scanning.

use super::{Findings, module, weight};
use crate::escape::foreign;
use airgo_policy::{ReportedFinding, Verdict};
use serde_json::{Value, json};
use serde_sarif::sarif::Sarif;
use std::collections::BTreeMap;

/// One run; a rule for each `<plugin>/<rule>` with a finding. The library's
/// types, made from SARIF's schema, refuse what is not SARIF.
pub fn render(findings: &Findings<'_>) -> Result<String, serde_json::Error> {
    let mut rules: BTreeMap<String, &ReportedFinding> = BTreeMap::new();
    for finding in &findings.report.findings {
        rules.entry(finding.code()).or_insert(finding);
    }
    let index: BTreeMap<&str, usize> =
        rules.keys().enumerate().map(|(at, code)| (code.as_str(), at)).collect();
    let results: Vec<Value> = findings
        .report
        .findings
        .iter()
        .map(|f| result(findings, f, index.get(f.code().as_str()).copied()))
        .collect();
    let rules: Vec<Value> = rules.iter().map(|(code, finding)| rule(code, finding)).collect();
    let document = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "airgo",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    });
    let checked: Sarif = serde_json::from_value(document)?;
    let mut text = serde_json::to_string_pretty(&checked)?;
    text.push('\n');
    Ok(text)
}

fn rule(code: &str, finding: &ReportedFinding) -> Value {
    let mut rule = json!({ "id": code, "name": finding.rule });
    if let Some(url) = finding.help_url.as_ref().filter(|url| url.starts_with("https://")) {
        rule["helpUri"] = json!(foreign(url));
    }
    rule
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
    let mut result = json!({
        "ruleId": finding.code(),
        "level": level,
        "message": { "text": text },
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": "go.mod" }, "region": { "startLine": 1 } },
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
    if let Some(chain) = findings.chain(finding) {
        result["properties"] = json!({ "chain": chain });
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
        let sarif: Value = serde_json::from_str(&render(&findings(&report)).unwrap()).unwrap();
        let results = &sarif["runs"][0]["results"];
        assert_eq!(results[0]["level"], "error");
        assert_eq!(results[0]["ruleId"], sarif["runs"][0]["tool"]["driver"]["rules"][0]["id"]);
        assert_eq!(results[0]["properties"]["chain"][1], "example.com/a@v1.0.0");
        assert_eq!(results[1]["level"], "note");
        assert_eq!(results[1]["suppressions"][0]["justification"], "agreed");
    }
}
