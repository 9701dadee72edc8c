//! What the go command goes by to choose its toolchain for a main module, as
//! plugins see it (cmd/go toolchain/select.go): the lines of go.mod, or of
//! go.work in a workspace, and the go lines of dependencies, which go.mod has
//! to reach (`go: updates to go.mod needed`).

use airgo_bundle::Manifest;
use airgo_bundle::manifest::MainModule;
use airgo_gomod::gover;
use std::collections::{BTreeSet, HashMap};

/// What each module of a manifest's graph requires.
pub struct GoLines<'a> {
    manifest: &'a Manifest,
    requires: HashMap<&'a str, &'a [String]>,
}

impl<'a> GoLines<'a> {
    /// Of a manifest.
    pub fn of(manifest: &'a Manifest) -> Self {
        let nodes = manifest.graph.iter().map(|node| (node.module.as_str(), node.requires.as_slice()));
        Self { manifest, requires: nodes.collect() }
    }

    /// The attributes of a main module; names that have nothing to say are
    /// left out.
    pub fn attributes(&self, main: &MainModule) -> Vec<(String, String)> {
        let mut found = vec![("dir", main.dir.clone())];
        let work =
            main.workspace.as_ref().and_then(|dir| self.manifest.workspaces.iter().find(|w| w.dir == *dir));
        // In a workspace go does not look at the toolchain lines of go.mod files.
        match work {
            Some(work) => {
                found.push(("go-work.dir", work.dir.clone()));
                found.extend(work.go_version.clone().map(|version| ("go-work.go-version", version)));
                found.extend(work.toolchain.clone().map(|name| ("go-work.toolchain", name)));
            }
            None => {
                let required = self.requires.get(main.path.as_str()).copied().unwrap_or_default();
                let name = required.iter().find_map(|required| required.strip_prefix("toolchain@"));
                found.extend(name.map(|name| ("toolchain", name.to_owned())));
            }
        }
        if let Some((version, by)) = self.required(main) {
            found.extend([("requires-go", version.to_owned()), ("requires-go.by", by.to_owned())]);
        }
        found.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The newest go line among the dependencies of a main module, or of its
    /// workspace, with whose it is.
    fn required(&self, main: &'a MainModule) -> Option<(&'a str, &'a str)> {
        let mains = self.manifest.main_modules.iter();
        let together = mains
            .filter(|m| m.path == main.path || main.workspace.is_some() && m.workspace == main.workspace);
        let starts: BTreeSet<&str> = together.map(|m| m.path.as_str()).collect();
        let (mut seen, mut open): (BTreeSet<&str>, Vec<&str>) =
            (starts.clone(), starts.iter().copied().collect());
        let mut newest: Option<(&str, &str)> = None;
        while let Some(node) = open.pop() {
            for required in self.requires.get(node).copied().unwrap_or_default() {
                match required.strip_prefix("go@") {
                    // A main module's own line, which is another attribute; an
                    // edge from `go` leads to a toolchain.
                    Some(version) if !starts.contains(node) => {
                        let order =
                            newest.map(|(known, by)| gover::compare(version, known).then(by.cmp(node)));
                        if order.is_none_or(std::cmp::Ordering::is_gt) {
                            newest = Some((version, node));
                        }
                    }
                    Some(_) => {}
                    None if seen.insert(required) => open.push(required),
                    None => {}
                }
            }
        }
        newest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use airgo_bundle::Sha256;
    use airgo_bundle::manifest::{GraphNode, Payload, SCHEMA, Scope, Workspace};

    fn manifest(workspace: Option<Workspace>, graph: &[(&str, &[&str])]) -> Manifest {
        let main = |dir: &str, path: &str| MainModule {
            dir: dir.to_owned(),
            go_mod_sha256: Sha256([0; 32]),
            go_version: Some("1.22.0".to_owned()),
            imports: None,
            path: path.to_owned(),
            workspace: workspace.as_ref().map(|w| w.dir.clone()),
        };
        let node = |(module, requires): &(&str, &[&str])| GraphNode {
            module: (*module).to_owned(),
            requires: requires.iter().map(|r| (*r).to_owned()).collect(),
        };
        Manifest {
            build_tags: Vec::new(),
            content_id: String::new(),
            data: Vec::new(),
            graph: graph.iter().map(node).collect(),
            main_modules: vec![main("a", "example.com/a"), main("b", "example.com/b")],
            modules: Vec::new(),
            payload: Payload::default(),
            platforms: Vec::new(),
            schema: SCHEMA.to_owned(),
            scope: Scope::Build,
            workspaces: workspace.into_iter().collect(),
        }
    }

    fn recorded(manifest: &Manifest) -> Vec<String> {
        let lines = GoLines::of(manifest);
        let one = |main| {
            let all = lines.attributes(main);
            all.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        };
        manifest.main_modules.iter().map(one).collect()
    }

    const GRAPH: [(&str, &[&str]); 5] = [
        ("example.com/a", &["example.com/x@v1.0.0", "go@1.22.0", "toolchain@go1.22.3"]),
        ("example.com/b", &["example.com/y@v1.0.0", "go@1.22.0"]),
        ("example.com/x@v1.0.0", &["example.com/z@v1.0.0", "go@1.21.0"]),
        ("example.com/z@v1.0.0", &["go@1.23.10"]),
        ("example.com/y@v1.0.0", &["go@1.23.9"]),
    ];

    #[test]
    fn a_module_has_its_own_lines_and_those_of_what_it_requires() {
        assert_eq!(
            recorded(&manifest(None, &GRAPH)),
            [
                "dir=a toolchain=go1.22.3 requires-go=1.23.10 requires-go.by=example.com/z@v1.0.0",
                "dir=b requires-go=1.23.9 requires-go.by=example.com/y@v1.0.0",
            ]
        );
        assert_eq!(recorded(&manifest(None, &[])), ["dir=a", "dir=b"]);
    }

    #[test]
    fn a_workspace_has_those_of_go_work_and_of_all_its_modules() {
        let work = Workspace {
            dir: ".".to_owned(),
            go_version: Some("1.23.0".to_owned()),
            go_work_sha256: Sha256([0; 32]),
            toolchain: Some("go1.23.4".to_owned()),
        };
        let rest = "go-work.dir=. go-work.go-version=1.23.0 go-work.toolchain=go1.23.4 requires-go=1.23.10 requires-go.by=example.com/z@v1.0.0";
        assert_eq!(
            recorded(&manifest(Some(work), &GRAPH)),
            [format!("dir=a {rest}"), format!("dir=b {rest}")]
        );
    }
}
