//! Policy check: the plugins of a policy over a bundle, or over a project as it
//! would be packed.

use crate::Context;
use crate::Failure;
#[cfg(feature = "network")]
use crate::collect;
use crate::errors::disk;
use crate::failure::Result;
use crate::paths::{argument, shown};
use crate::policy::baseline::{self, Baseline};
use crate::policy::view::View;
use crate::policy::{self, Loaded};
use crate::project;
#[cfg(feature = "network")]
use crate::project::several;
use crate::quantity::count;
#[cfg(feature = "network")]
use crate::requests::Network;
use crate::requests::{Collect, TrustFiles};
use crate::trust::open;
use airgo_bundle::Manifest;
use airgo_model::atomic::{self, Access};
use airgo_policy::{Report, TriedPlugin};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to evaluate, and by which policy.
#[derive(Clone, Debug, Default)]
pub struct CheckRequest {
    /// One bundle, or directories of projects.
    pub targets: Vec<PathBuf>,
    /// The policy file; default: `airgo.toml` in the working directory, or in the
    /// project.
    pub policy: Option<PathBuf>,
    /// Plugins to try in place of those of the policy file.
    pub tried: Vec<TriedPlugin>,
    /// The time that the policy is evaluated for; default: now.
    pub at: Option<Timestamp>,
    /// The bundle whose findings are known, and left out of the report.
    pub baseline: Option<PathBuf>,
    /// Whom to trust, and what a delta builds on.
    pub trust: TrustFiles,
    /// What a project's bundle would hold.
    pub collect: Collect,
    /// How to reach the network.
    #[cfg(feature = "network")]
    pub network: Network,
}

/// What the policy found; a refusal too.
pub struct Checked {
    /// The findings; with a baseline the new ones.
    pub report: Report,
    /// The policy.
    pub loaded: Loaded,
    /// The manifest of the bundle, or the one that would be written.
    pub manifest: Arc<Manifest>,
    /// The files of its modules.
    pub files: View,
    /// Where the directories of the main modules are found.
    pub root: PathBuf,
}

/// Evaluates the caller's own policy.
///
/// # Errors
/// The policy does not load, a plugin fails, or what is to be checked cannot be
/// had. That the policy refuses is in the report: see [`policy::enforce`].
pub fn check(context: &Context, request: &CheckRequest) -> Result<Checked> {
    let Subject { loaded, manifest, view, files, root } = subject(context, request)?;
    let old = Baseline::open(context, request.baseline.as_deref(), &request.trust)?;
    let report = baseline::run(context, &loaded.policy, view, old.as_ref())?.into_news();
    Ok(Checked { report, loaded, manifest, files, root })
}

/// What is checked, and by which policy.
struct Subject {
    loaded: Loaded,
    manifest: Arc<Manifest>,
    view: View,
    /// The same, to find where a finding comes from.
    files: View,
    root: PathBuf,
}

fn subject(context: &Context, request: &CheckRequest) -> Result<Subject> {
    let policy = |dir: &Path| {
        let source = policy::source(context, request.policy.as_deref(), dir)?;
        let source = match request.tried.as_slice() {
            [] => source,
            plugins => source.trying(plugins.to_vec()),
        };
        source.load(context, request.at, &request.trust)
    };
    match request.targets.as_slice() {
        [file] if file.is_file() => {
            let loaded = policy(Path::new("."))?;
            let bundle = Arc::new(open::open_signed(context, file, &request.trust)?);
            let (manifest, view) = (bundle.shared_manifest(), View::of_bundle(&bundle)?);
            let files = View::of_bundle(&bundle)?;
            Ok(Subject { loaded, manifest, view, files, root: PathBuf::from(".") })
        }
        #[cfg(feature = "network")]
        dirs => {
            let projects = several::load(dirs, &context.env, request.collect.scope)?;
            let loaded = policy(&projects.root)?;
            let collected = collect::collect(context, &request.collect, &request.network, &projects, None)?;
            let [view, files] = [(); 2].map(|()| collect::view(context, &collected, false));
            Ok(Subject { loaded, manifest: Arc::new(collected.manifest), view, files, root: projects.root })
        }
        #[cfg(not(feature = "network"))]
        targets => Err(no_project(targets)),
    }
}

/// What is built without the network checks bundles alone.
#[cfg(not(feature = "network"))]
fn no_project(targets: &[PathBuf]) -> Failure {
    let names: Vec<String> = targets.iter().map(|target| shown(target)).collect();
    Failure::failed(format!("{} is not a bundle", names.join(", ")))
        .line("this airgo fetches nothing, so it checks bundles and not projects")
        .hint("name a bundle: airgo policy check FILE; the full airgo checks projects too")
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
    let file: PathBuf = dir.join(policy::FILE);
    let name = shown(&file);
    let modules = required(context, dir);
    let text = airgo_policy::airgo_toml::template_for(modules.iter().map(String::as_str));
    atomic::create_new(&file, text.as_bytes(), Access::Public).map_err(|e| {
        if e.kind() == std::io::ErrorKind::AlreadyExists {
            Failure::failed(format!("{name} is there already"))
                .outcome(format!("{name} is unchanged"))
                .hint(format!("remove it first, or read it: airgo policy check --policy {}", argument(&file)))
        } else {
            disk::unwritable(&name, &e, "name another directory: airgo policy init DIR")
        }
    })?;
    let listed = match modules.len() {
        0 => String::new(),
        n => format!(", which allows {} that go.mod requires", count(n, "module")),
    };
    context.status("Wrote", format!("{name}{listed}; try it: airgo policy check"));
    Ok(())
}
