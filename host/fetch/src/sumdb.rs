//! A checksum database's files, through the proxies that carry it (cmd/go
//! modfetch/sumdb.go, initBase and ReadRemote).
//!
//! A proxy that answers `sumdb/NAME/supported` is asked for everything under
//! `sumdb/NAME/`; where none does and GOPROXY reaches `direct`, the database
//! itself is asked. What is read is hostile until the database's signature and
//! the log's proofs have been checked, which is the caller's part.

use crate::engine::Engine;
use crate::error::FetchError;
use crate::fetcher::Fetcher;
use crate::load;
use crate::object::{Kind, Object};
use crate::proxylist::Hop;
use crate::proxyurl::ProxyUrl;
use crate::retry;
use crate::store::disk;
use airgo_gomod::ModuleVersion;
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
    pub fn sumdb(&self, name: &str, url: Option<&str>) -> Result<SumDbSource<'_>, FetchError> {
        let object = Object::new(ModuleVersion::new(name, ""), Kind::SumDb);
        let base = match url {
            Some(url) => ProxyUrl::parse(url)?,
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
    /// Who is asked, without credentials.
    pub fn shown(&self) -> String {
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
    async fn sumdb_base(&self, object: &Object, name: &str) -> Result<ProxyUrl, FetchError> {
        let mut last = None;
        for hop in self.list.hops() {
            match hop {
                Hop::NoProxy => {}
                Hop::Off => break,
                Hop::Direct => return ProxyUrl::parse(&format!("https://{name}")),
                Hop::Proxy(proxy, any_error) => {
                    let base = proxy.below(&format!("sumdb/{name}"));
                    match self.sumdb_file(object, &base, "supported").await {
                        Ok(_) => return Ok(base),
                        Err(e) if e.is_not_found() || *any_error => last = Some(e),
                        Err(e) => return Err(e),
                    }
                }
            }
        }
        Err(last.unwrap_or_else(|| FetchError::Off { module: object.module.clone(), after: None }))
    }

    /// One file, asked for once.
    pub(crate) async fn plain_file(
        &self,
        object: &Object,
        base: &ProxyUrl,
        path: &str,
    ) -> Result<Vec<u8>, FetchError> {
        if let ProxyUrl::File { root, shown } = base {
            let file = root.join(path);
            let at = crate::error::At {
                object: object.clone(),
                site: crate::error::Site::new(shown.clone(), format!("{shown}/{path}")),
            };
            return std::fs::read(&file).map_err(|e| match e.kind() {
                std::io::ErrorKind::NotFound => {
                    FetchError::UnknownVersion { at: Box::new(at), status: None, detail: None }
                }
                _ => disk("read", &file)(e),
            });
        }
        self.sumdb_once(object, base, path).await
    }

    /// One file, tried again as the policy allows.
    async fn sumdb_file(&self, object: &Object, base: &ProxyUrl, path: &str) -> Result<Vec<u8>, FetchError> {
        let mut attempt = 1;
        loop {
            let mut error = match self.plain_file(object, base, path).await {
                Ok(bytes) => return Ok(bytes),
                Err(error) => error,
            };
            error.set_attempts(attempt);
            let Some(wait) = retry::pause(&self.config.retries, &error, attempt) else { return Err(error) };
            self.observer.retry(object, &error, wait, 0);
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    async fn sumdb_once(&self, object: &Object, base: &ProxyUrl, path: &str) -> Result<Vec<u8>, FetchError> {
        let _permit = self.requests.acquire().await.map_err(|_| FetchError::Cancelled(object.clone()))?;
        let mut incoming = self.transport.get(&self.config, object, base, path).await?;
        let limit = load::limit_of(&self.config.limits, Kind::SumDb);
        let mut bytes = Vec::new();
        while incoming.read(&mut bytes).await? {
            if incoming.received() > limit {
                return Err(FetchError::TooLarge { at: Box::new(incoming.at().clone()), limit });
            }
        }
        Ok(bytes)
    }
}
