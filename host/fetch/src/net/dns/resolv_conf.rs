//! `/etc/resolv.conf` as the C library reads it (resolv.conf(5)), and what in
//! it keeps a name from resolving.

use super::DnsServer;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// The C library asks no more than this (MAXNS).
const MAX_SERVERS: usize = 3;
/// The C library's own caps.
const MAX_NDOTS: usize = 15;
const MAX_TIMEOUT: u64 = 30;
const MAX_ATTEMPTS: u32 = 5;
/// A lookup that may last longer than this deserves a word.
const LONG: Duration = Duration::from_secs(15);

/// Where the system keeps it.
const PATH: &str = "/etc/resolv.conf";

/// What the file says, with the C library's defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvConf {
    /// The servers that are asked, in order: three at most. None means 127.0.0.1.
    pub servers: Vec<DnsServer>,
    /// Further servers, which nobody asks.
    pub unused: Vec<DnsServer>,
    /// What stands behind `nameserver` and is not an address.
    pub malformed: Vec<String>,
    /// The domains that a short name is tried in.
    pub search: Vec<String>,
    /// A name with fewer dots is tried in the search domains first.
    pub ndots: usize,
    /// How long one server is waited for.
    pub timeout: Duration,
    /// How often each is asked.
    pub attempts: u32,
}

/// Something in resolv.conf that makes this name resolve slowly, wrongly or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trap {
    /// No server is named.
    NoServer,
    /// The server is this machine itself: a resolver of the host that a container does not have.
    Loopback(DnsServer),
    /// More servers than the C library asks.
    Unused(Vec<DnsServer>),
    /// No address.
    Malformed(String),
    /// The name has fewer dots than ndots: these are asked for before it.
    SearchedFirst {
        /// The option's value.
        ndots: usize,
        /// The names that are asked for first.
        names: Vec<String>,
    },
    /// The name has no dot, and there is no search domain to complete it.
    SingleLabel,
    /// Servers that do not answer cost this much.
    Slow(Duration),
}

impl Default for ResolvConf {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            unused: Vec::new(),
            malformed: Vec::new(),
            search: Vec::new(),
            ndots: 1,
            timeout: Duration::from_secs(5),
            attempts: 2,
        }
    }
}

impl ResolvConf {
    /// Reads the file's text. What it does not know it passes over, as the C library does.
    pub fn parse(text: &str) -> Self {
        let mut conf = Self::default();
        for line in text.lines().filter(|l| !l.starts_with(['#', ';'])) {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => match words.next().map(server) {
                    Some(Ok(server)) if conf.servers.len() < MAX_SERVERS => conf.servers.push(server),
                    Some(Ok(server)) => conf.unused.push(server),
                    Some(Err(word)) => conf.malformed.push(word),
                    None => {}
                },
                // Of search and domain lines the last one counts.
                Some("search") => conf.search = words.map(domain).collect(),
                Some("domain") => conf.search = words.take(1).map(domain).collect(),
                Some("options") => words.for_each(|option| conf.option(option)),
                _ => {}
            }
        }
        conf.search.retain(|d| !d.is_empty());
        conf
    }

    /// The servers that this machine's own file names, for an error.
    pub(crate) fn system_servers() -> Option<String> {
        let text = if cfg!(unix) { std::fs::read_to_string(PATH).ok()? } else { return None };
        Some(Self::parse(&text).described())
    }

    fn described(&self) -> String {
        let servers: Vec<String> = self.asked().iter().map(ToString::to_string).collect();
        format!("{PATH} names {}", servers.join(", "))
    }

    /// The traps of this machine's own file; none where there is no such file.
    pub(crate) fn system_traps(name: &str) -> Vec<Trap> {
        let text = if cfg!(unix) { std::fs::read_to_string(PATH).ok() } else { None };
        text.map(|text| Self::parse(&text).traps(name)).unwrap_or_default()
    }

    fn option(&mut self, option: &str) {
        let Some((name, value)) = option.split_once(':') else { return };
        let Ok(value) = value.parse::<u32>() else { return };
        match name {
            "ndots" => self.ndots = (value as usize).min(MAX_NDOTS),
            "timeout" => self.timeout = Duration::from_secs(u64::from(value).clamp(1, MAX_TIMEOUT)),
            "attempts" => self.attempts = value.clamp(1, MAX_ATTEMPTS),
            _ => {}
        }
    }

    /// The servers that are asked in truth.
    pub fn asked(&self) -> Vec<DnsServer> {
        if self.servers.is_empty() {
            return vec![DnsServer::from(IpAddr::from([127, 0, 0, 1]))];
        }
        self.servers.clone()
    }

    /// The names that are asked for, in order, until one exists.
    pub fn candidates(&self, name: &str) -> Vec<String> {
        if name.ends_with('.') {
            return vec![name.trim_end_matches('.').to_owned()];
        }
        let searched = self.search.iter().map(|domain| format!("{name}.{domain}"));
        let itself = std::iter::once(name.to_owned());
        if name.matches('.').count() >= self.ndots {
            itself.chain(searched).collect()
        } else {
            searched.chain(itself).collect()
        }
    }

    /// What may be in this name's way; the worst first.
    pub fn traps(&self, name: &str) -> Vec<Trap> {
        let mut traps = Vec::new();
        if self.servers.is_empty() && self.malformed.is_empty() {
            traps.push(Trap::NoServer);
        }
        traps.extend(self.malformed.iter().cloned().map(Trap::Malformed));
        if !name.contains('.') && self.search.is_empty() {
            traps.push(Trap::SingleLabel);
        }
        let mut names = self.candidates(name);
        let own = names.iter().position(|n| n == name.trim_end_matches('.')).unwrap_or_default();
        names.truncate(own);
        if !names.is_empty() {
            traps.push(Trap::SearchedFirst { ndots: self.ndots, names });
        }
        traps.extend(
            self.servers.iter().filter(|s| s.address().ip().is_loopback()).copied().map(Trap::Loopback),
        );
        if !self.unused.is_empty() {
            traps.push(Trap::Unused(self.unused.clone()));
        }
        let servers = u32::try_from(self.servers.len().max(1)).unwrap_or(u32::MAX);
        let longest = self.timeout.saturating_mul(self.attempts).saturating_mul(servers);
        if longest > LONG {
            traps.push(Trap::Slow(longest));
        }
        traps
    }
}

impl Trap {
    /// What to do about it.
    pub fn fix(&self) -> String {
        match self {
            Self::NoServer | Self::Malformed(_) => {
                "put `nameserver ADDRESS` into /etc/resolv.conf, or name a server: --dns ADDRESS".to_owned()
            }
            Self::Loopback(_) => "in a container name the network's own server: --dns ADDRESS, or the \
                                  container engine's option of that name"
                .to_owned(),
            Self::Unused(_) => "keep three nameserver lines".to_owned(),
            Self::SearchedFirst { .. } => {
                "set `options ndots:1` (Kubernetes: dnsConfig.options), or ask the \
                                           server alone: --dns ADDRESS"
                    .to_owned()
            }
            Self::SingleLabel => "write the name with its domain".to_owned(),
            Self::Slow(_) => "remove the servers that do not answer, or set `options timeout:1`".to_owned(),
        }
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoServer => f.write_str("it names no server, so 127.0.0.1 is asked"),
            Self::Loopback(server) => {
                write!(
                    f,
                    "it names {server}, which is this machine itself: a container has no resolver there"
                )
            }
            Self::Unused(servers) => {
                let servers: Vec<String> = servers.iter().map(ToString::to_string).collect();
                write!(f, "only the first {MAX_SERVERS} servers are asked, never {}", servers.join(", "))
            }
            Self::Malformed(word) => write!(f, "nameserver {word:?} is not an address"),
            Self::SearchedFirst { ndots, names } => {
                write!(f, "ndots:{ndots} makes these be asked for first: {}", names.join(", "))
            }
            Self::SingleLabel => f.write_str("the name has no dot, and there is no search domain for it"),
            Self::Slow(longest) => {
                write!(f, "servers that are silent delay each lookup by up to {} s", longest.as_secs())
            }
        }
    }
}

/// An address; a scope such as `%eth0` is left out, for it names an interface and no server.
fn server(word: &str) -> Result<DnsServer, String> {
    let ip = word.split('%').next().unwrap_or_default();
    ip.parse::<IpAddr>().map(DnsServer::from).map_err(|_| word.chars().filter(|c| !c.is_control()).collect())
}

fn domain(word: &str) -> String {
    word.trim_matches('.').chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_c_library_reads() {
        let conf = ResolvConf::parse(
            "# generated\n; old\nnameserver 10.96.0.10\nnameserver fe80::1%eth0\n\
             domain example.com\nsearch ns.svc.cluster.local svc.cluster.local. cluster.local\n\
             options ndots:5 timeout:2 attempts:9 rotate edns0 ndots:x\nsortlist 1.2.3.0\nnameserver\n",
        );
        let servers: Vec<String> = conf.servers.iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["10.96.0.10", "fe80::1"]);
        assert_eq!(conf.search, ["ns.svc.cluster.local", "svc.cluster.local", "cluster.local"]);
        assert_eq!((conf.ndots, conf.timeout, conf.attempts), (5, Duration::from_secs(2), 5));
        assert_eq!(ResolvConf::parse(""), ResolvConf::default());
        assert_eq!(ResolvConf::parse("").asked()[0].to_string(), "127.0.0.1");
        assert_eq!(ResolvConf::parse("search a b\ndomain c\n").search, ["c"]);
        assert_eq!(ResolvConf::parse("options ndots:99").ndots, 15);
    }

    #[test]
    fn names_in_the_order_of_asking() {
        let conf = ResolvConf::parse("search a.example b.example\noptions ndots:2\n");
        assert_eq!(conf.candidates("p.corp"), ["p.corp.a.example", "p.corp.b.example", "p.corp"]);
        assert_eq!(conf.candidates("p.q.corp"), ["p.q.corp", "p.q.corp.a.example", "p.q.corp.b.example"]);
        assert_eq!(conf.candidates("p."), ["p"]);
    }

    #[test]
    fn who_gave_no_answer_is_named() {
        let described = |text: &str| ResolvConf::parse(text).described();
        assert_eq!(
            described("nameserver 10.0.0.1\nnameserver ::1\n"),
            "/etc/resolv.conf names 10.0.0.1, ::1"
        );
        assert_eq!(described(""), "/etc/resolv.conf names 127.0.0.1");
    }

    #[test]
    fn traps_are_found_and_nothing_else() {
        let traps = |text: &str, name: &str| -> Vec<String> {
            ResolvConf::parse(text).traps(name).iter().map(ToString::to_string).collect()
        };
        assert_eq!(traps("nameserver 10.0.0.1\n", "proxy.example"), [""; 0]);
        assert_eq!(traps("", "proxy.example"), ["it names no server, so 127.0.0.1 is asked"]);
        assert_eq!(
            traps("nameserver 127.0.0.53\n", "proxy.example"),
            ["it names 127.0.0.53, which is this machine itself: a container has no resolver there"]
        );
        assert_eq!(
            traps("nameserver 10.96.0.10\nsearch x.svc svc\noptions ndots:5\n", "proxy.example.com"),
            ["ndots:5 makes these be asked for first: proxy.example.com.x.svc, proxy.example.com.svc"]
        );
        assert_eq!(
            traps("nameserver 10.0.0.1\n", "goproxy"),
            ["the name has no dot, and there is no search domain for it"]
        );
        assert_eq!(
            traps("nameserver dns.example\n", "a.b"),
            ["nameserver \"dns.example\" is not an address"]
        );
        let many = "nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\nnameserver 10.0.0.4\n";
        assert_eq!(
            traps(many, "a.b"),
            [
                "only the first 3 servers are asked, never 10.0.0.4",
                "servers that are silent delay each lookup by up to 30 s"
            ]
        );
        for trap in ResolvConf::parse("search x\noptions ndots:3\n").traps("a.b") {
            assert!(!trap.fix().is_empty());
        }
    }
}
