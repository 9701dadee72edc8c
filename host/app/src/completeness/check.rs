//! `airgo check`: a checkout, and what a signed bundle carries.

use super::carried::{Carried, GoMods};
use super::contents::Contents;
use super::files::{Files, Names};
use super::graph::{Evaluated, Evaluation, whole_graph};
use super::problem::{Problem, ProblemKind};
use super::refusal::Refusal;
use super::sums::{self, Reads};
use super::{Target, from_vendor, in_path, switches_to, vendored};
use crate::Context;
use crate::documents;
use crate::failure::Result;
use crate::paths::{argument, shown};
use crate::project::{self, Loaded};
use crate::quantity::{count, duration};
use crate::requests::TrustFiles;
use crate::settings;
use crate::trust::open;
use airgo_bundle::SignedBundle;
use airgo_bundle::manifest::Encoding;
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::Platform;
use airgo_resolve::packages::Closure;
use airgo_resolve::{Resolution, TOOLCHAIN_MODULE};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Which bundle, and which checkout.
#[derive(Clone, Debug, Default)]
pub struct CheckRequest {
    /// The bundle.
    pub file: PathBuf,
    /// A directory of the project.
    pub dir: PathBuf,
    /// The platforms that are built for; none: those of the bundle, or the usual
    /// ones.
    pub platforms: Vec<Platform>,
    /// The build tags that are set; none: those of the bundle.
    pub tags: Vec<String>,
    /// Whom to trust.
    pub trust: TrustFiles,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The bundle.
    pub file: PathBuf,
    /// The checkout.
    pub dir: PathBuf,
    /// The digest of what the bundle holds.
    pub content_id: String,
    /// The packages that go loads, as far as they are known.
    pub contents: Contents,
    /// What is built.
    pub target: Target,
    /// What go refuses; none: the checkout builds.
    pub problems: Vec<Problem>,
    /// What only other commands refuse.
    pub notes: Vec<String>,
    /// Whether go takes all modules from a vendor directory, and none of the
    /// bundle.
    pub vendored: bool,
}

/// Whether a checkout builds from a bundle without a network.
///
/// # Errors
/// No trusted key has signed the bundle, or it is damaged; the checkout is not a Go
/// project, or cannot be read. That something is missing is not an error here: see
/// [`Checked::enforce`].
pub fn check(context: &Context, request: &CheckRequest) -> Result<Checked> {
    let began = Instant::now();
    let bundle = open::open_signed(context, &request.file, &request.trust)?;
    let loaded = project::load(&request.dir, &context.env)?;
    let target = target(context, &request.platforms, &request.tags, &bundle);
    let mut checked = Checked::new(&request.file, &request.dir, &bundle, target);
    match vendored(context, &loaded) {
        Some(dir) => evaluate_vendored(context, &bundle, &loaded, &dir, &mut checked)?,
        None => {
            let carried = Carried::new(context, &bundle)?;
            let mut files = Files::new(context, &carried, Names::All);
            evaluate(context, &bundle, &loaded, &carried, &mut files, &mut checked)?;
        }
    }
    for note in &checked.notes {
        context.warning(note);
    }
    if checked.is_complete() {
        context.status("Checked", format!("{} in {}", checked.what(), duration(began.elapsed())));
    }
    Ok(checked)
}

/// The platforms and tags asked for, or those that the bundle was packed for.
pub fn target(context: &Context, platforms: &[Platform], tags: &[String], bundle: &SignedBundle) -> Target {
    let manifest = bundle.manifest();
    let packed: Vec<Platform> = manifest.platforms.iter().filter_map(|name| Platform::parse(name)).collect();
    let platforms = if platforms.is_empty() { &packed } else { platforms };
    let tags = if tags.is_empty() { &manifest.build_tags } else { tags };
    let mut target = Target::new(context, platforms, tags);
    target.embeds = true;
    target.cgo = match context.env.get_or_empty(settings::CGO_ENABLED).reveal() {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    };
    target
}

/// Loads the packages from what the bundle carries. What go refuses is added to
/// `checked`; the modules are those of the whole graph where the bundle has it, of as
/// much as a build reads else.
///
/// # Errors
/// The bundle is damaged, or the checkout cannot be read.
pub fn evaluate(
    context: &Context,
    bundle: &SignedBundle,
    loaded: &Loaded,
    carried: &Carried<'_>,
    files: &mut Files<'_>,
    checked: &mut Checked,
) -> Result<Option<Resolution>> {
    let mut go_mods = GoMods::new(carried);
    let target = checked.target.clone();
    checked.problems.extend(toolchain(context, loaded, carried)?);
    let mut evaluation = Evaluation { context, loaded, target: &target, files, go_mods: &mut go_mods };
    let Evaluated { closure, problems, resolution } = evaluation.run()?;
    if let Some(fault) = go_mods.fault.take() {
        return Err(fault);
    }
    context.interrupt.check()?;
    let explained =
        problems.into_iter().map(|problem| left_out(with_versions(problem, carried), carried, bundle));
    checked.problems.extend(explained);
    let reads = Reads {
        zips: files.opened().cloned().collect(),
        go_mods: std::mem::take(&mut go_mods.read),
        evidence: bundle.evidence().collect(),
    };
    checked.problems.extend(sums::compare(context, loaded, &carried.stored, &reads));
    checked.add_unreadable(&closure);
    for problem in &mut checked.problems {
        if matches!(problem.kind, ProblemKind::Module | ProblemKind::GoMod) {
            let exact = match bundle.manifest().payload.encoding {
                Encoding::Exact if target.platforms.len() == 1 => {
                    format!("--exact --platform {} ", target.platforms[0])
                }
                Encoding::Exact => "--exact ".to_owned(),
                Encoding::GoproxyTree | Encoding::Compact => String::new(),
            };
            problem.fixes.push(format!(
                "airgo pack {exact}{} -o {}",
                argument(&checked.dir),
                argument(&checked.file)
            ));
        }
    }
    checked.contents.add(&closure);
    if !checked.problems.is_empty() {
        return Ok(resolution);
    }
    match whole_graph(loaded, &mut go_mods) {
        Ok(whole) => Ok(Some(whole)),
        Err(refused) => {
            let note = format!("`go list -m all` will be refused, `go build` will not: {refused}");
            checked.notes.push(note);
            Ok(resolution)
        }
    }
}

/// A checkout that go builds from its vendor directory.
fn evaluate_vendored(
    context: &Context,
    bundle: &SignedBundle,
    loaded: &Loaded,
    dir: &Path,
    checked: &mut Checked,
) -> Result<()> {
    checked.vendored = true;
    let target = checked.target.clone();
    let carried = Carried::new(context, bundle)?;
    checked.problems.extend(toolchain(context, loaded, &carried)?);
    let (closure, problems) = from_vendor::evaluate(context, loaded, dir, &target)?;
    checked.problems.extend(problems);
    checked.add_unreadable(&closure);
    let file = checked.file.clone();
    let (problems, note) =
        from_vendor::compare(context, loaded, dir, (&file, &carried), (&closure, &target))?;
    checked.problems.extend(problems);
    checked.notes.extend(note);
    checked.contents.add(&closure);
    Ok(())
}

/// The toolchain that go switches to, where the bundle lacks it.
fn toolchain(context: &Context, loaded: &Loaded, carried: &Carried<'_>) -> Result<Option<Problem>> {
    let Some((name, module)) = toolchain_of(context, loaded)? else { return Ok(None) };
    if super::Modules::has(carried, &module) || in_path(context, &name) {
        return Ok(None);
    }
    let here = host();
    let message = format!("go switches to {name}, and the bundle lacks that toolchain for {here}");
    let problem = Problem::new(ProblemKind::Toolchain, message).of(&module);
    Ok(Some(problem.fix(format!("airgo pack --toolchain {here}"))))
}

/// The toolchain that the go of this machine switches to, and its module.
pub fn toolchain_of(context: &Context, loaded: &Loaded) -> Result<Option<(String, ModuleVersion)>> {
    let Some(name) = switches_to(context, &loaded.project)? else { return Ok(None) };
    let version = format!("v0.0.1-{name}.{}", host().replace('/', "-"));
    Ok(Some((name, ModuleVersion::new(TOOLCHAIN_MODULE, version))))
}

/// This machine's platform as Go names it.
pub fn host() -> String {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        os => os,
    };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "x86" => "386",
        "aarch64" => "arm64",
        "loongarch64" => "loong64",
        "powerpc64" if cfg!(target_endian = "little") => "ppc64le",
        "powerpc64" => "ppc64",
        arch => arch,
    };
    format!("{os}/{arch}")
}

/// Says of a package that an exact bundle does not carry it: it was packed for other
/// platforms, tags or packages.
fn left_out(mut problem: Problem, carried: &Carried<'_>, bundle: &SignedBundle) -> Problem {
    let Some(package) = problem.package.clone() else { return problem };
    if !matches!(problem.kind, ProblemKind::Module | ProblemKind::Package | ProblemKind::NotListed) {
        return problem;
    }
    let Some(module) = carried.left_out(&package, problem.module.as_ref()) else { return problem };
    let platforms = match bundle.manifest().platforms.as_slice() {
        [] => "any platform".to_owned(),
        platforms => platforms.join(", "),
    };
    problem.message = format!(
        "the bundle has only what a build reads on {platforms}, and not package {package} of {module}"
    );
    problem.kind = ProblemKind::Module;
    problem.module = Some(module);
    problem.fixes.clear();
    problem
}

/// Says which versions the bundle has of a module that it lacks.
fn with_versions(mut problem: Problem, carried: &Carried<'_>) -> Problem {
    let (ProblemKind::Module, Some(module)) = (problem.kind, &problem.module) else { return problem };
    let package = problem.package.as_deref().unwrap_or_default();
    problem.message = format!("the bundle lacks {module}, which may provide package {package}");
    if let [first @ .., last] = carried.versions(&module.path).as_slice() {
        let all: Vec<&str> = first.iter().chain([last]).copied().collect();
        problem.message.push_str(&format!(" (it has {})", all.join(", ")));
        problem.fixes.push(format!("go get {}@{last}", module.path));
    }
    problem
}

impl Checked {
    /// Nothing is known of it yet.
    pub fn new(file: &Path, dir: &Path, bundle: &SignedBundle, target: Target) -> Self {
        Self {
            file: file.to_owned(),
            dir: dir.to_owned(),
            content_id: bundle.manifest().content_id.clone(),
            contents: Contents::default(),
            target,
            problems: Vec::new(),
            notes: Vec::new(),
            vendored: false,
        }
    }

    /// Adds what go refuses in files of the packages.
    fn add_unreadable(&mut self, closure: &Closure) {
        for error in &closure.embed_errors {
            let message = format!("{}: pattern {}: {}", error.package, error.pattern, error.problem);
            let mut problem = Problem::new(ProblemKind::Embed, message);
            problem.package = Some(error.package.clone());
            self.problems.push(problem);
        }
        for file in &closure.unreadable {
            let path = shown(&Path::new(&file.root).join(&file.file));
            self.problems.push(Problem::new(ProblemKind::File, format!("{path}: {}", file.problem)));
        }
    }

    /// Whether the checkout builds.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.problems.is_empty()
    }

    /// The result in a line.
    fn what(&self) -> String {
        let (dir, file) = (directory(&self.dir), shown(&self.file));
        let (packages, modules) =
            (count(self.contents.packages(), "package"), count(self.contents.modules(), "module"));
        let platforms = count(self.target.platforms.len(), "platform");
        if self.vendored {
            return format!(
                "{dir}: complete from its vendor directory, {packages} of {modules} on {platforms}; go takes no module from {file}"
            );
        }
        format!("{dir} against {file}: complete, {packages} of {modules} on {platforms}")
    }

    /// An error with everything that is missing, where something is.
    ///
    /// # Errors
    /// That the checkout will not build.
    pub fn enforce(&self) -> Result<()> {
        if self.is_complete() {
            return Ok(());
        }
        let refusal = Refusal {
            problems: &self.problems,
            shown: usize::MAX,
            many: match self.vendored {
                true => "go mod vendor, or in a workspace go work vendor",
                false => "go mod tidy where there is a network, then pack again",
            },
        };
        let (dir, file) = (directory(&self.dir), shown(&self.file));
        if self.vendored {
            return Err(refusal.failure(&format!("{dir} will not build from its vendor directory")));
        }
        Err(refusal.failure(&format!("{dir} will not build from {file}")))
    }

    /// As a document.
    pub fn document(&self) -> documents::Completeness<'_> {
        let platforms: BTreeSet<String> = self.target.platforms.iter().map(ToString::to_string).collect();
        documents::Completeness {
            complete: self.is_complete(),
            content_id: &self.content_id,
            dir: self.dir.display().to_string(),
            file: self.file.display().to_string(),
            modules: self.contents.modules(),
            notes: &self.notes,
            packages: self.contents.packages(),
            packages_sha256: self.contents.sha256().to_string(),
            platforms: platforms.into_iter().collect(),
            problems: self.problems.iter().map(documents::CompletenessProblem::from).collect(),
            schema: documents::CheckV1,
            tags: &self.target.tags,
            vendored: self.vendored,
        }
    }
}

/// A directory for messages.
pub fn directory(dir: &Path) -> String {
    let name = shown(dir);
    if name.is_empty() { ".".to_owned() } else { name }
}
