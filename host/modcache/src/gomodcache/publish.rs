//! A verified module on its way to its place: published, or removed again.

use crate::crash_point;
use crate::error::InstallError;
use crate::gomodcache::existing::Existing;
use crate::gomodcache::metadata::Missing;
use crate::gomodcache::target::Target;
use crate::writer::contents::Contents;
use crate::writer::copied::VerifiedModule;
use crate::writer::stamps::Stamps;
use crate::writer::system::open_dir;
use crate::writer::temporary::Staged;
use crate::writer::tree::{close_root, merge, remove_tree};
use airgo_gomod::H1;
use cap_std::fs::Dir;

/// What is removed again unless all goes well. Go's lock is held meanwhile.
pub(crate) struct Publication<'a> {
    target: &'a Target<'a>,
    keep_writable: bool,
    /// The directory that the tree is in, once `.partial` is there.
    tree: Option<Dir>,
    /// `.ziphash` is there, and there was no zip that it could have been for.
    ziphash: bool,
    /// The tree that was there, to be removed.
    old: Option<Staged>,
}

impl<'a> Publication<'a> {
    pub(crate) fn new(target: &'a Target<'a>, keep_writable: bool) -> Self {
        Self { target, keep_writable, tree: None, ziphash: false, old: None }
    }

    /// Publishes a module; see the crate's documentation for the order. Its tree goes
    /// to its place, unless it has none because one is there. What was there `before` and
    /// is wrong goes first: no zip may be there with the hash of another.
    pub(crate) fn module(
        mut self,
        missing: Missing,
        module: VerifiedModule,
        before: Existing,
    ) -> Result<(), InstallError> {
        let h1 = module.digest().h1;
        let (zip, tree) = module.into_parts();
        if let Some(tree) = tree {
            self.begin()?;
            self.tree(tree)?;
        }
        if before == Existing::Wrong {
            self.target.remove("zip")?;
        }
        missing.write(self.target)?;
        self.ziphash(h1)?;
        let (Target { download, .. }, name) = (self.target, self.target.place.file("zip"));
        let renamed = zip.rename(download, &name);
        renamed.map_err(|error| self.target.download_error(&name, error))?;
        // From here on all is there; what remains is to say so.
        self.ziphash = false;
        crash_point!("zip");
        if self.tree.take().is_some() {
            self.end()?;
        }
        crash_point!("done");
        Ok(())
    }

    /// Publishes a part of a module, or the whole without its zip, in the same order.
    /// `into` says that a part is there, verified, to which the files are added; after
    /// a crash the next run verifies it again.
    pub(crate) fn part(
        mut self,
        missing: Missing,
        h1: H1,
        contents: Contents,
        stamps: &mut Stamps,
        into: bool,
    ) -> Result<(), InstallError> {
        let Target { place, root, .. } = *self.target;
        self.begin()?;
        if into {
            let in_the_way = |error| place.obstacle(&place.tree_path(), error);
            let parent = place.make_parent(root)?;
            let staged = contents.into_staged();
            let merged = staged.open_tree().and_then(|from| {
                let to = open_dir(&parent, place.tree_name())?;
                merge(&from, &to, self.keep_writable)
            });
            merged.map_err(in_the_way)?;
            crash_point!("tree merged");
        } else {
            contents
                .close(self.keep_writable, stamps)
                .map_err(|(dir, error)| place.write_error(&format!("{}/{dir}", place.tree_path()), error))?;
            self.tree(contents.into_staged())?;
        }
        missing.write(self.target)?;
        self.ziphash(h1)?;
        self.ziphash = false;
        self.tree = None;
        self.end()?;
        crash_point!("done");
        Ok(())
    }

    /// Puts `.partial` there.
    fn begin(&self) -> Result<(), InstallError> {
        self.target.hide()?;
        crash_point!("partial");
        Ok(())
    }

    /// Takes `.partial` away: all is there.
    fn end(&self) -> Result<(), InstallError> {
        let Target { place, download, .. } = self.target;
        let partial = place.file("partial");
        let removed = download.remove_file(&partial);
        removed.map_err(|error| self.target.download_error(&partial, error))
    }

    /// Moves the tree to its place. What stood there was not complete, or is wrong.
    fn tree(&mut self, tree: Staged) -> Result<(), InstallError> {
        let Target { place, root, temporary, .. } = *self.target;
        let parent = place.make_parent(root)?;
        let in_the_way = |error| place.obstacle(&place.tree_path(), error);
        self.old = temporary.take_away(&parent, place.tree_name()).map_err(in_the_way)?;
        crash_point!("tree taken away");
        let moved = tree.rename(&parent, place.tree_name());
        let parent = self.tree.insert(parent);
        moved.map_err(in_the_way)?;
        crash_point!("tree moved");
        if !self.keep_writable {
            close_root(parent, place.tree_name()).map_err(in_the_way)?;
            crash_point!("tree closed");
        }
        Ok(())
    }

    fn ziphash(&mut self, h1: H1) -> Result<(), InstallError> {
        let Target { place, download, .. } = self.target;
        let had_zip = download.symlink_metadata(place.file("zip")).is_ok();
        self.target.write_whole(&place.file("ziphash"), h1.to_string().as_bytes())?;
        self.ziphash = !had_zip && self.tree.is_some();
        crash_point!("ziphash");
        Ok(())
    }
}

impl Drop for Publication<'_> {
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
