//! All files of the modules in blocks, of which the zips can be made again, byte for byte.

use super::source::{Source, Zip};
use super::{Compressed, Listed, Payload, compress};
use crate::Context;
use crate::failure::{Failure, Result};
use crate::quantity::{bytes, count};
use crate::trust::open;
use airgo_bundle::manifest::{Encoder, Encoding};
use airgo_bundle::{Carried, CarriedModule, Progress as _};
use airgo_gomod::ModuleVersion;
use airgo_gozip::{Identified, Limits, identify};
use airgo_model::parallel;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

impl Payload {
    /// Blocks with all files, but for zips that no encoder gives back: those stay as they
    /// are.
    ///
    /// # Errors
    /// A zip that cannot be read, or a disk that is full.
    pub fn compact(context: &Context, source: &dyn Source, output: &Path) -> Result<Self> {
        let encoders = encoders(context, source)?;
        let (mut lists, mut modules, mut stored, mut all) = (BTreeMap::new(), Vec::new(), Vec::new(), 0);
        for Zip { module, size, list } in source.zips() {
            let encoder = encoders.get(module).copied();
            all += size;
            match encoder {
                Some(_) => modules.push(CarriedModule {
                    module: module.clone(),
                    list: list.clone(),
                    carried: Carried::all(list.len()),
                }),
                None => stored.push((module, size)),
            }
            lists.insert(module.clone(), Listed::of(list, None, encoder)?);
        }
        let (blocks, Compressed { files, unpacked }) = compress(context, modules, source, output)?;
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
            context.detail(format!(
                "neither go1.26 nor go1.27 makes the zip of {module}: it is stored as it came"
            ));
        }
        Ok(Self { encoding: Encoding::Compact, lists, blocks: Some(blocks), instead: None })
    }
}

/// What makes each zip, found by making it: none where that gives other bytes.
fn encoders(context: &Context, source: &dyn Source) -> Result<BTreeMap<ModuleVersion, Encoder>> {
    let mut order = source.zips();
    order.sort_by_key(|zip| std::cmp::Reverse(zip.size));
    let watch = open::Watch::new(context, "Identifying", "zips", order.len() as u64);
    let found = Mutex::new(BTreeMap::new());
    let failed = parallel::each(
        open::jobs(None),
        &order,
        true,
        || (),
        |(), Zip { module, .. }| {
            context.interrupt.check()?;
            let mut zip = source.open(module)?;
            let unreadable =
                |e: &dyn std::fmt::Display| Failure::failed(format!("cannot read the zip of {module}: {e}"));
            let identified = identify(&mut zip, &Limits::default()).map_err(|e| unreadable(&e))?;
            // To its end: there its digest is compared.
            io::copy(&mut zip, &mut io::sink()).map_err(|e| unreadable(&e))?;
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
