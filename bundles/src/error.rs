//! What can go wrong with a bundle, and which of the command line's exit codes
//! it belongs to.

use crate::attest::keys::KeyError;
use crate::attest::last_seen::LastSeenError;
use crate::attest::sign::SignError;
use crate::attest::signature_error::SignatureError;
use crate::digest::Sha256;
use crate::format::base::DeltaError;
use crate::format::container::ContainerError;
use crate::format::contents::ContentsError;
use crate::format::manifest_text::ManifestError;
use crate::format::names::ObjectKind;
use crate::media::volume::{HeaderError, VolumeError};
use airgo_gomod::modzip::{FileListError, ModZipError};
use airgo_gomod::{H1, ModuleVersion};
use std::io;

/// Why a bundle could not be written, read or accepted.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The file cannot be opened.
    #[error("cannot open {path}: {source}")]
    Open {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be read.
    #[error("cannot read {name} in the bundle: {source}")]
    Read {
        /// The entry.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// The target cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The target.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// What is to be written is more than any reader takes (FORMAT.md, section 11).
    #[error("the bundle would have {found} {what}, over the format's limit of {limit}")]
    OverLimit {
        /// What there is too much of.
        what: Bound,
        /// How much.
        found: u64,
        /// The bound.
        limit: u64,
    },
    /// What should go into the bundle cannot be read.
    #[error("cannot read what is to be packed as {name}: {source}")]
    Source {
        /// The entry.
        name: String,
        /// What the source said.
        source: io::Error,
    },
    /// Not a canonical container.
    #[error(transparent)]
    Container(#[from] ContainerError),
    /// Not a manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Other entries than the manifest accounts for.
    #[error("malformed bundle: {0}")]
    Entries(#[from] EntriesError),
    /// No signature, a wrong one, or by nobody trusted.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Volumes that are missing, damaged or of another file.
    #[error(transparent)]
    Volume(#[from] VolumeError),
    /// A delta without its base, or with another.
    #[error(transparent)]
    Delta(#[from] DeltaError),
    /// A bundle that a delta builds on is refused.
    #[error("the base {path}: {source}")]
    Base {
        /// Its file.
        path: String,
        /// Why.
        source: Box<BundleError>,
    },
    /// An object is not what the manifest says.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// A block or a list of files does not unpack to what is stated.
    #[error("malformed bundle: {name}: {reason}")]
    Compressed {
        /// The entry.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Lists of files and blocks do not fit together.
    #[error("malformed bundle: {0}")]
    Contents(#[from] ContentsError),
    /// An older bundle than one let in before, or the record of those cannot be used.
    #[error(transparent)]
    LastSeen(#[from] LastSeenError),
    /// A module breaks Go's rules.
    #[error(transparent)]
    Module(Box<ModuleFault>),
    /// A key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The caller asked to stop.
    #[error("interrupted")]
    Cancelled,
}

impl From<HeaderError> for BundleError {
    fn from(error: HeaderError) -> Self {
        match error {
            HeaderError::Read { name, source } => Self::Read { name, source },
            HeaderError::Volume(volume) => Self::Volume(volume),
        }
    }
}

impl From<SignError> for BundleError {
    fn from(error: SignError) -> Self {
        match error {
            SignError::Key(key) => Self::Key(key),
            SignError::Name(entry) => Self::Entries(EntriesError::Name(entry)),
        }
    }
}

/// What a bundle may have only so much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The manifest, by which modules, graph and imports are bounded.
    Manifest,
    /// One statement or signature: the provenance grows with the modules.
    Envelope,
    /// The statement of what the policy found, which grows with the findings.
    Verdict,
    /// Statements and signatures together.
    Envelopes,
    /// How many statements and signatures there are.
    EnvelopeCount,
    /// Files in the bundle.
    Entries,
    /// The names of the files.
    Directory,
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Manifest => "bytes of manifest",
            Self::Envelope => "bytes in one statement or signature",
            Self::Verdict => "bytes in the statement of what the policy found",
            Self::Envelopes => "bytes of statements and signatures",
            Self::EnvelopeCount => "statements and signatures",
            Self::Entries => "entries",
            Self::Directory => "bytes of central directory",
        })
    }
}

/// Entries that do not fit the manifest or the format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntriesError {
    /// The first entry is something else.
    #[error("the first entry is not airgo.json")]
    NoManifest,
    /// An entry that the manifest accounts for is not there.
    #[error("{0} is in the manifest, but not in the bundle")]
    Missing(String),
    /// An entry that nothing accounts for.
    #[error("{0:?} is in the bundle, but nothing accounts for it")]
    Extra(String),
    /// Entries are not in the format's order.
    #[error("{0:?} is out of order")]
    Order(String),
    /// Another size than the manifest says.
    #[error("{name} is {}, the manifest says {expected}", bytes(*found))]
    Size {
        /// The entry.
        name: String,
        /// What the manifest says.
        expected: u64,
        /// What the container says.
        found: u64,
    },
    /// Beyond a limit.
    #[error("{name} is {found} bytes, over the limit of {limit}")]
    Limit {
        /// The entry.
        name: String,
        /// Its size.
        found: u64,
        /// The bound.
        limit: u64,
    },
    /// Too many signatures and statements.
    #[error("the bundle has {found} signatures and statements, over the limit of {limit}")]
    Envelopes {
        /// How many.
        found: usize,
        /// The bound.
        limit: usize,
    },
    /// Too many bytes of signatures and statements.
    #[error("the signatures and statements are {found} bytes, over the limit of {limit} for all of them")]
    EnvelopeTotal {
        /// How many.
        found: u64,
        /// The bound.
        limit: u64,
    },
    /// The CRC in the headers is not that of the content, though its digest is right.
    #[error("the CRC-32 of {0} is not that of its content")]
    Crc(String),
    /// An entry that was to be written has a name that is not free to choose.
    #[error("{0:?} cannot be the name of such an entry")]
    Name(String),
}

/// An object whose bytes are not what the manifest says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// Another digest.
    #[error("checksum mismatch for {name}: expected sha256 {expected}, got {actual}")]
    Checksum {
        /// The object.
        name: String,
        /// What the manifest says.
        expected: Sha256,
        /// What the bytes are.
        actual: Sha256,
    },
    /// Another number of bytes.
    #[error("size mismatch for {name}: expected {}, got {}{actual}", bytes(*expected), if *.more { "more than " } else { "" })]
    Size {
        /// The object.
        name: String,
        /// What the manifest says.
        expected: u64,
        /// How many there were.
        actual: u64,
        /// Whether reading stopped at the first byte too many.
        more: bool,
    },
    /// No such object in the manifest.
    #[error("the bundle holds no {0}")]
    Unknown(String),
}

/// A module that is as it was signed, and still not as Go wants it.
#[derive(Debug, thiserror::Error)]
pub enum ModuleFault {
    /// Its zip breaks a rule of x/mod/zip.
    #[error("malformed bundle: {0}")]
    Zip(ModZipError),
    /// The list of its files is malformed, or not that of a module zip.
    #[error("malformed bundle: {module}: {fault}")]
    List {
        /// The module.
        module: ModuleVersion,
        /// What is wrong.
        fault: FileListError,
    },
    /// A file is not what the list of its module's files says.
    #[error("checksum mismatch for {file} of {module}: expected sha256 {expected}, got {actual}")]
    Content {
        /// The module.
        module: ModuleVersion,
        /// Its file.
        file: String,
        /// What the list says.
        expected: Sha256,
        /// What the bytes are.
        actual: Sha256,
    },
    /// Its content has another hash than the manifest and go.sum say.
    #[error("checksum mismatch for the {} of {module}: expected {expected}, got {actual}", named(*.kind))]
    H1 {
        /// The module.
        module: ModuleVersion,
        /// Its zip or its go.mod.
        kind: ObjectKind,
        /// What the manifest says.
        expected: H1,
        /// What the files are.
        actual: H1,
    },
}

/// Groups of errors, one for each exit code of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// It could not be done: disk, key file (1).
    Failed,
    /// Signature missing, invalid or not trusted (10).
    Signature,
    /// Checksum mismatch (11).
    Checksum,
    /// Malformed, or over a limit (13).
    Malformed,
    /// Interrupted (130).
    Interrupted,
}

impl BundleError {
    /// The group that this error belongs to.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Open { .. }
            | Self::Read { .. }
            | Self::Write { .. }
            | Self::OverLimit { .. }
            | Self::Source { .. } => ErrorClass::Failed,
            Self::Container(ContainerError::Io(e)) if e.kind() != io::ErrorKind::UnexpectedEof => {
                ErrorClass::Failed
            }
            Self::Container(_)
            | Self::Manifest(_)
            | Self::Entries(_)
            | Self::Compressed { .. }
            | Self::Contents(_) => ErrorClass::Malformed,
            // Nothing is wrong with the file: another one is needed.
            Self::Delta(
                DeltaError::BaseMissing(_) | DeltaError::OtherBase { .. } | DeltaError::NotADelta,
            ) => ErrorClass::Failed,
            Self::Delta(_) => ErrorClass::Malformed,
            Self::Volume(
                VolumeError::NotAVolume(_) | VolumeError::Header { .. } | VolumeError::Request(_),
            ) => ErrorClass::Malformed,
            Self::Volume(_) => ErrorClass::Failed,
            Self::Base { source, .. } => source.class(),
            Self::Signature(_) => ErrorClass::Signature,
            Self::Object(_) => ErrorClass::Checksum,
            Self::Module(fault) => match **fault {
                ModuleFault::Zip(_) | ModuleFault::List { .. } => ErrorClass::Malformed,
                ModuleFault::H1 { .. } | ModuleFault::Content { .. } => ErrorClass::Checksum,
            },
            Self::LastSeen(error) => match error.rule() {
                Some(_) => ErrorClass::Signature,
                None => ErrorClass::Failed,
            },
            Self::Key(_) => ErrorClass::Failed,
            Self::Cancelled => ErrorClass::Interrupted,
        }
    }

    pub(crate) fn read(name: &str) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Read { name: name.to_owned(), source }
    }
}

/// What of a module an object is.
fn named(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Zip => "zip",
        ObjectKind::FileList => "list of files",
        _ => "go.mod",
    }
}

/// `1 byte`, `2 bytes`.
fn bytes(n: u64) -> String {
    if n == 1 { "1 byte".to_owned() } else { format!("{n} bytes") }
}
