//! A bundle out of nothing, to measure a plugin over: as many modules as asked
//! for, the same on any machine.

use crate::fixture::{Made, Main, Module};

/// What every tenth module carries for a licence; the others have a short one.
const LICENCE: &str = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software, \
    to deal in the Software without restriction, subject to the above notice being included in all copies.\n";

/// A bundle of `count` modules with a handful of small Go files each; some are
/// at major version 0, some indirect.
pub fn bundle(count: usize) -> Made {
    let modules: Vec<Module> = (0..count).map(module).collect();
    let imports = modules.iter().take(100).map(|m| format!("{}/core", m.path)).collect();
    let main = Main {
        path: "example.com/generated".to_owned(),
        go_version: Some("1.25".to_owned()),
        imports,
        attributes: Vec::new(),
    };
    Made { main_modules: vec![main], modules, ..Made::default() }
}

fn module(number: usize) -> Module {
    // An organisation of sixteen modules each, as on a forge.
    let path = format!("example.com/org{:03}/module{number:05}", number / 16);
    let version = format!("v{}.{}.{}", number % 3 % 2, number % 7, number % 5);
    let mut module = Module {
        time: Some(format!("2025-{:02}-{:02}T12:00:00Z", number % 12 + 1, number % 28 + 1)),
        direct: number.is_multiple_of(4),
        path,
        version,
        ..Module::default()
    };
    let next = format!("example.com/org{:03}/module{:05}", (number + 1) / 16, number + 1);
    let go_mod = format!("module {}\n\ngo 1.22\n\nrequire {next} v1.0.0\n", module.path);
    module.files.insert("go.mod".to_owned(), go_mod.into_bytes());
    let licence = if number.is_multiple_of(10) { LICENCE.repeat(8) } else { "MIT\n".to_owned() };
    module.files.insert("LICENSE".to_owned(), licence.into_bytes());
    for (file, package) in [("core/core.go", "core"), ("core/more.go", "core"), ("util/util.go", "util")] {
        let code = format!(
            "package {package}\n\nimport \"{next}/core\"\n\n// F{number} adds.\nfunc F{number}(a, b int) int {{\n\treturn core.Add(a, b)\n}}\n"
        );
        module.files.insert(file.to_owned(), code.repeat(1 + number % 4).into_bytes());
    }
    module.complete();
    module
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_modules_every_time_and_no_two_alike() {
        let made = bundle(50);
        assert_eq!(made, bundle(50));
        let sums: std::collections::BTreeSet<_> = made.modules.iter().map(|m| &m.sum).collect();
        assert_eq!(sums.len(), 50);
        assert!(made.modules.iter().any(|m| m.version.starts_with("v0.")));
        assert!(made.modules.iter().any(|m| m.version.starts_with("v1.")));
    }
}
