//! Where a bundle comes from: one file, volumes in any order, a delta with the
//! bundles that it builds on.
//!
//! ```no_run
//! # fn run(trust: &airgo_bundle::Trust) -> Result<(), airgo_bundle::BundleError> {
//! use airgo_bundle::{Limits, Source};
//! let files = ["app.airgo.002".into(), "app.airgo.001".into()];
//! let bases = ["app-1.4.airgo".into()];
//! let bundle = Source { files: &files, bases: &bases, limits: &Limits::default() }
//!     .verify_signatures(trust, jiff::Timestamp::now())?;
//! # Ok(()) }
//! ```

use crate::attest::demand::Adding;
use crate::attest::trust::Trust;
use crate::digest::Sha256;
use crate::error::BundleError;
use crate::format::base::DeltaError;
use crate::format::reader::{Bundle, SignedBundle, Unverified};
use crate::limits::Limits;
use crate::media::corruption::{self, Corruption};
use crate::media::volume::VolumeHeader;
use crate::media::volume_file::open_file;
use crate::media::volume_names::siblings;
use crate::media::volumes::{VolumeScan, Volumes};
use crate::positioned::ReadAt;
use crate::progress::Progress;
use jiff::Timestamp;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How long a chain of deltas may be.
const MAX_CHAIN: usize = 64;

/// The files that make up a bundle.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The bundle: one file, one volume that stands for those beside it, or
    /// volumes in any order.
    pub files: &'a [PathBuf],
    /// The bundles that a delta may build on, in any order, each a file or a
    /// volume that stands for those beside it. Those that nothing builds on are
    /// passed over.
    pub bases: &'a [PathBuf],
    /// Bounds on each.
    pub limits: &'a Limits,
}

/// What is damaged in a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The volumes, if it comes in volumes.
    pub volumes: Option<VolumeScan>,
    /// The entries; none while volumes are missing.
    pub corruption: Option<Corruption>,
}

/// Opens one file, or the volumes that it is one of, as one.
fn read(files: &[PathBuf]) -> Result<Arc<dyn ReadAt>, BundleError> {
    match whole(files)? {
        Some(file) => Ok(file),
        None => Ok(Arc::new(Volumes::open(files)?.assemble()?)),
    }
}

/// The file, if it is one and not a volume.
fn whole(files: &[PathBuf]) -> Result<Option<Arc<dyn ReadAt>>, BundleError> {
    let [one] = files else { return Ok(None) };
    // The name that a bundle was split under stands for its volumes.
    if siblings(one).first() != Some(one) {
        return Ok(None);
    }
    let file = open_file(one)?;
    let name = one.display().to_string();
    let volume = VolumeHeader::is_volume(&*file).map_err(BundleError::read(&name))?;
    Ok((!volume).then_some(file))
}

impl Source<'_> {
    /// The bytes of the bundle, as one.
    ///
    /// # Errors
    /// Files that cannot be read, or volumes of which some are missing.
    pub fn read(&self) -> Result<Arc<dyn ReadAt>, BundleError> {
        read(self.files)
    }

    /// Whether it comes in volumes.
    ///
    /// # Errors
    /// Files that cannot be read.
    pub fn in_volumes(&self) -> Result<bool, BundleError> {
        Ok(whole(self.files)?.is_none())
    }

    /// Finds out what is damaged: which volumes, and which entries of the file
    /// that they make. For after a bundle was refused, to say what to retransmit.
    ///
    /// # Errors
    /// Files that cannot be read at all, or an interrupt.
    pub fn diagnose(&self, jobs: NonZeroUsize, progress: &dyn Progress) -> Result<Diagnosis, BundleError> {
        if let Some(file) = whole(self.files)? {
            let corruption = Some(corruption::scan(&file, self.limits, jobs, progress)?);
            return Ok(Diagnosis { volumes: None, corruption });
        }
        let volumes = Volumes::open(self.files)?;
        let scan = volumes.scan(progress)?;
        let corruption = match volumes.assemble() {
            Ok(reassembled) => {
                let assembled: Arc<dyn ReadAt> = Arc::new(reassembled);
                Some(corruption::scan(&assembled, self.limits, jobs, progress)?)
            }
            Err(_) => None,
        };
        Ok(Diagnosis { volumes: Some(scan), corruption })
    }

    /// Opens it and checks its container.
    ///
    /// # Errors
    /// As [`Source::read`], and a container that is not canonical.
    pub fn open(&self) -> Result<Unverified, BundleError> {
        Bundle::from_source(self.read()?, self.limits)
    }

    /// Opens it, and where it is a delta the bundles that it builds on, each by
    /// its own signatures.
    ///
    /// # Errors
    /// Everything for which [`Unverified::verify_signatures`] refuses a bundle,
    /// for this one or one beneath it; a delta whose base is not among the bases.
    pub fn verify_signatures(&self, trust: &Trust, now: Timestamp) -> Result<SignedBundle, BundleError> {
        self.verify(trust, now, None)
    }

    /// The same for who is about to add a signature: see [`Unverified::verify_to_sign`].
    ///
    /// # Errors
    /// As [`Source::verify_signatures`].
    pub fn verify_to_sign(
        &self,
        trust: &Trust,
        now: Timestamp,
        adding: &Adding<'_>,
    ) -> Result<SignedBundle, BundleError> {
        self.verify(trust, now, Some(adding))
    }

    fn verify(
        &self,
        trust: &Trust,
        now: Timestamp,
        adding: Option<&Adding<'_>>,
    ) -> Result<SignedBundle, BundleError> {
        let mut bases = Vec::new();
        for path in self.bases {
            let opened = read(std::slice::from_ref(path)).and_then(|s| Bundle::from_source(s, self.limits));
            let opened = opened.map_err(|e| of_base(path, e))?;
            bases.push((path, opened.manifest_sha256(), opened));
        }
        resolve(self.open()?, &mut bases, trust, now, adding, MAX_CHAIN)
    }
}

/// An error of a base says which file it is about; the innermost one knows.
fn of_base(path: &Path, source: BundleError) -> BundleError {
    match source {
        known @ (BundleError::Base { .. } | BundleError::Cancelled) => known,
        source => BundleError::Base { path: path.display().to_string(), source: Box::new(source) },
    }
}

fn resolve(
    bundle: Unverified,
    bases: &mut Vec<(&PathBuf, Sha256, Unverified)>,
    trust: &Trust,
    now: Timestamp,
    adding: Option<&Adding<'_>>,
    depth: usize,
) -> Result<SignedBundle, BundleError> {
    let finish = |bundle: Unverified, base: Option<&SignedBundle>| match (adding, base) {
        (Some(adding), base) => bundle.verify_to_sign(trust, now, base, adding),
        (None, Some(base)) => bundle.verify_with_base(trust, now, base),
        (None, None) => bundle.verify_signatures(trust, now),
    };
    let Some(base) = bundle.base().cloned() else { return finish(bundle, None) };
    let found = bases.iter().position(|(_, digest, _)| *digest == base.manifest_sha256);
    // Each is used once: a chain that comes back to itself finds nothing.
    let Some(at) = found.filter(|_| depth > 0) else {
        return Err(match bases.first() {
            Some((_, other, _)) => {
                DeltaError::OtherBase { expected: base.manifest_sha256, found: *other }.into()
            }
            None => DeltaError::BaseMissing(base).into(),
        });
    };
    let (path, _, beneath) = bases.swap_remove(at);
    let beneath = resolve(beneath, bases, trust, now, None, depth - 1).map_err(|e| of_base(path, e))?;
    finish(bundle, Some(&beneath))
}
