//! Naming modules in a config: patterns as in GOPRIVATE, versions as Go orders
//! them, and entries that have both.
//!
//! ```
//! use airgo_plugin::select::{Entry, Match};
//!
//! let entry = Entry::parse("golang.org/x/*@>=v0.20").unwrap();
//! assert_eq!(entry.matches("golang.org/x/mod", "v0.21.0"), Match::Yes);
//! assert_eq!(entry.matches("golang.org/x/mod", "v0.19.0"), Match::OtherVersion);
//! assert_eq!(entry.matches("example.com/mod", "v0.21.0"), Match::No);
//! ```

mod entry;
mod glob;
mod version;

pub use entry::{Entry, Match};
pub use glob::Glob;
pub use version::{Requirement, Version};
