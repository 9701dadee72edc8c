//! The result does not depend on the order in which go.mod files arrive.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::HashMap;

use airgo_resolve::{Mode, ResolveError, format_graph, format_list, resolve};
use airgo_testkit::Rng;
use airgo_testkit::{TempTree, World};
use proptest::prelude::*;
use support::source::{Files, Shuffled};
use support::{generate, project};

fn files(world: &World) -> Files {
    world.modules().iter().map(|m| (m.id().clone(), m.go_mod_bytes())).collect::<HashMap<_, _>>()
}

/// All that describes a result, errors with all their chains included.
fn described(dir: &TempTree, files: &Files, mode: Mode, order: u64) -> String {
    let Ok(project) = project::load(dir.path(), mode, Some("1.26.8")) else { return String::new() };
    match resolve(&project, &mut Shuffled::new(files, order)) {
        Ok(r) => {
            format!("{}{}{:?}{:?}{:?}", format_list(&r), format_graph(&r), r.graph, r.go_mods, r.build_list)
        }
        Err(ResolveError::Graph(e)) => {
            let others = e.others.iter().map(|(chain, e)| format!("{chain:?} {e}\n")).collect::<String>();
            format!("{e}\n{:?}\n{others}", e.chain)
        }
        Err(e) => e.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn completion_order_does_not_matter(seed: u64, order: u64, other: u64) {
        let mut rng = Rng::new(seed);
        let world = generate::world(&mut rng, 20, 4);
        let place = TempTree::new();
        place.write("go.sum", "");
        generate::project(&mut rng, &world, &place);
        let files = files(&world);
        for mode in [Mode::Readonly, Mode::Update] {
            prop_assert_eq!(described(&place, &files, mode, order), described(&place, &files, mode, other));
        }
    }
}
