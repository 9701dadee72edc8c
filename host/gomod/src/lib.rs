//! Go's module rules without any I/O: paths, versions, escaping, go.mod,
//! go.work and go.sum syntax, dirhash and module zips.
//!
//! The oracle is golang.org/x/mod as vendored by the go command; each module
//! names the file it follows.

pub mod address;
pub mod dirhash;
pub mod goenv;
pub mod goimport;
pub mod gosum;
pub mod gover;
pub mod info;
pub mod modfile;
pub mod module;
pub mod modzip;
pub mod note;
pub mod pseudo;
mod quote;
pub mod semver;
pub mod setting;
pub mod sumdb;
pub mod tlog;
mod unicode;

pub use airgo_gosource as gosource;
pub use dirhash::H1;
pub use gosum::GoSum;
pub use module::ModuleVersion;
pub use setting::Setting;
