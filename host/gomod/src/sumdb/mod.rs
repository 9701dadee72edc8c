//! The checksum database: which one is asked about which modules, what it says
//! of them, and the proof that it says the same to everybody
//! (golang.org/x/mod/sumdb client.go, cmd/go/internal/modfetch/sumdb.go).
//!
//! The rules are here, the network and the disk are not: [`Ops`] lends them.
//! [`Client::lookup`] takes all modules at once and needs three rounds of
//! requests however many they are: the records, the tiles that prove them all
//! against the newest tree, and the full tiles where a server no longer has the
//! partial ones.

mod client;
mod config;
mod error;
mod evidence;

pub use client::{Client, Lookup, Ops};
pub use config::{Config, ConfigError, is_consulted};
pub use error::{Fork, LookupError, SumDbError, SumDbMismatch};
pub use evidence::Evidence;
