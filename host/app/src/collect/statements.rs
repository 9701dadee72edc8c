//! What a packing states beside the manifest: where the modules came from, what
//! policy made of them, what the checksum database answered.

use crate::Context;
use crate::collect::{Collected, Complete};
use crate::failure::{Failure, Result};
use crate::settings::{self, Known};
use airgo_bundle::predicate::{
    Builder, Completeness, DependencyNotes, Inputs, Lookup, Origin, PackSettings, PolicyVerdict,
    PredicateError, Provenance, RunDetails, RunMetadata, SumdbEvidence,
};
use airgo_bundle::{BundleWriter, NewStatement};
use airgo_fetch::{Kind, Object};
use airgo_gomod::address::{self, HIDDEN};
use airgo_gomod::{ModuleVersion, Setting};
use airgo_policy::Report;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Which statements differ from run to run and are wanted all the same.
#[derive(Clone, Copy, Debug)]
pub struct Stated {
    /// Where and when each module was fetched.
    pub provenance: bool,
    /// Of the proxies' addresses all but user and password.
    pub whole_proxies: bool,
    /// What the policy found, which holds the time that it was evaluated for.
    pub verdict: bool,
}

/// All statements of one packing.
pub fn of(
    context: &Context,
    collected: &Collected,
    report: &Report,
    writer: &BundleWriter,
    stated: Stated,
) -> Result<Vec<NewStatement>> {
    let mut statements = Vec::new();
    if stated.verdict {
        statements.push(NewStatement::of(&verdict(report)?).map_err(|e| unfit(&e))?);
    }
    if let Some(proved) = &collected.proved {
        let lookups =
            proved.lookups.iter().map(|(module, record)| Lookup { module: module.clone(), record: *record });
        let evidence = SumdbEvidence {
            database: proved.database.clone(),
            evidence_sha256: writer.evidence_digest(),
            lookups: lookups.collect(),
            tree_hash: proved.tree_hash.clone(),
            tree_size: proved.tree_size,
        };
        statements.push(NewStatement::of(&evidence).map_err(|e| unfit(&e))?);
    }
    if let Some(complete) = &collected.complete {
        statements.push(NewStatement::of(&completeness(complete)).map_err(|e| unfit(&e))?);
    }
    if stated.provenance {
        statements.push(
            NewStatement::of(&provenance(context, collected, stated.whole_proxies)).map_err(|e| unfit(&e))?,
        );
    }
    Ok(statements)
}

/// What the bundle is packed of.
///
/// # Errors
/// None that is known.
pub fn inputs(inputs: &Inputs) -> Result<NewStatement> {
    NewStatement::of(inputs).map_err(|e| unfit(&e))
}

/// That a build needs nothing beyond the bundle: no time is in it.
fn completeness(complete: &Complete) -> Completeness {
    let sorted =
        |texts: &mut dyn Iterator<Item = String>| texts.collect::<BTreeSet<_>>().into_iter().collect();
    let Complete { target, contents } = complete;
    Completeness {
        build_tags: sorted(&mut target.tags.iter().cloned()),
        modules: contents.modules() as u64,
        packages: contents.packages() as u64,
        packages_sha256: contents.sha256(),
        platforms: sorted(&mut target.platforms.iter().map(ToString::to_string)),
    }
}

fn unfit(error: &PredicateError) -> Failure {
    Failure::failed(error.to_string())
}

/// The report of the plugins, member for member.
fn verdict(report: &Report) -> Result<PolicyVerdict> {
    let failed = |e: serde_json::Error| Failure::failed(format!("the verdict cannot be stated: {e}"));
    serde_json::from_value(serde_json::to_value(report).map_err(failed)?).map_err(failed)
}

/// Where the modules came from, and what their authors say of them;
/// `whole_proxies` as in [`Stated`].
pub fn provenance(context: &Context, collected: &Collected, whole_proxies: bool) -> Provenance {
    let env = &context.env;
    let proxies = env.get(settings::GOPROXY);
    let whole = proxies.as_ref().filter(|_| whole_proxies);
    let settings = PackSettings {
        gonosumdb: recorded(env.gonosumdb()),
        goproxy: match whole {
            Some(proxies) => proxies.recorded_with_paths(),
            None => proxies.as_ref().and_then(Setting::recorded),
        },
        gosumdb: recorded(env.get(settings::GOSUMDB)),
    };
    let mut version = BTreeMap::from([("airgo".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]);
    version.extend(env.go_version().map(|go| ("go".to_owned(), go)));
    let run = RunDetails {
        builder: Builder { id: builder(context), version },
        metadata: RunMetadata {
            finished_on: Some(seconds(Timestamp::now())),
            invocation_id: invocation(context),
            started_on: Some(seconds(collected.began)),
        },
    };
    let fetched = |module: &ModuleVersion| {
        let get = |kind| collected.objects.get(&Object::new(module.clone(), kind));
        let location = get(Kind::Zip).or_else(|| get(Kind::Mod)).map(|f| source(&f.source, whole));
        let origin = get(Kind::Info).and_then(|f| Some((f.origin.as_ref()?, &f.source)));
        let origin = origin.map(|(o, source)| Origin {
            hash: o.hash.clone(),
            reference: o.reference.clone(),
            subdir: o.subdir.clone(),
            url: repository(&o.url, source),
            vcs: o.vcs.clone(),
        });
        let advice = collected.advice.get(module);
        let notes = DependencyNotes {
            origin,
            deprecated: advice.and_then(|a| a.deprecated.clone()),
            retracted: advice.and_then(|a| a.retracted.as_ref()).map(|reasons| reasons.join("; ")),
            ..DependencyNotes::default()
        };
        (location, notes)
    };
    Provenance::of(&collected.manifest, settings, run, &fetched)
}

/// SLSA asks for whole seconds at least; more is of no interest.
fn seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

fn recorded(setting: Option<Setting>) -> Option<String> {
    setting.and_then(|setting| setting.recorded())
}

/// Who gave a module: a proxy, a repository, or a directory of this machine. A
/// proxy is identified by its address as it is shown; one of two that are shown alike
/// may be the other.
fn source(source: &str, whole: Option<&Setting>) -> String {
    if !source.contains("://") {
        return source.to_owned();
    }
    let list = whole.map(Setting::reveal).unwrap_or_default();
    let entries = list.split([',', '|']).map(str::trim).filter(|entry| !entry.is_empty());
    let mut same = entries.filter(|entry| address::shown(entry) == source);
    match (same.next(), same.next()) {
        (Some(one), None) => address::with_path(one),
        _ => address::recorded(source),
    }
}

/// Where a version came from. A path that is not shown is not recorded either.
fn repository(url: &str, source: &str) -> String {
    match source.contains(HIDDEN) && source.starts_with("git ") {
        true => address::recorded(url),
        false => address::without_login(url),
    }
}

/// Who ran airgo: a CI system by its own words, else a person.
fn builder(context: &Context) -> String {
    let var = |known: Known| recorded(context.env.var(known));
    match (var(settings::GITHUB_SERVER_URL), var(settings::GITHUB_WORKFLOW_REF), var(settings::CI_SERVER_URL))
    {
        (Some(server), Some(workflow), _) => format!("{server}/{workflow}"),
        (_, _, Some(gitlab)) => format!("{gitlab}/-/runners"),
        _ => "https://airgo.dev/builder/local".to_owned(),
    }
}

/// The CI job, where there is one.
fn invocation(context: &Context) -> Option<String> {
    let var = |known: Known| recorded(context.env.var(known));
    let server = var(settings::GITHUB_SERVER_URL);
    match (server, var(settings::GITHUB_REPOSITORY), var(settings::GITHUB_RUN_ID)) {
        (Some(server), Some(repository), Some(run)) => {
            Some(format!("{server}/{repository}/actions/runs/{run}"))
        }
        _ => var(settings::CI_JOB_URL),
    }
}
