//! The plugins that come with airgo: components like any other, built from
//! plugins/ and kept in plugins/built, so that building airgo needs no
//! WebAssembly toolchain. They take the very path that an external one takes.

/// A plugin within this binary.
#[derive(Debug)]
pub struct Builtin {
    /// Its name in a policy file.
    pub name: &'static str,
    /// The component.
    pub component: &'static [u8],
    /// What build.rs compiled it to; empty where it could not.
    pub(crate) code: &'static [u8],
    /// Its config where there is no policy file, in so far as that differs from
    /// what the plugin takes by itself: keys and verdicts.
    pub without_file: &'static [(&'static str, &'static str)],
}

/// All built-in plugins, by name. A static: the bytes of a const would be in the
/// binary once for each unit of code that uses it.
pub static BUILTINS: &[Builtin] = &[
    Builtin {
        name: "allowlist",
        component: include_bytes!("../../../plugins/built/allowlist.wasm"),
        code: include_bytes!(concat!(env!("OUT_DIR"), "/allowlist.code")),
        without_file: &[],
    },
    Builtin {
        name: "drift",
        component: include_bytes!("../../../plugins/built/drift.wasm"),
        code: include_bytes!(concat!(env!("OUT_DIR"), "/drift.code")),
        // Whoever names no approved bundle has not asked what is new.
        without_file: &[("no-baseline", "allow")],
    },
    Builtin {
        name: "freshness",
        component: include_bytes!("../../../plugins/built/freshness.wasm"),
        code: include_bytes!(concat!(env!("OUT_DIR"), "/freshness.code")),
        without_file: &[],
    },
    Builtin {
        name: "licence",
        component: include_bytes!("../../../plugins/built/licence.wasm"),
        code: include_bytes!(concat!(env!("OUT_DIR"), "/licence.code")),
        without_file: &[],
    },
    Builtin {
        name: "native",
        component: include_bytes!("../../../plugins/built/native.wasm"),
        code: include_bytes!(concat!(env!("OUT_DIR"), "/native.code")),
        without_file: &[],
    },
    Builtin {
        name: "vulnerability",
        component: include_bytes!("../../../plugins/built/vulnerability.wasm"),
        code: include_bytes!(concat!(env!("OUT_DIR"), "/vulnerability.code")),
        // Said once, as what it is: nothing was looked up.
        without_file: &[("no-data", "warn")],
    },
];

impl Builtin {
    /// The built-in plugin that these bytes are.
    pub(crate) fn of(component: &[u8]) -> Option<&'static Builtin> {
        BUILTINS.iter().find(|builtin| builtin.component == component)
    }

    /// The built-in plugin of that name.
    pub fn find(name: &str) -> Option<&'static Builtin> {
        BUILTINS.iter().find(|builtin| builtin.name == name)
    }

    /// The digest of the component, in hexadecimal digits.
    pub fn sha256(&self) -> String {
        crate::data::sha256_hex(self.component)
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
