//! Keeping roots and graph consistent: every requirement of go.mod should be
//! at the version that is selected in the end. Read-only, a difference is an
//! error; otherwise the roots are raised in memory until they agree (cmd/go
//! modload/buildlist.go, expandGraph and updateRoots; modload/init.go,
//! loadModFile and commitRequirements).

use std::collections::HashSet;
use std::rc::Rc;

use airgo_gomod::gover;

use crate::error::{ResolveError, UpdateReason, UpdatesNeeded};
use crate::graph::Graph;
use crate::ids::Id;
use crate::loader::{Loader, Pruning};
use crate::mvs;
use crate::project::{GO_STRICT_VERSION, Mode};
use crate::requirements::Requirements;

/// Consistent roots with their graph, and why go.mod would be rewritten.
pub(crate) struct Expanded {
    pub(crate) requirements: Requirements,
    pub(crate) graph: Rc<Graph>,
    pub(crate) updates: Option<UpdatesNeeded>,
}

/// Loads the whole graph.
pub(crate) fn expand(loader: &mut Loader<'_>) -> Result<Expanded, ResolveError> {
    let mut requirements = Requirements::of_project(loader);
    if loader.project.in_workspace() {
        // Nothing is ever rewritten from inside a workspace.
        let graph = requirements.graph(loader)?;
        return Ok(Expanded { requirements, graph, updates: None });
    }
    let original = requirements.roots.clone();
    let mut reasons = Vec::new();
    if requirements.has_redundant_root(loader) {
        requirements = update_roots(loader, requirements, &mut reasons)?;
    }
    let mut graph = requirements.graph(loader)?;
    let selected = |r: &Id| graph.selected(loader.ids.path_of(*r)) == Some(*r);
    if !requirements.roots.iter().all(selected) {
        requirements = update_roots(loader, requirements, &mut reasons)?;
        graph = requirements.graph(loader)?;
    }
    reasons.extend(rewrites(loader, &original));
    let updates = (!reasons.is_empty()).then_some(UpdatesNeeded { reasons });
    match updates {
        Some(updates) if loader.project.mode == Mode::Readonly => Err(updates.into()),
        updates => Ok(Expanded { requirements, graph, updates }),
    }
}

/// The roots alone, as far as they agree with each other.
pub(crate) fn roots(loader: &mut Loader<'_>) -> Result<Expanded, ResolveError> {
    let mut requirements = Requirements::of_project(loader);
    let mut reasons = Vec::new();
    if !loader.project.in_workspace() {
        let original = requirements.roots.clone();
        if requirements.pruning == Pruning::Pruned && requirements.has_redundant_root(loader) {
            requirements = update_pruned(loader, requirements, &mut reasons)?;
        }
        reasons.extend(rewrites(loader, &original));
        read_only(loader, &mut reasons)?;
    }
    let start = if loader.project.in_workspace() { requirements.roots.clone() } else { loader.mains() };
    let mut graph = Graph::new(&loader.ids, &start);
    if !loader.project.in_workspace() {
        for main in start {
            graph.require(&loader.ids, main, requirements.roots.as_slice().into());
        }
    }
    let updates = (!reasons.is_empty()).then_some(UpdatesNeeded { reasons });
    Ok(Expanded { requirements, graph: Rc::new(graph), updates })
}

fn update_roots(
    loader: &mut Loader<'_>,
    rs: Requirements,
    reasons: &mut Vec<UpdateReason>,
) -> Result<Requirements, ResolveError> {
    match rs.pruning {
        Pruning::Pruned => update_pruned(loader, rs, reasons),
        Pruning::Unpruned => update_unpruned(loader, rs, reasons),
        Pruning::Workspace => Ok(rs),
    }
}

/// Each path once, at its selected version. Raising a root brings its
/// requirements into the pruned graph, which may raise others.
fn update_pruned(
    loader: &mut Loader<'_>,
    mut rs: Requirements,
    reasons: &mut Vec<UpdateReason>,
) -> Result<Requirements, ResolveError> {
    let mut graph = rs.known_graph();
    let mut first = true;
    loop {
        let mut seen = HashSet::new();
        let mut roots = Vec::new();
        let mut raised = Vec::new();
        for &m in &rs.roots {
            let path = loader.ids.path_of(m);
            if loader.is_main(path) || !seen.insert(path) {
                continue;
            }
            let selected = match &graph {
                Some(graph) => graph.selected(path),
                None => rs.root_selected(loader, path),
            };
            if selected != Some(m) {
                raised.push((m, selected));
            }
            let name = loader.ids.path(m).to_owned();
            roots.push(selected.unwrap_or_else(|| loader.ids.id(&name, crate::ids::NONE)));
        }
        // "none" is selected wherever nothing is.
        raised.retain(|&(m, selected)| selected.is_some() || !loader.ids.is_none(m));
        if raised.is_empty() {
            return Ok(match loader.project.mode {
                Mode::Update if roots != rs.roots => rs.with_roots(roots),
                _ => rs,
            });
        }
        if first {
            let explained = raised.iter().map(|&(m, s)| not_selected(loader, m, s, graph.as_deref()));
            reasons.extend(explained);
            read_only(loader, reasons)?;
            first = false;
        }
        rs = rs.with_roots(roots);
        graph = Some(rs.graph(loader)?);
    }
}

/// The least roots that keep the selected versions, with all that are required
/// directly.
fn update_unpruned(
    loader: &mut Loader<'_>,
    mut rs: Requirements,
    reasons: &mut Vec<UpdateReason>,
) -> Result<Requirements, ResolveError> {
    let graph = rs.graph(loader)?;
    let selected = |loader: &Loader<'_>, m: Id| graph.selected(loader.ids.path_of(m));
    for &m in &rs.roots {
        let s = selected(loader, m);
        if s != Some(m) {
            reasons.push(not_selected(loader, m, s, Some(&graph)));
        }
    }
    read_only(loader, reasons)?;

    let mut base = Vec::new();
    let mut in_base = HashSet::new();
    for &m in &rs.roots {
        let path = loader.ids.path_of(m);
        if selected(loader, m) == Some(m) && in_base.insert(path) {
            base.push(path);
        }
    }
    let list = graph.build_list(&loader.ids);
    let mains = loader.mains().len();
    let keep = list.get(mains..).unwrap_or_default();
    for &m in keep {
        let path = loader.ids.path_of(m);
        if rs.direct.contains(&path) && in_base.insert(path) {
            base.push(path);
        }
    }
    let main = loader.mains();
    let mut roots = Vec::new();
    for main in main {
        roots.extend(mvs::minimal(loader, main, &base, keep)?);
    }
    Ok(if roots == rs.roots { rs } else { rs.with_roots(roots) })
}

fn read_only(loader: &Loader<'_>, reasons: &mut Vec<UpdateReason>) -> Result<(), ResolveError> {
    if loader.project.mode == Mode::Readonly && !reasons.is_empty() {
        let reasons = std::mem::take(reasons);
        return Err(UpdatesNeeded { reasons }.into());
    }
    Ok(())
}

fn not_selected(
    loader: &Loader<'_>,
    required: Id,
    selected: Option<Id>,
    graph: Option<&Graph>,
) -> UpdateReason {
    let chains = match (selected, graph) {
        (Some(s), Some(graph)) => graph.chains(|m| m == s),
        _ => Vec::new(),
    };
    UpdateReason::NotSelected {
        required: loader.ids.module(required),
        selected: selected.map(|s| loader.ids.version(s).to_owned()),
        chain: chains.first().map(|c| loader.ids.modules(c)).unwrap_or_default(),
    }
}

/// What Go would change in go.mod though the roots are consistent: it drops
/// requirements that are excluded or superseded, and a toolchain line that the
/// go line implies (cmd/go modload/init.go, UpdateGoModFromReqs and modFileIsDirty).
fn rewrites(loader: &mut Loader<'_>, roots: &[Id]) -> Vec<UpdateReason> {
    let mut reasons = Vec::new();
    for main in &loader.project.mains {
        for r in &main.modfile.require {
            let m = loader.ids.intern(&r.module);
            if loader.is_excluded(m) {
                reasons.push(UpdateReason::Excluded(r.module.clone()));
            }
        }
    }
    // Of several requirements on the main module itself one would stay.
    let own: Vec<Id> = roots.iter().copied().filter(|&r| loader.is_main(loader.ids.path_of(r))).collect();
    if let (Some(&first), Some(&last)) = (own.first(), own.last())
        && first != last
    {
        reasons.push(not_selected(loader, first, Some(last), None));
    }
    let last = |path: &str| roots.iter().rfind(|&&r| loader.ids.path(r) == path);
    if let (Some(&go), Some(&toolchain)) = (last("go"), last("toolchain")) {
        let (go, name) = (loader.ids.version(go), loader.ids.version(toolchain));
        let implied = name.strip_prefix("go") == Some(go);
        let version = gover::from_toolchain(name);
        if implied || gover::compare(version, GO_STRICT_VERSION).is_lt() {
            reasons.push(UpdateReason::Toolchain(name.to_owned()));
        }
    }
    reasons
}
