//! `--as vendor`: what `go mod vendor` and `go work vendor` write for a checkout, from
//! the files of a bundle.

use super::contents::{self, Wanted};
use super::local_changes::{self, LocalChanges};
use super::{Written, failure};
use crate::Context;
use crate::bundle_files;
use crate::completeness::{Carried, GoMods};
use crate::failure::{Failure, FailureKind, Result};
use crate::paths::{argument, shown};
use crate::project::beside::{self, What};
use crate::project::{self, Loaded};
use crate::quantity::{bytes, count};
use crate::trust::open;
use crate::unpack::UnpackRequest;
use crate::vendor::{Disk, MODULES_TXT, Sources, Vendoring, command, differences, project_of, resolved};
use airgo_bundle::manifest::Encoding;
use airgo_bundle::{CarriedModule, Manifest, Sha256, SignedBundle};
use airgo_gomod::ModuleVersion;
use airgo_modcache::{DirectoryTarget, NewDirectory};
use airgo_resolve::packages::Place;
use airgo_resolve::vendor::Vendored;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

const VENDOR: &str = "vendor";
const UNDONE: &str = "the vendor directory cannot be written";
/// How many files that are missing a failure names.
const SHOWN: usize = 10;

/// Writes the vendor directory of the checkout that `dir` is in.
pub fn write(
    context: &Context,
    request: &UnpackRequest,
    (dir, replace): (&Path, bool),
    bundle: &SignedBundle,
) -> Result<Written> {
    let loaded = load(context, dir)?;
    let file = request.name();
    demand_same(&loaded, bundle, file)?;
    let target = DirectoryTarget::open(&loaded.root, VENDOR).map_err(|e| failure::directory(&e))?;
    let vendor = loaded.root.join(VENDOR);
    let is_there = target.is_there().map_err(|e| failure::directory(&e))?;
    let disk = if is_there { Disk::read(context, &vendor)? } else { Disk::none(&vendor) };

    let carried = carried(context, bundle)?;
    let mut go_mods = GoMods::new(&carried);
    let resolution = resolved(&loaded, &mut go_mods, (&vendor, file), UNDONE)?;
    let vendoring = Vendoring {
        context,
        loaded: &loaded,
        resolution: &resolution,
        dir: &vendor,
        bundle: Some(file),
        undone: UNDONE,
    };
    let from = shown(file);
    let mut sources = Sources::new(context, (&loaded, &resolution), &disk, &carried, &from);
    let vendored = vendoring.vendor(&mut sources, &mut go_mods);
    // What go would refuse may be so for want of them alone.
    demand_all(&[], &sources, (file, &vendor))?;
    let vendored = vendored?;
    let selected = Selected::of(&vendored, &carried)?;
    demand_all(&selected.missing, &sources, (file, &vendor))?;
    for module in &sources.unsummed {
        context.warning(format!(
            "{} lacks a line for {module}: nothing but its source says what is in it",
            shown(&loaded.sum_file)
        ));
    }
    context.interrupt.check()?;

    let modules = selected.modules(&vendored);
    let is_same = is_there
        && differences(&disk, &vendored, &mut sources)?.is_empty()
        && disk.text(MODULES_TXT, u64::MAX).is_ok_and(|text| text == vendored.modules_txt.as_bytes());
    let (files, size) =
        (vendored.files.len() + 1, vendored.files.values().map(|copied| copied.size).sum::<u64>());
    let all = format!("{} of {} ({})", count(files, "file"), count(modules, "module"), bytes(size));
    let written = |installed, already_present, what: String| Written {
        dir: vendor.clone(),
        installed,
        already_present,
        what,
    };
    if vendored.modules_txt.is_empty() {
        return match is_there {
            false => Ok(written(0, 0, "nothing, for no module has a package to vendor,".to_owned())),
            true => Err(Failure::failed(format!(
                "{} would remove {}: no module has a package to vendor",
                command(loaded.project.workspace.is_some()),
                shown(&vendor)
            ))
            .hint(format!("remove it: rm -r {}", argument(&vendor)))),
        };
    }
    if is_same {
        carried.check_read(&[])?;
        return Ok(written(0, modules, format!("{all}, all of them already there,")));
    }
    let mut local = LocalChanges::default();
    if is_there && !replace {
        local = local_changes::of(&disk, (&vendored, &resolution), &mut sources)?;
        let again = format!("airgo unpack {} --as vendor", argument(file));
        local.refuse(&vendor, &again)?;
    }
    let names = vendored.files.keys().map(String::as_str).chain([MODULES_TXT]);
    let new = target.start(names).map_err(|e| failure::directory(&e))?;
    contents::copy(context, bundle, &selected.wanted, &new, open::jobs(request.jobs))?;
    own(&vendored, &mut sources, &new)?;
    let parts: Vec<CarriedModule> = selected.wanted.into_values().map(|one| one.files).collect();
    carried.check_read(&parts)?;
    new.publish().map_err(|e| failure::directory(&e))?;
    if let Some(first) = local.unknown.first() {
        let more = match local.unknown.len() - 1 {
            0 => String::new(),
            n => format!(" and {}", count(n, "other module")),
        };
        context.warning(format!(
            "{} had files of {first}{more} that differ from what is there now: whether they were changed here is not known, for the bundle does not have them",
            shown(&vendor)
        ));
    }
    Ok(written(modules, 0, all))
}

/// The checkout; an error of its own where there is none.
fn load(context: &Context, dir: &Path) -> Result<Loaded> {
    let failed = |mut failure: Failure| {
        // What helps pack does not help here.
        if failure.message.raw().starts_with("go.mod not found") {
            failure.hints.clear();
            return failure.hint("--as vendor writes into a checkout: run it there, or name it: --to DIR");
        }
        failure
    };
    project::load(dir, &context.env).map_err(failed)
}

/// Refuses a checkout in another state than the one that was packed.
fn demand_same(loaded: &Loaded, bundle: &SignedBundle, file: &Path) -> Result<()> {
    let manifest = bundle.manifest();
    let found = beside::differences(loaded, bundle);
    let file = shown(file);
    if !found.is_of_bundle {
        let names = |paths: Vec<&str>| paths.join(", ");
        let here = loaded.project.mains.iter().filter_map(|main| main.modfile.module.as_ref());
        return Err(Failure::failed(format!("{file} was packed for another project"))
            .fact("bundle", names(manifest.main_modules.iter().map(|m| m.path.as_str()).collect()))
            .fact("checkout", names(here.map(|module| module.path.as_str()).collect()))
            .hint("name the checkout that was packed: --to DIR"));
    }
    let other: Vec<_> = found.list.iter().filter(|difference| difference.what != What::Lacking).collect();
    let work = if found.same_lines { None } else { other_workspace(loaded, manifest) };
    if other.is_empty() && work.is_none() {
        return Ok(());
    }
    let kind = match other.iter().any(|difference| difference.what == What::Hash) {
        true => FailureKind::Checksum,
        false => FailureKind::Failed,
    };
    let mut failure = Failure::new(kind, format!("{file} was packed for another state of this project"));
    for text in other.into_iter().map(|difference| difference.text.clone()).chain(work) {
        failure = failure.line(text);
    }
    Err(failure.hint("pack again, or check out the state that was packed"))
}

/// That go.work is not the one that was packed.
fn other_workspace(loaded: &Loaded, manifest: &Manifest) -> Option<String> {
    loaded.project.workspace.as_ref()?;
    let sha256 = Sha256::of(&loaded.go_work);
    if manifest.workspaces.iter().any(|work| work.go_work_sha256 == sha256) {
        return None;
    }
    Some(format!("{} is not the go.work that was packed", shown(&loaded.root.join("go.work"))))
}

/// What the bundle carries; its zips are verified file by file where it has the lists.
fn carried<'a>(context: &'a Context, bundle: &'a SignedBundle) -> Result<Carried<'a>> {
    let manifest = bundle.manifest();
    let in_zips = manifest.payload.encoding == Encoding::GoproxyTree;
    if in_zips && manifest.modules.iter().all(|m| m.zip.is_none() || m.files.is_some()) {
        Carried::by_lists(context, bundle)
    } else {
        Carried::new(context, bundle)
    }
}

/// The files of the bundle that are copied.
struct Selected {
    wanted: BTreeMap<ModuleVersion, Wanted>,
    /// Those that it does not carry.
    missing: Vec<(ModuleVersion, String)>,
}

impl Selected {
    fn of(vendored: &Vendored, carried: &Carried<'_>) -> Result<Self> {
        let mut by_module: BTreeMap<&ModuleVersion, Vec<(&str, &str)>> = BTreeMap::new();
        for (path, copied) in &vendored.files {
            if let Place::Zip(module) = &copied.place {
                by_module.entry(module).or_default().push((&copied.file, path));
            }
        }
        let mut selected = Self { wanted: BTreeMap::new(), missing: Vec::new() };
        for (module, files) in by_module {
            let has = list(carried, module)?;
            let places: HashMap<&str, usize> =
                has.list.iter().enumerate().map(|(index, file)| (file.name, index)).collect();
            let mut paths: BTreeMap<usize, Vec<String>> = BTreeMap::new();
            for (file, path) in files {
                match places.get(file).filter(|index| has.carried.has(**index)) {
                    Some(index) => paths.entry(*index).or_default().push(path.to_owned()),
                    None => selected.missing.push((module.clone(), file.to_owned())),
                }
            }
            let part = airgo_bundle::Carried::of(has.list.len(), |index| paths.contains_key(&index));
            let files = CarriedModule { module: module.clone(), carried: part, list: has.list.clone() };
            selected.wanted.insert(module.clone(), Wanted { files, paths });
        }
        Ok(selected)
    }

    /// How many modules have files there.
    fn modules(&self, vendored: &Vendored) -> usize {
        let modules: std::collections::BTreeSet<_> =
            vendored.files.values().map(|copied| &copied.module).collect();
        modules.len()
    }
}

/// Refuses a bundle that lacks some of the files.
fn demand_all(
    lacking: &[(ModuleVersion, String)],
    sources: &Sources<'_>,
    (file, vendor): (&Path, &Path),
) -> Result<()> {
    let mut missing: Vec<&(ModuleVersion, String)> = lacking.iter().chain(&sources.unknown).collect();
    missing.sort();
    missing.dedup();
    if missing.is_empty() {
        return Ok(());
    }
    let many = count(missing.len(), "file");
    let mut failure = Failure::failed(format!("{} does not carry all that is vendored: {many}", shown(file)));
    for (module, name) in missing.iter().take(SHOWN) {
        failure = failure.line(format!("{module}: {name}"));
    }
    if let Some(more) = missing.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        failure = failure.line(format!("and {more} more"));
    }
    let (project, file) = (project_of(vendor), argument(file));
    Err(failure.hint(format!("a bundle with them: airgo pack --exact --vendor {project} -o {file}")))
}

/// The list of a module, and what the bundle carries of it.
fn list(carried: &Carried<'_>, module: &ModuleVersion) -> Result<CarriedModule> {
    carried.list(module).or_else(|_| {
        let list = bundle_files::list(carried.bundle(), module)?;
        let carried = airgo_bundle::Carried::all(list.len());
        Ok(CarriedModule { module: module.clone(), carried, list })
    })
}

/// Writes what is not of the bundle: modules.txt, and files of directories that replace
/// modules.
fn own(vendored: &Vendored, sources: &mut Sources<'_>, into: &NewDirectory<'_>) -> Result<()> {
    let put = |path: &str, bytes: &[u8]| into.put(path, bytes).map_err(|e| failure::directory(&e));
    for (path, copied) in &vendored.files {
        if let Place::Directory(_) = copied.place {
            put(path, &sources.replaced(&copied.place, &copied.file)?)?;
        }
    }
    put(MODULES_TXT, vendored.modules_txt.as_bytes())
}
