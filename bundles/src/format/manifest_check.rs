//! The rules of a manifest that its shape does not show: order, uniqueness,
//! and that everything derived is derived rightly.

use crate::format::manifest::{Manifest, Module, Replacement};
use crate::format::names::{self, ObjectKind};
use crate::format::objects::{self, Content};
use crate::limits::Limits;
use airgo_gomod::{ModuleVersion, module as gomod};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A rule and where the manifest breaks it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {rule}")]
pub struct RuleError {
    /// A module, a node or a field.
    pub at: String,
    /// The rule.
    pub rule: Rule,
}

/// The rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// The schema is not the oldest that has all members in use.
    #[error("the schema is not the oldest that has all members in use")]
    Schema,
    /// A member that the payload's encoding does not have, or lacks.
    #[error("{0}")]
    Encoding(&'static str),
    /// A list is out of order or names something twice.
    #[error("the list is not sorted, or names something twice")]
    Order,
    /// A field that is derived says something else than what it derives from.
    #[error("the field does not follow from the rest of the manifest")]
    Derived,
    /// No main module.
    #[error("there is no main module")]
    NoMainModule,
    /// A module path that Go would refuse.
    #[error("malformed module path or version: {0}")]
    Module(String),
    /// A directory that is absolute or leaves the project.
    #[error("the directory is not a clean relative path")]
    Directory,
    /// A main module names a workspace that the manifest does not.
    #[error("the workspace it names is not in the list of workspaces")]
    Workspace,
    /// A zip without its go.mod and .info, or an .info without go.mod.
    #[error("a stored zip needs its go.mod and .info")]
    Incomplete,
    /// Objects for a module that a directory replaces.
    #[error("a module that a directory replaces has no objects")]
    DirectoryObjects,
    /// Neither selected nor stored: nothing to say about it.
    #[error("the module is neither in the build list nor stored")]
    Idle,
    /// Two modules share an object and disagree about it.
    #[error("two modules name {0} with different contents")]
    Conflict(String),
    /// An object beyond what Go would accept.
    #[error("{name} is {size} bytes, over the limit of {limit}")]
    Size {
        /// The object.
        name: String,
        /// Its stated size.
        size: u64,
        /// The bound.
        limit: u64,
    },
    /// A time that is not RFC 3339 in UTC with no needless digits.
    #[error("{0:?} is not a canonical UTC time")]
    Time(String),
    /// An empty node, platform or label, or one with odd characters.
    #[error("{0:?} is malformed")]
    Text(String),
}

pub(super) fn refuse(at: &str, rule: Rule) -> RuleError {
    RuleError { at: at.to_owned(), rule }
}

fn ascending<T: Ord>(at: &str, items: impl IntoIterator<Item = T>) -> Result<(), RuleError> {
    let mut last = None;
    for item in items {
        if last.as_ref().is_some_and(|l| *l >= item) {
            return Err(refuse(at, Rule::Order));
        }
        last = Some(item);
    }
    Ok(())
}

/// Lists, node by node, who requires it.
fn required_by(manifest: &Manifest) -> HashMap<&str, BTreeSet<&str>> {
    let mut map: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for node in &manifest.graph {
        for target in &node.requires {
            map.entry(target).or_default().insert(&node.module);
        }
    }
    map
}

impl Module {
    pub(super) fn refuse(&self, rule: Rule) -> RuleError {
        RuleError { at: self.id().to_string(), rule }
    }
}

impl Manifest {
    /// Sorts the lists and fills `requiredBy`.
    pub(crate) fn arrange(&mut self) {
        fn tidy<T: Ord>(list: &mut Vec<T>) {
            list.sort();
            list.dedup();
        }
        tidy(&mut self.build_tags);
        tidy(&mut self.platforms);
        self.data.sort_by(|a, b| a.name.cmp(&b.name));
        self.main_modules.sort_by(|a, b| (&a.dir, &a.path).cmp(&(&b.dir, &b.path)));
        for main in &mut self.main_modules {
            let Some(imports) = &mut main.imports else { continue };
            imports.sort_by(|a, b| a.path.cmp(&b.path));
            imports.iter_mut().for_each(|i| tidy(&mut i.platforms));
        }
        self.modules.sort_by(|a, b| a.order().cmp(&b.order()));
        self.workspaces.sort_by(|a, b| a.dir.cmp(&b.dir));
        let mut nodes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for node in std::mem::take(&mut self.graph) {
            nodes.entry(node.module).or_default().extend(node.requires);
        }
        nodes.retain(|_, requires| !requires.is_empty());
        self.graph = nodes
            .into_iter()
            .map(|(module, requires)| crate::format::manifest::GraphNode {
                module,
                requires: requires.into_iter().collect(),
            })
            .collect();
        let derived: Vec<Vec<String>> = {
            let map = required_by(self);
            let of = |m: &Module| map.get(m.id().to_string().as_str());
            self.modules
                .iter()
                .map(|m| of(m).into_iter().flatten().map(|s| (*s).to_owned()).collect())
                .collect()
        };
        for (module, by) in self.modules.iter_mut().zip(derived) {
            module.required_by = by;
        }
    }
}

pub(crate) fn check(m: &Manifest) -> Result<(), RuleError> {
    if m.schema != m.needed_schema() {
        return Err(refuse("schema", Rule::Schema));
    }
    ascending("buildTags", &m.build_tags)?;
    texts("buildTags", &m.build_tags)?;
    ascending("platforms", &m.platforms)?;
    texts("platforms", &m.platforms)?;
    check_main_modules(m)?;
    check_data(m)?;
    ascending("modules", m.modules.iter().map(Module::order))?;
    ascending("graph", m.graph.iter().map(|x| &x.module))?;
    for node in &m.graph {
        ascending(&node.module, &node.requires)?;
        texts("graph", std::slice::from_ref(&node.module))?;
        texts("graph", &node.requires)?;
        if node.requires.is_empty() {
            return Err(refuse(&node.module, Rule::Text(String::new())));
        }
    }
    let by = required_by(m);
    for module in &m.modules {
        check_module(module)?;
        let want = by.get(module.id().to_string().as_str());
        if !module.required_by.iter().map(String::as_str).eq(want.into_iter().flatten().copied()) {
            return Err(module.refuse(Rule::Derived));
        }
    }
    check_objects(m)?;
    if m.content_id != m.compute_content_id() {
        return Err(refuse("contentId", Rule::Derived));
    }
    Ok(())
}

fn texts(at: &str, items: &[String]) -> Result<(), RuleError> {
    for item in items {
        if item.is_empty() || item.chars().any(|c| c.is_control() || c == ' ') {
            return Err(refuse(at, Rule::Text(item.clone())));
        }
    }
    Ok(())
}

fn check_main_modules(m: &Manifest) -> Result<(), RuleError> {
    if m.main_modules.is_empty() {
        return Err(refuse("mainModules", Rule::NoMainModule));
    }
    ascending("mainModules", m.main_modules.iter().map(|x| (&x.dir, &x.path)))?;
    ascending("workspaces", m.workspaces.iter().map(|x| &x.dir))?;
    for work in &m.workspaces {
        if !is_clean_directory(&work.dir) {
            return Err(refuse("workspaces", Rule::Directory));
        }
        texts("workspaces", work.toolchain.as_slice())?;
    }
    for main in &m.main_modules {
        if main.workspace.as_ref().is_some_and(|dir| m.workspaces.iter().all(|w| w.dir != *dir)) {
            return Err(refuse(&main.path, Rule::Workspace));
        }
        texts("mainModules", std::slice::from_ref(&main.path))?;
        if !is_clean_directory(&main.dir) {
            return Err(refuse(&main.path, Rule::Directory));
        }
        let imports = main.imports.as_deref().unwrap_or_default();
        ascending(&main.path, imports.iter().map(|i| &i.path))?;
        for import in imports {
            texts(&main.path, std::slice::from_ref(&import.path))?;
            ascending(&import.path, &import.platforms)?;
            texts(&import.path, &import.platforms)?;
        }
    }
    Ok(())
}

/// `.`, or elements below the project; go.work may also use directories beside
/// it, so that the first elements may be `..`.
fn is_clean_directory(dir: &str) -> bool {
    let odd = |e: &str| matches!(e, "" | ".") || e.chars().any(|c| c.is_control() || c == '\\' || c == ':');
    dir == "." || dir.split('/').skip_while(|e| *e == "..").all(|e| e != ".." && !odd(e))
}

fn check_data(m: &Manifest) -> Result<(), RuleError> {
    ascending("data", m.data.iter().map(|d| &d.name))?;
    for data in &m.data {
        if !names::is_label(&data.name) {
            return Err(refuse("data", Rule::Text(data.name.clone())));
        }
        check_time(&data.name, &data.date)?;
    }
    Ok(())
}

fn check_time(at: &str, time: &str) -> Result<(), RuleError> {
    match crate::info::canonical_time(time) {
        Some(canonical) if canonical == time => Ok(()),
        _ => Err(refuse(at, Rule::Time(time.to_owned()))),
    }
}

fn check_module(module: &Module) -> Result<(), RuleError> {
    let stored = [module.info.is_some(), module.go_mod.is_some(), module.zip.is_some()];
    if !module.selected && !stored.contains(&true) {
        return Err(module.refuse(Rule::Idle));
    }
    // An `.info` alone is complete: `go list -m all` asks for those of the build
    // list, also where graph pruning left the go.mod unread.
    if module.zip.is_some() && (module.info.is_none() || module.go_mod.is_none()) {
        return Err(module.refuse(Rule::Incomplete));
    }
    texts("modules", &[module.path.clone(), module.version.clone()])?;
    match &module.replacement {
        Some(Replacement::Directory(d)) => {
            if stored.contains(&true) {
                return Err(module.refuse(Rule::DirectoryObjects));
            }
            texts_spaced(module, &d.directory)?;
        }
        Some(Replacement::Module(r)) => texts("modules", &[r.path.clone(), r.version.clone()])?,
        None => {}
    }
    if let Some(stored) = module.stored_as() {
        let odd = |reason: String| module.refuse(Rule::Module(reason));
        gomod::check(&stored.path, &stored.version).map_err(|e| odd(e.to_string()))?;
        if gomod::canonical_version(&stored.version) != stored.version {
            return Err(odd(format!("{stored} is not a canonical version")));
        }
        let name = names::object_name(&stored, ObjectKind::Info).map_err(|e| odd(e.to_string()))?;
        names::check_name(name.as_bytes()).map_err(|e| odd(e.to_string()))?;
        if names::Section::of(&name) != Some(names::Section::Proxy) {
            return Err(odd(format!("{name} is not a name for an object")));
        }
    }
    if let Some(time) = &module.time {
        check_time(&module.id().to_string(), time)?;
    }
    Ok(())
}

/// A directory may hold spaces, but no control characters.
fn texts_spaced(module: &Module, text: &str) -> Result<(), RuleError> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(module.refuse(Rule::Text(text.to_owned())));
    }
    Ok(())
}

fn check_objects(m: &Manifest) -> Result<(), RuleError> {
    let limits = Limits::default();
    let mut seen: HashMap<(&str, &str), [Option<Content>; 4]> = HashMap::with_capacity(m.modules.len());
    for module in &m.modules {
        let Some((path, version)) = module.stored() else { continue };
        let known = seen.entry((path, version)).or_default();
        for ((kind, content), known) in objects::contents(module).into_iter().zip(known) {
            let Some(content) = content else { continue };
            let name = || {
                let stored = ModuleVersion::new(path, version);
                names::object_name(&stored, kind).unwrap_or_else(|_| stored.to_string())
            };
            let (size, limit) = (content.size, objects::limit(kind, &limits));
            if size > limit {
                return Err(module.refuse(Rule::Size { name: name(), size, limit }));
            }
            if *known.get_or_insert(content) != content {
                return Err(module.refuse(Rule::Conflict(name())));
            }
        }
    }
    Ok(())
}
