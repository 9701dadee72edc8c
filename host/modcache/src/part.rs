//! Staging and publishing a part of a module, or the whole without its zip.

use crate::cache::{Buffers, ModCache};
use crate::error::{InstallError, Problem};
use crate::gomodcache::existing::{Existing, has_tree, look};
use crate::gomodcache::metadata::{MetadataFiles, Missing};
use crate::gomodcache::place::Place;
use crate::gomodcache::publish::Publication;
use crate::gomodcache::target::Target;
use crate::gomodcache::verify::Known;
use crate::input::{Outcome, Progress};
use crate::known::Found;
use crate::listed::{PartialInput, VerifiedList};
use crate::parallel::into_inner;
use crate::partial::Part;
use crate::rebuilding::{Made, Rebuilding};
use crate::record::Known as Recorded;
use crate::staged::{Staged, Work};
use crate::writer::contents::Contents;
use crate::writer::copied::{VerifiedModule, Written};
use crate::writer::system::open_dir;
use crate::writer::tree::names;
use cap_std::fs::Dir;
use std::collections::HashSet;
use std::io::{self, ErrorKind};
use std::sync::Arc;

/// Verifies the list and what the cache has of the module, and a place for the
/// files that are to come. `marked` says whether its tree may be a part; `shared` finds
/// the zip of a complete module in the cache.
pub(crate) fn stage(
    cache: &ModCache,
    input: PartialInput,
    marked: impl FnOnce(&Place) -> Result<bool, InstallError>,
    shared: impl FnOnce(&Place) -> Result<Option<String>, InstallError>,
    progress: &dyn Progress,
) -> Result<(Staged, Arc<Part>), InstallError> {
    let PartialInput { module, h1, files, carried, info, go_mod, zip } = input;
    let ModCache { root, temporary, options, .. } = cache;
    let place = Place::of(&module)?;
    let metadata = MetadataFiles::check(&place, info, go_mod)?;
    let list = VerifiedList::check(&module, h1, files, carried, &options.limits)?;
    if zip.is_some()
        && let Some((index, _)) = list.files().find(|(index, _)| !list.is_carried(*index))
    {
        return Err(Problem::NotCarried { index }.of(&module));
    }
    if progress.cancelled() {
        return Err(Problem::Cancelled.of(&module));
    }
    let download = place.open_download(root)?;
    let (missing, existing, present) = match &download {
        None => has_tree(&place, root).map(|_| (metadata.all(), Existing::Nothing, Vec::new()))?,
        Some(download) => {
            let target = cache.target(&place, download, progress);
            let missing = metadata.missing(&target)?;
            let existing = match look(&target, h1, marked(&place)?) {
                Err(error) if zip.is_some() && target.repairs(&error) => Existing::Wrong,
                looked => looked?,
            };
            // What is there of a part is replaced where the whole comes.
            if zip.is_some() && matches!(existing, Existing::Partial { .. }) {
                (missing, existing, Vec::new())
            } else {
                match verify(cache, &target, existing, &list) {
                    // Zip and tree, or the tree alone where there is no zip.
                    Err(error)
                        if (zip.is_some()
                            || matches!(existing, Existing::Partial { .. } | Existing::TreeOnly))
                            && target.repairs(&error) =>
                    {
                        (missing, Existing::Wrong, Vec::new())
                    }
                    verified => {
                        let (existing, present) = verified?;
                        (missing, existing, present)
                    }
                }
            }
        }
    };
    let is_there = match existing {
        Existing::Complete => true,
        Existing::TreeOnly | Existing::ZipOnly => zip.is_none(),
        Existing::Partial { .. } | Existing::Nothing | Existing::Wrong => false,
    };
    // A zip is made of files that were written here.
    let present = if zip.is_some() && !is_there { Vec::new() } else { present };
    let wanted: Vec<_> = list
        .carried()
        .filter(|(index, _)| !present.get(*index).is_some_and(|present| *present))
        .map(|(_, file)| file.name)
        .collect();
    let tree_path = place.tree_path();
    let is_part_there = matches!(existing, Existing::Partial { published: true }) && zip.is_none();
    if is_there || is_part_there && wanted.is_empty() {
        let part = Arc::new(Part::new(module, tree_path, list, present, None));
        let work = if missing.is_nothing() { Work::Nothing } else { Work::Complete };
        return Ok((Staged { place, missing, work }, part));
    }
    let contents = {
        let longest = wanted.iter().max_by_key(|name| name.len());
        if let Some(name) = longest.filter(|name| cache.is_too_long(&tree_path, name)) {
            // It could be written, name by name, and go could not open it.
            let error = rustix::io::Errno::NAMETOOLONG.into();
            return Err(place.write_error(&format!("{tree_path}/{name}"), error));
        }
        let (staged, dir) =
            temporary.create_tree().map_err(|error| place.obstacle(&temporary.place(), error))?;
        Contents::new(staged, &dir, wanted.into_iter())
            .map_err(|(dir, error)| place.write_error(&format!("{tree_path}/{dir}"), error))?
    };
    let mut part = Part::new(module, tree_path, list, present, Some(contents));
    part.replaces = existing == Existing::Wrong;
    if let Some(zip) = zip {
        part.zip = Some(Rebuilding::new(zip, h1, &place));
        let part = Arc::new(part);
        return Ok((Staged { place, missing, work: Work::Rebuilt(existing, Arc::clone(&part)) }, part));
    }
    if !part.whole
        && !options.allow_shared
        && let Some(file) = shared(&place)?
    {
        return Err(place.error(Problem::Shared { file }));
    }
    let part = Arc::new(part);
    Ok((Staged { place, missing, work: Work::Part(Arc::clone(&part)) }, part))
}

/// Hashes what is there of a module, and returns which files of its list that are. What
/// is not published, and not right either, counts as nothing.
fn verify(
    cache: &ModCache,
    target: &Target<'_>,
    existing: Existing,
    list: &VerifiedList,
) -> Result<(Existing, Vec<bool>), InstallError> {
    let mut buffers = Buffers::of(1);
    let h1 = list.h1();
    match existing {
        Existing::Nothing | Existing::Wrong => Ok((existing, Vec::new())),
        Existing::Complete | Existing::TreeOnly | Existing::ZipOnly => {
            if !cache.knows(target, h1, existing) {
                cache.verify(target, existing, &mut Known::List(list), &mut buffers)?;
            }
            Ok((existing, vec![true; list.len()]))
        }
        Existing::Partial { .. } if let Some(known) = cache.records.knows(target, h1, existing) => {
            Ok((existing, recorded(&known, list)))
        }
        Existing::Partial { published } => match cache.verify_part(target, list, &mut buffers) {
            Ok(present) => Ok((existing, present)),
            Err(error) if !published && matches!(*error.problem, Problem::Changed { .. }) => {
                Ok((Existing::Nothing, Vec::new()))
            }
            Err(error) => Err(error),
        },
    }
}

/// Which files of the list are in the tree, which is as it was recorded.
fn recorded(known: &Recorded, list: &VerifiedList) -> Vec<bool> {
    let mut names = HashSet::new();
    known.tree.files(|name, _| {
        names.insert(name.to_owned());
    });
    let mut present = vec![false; list.len()];
    for (index, file) in list.files() {
        if let Some(present) = present.get_mut(index) {
            *present = names.contains(file.name);
        }
    }
    present
}

/// A module with the zip that was made of its files. All of them have come.
pub(crate) fn rebuilt(part: Arc<Part>) -> Result<VerifiedModule, InstallError> {
    part.check_complete()?;
    let module = part.module.clone();
    let lacks = |file: String| Problem::NotGiven { file }.of(&module);
    // No tree is in use any more, so this is the only one to hold it.
    let Some(Part { zip: Some(zip), contents: Some(contents), stamps, .. }) = Arc::into_inner(part) else {
        return Err(lacks("its zip".to_owned()));
    };
    let Made { digest, zip, stamp } = zip.into_made().map_err(lacks)?;
    let stamps = Written { zip: stamp, tree: Some(into_inner(stamps)) };
    Ok(VerifiedModule::rebuilt(digest, zip, contents.into_staged(), stamps))
}

/// Makes a part of a module visible, under its lock. All of its files have come.
pub(crate) fn publish(
    cache: &ModCache,
    target: &Target<'_>,
    missing: Missing,
    part: Arc<Part>,
    before: Option<i64>,
) -> Result<Outcome, InstallError> {
    let h1 = part.list.h1();
    if part.replaces {
        let missing = missing.again(target)?;
        return place_part(cache, target, missing, part, Existing::Wrong, before);
    }
    let place = target.place;
    // Another process may have been at it meanwhile.
    let existing = look(target, h1, false)?;
    let missing = missing.again(target)?;
    target.remove_leftovers();
    if matches!(existing, Existing::Complete | Existing::ZipOnly)
        && verify(cache, target, existing, &part.list).is_ok()
    {
        return missing.write(target);
    }
    // By now it is marked as a part.
    let existing = look(target, h1, true)?;
    let (existing, present) = verify(cache, target, existing, &part.list)?;
    let is_present = |index: usize| present.get(index).is_some_and(|present| *present);
    if let Some((_, file)) =
        part.list.carried().find(|(index, _)| !is_present(*index) && !part.is_staged(*index))
    {
        // It was there when it was staged.
        let file = format!("{}/{}", place.tree_path(), file.name);
        return Err(place.read_error(&file, ErrorKind::NotFound.into()));
    }
    place_part(cache, target, missing, part, existing, before)
}

/// Moves what was staged of a module to its place, or into the part that is there.
fn place_part(
    cache: &ModCache,
    target: &Target<'_>,
    missing: Missing,
    part: Arc<Part>,
    existing: Existing,
    before: Option<i64>,
) -> Result<Outcome, InstallError> {
    // No tree is in use any more, so this is the only one to hold it.
    let Some(Part { contents: Some(contents), stamps, list, whole, .. }) = Arc::into_inner(part) else {
        return missing.write(target);
    };
    let (h1, into, records) = (list.h1(), matches!(existing, Existing::Partial { .. }), &cache.records);
    let mut stamps = into_inner(stamps);
    let installed = records.is_ours(&target.place.module, h1, existing);
    let publication = Publication::new(target, cache.options.keep_writable);
    publication.part(missing, h1, contents, &mut stamps, into)?;
    if !into {
        let stamps = Written { zip: None, tree: Some(stamps) };
        let found = Found { stamps, installed: Some(installed), part: !whole, moved: true };
        records.found(target, h1, found, before);
    }
    Ok(outcome(existing))
}

/// What installing makes of what was there.
pub(crate) fn outcome(before: Existing) -> Outcome {
    match before {
        Existing::Partial { published: true } => Outcome::Extended,
        Existing::Wrong => Outcome::Repaired,
        _ => Outcome::Installed,
    }
}

/// The first zip of a module that the cache has, below the cache.
pub(crate) fn any_zip(root: &Dir) -> io::Result<Option<String>> {
    let opened = open_dir(root, "cache").and_then(|cache| open_dir(&cache, "download"));
    match opened {
        Ok(download) => zip_below(&download, "cache/download"),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn zip_below(dir: &Dir, path: &str) -> io::Result<Option<String>> {
    for (name, is_dir) in names(dir)? {
        let shown = format!("{path}/{}", name.to_string_lossy());
        if !is_dir {
            if shown.ends_with(".zip") {
                return Ok(Some(shown));
            }
            continue;
        }
        match open_dir(dir, &name).and_then(|child| zip_below(&child, &shown)) {
            Ok(None) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            found => return found,
        }
    }
    Ok(None)
}
