//! Zips that are made again of the files that a compact bundle carries.

use crate::Context;
use crate::errors::install_failure;
use crate::failure::{Failure, Result};
use crate::trust::open;
use airgo_bundle::manifest::{self, Encoding};
use airgo_bundle::{Blocks, Progress as _, SignedBundle};
use airgo_gomod::ModuleVersion;
use airgo_gozip::{Encoder, WriteError, Writer};
use airgo_modcache::{PartialTree, RebuiltZip};
use airgo_model::parallel;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;

/// A zip that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Zip {
    /// What makes it.
    pub encoder: Encoder,
    /// What it must be.
    pub bytes: RebuiltZip,
}

/// The zips that are to be made, by stored module.
pub type Zips = BTreeMap<ModuleVersion, Zip>;

/// Those of a bundle; none of them where the cache is to be `lean`.
///
/// # Errors
/// `lean`, of a bundle with zips.
pub fn wanted(bundle: &SignedBundle, lean: bool) -> Result<Zips> {
    let manifest = bundle.manifest();
    if lean {
        return match manifest.payload.encoding {
            Encoding::Compact | Encoding::Exact => Ok(Zips::new()),
            Encoding::GoproxyTree => Err(Failure::failed("--lean: the bundle has the zips themselves")
                .hint("without --lean they are installed")
                .hint(
                    "airgo convert FILE --compact -o OUT makes a bundle that can be unpacked without them",
                )),
        };
    }
    let stated = manifest.modules.iter().filter_map(|module| {
        let (encoder, zip) = (module.encoder?, module.zip.as_ref()?);
        let encoder = of(encoder);
        let bytes = RebuiltZip { size: zip.size, sha256: zip.sha256.0 };
        Some((module.stored_as()?, Zip { encoder, bytes }))
    });
    Ok(stated.collect())
}

/// The encoder that a manifest names.
pub fn of(encoder: manifest::Encoder) -> Encoder {
    match encoder {
        manifest::Encoder::Go126 => Encoder::Go126,
        manifest::Encoder::Go127 => Encoder::Go127,
    }
}

/// Makes the zips of trees whose files have all come, several at once, the largest first.
///
/// # Errors
/// The first zip that is not what the manifest says, or cannot be written.
pub fn rebuild(
    context: &Context,
    blocks: &Blocks,
    trees: &[Option<PartialTree<'_>>],
    zips: &Zips,
    jobs: NonZeroUsize,
) -> Result<()> {
    let modules = blocks.contents().modules().iter();
    let mut todo: Vec<_> = modules
        .zip(trees)
        .filter_map(|(carried, tree)| Some((carried, tree.as_ref()?, zips.get(&carried.module)?)))
        .collect();
    todo.sort_by_key(|(_, _, zip)| Reverse(zip.bytes.size));
    let watch = open::Watch::new(context, "Making", "zips", todo.len() as u64);
    let failed = parallel::each(
        jobs,
        &todo,
        true,
        || (),
        |(), (carried, tree, zip)| {
            context.interrupt.check()?;
            let Some(mut writer) = tree.zip().map_err(|e| install_failure(&e))? else { return Ok(()) };
            let names = carried
                .list
                .iter()
                .enumerate()
                .map(|(index, file)| (file.name, (index, file.is_directory())));
            let made = write(zip.encoder, &carried.module, names, &mut writer, |(index, is_directory)| {
                if is_directory { Ok(None) } else { tree.read(index).map(Some).map_err(io::Error::other) }
            });
            made.map_err(|e| match e {
                WriteError::Write(error) => install_failure(&writer.failed(error)),
                other => Failure::failed(format!("cannot make the zip of {}: {other}", carried.module)),
            })?;
            writer.finish().map_err(|e| install_failure(&e))?;
            watch.bytes(zip.bytes.size);
            watch.object(&carried.module.path);
            Ok(())
        },
    );
    failed.into_iter().next().map_or(Ok(()), |(_, failure)| Err(failure))
}

/// Writes the zip of a module's files, in the order of its list: their names below the
/// module's root, and what opens each; none for a directory.
///
/// # Errors
/// A file that cannot be read, or an output that cannot be written.
pub fn write<'n, F, R: Read>(
    encoder: Encoder,
    module: &ModuleVersion,
    files: impl Iterator<Item = (&'n str, F)>,
    out: impl Write,
    mut open: impl FnMut(F) -> io::Result<Option<R>>,
) -> std::result::Result<(), WriteError> {
    let mut zip = Writer::new(out, encoder);
    for (name, file) in files {
        let name = format!("{module}/{name}");
        match open(file).map_err(WriteError::Read)? {
            Some(content) => zip.file(name, content)?,
            None => zip.begin(name)?,
        }
    }
    zip.finish().map(|_| ())
}
