//! What the cache holds of a module already (cmd/go modfetch/cache.go
//! DownloadDir, fetch.go DownloadZip).

use crate::error::{Hashed, InstallError, Problem};
use crate::gomodcache::place::Place;
use crate::gomodcache::target::Target;
use crate::writer::system::{open_file, special};
use airgo_gomod::H1;
use cap_std::fs::{Dir, MetadataExt as _};
use rustix::fs::FileType;
use std::io::{ErrorKind, Read as _};

/// How much of a module's zip and tree is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    /// Zip and tree, with the right `.ziphash`.
    Complete,
    /// The tree, with the right `.ziphash`, but no zip: someone freed space.
    TreeOnly,
    /// A part of the tree: it came from a bundle that carries no more. There may be a zip,
    /// which the go command fetched later without a look at the tree.
    Partial {
        /// Whether the go command takes it for a module that is there.
        published: bool,
    },
    /// The zip, to be extracted. Its `.ziphash` is right, or there is none.
    ZipOnly,
    /// Another content than the module's, which is to be replaced.
    Wrong,
    /// Neither, or what a process left that did not come to its end.
    Nothing,
}

/// The length of `h1:` with 32 bytes in base64 (cmd/go modfetch isValidSum).
const SUM_LEN: usize = 47;

/// Looks what is there. Another hash than the one wanted is an error. `may_be_part` says
/// that a tree need not be whole.
pub(crate) fn look(target: &Target<'_>, want: H1, may_be_part: bool) -> Result<Existing, InstallError> {
    let place = target.place;
    let zip = is_there(target, &place.file("zip"))?;
    let partial = is_there(target, &place.file("partial"))?;
    let tree = has_tree(place, target.root)?;
    let sum = read_sum(target)?;
    let there = tree && !partial;
    match sum {
        Some(have) if have != want.to_string() && (zip || there) => Err(place.error(Problem::Conflict {
            what: Hashed::Zip,
            file: place.download_path(&place.file("ziphash")),
            want,
            have,
        })),
        sum if may_be_part && tree => Ok(Existing::Partial { published: there && sum.is_some() }),
        Some(_) if there && zip => Ok(Existing::Complete),
        Some(_) if there => Ok(Existing::TreeOnly),
        _ if zip => Ok(Existing::ZipOnly),
        _ => Ok(Existing::Nothing),
    }
}

fn is_there(target: &Target<'_>, name: &str) -> Result<bool, InstallError> {
    let file = || target.place.download_path(name);
    match target.download.symlink_metadata(name) {
        Ok(metadata) if metadata.is_file() => Ok(true),
        Ok(metadata) => Err(target.obstacle(file(), special(FileType::from_raw_mode(metadata.mode())))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(target.place.read_error(&file(), error)),
    }
}

/// Whether a tree is there, complete or not.
pub(crate) fn has_tree(place: &Place, root: &Dir) -> Result<bool, InstallError> {
    let Some(parent) = place.open_parent(root)? else { return Ok(false) };
    match parent.symlink_metadata(place.tree_name()) {
        Ok(metadata) if metadata.is_dir() => Ok(true),
        Ok(_) => Err(place.stands_there(place.tree_path(), "no directory, or a symbolic link")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(place.read_error(&place.tree_path(), error)),
    }
}

/// The hash in `.ziphash`; none where the file holds no hash, which the go
/// command then takes for missing.
fn read_sum(target: &Target<'_>) -> Result<Option<String>, InstallError> {
    let name = target.place.file("ziphash");
    let mut text = Vec::new();
    let read = open_file(target.download, &name)
        .and_then(|file| file.take(1024).read_to_end(&mut text))
        .map(|_| String::from_utf8(text).ok());
    match read {
        Ok(text) => Ok(text
            .map(|text| text.trim().to_owned())
            .filter(|sum| sum.len() == SUM_LEN && !sum.contains('\0'))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(target.place.read_error(&target.place.download_path(&name), error)),
    }
}
