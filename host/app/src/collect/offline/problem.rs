//! What `go` refuses, in go's words, and the command that fixes it.

use crate::paths::shown;
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::Platform;
use airgo_resolve::packages::{Fault, Importer, Problem};
use std::path::Path;

/// A problem as it is reported.
pub struct Described<'a> {
    pub problem: &'a Problem,
    /// GOROOT/src, where it is known.
    pub standard: Option<&'a Path>,
}

impl Described<'_> {
    /// One line or more: where, what in go's words, and what limits it.
    pub fn lines(&self, sum_file: &str, platforms: &[Platform]) -> Vec<String> {
        let place = match &self.problem.importer {
            None => String::new(),
            Some(Importer { file: Some((root, file)), .. }) => {
                let file = Path::new(root).join(file);
                let (line, name) = (line_of(&file, &self.problem.package), shown(&file));
                line.map_or_else(|| format!("{name}: "), |line| format!("{name}:{line}: "))
            }
            Some(i) if i.version.is_empty() => format!("{}: ", i.package),
            Some(i) => format!("{} (of {}): ", i.package, i.version),
        };
        let mut lines = vec![format!("{place}{}{}", self.words(), self.limits(platforms))];
        let lacks = |m: &ModuleVersion, suffix: &str| {
            format!("{sum_file} lacks: {} {}{suffix} h1:…", m.path, m.version)
        };
        match &self.problem.fault {
            Fault::ZipSum { modules, .. } => lines.extend(modules.iter().map(|m| lacks(m, ""))),
            Fault::GoModSum(module) => lines.push(lacks(module, "/go.mod")),
            _ => {}
        }
        lines
    }

    /// What go says.
    pub fn words(&self) -> String {
        let package = &self.problem.package;
        match &self.problem.fault {
            Fault::Missing | Fault::Own => format!("no required module provides package {package}"),
            Fault::NotStandard => {
                let dir = self.standard.map(|src| src.join(package).display().to_string());
                format!("package {package} is not in std ({})", dir.unwrap_or_default())
            }
            Fault::Unlisted(module) => match &self.problem.importer {
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
        let package = &self.problem.package;
        Some(match &self.problem.fault {
            Fault::Missing => format!("go get {package}"),
            Fault::Replaced(old) if old.version.is_empty() => format!("go get {}", old.path),
            Fault::Replaced(old) => format!("go get {old}"),
            Fault::Unlisted(module) if self.problem.importer.as_ref().is_some_and(|i| i.main) => {
                format!("go get {module}")
            }
            Fault::Unlisted(_) => "go mod tidy".to_owned(),
            Fault::ZipSum { modules, .. } => {
                let names: Vec<_> = modules.iter().map(ToString::to_string).collect();
                format!("go mod download {}", names.join(" "))
            }
            Fault::GoModSum(module) => format!("go mod download {module}"),
            Fault::Ambiguous(_) => return None,
            Fault::Own | Fault::NotStandard | Fault::Internal | Fault::Relative | Fault::Malformed(_) => {
                return None;
            }
        })
    }

    /// The platforms that it is a problem on, where that is not all of them.
    pub fn some_platforms(&self, platforms: &[Platform]) -> Option<Vec<String>> {
        let on = self.problem.on.any();
        let names = platforms.iter().enumerate().filter(|(n, _)| on >> n & 1 == 1);
        let names: Vec<_> = names.map(|(_, platform)| platform.to_string()).collect();
        (on != 0 && names.len() < platforms.len()).then_some(names)
    }

    fn limits(&self, platforms: &[Platform]) -> String {
        let tests = self.problem.on.is_tests_only().then(|| "tests only".to_owned());
        let some = self.some_platforms(platforms).map(|names| format!("on {}", names.join(", ")));
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
