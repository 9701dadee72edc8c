//! `airgo policy`: runs the plugins over a bundle or a project and prints
//! their findings; writes an airgo.toml to start from.

use crate::Context;
use crate::args::{FindingsFormat, PolicyCheck};
use crate::commands::plugin;
use crate::document::{Each, Sorted};
use crate::findings::{Findings, Places, Sarif};
use crate::times;
use airgo_app::baseline::{self, Baseline};
use airgo_app::bundle_io;
use airgo_app::defaults;
use airgo_app::disk;
use airgo_app::gather;
use airgo_app::judge::{self, Loaded};
use airgo_app::project::{self, shown};
use airgo_app::projects;
use airgo_app::quantity::count;
use airgo_app::view::View;
use airgo_app::{Failure, FailureKind, Result};
use airgo_bundle::Manifest;
use airgo_model::atomic::{self, Access};
use airgo_policy::{Counts, DataRecord, ExceptionRecord, PluginRecord, Report, TriedPlugin, Verdict};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Judges by the caller's own policy: a signed bundle, or projects as they
/// would be packed.
pub fn check(context: &Context, args: &PolicyCheck) -> Result<()> {
    let subject = args.targets.iter().map(|t| shown(t)).collect::<Vec<_>>().join(", ");
    let Subject { loaded, manifest, view, files, root } = subject_of(context, args)?;
    let old = Baseline::open(context, args.baseline.as_deref(), &args.trust.request())?;
    let report = baseline::run(context, &loaded.policy, view, old.as_ref())?.into_news();
    if context.printer.is_json() || args.format == FindingsFormat::Json {
        // The same document whether the policy passes or refuses.
        context.printer.document(&document(&report))?;
    } else {
        let findings = Findings::new(&report, &manifest, &files, &subject);
        let findings = findings.at(Places::of(&manifest, &root)).by(&loaded.policy);
        match args.format {
            FindingsFormat::Sarif => context.printer.document(&Sarif(&findings))?,
            // Its lines are commands.
            FindingsFormat::Github => context.printer.data(findings.github().as_bytes())?,
            FindingsFormat::Junit => context.printer.text(&findings.junit()?)?,
            FindingsFormat::Human | FindingsFormat::Json => context.printer.text(&findings.human())?,
        }
    }
    if let Some(missing) = &loaded.missing {
        context.printer.warning(defaults::notice(missing));
        context.printer.hint(defaults::WRITE_ONE);
    }
    judge::enforce(&report)?;
    context.printer.status("Judged", judge::summary(&report));
    Ok(())
}

/// The report under its schema.
fn document(report: &Report) -> impl Serialize + '_ {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Document<'a, F> {
        counts: Sorted<Counts>,
        data: Sorted<&'a [DataRecord]>,
        exceptions: Sorted<&'a [ExceptionRecord]>,
        findings: F,
        judged_at: &'a str,
        plugins: Sorted<&'a [PluginRecord]>,
        schema: &'static str,
        verdict: Verdict,
    }
    let Report { judged_at, verdict, counts, plugins, data, findings, exceptions } = report;
    Document {
        counts: Sorted(*counts),
        data: Sorted(data),
        exceptions: Sorted(exceptions),
        findings: Each(findings.iter().map(Sorted)),
        judged_at,
        plugins: Sorted(plugins),
        schema: "airgo.dev/policy/v1",
        verdict: *verdict,
    }
}

/// What is checked, and by which policy.
struct Subject {
    loaded: Loaded,
    manifest: Manifest,
    view: View,
    /// The same, for whoever asks where a finding comes from.
    files: View,
    /// Where the main modules' directories are found.
    root: PathBuf,
}

fn subject_of(context: &Context, args: &PolicyCheck) -> Result<Subject> {
    let policy = |dir: &Path| {
        let source = judge::source(context, args.policy.as_deref(), dir)?;
        let source = match tried(context, args)? {
            plugins if plugins.is_empty() => source,
            plugins => source.trying(plugins),
        };
        source.load(context, times::at(args.at.as_deref())?)
    };
    match args.targets.as_slice() {
        [file] if file.is_file() => {
            let loaded = policy(Path::new("."))?;
            let bundle = Arc::new(bundle_io::open_signed(context, file, &args.trust.request())?);
            let (manifest, view) = (bundle.manifest().clone(), View::of_bundle(&bundle));
            let files = View::of_bundle(&bundle);
            Ok(Subject { loaded, manifest, view, files, root: PathBuf::from(".") })
        }
        dirs => {
            let projects = projects::load(dirs, &context.env, args.gather.scope.into())?;
            let loaded = policy(&projects.root)?;
            let gathered =
                gather::gather(context, &args.gather.request(), &args.network.request(), &projects)?;
            let [view, files] = [(); 2].map(|()| gather::view(context, &gathered, false));
            Ok(Subject { loaded, manifest: gathered.manifest, view, files, root: projects.root })
        }
    }
}

/// The plugins of `--plugin`; a config is one plugin's.
fn tried(context: &Context, args: &PolicyCheck) -> Result<Vec<TriedPlugin>> {
    if args.config.is_some() && args.plugin.len() > 1 {
        return Err(Failure::new(FailureKind::Usage, "--config is of one plugin, and several are named")
            .hint("try them one by one, or write their configs into airgo.toml"));
    }
    args.plugin.iter().map(|name| plugin::tried(context, name, args.config.as_deref())).collect()
}

/// The modules that a project's go.mod files require: since Go 1.17 all whose
/// packages it builds with. Without a project, or one that can be read, none.
fn required(context: &Context, dir: &Path) -> BTreeSet<String> {
    let Ok(loaded) = project::load(dir, &context.env) else { return BTreeSet::new() };
    let mains = &loaded.project.mains;
    let own: BTreeSet<&str> =
        mains.iter().filter_map(|m| m.modfile.module.as_ref()).map(|m| m.path.as_str()).collect();
    let requires = mains.iter().flat_map(|m| &m.modfile.require).map(|r| r.module.path.clone());
    requires.filter(|path| !own.contains(path.as_str())).collect()
}

/// Writes the commented policy file, with the modules of today on its allow list;
/// one that is there stays.
pub fn init(context: &Context, dir: &Path) -> Result<()> {
    let file: PathBuf = dir.join(judge::FILE);
    let name = shown(&file);
    let modules = required(context, dir);
    let text = airgo_policy::airgo_toml::template_for(modules.iter().map(String::as_str));
    atomic::create_new(&file, text.as_bytes(), Access::Public).map_err(|e| {
        if e.kind() == std::io::ErrorKind::AlreadyExists {
            Failure::failed(format!("{name} is there already"))
                .outcome(format!("{name} is unchanged"))
                .hint(format!("remove it first, or read it: airgo policy check --policy {name}"))
        } else {
            disk::unwritable(&name, &e, "name another directory: airgo policy init DIR")
        }
    })?;
    let listed = match modules.len() {
        0 => String::new(),
        n => format!(", which allows {} that go.mod requires", count(n, "module")),
    };
    context.printer.status("Wrote", format!("{name}{listed}; try it: airgo policy check"));
    Ok(())
}
