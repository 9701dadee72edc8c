//! A module zip made from a repository's files (cmd/go modfetch/coderepo.go
//! Zip, golang.org/x/mod/zip Create).
//!
//! Left out are other modules below this one, vendored packages, symbolic
//! links and whatever else is not a regular file. The files are in the order of
//! the archive. The zip is, byte for byte, the one that Go makes with this version of
//! its encoder. The finished zip is checked like one that came from a proxy.

use super::error::DirectError;
use super::tar::{Entry, Kind, Tar};
use airgo_gomod::modzip::{Limits, Names};
use airgo_gomod::{ModuleVersion, gover, modfile, module};
use airgo_gozip::{Encoder, WriteError, Writer};
use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt::Display;
use std::io::{self, Read, Seek, Write};

/// Makes the zip of a module from a tar archive of `prefix/` and the
/// repository's directory `dir`. `license` is taken if the module has none.
pub(super) fn write<W: Write>(
    mut archive: impl Read + Seek,
    dir: &str,
    module: &ModuleVersion,
    license: Option<&[u8]>,
    encoder: Encoder,
    out: W,
) -> Result<W, DirectError> {
    let prefix = match dir {
        "" => "prefix/".to_owned(),
        dir => format!("prefix/{dir}/"),
    };
    let mut listing = Listing::read(&mut archive, &prefix)?;
    let license = license.filter(|_| !listing.files.iter().any(|f| f.name == "LICENSE"));
    if let Some(license) = license {
        let (name, size) = ("LICENSE".to_owned(), license.len() as u64);
        listing.files.push(Listed { name, size, regular: true });
    }
    let wanted = listing.check()?;

    archive.rewind().map_err(unreadable)?;
    let mut zip = Writer::new(out, encoder);
    let mut add = |name: &str, content: &mut dyn Read| zip.file(format!("{module}/{name}"), content);
    let mut tar = Tar::new(archive);
    while let Some(entry) = tar.next().map_err(unreadable)? {
        if let Some(name) = below(&entry, &prefix)?
            && wanted.contains(name)
        {
            add(name, &mut tar).map_err(unwritable)?;
        }
    }
    if let Some(mut license) = license {
        add("LICENSE", &mut license).map_err(unwritable)?;
    }
    zip.finish().map_err(unwritable)
}

/// What an archive holds below the module's root.
#[derive(Default)]
struct Listing {
    files: Vec<Listed>,
    /// The root go.mod's go version.
    go: String,
}

struct Listed {
    name: String,
    size: u64,
    regular: bool,
}

impl Listing {
    fn read(archive: impl Read, prefix: &str) -> Result<Self, DirectError> {
        let mut tar = Tar::new(archive);
        let mut listing = Self::default();
        while let Some(entry) = tar.next().map_err(unreadable)? {
            let Some(name) = below(&entry, prefix)? else { continue };
            let regular = entry.kind == Kind::File;
            listing.files.push(Listed { name: name.to_owned(), size: entry.size, regular });
            if name == "go.mod" && regular && entry.size <= Limits::default().go_mod {
                let mut text = Vec::new();
                tar.read_to_end(&mut text).map_err(unreadable)?;
                let parsed = modfile::parse_lax("go.mod", &text).ok();
                listing.go = parsed.and_then(|f| f.go).map(|go| go.version).unwrap_or_default();
            }
        }
        Ok(listing)
    }

    /// The files that the zip holds; an error if one of them may not be in a
    /// zip (x/mod/zip checkFiles).
    fn check(&self) -> Result<HashSet<&str>, DirectError> {
        let base = |name: &str| name.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let go_mods = self.files.iter().filter(|f| f.regular && base(&f.name) == "go.mod");
        let modules: HashSet<&str> = go_mods.filter_map(|f| Some(f.name.rsplit_once('/')?.0)).collect();
        let bad = |name: &str, why: &dyn Display| DirectError::BadModule(format!("{name:?}: {why}"));

        let limits = Limits::default();
        let mut names = Names::default();
        let (mut wanted, mut total) = (HashSet::new(), 0u64);
        for Listed { name, size, regular } in &self.files {
            let elsewhere = std::iter::successors(Some(name.as_str()), |n| Some(n.rsplit_once('/')?.0))
                .skip(1)
                .any(|dir| modules.contains(dir));
            if elsewhere || is_vendored(name, &self.go) || name == ".hg_archival.txt" {
                continue;
            }
            module::check_file_path(name).map_err(|e| bad(name, &e))?;
            if name.eq_ignore_ascii_case("go.mod") && name != "go.mod" {
                return Err(bad(name, &"go.mod files must have lowercase names"));
            }
            names.add(name, false).map_err(|e| bad(name, &e))?;
            // A link too may not collide with a file, but is left out.
            if !regular {
                continue;
            }
            let limit = match name.as_str() {
                "go.mod" => limits.go_mod,
                "LICENSE" => limits.license,
                _ => limits.total,
            };
            if *size > limit {
                return Err(DirectError::TooLarge { what: name.clone(), limit });
            }
            total += size;
            if total > limits.total {
                return Err(DirectError::TooLarge { what: "the module".to_owned(), limit: limits.total });
            }
            wanted.insert(name.as_str());
        }
        Ok(wanted)
    }
}

/// An entry's name below the module's root; none for what is not a file of it.
fn below<'a>(entry: &'a Entry, prefix: &str) -> Result<Option<&'a str>, DirectError> {
    let Some(name) = entry.name.strip_prefix(prefix.as_bytes()) else { return Ok(None) };
    if name.is_empty() || name.ends_with(b"/") || entry.kind == Kind::Directory {
        return Ok(None);
    }
    match std::str::from_utf8(name) {
        Ok(name) => Ok(Some(name)),
        Err(_) => {
            let name = String::from_utf8_lossy(name);
            Err(DirectError::BadModule(format!("the file name {name:?} is not valid UTF-8")))
        }
    }
}

/// Whether a file is in a vendored package (x/mod/zip isVendoredPackage).
///
/// Modules before go 1.24 keep an old fault, and with it their hashes: below
/// a `vendor` that is not in the root it is the first eight bytes of the whole
/// name that are passed over, and `vendor/modules.txt` stays
/// (golang.org/issue/37397).
fn is_vendored(name: &str, go: &str) -> bool {
    let fixed = !go.is_empty() && gover::compare(&gover::lang(go), "1.24") != Ordering::Less;
    if fixed && name == "vendor/modules.txt" {
        return true;
    }
    let rest = if let Some(rest) = name.strip_prefix("vendor/") {
        rest.as_bytes()
    } else if let Some(at) = name.find("/vendor/") {
        let start = if fixed { at } else { 0 } + "/vendor/".len();
        &name.as_bytes()[start..]
    } else {
        return false;
    };
    rest.contains(&b'/')
}

fn unreadable(e: io::Error) -> DirectError {
    DirectError::BadModule(format!("its archive cannot be read: {e}"))
}

fn unwritable(e: WriteError) -> DirectError {
    match e {
        WriteError::Read(e) => unreadable(e),
        WriteError::Write(e) => DirectError::BadModule(format!("its zip cannot be written: {e}")),
        e => DirectError::BadModule(format!("its zip cannot be made: {e}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendored_packages_as_go_sees_them() {
        for (name, old, new) in [
            ("vendor/modules.txt", false, true),
            ("vendor/x.go", false, false),
            ("vendor/a/x.go", true, true),
            ("pkg/vendor/vendor.go", true, false),
            ("p/vendor/v.go", true, false),
            ("pk/vendor/v.go", true, false),
            ("a-long-directory/vendor/v.go", true, false),
            ("pkg/vendor/foo/foo.go", true, true),
            ("vendors/a/x.go", false, false),
            ("a/modules.txt", false, false),
        ] {
            assert_eq!(is_vendored(name, ""), old, "{name}");
            assert_eq!(is_vendored(name, "1.23.4"), old, "{name}");
            assert_eq!(is_vendored(name, "1.24"), new, "{name}");
            assert_eq!(is_vendored(name, "1.26rc1"), new, "{name}");
        }
    }
}
