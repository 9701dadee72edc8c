//! What was asked for and where, as errors have it.

use crate::object::Object;

/// Where an object was asked for, how often, and what became of the other entries of GOPROXY.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// The host, with its port if it is not the usual one; for a `file://` proxy its directory.
    pub host: String,
    /// The object's address as it may be shown: `…` stands for the path that the user gave.
    pub url: String,
    /// How many times.
    pub attempts: u32,
    /// The HTTP proxy that the request went through, by host and port.
    pub through: Option<String>,
    /// The host that redirects led to, where that is another one.
    pub redirected: Option<String>,
    /// What the entries asked before said: a clause each, in the order of asking.
    pub earlier: Vec<String>,
    /// The next entry, which a comma in GOPROXY kept from being asked.
    pub unasked: Option<String>,
    /// Whether this is Go's own default proxy, which has public modules only.
    pub public: bool,
}

impl Site {
    /// A place asked once.
    pub fn new(host: impl Into<String>, url: impl Into<String>) -> Self {
        Self { host: host.into(), url: url.into(), attempts: 1, ..Self::default() }
    }
}

/// What was asked for, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// The object.
    pub object: Object,
    /// The proxy.
    pub site: Site,
}

/// Which wait was too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Name resolution, TCP and TLS.
    Connect,
    /// From the request to the answer's headers.
    FirstByte,
    /// Between two pieces of the body, or too few bytes in the window.
    Body,
}

/// Why the list of proxies ended at the module's own repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectReason {
    /// The module matches GONOPROXY or GOPRIVATE.
    Private,
    /// `direct` was reached in GOPROXY.
    Listed,
}
