//! `airgo doctor`: everything between this machine and the modules, step by
//! step, with a verdict and a fix for each. Nothing is printed here.
//!
//! A failing `go mod download` shows the last link of a chain; this walks the
//! chain: names, HTTP proxies, each proxy of GOPROXY, the checksum database,
//! the clock, and what the container leaves of the machine. Nothing is changed
//! and no module is cached.

mod machine;
mod names;
mod proxies;

use crate::config::FetchConfig;
use crate::net::clients::Transport;
use crate::net::dns::Patience;
use crate::net::httpproxy::HttpProxies;
use crate::object::{Kind, Object};
use crate::proxylist::ProxyList;
use airgo_gomod::{ModuleVersion, Setting};
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;
use tokio::runtime::Builder;

/// What to look at beside the [`FetchConfig`].
#[derive(Clone, Debug)]
pub struct DoctorInput {
    /// A module that every proxy should have: best one of the project's own.
    pub module: ModuleVersion,
    /// GOSUMDB's name, and its address where GOSUMDB gives one; none for `off`.
    pub sumdb: Option<(String, Option<Setting>)>,
    /// The C library's resolver settings.
    pub resolv_conf: PathBuf,
    /// Where control groups are mounted.
    pub cgroup_root: PathBuf,
    /// Which control groups this process is in.
    pub own_cgroup: PathBuf,
    /// The port of resolv.conf's servers, which the file cannot tell: 53.
    pub name_server_port: u16,
    /// How long each step may take. Failed steps are not tried again.
    pub patience: Duration,
}

impl DoctorInput {
    /// The usual places of Linux, five seconds a step.
    pub fn new(module: ModuleVersion, sumdb: Option<(String, Option<Setting>)>) -> Self {
        Self {
            module,
            sumdb,
            resolv_conf: "/etc/resolv.conf".into(),
            cgroup_root: "/sys/fs/cgroup".into(),
            own_cgroup: "/proc/self/cgroup".into(),
            name_server_port: 53,
            patience: Duration::from_secs(5),
        }
    }
}

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// resolv.conf, name servers, names.
    Dns,
    /// HTTP_PROXY and the like.
    HttpProxy,
    /// The entries of GOPROXY.
    Proxy,
    /// The checksum database.
    SumDb,
    /// The time of day.
    Clock,
    /// Memory and processors.
    Machine,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Not looked at, for the reason in the detail.
    Skipped,
    /// It works, but slowly, or not for everybody.
    Warn,
    /// Downloads fail because of this.
    Fail,
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// What it is about.
    pub area: Area,
    /// What was looked at, such as `connect proxy.example`.
    pub name: String,
    /// How it went.
    pub verdict: Verdict,
    /// What was found: one clause in lower case, without credentials.
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// How long it took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub millis: Option<u64>,
}

impl Check {
    fn new(area: Area, name: impl Into<String>, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self { area, name: name.into(), verdict, detail: detail.into(), fix: None, millis: None }
    }

    fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    fn took(mut self, time: Duration) -> Self {
        self.millis = u64::try_from(time.as_millis()).ok();
        self
    }
}

/// Looks at everything; calls `report` for each check as it is done, and gives all of them.
pub fn run(config: &FetchConfig, input: &DoctorInput, report: &mut dyn FnMut(&Check)) -> Vec<Check> {
    let mut examination = Examination { checks: Vec::new(), report };
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            let check = Check::new(Area::Machine, "threads", Verdict::Fail, e.to_string());
            examination.add(check.fix("raise the limits on threads and open files"));
            return examination.checks;
        }
    };
    runtime.block_on(examine(config, input, &mut examination));
    // A name that is still being resolved must not hold the program up.
    runtime.shutdown_background();
    examination.checks
}

async fn examine(config: &FetchConfig, input: &DoctorInput, to: &mut Examination<'_>) {
    let mut config = config.clone();
    config.timeouts.connect = config.timeouts.connect.min(input.patience);
    config.timeouts.first_byte = config.timeouts.first_byte.min(input.patience);
    config.timeouts.idle = config.timeouts.idle.min(input.patience);

    let list = match ProxyList::parse(config.goproxy.reveal(), config.no_proxy_globs().reveal()) {
        Ok(list) => list,
        Err(e) => {
            let check = Check::new(Area::Proxy, "GOPROXY", Verdict::Fail, e.to_string());
            let hint = e.hint().unwrap_or_default();
            to.add(check.fix(hint));
            machine::limits(input, to);
            return;
        }
    };
    let visit = Visit {
        input,
        transport: config.transport(1),
        proxies: HttpProxies::new(&config.http_proxy),
        list,
        object: Object::new(input.module.clone(), Kind::Info),
        patience: Patience { wait: input.patience, sends: 1 },
        config,
    };
    machine::route(to);
    names::resolv_conf(&visit, to);
    names::hosts(&visit, to).await;
    proxies::variables(&visit, to);
    proxies::all(&visit, to).await;
    proxies::sumdb(&visit, to).await;
    machine::clock(&visit, to);
    machine::limits(input, to);
}

/// What all checks share.
struct Visit<'a> {
    input: &'a DoctorInput,
    config: FetchConfig,
    transport: Transport,
    proxies: HttpProxies,
    list: ProxyList,
    object: Object,
    patience: Patience,
}

/// The table so far.
struct Examination<'a> {
    checks: Vec<Check>,
    report: &'a mut dyn FnMut(&Check),
}

impl Examination<'_> {
    fn add(&mut self, check: Check) {
        (self.report)(&check);
        self.checks.push(check);
    }
}
