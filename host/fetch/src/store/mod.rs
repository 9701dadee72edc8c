//! The download store: verified objects, addressed by content, shared by runs
//! and by processes.
//!
//! ```text
//! objects/<sha256>            the bytes
//! index/<proxy-tree path>     which object that is, its size, and where it came from;
//!                             its time is when a run last wanted it
//! partial/                    large zips that broke off, for the next try
//! tmp/<run>/, tmp/<run>.lock  what a run has under way; swept when no process holds the lock
//! lock                        shared by who adds, alone by who removes
//! ```
//!
//! Nothing here is trusted: whoever takes an object out hashes it again, and a
//! damaged one is dropped. So no write needs fsync; each is a rename, and
//! two processes that keep the same object write the same bytes.

mod cache;
mod objects;
mod partial;
mod text;

pub use cache::{Cache, CacheEntry, Damage, DamageKind, Tally, Trim, Trimmed, Usage};
pub(crate) use objects::{Content, Store, disk};
pub(crate) use partial::Part;
pub(crate) use text::{Entry, hex};
