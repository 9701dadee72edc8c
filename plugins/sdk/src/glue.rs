//! Between the raw exports and a [`Policy`]: the config is parsed, a panic is
//! told to the host before the plugin aborts.

use std::marker::PhantomData;

use crate::bindings::airgo::policy::host;
use crate::bindings::exports::airgo::policy::policy::Guest;
use crate::{CheckError, Description, Finding, HostBundle, LogLevel, Policy};

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

/// A panic ends in a trap, which has no message: log it first.
fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| host::log(LogLevel::Warn, &panic.to_string())));
}
