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
    /// It judges where there is no policy file: its answer needs neither data
    /// nor the modules' sources, so that unpacking stays quick.
    pub by_default: bool,
}

/// All built-in plugins, by name.
pub const BUILTINS: &[Builtin] = &[
    Builtin {
        name: "allowlist",
        component: include_bytes!("../../../plugins/built/allowlist.wasm"),
        by_default: true,
    },
    Builtin {
        name: "drift",
        component: include_bytes!("../../../plugins/built/drift.wasm"),
        by_default: false,
    },
    Builtin {
        name: "freshness",
        component: include_bytes!("../../../plugins/built/freshness.wasm"),
        by_default: false,
    },
    Builtin {
        name: "licence",
        component: include_bytes!("../../../plugins/built/licence.wasm"),
        by_default: false,
    },
    Builtin {
        name: "native",
        component: include_bytes!("../../../plugins/built/native.wasm"),
        by_default: false,
    },
    Builtin {
        name: "vulnerability",
        component: include_bytes!("../../../plugins/built/vulnerability.wasm"),
        by_default: false,
    },
];

impl Builtin {
    /// The built-in plugin of that name.
    pub fn find(name: &str) -> Option<&'static Builtin> {
        BUILTINS.iter().find(|builtin| builtin.name == name)
    }
}
