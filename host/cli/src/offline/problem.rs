//! What `go` refuses, in go's words, and the command that fixes it.

use super::{HALF, Mask};
use crate::project::shown;
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::Platform;
use std::path::{Path, PathBuf};

/// Why go does not load a package.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// No module provides it.
    Missing,
    /// It would be one of the project's own.
    Own,
    /// It looks like one of the standard library: the directory.
    NotStandard(String),
    /// go.mod does not list the module that may provide it.
    Unlisted(ModuleVersion),
    /// What replaces this would provide it, and nothing requires it.
    Replaced(ModuleVersion),
    /// go.sum lacks the lines of zips.
    ZipSum {
        /// Those that provide the package, or would, had no other module it.
        modules: Vec<ModuleVersion>,
        /// Whether another one provides it.
        found: bool,
    },
    /// go.sum lacks the line of a go.mod file.
    GoModSum(ModuleVersion),
    /// Several modules provide it.
    Ambiguous(Vec<ModuleVersion>),
    /// It is internal elsewhere.
    Internal,
    /// A relative path.
    Relative,
    /// No import path.
    Malformed(String),
}

/// Where a package is imported.
#[derive(Clone, Debug)]
pub struct Importer {
    /// The importing package.
    pub package: String,
    /// Its module's version; empty in a main module.
    pub version: String,
    /// Whether it is the project's own.
    pub main: bool,
    /// The file, where it is on this disk.
    pub file: Option<PathBuf>,
}

/// Something that go refuses.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What.
    pub fault: Fault,
    /// The package; empty for a go.mod file.
    pub package: String,
    /// Who imports it first.
    pub importer: Option<Importer>,
    /// On which platforms, in builds and in tests.
    pub on: Mask,
}

impl Problem {
    /// The project's own files first, builds before tests.
    pub fn key(&self) -> (bool, bool, &str, &Fault) {
        let foreign = self.importer.as_ref().is_none_or(|i| !i.main);
        (foreign, self.only_tests(), &self.package, &self.fault)
    }

    fn only_tests(&self) -> bool {
        self.on != 0 && self.on & HALF == 0
    }

    /// One line or more: where, what in go's words, and what limits it.
    pub fn lines(&self, sum_file: &str, platforms: &[Platform]) -> Vec<String> {
        let place = match &self.importer {
            None => String::new(),
            Some(Importer { file: Some(file), .. }) => {
                let line = line_of(file, &self.package);
                line.map_or_else(|| format!("{}: ", shown(file)), |line| format!("{}:{line}: ", shown(file)))
            }
            Some(i) if i.version.is_empty() => format!("{}: ", i.package),
            Some(i) => format!("{} (of {}): ", i.package, i.version),
        };
        let mut lines = vec![format!("{place}{}{}", self.words(), self.limits(platforms))];
        let lacks = |m: &ModuleVersion, suffix: &str| {
            format!("{sum_file} lacks: {} {}{suffix} h1:…", m.path, m.version)
        };
        match &self.fault {
            Fault::ZipSum { modules, .. } => lines.extend(modules.iter().map(|m| lacks(m, ""))),
            Fault::GoModSum(module) => lines.push(lacks(module, "/go.mod")),
            _ => {}
        }
        lines
    }

    /// What go says.
    pub fn words(&self) -> String {
        let package = &self.package;
        match &self.fault {
            Fault::Missing | Fault::Own => format!("no required module provides package {package}"),
            Fault::NotStandard(dir) => format!("package {package} is not in std ({dir})"),
            Fault::Unlisted(module) => match &self.importer {
                Some(i) if i.main => {
                    format!(
                        "package {} imports {package} from implicitly required module {module}",
                        i.package
                    )
                }
                _ => {
                    format!("updates to go.mod needed: it does not list {module}, which {package} may be in")
                }
            },
            Fault::Replaced(old) => {
                format!("module {} provides package {package} and is replaced but not required", old.path)
            }
            Fault::ZipSum { found: true, .. } => {
                format!(
                    "missing go.sum entry needed to verify package {package} is provided by exactly one module"
                )
            }
            Fault::ZipSum { .. } => format!("missing go.sum entry for module providing package {package}"),
            Fault::GoModSum(module) => format!("{module}: missing go.sum entry for go.mod file"),
            Fault::Ambiguous(modules) => {
                let names: Vec<_> = modules.iter().map(|m| format!("{} {}", m.path, m.version)).collect();
                format!(
                    "ambiguous import: found package {package} in multiple modules: {}",
                    names.join(", ").replace(" ,", ",").trim_end()
                )
            }
            Fault::Internal => format!("use of internal package {package} not allowed"),
            Fault::Relative => format!(
                "\"{package}\" is relative, but relative import paths are not supported in module mode"
            ),
            Fault::Malformed(why) => why.clone(),
        }
    }

    /// The command that fixes it.
    pub fn command(&self) -> Option<String> {
        let package = &self.package;
        Some(match &self.fault {
            Fault::Missing => format!("go get {package}"),
            Fault::Replaced(old) if old.version.is_empty() => format!("go get {}", old.path),
            Fault::Replaced(old) => format!("go get {old}"),
            Fault::Unlisted(module) if self.importer.as_ref().is_some_and(|i| i.main) => {
                format!("go get {module}")
            }
            Fault::Unlisted(_) => "go mod tidy".to_owned(),
            Fault::ZipSum { modules, .. } => {
                let names: Vec<_> = modules.iter().map(ToString::to_string).collect();
                format!("go mod download {}", names.join(" "))
            }
            Fault::GoModSum(module) => format!("go mod download {module}"),
            Fault::Ambiguous(_) => return None,
            Fault::Own | Fault::NotStandard(_) | Fault::Internal | Fault::Relative | Fault::Malformed(_) => {
                return None;
            }
        })
    }

    fn limits(&self, platforms: &[Platform]) -> String {
        let on = (self.on | self.on >> 64) & HALF;
        let names: Vec<_> = platforms
            .iter()
            .enumerate()
            .filter(|(n, _)| on >> n & 1 == 1)
            .map(|(_, p)| p.to_string())
            .collect();
        let tests = self.only_tests().then(|| "tests only".to_owned());
        let some = (on != 0 && names.len() < platforms.len()).then(|| format!("on {}", names.join(", ")));
        let limits: Vec<_> = tests.into_iter().chain(some).collect();
        if limits.is_empty() { String::new() } else { format!(" ({})", limits.join(", ")) }
    }
}

/// The line that imports a package, from 1.
fn line_of(file: &Path, package: &str) -> Option<usize> {
    let text = std::fs::read(file).ok()?;
    let text = String::from_utf8_lossy(&text);
    let (quoted, raw) = (format!("\"{package}\""), format!("`{package}`"));
    text.lines().position(|line| line.contains(&quoted) || line.contains(&raw)).map(|at| at + 1)
}
