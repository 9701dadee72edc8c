//! `airgo vendor --check`: whether a vendor directory is, file by file, what go.sum
//! says, and its modules.txt what go would write. Go itself compares modules.txt with
//! go.mod alone.
//!
//! The lists of the modules' files come from a signed bundle, or are made of downloads;
//! each hashes to a line of go.sum, so the contents need not be at hand.

mod compare;
mod disk;
#[cfg(feature = "network")]
mod fetched;
mod lines;
mod lists;
mod sources;

pub use compare::{Difference, MODULES_TXT, Wrong};
pub(crate) use compare::{files as differences, wanted};
pub(crate) use disk::{Disk, Found};
pub use lines::LineChange;
pub(crate) use sources::Sources;

use crate::Context;
use crate::completeness::{Carried, GoMods, Problem, ProblemKind, Refusal, SHOWN, Speaking, refused};
use crate::documents;
use crate::failure::{Failure, FailureKind, Result};
use crate::paths::{argument, shown};
use crate::project::{self, Loaded};
use crate::quantity::{count, duration};
#[cfg(feature = "network")]
use crate::requests::Network;
use crate::requests::TrustFiles;
use crate::trust::open;
use airgo_gomod::ModuleVersion;
use airgo_resolve::vendor::{Looking, Vendored};
use airgo_resolve::{GoModSource, Resolution, resolve};
use compare::{files, modules_txt};
use lists::Lists;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Which vendor directory, and against what.
#[derive(Clone, Debug, Default)]
pub struct VendorRequest {
    /// A directory of the project.
    pub dir: PathBuf,
    /// The bundle that has the lists of files; none: they are fetched.
    pub bundle: Option<PathBuf>,
    /// Whom to trust.
    pub trust: TrustFiles,
    /// How to reach the network.
    #[cfg(feature = "network")]
    pub network: Network,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The vendor directory.
    pub dir: PathBuf,
    /// The bundle; none where the lists were fetched.
    pub bundle: Option<PathBuf>,
    /// Whether it is that of a workspace.
    pub workspace: bool,
    /// How many files go would write, modules.txt among them.
    pub files: usize,
    /// The modules that they are of.
    pub modules: usize,
    /// The paths that are not as go would write them.
    pub differences: Vec<Difference>,
    /// The lines of modules.txt that are not.
    pub modules_txt: Vec<LineChange>,
    /// Modules that go.sum has no line for, so that only the source of the list says
    /// what is in them: in a workspace.
    pub unsummed: Vec<String>,
}

const UNCOMPARED: &str = "the vendor directory cannot be compared";

/// Compares a vendor directory with what go would write.
///
/// # Errors
/// There is no project, or no vendor directory; go would refuse to write one; a list of
/// files cannot be had, or is not that of go.sum. That something differs is not an error
/// here: see [`Checked::enforce`].
pub fn check(context: &Context, request: &VendorRequest) -> Result<Checked> {
    let began = Instant::now();
    let loaded = project::load(&request.dir, &context.env)?;
    let dir = directory(&loaded)?;
    let checked = match &request.bundle {
        Some(file) => {
            let bundle = open::open_signed(context, file, &request.trust)?;
            check_with(context, &loaded, &dir, (file, &Carried::new(context, &bundle)?))
        }
        #[cfg(feature = "network")]
        None => fetched::check(context, &request.network, &request.dir, &dir),
        #[cfg(not(feature = "network"))]
        None => Err(Failure::new(FailureKind::Usage, "no bundle is named")
            .line("this airgo fetches nothing")
            .hint("name a bundle: airgo vendor --check DIR --bundle FILE")),
    };
    let checked = checked.map_err(|failure| match failure.kind {
        FailureKind::Checksum => failure.outcome("the vendor directory was not compared"),
        _ => failure,
    })?;
    for module in &checked.unsummed {
        context.warning(format!(
            "{} lacks a line for {module}: nothing but its source says what is in it",
            shown(&loaded.sum_file)
        ));
    }
    if checked.is_same() {
        let (files, modules) = (count(checked.files, "file"), count(checked.modules, "module"));
        let what = format!("{}: {files} of {modules} are as go would write them", shown(&checked.dir));
        context.status("Checked", format!("{what}, in {}", duration(began.elapsed())));
    }
    Ok(checked)
}

/// The same, with the lists of what a bundle carries.
///
/// # Errors
/// As [`check`].
pub fn check_with(
    context: &Context,
    loaded: &Loaded,
    dir: &Path,
    (file, carried): (&Path, &Carried<'_>),
) -> Result<Checked> {
    let mut go_mods = GoMods::new(carried);
    let resolution = resolved(loaded, &mut go_mods, (dir, file), UNCOMPARED)?;
    let vendoring =
        Vendoring { context, loaded, resolution: &resolution, dir, bundle: Some(file), undone: UNCOMPARED };
    vendoring.compare(carried, &mut go_mods)
}

/// The build list by the go.mod files of a bundle, for the vendor directory `dir`.
///
/// # Errors
/// The bundle `file` lacks some, or is damaged; `undone` says what is not done then.
pub(crate) fn resolved(
    loaded: &Loaded,
    go_mods: &mut GoMods<'_>,
    (dir, file): (&Path, &Path),
    undone: &str,
) -> Result<Resolution> {
    let resolution = resolve(&loaded.project, go_mods);
    if let Some(fault) = go_mods.fault.take() {
        return Err(fault);
    }
    resolution.map_err(|e| {
        let problems = refused(&e);
        let refusal = Refusal { problems: &problems, shown: SHOWN, many: "go mod tidy" };
        let whole = format!("airgo pack {} -o FILE", project_of(dir));
        refusal
            .failure(undone)
            .fact("bundle", shown(file))
            .hint(format!("a bundle of this go.mod has all go.mod files that it leads to: {whole}"))
    })
}

/// The vendor directory of a project, which is one.
fn directory(loaded: &Loaded) -> Result<PathBuf> {
    let dir = loaded.root.join("vendor");
    let command = command(loaded.project.workspace.is_some());
    match std::fs::symlink_metadata(&dir) {
        Ok(meta) if meta.is_dir() => Ok(dir),
        Ok(meta) => {
            let what =
                if meta.is_symlink() { "a symbolic link, which is not followed" } else { "not a directory" };
            Err(Failure::failed(format!("{} is {what}", shown(&dir)))
                .hint(format!("to write it anew: {command}")))
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            Err(Failure::failed(format!("there is no vendor directory in {}", in_words(&loaded.root)))
                .hint(format!("to write one: {command}")))
        }
        Err(e) => Err(Failure::failed(format!("could not read {}: {e}", shown(&dir)))),
    }
}

/// The command that writes a vendor directory.
#[must_use]
pub fn command(workspace: bool) -> &'static str {
    if workspace { "go work vendor" } else { "go mod vendor" }
}

fn in_words(dir: &Path) -> String {
    let name = shown(dir);
    if name.is_empty() { "this directory".to_owned() } else { name }
}

/// The project of a vendor directory, as an argument of a command.
pub fn project_of(vendor: &Path) -> String {
    let dir = vendor.parent().unwrap_or(vendor);
    let name = argument(dir);
    if name.is_empty() || name == "''" { ".".to_owned() } else { name }
}

/// A project whose vendor directory is computed.
pub(crate) struct Vendoring<'a> {
    pub context: &'a Context,
    pub loaded: &'a Loaded,
    pub resolution: &'a Resolution,
    /// The vendor directory.
    pub dir: &'a Path,
    /// What has the modules; none where they are fetched.
    pub bundle: Option<&'a Path>,
    /// For messages: what is not done where something is missing.
    pub undone: &'static str,
}

impl Vendoring<'_> {
    fn compare(&self, lists: &dyn Lists, go_mods: &mut dyn GoModSource) -> Result<Checked> {
        let Self { context, loaded, resolution, dir, bundle, .. } = *self;
        let disk = Disk::read(context, dir)?;
        let from = bundle.map_or_else(|| "the proxy".to_owned(), shown);
        let mut sources = Sources::new(context, (loaded, resolution), &disk, lists, &from);
        let vendored = self.vendor(&mut sources, go_mods)?;
        context.interrupt.check()?;
        let mut differences = files(&disk, &vendored, &mut sources)?;
        let text = match disk.files.get(MODULES_TXT) {
            Some(Found::File { .. }) => Some(disk.text(MODULES_TXT, u64::MAX)),
            _ => None,
        };
        let text = text
            .transpose()
            .map_err(|e| Failure::failed(format!("could not read {}: {e}", shown(&dir.join(MODULES_TXT)))))?;
        if text.is_none() && !vendored.modules_txt.is_empty() && !disk.files.contains_key(MODULES_TXT) {
            let path = MODULES_TXT.to_owned();
            differences.push(Difference { path, wrong: Wrong::Missing, module: None, detail: None });
        }
        for (stored, file) in &sources.unknown {
            for module in resolution.build_list.iter().filter(|s| s.stored() == Some(stored)) {
                let path = format!("{}/{file}", module.module.path);
                let module = Some(module.module.clone());
                // One that differs for certain is said once.
                if differences.iter().all(|known| known.path != path) {
                    differences.push(Difference { path, wrong: Wrong::Unknown, module, detail: None });
                }
            }
        }
        differences.sort_by(|a, b| a.path.cmp(&b.path));
        let modules: BTreeSet<&ModuleVersion> =
            vendored.files.values().map(|copied| &copied.module).collect();
        Ok(Checked {
            dir: dir.to_owned(),
            bundle: bundle.map(Path::to_owned),
            workspace: loaded.project.workspace.is_some(),
            files: vendored.files.len() + usize::from(!vendored.modules_txt.is_empty()),
            modules: modules.len(),
            differences,
            modules_txt: modules_txt(text.as_deref(), &vendored),
            unsummed: sources.unsummed.iter().map(ToString::to_string).collect(),
        })
    }

    /// What go would write, where it would.
    ///
    /// # Errors
    /// What go would refuse, or a list of files that cannot be had.
    pub fn vendor(&self, sources: &mut Sources<'_>, go_mods: &mut dyn GoModSource) -> Result<Vendored> {
        let Self { context, loaded, resolution, .. } = *self;
        let words = Speaking::of(context, loaded);
        let has_sum = |module: &ModuleVersion, subject| loaded.sums.contains(module, subject);
        let is_standard = |path: &str| words.is_standard(path);
        let sums = loaded.project.needs_sums().then_some(&has_sum as _);
        let looking = Looking { sums, standard: &is_standard };
        let vendored =
            airgo_resolve::vendor::vendor(&loaded.project, resolution, &looking, sources, go_mods)?;
        let command = command(self.loaded.project.workspace.is_some());
        let problems = vendored.problems.iter().map(|problem| words.problem(problem, &[]));
        let problems: Vec<Problem> = problems.map(|problem| self.not_carried(problem)).collect();
        if !problems.is_empty() {
            let refusal = Refusal { problems: &problems, shown: SHOWN, many: "go mod tidy" };
            let lacks = problems.iter().all(|problem| problem.kind == ProblemKind::Module);
            let what = match lacks {
                true => self.undone.to_owned(),
                false => format!("{command} would refuse"),
            };
            return Err(refusal.failure(&what));
        }
        match vendored.faults.as_slice() {
            [] => Ok(vendored),
            [first, rest @ ..] => {
                let failure = Failure::failed(format!("{command} would refuse: {first}"));
                Err(rest.iter().take(SHOWN).fold(failure, |failure, fault| failure.line(fault.to_string())))
            }
        }
    }

    /// Says of a module that the bundle does not have its list.
    fn not_carried(&self, mut problem: Problem) -> Problem {
        if let (Some(file), ProblemKind::Module, Some(module)) = (self.bundle, problem.kind, &problem.module)
        {
            let package = problem.package.as_deref().unwrap_or_default();
            problem.message = format!(
                "{} has no list of the files of {module}, which may provide package {package}",
                shown(file)
            );
            problem.fixes = vec![format!("airgo pack {} -o {}", project_of(self.dir), argument(file))];
        }
        problem
    }
}

impl Checked {
    /// Whether the directory is what go would write.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.differences.is_empty() && self.modules_txt.is_empty()
    }

    /// An error that names all that differs, where something does.
    ///
    /// # Errors
    /// That the directory is not what go would write, or that it is not known.
    pub fn enforce(&self) -> Result<()> {
        if self.is_same() {
            return Ok(());
        }
        let (dir, command) = (shown(&self.dir), command(self.workspace));
        let unknown = self.differences.iter().filter(|d| d.wrong == Wrong::Unknown).count();
        let files = self.differences.len() - unknown;
        let mut failure = if files == 0 && self.modules_txt.is_empty() {
            Failure::failed(format!(
                "whether {dir} is what {command} writes is not known: {}",
                count(unknown, "file")
            ))
        } else {
            let lines = (!self.modules_txt.is_empty())
                .then(|| count(self.modules_txt.len(), "line") + " of modules.txt");
            let parts: Vec<String> =
                (files > 0).then(|| count(files, "file")).into_iter().chain(lines).collect();
            Failure::new(
                FailureKind::Vendor,
                format!("{dir} is not what {command} writes: {}", parts.join(", ")),
            )
        };
        for line in self.differences.iter().map(|difference| self.line(difference)) {
            failure = failure.line(line);
        }
        for change in &self.modules_txt {
            let what = if change.wanted { "lacks" } else { "go would not write" };
            let end = if change.text.ends_with('\n') { "" } else { " (without a newline)" };
            let file = shown(&self.dir.join(MODULES_TXT));
            failure = failure.line(format!(
                "{file}:{}: {what}: {}{end}",
                change.line,
                change.text.trim_end_matches('\n')
            ));
        }
        if files > 0 || !self.modules_txt.is_empty() {
            failure = failure.hint(format!("to write it anew: {command}"));
        }
        if unknown > 0 {
            let hint = "a bundle with these files knows them: airgo pack, or airgo pack --exact --vendor; without --bundle they are fetched";
            failure = failure.hint(hint);
        }
        Err(failure)
    }

    fn line(&self, difference: &Difference) -> String {
        let path = shown(&self.dir.join(&difference.path));
        let module = match &difference.module {
            Some(module) if module.version.is_empty() => format!(" ({})", module.path),
            Some(module) => format!(" ({module})"),
            None => String::new(),
        };
        let detail = difference.detail.as_ref().map_or_else(String::new, |detail| format!(": {detail}"));
        let what = match difference.wrong {
            Wrong::Changed => "changed",
            Wrong::Added => "added",
            Wrong::Missing => "missing",
            Wrong::NotAFile => "not a file",
            Wrong::Unreadable => "unreadable",
            Wrong::Unknown => "not known, the bundle does not carry it",
        };
        format!("{path}: {what}{module}{detail}")
    }

    /// As a document.
    pub fn document(&self) -> documents::Vendor<'_> {
        documents::Vendor::from(self)
    }
}
