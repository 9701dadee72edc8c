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

mod allowed_signers;
mod container;
mod content;
pub mod damage;
mod delta;
pub mod detached;
mod digest;
pub mod dsse;
mod error;
pub mod info;
pub mod json;
pub mod keys;
mod last_seen;
mod limits;
pub mod manifest;
mod manifest_check;
mod modules;
pub mod names;
mod objects;
mod parallel;
mod pieces;
mod positioned;
pub mod predicate;
mod reader;
mod refusal;
#[cfg(feature = "schema")]
pub mod schema;
pub mod signature;
mod source;
mod split;
pub mod statement;
mod tail;
mod trust;
mod trust_file;
mod volume;
mod volume_names;
mod writer;

pub use allowed_signers::NAMESPACE;
pub use container::{ContainerError, Reason};
pub use content::{CheckedReader, Content, Progress};
pub use delta::{Base, DELTA_SCHEMA, DeltaError, missing_from};
pub use digest::{ParseSha256Error, Sha256};
pub use error::{Bound, BundleError, EntriesError, ErrorClass, ModuleFault, ObjectError};
pub use last_seen::{LAST_SEEN_SCHEMA, LastSeen, LastSeenError, Seen, Stream};
pub use limits::Limits;
pub use manifest::{Manifest, ManifestError};
pub use manifest_check::{Rule, RuleError};
pub use names::ObjectKind;
pub use objects::Object;
pub use pieces::{Assembly, Piece, VolumeSurvey, Volumes};
pub use positioned::{PositionedFile, ReadAt};
pub use reader::{Bundle, SignedBundle, Unverified, Verified};
pub use refusal::{Adding, Cause, Lack, PACKER};
pub use signature::{Signatory, SignatureError, SignedStatement, Verdict};
pub use source::{Diagnosis, Source};
pub use split::{MIN_VOLUME, split};
pub use tail::{Claims, NewStatement, Signing};
pub use trust::{Revocation, Role, Standing, Trust, TrustedKey};
pub use trust_file::{TRUST_SCHEMA, TrustFileError};
pub use volume::{MAX_VOLUMES, Number, Part, VOLUME_SCHEMA, VolumeError, VolumeHeader, WholeFile};
pub use volume_names::{Leftover, is_foreign_volume, remove_stale_volumes};
pub use writer::{BundleWriter, ObjectSource, Written};
