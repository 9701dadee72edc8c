//! A module on its way into GOMODCACHE: published, or removed again.

use crate::crash_point;
use crate::error::InstallError;
use crate::gomodcache::metadata::Missing;
use crate::gomodcache::target::Target;
use crate::writer::Layout;
use crate::writer::copied::VerifiedModule;
use crate::writer::system::{create_cache_file, make_dir};
use crate::writer::tree::remove_tree;
use airgo_gomod::ModuleVersion;
use cap_std::fs::Dir;
use std::io::ErrorKind;

/// What is removed again unless all goes well.
pub(crate) struct Staging<'a> {
    target: &'a Target<'a>,
    /// The metadata files that are published with it.
    missing: Option<Missing>,
    /// Whether the tree is extracted; else it is there.
    extract: bool,
    /// The directory that the tree is in, once `.partial` is there.
    tree: Option<Dir>,
    /// `.ziphash` is there, and there was no zip that it could have been for.
    ziphash: bool,
}

impl<'a> Staging<'a> {
    /// A zip and its tree.
    pub(crate) fn zip_and_tree(target: &'a Target<'a>, missing: Missing) -> Self {
        Self::new(target, Some(missing), true)
    }

    /// A zip beside a tree that is there.
    pub(crate) fn zip(target: &'a Target<'a>, missing: Missing) -> Self {
        Self::new(target, Some(missing), false)
    }

    /// Nothing that is to be published.
    pub(crate) fn nothing(target: &'a Target<'a>) -> Self {
        Self::new(target, None, false)
    }

    fn new(target: &'a Target<'a>, missing: Option<Missing>, extract: bool) -> Self {
        Self { target, missing, extract, tree: None, ziphash: false }
    }
}

impl Layout for Staging<'_> {
    fn module(&self) -> &ModuleVersion {
        &self.target.place.module
    }

    fn zip_path(&self) -> String {
        let place = self.target.place;
        place.download_path(&place.file("zip"))
    }

    fn tree_path(&self) -> String {
        self.target.place.tree_path()
    }

    /// Puts `.partial` there and makes the tree's directory, empty. What stood
    /// there was not complete.
    fn make_tree(&mut self) -> Result<Option<Dir>, InstallError> {
        if !self.extract {
            return Ok(None);
        }
        let Target { place, download, root, .. } = self.target;
        let parent = place.make_parent(root)?;
        let partial = place.file("partial");
        match create_cache_file(download, &partial) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(self.target.download_error(&partial, error)),
        }
        let made = remove_tree(&parent, place.tree_name())
            .and_then(|()| make_dir(&parent, place.tree_name()))
            .and_then(|(dir, is_new)| if is_new { Ok(dir) } else { Err(ErrorKind::AlreadyExists.into()) });
        self.tree = Some(parent);
        made.map(Some).map_err(|error| place.obstacle(&place.tree_path(), error))
    }

    /// See the crate's documentation for the order.
    fn publish(mut self, module: VerifiedModule) -> Result<(), InstallError> {
        let target = self.target;
        let Target { place, download, .. } = target;
        if let Some(missing) = self.missing.take() {
            missing.write(target)?;
        }
        let (zip, ziphash) = (place.file("zip"), place.file("ziphash"));
        let had_zip = download.symlink_metadata(&zip).is_ok();
        target.write_whole(&ziphash, module.h1().to_string().as_bytes())?;
        self.ziphash = !had_zip && self.tree.is_some();
        crash_point!("ziphash");
        let renamed = module.into_zip().rename(download, &zip);
        renamed.map_err(|error| target.download_error(&zip, error))?;
        // From here on all is there; what remains is to say so.
        self.ziphash = false;
        crash_point!("zip");
        if self.tree.take().is_some() {
            let partial = place.file("partial");
            let removed = download.remove_file(&partial);
            removed.map_err(|error| target.download_error(&partial, error))?;
        }
        crash_point!("done");
        Ok(())
    }
}

impl Drop for Staging<'_> {
    /// Removes what was written. Where the tree cannot be removed, `.partial`
    /// stays, so that no one takes it for complete.
    fn drop(&mut self) {
        let Target { place, download, .. } = self.target;
        if self.ziphash {
            let _ = download.remove_file(place.file("ziphash"));
        }
        if let Some(parent) = &self.tree
            && remove_tree(parent, place.tree_name()).is_ok()
        {
            let _ = download.remove_file(place.file("partial"));
        }
    }
}
