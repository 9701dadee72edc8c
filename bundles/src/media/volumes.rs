//! The volumes of a bundle, in whatever order they were given.

use super::reassembled::ReassembledFile;
use super::repair_request::{ByteRange, RepairRequest};
use super::volume::{VolumeError, WholeFile};
use super::volume_file::Volume;
use super::volume_names::siblings;
use crate::error::BundleError;
use crate::progress::Progress;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// All volumes that are there.
#[derive(Debug, Clone)]
pub struct Volumes {
    /// By number; several where one was retransmitted.
    by_number: BTreeMap<u32, Vec<Volume>>,
    /// Files whose header could not be read, with the reason.
    unreadable: Vec<(String, String)>,
    of: u32,
    /// The file that they are of.
    file: Option<WholeFile>,
}

impl Volumes {
    /// Opens volumes in any order; one alone stands for all beside it whose names
    /// differ in the digits after the last dot only, and the name without digits
    /// for all of them. Of those that were not named, volumes of another file are
    /// passed over. A volume may be given more than once, such as the damaged one
    /// and the one that was retransmitted.
    ///
    /// # Errors
    /// No volume with a sound header, or volumes of different files.
    pub fn open(paths: &[PathBuf]) -> Result<Self, BundleError> {
        let named = paths.len();
        let mut all = Self { by_number: BTreeMap::new(), unreadable: Vec::new(), of: 0, file: None };
        let mut failure = None;
        let found = if let [one] = paths { siblings(one) } else { paths.to_vec() };
        for path in &found {
            let volumes = match Volume::open_all(path) {
                Ok(volumes) => volumes,
                Err(error @ BundleError::Volume(VolumeError::Header { .. } | VolumeError::NotAVolume(_))) => {
                    all.unreadable.push((path.display().to_string(), error.to_string()));
                    failure = failure.or(Some(error));
                    continue;
                }
                Err(error) => return Err(error),
            };
            for volume in volumes {
                all.add(volume, named == 1)?;
            }
        }
        match (all.file, failure) {
            (None, Some(error)) => Err(error),
            (None, None) => Err(VolumeError::Missing { missing: vec![1], of: 1 }.into()),
            _ => Ok(all),
        }
    }

    /// Adds one; those of another file or of another split of it are passed over
    /// where `lenient`, once the first has said what file it is.
    fn add(&mut self, volume: Volume, lenient: bool) -> Result<(), BundleError> {
        let Some(number) = volume.header.volume else {
            if lenient && self.file.is_some() {
                return Ok(());
            }
            return Err(VolumeError::NotAVolume(volume.name).into());
        };
        let file = *self.file.get_or_insert(volume.header.file);
        if self.of == 0 {
            self.of = number.of;
        }
        let other = volume.header.file != file;
        if lenient && (other || number.of != self.of) {
            return Ok(());
        }
        if other {
            let (name, found) = (volume.name, volume.header.file.sha256);
            return Err(VolumeError::Foreign { name, expected: file.sha256, found }.into());
        }
        if number.of != self.of {
            let reason = format!("it is one of {} volumes, where others are of {}", number.of, self.of);
            return Err(VolumeError::Header { name: volume.name, reason }.into());
        }
        self.by_number.entry(number.number).or_default().push(volume);
        Ok(())
    }

    /// All of them, of several copies of a volume the sound ones first.
    pub fn all(&self) -> Vec<Volume> {
        self.by_number.values().flat_map(|copies| preferred(copies)).cloned().collect()
    }

    /// Asks for these volumes again: by their numbers, and by the bytes that they
    /// hold, which follow from any volume that is at hand.
    pub fn repair_request(&self, numbers: &[u32]) -> Option<RepairRequest> {
        let file = self.file?;
        let (number, volume) = self.by_number.iter().find_map(|(n, copies)| Some((*n, copies.first()?)))?;
        let part = volume.header.parts.first()?;
        // All but the last are of one size; the last says where the others end.
        let size = if number < self.of { part.size } else { part.offset / u64::from(self.of - 1).max(1) };
        let range = |n: &u32| {
            let offset = u64::from(n - 1).checked_mul(size)?;
            let end = if *n == self.of { file.size } else { offset.checked_add(size)?.min(file.size) };
            (end > offset).then(|| ByteRange { offset, size: end - offset })
        };
        let ranges = numbers.iter().map(range).collect::<Option<Vec<_>>>()?;
        Some(RepairRequest::of_volumes(file, self.of, numbers.to_vec(), ranges))
    }

    /// The numbers of those that are not there.
    pub fn missing(&self) -> Vec<u32> {
        (1..=self.of).filter(|n| !self.by_number.contains_key(n)).collect()
    }

    /// All volumes as one file, not yet verified.
    ///
    /// # Errors
    /// Missing volumes, or volumes that do not make up the file.
    pub fn assemble(&self) -> Result<ReassembledFile, BundleError> {
        let missing = self.missing();
        if !missing.is_empty() {
            return Err(VolumeError::Missing { missing, of: self.of }.into());
        }
        let reassembled = ReassembledFile::new(&self.all(), None)?;
        match reassembled.gap() {
            Some((from, to)) => Err(VolumeError::Gap { from, to }.into()),
            None => Ok(reassembled),
        }
    }

    /// Hashes every volume; says which are to be retransmitted.
    ///
    /// # Errors
    /// An interrupt.
    pub fn scan(&self, progress: &dyn Progress) -> Result<VolumeScan, BundleError> {
        let mut scan = VolumeScan {
            of: self.of,
            missing: self.missing(),
            damaged: Vec::new(),
            unreadable: self.unreadable.clone(),
        };
        for (number, copies) in &self.by_number {
            let sound = |p: &Volume| p.sound(progress).iter().all(|(_, sound)| *sound);
            if !copies.iter().any(sound) {
                scan.damaged.push((*number, copies[0].name.clone()));
            }
        }
        // What was not read to its end looks damaged.
        if progress.cancelled() { Err(BundleError::Cancelled) } else { Ok(scan) }
    }
}

/// Where several copies of a volume are at hand, the sound ones first.
fn preferred(copies: &[Volume]) -> Vec<&Volume> {
    let mut list: Vec<&Volume> = copies.iter().collect();
    if list.len() > 1 {
        list.sort_by_key(|p| !p.sound(&()).iter().all(|(_, sound)| *sound));
    }
    list
}

/// What is wrong with volumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeScan {
    /// How many volumes there are in all.
    pub of: u32,
    /// The numbers of those that are not there.
    pub missing: Vec<u32>,
    /// Those whose bytes are not as their header says, with their file.
    pub damaged: Vec<(u32, String)>,
    /// Files that begin as no volume does, and why: probably one of the missing.
    pub unreadable: Vec<(String, String)>,
}

impl VolumeScan {
    /// The numbers of the volumes to be retransmitted, ascending.
    pub fn to_retransmit(&self) -> Vec<u32> {
        let mut all: Vec<u32> =
            self.missing.iter().copied().chain(self.damaged.iter().map(|d| d.0)).collect();
        all.sort_unstable();
        all
    }

    /// Whether every volume is there and sound.
    pub fn is_sound(&self) -> bool {
        self.missing.is_empty() && self.damaged.is_empty()
    }
}
