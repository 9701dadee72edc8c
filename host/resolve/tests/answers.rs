//! What can be asked of a resolution and of its errors.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use airgo_gomod::{ModuleVersion, modfile};
use airgo_resolve::{
    GoModSource, LoadFault, MainModule, MapSource, Project, Replacement, ResolveError, Scope, SourceError,
    UpdateReason, Workspace, resolve,
};

fn m(path: &str, version: &str) -> ModuleVersion {
    ModuleVersion::new(path, version)
}

fn project(go_mod: &str) -> Project {
    Project::new("/mono", modfile::parse("go.mod", go_mod.as_bytes()).unwrap())
}

fn source(files: &[(&str, &str, &str)]) -> MapSource {
    files.iter().map(|(path, version, text)| (m(path, version), *text)).collect()
}

#[test]
fn a_chain_is_a_shortest_one() {
    let project = project("module x.test/main\ngo 1.16\nrequire (\nx.test/a v1.0.0\nx.test/b v1.0.0\n)\n");
    let mut source = source(&[
        ("x.test/a", "v1.0.0", "module x.test/a\nrequire x.test/c v1.0.0\n"),
        ("x.test/b", "v1.0.0", "module x.test/b\nrequire x.test/d v1.0.0\n"),
        ("x.test/c", "v1.0.0", "module x.test/c\nrequire x.test/d v1.0.0\n"),
        ("x.test/d", "v1.0.0", "module x.test/d\n"),
    ]);
    let r = resolve(&project, &mut source).unwrap();
    let d = m("x.test/d", "v1.0.0");
    assert_eq!(r.required_by(&d).unwrap(), [m("x.test/main", ""), m("x.test/b", "v1.0.0"), d.clone()]);
    assert_eq!(r.requirers(&d), [&m("x.test/b", "v1.0.0"), &m("x.test/c", "v1.0.0")]);
    assert_eq!(r.required_by(&m("x.test/main", "")).unwrap(), [m("x.test/main", "")]);
    assert_eq!(r.required_by(&m("x.test/d", "v2.0.0")), None);
}

#[test]
fn needs_follow_replacements() {
    let mut project = project(
        "module x.test/main\ngo 1.20\nrequire (\nx.test/a v1.0.0\nx.test/b v1.0.0\n)\n\
         replace x.test/a => x.test/fork v1.1.0\nreplace x.test/b => ../b\n",
    );
    assert_eq!(project.replacement_directories(), ["/b"]);
    project.directories.insert("/b".to_owned(), Ok(b"go 1.20\n".to_vec()));
    let r =
        resolve(&project, &mut source(&[("x.test/fork", "v1.1.0", "module x.test/a\ngo 1.19\n")])).unwrap();
    let needs = r.needs(Scope::Build);
    let fork = m("x.test/fork", "v1.1.0");
    assert_eq!(
        (needs.mods, needs.infos, needs.zips),
        (vec![fork.clone()], vec![fork.clone()], vec![fork.clone()])
    );
    let [main, a, b] = &r.build_list[..] else { panic!("{:?}", r.build_list) };
    assert!(main.main && main.stored().is_none() && !main.direct);
    assert!(a.direct && a.stored() == Some(&fork) && a.go_version.as_deref() == Some("1.19"));
    let dir = Replacement::Directory { path: "../b".to_owned(), dir: "/b".to_owned() };
    assert_eq!((b.replacement.as_ref(), b.stored()), (Some(&dir), None));
}

#[test]
fn every_failure_is_told() {
    let project = project("module x.test/main\ngo 1.20\nrequire (\nx.test/a v1.0.0\nx.test/b v1.0.0\n)\n");
    let error = resolve(&project, &mut source(&[])).unwrap_err();
    let ResolveError::Graph(error) = error else { panic!("{error}") };
    assert_eq!(error.to_string(), "x.test/a@v1.0.0: reading go.mod: not found");
    assert!(matches!(error.error.reason, LoadFault::Source(_)));
    let [(chain, other)] = &error.others[..] else { panic!("{error:?}") };
    assert_eq!(chain[..], [m("x.test/main", ""), m("x.test/b", "v1.0.0")]);
    assert_eq!(other.to_string(), "x.test/b@v1.0.0: reading go.mod: not found");
}

#[test]
fn updates_are_explained() {
    let project = project("module x.test/main\ngo 1.20\nrequire (\nx.test/a v1.0.0\nx.test/b v1.0.0\n)\n");
    let mut source = source(&[
        ("x.test/a", "v1.0.0", "module x.test/a\ngo 1.20\nrequire x.test/b v1.1.0\n"),
        ("x.test/b", "v1.0.0", "module x.test/b\ngo 1.20\n"),
    ]);
    let error = resolve(&project, &mut source).unwrap_err();
    let ResolveError::UpdatesNeeded(needed) = error else { panic!("{error}") };
    let [UpdateReason::NotSelected { required, selected, chain }] = &needed.reasons[..] else {
        panic!("{needed:?}")
    };
    assert_eq!((required, selected.as_deref()), (&m("x.test/b", "v1.0.0"), Some("v1.1.0")));
    assert_eq!(chain[..], [m("x.test/main", ""), m("x.test/a", "v1.0.0"), m("x.test/b", "v1.1.0")]);
}

/// A source that forgets its answers must not hang the resolver.
struct Forgetful;

impl GoModSource for Forgetful {
    fn request(&mut self, _: &ModuleVersion) {}

    fn next(&mut self) -> Option<(ModuleVersion, Result<Vec<u8>, SourceError>)> {
        None
    }
}

#[test]
fn a_source_that_ends_early_is_an_error() {
    let project = project("module x.test/main\ngo 1.20\nrequire x.test/a v1.0.0\n");
    let error = resolve(&project, &mut Forgetful).unwrap_err();
    assert_eq!(error.to_string(), "x.test/a@v1.0.0: reading go.mod: the source ended without an answer");
}

/// `go mod tidy` knows no workspace: in scope `all` each of its modules is also
/// resolved alone, and what the two ways share is asked for once.
#[test]
fn modules_of_a_workspace_are_also_resolved_alone() {
    let work = "go 1.21\nuse (\n./a\n./b\n./c\n)\nreplace x.test/nowhere => x.test/d v1.1.0\n";
    let main = |name: &str, text: &str| MainModule {
        dir: format!("/mono/{name}"),
        file_name: format!("{name}/go.mod"),
        modfile: modfile::parse("go.mod", text.as_bytes()).unwrap(),
    };
    let mut project = Project {
        mains: vec![
            main("a", "module x.test/a\ngo 1.21\nrequire x.test/d v1.0.0\n"),
            main("b", "module x.test/b\ngo 1.21\nrequire x.test/d v1.1.0\n"),
            main("c", "module x.test/c\ngo 1.21\nrequire x.test/nowhere v1.0.0\n"),
        ],
        workspace: Some(Workspace {
            dir: "/mono".to_owned(),
            file_name: "go.work".to_owned(),
            file: modfile::work::parse("go.work", work.as_bytes()).unwrap(),
        }),
        ..Project::default()
    };
    let files = [
        ("x.test/d", "v1.0.0", "module x.test/d\ngo 1.21\nrequire x.test/e v1.0.0\n"),
        ("x.test/d", "v1.1.0", "module x.test/d\ngo 1.21\n"),
        ("x.test/e", "v1.0.0", "module x.test/e\n"),
    ];
    let together = resolve(&project, &mut source(&files)).unwrap();
    assert_eq!(together.needs(Scope::Build).zips, [m("x.test/d", "v1.1.0"), m("x.test/e", "v1.0.0")]);
    assert!(together.lone_faults.is_empty());

    project.scope = Scope::All;
    let files: support::source::Files =
        files.iter().map(|(path, version, text)| (m(path, version), text.as_bytes().to_vec())).collect();
    // This source panics when it is asked twice.
    let all = resolve(&project, &mut support::source::Shuffled::new(&files, 1)).unwrap();
    assert_eq!(all.build_list, together.build_list);
    let zips = [m("x.test/d", "v1.0.0"), m("x.test/d", "v1.1.0"), m("x.test/e", "v1.0.0")];
    assert_eq!(all.needs(Scope::All).zips, zips);
    let [(path, fault)] = &all.lone_faults[..] else { panic!("{:?}", all.lone_faults) };
    let fault = fault.to_string();
    assert_eq!(
        (path.as_str(), fault.as_str()),
        ("x.test/c", "x.test/nowhere@v1.0.0: reading go.mod: not found")
    );
}
