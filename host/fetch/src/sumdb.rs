//! A checksum database's files, through the proxies that carry it (cmd/go
//! modfetch/sumdb.go, initBase and ReadRemote).
//!
//! A proxy that answers `sumdb/NAME/supported` is asked for everything under
//! `sumdb/NAME/`, and nobody else is. Where none carries the database, or the
//! list reaches `direct` or `off`, the database itself is asked: those two words
//! are about modules. What is read is hostile until the database's signature
//! and the log's proofs have been checked, which is the caller's part.

use crate::engine::Engine;
use crate::error::FetchError;
use crate::fetcher::Fetcher;
use crate::object::{Kind, Object};
use crate::proxylist::Hop;
use crate::proxyurl::ProxyUrl;
use airgo_gomod::{ModuleVersion, Setting};
use std::sync::Arc;

/// Where a checksum database is asked.
pub struct SumDbSource<'a> {
    fetcher: &'a Fetcher,
    object: Object,
    base: ProxyUrl,
}

impl Fetcher {
    /// Finds who answers for the checksum database of this name; `url` is the
    /// address that GOSUMDB itself may give.
    pub fn sumdb(&self, name: &str, url: Option<&Setting>) -> Result<SumDbSource<'_>, FetchError> {
        let object = Object::new(ModuleVersion::new(name, ""), Kind::SumDb);
        let base = match url {
            Some(url) => ProxyUrl::parse(url.reveal())?,
            None => {
                let (engine, wanted, name) = (Arc::clone(&self.engine), object.clone(), name.to_owned());
                let task = self.spawn_task(&object, async move { engine.sumdb_base(&wanted, &name).await });
                let base = task.and_then(|t| self.wait(t));
                base.unwrap_or_else(|| Err(FetchError::Lost(object.clone())))?
            }
        };
        Ok(SumDbSource { fetcher: self, object, base })
    }
}

impl SumDbSource<'_> {
    /// Who is asked, as it may be shown.
    pub fn shown(&self) -> &str {
        self.base.shown()
    }

    /// Reads paths such as `/lookup/…` and `/tile/…`, all at once; an answer
    /// for each, in order.
    pub fn read(&self, paths: &[String]) -> Vec<Result<Vec<u8>, FetchError>> {
        let tasks: Vec<_> = paths
            .iter()
            .map(|path| {
                let engine = Arc::clone(&self.fetcher.engine);
                let (object, base) = (self.object.clone(), self.base.clone());
                let path = path.trim_start_matches('/').to_owned();
                self.fetcher
                    .spawn_task(&self.object, async move { engine.sumdb_file(&object, &base, &path).await })
            })
            .collect();
        let lost = || Err(FetchError::Lost(self.object.clone()));
        tasks.into_iter().map(|task| task.and_then(|t| self.fetcher.wait(t)).unwrap_or_else(lost)).collect()
    }
}

impl Engine {
    /// Who is asked (initBase). A proxy that fails in another way than by not
    /// having the database makes it unavailable, unless a `|` leads on to one
    /// that carries it, or to `direct`: as in TryProxies that error outlasts
    /// later 404s and `off`.
    async fn sumdb_base(&self, object: &Object, name: &str) -> Result<ProxyUrl, FetchError> {
        let mut fault = None;
        for hop in self.list.hops() {
            match hop {
                Hop::NoProxy => {}
                Hop::Off => break,
                Hop::Direct => {
                    fault = None;
                    break;
                }
                Hop::Proxy(proxy, any_error) => {
                    let base = proxy.below(&format!("sumdb/{name}"));
                    match self.sumdb_file(object, &base, "supported").await {
                        Ok(_) => return Ok(base),
                        Err(e) if e.is_not_found() => {}
                        Err(e) if *any_error => fault = Some(e),
                        Err(e) => return Err(e),
                    }
                }
            }
        }
        match fault {
            Some(fault) => Err(fault),
            None => ProxyUrl::parse(&format!("https://{name}")),
        }
    }

    /// One file of the database, tried again as the policy allows.
    async fn sumdb_file(&self, object: &Object, base: &ProxyUrl, path: &str) -> Result<Vec<u8>, FetchError> {
        self.file_of(object, base, path, self.config.limits.info).await
    }
}
