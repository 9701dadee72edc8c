//! The downloads of one run: go.mod files for the resolver while it walks,
//! then everything that the bundle holds; each held against go.sum the moment
//! it arrives.

use crate::Context;
use crate::Progress;
use crate::collect::nearest;
use crate::collect::open_files;
use crate::collect::sums;
use crate::errors::fetch_failure;
use crate::failure::{Failure, FailureKind, Result};
use crate::requests::Network;
use crate::settings;
use airgo_fetch::{
    Credentials, Environment, FetchConfig, FetchError, Fetched, Fetcher, Kind, Object, Observer, Outcome,
    Queue, Timeouts,
};
use airgo_gomod::gosum::{GoSum, Recorded, Subject};
use airgo_gomod::{ModuleVersion, Setting, address, gover};
use airgo_gozip::Encoder;
use airgo_resolve::{GoModSource, SourceError};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Sets up the fetcher as Go's environment and the flags say.
pub fn fetcher(context: &Context, network: &Network, progress: &Arc<Progress>) -> Result<Fetcher> {
    start(context, config(context, network)?, progress)
}

/// Sets up a fetcher that asks no module proxy, for what is not a module.
pub fn file_fetcher(context: &Context, network: &Network, progress: &Arc<Progress>) -> Result<Fetcher> {
    start(context, config_of(context, network, settings::GOPROXY.of("off"))?, progress)
}

fn start(context: &Context, mut config: FetchConfig, progress: &Arc<Progress>) -> Result<Fetcher> {
    config.observer = Some(Arc::new(Watch { progress: progress.clone(), context: context.clone() }));
    let fetcher = Fetcher::new(config).map_err(|e| fetch_failure(&e))?;
    let canceller = fetcher.canceller();
    context.interrupt.on(move || canceller.cancel());
    Ok(fetcher)
}

/// How to fetch, as Go's environment and the flags say.
pub fn config(context: &Context, network: &Network) -> Result<FetchConfig> {
    config_of(context, network, context.env.goproxy()?)
}

fn config_of(context: &Context, network: &Network, goproxy: Setting) -> Result<FetchConfig> {
    let env = &context.env;
    let mut config = FetchConfig::new(goproxy.reveal(), cache_dir(context, network)?.join("store"));
    config.goprivate = env.get_or_empty(settings::GOPRIVATE);
    config.gonoproxy = env.get_or_empty(settings::GONOPROXY);
    config.goinsecure = env.get_or_empty(settings::GOINSECURE);
    config.goauth = env.get_or_empty(settings::GOAUTH);
    config.default_goproxy = env.default_goproxy();
    config.credentials = credentials(context)?;
    // For git and GOAUTH commands, which are found on its PATH.
    config.environment = Environment::new(env.of_commands());
    config.direct.govcs = env.get_or_empty(settings::GOVCS);
    // As the go command here would make them.
    if env.go_version().is_some_and(|version| gover::compare(&version, "1.27rc1").is_ge()) {
        config.direct.encoder = Encoder::Go127;
    }
    config.source_cache = env.gomodcache().ok().filter(|dir| dir.is_dir());
    let wanted = network.jobs.unwrap_or(config.jobs).max(1);
    config.jobs = open_files::requests(wanted, open_files::raise());
    config.dns = network.dns;
    if let Some(limit) = network.timeout {
        config.timeouts = Timeouts::within(limit);
    }
    if let Some(retries) = network.retries {
        config.retries.attempts = retries.saturating_add(1);
        config.retries.unreachable_attempts =
            config.retries.unreachable_attempts.min(config.retries.attempts);
    }
    Ok(config)
}

/// Where downloads and the checksum database's files are cached.
pub fn cache_dir(context: &Context, network: &Network) -> Result<PathBuf> {
    match &network.cache {
        Some(dir) => Ok(dir.clone()),
        None => context.env.airgo_cache_dir(),
    }
}

/// The netrc file, as cmd/go auth/netrc.go finds it.
fn credentials(context: &Context) -> Result<Credentials> {
    let name = if cfg!(windows) { "_netrc" } else { ".netrc" };
    let file = context.env.path(settings::NETRC).or_else(|| context.env.home().map(|home| home.join(name)));
    let Some(file) = file else { return Ok(Credentials::default()) };
    match std::fs::read_to_string(&file) {
        Ok(text) => Ok(Credentials::from_netrc(&text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Credentials::default()),
        Err(e) => Err(Failure::failed(format!(
            "could not read {}: {e}",
            address::in_text(&file.display().to_string())
        ))
        .hint("netrc is read for logins: make it readable, or name another file: NETRC=FILE")),
    }
}

/// Reports to the progress bar and, with `-v`, every new try.
struct Watch {
    progress: Arc<Progress>,
    context: Context,
}

impl Observer for Watch {
    fn bytes(&self, _: &Object, count: u64) {
        self.progress.add_bytes(count);
    }

    fn retry(&self, _: &Object, error: &FetchError, wait: Duration, _: u64) {
        self.context.detail(format!("{error}; trying again in {:.1}s", wait.as_secs_f64()));
    }

    fn finished(&self, _: &Object, outcome: Outcome) {
        match outcome {
            Outcome::Failed => self.progress.add_failed(1),
            Outcome::Fetched | Outcome::Local => self.progress.add_done(1),
        }
    }
}

/// What a run has fetched so far, for one project or for several in turn.
pub struct Downloads<'a> {
    fetcher: &'a Fetcher,
    mods: Queue<'a>,
    rest: Queue<'a>,
    asked: HashSet<Object>,
    sums: &'a GoSum,
    progress: &'a Progress,
    verified: BTreeMap<Object, Fetched>,
    /// go.mod files that an earlier project's walk has fetched.
    again: VecDeque<Object>,
    /// What an earlier project's walk could not fetch, for the same answer.
    failed: HashMap<Object, SourceError>,
    /// The first download that ends the run, stored whole for its error text.
    fault: Mutex<Option<Failure>>,
}

impl<'a> Downloads<'a> {
    /// Nothing is asked for yet.
    pub fn new(fetcher: &'a Fetcher, sums: &'a GoSum, progress: &'a Progress) -> Self {
        Self {
            fetcher,
            mods: fetcher.queue(),
            rest: fetcher.queue(),
            asked: HashSet::new(),
            sums,
            progress,
            verified: BTreeMap::new(),
            again: VecDeque::new(),
            failed: HashMap::new(),
            fault: Mutex::new(None),
        }
    }

    /// Starts on files that will most likely be needed, so that the resolver's
    /// walk and the transfer of zips overlap. What turns out not to be needed
    /// is left out later.
    pub fn prefetch(&mut self, modules: impl Iterator<Item = ModuleVersion>) {
        for module in modules {
            self.ask(Object::new(module.clone(), Kind::Zip));
            self.ask(Object::new(module, Kind::Info));
        }
    }

    /// The first fault met while resolving, if it was a download's.
    pub fn fault(&self) -> Option<Failure> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Fetches all that is wanted and not there yet; returns the objects, which
    /// contradict no line of go.sum.
    pub fn complete(mut self, wanted: &HashSet<Object>) -> Result<BTreeMap<Object, Fetched>> {
        let mut missing: Vec<_> =
            wanted.iter().filter(|o| !self.verified.contains_key(*o)).cloned().collect();
        missing.sort();
        for object in missing {
            self.ask(object);
        }
        while let Some((object, result)) = self.rest.next() {
            if !wanted.contains(&object) {
                continue;
            }
            match result {
                Ok(fetched) => self.check(fetched)?,
                Err(e) => return Err(self.explain(fetch_failure(&e), &e, &object)),
            }
        }
        self.verified.retain(|object, _| wanted.contains(object));
        Ok(self.verified)
    }

    fn ask(&mut self, object: Object) {
        if self.asked.insert(object.clone()) {
            self.progress.add_total(1);
            let expected = self.expected(&object);
            self.rest.submit_expecting(object, expected);
        }
    }

    fn expected(&self, object: &Object) -> Vec<airgo_gomod::H1> {
        subject(object.kind).map_or_else(Vec::new, |s| sums::expected(self.sums, &object.module, s))
    }

    /// Adds to a failure what the proxies know: versions next to one that is not there.
    pub fn explain(&self, mut failure: Failure, error: &FetchError, object: &Object) -> Failure {
        if failure.kind != FailureKind::Interrupted {
            nearest::add(&mut failure, self.fetcher, error, object);
        }
        failure
    }

    /// Holds a download against go.sum and keeps it for later runs.
    fn check(&mut self, fetched: Fetched) -> Result<()> {
        let object = fetched.object.clone();
        let mut keep = true;
        if let (Some(subject), Some(h1)) = (subject(object.kind), fetched.h1) {
            let recorded = self.sums.check(&object.module, subject, &h1);
            keep = recorded.map_err(|e| sums::mismatch(&e, &fetched.source))? == Recorded::Yes;
        }
        // What nothing verifies yet stays out of the store. A store that
        // cannot be written costs only the next run's time.
        let fetched = if keep { self.fetcher.keep(fetched) } else { Ok(fetched) };
        match fetched {
            Ok(fetched) => {
                self.verified.insert(object, fetched);
            }
            Err(e) => self.set_fault(fetch_failure(&e)),
        }
        Ok(())
    }

    fn set_fault(&self, failure: Failure) {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
    }
}

/// What of go.sum speaks of this kind of object.
pub fn subject(kind: Kind) -> Option<Subject> {
    match kind {
        Kind::Zip => Some(Subject::Zip),
        Kind::Mod => Some(Subject::GoMod),
        Kind::Info | Kind::SumDb | Kind::File => None,
    }
}

impl GoModSource for Downloads<'_> {
    fn request(&mut self, module: &ModuleVersion) {
        let object = Object::new(module.clone(), Kind::Mod);
        if !self.asked.insert(object.clone()) {
            // Only an earlier walk, now ended, can have asked.
            self.again.push_back(object);
            return;
        }
        self.progress.add_total(1);
        let expected = self.expected(&object);
        self.mods.submit_expecting(object, expected);
    }

    fn next(&mut self) -> Option<(ModuleVersion, std::result::Result<Vec<u8>, SourceError>)> {
        if let Some(object) = self.again.pop_front() {
            let answer = match (self.verified.get(&object), self.failed.get(&object)) {
                (Some(fetched), _) => fetched.bytes().map_err(SourceError::new),
                (None, Some(error)) => Err(error.clone()),
                (None, None) => Err(SourceError::new("it failed for an earlier project")),
            };
            return Some((object.module, answer));
        }
        let (object, result) = self.mods.next()?;
        let module = object.module.clone();
        let bytes = result.and_then(|fetched| Ok((fetched.bytes()?, fetched)));
        let answer = match bytes {
            Ok((bytes, fetched)) => match self.check(fetched) {
                Ok(()) => Ok(bytes),
                Err(failure) => {
                    let error = SourceError::new(failure.message.raw());
                    self.set_fault(failure);
                    Err(error)
                }
            },
            Err(e) => {
                // Only the end of the walk shows whether this one mattered.
                let error = SourceError::new(e);
                self.failed.insert(object, error.clone());
                Err(error)
            }
        };
        Some((module, answer))
    }
}
