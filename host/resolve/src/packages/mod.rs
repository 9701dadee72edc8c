//! The packages of a project: those of `./...`, and what they import, in the
//! modules of the build list; as `go list -deps -test ./...` lists them, and what
//! go would refuse on the way. Packages of the standard library are left out.
//!
//! The reference is cmd/go modload/load.go, import.go and search.go, for the
//! files that `//go:embed` names load/pkg.go (resolveEmbed). Nothing here does
//! I/O: files come from [`ModuleFiles`].
//!
//! How imports are followed is in [`airgo_gomod::gosource::closure`], which plugins
//! use too; here is what only the go command has: the project's own packages and
//! tests, go.mod and go.sum, and what go would refuse.
//!
//! [`load`] begins with the project's files; [`follow`] does without them, where
//! it is known what they import.

mod c_sources;
pub(crate) mod copied;
pub(crate) mod embed;
mod fault;
pub(crate) mod files;
mod follow;
pub(crate) mod load;
pub(crate) mod lookup;
mod mains;
pub(crate) mod matching;
mod selection;
pub(crate) mod starts;

pub use airgo_gomod::gosource::closure::{Builds, On};
pub use embed::{EmbedError, Embedded};
pub use fault::{Fault, Importer, Problem};
pub use files::{Entry, EntryKind, ModuleFiles, Place, Tree};
pub use follow::{Carried, follow};
pub use load::{Closure, Import, Package, Reached, Settings, Sums, Unreadable, load, load_from};
pub use matching::is_ignored;
pub use selection::{Selecting, Selection, select};
pub use starts::Starts;
