//! One plugin: who it is, and its run over a bundle.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use airgo_model::shortage::Shortage;
use jiff::Timestamp;
use wasmtime::component::{Component, ComponentExportIndex, Instance, InstancePre, TypedFunc};
use wasmtime::{Store, UpdateDeadline};

use crate::bindings::airgo::policy::types;
use crate::bindings::exports::airgo::policy::policy as raw;
use crate::bindings::{PolicyPlugin, PolicyPluginPre};
use crate::engine::{Engine, THREAD_STACK};
use crate::error::clip;
use crate::failure::{OutOfTime, failure};
use crate::gather::{Facts, OneModule, gather};
use crate::prescan::Scan;
use crate::state::{State, Subject};
use crate::{
    BundleView, DataSet, Finding, Gathering, Limits, PluginError, Usage, json_schema, pool, results,
};

/// A component that is loaded and has said who it is.
#[derive(Clone)]
pub struct Plugin {
    engine: Engine,
    pre: PolicyPluginPre<State>,
    facts: Option<FactsExport>,
    /// In the pool.
    pooled: Option<(InstancePre<State>, FactsExport)>,
    limits: Limits,
    scan: Scan,
    sha256: String,
    from_cache: bool,
    description: Description,
}

/// What a plugin says of itself. The text is the plugin's: escape it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Its own name; a policy file may give it another.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// What it is for.
    pub summary: String,
    /// A JSON Schema of its config.
    pub config_schema: String,
    /// What it can find.
    pub rules: Vec<Rule>,
    /// The data sources it reads.
    pub data: Vec<DataNeed>,
    /// The findings of other plugins that it compares: what its config schema
    /// has as `x-airgo-compare`.
    pub compares: Vec<Compared>,
}

/// Findings that a plugin compares, of a bundle and of the one approved before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// The plugin whose findings they are, by its name in the policy file or as a
    /// built-in one.
    pub plugin: String,
    /// The config that it is run with, an object.
    pub config: serde_json::Value,
}

/// Something that a plugin can find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable from version to version.
    pub id: String,
    /// One line.
    pub summary: String,
    /// Markdown.
    pub description: String,
    /// A page about it.
    pub help_url: Option<String>,
}

/// A data source that a plugin reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataNeed {
    /// Its name in the policy file.
    pub name: String,
    /// What it is.
    pub summary: String,
    /// Without it the plugin fails.
    pub required: bool,
}

/// How loud a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For the author.
    Debug,
    /// For whoever is curious.
    Info,
    /// For everybody.
    Warn,
}

/// A line that a plugin logged. The text is the plugin's: escape it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// How loud.
    pub level: LogLevel,
    /// The line.
    pub message: String,
}

/// What a plugin is run over.
pub struct CheckRequest {
    /// The bundle.
    pub view: Arc<dyn BundleView>,
    /// The data sources of the policy file.
    pub data: Arc<DataSet>,
    /// The plugin's only clock.
    pub judged_at: Timestamp,
    /// A JSON object.
    pub config: String,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Sorted by module, rule and verdict.
    pub findings: Vec<Finding>,
    /// In the order in which they were logged.
    pub logs: Vec<LogLine>,
}

/// A run, and what it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// What it came to.
    pub checked: Checked,
    /// What `check` took.
    pub usage: Usage,
    /// What it took to know the facts; none where it wanted none.
    pub gathering: Option<Gathering>,
}

pub(crate) const DESCRIBE: &str = "describe";
const CHECK: &str = "check";
const PLAN: &str = "plan";
const GATHER: &str = "gather";

/// Where the functions of `facts` are. They are looked up by hand: to
/// `bindgen!` a world with them and one without are two worlds.
#[derive(Clone)]
struct FactsExport {
    plan: ComponentExportIndex,
    gather: ComponentExportIndex,
}

type Plan = TypedFunc<(String,), (Option<String>,)>;
type Gather = TypedFunc<(String, types::ModuleInfo), (Result<Vec<u8>, String>,)>;

impl FactsExport {
    fn find(component: &Component, name: &str) -> Result<Self, PluginError> {
        let instance = component.get_export_index(None, name);
        let find = |function: &str| {
            let found = instance.as_ref().and_then(|i| component.get_export_index(Some(i), function));
            found.ok_or_else(|| PluginError::World(clip(format!("{name} has no function {function}"))))
        };
        Ok(FactsExport { plan: find(PLAN)?, gather: find(GATHER)? })
    }

    fn plan(&self, instance: &Instance, store: &mut Store<State>) -> wasmtime::Result<Plan> {
        instance.get_typed_func(store, self.plan)
    }

    fn gather(&self, instance: &Instance, store: &mut Store<State>) -> wasmtime::Result<Gather> {
        instance.get_typed_func(store, self.gather)
    }
}

impl Plugin {
    pub(crate) fn new(
        engine: Engine,
        component: &Component,
        pooled: Option<(Component, InstancePre<State>)>,
        scan: Scan,
        sha256: String,
        from_cache: bool,
        limits: Limits,
    ) -> Result<Self, PluginError> {
        let world = |err: wasmtime::Error| PluginError::World(clip(format!("{err:#}")));
        let pre: InstancePre<State> = engine.shared.linker.instantiate_pre(component).map_err(world)?;
        let pre = PolicyPluginPre::new(pre).map_err(world)?;
        let facts = scan.facts().map(|name| FactsExport::find(component, name)).transpose()?;
        let in_pool = |(own, pre): (Component, _)| Some((pre, FactsExport::find(&own, scan.facts()?).ok()?));
        let pooled = pooled.and_then(in_pool);
        let (described, ..) = on_own_thread(|| {
            run(&engine, &engine.shared.wasmtime, State::new(&limits, None), DESCRIBE, |store| {
                let instance = pre.instance_pre().instantiate(&mut *store)?;
                let plugin = PolicyPlugin::new(&mut *store, &instance)?;
                if let Some(facts) = &facts {
                    facts.plan(&instance, store)?;
                    facts.gather(&instance, store)?;
                }
                store.data_mut().entered = true;
                plugin.airgo_policy_policy().call_describe(store)
            })
        })?;
        let description = results::description(described, &limits)?;
        Ok(Plugin { engine, pre, facts, pooled, limits, scan, sha256, from_cache, description })
    }

    /// What it says of itself.
    pub fn describe(&self) -> &Description {
        &self.description
    }

    /// What its sections say.
    pub fn scan(&self) -> &Scan {
        &self.scan
    }

    /// What it may use.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The digest of the component, in hexadecimal digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The same plugin with at least so much time.
    pub(crate) fn with_time(mut self, time: Duration) -> Self {
        self.limits.time = self.limits.time.max(time);
        self
    }

    /// Whether its compiled code came from the cache.
    pub fn from_cache(&self) -> bool {
        self.from_cache
    }

    /// Whether it gathers facts about modules before it judges.
    pub fn gathers(&self) -> bool {
        self.facts.is_some()
    }

    /// Holds a config against the plugin's own schema.
    ///
    /// # Errors
    /// Where they do not agree: [`PluginError::Config`].
    pub fn check_config(&self, config: &serde_json::Value) -> Result<(), PluginError> {
        let schema: serde_json::Value = serde_json::from_str(&self.description.config_schema)
            .map_err(|err| PluginError::ContractViolation(format!("its config schema is no JSON: {err}")))?;
        json_schema::check(&schema, config)
            .map_err(|json_schema::Mismatch { pointer, message }| PluginError::Config { pointer, message })
    }

    /// Runs the plugin over a bundle.
    ///
    /// # Errors
    /// Whatever goes wrong; the bundle is then refused.
    pub fn check(&self, request: Arc<CheckRequest>) -> Result<Checked, PluginError> {
        self.measure(request).map(|measured| measured.checked)
    }

    /// The same, with what it took.
    ///
    /// # Errors
    /// As [`Plugin::check`].
    pub fn measure(&self, request: Arc<CheckRequest>) -> Result<Measured, PluginError> {
        let order: Arc<[usize]> = crate::host::sorted(request.view.modules()).into();
        let plugins = [(self, request.config.as_str())];
        let gathered = gather(&plugins, &self.engine, &request.view, &order).map_err(|(_, err)| err)?;
        let (facts, gathering) = gathered.into_iter().next().flatten().unzip();
        let (checked, usage) = self.check_with(&request, &order, facts)?;
        Ok(Measured { checked, usage, gathering })
    }

    /// Runs it with the facts that it gathered.
    pub(crate) fn check_with(
        &self,
        request: &CheckRequest,
        order: &Arc<[usize]>,
        facts: Option<Facts>,
    ) -> Result<(Checked, Usage), PluginError> {
        let limits = self.limits.of_check(order.len());
        let (answer, logs, usage) = on_own_thread(|| {
            let subject = Subject::of_bundle(request, Arc::clone(order), facts, &limits);
            let state = State::new(&limits, Some(subject));
            run(&self.engine, &self.engine.shared.wasmtime, state, CHECK, |store| {
                let plugin = self.pre.instantiate(&mut *store)?;
                store.data_mut().entered = true;
                plugin.airgo_policy_policy().call_check(store, &request.config)
            })
        })?;
        let findings = match answer {
            Ok(findings) => results::findings(findings, &self.description, order, &limits)?,
            Err(err) => return Err(results::check_error(err)),
        };
        Ok((Checked { findings, logs }, usage))
    }

    /// What it wants to know of each module under a config; none where it does
    /// not gather.
    pub(crate) fn plan(&self, config: &str) -> Result<Option<String>, PluginError> {
        let Some(facts) = &self.facts else { return Ok(None) };
        let ((plan,), ..) = on_own_thread(|| {
            run(&self.engine, &self.engine.shared.wasmtime, State::new(&self.limits, None), PLAN, |store| {
                let instance = self.pre.instance_pre().instantiate(&mut *store)?;
                store.data_mut().entered = true;
                facts.plan(&instance, store)?.call(store, (config.to_owned(),))
            })
        })?;
        let limit = self.limits.text_bytes;
        match plan {
            Some(plan) if plan.len() > limit => Err(PluginError::ContractViolation(format!(
                "its plan is {} bytes, more than {limit}",
                plan.len()
            ))),
            plan => Ok(plan),
        }
    }

    /// What it says of one module, and what that took. To be called on a thread with a stack of
    /// [`THREAD_STACK`].
    pub(crate) fn gather(
        &self,
        plan: &str,
        bundle: &Arc<dyn BundleView>,
        position: usize,
    ) -> Result<(Vec<u8>, Usage), PluginError> {
        let (Some(facts), Some(one)) = (&self.facts, OneModule::new(Arc::clone(bundle), position)) else {
            return Err(PluginError::Internal("there is nothing to gather".to_owned()));
        };
        let [module] = one.modules() else {
            return Err(PluginError::Internal("there is more than one module".to_owned()));
        };
        let limits = self.limits.of_gather(module.zip_size);
        let module = crate::host::module_info((0, module));
        let one = Arc::new(one);
        let no_slot = Cell::new(false);
        let call = |wasmtime: &wasmtime::Engine, pre: &InstancePre<State>, facts: &FactsExport| {
            let state = State::new(&limits, Some(Subject::of_module(Arc::clone(&one), &limits)));
            run(&self.engine, wasmtime, state, GATHER, |store| {
                let instance = pre.instantiate(&mut *store);
                let instance = instance.inspect_err(|err| no_slot.set(pool::is_full(err)))?;
                store.data_mut().entered = true;
                facts.gather(&instance, store)?.call(store, (plan.to_owned(), module.clone()))
            })
        };
        let pool = self.engine.shared.pool.as_ref().filter(|_| pool::has_room_for(&limits));
        let pooled =
            pool.zip(self.pooled.as_ref()).map(|(pool, (pre, facts))| call(&pool.wasmtime, pre, facts));
        let ((answer,), _, usage) = match pooled {
            Some(answer) if !no_slot.get() => answer?,
            _ => call(&self.engine.shared.wasmtime, self.pre.instance_pre(), facts)?,
        };
        let fact = answer.map_err(|message| PluginError::Input(clip(message)))?;
        if fact.len() as u64 > limits.fact_bytes {
            let (what, limit) = ("bytes of facts", limits.fact_bytes);
            return Err(PluginError::Budget { what, asked: None, limit, during: GATHER });
        }
        Ok((fact, usage))
    }
}

/// Runs on a thread with a stack of known size, which is also there to catch
/// the panic that wasmtime's authors did not foresee.
fn on_own_thread<T: Send>(work: impl FnOnce() -> Result<T, PluginError> + Send) -> Result<T, PluginError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("airgo-plugin".to_owned())
            .stack_size(THREAD_STACK)
            .spawn_scoped(scope, work)
            .map_err(|err| no_thread(&err))?;
        thread.join().unwrap_or_else(|_| Err(PluginError::Internal("the host panicked".to_owned())))
    })
}

/// A thread's stack does not fit, or there are too many threads.
pub(crate) fn no_thread(err: &std::io::Error) -> PluginError {
    match Shortage::of(err, THREAD_STACK as u64) {
        Some(shortage) => PluginError::Shortage(shortage),
        None => PluginError::Internal(format!("no thread can be started: {err}")),
    }
}

/// Makes an instance and calls into it. The ticker runs before instantiation, so
/// that a start function has its deadline too.
fn run<T>(
    engine: &Engine,
    wasmtime: &wasmtime::Engine,
    state: State,
    during: &'static str,
    call: impl FnOnce(&mut Store<State>) -> wasmtime::Result<T>,
) -> Result<(T, Vec<LogLine>, Usage), PluginError> {
    let mut store = Store::new(wasmtime, state);
    let result_bytes = store.data().limits.result_bytes;
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(result_bytes);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|store| {
        if store.data().clock.is_over() { Err(OutOfTime.into()) } else { Ok(UpdateDeadline::Continue(1)) }
    });
    let _ticking = engine.shared.ticker.guard();
    let result = call(&mut store);
    let state = store.into_data();
    match result {
        Ok(answer) => {
            let usage = state.usage();
            Ok((answer, state.logs, usage))
        }
        Err(err) => Err(failure(&err, &state, during)),
    }
}

pub(crate) type RawDescription = raw::Description;
pub(crate) type RawFinding = raw::Finding;
pub(crate) type RawCheckError = raw::CheckError;
