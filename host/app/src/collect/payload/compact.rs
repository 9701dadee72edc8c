//! All files of the modules in blocks, of which the zips can be made again, byte for byte.

use super::{Compressed, Listed, Payload, compress};
use crate::Context;
use crate::collect::collected::Objects;
use crate::errors::fetch_failure;
use crate::failure::{Failure, Result};
use crate::quantity::{bytes, count};
use crate::trust::open;
use airgo_bundle::manifest::{Encoder, Encoding};
use airgo_bundle::{Carried, CarriedModule, Progress as _};
use airgo_fetch::{Fetched, Kind};
use airgo_gomod::ModuleVersion;
use airgo_gomod::modzip::FileList;
use airgo_gozip::{Identified, Limits, identify};
use airgo_model::parallel;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Blocks with all files, but for zips that no encoder gives back: those stay as they are.
pub fn payload(context: &Context, objects: &Objects, output: &Path) -> Result<Payload> {
    let zips = objects.iter().filter(|(object, _)| object.kind == Kind::Zip);
    let zips = zips.filter_map(|(object, fetched)| Some((&object.module, fetched, fetched.files.as_ref()?)));
    let zips: Vec<(&ModuleVersion, &Fetched, &FileList)> = zips.collect();
    let encoders = encoders(context, &zips)?;
    let (mut lists, mut modules, mut stored, mut all) = (BTreeMap::new(), Vec::new(), Vec::new(), 0);
    for (module, fetched, list) in zips {
        let encoder = encoders.get(module).copied();
        all += fetched.size;
        match encoder {
            Some(_) => modules.push(CarriedModule {
                module: module.clone(),
                list: list.clone(),
                carried: Carried::all(list.len()),
            }),
            None => stored.push((module, fetched.size)),
        }
        lists.insert(module.clone(), Listed::of(list, None, encoder)?);
    }
    let (blocks, Compressed { files, unpacked }) = compress(context, modules, objects, output)?;
    let as_they_came = match stored.len() {
        0 => String::new(),
        n => format!(
            "; {} stored as they came ({})",
            count(n, "zip"),
            bytes(stored.iter().map(|(_, size)| size).sum())
        ),
    };
    context.status(
        "Compressed",
        format!(
            "{files} files: {}, compressed {} (all zips: {}){as_they_came}",
            bytes(unpacked),
            bytes(blocks.size()),
            bytes(all)
        ),
    );
    for (module, _) in stored {
        context
            .detail(format!("neither go1.26 nor go1.27 makes the zip of {module}: it is stored as it came"));
    }
    Ok(Payload { encoding: Encoding::Compact, lists, blocks: Some(blocks), instead: None })
}

/// What makes each zip, found by making it: none where that gives other bytes.
fn encoders(
    context: &Context,
    zips: &[(&ModuleVersion, &Fetched, &FileList)],
) -> Result<BTreeMap<ModuleVersion, Encoder>> {
    let watch = open::Watch::new(context, "Identifying", "zips", zips.len() as u64);
    let mut order: Vec<_> = zips.iter().collect();
    order.sort_by_key(|(_, fetched, _)| std::cmp::Reverse(fetched.size));
    let found = Mutex::new(BTreeMap::new());
    let failed = parallel::each(
        open::jobs(None),
        &order,
        true,
        || (),
        |(), (module, fetched, _)| {
            context.interrupt.check()?;
            let reader = fetched.open().map_err(|e| fetch_failure(&e))?;
            let identified = identify(reader, &Limits::default())
                .map_err(|e| Failure::failed(format!("the zip of {module} cannot be read: {e}")))?;
            watch.object(&module.path);
            if let Some(encoder) = stated(identified) {
                found.lock().unwrap_or_else(PoisonError::into_inner).insert((*module).clone(), encoder);
            }
            Ok(())
        },
    );
    match failed.into_iter().next() {
        Some((_, failure)) => Err(failure),
        None => Ok(found.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

fn stated(identified: Identified) -> Option<Encoder> {
    match identified {
        Identified::By(airgo_gozip::Encoder::Go126) => Some(Encoder::Go126),
        Identified::By(airgo_gozip::Encoder::Go127) => Some(Encoder::Go127),
        Identified::AsIs => None,
    }
}
