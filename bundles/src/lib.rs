//! The bundle: one file that carries a Go project's modules, what they are, and
//! who vouches for them. The normative text is `FORMAT.md` beside this crate.
//!
//! ```text
//! write   Manifest -> BundleWriter::create -> write_objects -> finish(signings)
//! read    Bundle::open -> Unverified -> verify_signatures -> SignedBundle
//! ```
//!
//! Only a signature that somebody trusted gives a [`SignedBundle`], and it hands
//! out an object's bytes only with their digest checked.
//!
//! ```
//! use airgo_bundle::{Bundle, Limits, Trust};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! # let missing = dir.path().join("app.airgo");
//! let mut trust = Trust::new();
//! # let key = airgo_bundle::keys::SigningKey::generate()?;
//! # use airgo_bundle::keys::Signer as _;
//! # let file = dir.path().join("release.pub");
//! # std::fs::write(&file, key.public_key().to_openssh())?;
//! trust.load(&file)?;
//! let opened = Bundle::open(&missing, &Limits::default());
//! assert!(opened.is_err(), "no bundle, no trust");
//! # Ok(())
//! # }
//! ```

mod attest;
mod digest;
mod error;
mod format;
pub mod info;
pub mod json;
mod limits;
mod media;
mod parallel;
mod positioned;
#[cfg(feature = "schema")]
pub mod schema;

pub use attest::allowed_signers::NAMESPACE;
pub use attest::last_seen::{LAST_SEEN_SCHEMA, LastSeen, LastSeenError, Seen, Stream};
pub use attest::refusal::{Adding, Cause, Lack, PACKER};
pub use attest::signature::{Signatory, SignatureError, SignedStatement, Verdict};
pub use attest::trust::{Revocation, Role, Standing, Trust, TrustedKey};
pub use attest::trust_file::{TRUST_SCHEMA, TrustFileError};
pub use attest::{detached, dsse, keys, predicate, signature, statement};
pub use digest::{ParseSha256Error, Sha256};
pub use error::{Bound, BundleError, EntriesError, ErrorClass, ModuleFault, ObjectError};
pub use format::container::{ContainerError, Reason};
pub use format::content::{CheckedReader, Content, Progress};
pub use format::manifest::{Manifest, ManifestError};
pub use format::manifest_check::{Rule, RuleError};
pub use format::names::ObjectKind;
pub use format::objects::Object;
pub use format::reader::{Bundle, SignedBundle, Unverified, Verified};
pub use format::tail::{Claims, NewStatement, Signing};
pub use format::writer::{BundleWriter, ObjectSource, Written};
pub use format::{manifest, names};
pub use limits::Limits;
pub use media::damage;
pub use media::delta::{Base, DELTA_SCHEMA, DeltaError, missing_from};
pub use media::pieces::{Assembly, Piece, VolumeSurvey, Volumes};
pub use media::source::{Diagnosis, Source};
pub use media::split::{MIN_VOLUME, split};
pub use media::volume::{MAX_VOLUMES, Number, Part, VOLUME_SCHEMA, VolumeError, VolumeHeader, WholeFile};
pub use media::volume_names::{Leftover, is_foreign_volume, remove_stale_volumes};
pub use positioned::{PositionedFile, ReadAt};
