//! Modules from their own repositories: where `direct` in GOPROXY, GOPRIVATE
//! or GONOPROXY leads (cmd/go modfetch, for exact versions).
//!
//! The module path says where the repository is, or its host does; GOVCS must
//! allow the version-control system; git fetches as little as the version
//! needs into a bare repository beside the store; the version is held against
//! the commit as Go does; then go.mod, `.info` and zip are made of it. Other
//! systems than git are named and refused.
//!
//! What a repository holds is as hostile as what a proxy sends: its zip goes
//! through the same checks.

mod coderepo;
pub(crate) mod config;
mod discover;
pub(crate) mod error;
mod git;
mod govcs;
mod hosts;
mod modzip;
mod refs;
mod repo;
mod shown;
mod tar;
mod web;

use crate::config::FetchConfig;
use crate::engine::{DirectSource, Engine, Obtained, Request};
use crate::error::FetchError;
use crate::fetched::{Body, Fetched};
use crate::info::Origin;
use crate::load::{self, LoadError};
use crate::net::process::{RunError, Stop};
use crate::object::{Kind, Object};
use crate::observe::Observer;
use crate::proxyurl::ProxyUrl;
use crate::site::DirectReason;
use crate::store::{Store, disk};
use airgo_gomod::module::match_prefix_patterns;
use airgo_gomod::modzip::Scratch;
use airgo_gozip::Encoder;
use coderepo::{CodeRepo, VersionInfo};
use error::DirectError;
use git::Git;
use govcs::Govcs;
use hosts::{Remote, RepoRoot, Vcs};

use repo::{Memory, Repo};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::spawn_blocking;
use web::Pages;

/// How many repositories are worked on at once: git uses the disk and a core.
const REPOSITORIES: usize = 8;
/// The most bytes of a commit's files, other modules' and vendored ones
/// included. Go holds all that in memory without a limit.
const MAX_ARCHIVE: u64 = 8 << 30;

/// What is known of a module path's repository; asked for once.
type Asked = OnceCell<Result<RepoRoot, DirectError>>;

/// What direct fetches of one run share.
pub(crate) struct Direct {
    /// A fault is reported when the first module needs it.
    govcs: Result<Govcs, DirectError>,
    cache: PathBuf,
    /// None if there is none on PATH.
    git: OnceCell<Option<Git>>,
    pages: Pages,
    /// By module path.
    roots: Mutex<HashMap<String, Arc<Asked>>>,
    /// By address; whoever works on one holds its lock.
    repos: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Memory>>>>,
    /// By path without a scheme: which scheme works.
    schemes: Mutex<HashMap<String, String>>,
    turns: Arc<Semaphore>,
}

impl Direct {
    pub(crate) fn new(config: &FetchConfig) -> Self {
        let beside = || config.store_dir.parent().unwrap_or(&config.store_dir).join("vcs");
        Self {
            govcs: Govcs::parse(config.direct.govcs.reveal()),
            cache: config.direct.cache_dir.clone().unwrap_or_else(beside),
            git: OnceCell::new(),
            pages: Pages::default(),
            roots: Mutex::default(),
            repos: Mutex::default(),
            schemes: Mutex::default(),
            turns: Arc::new(Semaphore::new(REPOSITORIES)),
        }
    }

    fn repo(&self, url: &str, root: &str) -> Arc<tokio::sync::Mutex<Memory>> {
        let mut repos = lock(&self.repos);
        let new = || Arc::new(tokio::sync::Mutex::new(Memory::new(&self.cache, url, root)));
        repos.entry(url.to_owned()).or_insert_with(new).clone()
    }
}

/// One object's work on a blocking thread.
struct Job {
    object: Object,
    reason: DirectReason,
    root: RepoRoot,
    git: Git,
    store: Arc<Store>,
    observer: Arc<dyn Observer>,
    limits: crate::config::Limits,
    encoder: Encoder,
}

impl DirectSource for Direct {
    fn obtain<'a>(
        &'a self,
        engine: &'a Engine,
        request: &'a Request,
        reason: DirectReason,
        after: Option<Box<FetchError>>,
    ) -> Obtained<'a> {
        Box::pin(Run { direct: self, engine }.obtain(request, reason, after))
    }
}

/// The repositories, with the engine that a fetch is part of.
#[derive(Clone, Copy)]
struct Run<'a> {
    direct: &'a Direct,
    engine: &'a Engine,
}

impl Run<'_> {
    async fn obtain(
        self,
        request: &Request,
        reason: DirectReason,
        after: Option<Box<FetchError>>,
    ) -> Result<Fetched, FetchError> {
        let object = &request.object;
        match self.directly(request, reason).await {
            Ok(fetched) => Ok(fetched),
            Err(Failure::Direct(DirectError::Cancelled)) => Err(FetchError::Cancelled(object.clone())),
            Err(Failure::Direct(error)) => {
                let (object, error) = (Box::new(object.clone()), Box::new(error));
                Err(FetchError::Direct { object, error, reason, after })
            }
            Err(Failure::Fetch(error)) => Err(error),
        }
    }

    async fn directly(&self, request: &Request, reason: DirectReason) -> Result<Fetched, Failure> {
        let object = &request.object;
        let path = &object.module.path;
        let root = self.root_of(path).await?;
        match root.vcs {
            Vcs::Git => {}
            Vcs::Other(_, vcs) => return Err(DirectError::OtherVcs { vcs, root: root.root }.into()),
            Vcs::Mod => return self.through_proxy(request, &root).await.map_err(Failure::Fetch),
        }

        let stop = Stop::default();
        let _guard = stop.on_drop();
        let git = self.git().await?.stopped_by(&stop);
        let url = self.remote_url(&root, path, &git).await?;
        let memory = self.direct.repo(&url, &root.root).lock_owned().await;
        let turn =
            Arc::clone(&self.direct.turns).acquire_owned().await.map_err(|_| DirectError::Cancelled)?;
        self.engine.observer.started(object, None);
        let job = Job {
            object: object.clone(),
            reason,
            root,
            git,
            store: Arc::clone(&self.engine.store),
            observer: Arc::clone(&self.engine.observer),
            limits: self.engine.config.limits.clone(),
            encoder: self.engine.config.direct.encoder,
        };
        let task = spawn_blocking(move || {
            let mut memory = memory;
            let done = job.run(&mut memory);
            drop(turn);
            done
        });
        let fetched = task.await.map_err(|_| Failure::Fetch(FetchError::Lost(object.clone())))??;
        self.engine.observer.bytes(object, fetched.size);
        Ok(fetched)
    }

    /// Asked for once, whatever comes of it.
    async fn root_of(&self, path: &str) -> Result<RepoRoot, DirectError> {
        let cell = lock(&self.direct.roots).entry(path.to_owned()).or_default().clone();
        cell.get_or_init(|| self.repo_root(path)).await.clone()
    }

    /// A go-import tag may name a module proxy instead of a repository.
    async fn through_proxy(&self, request: &Request, root: &RepoRoot) -> Result<Fetched, FetchError> {
        let object = &request.object;
        let bad = |reason| FetchError::BadObject(Box::new((object.clone(), reason)));
        let proxy_path = object.proxy_path().map_err(bad)?;
        let Remote::Url(url) = &root.remote else {
            return Err(FetchError::Lost(object.clone()));
        };
        self.engine.ask_for(request, &ProxyUrl::parse(url)?, &proxy_path).await
    }

    async fn git(&self) -> Result<&Git, DirectError> {
        let found = self.direct.git.get_or_init(|| async {
            let config = &self.engine.config;
            let (mut environment, retries) = (config.environment.clone(), config.retries.clone());
            // git gives up by itself on a transfer over HTTP that brings next to nothing.
            for (name, value) in [
                ("GIT_HTTP_LOW_SPEED_LIMIT", config.timeouts.least_rate()),
                ("GIT_HTTP_LOW_SPEED_TIME", config.timeouts.first_byte.as_secs().max(1)),
            ] {
                if environment.get(name).is_none() {
                    environment.set(name, value.to_string());
                }
            }
            let (timeout, silence) = (config.direct.git_timeout, config.timeouts.first_byte);
            let find = move || Git::find(&environment, timeout, silence, retries, Stop::default()).ok();
            spawn_blocking(find).await.ok().flatten()
        });
        found.await.as_ref().ok_or(DirectError::NoGit)
    }

    /// The repository's address, with a scheme that may be used and works.
    async fn remote_url(&self, root: &RepoRoot, path: &str, git: &Git) -> Result<String, DirectError> {
        let repo = match &root.remote {
            Remote::Url(url) => {
                let Some((scheme, _)) = url.split_once("://").filter(|(scheme, _)| git.may_speak(scheme))
                else {
                    let scheme = url.split([':', '/']).next().unwrap_or_default().to_owned();
                    let (root, url) = (root.root.clone(), shown::repository(url, &root.root));
                    return Err(DirectError::Scheme { root, url, scheme });
                };
                debug_assert!(!scheme.is_empty());
                return Ok(url.clone());
            }
            Remote::AnyScheme(repo) => repo,
        };
        if let Some(url) = lock(&self.direct.schemes).get(repo) {
            return Ok(url.clone());
        }
        let insecure = match_prefix_patterns(self.engine.config.goinsecure.reveal(), path);
        let (git, tried) = (git.clone(), repo.clone());
        let found = spawn_blocking(move || try_schemes(&git, &tried, insecure)).await;
        let url = found.map_err(|_| DirectError::Cancelled)??;
        lock(&self.direct.schemes).insert(repo.clone(), url.clone());
        Ok(url)
    }
}

/// The first scheme by which a repository answers; the last complaint if none does.
fn try_schemes(git: &Git, repo: &str, insecure: bool) -> Result<String, DirectError> {
    let mut last = None;
    for scheme in git.schemes(insecure) {
        let url = format!("{scheme}://{repo}");
        match git.try_run(None, &["ls-remote", "-q", "--end-of-options", &url]) {
            Ok(_) => return Ok(url),
            Err(RunError::Stopped) => return Err(DirectError::Cancelled),
            // That of https says most.
            Err(e) if last.is_none() || scheme == "https" => last = Some(git::name(e, "reach", &url)),
            Err(_) => {}
        }
    }
    let reason = "GIT_ALLOW_PROTOCOL leaves no scheme to try".to_owned();
    Err(last.unwrap_or(DirectError::Unrecognized { path: repo.to_owned(), reason }))
}

impl Job {
    fn run(&self, memory: &mut Memory) -> Result<Fetched, Failure> {
        let (shown, origin) = (memory.address().shown().to_owned(), memory.address().origin());
        let on_retry = |error: &DirectError, wait: Duration| {
            let (object, error) = (Box::new(self.object.clone()), Box::new(error.clone()));
            let error = FetchError::Direct { object, error, reason: self.reason, after: None };
            self.observer.retry(&self.object, &error, wait, 0);
        };
        let module = &self.object.module;
        let mut repo = Repo::open(&self.git, memory, &on_retry)?;
        let mut code = CodeRepo::new(&mut repo, &module.path, &self.root.root, &self.root.subdir)?;
        let source = format!("git {shown}");
        let hashed = match self.object.kind {
            Kind::Info => load::small(&self.object, self.info(&code.info(&module.version)?, &origin)),
            Kind::Mod => load::small(&self.object, code.go_mod(&module.version)?),
            Kind::Zip => return self.zip(&mut code, source),
            Kind::SumDb | Kind::File => return Err(FetchError::Lost(self.object.clone()).into()),
        };
        let hashed = hashed
            .map_err(|what| DirectError::BadModule(format!("its {} is {what}", self.object.kind.noun())))?;
        let load::Hashed { size, sha256, h1, files, origin, bytes } = hashed;
        let body = Body::Memory(bytes.unwrap_or_default());
        let object = self.object.clone();
        Ok(Fetched { object, size, sha256, h1, files, origin, source, local: false, body })
    }

    /// `.info` as Go writes it; what depends on the other tags of the day is left out.
    fn info(&self, info: &VersionInfo, url: &str) -> Vec<u8> {
        let origin = Origin {
            vcs: "git".to_owned(),
            url: url.to_owned(),
            subdir: info.subdir.clone(),
            hash: info.revision.hash.clone(),
            reference: info.revision.reference.clone().unwrap_or_default(),
        };
        let version = &self.object.module.version;
        let (version, time, origin) = (json(version), json(&info.time.to_string()), json(&origin));
        format!(r#"{{"Version":{version},"Time":{time},"Origin":{origin}}}"#).into_bytes()
    }

    fn zip(&self, code: &mut CodeRepo<'_, '_>, source: String) -> Result<Fetched, Failure> {
        let module = &self.object.module;
        let found = code.find(&module.version)?;
        let (mut archive, mut file) = (self.store.spool_file()?, self.store.spool_file()?);
        let (archive_path, file_path) = (archive.path().to_owned(), file.path().to_owned());
        let mut writer = BufWriter::new(archive.as_file_mut());
        let there = code.repo().archive(&found.revision.hash, &found.dir, MAX_ARCHIVE, &mut writer)?;
        writer.flush().map_err(disk("write", &archive_path))?;
        drop(writer);
        if !there {
            let (rev, url) = (format!("{} of {}", found.dir, module.version), code.repo().shown().to_owned());
            return Err(DirectError::UnknownRevision { rev, url }.into());
        }
        let license = if found.dir.is_empty() { None } else { code.license(&found.revision.hash) };

        let archive = archive.as_file_mut();
        archive.rewind().map_err(disk("write", &archive_path))?;
        let sums = Summed { inner: BufWriter::new(file.as_file_mut()), digest: Sha256::new(), size: 0 };
        let (archive, license) = (BufReader::new(archive), license.as_deref());
        let Summed { inner, digest, size } =
            modzip::write(archive, &found.dir, module, license, self.encoder, sums)?;
        inner.into_inner().map_err(|e| disk("write", &file_path)(e.into_error()))?;
        if size > self.limits.zip {
            return Err(DirectError::TooLarge { what: "its zip".to_owned(), limit: self.limits.zip }.into());
        }
        file.rewind().map_err(disk("write", &file_path))?;
        let files = load::zip_files(file.as_file_mut(), module, &self.limits, &mut Scratch::new());
        let files = files.map_err(|e| match e {
            LoadError::Io(e) => Failure::Fetch(disk("write", &file_path)(e)),
            LoadError::TooLarge(limit) => DirectError::TooLarge { what: "its zip".to_owned(), limit }.into(),
            LoadError::InvalidContent(what) => DirectError::BadModule(format!("its zip is {what}")).into(),
        })?;
        let (sha256, body) = (digest.finalize().into(), Body::Spooled(file.into_temp_path()));
        let (object, h1, files, origin) = (self.object.clone(), Some(files.h1(module)), Some(files), None);
        Ok(Fetched { object, size, sha256, h1, files, origin, source, local: false, body })
    }
}

/// A file that is hashed while it is written.
struct Summed<W> {
    inner: W,
    digest: Sha256,
    size: u64,
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(bytes)?;
        self.digest.update(&bytes[..n]);
        self.size += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Why there is no object, before it is given as a [`FetchError`].
enum Failure {
    Direct(DirectError),
    Fetch(FetchError),
}

impl From<DirectError> for Failure {
    fn from(error: DirectError) -> Self {
        Self::Direct(error)
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self::Fetch(error)
    }
}

fn json(value: &impl serde::Serialize) -> String {
    // Strings and structs of strings always have a JSON form.
    serde_json::to_string(value).unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
