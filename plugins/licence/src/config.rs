//! The config table, and what it means. Its schema is config.schema.json.

use std::cell::Cell;
use std::collections::BTreeMap;

use airgo_plugin::select::{Entry, Match};
use airgo_plugin::{CheckError, ModuleInfo, Verdict};
use serde::Deserialize;

use crate::expression::Expression;
use crate::groups::{covers, group, is_licence};

/// The table as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    allow: Option<Vec<String>>,
    deny: Vec<String>,
    groups: BTreeMap<String, Vec<String>>,
    exceptions: Vec<WrittenException>,
    clarifications: Vec<WrittenClarification>,
    default: Verdict,
    missing: Verdict,
    unknown: Verdict,
    low_confidence: Verdict,
    further_text: Verdict,
    nested: Verdict,
    unused: Verdict,
    report: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            allow: None,
            deny: Vec::new(),
            groups: BTreeMap::new(),
            exceptions: Vec::new(),
            clarifications: Vec::new(),
            default: Verdict::Warn,
            missing: Verdict::Warn,
            unknown: Verdict::Warn,
            low_confidence: Verdict::Warn,
            further_text: Verdict::Allow,
            nested: Verdict::Allow,
            unused: Verdict::Allow,
            report: false,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenException {
    module: String,
    licences: Vec<String>,
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenClarification {
    module: String,
    expression: String,
    files: Vec<PinnedFile>,
}

/// A file that somebody has read, by its content.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedFile {
    pub path: String,
    pub sha256: String,
}

/// The table as it is meant.
pub struct Rules {
    allow: Vec<String>,
    deny: Vec<String>,
    pub exceptions: Vec<Exception>,
    pub clarifications: Vec<Clarification>,
    pub default: Verdict,
    pub missing: Verdict,
    pub unknown: Verdict,
    pub low_confidence: Verdict,
    pub further_text: Verdict,
    pub nested: Verdict,
    pub unused: Verdict,
    pub report: bool,
}

/// Licences that some modules may have, whatever the lists say.
pub struct Exception {
    pub module: Entry,
    licences: Vec<String>,
    pub used: Cell<bool>,
}

/// What a person found a module's licence to be.
pub struct Clarification {
    pub module: Entry,
    pub expression: Expression,
    pub files: Vec<PinnedFile>,
    pub used: Cell<bool>,
}

impl Config {
    pub fn asks_for_nested(&self) -> bool {
        self.nested != Verdict::Allow
    }

    pub fn rules(self) -> Result<Rules, CheckError> {
        let mut own: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (name, members) in &self.groups {
            let at = format!("/groups/{name}");
            if group(name).is_some() || is_licence(name) {
                return Err(CheckError::at(
                    at,
                    format!("{name:?} is the name of a built-in group or of a licence"),
                ));
            }
            own.insert(name, expand(members, &BTreeMap::new(), &at)?);
        }
        let default_allow = || vec!["permissive".to_owned(), "weak-copyleft".to_owned()];
        let exceptions = self.exceptions.iter().enumerate().map(|(index, written)| {
            let at = format!("/exceptions/{index}");
            let mut module = entry(&written.module, &at)?;
            module.reason = written.reason.clone();
            let licences = expand(&written.licences, &own, &format!("{at}/licences"))?;
            Ok(Exception { module, licences, used: Cell::new(false) })
        });
        let clarifications = self.clarifications.iter().enumerate().map(|(index, written)| {
            let at = format!("/clarifications/{index}");
            if written.files.is_empty() {
                return Err(CheckError::at(format!("{at}/files"), "names no file that was read"));
            }
            let expression = Expression::parse(&written.expression)
                .map_err(|message| CheckError::at(format!("{at}/expression"), message))?;
            if let Some(id) = expression.licences().into_iter().find(|id| !is_licence(id)) {
                return Err(CheckError::at(format!("{at}/expression"), no_licence(id)));
            }
            let (module, files) = (entry(&written.module, &at)?, written.files.clone());
            Ok(Clarification { module, expression, files, used: Cell::new(false) })
        });
        Ok(Rules {
            allow: expand(&self.allow.clone().unwrap_or_else(default_allow), &own, "/allow")?,
            deny: expand(&self.deny, &own, "/deny")?,
            exceptions: exceptions.collect::<Result<_, _>>()?,
            clarifications: clarifications.collect::<Result<_, _>>()?,
            default: self.default,
            missing: self.missing,
            unknown: self.unknown,
            low_confidence: self.low_confidence,
            further_text: self.further_text,
            nested: self.nested,
            unused: self.unused,
            report: self.report,
        })
    }
}

impl Rules {
    pub fn allows(&self, id: &str) -> bool {
        self.allow.iter().any(|entry| covers(entry, id))
    }

    pub fn denies(&self, id: &str) -> bool {
        self.deny.iter().any(|entry| covers(entry, id))
    }

    /// Takes the exceptions and clarifications for a module for used: what they speak
    /// of may be in files that are not there.
    pub fn spare(&self, module: &ModuleInfo) {
        self.exceptions.iter().filter(|e| meets(&e.module, module)).for_each(|e| e.used.set(true));
        self.clarifications.iter().filter(|c| meets(&c.module, module)).for_each(|c| c.used.set(true));
    }

    /// The licences that exceptions give a module.
    pub fn excepted(&self, module: &ModuleInfo, id: &str) -> bool {
        let mut any = false;
        for exception in self.exceptions.iter().filter(|e| meets(&e.module, module)) {
            if exception.licences.iter().any(|entry| covers(entry, id)) {
                exception.used.set(true);
                any = true;
            }
        }
        any
    }
}

/// Whether an entry names the code of a module.
pub fn meets(entry: &Entry, module: &ModuleInfo) -> bool {
    let (path, version) = module.code();
    entry.matches(path, version) == Match::Yes
}

fn entry(text: &str, at: &str) -> Result<Entry, CheckError> {
    Entry::parse(text).map_err(|message| CheckError::at(format!("{at}/module"), message))
}

fn expand(names: &[String], own: &BTreeMap<&str, Vec<String>>, at: &str) -> Result<Vec<String>, CheckError> {
    let mut all = Vec::new();
    for (index, name) in names.iter().enumerate() {
        if let Some(members) = own.get(name.as_str()) {
            all.extend(members.iter().cloned());
        } else if let Some(members) = group(name) {
            all.extend(members.iter().map(|id| (*id).to_owned()));
        } else if is_licence(name) {
            all.push(name.clone());
        } else {
            return Err(CheckError::at(format!("{at}/{index}"), no_licence(name)));
        }
    }
    Ok(all)
}

fn no_licence(name: &str) -> String {
    format!(
        "{name:?} is neither an SPDX id, nor LicenseRef-…, nor a group: \
         permissive, weak-copyleft, strong-copyleft, restricted, or one of groups"
    )
}
