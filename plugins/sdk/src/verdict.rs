//! Verdicts in a config.

use serde::{Deserialize, Deserializer};

use crate::Verdict;

impl<'de> Deserialize<'de> for Verdict {
    /// `"allow"`, `"warn"` or `"deny"`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Name {
            Allow,
            Warn,
            Deny,
        }
        Ok(match Name::deserialize(deserializer)? {
            Name::Allow => Verdict::Allow,
            Name::Warn => Verdict::Warn,
            Name::Deny => Verdict::Deny,
        })
    }
}
