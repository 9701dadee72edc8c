//! What a plugin finds out about each module by itself.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Bundle, CheckError, ModuleInfo, Policy};

/// A policy that reads the files of every module: it gathers, module by
/// module, what there is to know, and judges by that. The host gathers in
/// parallel and remembers facts from run to run; see `facts` in
/// plugins/wit/v1.
///
/// ```
/// use airgo_plugin::testing::FakeBundle;
/// use airgo_plugin::{Bundle, CheckError, Description, Facts, Finding, ModuleInfo, Policy, Rule};
///
/// struct Files;
///
/// impl Policy for Files {
///     type Config = airgo_plugin::NoConfig;
///
///     fn description() -> Description {
///         Description::new("files", "0.1.0", "Tells how many files a module has.")
///             .rule(Rule::new("count", "the number of files"))
///     }
///
///     fn check(_: Self::Config, bundle: &dyn Bundle) -> Result<Vec<Finding>, CheckError> {
///         let finding = |module: ModuleInfo| {
///             let files = Self::fact(bundle, module.index)?;
///             Ok(Finding::note("count", format!("has {files} files")).module(module.index))
///         };
///         bundle.modules().into_iter().map(finding).collect()
///     }
/// }
///
/// impl Facts for Files {
///     type Fact = usize;
///
///     fn gather(_: &str, module: &ModuleInfo, bundle: &dyn Bundle) -> Result<usize, CheckError> {
///         Ok(bundle.list_files(module.index).unwrap_or_default().len())
///     }
/// }
///
/// airgo_plugin::export!(facts: Files);
///
/// let bundle = FakeBundle::new().module("example.com/a", "v1.0.0", &[("a.go", ""), ("b.go", "")]);
/// let findings = bundle.check::<Files>(airgo_plugin::NoConfig {}).unwrap();
/// assert_eq!(findings[0].message, "has 2 files");
/// ```
pub trait Facts: Policy {
    /// What there is to know of a module. It travels as JSON.
    type Fact: Serialize + DeserializeOwned;

    /// What to look for under a config; `None` where `check` will not ask for
    /// facts. Say as little as possible: the host gathers anew where this
    /// changes.
    fn plan(_config: &Self::Config) -> Option<String> {
        Some(String::new())
    }

    /// Finds out what there is to know of a module. `bundle` holds this module
    /// alone, without anything that its content does not determine.
    ///
    /// # Errors
    /// Where nothing can be known; the bundle is then refused.
    fn gather(plan: &str, module: &ModuleInfo, bundle: &dyn Bundle) -> Result<Self::Fact, CheckError>;

    /// What was gathered of a module; for `check`.
    ///
    /// # Errors
    /// Where [`Facts::plan`] asked for nothing.
    fn fact(bundle: &dyn Bundle, module: u32) -> Result<Self::Fact, CheckError> {
        let gathered = bundle.gathered(module);
        let bytes = gathered.ok_or_else(|| CheckError::Input("the host has gathered nothing".to_owned()))?;
        serde_json::from_slice(&bytes).map_err(|err| CheckError::Input(err.to_string()))
    }
}

/// [`Facts::gather`] as the host calls it.
pub(crate) fn gathered<P: Facts>(
    plan: &str,
    module: &ModuleInfo,
    bundle: &dyn Bundle,
) -> Result<Vec<u8>, String> {
    let fact = P::gather(plan, module, bundle).map_err(|err| match err {
        CheckError::Config(err) => err.message,
        CheckError::Data(message) | CheckError::Input(message) => message,
    })?;
    serde_json::to_vec(&fact).map_err(|err| err.to_string())
}
