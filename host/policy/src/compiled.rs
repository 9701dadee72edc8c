//! Plugins compiled ahead, as files: what `airgo plugin compile` writes, for an
//! airgo that has no compiler.
//!
//! wasmtime runs compiled code as it finds it, outside any sandbox, so a file
//! counts only with a signature by somebody whom the one who runs airgo trusts;
//! that a policy file names it is not enough, for that may lie in a checkout of
//! somebody else's. The file is a head of two lines, its signature in one line,
//! and code for each kind of memories:
//!
//! ```text
//! airgo compiled plugin v1
//! {"airgo":"0.1.0","code":[{"bytes":…,"memories":"reserved","sha256":"…"},…],"component":"…","machine":"x86_64-linux"}
//! <signature over these two lines, base64>
//! <code>
//! ```
//!
//! The head has the digests of all code and of the component, whose own digest
//! stays the one that a policy pins and a verdict records.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::data::{read_at_most, sha256_hex};
use crate::machine::Memories;

const MAGIC: &str = "airgo compiled plugin v1\n";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Bytes of a file: two kinds of code, each larger than its component.
const MAX_BYTES: u64 = 512 << 20;

/// CPU and system that code is for: `x86_64-linux`.
pub fn machine() -> String {
    format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    airgo: String,
    code: Vec<Part>,
    component: String,
    machine: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    bytes: usize,
    memories: String,
    sha256: String,
}

fn named(memories: Memories) -> &'static str {
    match memories {
        Memories::Reserved => "reserved",
        Memories::Small => "small",
    }
}

/// Why a file with compiled code is not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompiledError {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Read(String),
    /// It is something else.
    #[error("it is not a file that `airgo plugin compile` of this version writes")]
    Form,
    /// Its code is not what was signed.
    #[error("its code is not what was signed: it is damaged or was changed")]
    Changed,
    /// Of another plugin, or another state of it.
    #[error("it was compiled from a component with sha256 {found}, and the plugin has {wanted}")]
    OtherComponent {
        /// What was compiled.
        found: String,
        /// The plugin.
        wanted: String,
    },
    /// Compiled by another version of airgo.
    #[error("airgo {found} compiled it, and this is airgo {VERSION}")]
    OtherAirgo {
        /// The version that compiled it.
        found: String,
    },
    /// Compiled for another system or another kind of CPU.
    #[error("it was compiled for {found}, and this machine is {}", machine())]
    OtherMachine {
        /// What it is for.
        found: String,
    },
    /// wasmtime does not take it here: a CPU that lacks something, other settings.
    #[error("its code does not run on this machine: {0}")]
    Incompatible(String),
}

impl CompiledError {
    /// Whether the file is sound and only of no use here, so that whoever has a
    /// compiler can do without it.
    pub(crate) fn is_stale(&self) -> bool {
        matches!(
            self,
            CompiledError::OtherAirgo { .. }
                | CompiledError::OtherMachine { .. }
                | CompiledError::Incompatible(_)
        )
    }
}

/// A file of which nothing is believed yet.
#[derive(Debug)]
pub struct CompiledFile {
    bytes: Vec<u8>,
    /// Bytes of what is signed.
    signed: usize,
    /// Where the code begins.
    code: usize,
    head: Head,
}

impl CompiledFile {
    pub fn open(path: &Path) -> Result<Self, CompiledError> {
        let bytes = read_at_most(path, MAX_BYTES).map_err(|err| CompiledError::Read(err.to_string()))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(CompiledError::Form);
        }
        Self::parse(bytes).ok_or(CompiledError::Form)
    }

    /// Reads a file; none where it is something else.
    pub fn parse(bytes: Vec<u8>) -> Option<Self> {
        let line = |from: usize| {
            let rest = bytes.get(from..)?;
            Some(from + rest.iter().position(|byte| *byte == b'\n')? + 1)
        };
        bytes.starts_with(MAGIC.as_bytes()).then_some(())?;
        let signed = line(MAGIC.len())?;
        let code = line(signed)?;
        let head: Head = serde_json::from_slice(&bytes[MAGIC.len()..signed]).ok()?;
        Some(CompiledFile { bytes, signed, code, head })
    }

    /// What the signature is over.
    pub fn signed(&self) -> &[u8] {
        &self.bytes[..self.signed]
    }

    pub fn signature(&self) -> &[u8] {
        &self.bytes[self.signed..self.code]
    }

    /// The code for a component and a kind of memories, of a file whose signature
    /// counts.
    pub fn code(&self, component: &str, memories: Memories) -> Result<&[u8], CompiledError> {
        let Head { airgo, code, component: found, machine: other } = &self.head;
        if found != component {
            return Err(CompiledError::OtherComponent { found: found.clone(), wanted: component.to_owned() });
        }
        if airgo != VERSION {
            return Err(CompiledError::OtherAirgo { found: airgo.clone() });
        }
        if *other != machine() {
            return Err(CompiledError::OtherMachine { found: other.clone() });
        }
        let mut rest = &self.bytes[self.code..];
        let mut wanted = None;
        for part in code {
            let (own, after) = rest.split_at_checked(part.bytes).ok_or(CompiledError::Changed)?;
            if part.memories == named(memories) {
                wanted = Some((own, &part.sha256));
            }
            rest = after;
        }
        match wanted {
            Some((own, sha256)) if rest.is_empty() && sha256_hex(own) == *sha256 => Ok(own),
            Some(_) => Err(CompiledError::Changed),
            None => Err(CompiledError::Form),
        }
    }
}

/// Code that was just compiled, to be signed and written.
#[cfg(feature = "compile")]
pub struct Compiled {
    /// What is to be signed.
    pub head: Vec<u8>,
    code: Vec<Vec<u8>>,
}

#[cfg(feature = "compile")]
impl Compiled {
    /// Compiles a component for machines of this kind: for most CPUs of the last
    /// ten years, and for any with little address space.
    ///
    /// # Errors
    /// Where it is not a plugin for this airgo, or costs too much to compile.
    pub fn new(component: &[u8], limits: &crate::Limits) -> Result<Self, crate::PluginError> {
        use crate::PluginError;
        use crate::error::clip;
        crate::prescan::scan(component, limits)?;
        crate::cost::check(component, limits)?;
        let mut head = Head {
            airgo: VERSION.to_owned(),
            code: Vec::new(),
            component: sha256_hex(component),
            machine: machine(),
        };
        let mut code = Vec::new();
        for memories in [Memories::Reserved, Memories::Small] {
            let engine = crate::compiler::ahead(env!("AIRGO_TARGET"), memories)
                .map_err(|err| PluginError::Internal(clip(err.to_string())))?;
            let part = engine.precompile_component(component).map_err(PluginError::malformed)?;
            head.code.push(Part {
                bytes: part.len(),
                memories: named(memories).to_owned(),
                sha256: sha256_hex(&part),
            });
            code.push(part);
        }
        let json = serde_json::to_string(&head).map_err(|err| PluginError::Internal(err.to_string()))?;
        Ok(Compiled { head: format!("{MAGIC}{json}\n").into_bytes(), code })
    }

    /// The file, with a signature over the head in base64.
    pub fn file(&self, signature: &str) -> Vec<u8> {
        let mut file = self.head.clone();
        file.extend_from_slice(signature.trim_ascii().as_bytes());
        file.push(b'\n');
        self.code.iter().for_each(|code| file.extend_from_slice(code));
        file
    }
}

#[cfg(test)]
#[cfg(feature = "compile")]
mod tests {
    use super::*;
    use crate::{Builtin, Limits};

    fn file() -> (Vec<u8>, String) {
        let builtin = Builtin::find("drift").unwrap();
        let compiled = Compiled::new(builtin.component(), &Limits::default()).unwrap();
        (compiled.file("c2lnbmF0dXJl\n"), builtin.sha256())
    }

    fn parsed(bytes: &[u8]) -> Option<CompiledFile> {
        CompiledFile::parse(bytes.to_vec())
    }

    #[test]
    fn a_file_gives_the_code_that_was_signed_and_no_other() {
        let (bytes, sha256) = file();
        let whole = parsed(&bytes).unwrap();
        assert!(whole.signed().ends_with(b"}\n") && whole.signed().starts_with(MAGIC.as_bytes()));
        assert_eq!(whole.signature(), b"c2lnbmF0dXJl\n");
        for memories in [Memories::Reserved, Memories::Small] {
            assert!(whole.code(&sha256, memories).is_ok(), "{memories:?}");
        }
        let other = whole.code(&"0".repeat(64), Memories::Small).unwrap_err();
        assert!(matches!(other, CompiledError::OtherComponent { .. }) && !other.is_stale());

        // The last byte is of the code for small memories.
        let mut changed = bytes.clone();
        *changed.last_mut().unwrap() ^= 1;
        let changed = parsed(&changed).unwrap();
        assert_eq!(changed.code(&sha256, Memories::Small), Err(CompiledError::Changed));
        for end in [bytes.len() - 1, bytes.len() / 2] {
            let cut = parsed(&bytes[..end]).unwrap();
            assert_eq!(cut.code(&sha256, Memories::Small), Err(CompiledError::Changed));
        }
        let long = parsed(&[&bytes[..], b"x"].concat()).unwrap();
        assert_eq!(long.code(&sha256, Memories::Reserved), Err(CompiledError::Changed));
        for none in [&bytes[1..], &bytes[..MAGIC.len()], b"", b"airgo compiled plugin v1\n{}\nx\n"] {
            assert!(parsed(none).is_none());
        }
    }

    #[test]
    fn code_of_another_airgo_or_machine_is_stale() {
        let (bytes, sha256) = file();
        let mut other = parsed(&bytes).unwrap();
        other.head.machine = "riscv64-plan9".to_owned();
        let refused = other.code(&sha256, Memories::Reserved).unwrap_err();
        assert!(matches!(refused, CompiledError::OtherMachine { .. }) && refused.is_stale());
        other.head.airgo = "0.0.1".to_owned();
        let refused = other.code(&sha256, Memories::Reserved).unwrap_err();
        assert_eq!(refused.to_string(), format!("airgo 0.0.1 compiled it, and this is airgo {VERSION}"));
        assert!(refused.is_stale());
    }
}
