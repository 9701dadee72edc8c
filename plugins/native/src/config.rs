//! The config table, and what it means. Its schema is config.schema.json.

use std::cell::Cell;

use airgo_plugin::select::{Entry, Match};
use airgo_plugin::{CheckError, ModuleInfo, Verdict};
use serde::Deserialize;

use crate::feature::Feature;
use crate::scan::Depth;

/// The table as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Config {
    cgo: Verdict,
    assembly: Verdict,
    linkname: Verdict,
    r#unsafe: Verdict,
    syscall: Verdict,
    exec: Verdict,
    plugin: Verdict,
    binary: Verdict,
    archive: Verdict,
    generate: Verdict,
    unused: Verdict,
    tests: bool,
    level: Level,
    built: bool,
    tags: Vec<String>,
    allow: Vec<WrittenAllowance>,
}

/// Which files count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// All of a module's, for whatever platform they are.
    Module,
    /// Those that the builds of the bundle have.
    Package,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            cgo: Verdict::Warn,
            assembly: Verdict::Allow,
            linkname: Verdict::Allow,
            r#unsafe: Verdict::Allow,
            syscall: Verdict::Allow,
            exec: Verdict::Allow,
            plugin: Verdict::Warn,
            binary: Verdict::Warn,
            archive: Verdict::Warn,
            generate: Verdict::Allow,
            unused: Verdict::Allow,
            tests: false,
            level: Level::Package,
            built: false,
            tags: Vec::new(),
            allow: Vec::new(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAllowance {
    module: String,
    features: Vec<String>,
    #[allow(dead_code)] // for whoever reads the policy
    reason: Option<String>,
}

/// The table as it is meant.
pub struct Rules {
    verdicts: Vec<(Feature, Verdict)>,
    pub level: Level,
    /// Look at test files and testdata too.
    pub tests: bool,
    /// At level module: say of each finding whether the builds of the bundle have it.
    pub built: bool,
    /// Build tags, beside those of the packing.
    pub tags: Vec<String>,
    pub unused: Verdict,
    pub allow: Vec<Allowance>,
}

/// What some modules may hold.
pub struct Allowance {
    pub module: Entry,
    features: Vec<Feature>,
    pub used: Cell<bool>,
}

impl Config {
    /// What has to be looked at for these rules.
    pub fn depth(&self) -> Depth {
        let directives = self.linkname != Verdict::Allow || self.generate != Verdict::Allow;
        Depth { tests: self.tests, directives }
    }

    pub fn rules(self) -> Result<Rules, CheckError> {
        let verdicts = vec![
            (Feature::Cgo, self.cgo),
            (Feature::Assembly, self.assembly),
            (Feature::Linkname, self.linkname),
            (Feature::Unsafe, self.r#unsafe),
            (Feature::Syscall, self.syscall),
            (Feature::Exec, self.exec),
            (Feature::Plugin, self.plugin),
            (Feature::Binary, self.binary),
            (Feature::Archive, self.archive),
            (Feature::Generate, self.generate),
        ];
        let allow = self.allow.into_iter().enumerate().map(|(index, written)| {
            let module = Entry::parse(&written.module);
            let module =
                module.map_err(|message| CheckError::at(format!("/allow/{index}/module"), message))?;
            let features = written.features.iter().enumerate().map(|(position, name)| {
                let at = || format!("/allow/{index}/features/{position}");
                Feature::parse(name)
                    .ok_or_else(|| CheckError::at(at(), format!("{name:?} is no rule of this plugin")))
            });
            Ok(Allowance { module, features: features.collect::<Result<_, _>>()?, used: Cell::new(false) })
        });
        Ok(Rules {
            verdicts,
            level: self.level,
            tests: self.tests,
            built: self.built,
            tags: self.tags,
            unused: self.unused,
            allow: allow.collect::<Result<_, _>>()?,
        })
    }
}

impl Rules {
    pub fn verdict(&self, feature: Feature) -> Verdict {
        self.verdicts.iter().find(|(own, _)| *own == feature).map_or(Verdict::Deny, |(_, verdict)| *verdict)
    }

    /// Whether anybody asked.
    pub fn wants(&self, feature: Feature) -> bool {
        self.verdict(feature) != Verdict::Allow
    }

    /// Takes the allowances for a module for used: what they allow may be in files
    /// that are not there.
    pub fn spare(&self, module: &ModuleInfo) {
        let (path, version) = module.code();
        let own = self.allow.iter().filter(|a| a.module.matches(path, version) == Match::Yes);
        own.for_each(|allowance| allowance.used.set(true));
    }

    /// Whether a module may hold it.
    pub fn allows(&self, module: &ModuleInfo, feature: Feature) -> bool {
        let (path, version) = module.code();
        let mut any = false;
        for allowance in self.allow.iter().filter(|a| a.features.contains(&feature)) {
            if allowance.module.matches(path, version) == Match::Yes {
                allowance.used.set(true);
                any = true;
            }
        }
        any
    }
}
