//! `airgo unpack --exact`: what a checkout's build reads of a bundle, and no more. Each
//! file is held against the list that its module's `h1:` is a hash of, so that nothing
//! else of the zips need be read.

use crate::Context;
use crate::bundle_files;
use crate::completeness::{
    self, Carried, Checked, Files, Modules as _, Names, Selected, Selection, Target, part_of, vendored,
};
use crate::errors::install_failure;
use crate::failure::{Failure, FailureKind, Result};
use crate::paths::shown;
use crate::project::Loaded;
use crate::project::patterns::Arguments;
use crate::project::several::{self, Projects};
use crate::quantity::{bytes, count};
use crate::requests::{Exact, Scope};
use crate::settings;
use crate::trust::open::bundle_failure;
use airgo_bundle::manifest::Encoding;
use airgo_bundle::{CarriedModule, SignedBundle};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosource::Platform;
use airgo_gomod::gosum::Subject;
use airgo_gomod::modzip::{Limits, ModuleZip, Scratch, Sink, WalkError};
use airgo_modcache::{Content, FileWriter, InstallError, PartialTree, Problem};
use airgo_model::parallel;
use airgo_resolve::Resolution;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Files up to this size are held in memory and hashed at once.
const HELD: u64 = 4 << 20;
const WHOLE_BUNDLE: &str = "without --exact the bundle is unpacked whole";

/// Whose build is to be installed.
#[derive(Clone, Debug)]
pub struct ExactPart {
    /// Directories of checkouts, or packages in them, as `pack --exact` takes them.
    pub dirs: Vec<PathBuf>,
    /// The platforms; none: that of GOOS and GOARCH, or this machine's.
    pub platforms: Vec<Platform>,
    /// Build tags that are set; none: those that the bundle was packed with.
    pub tags: Vec<String>,
    /// What of it.
    pub exact: Exact,
}

/// What is to be installed.
pub struct Chosen {
    /// The modules by path and version, each with its list and what of it is read.
    pub modules: Vec<CarriedModule>,
    /// What reads it, for the last line.
    pub what: String,
}

impl Chosen {
    /// What is installed, as the beginning of a line.
    pub fn summary(&self) -> String {
        let (mut files, mut size) = (0, 0);
        for (_, file) in self.modules.iter().flat_map(CarriedModule::files) {
            files += 1;
            size += file.size;
        }
        let modules = count(self.modules.len(), "module");
        format!("{} of {modules} that building {} reads ({}", count(files, "file"), self.what, bytes(size))
    }
}

/// Evaluates the checkouts as `airgo check` does, and selects what they read.
///
/// # Errors
/// A checkout that will not build from the bundle; a bundle without lists of files, or
/// one that lacks something that is read.
pub fn choose(context: &Context, request: &ExactPart, file: &Path, bundle: &SignedBundle) -> Result<Chosen> {
    let manifest = bundle.manifest();
    let lacks_lists = manifest.modules.iter().any(|m| m.zip.is_some())
        && manifest.modules.iter().all(|m| m.files.is_none());
    if manifest.payload.encoding == Encoding::GoproxyTree && lacks_lists {
        let message = format!("{} has no lists of its modules' files to verify a part by", shown(file));
        return Err(Failure::failed(message)
            .hint(WHOLE_BUNDLE)
            .hint("airgo pack --exact packs what a build reads, with lists; another airgo pack adds lists where they cost under 2 % of the bundle"));
    }
    let Arguments { projects, packages } = Arguments::of(&request.dirs, &context.env)?;
    let projects = several::load(&projects, &context.env, Scope::Build)?;
    let exact = Exact { packages, ..request.exact.clone() };
    let platforms = if request.platforms.is_empty() { here(context)? } else { request.platforms.clone() };
    let mut target = completeness::target(context, &platforms, &request.tags, bundle);
    target.tests = exact.tests;
    target.packages.clone_from(&exact.packages);

    let carried = Carried::by_lists(context, bundle)?;
    let chosen = Choosing { context, bundle, file, carried: &carried, exact: &exact, target: &target };
    // What makes no sense may be damage.
    let modules = chosen.of(&projects).or_else(|failure| carried.check_zips().and(Err(failure)))?;
    let platforms: Vec<String> = target.platforms.iter().map(ToString::to_string).collect();
    let what = match exact.packages.as_slice() {
        [] => {
            let roots = projects.list.iter().map(|loaded| completeness::directory(&loaded.root));
            roots.collect::<Vec<_>>().join(", ")
        }
        packages => packages.join(", "),
    };
    Ok(Chosen { modules, what: format!("{what} on {}", platforms.join(", ")) })
}

/// What is chosen, from what, and for what.
struct Choosing<'a> {
    context: &'a Context,
    bundle: &'a SignedBundle,
    file: &'a Path,
    carried: &'a Carried<'a>,
    exact: &'a Exact,
    target: &'a Target,
}

impl Choosing<'_> {
    fn of(&self, projects: &Projects) -> Result<Vec<CarriedModule>> {
        let Self { context, carried, .. } = *self;
        let (mut resolutions, mut toolchains) = (Vec::new(), Vec::new());
        for loaded in &projects.list {
            resolutions.push(self.evaluate(loaded)?);
            let toolchain = completeness::toolchain_of(context, loaded)?.map(|(_, module)| module);
            toolchains.extend(toolchain.filter(|module| carried.has(module)));
        }
        let mut files = Files::new(context, carried, Names::All);
        let selected =
            Selected { exact: self.exact, platforms: &self.target.platforms, tags: &self.target.tags };
        let mut read = selected.of(projects.list.iter().zip(&resolutions), &mut files)?;
        read.extend(toolchains.into_iter().map(|module| (module, Selection::Whole)));
        let mut modules = Vec::new();
        for (module, selection) in read {
            self.compare_sums(projects, &module)?;
            modules.push(self.part(module, &selection)?);
        }
        carried.check_read(&modules)?;
        Ok(modules)
    }

    /// The modules of a checkout that builds.
    fn evaluate(&self, loaded: &Loaded) -> Result<Resolution> {
        let Self { context, bundle, carried, .. } = *self;
        if let Some(dir) = vendored(context, loaded) {
            let message = format!("go builds from {}: it reads no module of the bundle", shown(&dir));
            return Err(Failure::failed(message).hint(WHOLE_BUNDLE));
        }
        let mut checked = Checked::new(self.file, &loaded.root, bundle, self.target.clone());
        let mut files = Files::new(context, carried, Names::All);
        let resolution = completeness::evaluate(context, bundle, loaded, carried, &mut files, &mut checked)?;
        checked.enforce()?;
        for note in &checked.notes {
            context.warning(note);
        }
        resolution.ok_or_else(|| {
            Failure::failed(format!("{} has no build list", completeness::directory(&loaded.root)))
        })
    }

    /// What go.sum says of a module that is read.
    fn compare_sums(&self, projects: &Projects, module: &ModuleVersion) -> Result<()> {
        let Some(zip) = self.carried.stored.get(module).and_then(|stated| stated.zip) else { return Ok(()) };
        for loaded in &projects.list {
            if let Err(mismatch) = loaded.sums.check(module, Subject::Zip, &zip.h1) {
                let recorded = &mismatch.recorded;
                let message = format!("verifying {module}: checksum mismatch");
                return Err(Failure::new(FailureKind::Checksum, message)
                    .fact("bundle", zip.h1.to_string())
                    .fact(format!("{}:{}", recorded.file, recorded.line), recorded.hash.to_string()));
            }
        }
        Ok(())
    }

    /// The module with its list, and which of it is read; all of that is carried.
    fn part(&self, module: ModuleVersion, selection: &Selection) -> Result<CarriedModule> {
        let has = self.carried.list(&module)?;
        let part = part_of(module, selection, has.list);
        let lacks = part.files().find(|(index, _)| !has.carried.has(*index));
        match lacks.map(|(_, file)| file.name.to_owned()) {
            None => Ok(part),
            Some(name) => {
                let message = format!("{} does not carry {name} of {}", shown(self.file), part.module);
                Err(Failure::failed(message)
                    .hint("airgo pack --exact for these platforms, tags and packages"))
            }
        }
    }
}

/// The platform that go builds for here.
fn here(context: &Context) -> Result<Vec<Platform>> {
    let machine = completeness::host();
    let (os, arch) = machine.split_once('/').unwrap_or((&machine, ""));
    let or = |known, machine: &str| {
        let value = context.env.get_or_empty(known).reveal().to_owned();
        if value.is_empty() { machine.to_owned() } else { value }
    };
    let name = format!("{}/{}", or(settings::GOOS, os), or(settings::GOARCH, arch));
    let unknown = || Failure::failed(format!("GOOS and GOARCH name {name}, which Go does not build for"));
    Ok(vec![Platform::parse(&name).ok_or_else(unknown)?])
}

/// Reads the selected files of zips into the trees of their modules, several modules at
/// once, the largest first.
///
/// # Errors
/// A zip that is damaged where it is read, a file that is not what its list says, or one
/// that cannot be written.
pub fn extract(
    context: &Context,
    bundle: &SignedBundle,
    trees: Vec<PartialTree<'_>>,
    jobs: NonZeroUsize,
) -> Result<()> {
    let size = |tree: &PartialTree<'_>| tree.awaited().map(|(_, file)| file.size).sum::<u64>();
    let mut order: Vec<(u64, PartialTree<'_>)> = trees.into_iter().map(|tree| (size(&tree), tree)).collect();
    order.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.module().cmp(b.1.module())));
    let progress = context.progress("Reading", "modules", order.len() as u64);
    let failed = parallel::each(jobs, &order, true, Scratch::new, |scratch, (_, tree)| {
        context.interrupt.check()?;
        extract_one(bundle, tree, scratch)?;
        progress.add_done(1);
        Ok(())
    });
    failed.into_iter().next().map_or(Ok(()), |(_, failure)| Err(failure))
}

fn extract_one(bundle: &SignedBundle, tree: &PartialTree<'_>, scratch: &mut Scratch) -> Result<()> {
    let awaited: HashMap<&str, usize> = tree.awaited().map(|(index, file)| (file.name, index)).collect();
    if awaited.is_empty() {
        return Ok(());
    }
    let content = bundle_files::content(bundle, tree.module())?;
    let mut into = IntoTree { tree, places: &awaited, index: 0, held: Vec::new(), writer: None };
    let mut walk = || {
        let mut zip = ModuleZip::open(content.clone(), tree.module(), &Limits::default())?;
        zip.walk_files(scratch, awaited.keys().copied(), &mut into)
    };
    let failure = match walk() {
        Ok(()) => return Ok(()),
        Err(WalkError::Sink(error)) => {
            if !matches!(*error.problem, Problem::FileMismatch { .. }) {
                return Err(install_failure(&error));
            }
            install_failure(&error)
        }
        Err(WalkError::Zip(error)) => Failure::new(FailureKind::Malformed, error.to_string()),
    };
    // Where the zip is not what the manifest says, that is why.
    content.verify(&mut Vec::new(), &()).map_err(|e| bundle_failure(&e))?;
    Err(failure)
}

/// Writes the files of a zip into the tree of its module.
struct IntoTree<'t, 's> {
    tree: &'t PartialTree<'s>,
    places: &'t HashMap<&'t str, usize>,
    index: usize,
    /// The content so far, where it is held.
    held: Vec<u8>,
    /// What takes it as it comes, where it is not.
    writer: Option<FileWriter<'t>>,
}

impl Sink for IntoTree<'_, '_> {
    type Error = InstallError;

    fn start(&mut self, name: &str, size: u64) -> std::result::Result<(), InstallError> {
        // Only these were asked for.
        self.index = self.places.get(name).copied().unwrap_or(usize::MAX);
        self.held.clear();
        self.writer = if size > HELD { Some(self.tree.file(self.index)?) } else { None };
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> std::result::Result<(), InstallError> {
        match &mut self.writer {
            Some(writer) => writer.write(bytes),
            None => {
                self.held.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    fn end(&mut self) -> std::result::Result<(), InstallError> {
        match self.writer.take() {
            Some(writer) => writer.finish(),
            None => self.tree.put(self.index, &Content::of(&self.held)),
        }
    }
}
