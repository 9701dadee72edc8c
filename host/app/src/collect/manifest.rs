//! From resolved projects and their verified downloads to the manifest.

use crate::collect::payload::OfModule;
use crate::collect::sums::Unsummed;
use crate::collect::{Build, Payload};
use crate::failure::{Failure, Result};
use crate::project::Loaded;
use crate::project::several::{Projects, relative, replacement_directory};
use airgo_bundle::manifest::{
    self, GraphNode, Hashed, Import, MainModule, Module, Replacement, ReplacementDirectory,
    ReplacementModule, SCHEMA, Scope, Stored, SumSource, Workspace,
};
use airgo_bundle::{Manifest, Sha256};
use airgo_fetch::{Fetched, Kind, Object};
use airgo_gomod::ModuleVersion;
use airgo_gomod::gosum::Subject;
use airgo_resolve::{Resolution, Selected};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

/// Everything that the manifest follows from.
pub struct ManifestInputs<'a> {
    /// The projects.
    pub projects: &'a Projects,
    /// How the modules' files are stored.
    pub payload: &'a Payload,
    /// What the main modules of each import.
    pub imports: Vec<Vec<Vec<Import>>>,
    /// What the imports were read for.
    pub build: &'a Build,
    /// What each was resolved to.
    pub resolutions: &'a [Resolution],
    /// What the bundle is to suffice for.
    pub scope: Scope,
    /// The verified downloads.
    pub objects: &'a BTreeMap<Object, Fetched>,
    /// Those that the checksum database attests, not go.sum.
    pub by_database: &'a [Unsummed],
    /// Those that nothing verifies, because the user's settings exempt them.
    pub unchecked: &'a [Unsummed],
}

/// Builds and seals the manifest.
pub fn build(inputs: &ManifestInputs<'_>) -> Result<Manifest> {
    let sums = Sums::of(inputs);
    let mut modules: Vec<Module> = Vec::new();
    let (mut covered, mut places) = (BTreeSet::new(), HashMap::new());
    for (loaded, resolution) in inputs.projects.list.iter().zip(inputs.resolutions) {
        let at = relative(&inputs.projects.root, &loaded.root);
        for selected in resolution.build_list.iter().filter(|m| !m.main) {
            covered.extend(selected.stored());
            let replacement = replacement(loaded, &at, selected);
            let module = module(inputs, &sums, selected, replacement)?;
            // Projects share most of what they build with.
            let here: &mut Vec<usize> = places.entry(&selected.module).or_default();
            let same = |at: &usize| modules.get(*at).is_some_and(|m| m.replacement == module.replacement);
            match here.iter().copied().find(same).and_then(|at| modules.get_mut(at)) {
                Some(there) => there.direct |= module.direct,
                None => {
                    here.push(modules.len());
                    modules.push(module);
                }
            }
        }
    }
    // The rest of the graphs: versions that lost, of which go reads the go.mod.
    let others: BTreeSet<_> =
        inputs.objects.keys().map(|o| &o.module).filter(|m| !covered.contains(m)).collect();
    for other in others {
        let plain = Selected {
            module: other.clone(),
            replacement: None,
            main: false,
            direct: false,
            go_version: None,
        };
        modules.push(Module { selected: false, ..module(inputs, &sums, &plain, None)? });
    }
    let manifest = Manifest {
        build_tags: inputs.build.tags.clone(),
        content_id: String::new(),
        data: Vec::new(),
        graph: graph(inputs.resolutions),
        main_modules: mains(inputs),
        modules,
        payload: manifest::Payload { blocks: inputs.payload.blocks(), encoding: inputs.payload.encoding },
        platforms: inputs.build.platforms.iter().map(ToString::to_string).collect(),
        schema: SCHEMA.to_owned(),
        scope: inputs.scope,
        workspaces: workspaces(inputs.projects),
    };
    manifest.seal().map_err(|e| Failure::failed(format!("the manifest cannot be made: {e}")))
}

fn module(
    inputs: &ManifestInputs<'_>,
    sums: &Sums<'_>,
    selected: &Selected,
    replacement: Option<Replacement>,
) -> Result<Module> {
    let stored = selected.stored();
    let get = |kind| stored.and_then(|m| inputs.objects.get(&Object::new(m.clone(), kind)));
    let info = get(Kind::Info);
    let time = match info {
        None => None,
        Some(info) => commit_time(info)?,
    };
    let of_files = stored.map(|stored| inputs.payload.of_module(stored)).unwrap_or_default();
    let OfModule { files, carried, encoder } = of_files;
    Ok(Module {
        direct: selected.direct,
        info: info.map(|f| Stored { sha256: Sha256(f.sha256), size: f.size }),
        go_mod: get(Kind::Mod).and_then(|f| sums.hashed(f, Subject::GoMod)),
        path: selected.module.path.clone(),
        replacement,
        carried,
        encoder,
        files,
        required_by: Vec::new(),
        selected: true,
        time,
        version: selected.module.version.clone(),
        zip: get(Kind::Zip).and_then(|f| sums.hashed(f, Subject::Zip)),
    })
}

/// What the downloads were checked against that go.sum has no line for.
struct Sums<'a>(HashMap<(&'a ModuleVersion, Subject), SumSource>);

impl<'a> Sums<'a> {
    fn of(inputs: &ManifestInputs<'a>) -> Self {
        let list = |list: &'a [Unsummed], source| list.iter().map(move |u| ((&u.module, u.subject), source));
        let unchecked = list(inputs.unchecked, SumSource::Unchecked);
        Self(unchecked.chain(list(inputs.by_database, SumSource::SumDb)).collect())
    }

    fn hashed(&self, fetched: &Fetched, subject: Subject) -> Option<Hashed> {
        let sum = self.0.get(&(&fetched.object.module, subject)).copied().unwrap_or(SumSource::GoSum);
        Some(Hashed { h1: fetched.h1?, sha256: Sha256(fetched.sha256), size: fetched.size, sum })
    }
}

/// The time in an `.info`; Go's zero time says nothing.
fn commit_time(info: &Fetched) -> Result<Option<String>> {
    let bytes = info.bytes().map_err(|e| crate::errors::fetch_failure(&e))?;
    let parsed = airgo_bundle::info::canonical_info(&bytes, &info.object.module.version)
        .map_err(|e| Failure::failed(format!("{}: {e}", info.object.module)))?;
    Ok(parsed.time)
}

fn replacement(loaded: &Loaded, at: &str, selected: &Selected) -> Option<Replacement> {
    Some(match selected.replacement.as_ref()? {
        airgo_resolve::Replacement::Module(ModuleVersion { path, version }) => {
            Replacement::Module(ReplacementModule { path: path.clone(), version: version.clone() })
        }
        airgo_resolve::Replacement::Directory { path, dir } => {
            let go_mod = loaded.project.directories.get(dir).and_then(|r| r.as_ref().ok());
            Replacement::Directory(ReplacementDirectory {
                directory: replacement_directory(at, path),
                go_mod_sha256: go_mod.map(|bytes| Sha256::of(bytes)),
            })
        }
    })
}

fn graph(resolutions: &[Resolution]) -> Vec<GraphNode> {
    let mut nodes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (from, to) in resolutions.iter().flat_map(|r| r.graph.iter()) {
        nodes.entry(from.to_string()).or_default().insert(to.to_string());
    }
    nodes
        .into_iter()
        .map(|(module, requires)| GraphNode { module, requires: requires.into_iter().collect() })
        .collect()
}

fn mains(inputs: &ManifestInputs<'_>) -> Vec<MainModule> {
    let projects = inputs.projects;
    let of = |(loaded, imports): (&Loaded, &Vec<Vec<Import>>)| {
        let workspace = loaded.project.workspace.is_some().then(|| relative(&projects.root, &loaded.root));
        let mains = loaded.project.mains.iter().zip(&loaded.go_mods).zip(imports);
        let modules = mains.map(|((main, bytes), imports)| MainModule {
            dir: relative(&projects.root, Path::new(&main.dir)),
            go_mod_sha256: Sha256::of(bytes),
            go_version: main.modfile.go.as_ref().map(|go| go.version.clone()),
            imports: Some(imports.clone()),
            path: main.modfile.module.as_ref().map(|m| m.path.clone()).unwrap_or_default(),
            workspace: workspace.clone(),
        });
        modules.collect::<Vec<_>>()
    };
    projects.list.iter().zip(&inputs.imports).flat_map(of).collect()
}

fn workspaces(projects: &Projects) -> Vec<Workspace> {
    let mut found = Vec::new();
    for loaded in &projects.list {
        let Some(work) = &loaded.project.workspace else { continue };
        found.push(Workspace {
            dir: relative(&projects.root, &loaded.root),
            go_version: work.file.go.as_ref().map(|go| go.version.clone()),
            go_work_sha256: Sha256::of(&loaded.go_work),
            toolchain: work.file.toolchain.as_ref().map(|toolchain| toolchain.name.clone()),
        });
    }
    found
}
