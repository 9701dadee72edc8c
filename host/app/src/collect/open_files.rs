//! How many files this process may have open at once (RLIMIT_NOFILE): the soft
//! limit is raised to the hard one, as the Go runtime does at start, and what
//! runs at once stays below what is left.

/// What airgo opens beside requests: the bundle, locks, logs, the cache's
/// directories, certificates, and the standard streams.
const OTHERS: u64 = 36;
/// What a request may hold open: its connection, its file, and a file that is
/// read again to be hashed.
const EACH: u64 = 4;

/// Raises the soft limit as far as it goes; what it then is, `None` where there
/// is none.
#[cfg(unix)]
pub fn raise() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if limit.current != limit.maximum && setrlimit(Resource::Nofile, raised).is_ok() {
        return limit.maximum;
    }
    limit.current
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub fn raise() -> Option<u64> {
    None
}

/// How many requests may be under way, where `wanted` would be.
pub fn requests(wanted: usize, limit: Option<u64>) -> usize {
    let Some(limit) = limit else { return wanted };
    let fits = limit.saturating_sub(OTHERS) / EACH;
    wanted.min(usize::try_from(fits).unwrap_or(usize::MAX)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_files_mean_few_requests_and_never_none() {
        assert_eq!(requests(64, None), 64);
        assert_eq!(requests(64, Some(1024)), 64);
        assert_eq!(requests(64, Some(64)), 7);
        assert_eq!(requests(64, Some(20)), 1);
    }
}
