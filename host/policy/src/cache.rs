//! Compiled code, kept from run to run.
//!
//! wasmtime runs compiled code as it finds it, so an entry is believed only
//! where nobody but this user can have written it: the directory is this
//! user's, mode 0700, and no symbolic link. The digest in front of an entry is
//! against damage, such as a full disk leaves. An entry is named by the sha256
//! of the component and by what wasmtime says its code depends on: its version,
//! the configuration and the CPU. An entry that does not fit is removed and
//! compiled anew.

use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::code::deserialize;
use crate::private;

const MAGIC: &[u8; 16] = b"airgo code v1\n\0\0";
const DIGEST: usize = 32;
/// Compiled code is larger than its component, but not without bound.
const MAX_ENTRY: u64 = 512 << 20;

/// A directory of compiled components.
pub struct CodeCache {
    dir: PathBuf,
    /// What compiled code depends on, apart from the component.
    environment: String,
}

impl CodeCache {
    /// Opens a directory; `None` where it cannot be made, or is not this
    /// user's alone.
    pub fn open(engine: &Engine, dir: PathBuf) -> Option<Self> {
        private::open_dir(&dir)?;
        Some(CodeCache { dir, environment: environment(engine) })
    }

    fn entry(&self, sha256: &str) -> PathBuf {
        self.dir.join(format!("{sha256}-{}.airgo-code", self.environment))
    }

    /// The compiled code of a component.
    pub fn get(&self, engine: &Engine, sha256: &str) -> Option<Component> {
        let path = self.entry(sha256);
        let entry = private::read(&path, MAX_ENTRY)?;
        // Marks it as used; where that fails `airgo cache trim` may come early.
        let _ = File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        let component = checked(&entry).and_then(|code| deserialize(engine, code));
        if component.is_none() {
            // Removing it may fail; then the next run compiles once more.
            let _ = fs::remove_file(&path);
        }
        component
    }

    /// Keeps compiled code. A cache that cannot be written is no error: the
    /// next run compiles again.
    pub fn put(&self, sha256: &str, component: &Component) {
        let Ok(code) = component.serialize() else { return };
        let path = self.entry(sha256);
        let digest = Sha256::digest(&code);
        private::replace(&path, &[MAGIC, &digest, &code]);
    }
}

/// The code of an entry whose digest is right.
fn checked(entry: &[u8]) -> Option<&[u8]> {
    let rest = entry.strip_prefix(MAGIC)?;
    let (digest, code) = rest.split_at_checked(DIGEST)?;
    (Sha256::digest(code).as_slice() == digest).then_some(code)
}

/// What wasmtime says its compiled code depends on.
fn environment(engine: &Engine) -> String {
    struct Collect(Sha256);
    impl Hasher for Collect {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut collect = Collect(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut collect);
    collect.write(env!("CARGO_PKG_VERSION").as_bytes());
    let digest = collect.0.finalize();
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
