//! Worlds for tests, and the oracle they are compared with.
//!
//! - [`Module`] and [`World`] make module versions and GOPROXY trees in one
//!   fluent line, or read the worlds that Go's own tests use ([`World::of_go`]).
//! - [`Proxy`] serves a world on loopback, with scripted faults.
//! - [`Go`] runs the real `go` in a clean environment: the oracle.
//! - [`offline`] is the network=none builder, [`require_tool`] the loud skip.
//! - [`Shape`] grows projects to any size, and [`measure`] says what a command
//!   takes over them.
//! - [`VendoredProject`] is a project with all that `go mod vendor` looks at.
//! - [`Rng`] gives random numbers that a seed repeats.
//! - [`layers`] reads which files of a crate use which.
//! - [`TempTree`] is a directory that goes away even when made of read-only
//!   module trees, [`TreeDiff`] compares two of them byte for byte.
//!
//! Only tests depend on this crate, so it panics with what went wrong instead
//! of returning errors.
//!
//! ```
//! use airgo_testkit::{Module, World};
//!
//! let world = World::new()
//!     .with(Module::new("example.com/a", "v1.2.3").go("1.21").require("example.com/b", "v1.0.0"))
//!     .with(Module::new("example.com/b", "v1.0.0").file("b.go", "package b\n"));
//! assert!(world.files().contains_key("example.com/b/@v/v1.0.0.zip"));
//! ```
#![allow(clippy::panic, clippy::unwrap_used)]

mod compare;
mod gosum;
mod gotool;
mod grown;
pub mod layers;
mod measure;
mod module;
mod proxy;
mod rng;
mod temp;
mod tools;
mod txtar;
mod vendored;
mod world;
mod zipfile;
mod zipfiles;

pub use airgo_gozip::Encoder;
pub use compare::{Treatment, TreeDiff};
pub use gosum::{go_sum, h1_files, h1_go_mod, sha256_hex};
pub use gotool::Go;
pub use grown::{Grown, Kind, Shape};
pub use measure::{Bounded, Sample, measure, measure_within};
pub use module::Module;
pub use proxy::{Fault, Proxy, Request};
pub use rng::Rng;
pub use temp::{TempTree, fast_temp_root, target_tmp};
pub use tools::{offline, require_tool};
pub use txtar::{Txtar, TxtarFile};
pub use vendored::VendoredProject;
pub use world::World;
pub use zipfile::ZipBuilder;
pub use zipfiles::ZipFiles;
