//! Reads what a plugin is before anything of it is compiled.
//!
//! Nothing in wasmtime bounds compilation, so a component that is too large,
//! too complex, or no airgo plugin has to be turned away first. This reads
//! sections only; wasmtime validates the whole when it compiles.

use std::fmt;

use wasmparser::{ComponentExternalKind, ComponentTypeRef, Encoding, Parser, Payload};

use crate::error::clip;
use crate::{Limits, PluginError};

/// The version of the interface that this airgo speaks.
pub const SPEAKS: Version = Version { major: 1, minor: 0 };

const HOST: &str = "airgo:policy/host@";
const TYPES: &str = "airgo:policy/types@";
const POLICY: &str = "airgo:policy/policy@";
const FACTS: &str = "airgo:policy/facts@";

/// A version of package `airgo:policy`. A plugin for an older minor version
/// runs on a host of a newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Another major version is another interface.
    pub major: u64,
    /// A minor version adds host functions.
    pub minor: u64,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Version {
    /// Reads `MAJOR.MINOR.PATCH`.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| {
            let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| part.parse::<u64>().ok()).flatten()
        });
        let version = Version { major: parts.next()??, minor: parts.next()?? };
        parts.next()??;
        parts.next().is_none().then_some(version)
    }
}

/// What the sections of a component say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The version of `airgo:policy` that it was made for.
    pub version: Version,
    /// Names of what it imports.
    pub imports: Vec<String>,
    /// Names of what it exports.
    pub exports: Vec<String>,
    /// Bytes of code, over all core modules in it.
    pub code_bytes: u64,
    /// Functions, over all core modules in it.
    pub functions: u64,
}

/// As much of a component as could be read, and why it is refused, if it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// The version of `airgo:policy` that it names, whether or not this airgo
    /// speaks it.
    pub version: Option<Version>,
    /// Names of what it imports, ours or not.
    pub imports: Vec<String>,
    /// Names of the instances that it exports.
    pub exports: Vec<String>,
    /// Bytes of code, over all core modules in it.
    pub code_bytes: u64,
    /// Functions, over all core modules in it.
    pub functions: u64,
    /// Why it is not to be compiled.
    pub refused: Option<PluginError>,
}

/// Reads the sections of a component and refuses what is not to be compiled.
///
/// # Errors
/// Where it is no component, imports anything but `airgo:policy/host`, does
/// not export `airgo:policy/policy` in a version that this airgo speaks, or
/// costs too much to compile.
pub fn scan(bytes: &[u8], limits: &Limits) -> Result<Scan, PluginError> {
    let Outline { version, imports, exports, code_bytes, functions, refused } = outline(bytes, limits);
    match (refused, version) {
        (Some(err), _) => Err(err),
        (None, None) => Err(PluginError::NoPolicy),
        (None, Some(version)) => Ok(Scan { version, imports, exports, code_bytes, functions }),
    }
}

/// Reads the sections of a component as far as its limits go, for whoever wants
/// to know why it is refused.
pub fn outline(bytes: &[u8], limits: &Limits) -> Outline {
    let mut scanner = Scanner {
        limits,
        depth: 0,
        counts: Counts::default(),
        imports: vec![],
        exports: vec![],
        foreign: None,
    };
    let read = scanner.read(bytes);
    let version = scanner.version();
    let named = match &version {
        Ok(version) => Some(*version),
        Err(PluginError::UnknownVersion { found, .. }) => Some(*found),
        Err(_) => None,
    };
    let Scanner { counts, imports, exports, foreign, .. } = scanner;
    // In the order of the file, and the version when all of it was read.
    let refused = foreign.or(read.err()).or(version.err());
    let Counts { code: code_bytes, functions, .. } = counts;
    Outline { version: named, imports, exports, code_bytes, functions, refused }
}

impl Scan {
    /// The name of its `facts`, where it gathers some.
    pub fn facts(&self) -> Option<&str> {
        self.exports.iter().find(|name| name.starts_with(FACTS)).map(String::as_str)
    }
}

struct Scanner<'a> {
    limits: &'a Limits,
    /// 1 inside the outermost component.
    depth: u32,
    counts: Counts,
    imports: Vec<String>,
    exports: Vec<String>,
    /// The first import that no plugin gets.
    foreign: Option<PluginError>,
}

/// What compiling costs goes by these.
#[derive(Default)]
struct Counts {
    code: u64,
    functions: u64,
    items: u64,
}

/// Types, imports, exports, aliases, instances and canonical functions, each
/// of which costs the compiler far more than its bytes.
const MAX_ITEMS: u64 = 200_000;
/// How any WebAssembly begins.
const MAGIC: &[u8] = b"\0asm";
/// Components and modules within another.
const MAX_DEPTH: u32 = 16;
/// Parameters and locals of one function; its frame grows with them.
const MAX_LOCALS: u64 = 5_000;

impl Scanner<'_> {
    fn read(&mut self, bytes: &[u8]) -> Result<(), PluginError> {
        let size = bytes.len() as u64;
        if size > self.limits.component_bytes {
            return Err(PluginError::TooLarge { size, limit: self.limits.component_bytes });
        }
        if !bytes.starts_with(MAGIC) {
            return Err(PluginError::NotWasm);
        }
        if Parser::is_core_wasm(bytes) {
            return Err(PluginError::CoreModule);
        }
        Parser::new(0).parse_all(bytes).try_for_each(|payload| {
            payload.map_err(PluginError::malformed).and_then(|payload| self.payload(payload))
        })
    }

    fn payload(&mut self, payload: Payload<'_>) -> Result<(), PluginError> {
        let items = match payload {
            Payload::Version { encoding, .. } => {
                if self.depth == 0 && encoding != Encoding::Component {
                    return Err(PluginError::CoreModule);
                }
                self.depth += 1;
                at_most("levels of components in components", u64::from(self.depth), u64::from(MAX_DEPTH))?;
                1
            }
            Payload::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                0
            }
            Payload::ComponentImportSection(section) => {
                let count = section.count();
                if self.depth == 1 {
                    for import in section {
                        let import = import.map_err(PluginError::malformed)?;
                        self.import(import.name.name, import.ty);
                    }
                }
                count
            }
            Payload::ComponentExportSection(section) => {
                let count = section.count();
                if self.depth == 1 {
                    for export in section {
                        let export = export.map_err(PluginError::malformed)?;
                        if export.kind == ComponentExternalKind::Instance {
                            self.exports.push(export.name.name.to_owned());
                        }
                    }
                }
                count
            }
            Payload::CodeSectionStart { count, .. } => {
                self.counts.functions += u64::from(count);
                at_most("functions", self.counts.functions, self.limits.functions)?;
                0
            }
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                let len = range.end.saturating_sub(range.start) as u64;
                at_most("bytes in one function", len, self.limits.function_bytes)?;
                self.counts.code += len;
                at_most("bytes of code", self.counts.code, self.limits.code_bytes)?;
                let mut locals = 0u64;
                for group in body.get_locals_reader().map_err(PluginError::malformed)? {
                    locals += u64::from(group.map_err(PluginError::malformed)?.0);
                    at_most("locals in one function", locals, MAX_LOCALS)?;
                }
                0
            }
            Payload::TypeSection(s) => s.count(),
            Payload::ImportSection(s) => s.count(),
            Payload::TableSection(s) => s.count(),
            Payload::MemorySection(s) => s.count(),
            Payload::GlobalSection(s) => s.count(),
            Payload::ExportSection(s) => s.count(),
            Payload::ElementSection(s) => s.count(),
            Payload::DataSection(s) => s.count(),
            Payload::InstanceSection(s) => s.count(),
            Payload::CoreTypeSection(s) => s.count(),
            Payload::ComponentInstanceSection(s) => s.count(),
            Payload::ComponentAliasSection(s) => s.count(),
            Payload::ComponentTypeSection(s) => s.count(),
            Payload::ComponentCanonicalSection(s) => s.count(),
            _ => 0,
        };
        self.counts.items += u64::from(items);
        at_most("types, imports, exports and instances", self.counts.items, MAX_ITEMS)
    }

    fn import(&mut self, name: &str, ty: ComponentTypeRef) {
        let ours = name.starts_with(HOST) || name.starts_with(TYPES);
        if !ours || !matches!(ty, ComponentTypeRef::Instance(_)) {
            self.foreign.get_or_insert_with(|| PluginError::ForeignImport(clip(name)));
        }
        self.imports.push(name.to_owned());
    }

    /// The newest version that an import or export of ours names.
    fn version(&self) -> Result<Version, PluginError> {
        let policy = self.exports.iter().filter(|name| name.starts_with(POLICY));
        let mut newest: Option<Version> = None;
        let facts = self.exports.iter().filter(|name| name.starts_with(FACTS));
        let ours = |name: &&String| name.starts_with(HOST) || name.starts_with(TYPES);
        for name in policy.clone().chain(facts).chain(self.imports.iter().filter(ours)) {
            let text = name.rsplit_once('@').map_or("", |(_, version)| version);
            let version = Version::parse(text)
                .ok_or_else(|| PluginError::Malformed(clip(format!("{name:?} names no version"))))?;
            if version.major != SPEAKS.major || version > SPEAKS {
                return Err(PluginError::UnknownVersion { found: version, speaks: SPEAKS });
            }
            newest = newest.max(Some(version));
        }
        match (newest, policy.count()) {
            (Some(version), 1) => Ok(version),
            _ => Err(PluginError::NoPolicy),
        }
    }
}

pub(crate) fn at_most(what: &'static str, found: u64, limit: u64) -> Result<(), PluginError> {
    if found > limit { Err(PluginError::TooComplex { what, found, limit }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_file_is_refused_is_one_line() {
        let refused = |bytes: &[u8]| outline(bytes, &Limits::default()).refused.unwrap();
        for other in [&b"no component"[..], b"no", b""] {
            assert_eq!(refused(other), PluginError::NotWasm);
        }
        // A core module within, which is none: wasmparser shows its bytes a line each.
        let nested = b"\0asm\x0d\0\x01\0\x01\x08no  core";
        for bytes in [&nested[..], &nested[..4]] {
            let PluginError::Malformed(reason) = refused(bytes) else { panic!("{:?}", refused(bytes)) };
            assert!(!reason.contains('\n') && !reason.contains("  "), "{reason:?}");
        }
    }

    #[test]
    fn versions() {
        assert_eq!(Version::parse("1.0.0"), Some(Version { major: 1, minor: 0 }));
        assert_eq!(Version::parse("12.3.4"), Some(Version { major: 12, minor: 3 }));
        for bad in ["", "1", "1.0", "1.0.0.0", "1.0.x", "v1.0.0", "1.0.0-rc.1", "+1.0.0"] {
            assert_eq!(Version::parse(bad), None, "{bad}");
        }
    }
}
