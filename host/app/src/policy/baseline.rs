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
use crate::policy::code_attributes;
use crate::policy::view::View;
use crate::quantity::count;
use crate::requests::TrustFiles;
use crate::trust::open;
use airgo_bundle::SignedBundle;
use airgo_policy::{Policy, Report};
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

    /// The same view, whose plugins see the baseline. Only drift compares
    /// licences and native code: it costs a look at every file.
    fn under(&self, context: &Context, policy: &Policy, new: View) -> Result<View> {
        let old = View::of_bundle(&self.bundle);
        if policy.plugins().all(|(_, plugin)| plugin.describe().name != "drift") {
            return Ok(new.with_baseline(old));
        }
        let [new, old] = [new, old].map(|view| code_attributes::add(context, view));
        Ok(new?.with_baseline(old?))
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
    let Some(baseline) = baseline else {
        return Ok(Evaluated { report: policy::run(context, policy, Arc::new(view))?, news: None });
    };
    let view = baseline.under(context, policy, view)?;
    let report = policy::run(context, policy, Arc::new(view))?;
    let before = policy::run(context, policy, Arc::new(View::of_bundle(&baseline.bundle)))?;
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
