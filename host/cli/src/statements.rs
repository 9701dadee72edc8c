//! What a packing states beside the manifest: where the modules came from, what
//! policy made of them, what the checksum database answered.

use crate::Context;
use crate::disguise;
use crate::failure::{Failure, Result};
use crate::gather::Gathered;
use airgo_bundle::predicate::{
    Builder, DependencyNotes, Lookup, Origin, PackSettings, PolicyVerdict, PredicateError, Provenance,
    RunDetails, RunMetadata, SumdbEvidence,
};
use airgo_bundle::{BundleWriter, NewStatement};
use airgo_fetch::{Kind, Object};
use airgo_gomod::ModuleVersion;
use airgo_policy::Report;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Which statements differ from run to run and are wanted all the same.
#[derive(Clone, Copy, Debug)]
pub struct Stated {
    /// Where and when each module was fetched.
    pub provenance: bool,
    /// What the policy found, which holds the time that it was evaluated for.
    pub verdict: bool,
}

/// All statements of one packing.
pub fn of(
    context: &Context,
    gathered: &Gathered,
    report: &Report,
    writer: &BundleWriter,
    stated: Stated,
) -> Result<Vec<NewStatement>> {
    let mut statements = Vec::new();
    if stated.verdict {
        statements.push(NewStatement::of(&verdict(report)?).map_err(|e| unfit(&e))?);
    }
    if let Some(proved) = &gathered.proved {
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
    if stated.provenance {
        statements.push(NewStatement::of(&provenance(context, gathered)).map_err(|e| unfit(&e))?);
    }
    Ok(statements)
}

fn unfit(error: &PredicateError) -> Failure {
    Failure::failed(error.to_string())
}

/// The report of the plugins, member for member.
fn verdict(report: &Report) -> Result<PolicyVerdict> {
    let failed = |e: serde_json::Error| Failure::failed(format!("the verdict cannot be stated: {e}"));
    serde_json::from_value(serde_json::to_value(report).map_err(failed)?).map_err(failed)
}

/// Where the modules came from, and what their authors say of them.
pub fn provenance(context: &Context, gathered: &Gathered) -> Provenance {
    let env = &context.env;
    let settings = PackSettings {
        gonosumdb: env.get("GONOSUMDB").or_else(|| env.get("GOPRIVATE")).map(disguise::globs),
        goproxy: env.get("GOPROXY").map(disguise::addresses),
        gosumdb: env.get("GOSUMDB").and_then(disguise::gosumdb),
    };
    let mut version = BTreeMap::from([("airgo".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]);
    version.extend(env.go_version().map(|go| ("go".to_owned(), go)));
    let run = RunDetails {
        builder: Builder { id: builder(context), version },
        metadata: RunMetadata {
            finished_on: Some(seconds(Timestamp::now())),
            invocation_id: invocation(context),
            started_on: Some(seconds(gathered.began)),
        },
    };
    let fetched = |module: &ModuleVersion| {
        let get = |kind| gathered.objects.get(&Object::new(module.clone(), kind));
        let location = get(Kind::Zip).or_else(|| get(Kind::Mod)).map(|f| disguise::addresses(&f.source));
        let origin = get(Kind::Info).and_then(|f| f.origin.as_ref()).map(|o| Origin {
            hash: o.hash.clone(),
            reference: o.reference.clone(),
            subdir: o.subdir.clone(),
            url: without_login(&o.url),
            vcs: o.vcs.clone(),
        });
        let advice = gathered.advice.get(module);
        let notes = DependencyNotes {
            origin,
            deprecated: advice.and_then(|a| a.deprecated.clone()),
            retracted: advice.and_then(|a| a.retracted.as_ref()).map(|reasons| reasons.join("; ")),
            ..DependencyNotes::default()
        };
        (location, notes)
    };
    Provenance::of(&gathered.manifest, settings, run, &fetched)
}

/// SLSA asks for whole seconds at least; more tells nobody anything.
fn seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

/// Who ran airgo: a CI system by its own words, else a person.
fn builder(context: &Context) -> String {
    let env = &context.env;
    match (env.var("GITHUB_SERVER_URL"), env.var("GITHUB_WORKFLOW_REF"), env.var("CI_SERVER_URL")) {
        (Some(server), Some(workflow), _) => format!("{}/{workflow}", without_login(server)),
        (_, _, Some(gitlab)) => format!("{}/-/runners", without_login(gitlab)),
        _ => "https://airgo.dev/builder/local".to_owned(),
    }
}

/// The CI job, where there is one.
fn invocation(context: &Context) -> Option<String> {
    let env = &context.env;
    if let (Some(server), Some(repository), Some(run)) =
        (env.var("GITHUB_SERVER_URL"), env.var("GITHUB_REPOSITORY"), env.var("GITHUB_RUN_ID"))
    {
        return Some(format!("{}/{repository}/actions/runs/{run}", without_login(server)));
    }
    env.var("CI_JOB_URL").map(without_login)
}

/// An address that is no setting of a proxy: its path says what was meant.
fn without_login(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    format!("{scheme}://{}{path}", host.rsplit_once('@').map_or(host, |(_, host)| host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_credentials() {
        assert_eq!(without_login("https://u:p@ss@a.example/x/y?t=T"), "https://a.example/x/y");
        assert_eq!(without_login("https://a.example"), "https://a.example");
    }
}
