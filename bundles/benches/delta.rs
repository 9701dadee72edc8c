//! How large a delta of a real bundle is when three of its modules change, and
//! how long volumes, a survey and a repair take:
//! `cargo bench -p airgo-bundle --bench delta -- BUNDLE`.
//!
//! The changed modules are the ones of median, 75th and 90th percentile zip
//! size, with the next patch version. Their new zips are the old bytes: of a
//! module's next version all bytes are new to the receiver, and about as many.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../tests/suite/support/mod.rs"]
mod support;

use airgo_bundle::corruption::{self, Corruption};
use airgo_bundle::keys::PublicKey;
use airgo_bundle::names::object_name;
use airgo_bundle::repair::{self, Requirements};
use airgo_bundle::{
    Bundle, BundleWriter, Limits, Manifest, Object, ObjectKind, PositionedFile, ReadAt, SignedBundle,
    Signing, Trust, TrustedKey, Volumes, split,
};
use airgo_gomod::ModuleVersion;
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

fn next_patch(version: &str) -> String {
    let (head, patch) = version.rsplit_once('.').unwrap();
    format!("{head}.{}", patch.parse::<u64>().map_or(99, |n| n + 1))
}

/// The manifest a release later, and each new module's old name.
fn later(manifest: &Manifest) -> (Manifest, HashMap<ModuleVersion, ModuleVersion>) {
    let plain = |v: &str| v.split('.').count() == 3 && !v.contains(['-', '+']);
    let mut candidates: Vec<_> = manifest
        .modules
        .iter()
        .filter(|m| m.selected && m.replacement.is_none() && plain(&m.version))
        .filter_map(|m| Some((m.zip?.size, m.path.clone(), m.version.clone())))
        .collect();
    candidates.sort();
    let mut new = manifest.clone();
    let mut names = HashMap::new();
    for share in [50, 75, 90] {
        let (size, path, version) = &candidates[candidates.len() * share / 100];
        let next = next_patch(version);
        println!("{path} {version} -> {next} ({size} bytes)");
        let (old, fresh) = (format!("{path}@{version}"), format!("{path}@{next}"));
        for module in new.modules.iter_mut().filter(|m| m.path == *path && m.version == *version) {
            module.version.clone_from(&next);
        }
        for node in &mut new.graph {
            for name in std::iter::once(&mut node.module).chain(&mut node.requires) {
                if *name == old {
                    name.clone_from(&fresh);
                }
            }
            node.requires.sort();
        }
        names.insert(ModuleVersion::new(path, &next), ModuleVersion::new(path, version));
    }
    (new.seal().unwrap(), names)
}

fn opened(path: &Path, trust: &Trust) -> SignedBundle {
    let opened = Bundle::open(path, &Limits::default()).unwrap();
    opened.verify_signatures(trust, support::now()).unwrap()
}

fn main() {
    let Some(path) = std::env::args().skip(1).find(|a| !a.starts_with('-')) else {
        println!("usage: cargo bench -p airgo-bundle --bench delta -- BUNDLE");
        return;
    };
    let path = Path::new(&path);
    let dir = tempfile::tempdir_in(path.parent().unwrap()).unwrap();
    let at = |name: &str| dir.path().join(name);
    let key = support::key(1);
    // Whoever signed it: sizes are measured here, not trust.
    let unverified = Bundle::open(path, &Limits::default()).unwrap();
    let mut trust = support::trust(&[&key]);
    for signer in unverified.signatures(&Trust::new(), support::now()).unwrap().all() {
        let key: PublicKey = signer.public_key.clone();
        trust.add(TrustedKey::new(key, None));
    }
    let base = opened(path, &trust);
    let (manifest, names) = later(base.manifest());
    let open = |o: &Object| -> std::io::Result<Box<dyn Read + Send>> {
        let name = match names.get(&o.module) {
            Some(old) if o.kind != ObjectKind::List => object_name(old, o.kind).unwrap(),
            _ => o.name.clone(),
        };
        Ok(Box::new(base.read_object(&name).map_err(std::io::Error::other)?))
    };
    let whole = at("whole.airgo");
    let mut writer = BundleWriter::create(&whole, &manifest).unwrap();
    writer.write_objects(&open, support::JOBS, &()).unwrap();
    for name in base.evidence() {
        writer.add_evidence(name, base.read_evidence(name).unwrap()).unwrap();
    }
    writer.finish(&[Signing::new(&key)]).unwrap();
    let new = opened(&whole, &trust);
    let delta = at("delta.airgo");
    let began = Instant::now();
    let written = new.write_delta(base.manifest(), &delta, support::JOBS, &()).unwrap();
    let full = std::fs::metadata(&whole).unwrap().len();
    let share = written.size as f64 * 100.0 / full as f64;
    println!("delta {} of {full} bytes: {share:.2} % in {:.2?}", written.size, began.elapsed());
    let checked = Bundle::open(&delta, &Limits::default())
        .unwrap()
        .verify_with_base(&trust, support::now(), &base)
        .unwrap();
    checked.verify_objects(support::JOBS, &()).unwrap();

    let file = |p: &Path| -> Arc<dyn ReadAt> {
        Arc::new(PositionedFile::new(std::fs::File::open(p).unwrap()).unwrap())
    };
    let began = Instant::now();
    let volumes = split(&*file(&whole), &at("v.airgo"), 64 << 20, &()).unwrap();
    println!("{} volumes of 64 MiB in {:.2?}", volumes.len(), began.elapsed());
    let began = Instant::now();
    assert!(Volumes::open(&volumes).unwrap().scan(&()).unwrap().is_sound());
    println!("volumes surveyed in {:.2?}", began.elapsed());
    let began = Instant::now();
    let found = corruption::scan(&file(&whole), &Limits::default(), support::JOBS, &()).unwrap();
    assert_eq!(found, Corruption::None);
    println!("file surveyed in {:.2?}", began.elapsed());
    let began = Instant::now();
    let limits = Limits::default();
    let demand =
        Requirements { trust: &trust, now: support::now(), base: None, limits: &limits, jobs: support::JOBS };
    let assembly = Volumes::open(&volumes).unwrap().assemble().unwrap();
    repair::repair(&assembly, &at("again.airgo"), &demand, &()).unwrap();
    println!("put together, verified and written in {:.2?}", began.elapsed());
    let began = Instant::now();
    let modules = base.verify_modules(support::JOBS, &()).unwrap();
    println!("{} zips and go.mods by Go's rules in {:.2?}", modules.objects, began.elapsed());
}
