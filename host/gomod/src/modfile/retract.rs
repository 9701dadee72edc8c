//! The retract directive (x/mod modfile/rule.go, parseVersionInterval and
//! fixRetract).

use super::error::Problem;
use super::versions::Versions;
use super::{Retract, versions};
use crate::module::InvalidVersion;

const VERB: &str = "retract";

/// A version or `[low, high]`, with what stands behind it. The versions are not
/// checked: the module's path may come later in the file.
pub(super) fn interval<'w, 'a>(args: &'w [&'a str]) -> Result<(String, String, &'w [&'a str]), Problem> {
    match args {
        [] | ["(", ..] => Err(Problem::RetractStart),
        ["["] => Err(Problem::RetractLow),
        ["[", low, rest @ ..] => {
            let low = version(low)?;
            let rest = rest.strip_prefix(&[","]).ok_or(Problem::RetractComma)?;
            let (high, rest) = rest.split_first().ok_or(Problem::RetractHigh)?;
            let high = version(high)?;
            let rest = rest.strip_prefix(&["]"]).ok_or(Problem::RetractEnd)?;
            Ok((low, high, rest))
        }
        [only, rest @ ..] => {
            let only = version(only)?;
            Ok((only.clone(), only, rest))
        }
    }
}

fn version(word: &str) -> Result<String, Problem> {
    versions::string(word).map_err(|problem| Problem::Version {
        verb: VERB,
        path: String::new(),
        invalid: InvalidVersion::new(word, problem.into()),
    })
}

/// Checks the versions of a main module's retract line against its path.
pub(super) fn check(retract: &Retract, module_path: &str) -> Result<(), Problem> {
    Versions::AsWritten.read(VERB, module_path, &retract.low)?;
    Versions::AsWritten.read(VERB, module_path, &retract.high)?;
    Ok(())
}
