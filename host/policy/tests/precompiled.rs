//! The built-in plugins are compiled when airgo is: the first run on a fresh
//! machine does not have to, and says the same.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use airgo_policy::{
    BUILTINS, CheckRequest, DataSet, Engine, EngineConfig, Finding, Limits, MemoryBundle, ModuleInfo,
};

const MIT: &str = include_str!("../../../plugins/licence/fixtures/mit.txt");
const GPL: &str = include_str!("../../../plugins/licence/fixtures/gpl-3.0-or-later-header.txt");

fn engine() -> Engine {
    Engine::new(EngineConfig { cache_dir: None }).unwrap()
}

/// Whether this CPU has what build.rs compiles for.
fn fits() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("bmi2");
    #[cfg(not(target_arch = "x86_64"))]
    return true;
}

fn findings(component: &[u8], config: &str) -> (Vec<Finding>, bool) {
    let mut bundle = MemoryBundle::default();
    for n in 0..20 {
        let (path, version) = (format!("example.com/m{n}"), "v1.0.0".to_owned());
        let source = if n % 4 == 0 { "package a\nimport \"C\"\nimport \"unsafe\"\n" } else { "package a\n" };
        let module =
            ModuleInfo { path, version, sum: format!("h1:{n}"), zip_size: 1000, ..ModuleInfo::default() };
        bundle.add(module, &[("LICENSE", if n % 3 == 0 { GPL } else { MIT }), ("a.go", source)]);
    }
    let plugin = engine().load(component, &Limits::default()).unwrap();
    let request = CheckRequest {
        view: Arc::new(bundle),
        data: Arc::new(DataSet::default()),
        judged_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        config: config.to_owned(),
    };
    (plugin.check(Arc::new(request)).unwrap().findings, plugin.from_cache())
}

#[test]
fn each_builtin_is_ready() {
    if !fits() {
        eprintln!("SKIPPED: this CPU is older than those that built-in plugins are compiled for");
        return;
    }
    for builtin in &BUILTINS {
        assert!(
            engine().load(builtin.component(), &Limits::default()).unwrap().from_cache(),
            "{}",
            builtin.name
        );
    }
}

#[test]
fn each_says_what_its_source_says_when_compiled_here() {
    for builtin in &BUILTINS {
        let config = match builtin.name {
            "licence" => "{\"report\":true}",
            "native" => "{\"unsafe\":\"warn\",\"generate\":\"warn\"}",
            _ => "{}",
        };
        // Behind a custom section nobody knows it.
        let external = [builtin.component(), b"\0\x05\x04test"].concat();
        let (compiled, known) = findings(&external, config);
        assert!(!known, "{}", builtin.name);
        assert_eq!(findings(builtin.component(), config).0, compiled, "{}", builtin.name);
        assert!(!compiled.is_empty() || builtin.name == "allowlist", "{} has nothing to say", builtin.name);
    }
}
