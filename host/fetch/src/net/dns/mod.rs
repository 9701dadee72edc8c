//! Names to addresses without the C library: one named server is asked over
//! UDP, and over TCP when its answer does not fit (RFC 1035 §4.2). For `--dns`,
//! and for `airgo doctor`, which wants to know how each server does.
//!
//! The server is expected to recurse. Only the sending is ours; packets are
//! written and read by the crate simple-dns.

pub(crate) mod resolv_conf;
pub(crate) mod resolver;

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, QTYPE, Question, RCODE, TYPE};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant, timeout};

/// The port of name servers.
const PORT: u16 = 53;
/// How long one packet's answer is waited for, and how often it is sent; as resolv.conf(5).
const WAIT: Duration = Duration::from_secs(5);
const SENDS: u32 = 2;
/// The longest chain of aliases that is followed.
const MAX_ALIASES: usize = 16;
/// The bytes of a packet's header.
const HEADER: usize = 12;
/// The most bytes of a UDP answer without EDNS, with space for servers that do not care.
const MAX_PACKET: usize = 4096;

/// A name server: an address, with a port if it is not 53.
///
/// ```
/// # use airgo_fetch::DnsServer;
/// for text in ["192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:5353"] {
///     assert_eq!(text.parse::<DnsServer>().unwrap().to_string(), text);
/// }
/// assert!("dns.example".parse::<DnsServer>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DnsServer(SocketAddr);

/// Not the address of a name server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an IP address, and none with a port")]
pub struct BadDnsServer(String);

impl DnsServer {
    /// The same server at another port.
    pub(crate) fn at_port(self, port: u16) -> Self {
        Self(SocketAddr::new(self.0.ip(), port))
    }

    /// Where its packets go.
    pub fn address(self) -> SocketAddr {
        self.0
    }
}

impl From<IpAddr> for DnsServer {
    fn from(ip: IpAddr) -> Self {
        Self(SocketAddr::new(ip, PORT))
    }
}

impl FromStr for DnsServer {
    type Err = BadDnsServer;

    fn from_str(text: &str) -> Result<Self, BadDnsServer> {
        let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
        let ip = bare.parse::<IpAddr>().map(Self::from);
        ip.or_else(|_| text.parse().map(Self)).map_err(|_| BadDnsServer(text.to_owned()))
    }
}

impl fmt::Display for DnsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.port() == PORT { self.0.ip().fmt(f) } else { self.0.fmt(f) }
    }
}

/// Why a server gave no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DnsError {
    #[error("{0:?} cannot be a host name")]
    BadName(String),
    #[error("{server} says that there is no such name")]
    NoSuchName { server: DnsServer },
    #[error("{server} knows the name but no address of it")]
    NoAddress { server: DnsServer },
    #[error("{server} {said}")]
    Refused { server: DnsServer, said: &'static str },
    #[error("{server} did not answer within {} s", after.as_secs_f32().ceil())]
    Silent { server: DnsServer, after: Duration },
    #[error("{server} cannot be asked: {reason}")]
    Unreachable { server: DnsServer, reason: String },
    #[error("{server} sent no DNS answer")]
    Malformed { server: DnsServer },
}

/// How long to wait for a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) wait: Duration,
    pub(crate) sends: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self { wait: WAIT, sends: SENDS }
    }
}

/// The name's addresses, IPv4 first: where a machine has no IPv6, the first must not be lost time.
pub(crate) async fn lookup(
    server: DnsServer,
    name: &str,
    patience: Patience,
) -> Result<Vec<IpAddr>, DnsError> {
    let ask = |kind| ask(server, name, kind, patience);
    let (four, six) = tokio::join!(ask(TYPE::A), ask(TYPE::AAAA));
    match (four, six) {
        (Ok(mut four), six) => {
            four.extend(six.unwrap_or_default());
            if four.is_empty() { Err(DnsError::NoAddress { server }) } else { Ok(four) }
        }
        (Err(_), Ok(six)) if !six.is_empty() => Ok(six),
        (Err(error), _) => Err(error),
    }
}

/// Addresses of one kind; none if the name has others only.
async fn ask(server: DnsServer, name: &str, kind: TYPE, patience: Patience) -> Result<Vec<IpAddr>, DnsError> {
    let (id, query) = query(name, kind).ok_or_else(|| DnsError::BadName(name.to_owned()))?;
    let unreachable = |e: io::Error| DnsError::Unreachable { server, reason: e.to_string() };
    let mut last = DnsError::Silent { server, after: patience.wait * patience.sends };
    for _ in 0..patience.sends {
        let answer = match timeout(patience.wait, over_udp(server, id, &query)).await {
            Err(_) => continue,
            Ok(Err(e)) => {
                last = unreachable(e);
                continue;
            }
            Ok(Ok(answer)) => answer,
        };
        match read(server, id, name, kind, &answer)? {
            Some(addresses) => return Ok(addresses),
            // Cut short: the same question over TCP.
            None => {
                let whole = timeout(patience.wait, over_tcp(server, &query)).await;
                let whole = whole.map_err(|_| DnsError::Silent { server, after: patience.wait })?;
                let whole = whole.map_err(unreachable)?;
                return Ok(read(server, id, name, kind, &whole)?.unwrap_or_default());
            }
        }
    }
    Err(last)
}

fn query(name: &str, kind: TYPE) -> Option<(u16, Vec<u8>)> {
    // Whoever cannot see our packets must not be able to guess what the answer needs.
    let id = RandomState::new().hash_one(name) as u16;
    let name = Name::new(name.trim_end_matches('.')).ok().filter(|n| !n.get_labels().is_empty())?;
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    packet.questions.push(Question::new(name, QTYPE::TYPE(kind), CLASS::IN.into(), false));
    Some((id, packet.build_bytes_vec().ok()?))
}

async fn over_udp(server: DnsServer, id: u16, query: &[u8]) -> io::Result<Vec<u8>> {
    let any: IpAddr = match server.0 {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    // A socket a question: its port is random, and spoofed packets do not reach it.
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(server.0).await?;
    socket.send(query).await?;
    let mut buffer = vec![0; MAX_PACKET];
    loop {
        let length = socket.recv(&mut buffer).await?;
        let packet = buffer.get(..length).unwrap_or_default();
        if packet.get(..2) == Some(&id.to_be_bytes()) {
            return Ok(packet.to_vec());
        }
    }
}

async fn over_tcp(server: DnsServer, query: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server.0).await?;
    let length = u16::try_from(query.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    stream.write_all(&[&length.to_be_bytes(), query].concat()).await?;
    let mut answer = vec![0; stream.read_u16().await?.into()];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

/// The addresses in an answer; none if it was cut short.
fn read(
    server: DnsServer,
    id: u16,
    name: &str,
    kind: TYPE,
    bytes: &[u8],
) -> Result<Option<Vec<IpAddr>>, DnsError> {
    let malformed = |_| DnsError::Malformed { server };
    let asked = Name::new(name.trim_end_matches('.')).map_err(malformed)?;
    // The crate reads the header's flags without looking whether they are there.
    if bytes.len() < HEADER {
        return Err(DnsError::Malformed { server });
    }
    // The flags come first: what follows may be cut anywhere.
    let flags = |flag| simple_dns::header_buffer::has_flags(bytes, flag).map_err(malformed);
    let is_answer = flags(PacketFlag::RESPONSE)?;
    let same = simple_dns::header_buffer::id(bytes).map_err(malformed)? == id;
    if !is_answer || !same {
        return Err(DnsError::Malformed { server });
    }
    if flags(PacketFlag::TRUNCATION)? {
        return Ok(None);
    }
    let packet = Packet::parse(bytes).map_err(malformed)?;
    let said = match packet.rcode() {
        RCODE::NoError => None,
        RCODE::NameError => return Err(DnsError::NoSuchName { server }),
        RCODE::ServerFailure => Some("failed to find out (SERVFAIL)"),
        RCODE::Refused => Some("refuses to answer (REFUSED)"),
        _ => Some("answered with an error"),
    };
    if let Some(said) = said {
        return Err(DnsError::Refused { server, said });
    }
    if !packet.questions.iter().any(|q| same_name(&q.qname, &asked) && q.qtype == QTYPE::TYPE(kind)) {
        return Err(DnsError::Malformed { server });
    }
    let mut owner = asked;
    for _ in 0..MAX_ALIASES {
        let of_owner = packet.answers.iter().filter(|r| same_name(&r.name, &owner));
        let addresses: Vec<IpAddr> = of_owner.clone().filter_map(|r| address(&r.rdata)).collect();
        if !addresses.is_empty() {
            return Ok(Some(addresses));
        }
        let alias = of_owner.clone().find_map(|r| match &r.rdata {
            RData::CNAME(to) => Some(to.0.clone()),
            _ => None,
        });
        match alias {
            Some(alias) => owner = alias,
            None => return Ok(Some(Vec::new())),
        }
    }
    Err(DnsError::Malformed { server })
}

fn address(data: &RData<'_>) -> Option<IpAddr> {
    match data {
        RData::A(a) => Some(Ipv4Addr::from(a.address).into()),
        RData::AAAA(a) => Some(Ipv6Addr::from(a.address).into()),
        _ => None,
    }
}

fn same_name(a: &Name<'_>, b: &Name<'_>) -> bool {
    a.to_string().eq_ignore_ascii_case(&b.to_string())
}

/// How long a lookup took, with what it gave.
pub(crate) async fn timed(
    server: DnsServer,
    name: &str,
    patience: Patience,
) -> (Result<Vec<IpAddr>, DnsError>, Duration) {
    let start = Instant::now();
    (lookup(server, name, patience).await, start.elapsed())
}

#[cfg(test)]
mod tests;
