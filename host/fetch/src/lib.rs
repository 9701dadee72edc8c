//! The only sockets: module files from a GOPROXY chain, and the download store
//! that spares the next run the network.
//!
//! [`Fetcher::submit`] an [`Object`], take results from [`Fetcher::next`] in
//! the order of completion, compare each [`Fetched::h1`] with go.sum, and
//! [`Fetcher::keep`] what is right. Sources are asked in this order:
//!
//! 1. the download store, whose objects are hashed again;
//! 2. the module cache named by [`FetchConfig::source_cache`], hashed too;
//! 3. the proxies of GOPROXY as the go command asks them (cmd/go
//!    modfetch/proxy.go), each with retries where the failure may pass.
//!
//! What comes is bounded in size and checked for form: a zip by walking all of
//! it, an `.info` by reading and re-writing it, so that a captive portal's page
//! or a truncated body is named as what it is. Where the list reaches `direct`,
//! or GOPRIVATE says so, a module comes from its own repository (`direct/`).
//!
//! Credentials (in addresses, from netrc, or as GOAUTH says) go to the host that
//! they are for and nowhere else: they are in no error, `Debug` output or file.

mod config;
mod direct;
pub mod doctor;
mod engine;
mod error;
mod error_text;
mod fetched;
mod fetcher;
mod files;
mod hashpool;
mod hint;
mod info;
mod invalid;
mod listing;
mod load;
mod net;
mod object;
mod observe;
mod proxylist;
mod proxyurl;
mod refusal;
mod regular;
mod retry;
mod scrub;
mod site;
mod spool;
mod store;
mod sumdb;
mod transport;

pub use config::{FetchConfig, Limits, RetryPolicy, Timeouts};
pub use direct::config::DirectConfig;
pub use direct::error::{DirectError, GitProblem};
pub use error::FetchError;
pub use fetched::{Fetched, Reader};
pub use fetcher::{Canceller, Completion, Fetcher, Queue};
pub use files::FileSource;
pub use info::Origin;
pub use invalid::InvalidContent;
pub use net::auth::error::AuthError;
pub use net::cause::{Login, NameFault, TlsFault};
pub use net::credentials::Credentials;
pub use net::dns::resolv_conf::{ResolvConf, Trap};
pub use net::dns::{BadDnsServer, DnsServer};
pub use net::httpproxy::HttpProxyVars;
pub use net::process::environment::Environment;
pub use object::{Kind, Object, ObjectError};
pub use observe::{Observer, Outcome};
pub use site::{At, DirectReason, Phase, Site};
pub use store::{Cache, CacheEntry, Damage, DamageKind, Tally, Trim, Trimmed, Usage};
pub use sumdb::SumDbSource;
