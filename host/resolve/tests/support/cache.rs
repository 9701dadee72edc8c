//! A GOMODCACHE that holds just what a resolution says is needed.

use std::fs;
use std::path::Path;

use airgo_gomod::{ModuleVersion, module};
use airgo_resolve::Needs;
use airgo_testkit::World;

/// Where the files of a module version stand below a GOMODCACHE, without their
/// suffix.
pub fn stem(m: &ModuleVersion) -> String {
    let path = module::escape_path(&m.path).unwrap();
    format!("cache/download/{path}/@v/{}", module::escape_version(&m.version).unwrap())
}

/// The names of all files that are needed: `.ziphash` goes with `.zip`.
pub fn names(needs: &Needs) -> Vec<String> {
    let kinds: [(&[ModuleVersion], &[&str]); 3] =
        [(&needs.mods, &["mod"]), (&needs.infos, &["info"]), (&needs.zips, &["zip", "ziphash"])];
    let mut names = Vec::new();
    for (list, suffixes) in kinds {
        for m in list {
            names.extend(suffixes.iter().map(|suffix| format!("{}.{suffix}", stem(m))));
        }
    }
    names
}

/// Writes what is needed, from a made world.
pub fn fill(world: &World, needs: &Needs, gomodcache: &Path) {
    for (list, kind) in [(&needs.mods, "mod"), (&needs.infos, "info"), (&needs.zips, "zip")] {
        for m in list {
            let module = world.get(&m.path, &m.version).unwrap_or_else(|| panic!("{m} is needed"));
            let file = gomodcache.join(format!("{}.{kind}", stem(m)));
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            let bytes = match kind {
                "mod" => module.go_mod_bytes(),
                "info" => module.info_bytes(),
                _ => {
                    fs::write(file.with_extension("ziphash"), module.h1().to_string()).unwrap();
                    module.zip_bytes()
                }
            };
            fs::write(file, bytes).unwrap();
        }
    }
}
