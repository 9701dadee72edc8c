//! Findings that people read as one: of one rule about one thing.
//!
//! A plugin says which belong together, and what helps against all of them, in
//! attributes: `group`, the thing's name; `group-advice`; `id`, by which the
//! matter of a finding is known; `fixed`, the version that has its fix. Findings
//! of one rule about one module are one group in any case.

use super::Finding;
use airgo_model::Line;
use airgo_policy::Verdict;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// How many ids, or messages, a line names.
const NAMED: usize = 4;

/// At least one finding, all of one rule and one weight.
pub struct Group<'a> {
    first: Finding<'a>,
    more: Vec<Finding<'a>>,
}

/// The groups, refusals first, then warnings; else in the order of the findings.
pub fn groups<'a>(findings: impl IntoIterator<Item = Finding<'a>>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut known: HashMap<_, usize> = HashMap::new();
    for finding in findings {
        let thing = finding.module().or_else(|| finding.attribute("group").map(Line::from));
        let Some(thing) = thing else {
            groups.push(Group { first: finding, more: Vec::new() });
            continue;
        };
        match known.entry((thing, finding.code(), finding.raw().verdict, finding.excepted())) {
            Entry::Occupied(at) => groups[*at.get()].more.push(finding),
            Entry::Vacant(at) => {
                at.insert(groups.len());
                groups.push(Group { first: finding, more: Vec::new() });
            }
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.weight()));
    groups
}

impl<'a> Group<'a> {
    /// The first of them.
    pub fn first(&self) -> Finding<'a> {
        self.first
    }

    /// All of them.
    pub fn findings(&self) -> impl Iterator<Item = Finding<'a>> {
        std::iter::once(self.first).chain(self.more.iter().copied())
    }

    /// How many they are.
    pub fn size(&self) -> usize {
        1 + self.more.len()
    }

    /// What they come to.
    pub fn weight(&self) -> Verdict {
        self.first.weight()
    }

    /// What they are about, where that is not a module.
    pub fn title(&self) -> Option<Line> {
        self.first.attribute("group").filter(|_| self.first.raw().module.is_none()).map(Line::from)
    }

    /// What helps against all of them.
    pub fn advice(&self) -> Option<Line> {
        let same = |of: fn(Finding<'a>) -> Option<&'a str>| {
            let first = of(self.first)?;
            self.findings().all(|finding| of(finding) == Some(first)).then(|| first.into())
        };
        match self.more.is_empty() {
            true => self.first.advice(),
            false => same(|f| f.attribute("group-advice")).or_else(|| same(|f| f.raw().advice.as_deref())),
        }
    }

    /// What a line says of them: the message, or how many and which.
    pub fn named(&self) -> Line {
        if self.more.is_empty() {
            return self.first.message();
        }
        let ids = self.findings().all(|finding| finding.attribute("id").is_some());
        let name = |finding: Finding<'a>| {
            finding.attribute("id").filter(|_| ids).unwrap_or(finding.raw().message.as_str())
        };
        let (separator, named) = if ids { (", ", NAMED) } else { ("; ", 1) };
        let names: Vec<&str> = self.findings().take(named).map(name).collect();
        let more = match self.size() - names.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{} findings: {}{more}", self.size(), names.join(separator)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::finding;
    use super::*;
    use airgo_policy::ReportedFinding;

    fn with(finding: ReportedFinding, attributes: &[(&str, &str)]) -> ReportedFinding {
        let attributes = attributes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        ReportedFinding { attributes, ..finding }
    }

    fn own_text(finding: &ReportedFinding) -> String {
        Finding::from(finding).own_text().to_string()
    }

    fn shown(findings: &[ReportedFinding]) -> Vec<String> {
        let line = |group: Group<'_>| {
            let thing = group.first().module().or(group.title()).unwrap_or_default();
            let advice = group.advice().unwrap_or("-".into());
            format!("{:?} {thing}: {} ({advice})", group.weight(), group.named())
        };
        groups(findings.iter().map(Finding::from)).into_iter().map(line).collect()
    }

    #[test]
    fn refusals_come_first_and_a_module_is_one_line() {
        let id = |module, verdict, id: &str, fixed| {
            let message = format!("is affected by {id}: x");
            with(finding(module, verdict, &message), &[("id", id), ("fixed", fixed), ("group-advice", "all")])
        };
        let warned = finding("example.com/c", Verdict::Warn, "old");
        let findings = [
            finding("example.com/a", Verdict::Warn, "old"),
            id("example.com/b", Verdict::Deny, "GO-1", "v1.1.0"),
            id("example.com/b", Verdict::Deny, "GO-2", "v1.2.0"),
            ReportedFinding { excepted: Some("fine".into()), ..finding("example.com/b", Verdict::Deny, "z") },
            warned.clone(),
            ReportedFinding { advice: Some("another".into()), message: "older".into(), ..warned },
        ];
        assert_eq!(
            shown(&findings),
            [
                "Deny example.com/b@v1.0.0: 2 findings: GO-1, GO-2 (all)",
                "Warn example.com/a@v1.0.0: old (ask for another)",
                "Warn example.com/c@v1.0.0: 2 findings: old and 1 more (-)",
                "Allow example.com/b@v1.0.0: z (ask for another)",
            ]
        );
        assert_eq!(own_text(&findings[2]), "GO-2: x (fixed in v1.2.0)");
        assert_eq!(own_text(&findings[0]), "old");
        let of_go = with(findings[2].clone(), &[("id", "GO-2"), ("fixed", "v1.26.1"), ("go", "go1.26.0")]);
        assert_eq!(own_text(&of_go), "GO-2: x (fixed in go1.26.1)");
    }

    #[test]
    fn of_no_module_the_plugin_says_what_belongs_together() {
        let whole = |id: &str, group| {
            let none = ReportedFinding {
                module: None,
                version: None,
                ..finding("", Verdict::Warn, &format!("go1.2 is affected by {id}"))
            };
            with(none, &[("id", id), ("group", group), ("group-advice", "build with go1.3")])
        };
        let mut findings: Vec<_> = (0..9).map(|n| whole(&format!("GO-{n}"), "go1.2")).collect();
        findings.push(whole("GO-1", "go1.4"));
        findings.push(ReportedFinding { attributes: Vec::new(), ..whole("x", "") });
        findings.push(ReportedFinding { attributes: Vec::new(), ..whole("x", "") });
        assert_eq!(
            shown(&findings),
            [
                "Warn go1.2: 9 findings: GO-0, GO-1, GO-2, GO-3 and 5 more (build with go1.3)",
                "Warn go1.4: go1.2 is affected by GO-1 (ask for another)",
                "Warn : go1.2 is affected by x (ask for another)",
                "Warn : go1.2 is affected by x (ask for another)",
            ]
        );
    }
}
