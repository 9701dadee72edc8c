//! A resolution as the go command prints it.

use std::fmt::Write as _;

use airgo_gomod::ModuleVersion;

use crate::resolution::{Replacement, Resolution};

/// The bytes of `go list -m all` (cmd/go modinfo/info.go, ModulePublic.String).
pub fn format_list(resolution: &Resolution) -> String {
    let mut out = String::new();
    for selected in &resolution.build_list {
        push_module(&mut out, &selected.module);
        match &selected.replacement {
            Some(Replacement::Module(m)) => {
                out.push_str(" => ");
                push_module(&mut out, m);
            }
            Some(Replacement::Directory { path, .. }) => {
                let _ = write!(out, " => {path}");
            }
            None => {}
        }
        out.push('\n');
    }
    out
}

fn push_module(out: &mut String, m: &ModuleVersion) {
    out.push_str(&m.path);
    if !m.version.is_empty() {
        let _ = write!(out, " {}", m.version);
    }
}

/// The lines of `go mod graph`, sorted bytewise.
pub fn format_graph(resolution: &Resolution) -> String {
    let mut out = String::new();
    for [from, to] in resolution.graph.sorted().iter() {
        // Nothing in a module's name sorts before the space between the two.
        out.extend([from, " ", to, "\n"]);
    }
    out
}
