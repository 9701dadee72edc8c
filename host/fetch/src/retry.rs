//! Whether a failure is worth another try at the same proxy, and after what pause.

use crate::config::RetryPolicy;
use crate::error::FetchError;
use crate::invalid::InvalidContent;
use crate::net::cause::NameFault;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The pause before the next try, or none if the failure is final here.
/// `attempt` counts from 1.
pub(crate) fn pause(policy: &RetryPolicy, error: &FetchError, attempt: u32) -> Option<Duration> {
    if attempt >= attempts_for(policy, error) {
        return None;
    }
    let doubled = policy.base.saturating_mul(1u32.checked_shl(attempt - 1).unwrap_or(u32::MAX));
    let jittered = doubled.min(policy.max).mul_f64(0.5 + 0.5 * random());
    match error {
        FetchError::Status { retry_after: Some(wanted), .. } => {
            (*wanted <= policy.max_retry_after).then(|| jittered.max(*wanted))
        }
        _ => Some(jittered),
    }
}

fn attempts_for(policy: &RetryPolicy, error: &FetchError) -> u32 {
    match error {
        FetchError::Status { status: 408 | 425 | 429 | 500.., .. } | FetchError::Broken { .. } => {
            policy.attempts
        }
        // Each of these has cost the whole of a wait already.
        FetchError::Timeout { .. } => policy.unreachable_attempts.min(policy.attempts),
        FetchError::Dns { fault: NameFault::Unknown, .. } => 1,
        FetchError::Tls { fault, .. } if !fault.may_pass() => 1,
        FetchError::Dns { .. }
        | FetchError::Tls { .. }
        | FetchError::Connect { .. }
        | FetchError::OpenFiles { .. } => policy.unreachable_attempts,
        // A body cut short without a length, or spoilt on the way; but another version stays another version.
        FetchError::InvalidContent { what: InvalidContent::OtherVersion(_), .. } => 1,
        FetchError::InvalidContent { .. } => policy.unreachable_attempts,
        _ => 1,
    }
}

/// Uniform in 0..1; the seed of a hasher is the standard library's only randomness.
fn random() -> f64 {
    (RandomState::new().hash_one(0u8) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{Kind, Object};
    use crate::site::{At, Site};
    use airgo_gomod::ModuleVersion;

    fn status(status: u16, retry_after: Option<u64>) -> FetchError {
        FetchError::Status {
            at: Box::new(At {
                object: Object::new(ModuleVersion::new("m.example", "v1.0.0"), Kind::Zip),
                site: Site::new("h", ""),
            }),
            status,
            detail: None,
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    #[test]
    fn pauses_double_with_jitter_and_end() {
        let policy = RetryPolicy::default();
        for attempt in 1..8 {
            let pause = pause(&policy, &status(503, None), attempt).unwrap();
            let whole = Duration::from_millis(200 << (attempt - 1)).min(policy.max);
            assert!(pause >= whole / 2 && pause <= whole, "{attempt}: {pause:?}");
        }
        assert_eq!(pause(&policy, &status(503, None), 8), None);
        assert_eq!(pause(&policy, &status(400, None), 1), None);
    }

    #[test]
    fn retry_after_is_obeyed_within_reason() {
        let policy = RetryPolicy::default();
        assert_eq!(pause(&policy, &status(429, Some(7)), 1), Some(Duration::from_secs(7)));
        assert_eq!(pause(&policy, &status(503, Some(3600)), 1), None);
    }
}
