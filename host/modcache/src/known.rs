//! Recording what was written or hashed, and knowing it again: see [`crate::record`].

use crate::gomodcache::existing::Existing;
use crate::gomodcache::place::Place;
use crate::gomodcache::target::Target;
use crate::record::{Known, Records};
use crate::writer::copied::Written;
use crate::writer::stamp::Stamp;
use crate::writer::system::open_dir;
use crate::writer::temporary::Temporary;
use airgo_gomod::{H1, ModuleVersion};
use cap_std::fs::Dir;
use std::thread;
use std::time::Duration;

/// How often, and how long apart, it is looked whether the clock of the file system went
/// on: it does every few milliseconds, in some every second or two.
const TRIES: usize = 20;
const TICK: Duration = Duration::from_millis(1);

/// What is to be recorded of a module.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) stamps: Written,
    /// Whether airgo put it there; none where that is as it was recorded before.
    pub(crate) installed: Option<bool>,
    pub(crate) part: bool,
    /// Whether the tree was moved to its place since.
    pub(crate) moved: bool,
}

impl Records {
    /// Whether the module is as it was recorded: its zip and its tree, those of them that
    /// go would take as they are.
    pub(crate) fn knows(&self, target: &Target<'_>, h1: H1, existing: Existing) -> Option<Known> {
        if matches!(existing, Existing::Nothing | Existing::Wrong) {
            return None;
        }
        let known = self.read(&target.place.module).filter(|known| known.h1 == h1)?;
        let (zip, tree) = (|| is_zip(target, &known), || is_tree(target.root, target.place, &known));
        let is_known = match existing {
            Existing::Complete => !known.part && zip() && tree(),
            Existing::TreeOnly => !known.part && tree(),
            Existing::ZipOnly => zip(),
            Existing::Partial { .. } => tree(),
            Existing::Nothing | Existing::Wrong => false,
        };
        is_known.then_some(known)
    }

    /// Whether a module that replaces what was there is airgo's own: nothing was there, or
    /// what airgo had put there.
    pub(crate) fn is_ours(&self, module: &ModuleVersion, h1: H1, before: Existing) -> bool {
        match before {
            Existing::Nothing | Existing::Partial { .. } => true,
            Existing::Wrong => self.read(module).is_some_and(|known| known.installed && known.h1 == h1),
            Existing::Complete | Existing::TreeOnly | Existing::ZipOnly => false,
        }
    }

    /// Records a module whose content is known. What is as new as `before` may have been
    /// changed since unseen: nothing is recorded then.
    pub(crate) fn found(&self, target: &Target<'_>, h1: H1, found: Found, before: Option<i64>) {
        let Target { place, root, temporary, .. } = *target;
        let Found { stamps, installed, part, moved } = found;
        if before.is_none_or(|before| stamps.latest() >= before) {
            return;
        }
        let record = || {
            let zip = match stamps.zip {
                Some(before) => Some(zip_now(target).filter(|now| now.is_moved(&before))?),
                None => None,
            };
            let now = if moved { Some(tree_now(root, place)?) } else { None };
            let tree = stamps.tree?.pack(now)?;
            let installed = installed.unwrap_or_else(|| {
                let before = self.read(&place.module).filter(|before| before.h1 == h1);
                before.is_some_and(|before| before.installed && is_same(before.tree.root(), tree.root()))
            });
            let module = place.module.clone();
            Some(Known { module, h1, installed, part, zip, tree })
        };
        if let Some(known) = record() {
            self.write(root, temporary, &known);
        }
    }
}

impl Known {
    /// Whether zip and tree are as they were recorded.
    pub(crate) fn is_of(&self, target: &Target<'_>) -> bool {
        let zip = zip_now(target);
        zip == self.zip && is_tree(target.root, target.place, self)
    }

    /// Whether the zip is.
    pub(crate) fn is_zip(&self, target: &Target<'_>) -> bool {
        is_zip(target, self)
    }
}

/// Whether these are the same directory, whatever became of it.
fn is_same(a: Option<Stamp>, b: Option<Stamp>) -> bool {
    let identity = |stamp: Stamp| (stamp.dev, stamp.ino);
    a.is_some() && a.map(identity) == b.map(identity)
}

fn zip_now(target: &Target<'_>) -> Option<Stamp> {
    Stamp::at(target.download, &target.place.file("zip"))
}

fn is_zip(target: &Target<'_>, known: &Known) -> bool {
    known.zip.is_some() && zip_now(target) == known.zip
}

fn tree_now(root: &Dir, place: &Place) -> Option<Stamp> {
    let parent = place.open_parent(root).ok()??;
    Stamp::at(&parent, place.tree_name())
}

fn is_tree(root: &Dir, place: &Place, known: &Known) -> bool {
    let opened = || open_dir(&place.open_parent(root).ok()??, place.tree_name()).ok();
    opened().is_some_and(|tree| known.tree.are_of(&tree))
}

/// A time of the cache's file system, later than another one; none where its clock does
/// not go on for so long, or nothing can be written.
pub(crate) fn tick_after(temporary: &Temporary, latest: i64) -> Option<i64> {
    for attempt in 0..TRIES {
        if attempt > 0 {
            thread::sleep(TICK);
        }
        let now = temporary.now()?;
        if now > latest {
            return Some(now);
        }
    }
    None
}
