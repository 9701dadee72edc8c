//! Writing volumes, and patches that answer a request.

use super::stale::is_foreign_volume;
use crate::digest::Sha256;
use crate::error::BundleError;
use crate::media::volume::{MAX_VOLUMES, Number, Part, VOLUME_SCHEMA, VolumeError, VolumeHeader, WholeFile};
use crate::positioned::{self, ReadAt};
use crate::progress::{BUFFER, Progress};
use airgo_model::atomic::{self, Access};
use sha2::{Digest as _, Sha256 as Hasher};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The smallest volume: less does not hold a header and a byte.
pub const MIN_VOLUME: u64 = 1024;

/// Writes a file as volumes of at most `size` bytes each, headers included:
/// `<target>.001`, `<target>.002` and so on. All are on the disk when the first
/// one gets its name.
///
/// # Errors
/// A size too small for the file, a file that cannot be read, a disk that is full.
pub fn split(
    source: &dyn ReadAt,
    target: &Path,
    size: u64,
    progress: &dyn Progress,
) -> Result<Vec<PathBuf>, BundleError> {
    let payload = payload(source.len(), size)?;
    let of = source.len().div_ceil(payload).max(1);
    let of = u32::try_from(of).ok().filter(|n| *n <= MAX_VOLUMES).ok_or(VolumeError::TooMany)?;
    let sha256 = digest(source, 0, source.len(), &mut |_| Ok(()), progress)?;
    let file = WholeFile { sha256, size: source.len() };
    let width = of.to_string().len().max(3);
    let mut done = Vec::new();
    for number in 1..=of {
        let offset = u64::from(number - 1) * payload;
        let len = payload.min(source.len() - offset);
        let name = format!("{}.{number:0width$}", file_name(target)?);
        let path = target.with_file_name(name);
        let temporary = write(source, file, &[(offset, len)], Some(Number { number, of }), &path, progress)?;
        done.push((temporary, path));
    }
    // All are written: only now is anything of an earlier set replaced.
    for (_, path) in &done {
        if is_foreign_volume(path) {
            return Err(VolumeError::Occupied(path.display().to_string()).into());
        }
    }
    done.into_iter()
        .map(|(temporary, path)| {
            persist(temporary, &path)?;
            Ok(path)
        })
        .collect()
}

fn file_name(target: &Path) -> Result<&str, BundleError> {
    let name = target.file_name().and_then(|n| n.to_str());
    name.ok_or_else(|| write_error(target)(io::ErrorKind::InvalidInput.into()))
}

fn write_error(path: &Path) -> impl Fn(io::Error) -> BundleError + '_ {
    |source| BundleError::Write { path: path.display().to_string(), source }
}

/// What a volume holds beside the largest header.
fn payload(len: u64, size: u64) -> Result<u64, BundleError> {
    let header = VolumeHeader {
        file: WholeFile { sha256: Sha256([0; 32]), size: len },
        parts: vec![Part { offset: len, sha256: Sha256([0; 32]), size: len }],
        schema: VOLUME_SCHEMA.to_owned(),
        volume: Some(Number { number: MAX_VOLUMES, of: MAX_VOLUMES }),
    };
    let taken = encode(&header)?.len() as u64;
    let least = MIN_VOLUME.max(taken + 1);
    if size < least {
        return Err(VolumeError::TooSmall { size, least }.into());
    }
    Ok(size - taken)
}

fn encode(header: &VolumeHeader) -> Result<Vec<u8>, BundleError> {
    header.to_bytes().map_err(|e| VolumeError::Request(e.to_string()).into())
}

/// Hashes a range, handing its bytes on.
fn digest(
    source: &dyn ReadAt,
    offset: u64,
    len: u64,
    take: &mut dyn FnMut(&[u8]) -> Result<(), BundleError>,
    progress: &dyn Progress,
) -> Result<Sha256, BundleError> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; BUFFER];
    let mut at = 0;
    while at < len {
        if progress.cancelled() {
            return Err(BundleError::Cancelled);
        }
        let want = buffer.len().min(usize::try_from(len - at).unwrap_or(usize::MAX));
        let part = &mut buffer[..want];
        source.read_exact_at(part, offset + at).map_err(BundleError::read("the file to be split"))?;
        hasher.update(&*part);
        take(part)?;
        at += want as u64;
        progress.bytes(want as u64);
    }
    Ok(Sha256(hasher.finalize().into()))
}

/// Writes ranges of a file as one volume or patch, to a temporary file beside
/// `path`.
pub(crate) fn write(
    source: &dyn ReadAt,
    file: WholeFile,
    ranges: &[(u64, u64)],
    volume: Option<Number>,
    path: &Path,
    progress: &dyn Progress,
) -> Result<NamedTempFile, BundleError> {
    let fail = write_error(path);
    let out = atomic::create(atomic::directory(path), Access::Public).map_err(&fail)?;
    let zero = |(offset, size): &(u64, u64)| Part { offset: *offset, sha256: Sha256([0; 32]), size: *size };
    let mut header = VolumeHeader {
        file,
        parts: ranges.iter().map(zero).collect(),
        schema: VOLUME_SCHEMA.to_owned(),
        volume,
    };
    // A digest is as long as any other: the header's length is known before its content.
    let mut at = encode(&header)?.len() as u64;
    for part in &mut header.parts {
        let mut take = |bytes: &[u8]| {
            positioned::write_all_at(out.as_file(), bytes, at).map_err(&fail)?;
            at += bytes.len() as u64;
            Ok(())
        };
        part.sha256 = digest(source, part.offset, part.size, &mut take, progress)?;
    }
    positioned::write_all_at(out.as_file(), &encode(&header)?, 0).map_err(&fail)?;
    Ok(out)
}

/// Gives a temporary file its name, durably.
pub(crate) fn persist(temporary: NamedTempFile, path: &Path) -> Result<(), BundleError> {
    atomic::persist(temporary, path).map_err(write_error(path))
}

/// The digest of a whole source.
pub(crate) fn whole_digest(source: &dyn ReadAt, progress: &dyn Progress) -> Result<Sha256, BundleError> {
    digest(source, 0, source.len(), &mut |_| Ok(()), progress)
}
