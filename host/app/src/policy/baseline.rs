//! The bundle that was approved before, as `--baseline` names it: plugins see
//! its modules, and what they say of it too is no news.
//!
//! It makes the text shorter and nothing else weaker: what `pack` and `unpack`
//! refuse, state and print as JSON is judged by all findings, for nobody has
//! approved a finding by letting a bundle in. That takes an exception, with
//! its reason. `policy check` is there to tell what is new, and counts that.

use crate::Context;
use crate::failure::Result;
use crate::findings;
use crate::paths::shown;
use crate::policy;
use crate::policy::view::View;
use crate::quantity::count;
use crate::requests::TrustFiles;
use crate::trust::open;
use airgo_bundle::SignedBundle;
use airgo_policy::{BundleView, Policy, Report};
use std::path::Path;
use std::sync::Arc;

/// A bundle that somebody trusted has signed.
pub struct Baseline {
    name: String,
    bundle: Arc<SignedBundle>,
}

impl Baseline {
    /// Opens what `--baseline` names, if it names anything.
    pub fn open(context: &Context, file: Option<&Path>, trust: &TrustFiles) -> Result<Option<Self>> {
        let open = |file| {
            let bundle = Arc::new(open::open_signed(context, file, trust)?);
            Ok(Self { name: shown(file), bundle })
        };
        file.map(open).transpose()
    }
}

/// All that the plugins say, and what of it is new.
pub struct Evaluated {
    /// The verdict.
    pub report: Report,
    /// The same, less what the baseline has too, counted anew; none without a
    /// baseline.
    news: Option<Report>,
}

impl Evaluated {
    /// What is new; without a baseline all of it.
    pub fn into_news(self) -> Report {
        self.news.unwrap_or(self.report)
    }
}

/// Runs the plugins over a bundle, and over its baseline.
pub fn run(context: &Context, policy: &Policy, view: View, baseline: Option<&Baseline>) -> Result<Evaluated> {
    if view.parts() > 0 {
        context.hint(format!(
            "of {} the bundle has only the files that a build reads: plugins see no others",
            count(view.parts(), "module")
        ));
    }
    let view: Arc<dyn BundleView> = Arc::new(view);
    let Some(baseline) = baseline else {
        return Ok(Evaluated { report: policy::run(context, policy, &view)?, news: None });
    };
    let before = View::of_bundle(&baseline.bundle)?;
    if before.parts() > 0 {
        context.hint(format!(
            "of {} the approved bundle has only the files that a build reads: what is not in them is not \
             compared",
            count(before.parts(), "module")
        ));
    }
    let before: Arc<dyn BundleView> = Arc::new(before);
    let report = policy::report(context, policy.evaluate_beside(&view, &before))?;
    let before = policy::run(context, policy, &before)?;
    let mut news = report.clone();
    findings::only_new(&mut news, &before);
    Ok(Evaluated { report, news: Some(news) })
}

/// The same, with the warnings that are new printed; a refusal is an error,
/// whether or not it is new. `again` is the command that judges the same once
/// more and lists everything.
pub fn evaluate(
    context: &Context,
    loaded: &policy::Loaded,
    view: View,
    baseline: Option<&Baseline>,
    again: &str,
) -> Result<Report> {
    let evaluated = run(context, &loaded.policy, view, baseline)?;
    let again = match baseline {
        None => again.to_owned(),
        Some(baseline) => format!("{again} --baseline {}", baseline.name),
    };
    policy::report_warnings(context, loaded, evaluated.news.as_ref().unwrap_or(&evaluated.report), &again);
    if let (Some(news), Some(baseline)) = (&evaluated.news, baseline) {
        let (new, all) = (news.findings.len(), count(evaluated.report.findings.len(), "finding"));
        context.status("Compared", format!("with {}: {new} of {all} new", baseline.name));
    }
    policy::enforce(&evaluated.report)?;
    Ok(evaluated.report)
}
