//! `airgo plugin`: what authors of plugins do. A plugin is named the same way
//! everywhere: a component, a directory that builds to one, or `builtin:NAME`.

mod bench;
mod build;
mod case;
mod compile;
mod inspect;
mod machine;
mod new;
mod test;

use crate::Context;
use crate::args::{LimitsArg, PluginCommand};
use airgo_app::errors::frame;
use airgo_app::paths::shown;
use airgo_app::{Failure, Result};
use airgo_author::fixture::{self, FixtureError};
use airgo_author::{PROJECT_FILE, Project};
use airgo_policy::{
    Builtin, Engine, EngineConfig, Limits, Plugin, PluginError, PolicyFileError, TriedPlugin, airgo_toml,
};
use std::borrow::Cow;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Runs one of them.
pub fn run(context: &Context, command: &PluginCommand) -> Result<()> {
    match command {
        PluginCommand::New(args) => new::run(context, args),
        PluginCommand::Build(args) => build::run(context, args),
        PluginCommand::Compile(args) => compile::run(context, args),
        PluginCommand::Test(args) => test::run(context, args),
        PluginCommand::Inspect(args) => inspect::run(context, args),
        PluginCommand::Bench(args) => bench::run(context, args),
    }
}

/// A plugin that `policy check --plugin` tries: named as everywhere, `config` a
/// TOML file.
pub fn tried(context: &Context, plugin: &str, config: Option<&Path>) -> Result<TriedPlugin> {
    let component = Component::open(context, plugin, &LimitsArg { limits: None })?;
    if component.size > component.limits.component_bytes {
        return Err(component.failed(&PluginError::TooLarge {
            size: component.size,
            limit: component.limits.component_bytes,
        }));
    }
    let config = config.map(|file| fixture::config(file).map_err(|e| fixture_failure(&e))).transpose()?;
    let name = match plugin.strip_prefix(BUILTIN) {
        Some(name) => name.to_owned(),
        // A directory's plugin has its project's name, a file's that of the file.
        None if Path::new(plugin).is_dir() => component.shown.clone(),
        None => Path::new(plugin).file_stem().unwrap_or_default().to_string_lossy().into_owned(),
    };
    Ok(TriedPlugin { name, component: component.bytes.as_ref().into(), config, limits: component.limits })
}

/// What starts the name of a plugin that is part of airgo.
const BUILTIN: &str = "builtin:";

/// A plugin that was named on the command line.
struct Component {
    /// As it was named.
    shown: String,
    /// The component; of a file beyond the limit only its beginning.
    bytes: Cow<'static, [u8]>,
    /// Bytes of the whole.
    size: u64,
    /// What it may use.
    limits: Limits,
    /// Where its cases would be.
    cases: PathBuf,
}

impl Component {
    /// Reads it; a directory is built.
    fn open(context: &Context, plugin: &str, limits: &LimitsArg) -> Result<Self> {
        if let Some(name) = plugin.strip_prefix(BUILTIN) {
            let Some(builtin) = Builtin::find(name) else {
                let known: Vec<&str> = airgo_policy::BUILTINS.iter().map(|b| b.name).collect();
                return Err(Failure::failed(format!("there is no built-in plugin {name}"))
                    .hint(format!("there is {}", known.join(", "))));
            };
            return Ok(Component {
                shown: plugin.to_owned(),
                bytes: Cow::Borrowed(builtin.component()),
                size: builtin.component().len() as u64,
                limits: limits_of(limits.limits.as_deref(), None)?,
                cases: PathBuf::from("tests"),
            });
        }
        let path = Path::new(plugin);
        if path.is_dir() {
            let project = open_project(path)?;
            let limits =
                limits_of(limits.limits.as_deref(), Some((&path.join(PROJECT_FILE), &project.text)))?;
            let bytes = build::component(context, &project)?;
            let size = bytes.len() as u64;
            let (shown, cases) = (project.name, path.join("tests"));
            return Ok(Component { shown, bytes: Cow::Owned(bytes), size, limits, cases });
        }
        let beside = path.parent().unwrap_or(Path::new("")).join(PROJECT_FILE);
        let text = std::fs::read_to_string(&beside).ok();
        let limits = limits_of(limits.limits.as_deref(), text.as_deref().map(|text| (&*beside, text)))?;
        let (bytes, size) = read(path, limits.component_bytes)?;
        let cases = path.parent().unwrap_or(Path::new("")).join("tests");
        Ok(Component { shown: shown(path), bytes: Cow::Owned(bytes), size, limits, cases })
    }

    /// Compiles it, or takes its code from the cache.
    fn load(&self, engine: &Engine, limits: &Limits) -> Result<Plugin> {
        engine.load(&self.bytes, limits).map_err(|err| self.failed(&err))
    }

    /// It failed, as its error says.
    fn failed(&self, err: &PluginError) -> Failure {
        let failure = Failure::failed(format!("{} {err}", self.shown));
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

/// The limits of `--limits`, or of the project file beside the plugin.
fn limits_of(flag: Option<&Path>, project: Option<(&Path, &str)>) -> Result<Limits> {
    let defaults = Limits::default();
    if let Some(file) = flag {
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

fn limits_failure(error: &PolicyFileError) -> Failure {
    frame::add(Failure::failed(error.to_string()), error.line, error.column, &error.line_text)
}

fn open_project(dir: &Path) -> Result<Project> {
    Project::open(dir).map_err(|e| {
        let failure = Failure::failed(e.to_string());
        match e {
            airgo_author::ProjectError::Unknown(_) => {
                failure.hint("name a plugin's directory, or write one: airgo plugin new NAME")
            }
            _ => failure,
        }
    })
}

/// An engine that keeps compiled code, as every command's does.
fn engine(context: &Context) -> Result<Engine> {
    let cache_dir = context.env.airgo_cache_dir().ok().map(|dir| dir.join("plugins"));
    start(EngineConfig { cache_dir })
}

fn start(config: EngineConfig) -> Result<Engine> {
    Engine::new(config).map_err(|e| Failure::failed(e.to_string()))
}

fn fixture_failure(error: &FixtureError) -> Failure {
    Failure::failed(error.to_string()).hint("docs/plugins.md of airgo says what a bundle.toml may hold")
}
