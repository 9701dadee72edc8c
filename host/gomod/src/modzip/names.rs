//! Which names and sizes a module zip may hold (x/mod/zip checkZip).

use super::Limits;
use super::error::{EntryFault, Fault};
use super::fold::fold;
use crate::module;
use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};

/// Checks every entry, its full name and its size; `prefix` is `path@version/`,
/// unescaped.
pub(super) fn check<'a>(
    entries: impl ExactSizeIterator<Item = (&'a str, u64)>,
    prefix: &str,
    limits: &Limits,
) -> Result<(), Fault> {
    let mut names = Names { by_fold: HashMap::with_capacity(entries.len() * 5 / 4) };
    let mut total = 0u64;
    for (full, size) in entries {
        check_entry(full, size, prefix, limits, &mut names).map_err(|fault| fault.of(full))?;
        if !full.ends_with('/') {
            total = total.saturating_add(size);
        }
        if total > limits.total {
            return Err(Fault::TooLarge {
                what: "the content in bytes (its declared total so far)",
                size: total,
                limit: limits.total,
            });
        }
    }
    Ok(())
}

fn check_entry<'a>(
    full: &'a str,
    size: u64,
    prefix: &str,
    limits: &Limits,
    names: &mut Names<'a>,
) -> Result<(), EntryFault> {
    let name = full.strip_prefix(prefix).ok_or_else(|| EntryFault::Prefix { prefix: prefix.to_owned() })?;
    let is_directory = full.ends_with('/') || name.is_empty();
    // Go opens such an entry without complaint and fails when it reads it.
    if is_directory && size != 0 {
        return Err(EntryFault::Feature("a directory with data"));
    }
    if name.is_empty() {
        // The entry of the module's root; Go does not look at it twice.
        return names.add_root();
    }
    let name = name.strip_suffix('/').unwrap_or(name);
    // This refuses what path.Clean would change, too.
    module::check_file_path(name)?;
    names.add(name, is_directory)?;
    if is_directory {
        return Ok(());
    }
    let base = name.rsplit('/').next().unwrap_or(name);
    // Go compares by strings.EqualFold: no letter outside ASCII folds to one of
    // these.
    if base.eq_ignore_ascii_case("go.mod") {
        if base.len() != name.len() {
            return Err(EntryFault::GoModNotInRoot);
        }
        if name != "go.mod" {
            return Err(EntryFault::GoModCase);
        }
    }
    let limit = match name {
        "go.mod" => limits.go_mod,
        "LICENSE" => limits.license,
        _ => return Ok(()),
    };
    if size > limit {
        return Err(EntryFault::TooLarge { size, limit });
    }
    Ok(())
}

/// All names so far with their parent directories, by their folded form
/// (x/mod/zip collisionChecker).
#[derive(Debug, Default)]
pub struct Names<'a> {
    by_fold: HashMap<Cow<'a, str>, Seen<'a>>,
}

#[derive(Debug)]
struct Seen<'a> {
    name: &'a str,
    is_directory: bool,
    /// Whether the directory has an entry of its own.
    listed: bool,
}

impl<'a> Names<'a> {
    /// Adds a name without a slash at its end, and the directories that it is
    /// in; refuses one that collides with an earlier one.
    pub fn add(&mut self, name: &'a str, is_directory: bool) -> Result<(), EntryFault> {
        self.add_one(name, is_directory, true)?;
        let mut parent = name;
        while let Some((dir, _)) = parent.rsplit_once('/') {
            if !self.add_one(dir, true, false)? {
                break; // its own parents were added with it
            }
            parent = dir;
        }
        Ok(())
    }

    fn add_root(&mut self) -> Result<(), EntryFault> {
        self.add_one("", true, true).map(drop)
    }

    /// Adds a name and returns whether it is new.
    fn add_one(&mut self, name: &'a str, is_directory: bool, listed: bool) -> Result<bool, EntryFault> {
        match self.by_fold.entry(fold(name)) {
            Vacant(place) => {
                place.insert(Seen { name, is_directory, listed });
                Ok(true)
            }
            Occupied(mut place) => {
                let seen = place.get_mut();
                if seen.name != name {
                    return Err(EntryFault::Collision(seen.name.to_owned()));
                }
                if seen.is_directory != is_directory {
                    return Err(EntryFault::FileAndDirectory);
                }
                // Go lets a directory be listed twice and then hashes it twice;
                // others keep one. No writer makes that.
                if !is_directory || seen.listed && listed {
                    return Err(EntryFault::Duplicate);
                }
                seen.listed |= listed;
                Ok(false)
            }
        }
    }
}
