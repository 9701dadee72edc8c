//! Connections to hosts, whatever is asked of them: HTTP clients and their lanes, TLS
//! roots, name resolution, HTTP proxies, logins, content codings, and the processes
//! that have logins. Nothing here knows modules, GOPROXY or an error of this crate.

pub(crate) mod auth;
pub(crate) mod cause;
pub(crate) mod chain;
pub(crate) mod clients;
pub(crate) mod credentials;
pub(crate) mod decode;
pub(crate) mod dns;
pub(crate) mod httpproxy;
pub(crate) mod process;
pub(crate) mod text;
pub(crate) mod tls;
