//! What `go` refuses, in go's words, with who imports it, and the command that
//! fixes it.

use crate::paths::shown;
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::Platform;
use airgo_resolve::packages::{self, Fault, Importer, On};
use std::path::{Path, PathBuf};

/// What kind of thing is missing or wrong; the name is a promise to scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// The bundle lacks a module.
    Module,
    /// The bundle lacks a go.mod file that go reads.
    GoMod,
    /// The bundle lacks the toolchain that go switches to.
    Toolchain,
    /// A directory that replaces a module is not there.
    Directory,
    /// No module has the package.
    Package,
    /// A package of the project itself is not there.
    OwnPackage,
    /// go.mod does not list the module.
    NotListed,
    /// go.sum lacks a line.
    SumMissing,
    /// go.sum has another hash.
    SumMismatch,
    /// Several modules have the package.
    Ambiguous,
    /// The package may not be imported there.
    Import,
    /// What `//go:embed` names is not there.
    Embed,
    /// A Go file cannot be read.
    File,
    /// go.mod, go.work or vendor/modules.txt is not acceptable.
    Project,
}

impl ProblemKind {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::GoMod => "go-mod",
            Self::Toolchain => "toolchain",
            Self::Directory => "directory",
            Self::Package => "package",
            Self::OwnPackage => "own-package",
            Self::NotListed => "not-listed",
            Self::SumMissing => "sum-missing",
            Self::SumMismatch => "sum-mismatch",
            Self::Ambiguous => "ambiguous",
            Self::Import => "import",
            Self::Embed => "embed",
            Self::File => "file",
            Self::Project => "project",
        }
    }
}

/// Who imports a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedBy {
    /// The package.
    pub package: String,
    /// Its module's version; empty in a main module.
    pub version: String,
    /// The file, where it is in a directory.
    pub file: Option<PathBuf>,
    /// The line of the import there, from 1.
    pub line: Option<usize>,
}

/// Something that go refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind it is.
    pub kind: ProblemKind,
    /// What go says.
    pub message: String,
    /// The module.
    pub module: Option<ModuleVersion>,
    /// The package.
    pub package: Option<String>,
    /// Who imports it first.
    pub importer: Option<ImportedBy>,
    /// The lines that go.sum lacks or has otherwise, and that file's name.
    pub sums: Vec<String>,
    /// The platforms that it is a problem on, where that is not all of them.
    pub platforms: Vec<String>,
    /// Whether only tests need it.
    pub tests_only: bool,
    /// The commands that fix it.
    pub fixes: Vec<String>,
}

impl Problem {
    /// One that is only what it says.
    pub fn new(kind: ProblemKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            module: None,
            package: None,
            importer: None,
            sums: Vec::new(),
            platforms: Vec::new(),
            tests_only: false,
            fixes: Vec::new(),
        }
    }

    /// Of this module.
    pub fn of(mut self, module: &ModuleVersion) -> Self {
        self.module = Some(module.clone());
        self
    }

    /// With a command that fixes it.
    pub fn fix(mut self, command: impl Into<String>) -> Self {
        self.fixes.push(command.into());
        self
    }

    /// One line or more: where, what in go's words, and what limits it.
    pub fn lines(&self) -> Vec<String> {
        let place = match &self.importer {
            None => String::new(),
            Some(ImportedBy { file: Some(file), line, .. }) => {
                let name = shown(file);
                line.map_or_else(|| format!("{name}: "), |line| format!("{name}:{line}: "))
            }
            Some(i) if i.version.is_empty() => format!("{}: ", i.package),
            Some(i) => format!("{} (of {}): ", i.package, i.version),
        };
        let mut lines = vec![format!("{place}{}{}", self.message, self.limits())];
        lines.extend(self.sums.iter().cloned());
        lines
    }

    fn limits(&self) -> String {
        let tests = self.tests_only.then(|| "tests only".to_owned());
        let some = (!self.platforms.is_empty()).then(|| format!("on {}", self.platforms.join(", ")));
        let limits: Vec<_> = tests.into_iter().chain(some).collect();
        if limits.is_empty() { String::new() } else { format!(" ({})", limits.join(", ")) }
    }
}

/// What the words depend on.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    /// What messages call go.sum.
    pub sum_file: &'a str,
    /// GOROOT/src, where it is known.
    pub standard: Option<&'a Path>,
    /// The platforms that packages were loaded for.
    pub platforms: &'a [Platform],
}

impl Words<'_> {
    /// A problem of loading packages.
    pub fn problem(&self, problem: &packages::Problem) -> Problem {
        let package = &problem.package;
        let lacks = |m: &ModuleVersion, suffix: &str| {
            format!("{} lacks: {} {}{suffix} h1:…", self.sum_file, m.path, m.version)
        };
        let (kind, module, sums) = match &problem.fault {
            Fault::Missing => (ProblemKind::Package, None, Vec::new()),
            Fault::Own => (ProblemKind::OwnPackage, None, Vec::new()),
            Fault::NotStandard => (ProblemKind::Package, None, Vec::new()),
            Fault::NotAtHand(m) if m.version.is_empty() => (ProblemKind::Directory, None, Vec::new()),
            Fault::NotAtHand(m) => (ProblemKind::Module, Some(m.clone()), Vec::new()),
            Fault::Unlisted(m) | Fault::Replaced(m) => (ProblemKind::NotListed, Some(m.clone()), Vec::new()),
            Fault::ZipSum { modules, .. } => {
                let lines = modules.iter().map(|m| lacks(m, "")).collect();
                (ProblemKind::SumMissing, modules.first().cloned(), lines)
            }
            Fault::GoModSum(m) => (ProblemKind::SumMissing, Some(m.clone()), vec![lacks(m, "/go.mod")]),
            Fault::Ambiguous(_) => (ProblemKind::Ambiguous, None, Vec::new()),
            Fault::Internal | Fault::Relative | Fault::Malformed(_) => {
                (ProblemKind::Import, None, Vec::new())
            }
        };
        Problem {
            kind,
            message: self.message(problem),
            module,
            package: (!package.is_empty()).then(|| package.clone()),
            importer: problem.importer.as_ref().map(|importer| imported_by(importer, package)),
            sums,
            platforms: self.some_platforms(problem.on),
            tests_only: problem.on.is_tests_only(),
            fixes: command(problem).into_iter().collect(),
        }
    }

    /// What go says.
    fn message(&self, problem: &packages::Problem) -> String {
        let package = &problem.package;
        match &problem.fault {
            Fault::Missing | Fault::Own => format!("no required module provides package {package}"),
            Fault::NotStandard => {
                let dir = self.standard.map(|src| src.join(package).display().to_string());
                format!("package {package} is not in std ({})", dir.unwrap_or_default())
            }
            Fault::NotAtHand(m) if m.version.is_empty() => {
                format!("replacement directory {} does not exist", shown(Path::new(&m.path)))
            }
            Fault::NotAtHand(m) => format!("{m}, which may provide package {package}, is not at hand"),
            Fault::Unlisted(module) => match &problem.importer {
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

    /// The platforms that something is a problem on, where that is not all of them.
    fn some_platforms(&self, on: On) -> Vec<String> {
        let on = on.any();
        let names = self.platforms.iter().enumerate().filter(|(n, _)| on >> n & 1 == 1);
        let names: Vec<_> = names.map(|(_, platform)| platform.to_string()).collect();
        if on != 0 && names.len() < self.platforms.len() { names } else { Vec::new() }
    }
}

/// The command that fixes it.
fn command(problem: &packages::Problem) -> Option<String> {
    let package = &problem.package;
    Some(match &problem.fault {
        Fault::Missing => format!("go get {package}"),
        Fault::Replaced(old) if old.version.is_empty() => format!("go get {}", old.path),
        Fault::Replaced(old) => format!("go get {old}"),
        Fault::Unlisted(module) if problem.importer.as_ref().is_some_and(|i| i.main) => {
            format!("go get {module}")
        }
        Fault::Unlisted(_) => "go mod tidy".to_owned(),
        Fault::ZipSum { modules, .. } => {
            let names: Vec<_> = modules.iter().map(ToString::to_string).collect();
            format!("go mod download {}", names.join(" "))
        }
        Fault::GoModSum(module) => format!("go mod download {module}"),
        Fault::Ambiguous(_) | Fault::NotAtHand(_) => return None,
        Fault::Own | Fault::NotStandard | Fault::Internal | Fault::Relative | Fault::Malformed(_) => {
            return None;
        }
    })
}

fn imported_by(importer: &Importer, package: &str) -> ImportedBy {
    let file = importer.file.as_ref().map(|(root, file)| Path::new(root).join(file));
    ImportedBy {
        package: importer.package.clone(),
        version: importer.version.clone(),
        line: file.as_deref().and_then(|file| line_of(file, package)),
        file,
    }
}

/// The line that imports a package, from 1.
fn line_of(file: &Path, package: &str) -> Option<usize> {
    let text = std::fs::read(file).ok()?;
    let text = String::from_utf8_lossy(&text);
    let (quoted, raw) = (format!("\"{package}\""), format!("`{package}`"));
    text.lines().position(|line| line.contains(&quoted) || line.contains(&raw)).map(|at| at + 1)
}
