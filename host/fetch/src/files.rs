//! Plain files below an address: what a command needs that is not a module, such
//! as a vulnerability database. Login, tries, waits and the bound on sizes are
//! those of modules.

use crate::engine::Engine;
use crate::error::FetchError;
use crate::fetcher::Fetcher;
use crate::load::web_page;
use crate::object::{Kind, Object};
use crate::proxyurl::ProxyUrl;
use crate::regular;
use crate::retry;
use crate::site::{At, Site};
use crate::store::disk;
use airgo_gomod::{ModuleVersion, Setting};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

/// A place with files: `https://`, `http://` or `file://`.
pub struct FileSource<'a> {
    fetcher: &'a Fetcher,
    object: Object,
    base: ProxyUrl,
}

impl Fetcher {
    /// A place to read files from. Makes no connection.
    ///
    /// # Errors
    /// Where that is not an address.
    pub fn files(&self, url: &Setting) -> Result<FileSource<'_>, FetchError> {
        let base = ProxyUrl::parse(url.reveal())?;
        let object = Object::new(ModuleVersion::new(base.shown(), ""), Kind::File);
        Ok(FileSource { fetcher: self, object, base })
    }
}

impl FileSource<'_> {
    /// The address as it may be shown.
    pub fn shown(&self) -> &str {
        self.base.shown()
    }

    /// Reads files of at most `limit` bytes each, by their paths below the
    /// address, all at once; an answer for each, in order. What is not there is
    /// [`FetchError::is_not_found`]; a web page in place of a file is an error.
    pub fn read(&self, paths: &[String], limit: u64) -> Vec<Result<Vec<u8>, FetchError>> {
        let task = |path: &String| {
            let engine = Arc::clone(&self.fetcher.engine);
            let (object, base, path) = (self.object.clone(), self.base.clone(), path.clone());
            self.fetcher.spawn_task(&self.object, async move {
                let bytes = engine.file_of(&object, &base, &path, limit).await?;
                match web_page(&bytes) {
                    None => Ok(bytes),
                    Some(what) => {
                        let at = Box::new(At { site: site(&base, &path), object });
                        Err(FetchError::InvalidContent { at, what }.scrubbed(base.secrets()))
                    }
                }
            })
        };
        let tasks: Vec<_> = paths.iter().map(task).collect();
        let lost = || Err(FetchError::Lost(self.object.clone()));
        tasks.into_iter().map(|task| task.and_then(|t| self.fetcher.wait(t)).unwrap_or_else(lost)).collect()
    }
}

impl Engine {
    /// One file, tried again as the policy allows.
    pub(crate) async fn file_of(
        &self,
        object: &Object,
        base: &ProxyUrl,
        path: &str,
        limit: u64,
    ) -> Result<Vec<u8>, FetchError> {
        let mut attempt = 1;
        loop {
            let mut error = match self.file_once(object, base, path, limit).await {
                Ok(bytes) => return Ok(bytes),
                Err(error) => error.scrubbed(base.secrets()),
            };
            error.set_attempts(attempt);
            let Some(wait) = retry::pause(&self.config.retries, &error, attempt) else { return Err(error) };
            self.observer.retry(object, &error, wait, 0);
            tokio::time::sleep(wait).await;
            attempt += 1;
        }
    }

    /// One file of at most `limit` bytes, asked for once.
    pub(crate) async fn file_once(
        &self,
        object: &Object,
        base: &ProxyUrl,
        path: &str,
        limit: u64,
    ) -> Result<Vec<u8>, FetchError> {
        let at = || Box::new(At { object: object.clone(), site: site(base, path) });
        if let ProxyUrl::File { root, .. } = base {
            let file = root.join(path);
            let bytes = read_file(&file, limit).map_err(|e| match e.kind() {
                std::io::ErrorKind::NotFound if object.kind == Kind::File && !root.exists() => {
                    FetchError::NoTree { at: at() }
                }
                std::io::ErrorKind::NotFound => {
                    FetchError::UnknownVersion { at: at(), status: None, detail: None }
                }
                _ => disk("read", &file)(e),
            })?;
            return bytes.ok_or_else(|| FetchError::TooLarge { at: at(), limit });
        }
        let _permit = self.requests.acquire().await.map_err(|_| FetchError::Cancelled(object.clone()))?;
        let mut incoming = self.transport.get(&self.config, object, base, path).await?;
        let mut bytes = Vec::new();
        while incoming.read(&mut bytes).await? {
            if incoming.received() > limit {
                return Err(FetchError::TooLarge { at: Box::new(incoming.at().clone()), limit });
            }
        }
        Ok(bytes)
    }
}

/// Where a file is asked for, as it may be shown.
fn site(base: &ProxyUrl, path: &str) -> Site {
    Site::new(base.host(), base.object_shown(path))
}

/// The content of a file; none where it is larger than `limit`.
fn read_file(file: &Path, limit: u64) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    regular::open(file)?.0.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() as u64 <= limit))
}
