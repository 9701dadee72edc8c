//! Write an airgo policy plugin in Rust.
//!
//! A plugin is a type that implements [`Policy`], and one line that exports it:
//!
//! ```
//! use airgo_plugin::{Bundle, CheckError, Description, Finding, Policy, Rule};
//!
//! struct NoPrereleases;
//!
//! impl Policy for NoPrereleases {
//!     type Config = airgo_plugin::NoConfig;
//!
//!     fn description() -> Description {
//!         Description::new("no-prereleases", "0.1.0", "Warns of modules at a pre-release version.")
//!             .rule(Rule::new("prerelease", "the version is a pre-release"))
//!     }
//!
//!     fn check(_: Self::Config, bundle: &dyn Bundle) -> Result<Vec<Finding>, CheckError> {
//!         let modules = bundle.modules().into_iter().filter(|m| m.version.contains('-'));
//!         Ok(modules.map(|m| Finding::warn("prerelease", "is a pre-release").module(m.index)).collect())
//!     }
//! }
//!
//! airgo_plugin::export!(NoPrereleases);
//! ```
//!
//! Built for `wasm32-unknown-unknown` and turned into a component it runs in
//! airgo's sandbox; on the author's machine `cargo test` runs the same `check`
//! over a [`testing::FakeBundle`].

mod bundle;
mod describe;
mod facts;
mod finding;
mod glue;
mod module;
pub mod reach;
pub mod select;
pub mod testing;
pub mod time;
mod verdict;

/// What `wit-bindgen` makes of plugins/wit/v1 (`plugins/componentize` writes it,
/// so that no plugin has to compile the generator); the rest of this crate is
/// built on it.
#[allow(missing_docs, clippy::all, clippy::restriction)]
#[doc(hidden)]
#[path = "generated/bindings.rs"]
#[rustfmt::skip]
pub mod bindings;

/// The `facts` interface, for plugins that export it; a world of its own,
/// since a world cannot say that an export is optional.
#[allow(missing_docs, clippy::all, clippy::restriction)]
#[doc(hidden)]
#[path = "generated/facts_bindings.rs"]
#[rustfmt::skip]
pub mod facts_bindings;

/// Reading Go source as `go list` does.
pub use airgo_gosource as gosource;
pub use bindings::airgo::policy::host::LogLevel;
pub use bindings::airgo::policy::types::{
    BundleInfo, DataInfo, FileEntry, Finding, MainModule, ModuleInfo, ModuleRef, ReadError, Verdict,
};
pub use bindings::exports::airgo::policy::policy::{CheckError, ConfigError, DataNeed, Description, Rule};
pub use bundle::{Bundle, HostBundle};
pub use describe::NoConfig;
pub use facts::Facts;
#[doc(hidden)]
pub use glue::Glue;
pub use module::Found;

/// A policy plugin.
pub trait Policy {
    /// What the config table of the policy file becomes. Let serde refuse
    /// unknown fields (`#[serde(deny_unknown_fields)]`): a misspelt field that
    /// is ignored is a policy that does not hold.
    type Config: serde::de::DeserializeOwned;

    /// Who the plugin is, its rules, and the schema of its config.
    fn description() -> Description;

    /// Judges the bundle.
    ///
    /// # Errors
    /// Where no verdict can be reached; the bundle is then refused.
    fn check(config: Self::Config, bundle: &dyn Bundle) -> Result<Vec<Finding>, CheckError>;
}

/// Exports a [`Policy`] as the component's `policy` interface; with a
/// `facts:` before it, its [`Facts`] as the `facts` interface too.
#[macro_export]
macro_rules! export {
    (facts: $policy:ty) => {
        $crate::export!($policy);
        const _: () = {
            type Exported = $crate::Glue<$policy>;
    $crate::facts_bindings::export_facts!(Exported with_types_in $crate::facts_bindings);
        };
    };
    ($policy:ty) => {
        const _: () = {
            type Exported = $crate::Glue<$policy>;
    $crate::bindings::export_component!(Exported with_types_in $crate::bindings);
        };
    };
}
