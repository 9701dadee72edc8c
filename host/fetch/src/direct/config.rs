//! What direct fetches need to know beyond the rest of the configuration.

use airgo_gomod::Setting;
use airgo_gozip::Encoder;
use std::path::PathBuf;
use std::time::Duration;

/// What direct fetches need to know beyond the rest of [`FetchConfig`](crate::FetchConfig).
#[derive(Clone, Debug)]
pub struct DirectConfig {
    /// GOVCS, without Go's default rules, which always follow.
    pub govcs: Setting,
    /// Where the bare repositories are; `vcs` beside the store if none.
    pub cache_dir: Option<PathBuf>,
    /// The longest that one run of git may take.
    pub git_timeout: Duration,
    /// Which version of Go's encoder makes the zips.
    pub encoder: Encoder,
}

impl Default for DirectConfig {
    fn default() -> Self {
        Self {
            govcs: Setting::default(),
            cache_dir: None,
            git_timeout: Duration::from_secs(3600),
            encoder: Encoder::Go126,
        }
    }
}
