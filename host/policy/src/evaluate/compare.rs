//! What plugins compare of a bundle and of the one approved before, beside the
//! modules: the findings of other plugins over both. A plugin names them in its
//! config schema ([`crate::Description::compares`]); they reach it as attributes of
//! the modules. All is found anew from the files of both bundles, so that no
//! statement about them has to be believed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{Evaluation, Policy, plugin_error};
use crate::builtin::Builtin;
use crate::error::clip;
use crate::plugin::CheckRequest;
use crate::{
    BundleInfo, BundleView, Compared, FileEntry, Finding, Gathering, Limits, ModuleInfo, Plugin, PluginError,
    PolicyError, ReadError,
};

/// What the name of the attribute begins with; the plugin's follows.
const ATTRIBUTE: &str = "findings.";
/// The time that a plugin has whose findings are compared: nothing is refused
/// because of them, and a config may ask for more than the policy file's does.
const TIME: Duration = Duration::from_secs(120);

/// A bundle as its plugins see it beside the one approved before.
pub(super) struct Views {
    shared: Arc<dyn BundleView>,
    /// By the name of the plugin that compares findings.
    own: BTreeMap<String, Arc<dyn BundleView>>,
    /// What it took to know the facts that were needed.
    pub gathered: Vec<(String, Gathering)>,
}

impl Views {
    /// Of a bundle alone.
    pub fn alone(bundle: &Arc<dyn BundleView>) -> Self {
        Self { shared: Arc::clone(bundle), own: BTreeMap::new(), gathered: Vec::new() }
    }

    pub fn of(&self, plugin: &str) -> &Arc<dyn BundleView> {
        self.own.get(plugin).unwrap_or(&self.shared)
    }
}

impl Policy {
    /// Runs all plugins over a bundle, where the plugins see the modules of the bundle that was approved
    /// before, and what other plugins find in both where they compare that.
    ///
    /// # Errors
    /// As [`Policy::evaluate`]; and where a plugin fails whose findings are compared.
    pub fn evaluate_beside(
        &self,
        view: &Arc<dyn BundleView>,
        baseline: &Arc<dyn BundleView>,
    ) -> Result<Evaluation, PolicyError> {
        self.evaluate_views(view, self.beside(view, baseline)?)
    }

    /// Runs the plugins whose findings others compare, over both bundles.
    pub(super) fn beside(
        &self,
        bundle: &Arc<dyn BundleView>,
        baseline: &Arc<dyn BundleView>,
    ) -> Result<Views, PolicyError> {
        let mut views = Views::alone(&(Arc::new(Beside::new(bundle, baseline)) as _));
        for (entry, loaded) in self.file.plugins.iter().zip(&self.plugins) {
            let compares = &loaded.plugin.describe().compares;
            if compares.is_empty() {
                continue;
            }
            let name = |compared: &Compared| format!("{} for {}", compared.plugin, entry.name);
            let failed = |compared: &Compared| {
                let plugin = name(compared);
                |source| PolicyError::Plugin { plugin, source }
            };
            let load = |compared| Ok((compared, self.compared(compared).map_err(failed(compared))?));
            let plugins = compares.iter().map(load).collect::<Result<Vec<_>, PolicyError>>()?;
            let mut own = Beside::new(bundle, baseline);
            for (view, modules) in [(bundle, &mut own.modules), (baseline, &mut own.baseline)] {
                for (compared, plugin) in &plugins {
                    let request = CheckRequest {
                        view: Arc::clone(view),
                        data: Arc::clone(&self.data),
                        judged_at: self.judged_at,
                        config: compared.config.to_string(),
                    };
                    let measured = plugin.measure(Arc::new(request)).map_err(failed(compared))?;
                    add(modules, &compared.plugin, &measured.checked.findings);
                    views.gathered.extend(measured.gathering.map(|took| (name(compared), took)));
                }
            }
            views.own.insert(entry.name.clone(), Arc::new(own));
        }
        Ok(views)
    }

    /// The plugin of the policy file with this name, or the built-in one.
    fn compared(&self, compared: &Compared) -> Result<Plugin, PluginError> {
        let plugin = match self.named(&compared.plugin) {
            Some(plugin) => plugin.clone(),
            None => match Builtin::find(&compared.plugin) {
                Some(builtin) => self.engine.load(builtin.component(), &Limits::default())?,
                None => return Err(PluginError::NotThere),
            },
        };
        plugin.check_config(&compared.config)?;
        Ok(plugin.with_time(TIME))
    }

    fn named(&self, plugin: &str) -> Option<&Plugin> {
        self.plugins().find(|(name, _)| *name == plugin).map(|(_, plugin)| plugin)
    }

    /// That a plugin compares findings of one that is not there, or that would not
    /// accept the config, is an error before anything is downloaded. A built-in one
    /// that nothing else needs is not loaded for that.
    pub(super) fn check_compared(&self) -> Result<(), PolicyError> {
        for (entry, loaded) in self.file.plugins.iter().zip(&self.plugins) {
            for Compared { plugin, config } in &loaded.plugin.describe().compares {
                let checked = match self.named(plugin) {
                    Some(plugin) => plugin.check_config(config),
                    None => Builtin::find(plugin).map(|_| ()).ok_or(PluginError::NotThere),
                };
                checked.map_err(|err| {
                    let message = format!("it compares findings of plugin {plugin:?}, which {err}");
                    plugin_error(&self.file, entry, PluginError::ContractViolation(clip(message)))
                })?;
            }
        }
        Ok(())
    }
}

/// Adds a plugin's findings to the modules whose files it could read.
fn add(modules: &mut [ModuleInfo], plugin: &str, findings: &[Finding]) {
    let mut of_module: BTreeMap<usize, Vec<serde_json::Value>> = BTreeMap::new();
    for finding in findings {
        let Some(module) = finding.module else { continue };
        let attributes: BTreeMap<&str, &str> =
            finding.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let found = json!({ "rule": finding.rule, "verdict": finding.verdict, "attributes": attributes });
        of_module.entry(module).or_default().push(found);
    }
    for (position, module) in modules.iter_mut().enumerate().filter(|(_, module)| !module.sum.is_empty()) {
        let found = of_module.remove(&position).unwrap_or_default();
        module.attributes.push((format!("{ATTRIBUTE}{plugin}"), json!(found).to_string()));
    }
}

/// A bundle with the modules of the one approved before.
struct Beside {
    bundle: Arc<dyn BundleView>,
    modules: Vec<ModuleInfo>,
    baseline: Vec<ModuleInfo>,
}

impl Beside {
    fn new(bundle: &Arc<dyn BundleView>, baseline: &Arc<dyn BundleView>) -> Self {
        let [modules, baseline] = [bundle, baseline].map(|view| view.modules().to_vec());
        Self { bundle: Arc::clone(bundle), modules, baseline }
    }
}

impl BundleView for Beside {
    fn info(&self) -> BundleInfo {
        self.bundle.info()
    }

    fn modules(&self) -> &[ModuleInfo] {
        &self.modules
    }

    fn baseline(&self) -> Option<&[ModuleInfo]> {
        Some(&self.baseline)
    }

    fn go_mod(&self, module: usize) -> Result<Vec<u8>, ReadError> {
        self.bundle.go_mod(module)
    }

    fn list_files(&self, module: usize) -> Result<Vec<FileEntry>, ReadError> {
        self.bundle.list_files(module)
    }

    fn read(&self, module: usize, path: &str, offset: u64, len: u32) -> Result<Vec<u8>, ReadError> {
        self.bundle.read(module, path, offset, len)
    }
}
