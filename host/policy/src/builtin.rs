//! The plugins that come with airgo: components like any other, built from
//! plugins/ and kept in plugins/built, so that building airgo needs no
//! WebAssembly toolchain. They take the very path that an external one takes.

use crate::packed::Packed;

/// A plugin within this binary.
#[derive(Debug)]
pub struct Builtin {
    /// Its name in a policy file.
    pub name: &'static str,
    component: Packed,
    /// What build.rs compiled it to; empty where it could not.
    pub(crate) code: &'static [u8],
    /// The same for any CPU, and for little address space; empty where airgo
    /// compiles it when it is needed.
    pub(crate) small_code: &'static [u8],
    /// Its config where there is no policy file, in so far as that differs from
    /// what the plugin takes by itself: keys and verdicts.
    pub without_file: &'static [(&'static str, &'static str)],
}

#[cfg(feature = "compile")]
macro_rules! component {
    ($name:literal) => {
        include_bytes!(concat!("../../../plugins/built/", $name, ".wasm"))
    };
}
#[cfg(not(feature = "compile"))]
macro_rules! component {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".component"))
    };
}
#[cfg(feature = "compile")]
macro_rules! small_code {
    ($name:literal) => {
        &[]
    };
}
#[cfg(not(feature = "compile"))]
macro_rules! small_code {
    ($name:literal) => {
        include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".small-code"))
    };
}

/// All built-in plugins, by name. A static: the bytes of a const would be in the
/// binary once for each unit of code that uses it.
pub static BUILTINS: [Builtin; 6] = [
    Builtin {
        name: "allowlist",
        component: Packed::new(component!("allowlist")),
        code: include_bytes!(concat!(env!("OUT_DIR"), "/allowlist.code")),
        small_code: small_code!("allowlist"),
        without_file: &[],
    },
    Builtin {
        name: "drift",
        component: Packed::new(component!("drift")),
        code: include_bytes!(concat!(env!("OUT_DIR"), "/drift.code")),
        small_code: small_code!("drift"),
        // Whoever names no approved bundle has not asked what is new.
        without_file: &[("no-baseline", "allow")],
    },
    Builtin {
        name: "freshness",
        component: Packed::new(component!("freshness")),
        code: include_bytes!(concat!(env!("OUT_DIR"), "/freshness.code")),
        small_code: small_code!("freshness"),
        without_file: &[],
    },
    Builtin {
        name: "licence",
        component: Packed::new(component!("licence")),
        code: include_bytes!(concat!(env!("OUT_DIR"), "/licence.code")),
        small_code: small_code!("licence"),
        without_file: &[],
    },
    Builtin {
        name: "native",
        component: Packed::new(component!("native")),
        code: include_bytes!(concat!(env!("OUT_DIR"), "/native.code")),
        small_code: small_code!("native"),
        without_file: &[],
    },
    Builtin {
        name: "vulnerability",
        component: Packed::new(component!("vulnerability")),
        code: include_bytes!(concat!(env!("OUT_DIR"), "/vulnerability.code")),
        small_code: small_code!("vulnerability"),
        // Said once, as what it is: nothing was looked up.
        without_file: &[("no-data", "warn")],
    },
];

impl Builtin {
    /// The component.
    pub fn component(&self) -> &[u8] {
        self.component.whole()
    }

    /// The built-in plugin that these bytes are.
    pub(crate) fn of(component: &[u8]) -> Option<&'static Builtin> {
        BUILTINS.iter().find(|builtin| builtin.component() == component)
    }

    /// The built-in plugin of that name.
    pub fn find(name: &str) -> Option<&'static Builtin> {
        BUILTINS.iter().find(|builtin| builtin.name == name)
    }

    /// The digest of the component, in hexadecimal digits.
    pub fn sha256(&self) -> String {
        crate::data::sha256_hex(self.component())
    }

    /// Its config where there is no policy file.
    pub fn config_without_file(&self) -> serde_json::Value {
        let member = |&(key, verdict): &(&str, &str)| (key.to_owned(), verdict.into());
        serde_json::Value::Object(self.without_file.iter().map(member).collect())
    }

    /// The digest of that config, as a report has it.
    pub fn config_sha256_without_file(&self) -> String {
        crate::data::sha256_hex(self.config_without_file().to_string().as_bytes())
    }
}
