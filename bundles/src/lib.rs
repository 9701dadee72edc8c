//! The bundle: one file that carries a Go project's modules, what they are, and
//! who signed them. The normative text is `FORMAT.md` beside this crate.
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
mod positioned;
mod progress;
#[cfg(feature = "schema")]
pub mod schema;

pub use attest::allowed_signers::NAMESPACE;
pub use attest::claims::{Claims, NewStatement, Signing};
pub use attest::demand::{Adding, PACKER};
pub use attest::last_seen::{LAST_SEEN_SCHEMA, LastSeen, LastSeenError, Seen, Stream, StreamVersion};
pub use attest::load::TrustError;
pub use attest::refusal::Cause;
pub use attest::sign::SignError;
pub use attest::signature_error::{Lack, SignatureError};
pub use attest::signer::{BundleSigner, SignedStatement, Signers, TrustStatus};
pub use attest::trust::Trust;
pub use attest::trust_file::{TRUST_SCHEMA, TrustFileError};
pub use attest::trusted_key::{Revocation, Role, TrustedKey};
pub use attest::{detached, dsse, keys, predicate, statement};
pub use digest::{ParseSha256Error, Sha256};
pub use error::{Bound, BundleError, EntriesError, ErrorClass, ModuleFault, ObjectError};
pub use format::base::{Base, DELTA_SCHEMA, DeltaError, missing_from};
pub use format::block_files::BlockFiles;
pub use format::block_writer::{FileSource, NewBlocks, Take, compress_list};
pub use format::blocks::{BlockError, Blocks, ContentSink};
pub use format::carried::Carried;
pub use format::container::{ContainerError, Reason};
pub use format::content::{CheckedReader, Content};
pub use format::contents::{CarriedModule, Contents, ContentsError, FilePlace};
pub use format::manifest::Manifest;
pub use format::manifest_check::{Rule, RuleError};
pub use format::manifest_text::ManifestError;
pub use format::names::ObjectKind;
pub use format::objects::Object;
pub use format::output::Written;
pub use format::reader::{Bundle, SignedBundle, Unverified, Verified};
pub use format::writer::{BundleWriter, ObjectSource};
pub use format::{manifest, names};
pub use limits::Limits;
pub use media::reassembled::ReassembledFile;
pub use media::repair_request::{
    ByteRange, REPAIR_REQUEST_SCHEMA, REPAIR_REQUEST_SCHEMA_2, RepairRequest, WantedVolumes,
};
pub use media::source::{Diagnosis, Source};
pub use media::split::{MIN_VOLUME, split};
pub use media::stale::{Leftover, is_foreign_volume, remove_stale_volumes};
pub use media::volume::{MAX_VOLUMES, Number, Part, VOLUME_SCHEMA, VolumeError, VolumeHeader, WholeFile};
pub use media::volume_file::Volume;
pub use media::volumes::{VolumeScan, Volumes};
pub use media::{corruption, repair, retransmit};
pub use positioned::{PositionedFile, ReadAt};
pub use progress::Progress;
