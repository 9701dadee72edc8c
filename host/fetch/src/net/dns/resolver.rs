//! `--dns`: reqwest asks this instead of the system's resolver. The server
//! alone is asked: no search domains, no hosts file, except for `localhost`.

use super::{DnsError, DnsServer, Patience, lookup};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long an answer serves: many connections to one host are made in a row.
const REMEMBERED: Duration = Duration::from_secs(60);

/// One server, and what it said lately.
#[derive(Clone)]
pub(crate) struct Resolver {
    server: DnsServer,
    known: Arc<Mutex<HashMap<String, Arc<Entry>>>>,
}

/// Held while the server is asked, so that it is asked once.
type Entry = tokio::sync::Mutex<Option<(Instant, Vec<IpAddr>)>>;

impl Resolver {
    pub(crate) fn new(server: DnsServer) -> Self {
        Self { server, known: Arc::default() }
    }

    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, DnsError> {
        let plain = name.trim_end_matches('.').to_ascii_lowercase();
        // RFC 6761 §6.3: never sent to a server.
        if plain == "localhost" || plain.ends_with(".localhost") {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        let entry = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry(plain.clone()).or_default())
        };
        let mut entry = entry.lock().await;
        if let Some((at, addresses)) = &*entry
            && at.elapsed() < REMEMBERED
        {
            return Ok(addresses.clone());
        }
        let addresses = lookup(self.server, &plain, Patience::default()).await?;
        *entry = Some((Instant::now(), addresses.clone()));
        Ok(addresses)
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move {
            let addresses = this.addresses(name.as_str()).await?;
            let addresses: Addrs = Box::new(addresses.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}
