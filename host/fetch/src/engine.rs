//! One object's way: the store, a GOMODCACHE, then the proxies in turn, each
//! with its tries.

use crate::config::FetchConfig;
use crate::error::FetchError;
use crate::error_text::bytes;
use crate::fetched::{Body, Fetched};
use crate::hashpool::HashPool;
use crate::load::{self, Hashed, LoadError};
use crate::net::cause::Login;
use crate::net::clients::Transport;
use crate::object::{Kind, Object};
use crate::observe::{Nobody, Observer};
use crate::proxylist::{ProxyList, Step};
use crate::proxyurl::ProxyUrl;
use crate::retry;
use crate::site::{At, DirectReason, Site};
use crate::spool::Spool;
use crate::store::Store;
use crate::transport::Incoming;
use airgo_gomod::H1;
use airgo_gomod::modzip::Scratch;
use airgo_model::io_cause::IoCause;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// A try that brought so much more of a zip makes the tries start over.
const PROGRESS: u64 = 1 << 20;

/// Where modules come from that no proxy is asked for: their own repositories.
pub(crate) trait DirectSource: Send + Sync {
    /// Takes an object from the module's own repository. `reason` says why it
    /// came to that, `after` what the proxies before `direct` said.
    fn obtain<'a>(
        &'a self,
        engine: &'a Engine,
        request: &'a Request,
        reason: DirectReason,
        after: Option<Box<FetchError>>,
    ) -> Obtained<'a>;
}

/// An object, or why it could not be had.
pub(crate) type Obtained<'a> = Pin<Box<dyn Future<Output = Result<Fetched, FetchError>> + Send + 'a>>;

/// What every task shares.
pub(crate) struct Engine {
    pub(crate) config: FetchConfig,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) store: Arc<Store>,
    pub(crate) list: ProxyList,
    pub(crate) transport: Transport,
    direct: Box<dyn DirectSource>,
    /// Requests under way.
    pub(crate) requests: Semaphore,
    hashing: HashPool,
}

/// One submission.
pub(crate) struct Request {
    pub(crate) object: Object,
    /// Hashes that the caller would accept; a source with another one is passed over if there is a next.
    pub(crate) expected: Vec<H1>,
    /// Whether the store and the module cache are passed over.
    pub(crate) afresh: bool,
}

impl Engine {
    pub(crate) fn new(
        config: FetchConfig,
        cores: usize,
        direct: Box<dyn DirectSource>,
    ) -> Result<Self, FetchError> {
        let list = ProxyList::parse(config.goproxy.reveal(), config.no_proxy_globs().reveal())?;
        Ok(Self {
            list,
            store: Arc::new(Store::open(&config.store_dir)?),
            observer: config.observer.clone().unwrap_or_else(|| Arc::new(Nobody)),
            transport: config.transport(config.connections),
            direct,
            requests: Semaphore::new(config.jobs.max(1)),
            hashing: HashPool::new(cores),
            config,
        })
    }

    /// Finds or fetches one object.
    pub(crate) async fn obtain(&self, request: &Request) -> Result<Fetched, FetchError> {
        let object = &request.object;
        let proxy_path = object
            .proxy_path()
            .map_err(|reason| FetchError::BadObject(Box::new((object.clone(), reason))))?;
        if !request.afresh
            && let Some(found) = self.find_locally(request, &proxy_path).await?
        {
            return Ok(found);
        }

        let mut unexpected = None;
        let mut walk = self.list.walk(&object.module);
        let error = loop {
            let proxy = match walk.next_step() {
                Ok(Step::Ask(proxy)) => proxy,
                Ok(Step::Direct { reason, after }) => {
                    match self.direct.obtain(self, request, reason, after).await {
                        Ok(fetched) if expected(request, fetched.h1) => return Ok(fetched),
                        Ok(fetched) => return Ok(unexpected.unwrap_or(fetched)),
                        Err(error) => break error,
                    }
                }
                Err(error) => break error,
            };
            match self.ask_for(request, proxy, &proxy_path).await {
                Ok(fetched) if expected(request, fetched.h1) => return Ok(fetched),
                // Not checked here, but after a `|` another proxy may have the right bytes.
                Ok(fetched) => {
                    unexpected = Some(fetched);
                    walk.unexpected();
                }
                Err(error) => walk.failed(error),
            }
        };
        // The caller sees the wrong hash and says so better than we could.
        unexpected.ok_or(error)
    }

    /// Asks one proxy, and once more if its bytes are not what the caller expects.
    pub(crate) async fn ask_for(
        &self,
        request: &Request,
        proxy: &ProxyUrl,
        path: &str,
    ) -> Result<Fetched, FetchError> {
        let fetched = self.ask(&request.object, proxy, path).await?;
        if expected(request, fetched.h1) || fetched.local {
            return Ok(fetched);
        }
        self.ask(&request.object, proxy, path).await
    }

    async fn find_locally(&self, request: &Request, proxy_path: &str) -> Result<Option<Fetched>, FetchError> {
        let object = &request.object;
        if let Some(entry) = self.store.find(proxy_path) {
            let path = self.store.object_path(&entry.sha256);
            let sound = match self.hash_file(object, &path).await? {
                Ok(hashed) if hashed.sha256 == entry.sha256 && hashed.size == entry.size => Some(hashed),
                _ => None,
            };
            match sound {
                Some(mut hashed) if expected(request, hashed.h1) => {
                    hashed.origin = entry.origin;
                    let mut found = local(object, hashed, path.clone(), entry.source);
                    found.body = Body::Stored(path);
                    return Ok(Some(found));
                }
                // Sound, but not what go.sum wants now; a proxy may have something else.
                Some(_) => {}
                None => self.store.forget(proxy_path, &entry),
            }
        }
        if let Some(cache) = &self.config.source_cache {
            let path = cache.join("cache/download").join(proxy_path);
            if let Ok(hashed) = self.hash_file(object, &path).await?
                && expected(request, hashed.h1)
            {
                return Ok(Some(local(object, hashed, path, cache.display().to_string())));
            }
        }
        Ok(None)
    }

    /// Hashes a file on this machine: a zip on a blocking thread, a few at a
    /// time, and what is small at once, which takes less time than handing it
    /// to another thread and back.
    async fn hash_file(&self, object: &Object, path: &Path) -> Result<Result<Hashed, LoadError>, FetchError> {
        if object.kind != Kind::Zip {
            return Ok(load::local_file(object, path, &self.config.limits, &mut Scratch::new()));
        }
        let (moved, path, limits) = (object.clone(), path.to_owned(), self.config.limits.clone());
        let hashed = self.hashing.run(move |scratch| load::local_file(&moved, &path, &limits, scratch)).await;
        hashed.ok_or_else(|| FetchError::Lost(object.clone()))
    }

    /// Asks one proxy, trying again as the policy allows.
    async fn ask(&self, object: &Object, proxy: &ProxyUrl, proxy_path: &str) -> Result<Fetched, FetchError> {
        if let ProxyUrl::File { root, shown } = proxy {
            return self.read_tree(object, root, shown, proxy_path).await;
        }
        let mut partial = self.reopen(object, proxy, proxy_path).await;
        let (mut attempt, mut furthest) = (1, partial.as_ref().map_or(0, Spool::size));
        loop {
            let (mut received, went_on) = (0, partial.is_some());
            let got = self.download(object, proxy, proxy_path, &mut received, &mut partial).await;
            let mut error = match got {
                Ok(fetched) => return Ok(fetched),
                Err(error) => error.scrubbed(proxy.secrets()),
            };
            // The part may be to blame for a bad zip: the whole of it is not a second try.
            if went_on && matches!(error, FetchError::InvalidContent { .. } | FetchError::TooLarge { .. }) {
                self.observer.retry(object, &error, Duration::ZERO, received);
                continue;
            }
            error.set_attempts(attempt);
            let Some(wait) = retry::pause(&self.config.retries, &error, attempt) else { return Err(error) };
            self.observer.retry(object, &error, wait, received);
            tokio::time::sleep(wait).await;
            attempt += 1;
            // A thin line may take many tries for a large zip: what gets on is not given up.
            if let Some(spool) = &partial
                && spool.size() >= furthest + PROGRESS
            {
                (attempt, furthest) = (1, spool.size());
            }
        }
    }

    /// What an earlier run left of a zip.
    async fn reopen(&self, object: &Object, proxy: &ProxyUrl, proxy_path: &str) -> Option<Spool> {
        let key = proxy.object_key(proxy_path).filter(|_| object.kind == Kind::Zip)?;
        let site = Site::new(proxy.host(), proxy.object_shown(proxy_path));
        Spool::reopen(&At { object: object.clone(), site }, key, &self.store).await
    }

    /// One request, its body, its hashes. A zip that breaks off is left in
    /// `partial`, and goes on from there the next time.
    async fn download(
        &self,
        object: &Object,
        proxy: &ProxyUrl,
        proxy_path: &str,
        received: &mut u64,
        partial: &mut Option<Spool>,
    ) -> Result<Fetched, FetchError> {
        let permit = self.requests.acquire().await.map_err(|_| FetchError::Cancelled(object.clone()))?;
        let kept = partial.take();
        let mut rest = kept.as_ref().map(Spool::rest).unwrap_or_default();
        let incoming = self.transport.get_rest(&self.config, object, proxy, proxy_path, &mut rest).await;
        let mut incoming = match incoming {
            Ok(incoming) => incoming,
            Err(error) => {
                match kept {
                    // The part stays good while the server cannot be reached.
                    Some(spool) if rest.offset > 0 => *partial = Some(spool),
                    Some(spool) => spool.discard(),
                    None => {}
                }
                return Err(error);
            }
        };
        let at = incoming.at().clone();
        let limit = load::limit_of(&self.config.limits, object.kind);
        let too_large = || FetchError::TooLarge { at: Box::new(at.clone()), limit };
        if incoming.length().is_some_and(|l| l > limit) {
            return Err(too_large());
        }
        self.observer.started(object, incoming.length());
        *received = incoming.offset();
        self.observer.bytes(object, *received);

        let mut spool = match kept {
            Some(spool) if incoming.offset() > 0 => Some(spool),
            other => {
                if let Some(stale) = other {
                    stale.discard();
                }
                let key = proxy.object_key(proxy_path).filter(|_| object.kind == Kind::Zip);
                key.map(|key| Spool::new(&at, key, &self.store, incoming.rest()))
            }
        };
        let mut buffer = Vec::new();
        loop {
            let before = *received;
            let more = incoming.read(&mut buffer).await;
            *received = incoming.received();
            self.observer.bytes(object, *received - before);
            let ended = match more {
                Ok(more) => !more,
                Err(error) => {
                    *partial = spool.filter(|s| s.size() > 0);
                    return Err(error);
                }
            };
            if *received > limit {
                if let Some(spool) = spool {
                    spool.discard();
                }
                return Err(too_large());
            }
            if ended {
                break;
            }
            if let Some(spool) = &mut spool {
                buffer = spool.add(buffer).await?;
            }
        }
        check_length(&incoming)?;
        drop(incoming);
        drop(permit);

        let source = proxy.shown().to_owned();
        match spool {
            Some(spool) => spool.finish(buffer, source, &self.config.limits, &self.hashing).await,
            None => {
                let invalid = |what| FetchError::InvalidContent { at: Box::new(at), what };
                let hashed = load::small(object, buffer).map_err(invalid)?;
                let mut fetched = local(object, hashed, PathBuf::new(), source);
                fetched.local = false;
                Ok(fetched)
            }
        }
    }

    /// A `file://` proxy: hashed where it is.
    async fn read_tree(
        &self,
        object: &Object,
        root: &Path,
        shown: &str,
        proxy_path: &str,
    ) -> Result<Fetched, FetchError> {
        let path = root.join(proxy_path);
        let site = Site::new(shown, format!("{shown}/{proxy_path}"));
        let at = Box::new(At { object: object.clone(), site });
        match self.hash_file(object, &path).await? {
            Ok(hashed) => Ok(local(object, hashed, path, shown.to_owned())),
            Err(LoadError::InvalidContent(what)) => Err(FetchError::InvalidContent { at, what }),
            Err(LoadError::TooLarge(limit)) => Err(FetchError::TooLarge { at, limit }),
            Err(LoadError::Io(e)) => Err(match e.kind() {
                io::ErrorKind::NotFound if !root.exists() => FetchError::NoTree { at },
                io::ErrorKind::NotFound => FetchError::UnknownVersion { at, status: None, detail: None },
                io::ErrorKind::PermissionDenied => {
                    FetchError::Forbidden { at, status: None, detail: None, login: Login::None }
                }
                _ if IoCause::of(&e) == IoCause::OpenFiles => {
                    FetchError::OpenFiles { object: Box::new(object.clone()), source: e }
                }
                _ => FetchError::Unreadable { at, reason: e.to_string() },
            }),
        }
    }
}

/// HTTP/1 and HTTP/2 both check the length themselves; this holds them to it.
fn check_length(incoming: &Incoming) -> Result<(), FetchError> {
    let received = incoming.received();
    match incoming.length() {
        Some(length) if length != received => {
            let (at, reason) = (Box::new(incoming.at().clone()), format!("{} announced", bytes(length)));
            Err(FetchError::Broken { at, received, reason })
        }
        _ => Ok(()),
    }
}

fn expected(request: &Request, h1: Option<H1>) -> bool {
    request.expected.is_empty() || h1.is_none_or(|h| request.expected.contains(&h))
}

fn local(object: &Object, hashed: Hashed, path: PathBuf, source: String) -> Fetched {
    let Hashed { size, sha256, h1, files, origin, bytes } = hashed;
    let body = bytes.map_or(Body::Elsewhere(path), Body::Memory);
    Fetched { object: object.clone(), size, sha256, h1, files, origin, source, local: true, body }
}
