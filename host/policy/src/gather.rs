//! Facts: what plugins find out about each module by itself, before `check`.
//!
//! The facts of a module have to follow from its content, so that they may be
//! remembered. That is not asked of plugins, it is made so: each module gets a
//! fresh instance, which `host` shows a bundle of that one module, less
//! everything that its content does not determine. An instance that is used
//! again could carry something from module to module, and no plugin is trusted
//! not to.
//!
//! One queue of modules is worked off by all cores; a worker gathers for all
//! plugins in turn, while the module's zip is open. Modules are handed out in
//! order, and those before one that failed are finished: which failure is
//! reported does not depend on the machine.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::thread_time;
use crate::engine::{Engine, THREAD_STACK};
use crate::memory::{Key, Known, Memory, key};
use crate::plugin::no_thread;
use crate::{BundleInfo, BundleView, FileEntry, Gathering, ModuleInfo, Plugin, PluginError, ReadError};

/// Each worker may hold half of a plugin's memory.
pub(crate) const MAX_WORKERS: usize = 8;

/// What a plugin said of each module, by the index that it knows them by.
pub type Facts = Vec<Vec<u8>>;
/// For each plugin that was asked for, the facts that it wanted, and what they took.
pub type PerPlugin = Vec<Option<(Facts, Gathering)>>;

/// A bundle of one module, less what its content does not determine.
pub struct OneModule {
    bundle: Arc<dyn BundleView>,
    position: usize,
    module: [ModuleInfo; 1],
}

impl OneModule {
    pub fn new(bundle: Arc<dyn BundleView>, position: usize) -> Option<Self> {
        let module = reduced(bundle.modules().get(position)?);
        Some(OneModule { bundle, position, module: [module] })
    }

    fn at(&self, module: usize) -> Result<usize, ReadError> {
        if module == 0 { Ok(self.position) } else { Err(ReadError::NotFound) }
    }
}

/// A module as `gather` sees it.
fn reduced(module: &ModuleInfo) -> ModuleInfo {
    let code = module.replaced_by.as_ref().filter(|other| !other.version.is_empty());
    let (path, version) = code.map_or((&module.path, &module.version), |m| (&m.path, &m.version));
    ModuleInfo {
        path: path.clone(),
        version: version.clone(),
        sum: module.sum.clone(),
        go_mod_sum: module.go_mod_sum.clone(),
        zip_size: module.zip_size,
        part: module.part.clone(),
        ..ModuleInfo::default()
    }
}

impl BundleView for OneModule {
    fn info(&self) -> BundleInfo {
        BundleInfo::default()
    }
    fn modules(&self) -> &[ModuleInfo] {
        &self.module
    }
    fn go_mod(&self, module: usize) -> Result<Vec<u8>, ReadError> {
        self.bundle.go_mod(self.at(module)?)
    }
    fn list_files(&self, module: usize) -> Result<Vec<FileEntry>, ReadError> {
        self.bundle.list_files(self.at(module)?)
    }
    fn read(&self, module: usize, path: &str, offset: u64, len: u32) -> Result<Vec<u8>, ReadError> {
        self.bundle.read(self.at(module)?, path, offset, len)
    }
}

/// A plugin that wants facts.
struct Task<'a> {
    plugin: &'a Plugin,
    /// Its place among those that were asked for.
    place: usize,
    plan: String,
    file: Option<PathBuf>,
    known: Known,
    keys: Vec<Option<Key>>,
    facts: Vec<Option<Vec<u8>>>,
    /// How many of them were known at the start.
    remembered: usize,
    /// Nanoseconds of CPU time.
    spent: AtomicU64,
    /// Those of them that were the plugin's own.
    guest: AtomicU64,
    /// Bytes that were read for it.
    read: AtomicU64,
    /// Bytes of facts, remembered ones included.
    bytes: AtomicU64,
}

/// Gathers facts for each plugin that wants them under its config, and says
/// what that took; an error comes with the place of its plugin.
pub fn gather(
    plugins: &[(&Plugin, &str)],
    engine: &Engine,
    bundle: &Arc<dyn BundleView>,
    order: &[usize],
) -> Result<PerPlugin, (usize, PluginError)> {
    let begin = Instant::now();
    let mut tasks = Vec::new();
    for (place, (plugin, config)) in plugins.iter().enumerate() {
        if let Some(plan) = plugin.plan(config).map_err(|err| (place, err))? {
            tasks.push(Task::new(plugin, place, plan, engine.shared.memory.as_ref(), bundle, order));
        }
    }
    let missing = |index: &usize| tasks.iter().any(|task| task.lacks(*index));
    let queue = Queue {
        tasks: &tasks,
        bundle,
        order,
        missing: (0..order.len()).filter(missing).collect(),
        next: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
        failures: Mutex::default(),
    };
    let gathered = queue.run(engine);
    let failures = queue.failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    for (place, index, fact) in gathered.map_err(|err| (tasks.first().map_or(0, |task| task.place), err))? {
        if let Some(slot) = tasks.get_mut(place).and_then(|task| task.facts.get_mut(index)) {
            *slot = Some(fact);
        }
    }
    for task in &mut tasks {
        task.remember(engine.shared.memory.as_ref());
    }
    if let Some((_, (place, err))) = failures.into_iter().next() {
        return Err((place, err));
    }
    let mut all: PerPlugin = plugins.iter().map(|_| None).collect();
    for task in tasks {
        let took = task.took(begin.elapsed());
        if let Some(slot) = all.get_mut(task.place) {
            *slot = Some((task.facts.into_iter().map(Option::unwrap_or_default).collect(), took));
        }
    }
    Ok(all)
}

impl<'a> Task<'a> {
    fn new(
        plugin: &'a Plugin,
        place: usize,
        plan: String,
        memory: Option<&Memory>,
        bundle: &Arc<dyn BundleView>,
        order: &[usize],
    ) -> Self {
        let file = memory.map(|memory| memory.file(plugin.sha256(), &plan, plugin.limits()));
        let known = memory.zip(file.as_ref()).map(|(memory, file)| memory.load(file)).unwrap_or_default();
        let modules = order.iter().map(|&position| bundle.modules().get(position));
        let keys: Vec<Option<Key>> = modules.map(|module| key(&reduced(module?))).collect();
        let facts: Vec<Option<Vec<u8>>> = keys.iter().map(|key| known.get(&(*key)?).cloned()).collect();
        let remembered = facts.iter().flatten().count();
        let bytes = AtomicU64::new(facts.iter().flatten().map(|fact| fact.len() as u64).sum());
        let [spent, guest, read] = [(); 3].map(|()| AtomicU64::new(0));
        Task { plugin, place, plan, file, known, keys, facts, remembered, spent, guest, read, bytes }
    }

    fn took(&self, wall: Duration) -> Gathering {
        let nanos = |time: &AtomicU64| Duration::from_nanos(time.load(Ordering::Relaxed));
        Gathering {
            gathered: self.facts.len() - self.remembered,
            remembered: self.remembered,
            guest: nanos(&self.guest),
            cpu: nanos(&self.spent),
            wall,
            bytes: self.bytes.load(Ordering::Relaxed),
            read_bytes: self.read.load(Ordering::Relaxed),
        }
    }

    fn lacks(&self, index: usize) -> bool {
        self.facts.get(index).is_some_and(Option::is_none)
    }

    /// Gathers the facts of one module within what is left for all of them.
    fn gather(&self, bundle: &Arc<dyn BundleView>, position: usize) -> Result<Vec<u8>, PluginError> {
        let limits = self.plugin.limits();
        let start = thread_time();
        let (fact, usage) = self.plugin.gather(&self.plan, bundle, position)?;
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.guest.fetch_add(nanos(usage.time), Ordering::Relaxed);
        self.read.fetch_add(usage.read_bytes, Ordering::Relaxed);
        let nanos = nanos(thread_time().saturating_sub(start));
        let spent = self.spent.fetch_add(nanos, Ordering::Relaxed).saturating_add(nanos);
        if Duration::from_nanos(spent) > limits.gather_total {
            return Err(PluginError::Timeout {
                during: "gather over all modules",
                limit: limits.gather_total,
            });
        }
        let len = fact.len() as u64;
        let bytes = self.bytes.fetch_add(len, Ordering::Relaxed).saturating_add(len);
        if bytes > limits.facts_bytes {
            let (what, limit) = ("bytes of facts of all modules", limits.facts_bytes);
            return Err(PluginError::Budget { what, asked: None, limit, during: "gather" });
        }
        Ok(fact)
    }

    /// Keeps what is new, a failure elsewhere or not.
    fn remember(&mut self, memory: Option<&Memory>) {
        let (Some(memory), Some(file)) = (memory, &self.file) else { return };
        let mut news = false;
        let mut used = Vec::new();
        for (key, fact) in self.keys.iter().zip(&self.facts) {
            let (Some(key), Some(fact)) = (key, fact) else { continue };
            used.push(*key);
            news |= self.known.insert(*key, fact.clone()).is_none();
        }
        if news {
            memory.save(file, &self.known, &used);
        }
    }
}

/// The modules of which some plugin lacks facts.
struct Queue<'a> {
    tasks: &'a [Task<'a>],
    bundle: &'a Arc<dyn BundleView>,
    order: &'a [usize],
    missing: Vec<usize>,
    next: AtomicUsize,
    stop: AtomicBool,
    /// By module and task: the first counts.
    failures: Mutex<BTreeMap<(usize, usize), (usize, PluginError)>>,
}

/// Task, module, fact.
type Gathered = Vec<(usize, usize, Vec<u8>)>;

impl Queue<'_> {
    fn run(&self, engine: &Engine) -> Result<Gathered, PluginError> {
        if self.missing.is_empty() {
            return Ok(Vec::new());
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let cores = if engine.is_small() { 1 } else { cores };
        let workers = cores.min(MAX_WORKERS).min(self.missing.len());
        let _ticking = engine.shared.ticker.guard();
        std::thread::scope(|scope| {
            let start = |_| {
                let builder = std::thread::Builder::new().name("airgo-facts".to_owned());
                builder
                    .stack_size(THREAD_STACK)
                    .spawn_scoped(scope, || self.work())
                    .map_err(|err| no_thread(&err))
            };
            // One that cannot be started is no matter where there is another.
            let (started, failed): (Vec<_>, Vec<_>) = (0..workers).map(start).partition(Result::is_ok);
            if let (true, Some(Err(err))) = (started.is_empty(), failed.into_iter().next()) {
                return Err(err);
            }
            let mut all = Vec::new();
            for worker in started.into_iter().flatten() {
                let panicked = |_| PluginError::Internal("the host panicked".to_owned());
                all.extend(worker.join().map_err(panicked)?);
            }
            Ok(all)
        })
    }

    fn work(&self) -> Gathered {
        let mut gathered = Vec::new();
        while !self.stop.load(Ordering::Relaxed) {
            let next = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(&index) = self.missing.get(next) else { break };
            let Some(&position) = self.order.get(index) else { break };
            for (at, task) in self.tasks.iter().enumerate().filter(|(_, task)| task.lacks(index)) {
                match task.gather(self.bundle, position) {
                    Ok(fact) => gathered.push((at, index, fact)),
                    Err(err) => {
                        self.stop.store(true, Ordering::Relaxed);
                        let err = self.named(position, err);
                        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
                        failures.insert((index, at), (task.place, err));
                    }
                }
            }
        }
        gathered
    }

    fn named(&self, position: usize, err: PluginError) -> PluginError {
        let module = self.bundle.modules().get(position).map(reduced).unwrap_or_default();
        let module = crate::error::clip(format!("{}@{}", module.path, module.version));
        PluginError::Gather { module, source: Box::new(err) }
    }
}
