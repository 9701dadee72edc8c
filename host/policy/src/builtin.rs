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
}

/// All built-in plugins, by name.
pub const BUILTINS: &[Builtin] =
    &[Builtin { name: "allowlist", component: include_bytes!("../../../plugins/built/allowlist.wasm") }];

impl Builtin {
    /// The built-in plugin of that name.
    pub fn find(name: &str) -> Option<&'static Builtin> {
        BUILTINS.iter().find(|builtin| builtin.name == name)
    }
}
