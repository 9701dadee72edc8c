//! The names of a bundle's entries and their one order.
//!
//! ```text
//! airgo.json                                  the manifest
//! base.json                                   only in a delta: what it builds on
//! blocks/<digest>.zst                         contents of files, compressed together
//! data/<name>                                 data snapshots
//! files/<path>/@v/<version>.files             lists of the files of modules
//! proxy/<path>/@v/<version>.{info,mod,zip}    the payload, with list
//! proxy/sumdb/<database>/...                  evidence
//! statements/<name>.<key>.dsse.json           what else signers say
//! signatures/<key>.dsse.json                  who signed the bundle
//! ```
//!
//! Sections are in this order, names bytewise within one. What depends on
//! the project alone comes first, so that two packings of it share all bytes
//! up to the first piece of evidence.

pub use crate::attest::entries::{
    MANIFEST, SIGNATURES, STATEMENTS, is_label, parse_signature_name, parse_statement_name, signature_name,
    statement_name,
};
use airgo_gomod::ModuleVersion;
use airgo_gomod::module::{self, ModuleError};

/// The entry that makes a bundle a delta.
pub const BASE: &str = "base.json";
/// Where blocks are.
pub const BLOCKS: &str = "blocks/";
/// Where the lists of the files of modules are.
pub const FILES: &str = "files/";
/// Where data snapshots are.
pub const DATA: &str = "data/";
/// Where the GOPROXY tree is.
pub const PROXY: &str = "proxy/";
/// Where the checksum database's evidence is.
pub const EVIDENCE: &str = "proxy/sumdb/";
/// The sections of a bundle, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// `airgo.json`.
    Manifest,
    /// `base.json`.
    Base,
    /// `blocks/`.
    Block,
    /// `data/`.
    Data,
    /// `files/`.
    Files,
    /// `proxy/` but for its evidence.
    Proxy,
    /// `proxy/sumdb/`.
    Evidence,
    /// `statements/`.
    Statement,
    /// `signatures/`.
    Signature,
}

impl Section {
    /// Whether the manifest accounts for the section's entries one by one.
    pub(crate) fn is_object(self) -> bool {
        matches!(self, Self::Block | Self::Data | Self::Files | Self::Proxy)
    }

    /// The section that a name belongs to, if any.
    pub fn of(name: &str) -> Option<Self> {
        let inside = |prefix: &str| name.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty());
        match name {
            MANIFEST => Some(Self::Manifest),
            BASE => Some(Self::Base),
            _ if inside(BLOCKS) => Some(Self::Block),
            _ if inside(DATA) => Some(Self::Data),
            _ if inside(FILES) => Some(Self::Files),
            _ if inside(EVIDENCE) => Some(Self::Evidence),
            _ if inside(PROXY) => Some(Self::Proxy),
            _ if inside(STATEMENTS) => Some(Self::Statement),
            _ if inside(SIGNATURES) => Some(Self::Signature),
            _ => None,
        }
    }
}

/// Why a name may not be an entry's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No bytes at all.
    #[error("the name is empty")]
    Empty,
    /// A leading slash.
    #[error("the name is absolute")]
    Absolute,
    /// `.` or `..` or nothing between two slashes, or a trailing slash.
    #[error("the name has an empty, \".\" or \"..\" element")]
    Element,
    /// A backslash, which Windows takes for a separator.
    #[error("the name has a backslash")]
    Backslash,
    /// A NUL byte.
    #[error("the name has a NUL byte")]
    Nul,
    /// Anything else than ASCII letters, digits and `!+-._~@/`.
    #[error("the name has a character that no entry's name has")]
    Character,
    /// A name that Windows keeps for a device, or an element ending in a dot.
    #[error("the name is one that Windows cannot hold")]
    Windows,
}

/// Refuses names that no writer of bundles makes. Which names a bundle holds
/// is for the manifest to say; this keeps any of them harmless on a disk.
pub fn check_name(name: &[u8]) -> Result<&str, NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.contains(&0) {
        return Err(NameError::Nul);
    }
    if name.contains(&b'\\') {
        return Err(NameError::Backslash);
    }
    if name[0] == b'/' {
        return Err(NameError::Absolute);
    }
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || b"!+-._~@/".contains(b);
    if !name.iter().all(allowed) {
        return Err(NameError::Character);
    }
    let text = std::str::from_utf8(name).map_err(|_| NameError::Character)?;
    for element in text.split('/') {
        if matches!(element, "" | "." | "..") {
            return Err(NameError::Element);
        }
        if element.ends_with('.') || is_device(element) {
            return Err(NameError::Windows);
        }
    }
    Ok(text)
}

/// Device names of Windows, with any extension (x/mod module.checkElem).
fn is_device(element: &str) -> bool {
    let stem = element.split('.').next().unwrap_or(element).to_ascii_lowercase();
    match stem.as_str() {
        "con" | "prn" | "aux" | "nul" => true,
        _ => {
            stem.len() == 4
                && (stem.starts_with("com") || stem.starts_with("lpt"))
                && matches!(stem.as_bytes()[3], b'1'..=b'9')
        }
    }
}

/// The kinds of object that a module has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// The canonical `.info`.
    Info,
    /// The go.mod.
    Mod,
    /// The module zip.
    Zip,
    /// The versions of a path, one a line.
    List,
    /// A data snapshot.
    Data,
    /// The list of the files of a module.
    FileList,
    /// Contents of files.
    Block,
}

impl ObjectKind {
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Info => ".info",
            Self::Mod => ".mod",
            Self::Zip => ".zip",
            Self::FileList => ".files",
            Self::Block => ".zst",
            Self::List | Self::Data => "",
        }
    }
}

/// The entry of a module's object: `proxy/<escaped path>/@v/<escaped version>.zip`
/// and its kin.
pub fn object_name(module: &ModuleVersion, kind: ObjectKind) -> Result<String, ModuleError> {
    let path = &module.path;
    if kind == ObjectKind::Data {
        return Ok(data_name(path));
    }
    if kind == ObjectKind::List {
        return Ok(format!("{PROXY}{}/@v/list", module::escape_path(path)?));
    }
    if kind == ObjectKind::Block {
        return Ok(format!("{BLOCKS}{path}{}", kind.extension()));
    }
    let top = if kind == ObjectKind::FileList { FILES } else { PROXY };
    Ok(format!("{top}{}{}", stem(module)?, kind.extension()))
}

/// What the names of a module's objects have between the directory and the
/// extension.
pub(crate) fn stem(module: &ModuleVersion) -> Result<String, ModuleError> {
    let path = module::escape_path(&module.path)?;
    Ok(format!("{path}/@v/{}", module::escape_version(&module.version)?))
}

/// The entry of a block.
pub(crate) fn block_name(sha256: crate::digest::Sha256) -> String {
    format!("{BLOCKS}{sha256}{}", ObjectKind::Block.extension())
}

/// The module that an entry of the payload belongs to, as `path@version`; for a
/// list the path alone.
pub fn module_of(name: &str) -> Option<String> {
    let (path, file) = name.strip_prefix(PROXY).or(name.strip_prefix(FILES))?.rsplit_once("/@v/")?;
    let path = module::unescape_path(path).ok()?;
    if file == "list" {
        return Some(path);
    }
    let (version, _) = file.rsplit_once('.')?;
    Some(format!("{path}@{}", module::unescape_version(version).ok()?))
}

/// The entry of a data snapshot.
pub fn data_name(name: &str) -> String {
    format!("{DATA}{name}")
}
