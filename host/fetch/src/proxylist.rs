//! GOPROXY: which proxies to ask in which order, and whose error to report
//! (cmd/go modfetch/proxy.go proxyList and TryProxies; repo.go lookup).
//!
//! `,` goes on to the next entry after 404 and 410 only, `|` after any error.
//! The list ends at `direct` and `off`. Where GONOPROXY is set, a hop for
//! modules that no proxy may see comes first.

use crate::error::FetchError;
use crate::error_text;
use crate::proxyurl::ProxyUrl;
use crate::site::DirectReason;
use airgo_gomod::ModuleVersion;
use airgo_gomod::module::match_prefix_patterns;

/// One entry of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hop {
    /// Stands first when GONOPROXY is set: direct for modules that match it.
    NoProxy,
    Direct,
    Off,
    /// A proxy; `bool` is whether any error goes on to the next entry.
    Proxy(ProxyUrl, bool),
}

/// GOPROXY and GONOPROXY, parsed.
#[derive(Clone, Debug)]
pub(crate) struct ProxyList {
    hops: Vec<Hop>,
    no_proxy: String,
}

impl ProxyList {
    pub(crate) fn parse(goproxy: &str, no_proxy: &str) -> Result<Self, FetchError> {
        let mut hops = Vec::new();
        if !no_proxy.is_empty() && goproxy != "direct" {
            hops.push(Hop::NoProxy);
        }
        let mut rest = goproxy;
        while !rest.is_empty() {
            let (entry, any_error, next) = match rest.find([',', '|']) {
                Some(i) => (&rest[..i], rest.as_bytes()[i] == b'|', &rest[i + 1..]),
                None => (rest, false, ""),
            };
            rest = next;
            match entry.trim() {
                "" => continue,
                "off" => {
                    hops.push(Hop::Off);
                    break;
                }
                "direct" => {
                    hops.push(Hop::Direct);
                    break;
                }
                url => hops.push(Hop::Proxy(ProxyUrl::parse(url)?, any_error)),
            }
        }
        if hops.iter().all(|h| *h == Hop::NoProxy) {
            let reason = if goproxy.is_empty() { "it is empty" } else { "it contains no entries" };
            return Err(FetchError::ProxyList(reason.to_owned()));
        }
        Ok(Self { hops, no_proxy: no_proxy.to_owned() })
    }

    /// The entries in order.
    pub(crate) fn hops(&self) -> &[Hop] {
        &self.hops
    }

    /// Starts the walk for one module.
    pub(crate) fn walk<'a>(&'a self, module: &'a ModuleVersion) -> Walk<'a> {
        Walk {
            module,
            hops: self.hops.iter(),
            private: match_prefix_patterns(&self.no_proxy, &module.path),
            best: None,
            rank: Rank::NotFound,
            any_error: false,
            over: false,
            said: Vec::new(),
            best_said: 0,
        }
    }
}

/// Which error helps the user most; a later one of the same rank replaces an earlier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    NotFound,
    Proxy,
    Direct,
}

/// One module's way along the list: take [`Walk::next_step`], try it, and
/// report a failure with [`Walk::failed`].
pub(crate) struct Walk<'a> {
    module: &'a ModuleVersion,
    hops: std::slice::Iter<'a, Hop>,
    private: bool,
    best: Option<FetchError>,
    rank: Rank,
    any_error: bool,
    over: bool,
    /// What those that failed so far said, in order.
    said: Vec<String>,
    /// Which of these is `best`.
    best_said: usize,
}

/// Where to go for a module.
pub(crate) enum Step<'a> {
    /// To this proxy.
    Ask(&'a ProxyUrl),
    /// To the module's own repository; the last step of a walk.
    Direct {
        /// Why no proxy will do.
        reason: DirectReason,
        /// What the proxies before `direct` said.
        after: Option<Box<FetchError>>,
    },
}

impl<'a> Walk<'a> {
    /// The next step, or the most helpful error when there is none.
    pub(crate) fn next_step(&mut self) -> Result<Step<'a>, FetchError> {
        while !self.over {
            let Some(hop) = self.hops.next() else { break };
            match hop {
                // errUseProxy and errNoproxy of repo.go: as good as "not found", and never reported
                // because something better always follows or came before.
                Hop::NoProxy if !self.private => {}
                Hop::Proxy(..) | Hop::Off if self.private => {}
                Hop::Proxy(url, any_error) => {
                    self.any_error = *any_error;
                    return Ok(Step::Ask(url));
                }
                Hop::NoProxy => return Ok(self.direct(DirectReason::Private)),
                Hop::Direct if self.private => return Ok(self.direct(DirectReason::Private)),
                Hop::Direct => return Ok(self.direct(DirectReason::Listed)),
                Hop::Off => {
                    if self.rank == Rank::NotFound {
                        let after = self.take_best().map(Box::new);
                        self.best = Some(FetchError::Off { module: self.module.clone(), after });
                    }
                    self.over = true;
                }
            }
        }
        self.over = true;
        let module = self.module.clone();
        Err(self.take_best().unwrap_or(FetchError::Off { module, after: None }))
    }

    /// Reports that the proxy last taken failed.
    pub(crate) fn failed(&mut self, error: FetchError) {
        // What is wrong on this machine is not the proxy's fault, and no other proxy helps.
        if matches!(error, FetchError::Disk { .. } | FetchError::OpenFiles { .. } | FetchError::Cancelled(_))
        {
            self.over = true;
            self.best = Some(error);
            return;
        }
        let not_found = error.is_not_found();
        self.said.push(error_text::without_module(&error));
        if self.rank <= Rank::Proxy && !not_found || self.rank == Rank::NotFound {
            self.best = Some(error);
            self.best_said = self.said.len();
        }
        if !not_found {
            self.rank = self.rank.max(Rank::Proxy);
        }
        if !self.any_error && !not_found {
            self.over = true;
            self.name_unasked();
        }
    }

    /// Notes in the error which entry the comma keeps from being asked.
    fn name_unasked(&mut self) {
        // What a server decided is not to be gone around.
        if self.best.as_ref().is_some_and(FetchError::is_decision) {
            return;
        }
        let next = self.hops.clone().next().and_then(|hop| match hop {
            Hop::Proxy(url, _) => Some(url.host()),
            Hop::Direct => Some("direct".to_owned()),
            Hop::NoProxy | Hop::Off => None,
        });
        if let Some(site) = self.best.as_mut().and_then(FetchError::site_mut) {
            site.unasked = next;
        }
    }

    /// The error to report, which names what the other entries said.
    fn take_best(&mut self) -> Option<FetchError> {
        let mut best = self.best.take()?;
        if let Some(site) = best.site_mut() {
            let others = std::mem::take(&mut self.said).into_iter().enumerate();
            site.earlier = others.filter(|(i, _)| i + 1 != self.best_said).map(|(_, said)| said).collect();
        }
        Some(best)
    }

    /// Reports that the proxy last taken gave other bytes than were wanted:
    /// only a `|` lets the next one see what is asked for.
    pub(crate) fn unexpected(&mut self) {
        self.over |= !self.any_error;
    }

    fn direct(&mut self, reason: DirectReason) -> Step<'a> {
        self.over = true;
        let after = self.take_best().map(Box::new);
        self.rank = Rank::Direct;
        Step::Direct { reason, after }
    }
}
