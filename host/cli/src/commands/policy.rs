//! `airgo policy`: runs the plugins over a bundle or a project and prints
//! their findings; writes an airgo.toml to start from.

use crate::Context;
use crate::args::{FindingsFormat, PolicyCheck};
#[cfg(feature = "full")]
use crate::commands::plugin;
use crate::findings::{Findings, Places, Sarif};
use airgo_app::check::{self, CheckRequest, Checked};
use airgo_app::documents;
use airgo_app::paths::shown;
use airgo_app::policy;
use airgo_app::policy::defaults;
use airgo_app::{Failure, FailureKind, Result};
use airgo_policy::TriedPlugin;

/// Evaluates the caller's own policy: over a signed bundle, or projects as they
/// would be packed.
pub fn check(context: &Context, args: &PolicyCheck) -> Result<()> {
    let subject = args.targets.iter().map(|t| shown(t)).collect::<Vec<_>>().join(", ");
    let Checked { report, loaded, manifest, files, root } = check::check(context, &request(context, args)?)?;
    if context.printer.is_json() || args.format == FindingsFormat::Json {
        // The same document whether the policy passes or refuses.
        context.printer.document(&documents::Policy::from(&report))?;
    } else {
        let findings = Findings::new(&report, &manifest, &files, subject);
        let findings = findings.at(Places::of(&manifest, &root)).by(&loaded.policy);
        match args.format {
            FindingsFormat::Sarif => context.printer.document(&Sarif(&findings))?,
            FindingsFormat::Github => context.printer.commands(&findings.github())?,
            FindingsFormat::Junit => context.printer.page(&findings.junit()?)?,
            FindingsFormat::Human | FindingsFormat::Json => context.printer.page(&findings.human())?,
        }
    }
    if let Some(missing) = &loaded.missing {
        context.printer.warning(defaults::notice(missing));
        context.printer.hint(defaults::WRITE_ONE);
    }
    policy::enforce(&report)?;
    context.printer.status("Evaluated", policy::summary(&report));
    Ok(())
}

fn request(context: &Context, args: &PolicyCheck) -> Result<CheckRequest> {
    #[allow(clippy::needless_update, reason = "fields of the full airgo")]
    Ok(CheckRequest {
        targets: args.targets.clone(),
        policy: args.policy.clone(),
        #[cfg(feature = "full")]
        tried: tried(context, args)?,
        at: args.at.request()?,
        baseline: args.baseline.clone(),
        trust: args.trust.request(),
        #[cfg(feature = "full")]
        collect: args.collect.request(),
        #[cfg(feature = "full")]
        network: args.network.request(),
        ..CheckRequest::default()
    })
}

/// The plugins of `--plugin`; a config is one plugin's.
#[cfg(feature = "full")]
fn tried(context: &Context, args: &PolicyCheck) -> Result<Vec<TriedPlugin>> {
    if args.config.is_some() && args.plugin.len() > 1 {
        return Err(Failure::new(FailureKind::Usage, "--config is of one plugin, and several are named")
            .hint("try them one by one, or write their configs into airgo.toml"));
    }
    args.plugin.iter().map(|name| plugin::tried(context, name, args.config.as_deref())).collect()
}
