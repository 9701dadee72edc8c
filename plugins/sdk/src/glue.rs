//! Between the raw exports and a [`Policy`]: the config is parsed, a panic is
//! told to the host before the plugin aborts.

use std::marker::PhantomData;

use crate::bindings::airgo::policy::host;
use crate::bindings::exports::airgo::policy::policy::Guest;
use crate::facts_bindings::exports::airgo::policy::facts;
use crate::{CheckError, Description, Facts, Finding, HostBundle, LogLevel, ModuleInfo, Policy};

/// Carries the exports for `P`; `export!` names it.
pub struct Glue<P>(PhantomData<P>);

impl<P: Policy> Guest for Glue<P> {
    fn describe() -> Description {
        tell_panics();
        P::description()
    }

    fn check(config: String) -> Result<Vec<Finding>, CheckError> {
        tell_panics();
        let config = serde_json::from_str(&config).map_err(|err| CheckError::at("", err.to_string()))?;
        P::check(config, &HostBundle)
    }
}

impl<P: Facts> facts::Guest for Glue<P> {
    fn plan(config: String) -> Option<String> {
        tell_panics();
        // What is wrong with a config is for `check` to say.
        P::plan(&serde_json::from_str(&config).ok()?)
    }

    fn gather(plan: String, module: ModuleInfo) -> Result<Vec<u8>, String> {
        tell_panics();
        crate::facts::gathered::<P>(&plan, &module, &HostBundle)
    }
}

/// A panic ends in a trap, which has no message: log it first.
fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| host::log(LogLevel::Warn, &panic.to_string())));
}
