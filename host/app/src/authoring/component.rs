//! A plugin as it is named everywhere: a component, a directory that builds to
//! one, or `builtin:NAME`.

use super::machine::CompilerMessages;
use super::{build, fixture_failure};
use crate::Context;
use crate::errors::frame;
use crate::failure::{Failure, Result};
use crate::paths::shown;
use airgo_author::{PROJECT_FILE, Project, ProjectError, fixture};
use airgo_policy::{Builtin, Engine, Limits, Plugin, PluginError, PolicyFileError, TriedPlugin, airgo_toml};
use std::borrow::Cow;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// What starts the name of a plugin that is part of airgo.
const BUILTIN: &str = "builtin:";

/// A plugin, and how to open it.
#[derive(Clone, Debug, Default)]
pub struct NamedPlugin {
    /// A component, a plugin's directory, which is built first, or `builtin:NAME`.
    pub name: String,
    /// A TOML file whose `[limits]` say what it may use; default: the project file
    /// beside it.
    pub limits: Option<PathBuf>,
    /// What becomes of what a compiler says.
    pub messages: CompilerMessages,
}

impl NamedPlugin {
    /// The name of one that is part of airgo.
    pub(super) fn builtin(&self) -> Option<&str> {
        self.name.strip_prefix(BUILTIN)
    }

    /// Where it is, if it is not part of airgo.
    pub(super) fn path(&self) -> &Path {
        Path::new(&self.name)
    }
}

/// A plugin that a policy check is to try; `config` is a TOML file.
///
/// # Errors
/// The plugin cannot be opened or is too large, the config does not read.
pub fn tried(context: &Context, plugin: &NamedPlugin, config: Option<&Path>) -> Result<TriedPlugin> {
    let component = Component::open(context, plugin)?;
    component.demand_whole()?;
    let config = config.map(|file| fixture::config(file).map_err(|e| fixture_failure(&e))).transpose()?;
    let name = match plugin.builtin() {
        Some(name) => name.to_owned(),
        // A directory's plugin has its project's name, a file's that of the file.
        None if plugin.path().is_dir() => component.shown.clone(),
        None => plugin.path().file_stem().unwrap_or_default().to_string_lossy().into_owned(),
    };
    Ok(TriedPlugin { name, component: component.bytes.as_ref().into(), config, limits: component.limits })
}

/// A plugin that was opened.
#[derive(Clone, Debug)]
pub(super) struct Component {
    /// As it was named.
    pub shown: String,
    /// The component; of a file beyond the limit only its beginning.
    pub bytes: Cow<'static, [u8]>,
    /// Bytes of the whole.
    pub size: u64,
    /// What it may use.
    pub limits: Limits,
    /// Where its cases would be.
    pub cases: PathBuf,
}

impl Component {
    /// Reads it; a directory is built.
    pub fn open(context: &Context, plugin: &NamedPlugin) -> Result<Self> {
        let limits = plugin.limits.as_deref();
        if let Some(name) = plugin.builtin() {
            let Some(builtin) = Builtin::find(name) else {
                let known: Vec<&str> = airgo_policy::BUILTINS.iter().map(|b| b.name).collect();
                return Err(Failure::failed(format!("there is no built-in plugin {name}"))
                    .hint(format!("there is {}", known.join(", "))));
            };
            return Ok(Component {
                shown: plugin.name.clone(),
                bytes: Cow::Borrowed(builtin.component()),
                size: builtin.component().len() as u64,
                limits: limits_of(limits, None)?,
                cases: PathBuf::from("tests"),
            });
        }
        let path = plugin.path();
        if path.is_dir() {
            let project = open_project(path)?;
            let limits = limits_of(limits, Some((&path.join(PROJECT_FILE), &project.text)))?;
            let bytes = build::component(context, &project, plugin.messages)?;
            let size = bytes.len() as u64;
            let (shown, cases) = (project.name, path.join("tests"));
            return Ok(Component { shown, bytes: Cow::Owned(bytes), size, limits, cases });
        }
        let beside = path.parent().unwrap_or(Path::new("")).join(PROJECT_FILE);
        let text = std::fs::read_to_string(&beside).ok();
        let limits = limits_of(limits, text.as_deref().map(|text| (&*beside, text)))?;
        let (bytes, size) = read(path, limits.component_bytes)?;
        let cases = path.parent().unwrap_or(Path::new("")).join("tests");
        Ok(Component { shown: shown(path), bytes: Cow::Owned(bytes), size, limits, cases })
    }

    /// A failure where it is over the limit, so that only its beginning was read.
    pub fn demand_whole(&self) -> Result<()> {
        let (size, limit) = (self.size, self.limits.component_bytes);
        if size > limit { Err(self.failed(&PluginError::TooLarge { size, limit })) } else { Ok(()) }
    }

    /// Compiles it, or takes its code from the cache.
    pub fn load(&self, engine: &Engine, limits: &Limits) -> Result<Plugin> {
        engine.load(&self.bytes, limits).map_err(|err| self.failed(&err))
    }

    /// It failed, as its error says.
    pub fn failed(&self, err: &PluginError) -> Failure {
        failed(&self.shown, err)
    }
}

/// The plugin failed, as its error says.
pub(super) fn failed(shown: &str, err: &PluginError) -> Failure {
    let failure = Failure::failed(format!("{shown} {err}"));
    if let Some(shortage) = err.shortage() {
        return failure.hint(shortage.hint());
    }
    match err {
        PluginError::TooLarge { .. }
        | PluginError::TooComplex { .. }
        | PluginError::Budget { .. }
        | PluginError::Timeout { .. } => failure.hint(format!(
            "if it needs more, say so in [limits] of {PROJECT_FILE}, and in [plugin.limits] of airgo.toml"
        )),
        _ => failure,
    }
}

/// Reads a component, as much as can matter, and says how large it is.
fn read(path: &Path, limit: u64) -> Result<(Vec<u8>, u64)> {
    let failure = |e: std::io::Error| {
        let failure = Failure::failed(format!("could not read {}: {e}", shown(path)));
        if e.kind() == std::io::ErrorKind::NotFound {
            return failure.hint("name a component, a plugin's directory, or builtin:NAME");
        }
        failure
    };
    let file = std::fs::File::open(path).map_err(failure)?;
    let size = file.metadata().map_err(failure)?.len();
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failure)?;
    let size = size.max(bytes.len() as u64);
    Ok((bytes, size))
}

/// The limits of the file named, or of the project file beside the plugin.
pub(super) fn limits_of(named: Option<&Path>, project: Option<(&Path, &str)>) -> Result<Limits> {
    let defaults = Limits::default();
    if let Some(file) = named {
        let text = std::fs::read_to_string(file)
            .map_err(|e| Failure::failed(format!("could not read {}: {e}", shown(file))))?;
        return airgo_toml::limits(&shown(file), &text, &defaults).map_err(|e| limits_failure(&e));
    }
    match project {
        Some((file, text)) => {
            airgo_toml::limits(&shown(file), text, &defaults).map_err(|e| limits_failure(&e))
        }
        None => Ok(defaults),
    }
}

pub(super) fn limits_failure(error: &PolicyFileError) -> Failure {
    frame::add(Failure::failed(error.to_string()), error.line, error.column, &error.line_text)
}

pub(super) fn open_project(dir: &Path) -> Result<Project> {
    Project::open(dir).map_err(|e| {
        let failure = Failure::failed(e.to_string());
        match e {
            ProjectError::Unknown(_) => {
                failure.hint("name a plugin's directory, or write one: airgo plugin new NAME")
            }
            _ => failure,
        }
    })
}
