//! From bytes to a [`Fetched`]: hash, check the form, and only then hand out.
//! The one place where an `h1` comes from, whatever the bytes' source.

use crate::config::Limits;
use crate::info::{self, Origin};
use crate::invalid::InvalidContent;
use crate::net::text::clean;
use crate::object::{Kind, Object};
use crate::regular;
use airgo_gomod::modzip::{self, Fault, FileList, ModZipError, ModuleZip, Scratch, WalkError};
use airgo_gomod::{H1, ModuleVersion, dirhash};
use sha2::{Digest, Sha256};
use std::io::{self, Read, Seek};
use std::path::Path;

/// What hashing found out.
#[derive(Debug)]
pub(crate) struct Hashed {
    pub(crate) size: u64,
    pub(crate) sha256: [u8; 32],
    pub(crate) h1: Option<H1>,
    /// The files of a zip.
    pub(crate) files: Option<FileList>,
    pub(crate) origin: Option<Origin>,
    /// The object itself, for the small kinds; canonical for `.info`.
    pub(crate) bytes: Option<Vec<u8>>,
}

/// Why a file on this machine cannot be used.
#[derive(Debug)]
pub(crate) enum LoadError {
    Io(io::Error),
    TooLarge(u64),
    InvalidContent(InvalidContent),
}

/// The most bytes to accept of a kind.
pub(crate) fn limit_of(limits: &Limits, kind: Kind) -> u64 {
    match kind {
        Kind::Info => limits.info,
        Kind::Mod => limits.go_mod,
        Kind::Zip => limits.zip,
        Kind::SumDb | Kind::File => limits.info,
    }
}

/// Checks and hashes the small kinds.
pub(crate) fn small(object: &Object, bytes: Vec<u8>) -> Result<Hashed, InvalidContent> {
    if bytes.is_empty() && object.kind == Kind::Info {
        return Err(InvalidContent::Empty);
    }
    if let Some(page) = web_page(&bytes) {
        return Err(page);
    }
    let (bytes, h1, origin) = match object.kind {
        Kind::Info => {
            let info = info::parse(&bytes, &object.module.version)?;
            (info.canonical, None, info.origin)
        }
        Kind::Mod | Kind::Zip | Kind::SumDb | Kind::File => {
            let h1 = dirhash::hash_go_mod(&bytes);
            (bytes, Some(h1), None)
        }
    };
    let sha256 = Sha256::digest(&bytes).into();
    Ok(Hashed { size: bytes.len() as u64, sha256, h1, files: None, origin, bytes: Some(bytes) })
}

/// Walks a zip for what its h1 is a hash of, which checks every rule and checksum
/// in it.
pub(crate) fn zip_files(
    zip: impl Read + Seek,
    module: &ModuleVersion,
    limits: &Limits,
    scratch: &mut Scratch,
) -> Result<FileList, LoadError> {
    let bad = |e: ModZipError| match *e.fault {
        Fault::Io(e) => LoadError::Io(e),
        fault if fault.is_of_content() => {
            LoadError::InvalidContent(InvalidContent::Module(clean(&fault.to_string(), 400)))
        }
        fault => LoadError::InvalidContent(InvalidContent::Zip(clean(&fault.to_string(), 400))),
    };
    let limits = modzip::Limits { zip: limits.zip, go_mod: limits.go_mod, ..modzip::Limits::default() };
    let mut zip = ModuleZip::open(zip, module, &limits).map_err(bad)?;
    zip.walk_listed(scratch, &mut ()).map_err(|e| match e {
        WalkError::Zip(e) => bad(e),
        WalkError::Sink(never) => match never {},
    })
}

/// Hashes a file on this machine: of the store, a GOMODCACHE or a `file://` proxy.
pub(crate) fn local_file(
    object: &Object,
    path: &Path,
    limits: &Limits,
    scratch: &mut Scratch,
) -> Result<Hashed, LoadError> {
    let limit = limit_of(limits, object.kind);
    let (mut file, meta) = regular::open(path).map_err(LoadError::Io)?;
    if meta.len() > limit {
        return Err(LoadError::TooLarge(limit));
    }
    if object.kind != Kind::Zip {
        let mut bytes = Vec::new();
        file.take(limit + 1).read_to_end(&mut bytes).map_err(LoadError::Io)?;
        if bytes.len() as u64 > limit {
            return Err(LoadError::TooLarge(limit));
        }
        return small(object, bytes).map_err(LoadError::InvalidContent);
    }

    let mut digest = Sha256::new();
    let mut buffer = vec![0; 128 << 10];
    let mut size = 0;
    loop {
        let n = file.read(&mut buffer).map_err(LoadError::Io)?;
        if n == 0 {
            break;
        }
        if size == 0
            && let Some(invalid) = not_a_zip(&buffer[..n])
        {
            return Err(LoadError::InvalidContent(invalid));
        }
        size += n as u64;
        digest.update(&buffer[..n]);
    }
    if size == 0 {
        return Err(LoadError::InvalidContent(InvalidContent::Empty));
    }
    drop(buffer);
    let files = zip_files(file, &object.module, limits, scratch)?;
    let (h1, sha256) = (Some(files.h1(&object.module)), digest.finalize().into());
    Ok(Hashed { size, sha256, h1, files: Some(files), origin: None, bytes: None })
}

/// What a zip's first bytes tell, so that a captive portal's page is called one.
pub(crate) fn not_a_zip(start: &[u8]) -> Option<InvalidContent> {
    if start.starts_with(b"PK") || b"PK".starts_with(start) {
        return None;
    }
    Some(web_page(start).unwrap_or_else(|| InvalidContent::Zip("it does not begin like a zip".to_owned())))
}

/// Whether these bytes are a web page. No go.mod, JSON or zip begins with `<`.
pub(crate) fn web_page(bytes: &[u8]) -> Option<InvalidContent> {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    if !start.starts_with(b"<") {
        return None;
    }
    let head = String::from_utf8_lossy(&start[..start.len().min(4096)]).into_owned();
    let lower = head.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|at| {
        let open = at + lower[at..].find('>')? + 1;
        let close = open + lower[open..].find('<')?;
        Some(clean(&head[open..close], 80))
    });
    Some(InvalidContent::Html { title: title.filter(|t| !t.is_empty()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_named() {
        let page = b"\n<!DOCTYPE html>\n<html><head><TITLE>Hotel\n Wi-Fi \x1b[31m</TITLE>";
        assert_eq!(web_page(page), Some(InvalidContent::Html { title: Some("Hotel Wi-Fi [31m".to_owned()) }));
        assert_eq!(web_page(b"<html>"), Some(InvalidContent::Html { title: None }));
        assert_eq!(web_page(b"module x // <html>"), None);
        assert_eq!(not_a_zip(b"PK\x03\x04"), None);
        assert_eq!(not_a_zip(b"P"), None);
        assert!(matches!(not_a_zip(b"nope"), Some(InvalidContent::Zip(_))));
        assert_eq!(InvalidContent::Html { title: None }.to_string(), "a web page");
    }

    #[test]
    fn a_mod_is_hashed_raw() {
        let object = Object::new(ModuleVersion::new("x.example/m", "v1.0.0"), Kind::Mod);
        let raw = b"module \"x.example/m\"\r\n".to_vec();
        let hashed = small(&object, raw.clone()).unwrap();
        assert_eq!(hashed.bytes.as_deref(), Some(&raw[..]));
        assert_eq!(hashed.h1, Some(dirhash::hash_go_mod(&raw)));
    }
}
