//! An error's chain of causes.

use crate::net::text::clean;
use crate::net::text::scrub;
use std::error::Error as StdError;
use std::io;

/// An error and its causes. An I/O error hides the one it wraps from `source`.
pub(crate) fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let this = next?;
        let wrapped = this.downcast_ref::<io::Error>().and_then(|e| e.get_ref());
        next = match wrapped {
            Some(inner) => Some(inner),
            None => this.source(),
        };
        Some(this)
    })
}

/// The last of the chain of causes, which is what the system or TLS library said.
pub(crate) fn innermost(error: &(dyn StdError + 'static), secrets: &[String]) -> String {
    let last = chain(error).last().map(ToString::to_string).unwrap_or_default();
    clean(&scrub(&last, secrets), 300)
}
