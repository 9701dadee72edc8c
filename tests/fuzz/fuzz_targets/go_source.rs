//! Go source files: what follows the head changes nothing, lines are lines of the
//! file, and whether a file is built follows from the conditions that are named.
#![no_main]

use airgo_gomod::gosource::{Platform, Tags, Truth, embed_patterns, is_built, read, when_built};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let source = read(data);
    let lines = data.iter().filter(|b| **b == b'\n').count() as u32 + 1;
    assert!(source.imports.iter().all(|import| (1..=lines).contains(&import.line)));
    assert!(source.error.is_some() || source.imports.iter().all(|import| !import.path.is_empty()));
    if source.complete && source.error.is_none() {
        assert_eq!(read(&[data, b"\nvar last int\n"].concat()), source);
    }
    // An empty pattern is one, which go refuses where it is resolved.
    let _ = embed_patterns(data);
    let ports = Platform::ports();
    for name in ["a.go", "a_test.go", "a_windows.go", "_a.go"] {
        let when = when_built(name, &source);
        for platform in ports.iter().take(4).map(Some).chain([None]) {
            let tags = Tags { platform, build: &[], cgo: None };
            let all = |when: &Vec<_>| {
                when.iter().fold(Truth::Yes, |all, expr: &airgo_gomod::gosource::Expr| {
                    all.and(expr.evaluate(&|tag| tags.has(tag)))
                })
            };
            assert_eq!(is_built(name, &source, &tags), when.as_ref().map_or(Truth::No, all));
        }
    }
});
