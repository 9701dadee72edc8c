//! A tiny project with two modules, packed in memory.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

#[cfg(test)]
pub mod blocks;
#[cfg(test)]
pub mod forge;

use airgo_bundle::keys::SigningKey;
use airgo_bundle::manifest::{
    DataSnapshot, GraphNode, Hashed, Import, MainModule, Module, Payload, Replacement, ReplacementModule,
    SCHEMA, Scope, Stored, SumSource,
};
use airgo_bundle::{
    Bundle, BundleError, BundleWriter, Limits, Manifest, Object, Sha256, SignedBundle, Signing, Trust,
    TrustedKey, Unverified,
};
use airgo_gomod::H1;
use airgo_testkit::h1_go_mod;
use std::collections::HashMap;
use std::io::{self, Cursor, Read};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

pub const JOBS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// A manifest with the bytes of its objects.
#[derive(Clone)]
pub struct World {
    pub manifest: Manifest,
    pub bytes: HashMap<String, Vec<u8>>,
}

pub fn stored(bytes: &[u8]) -> Stored {
    Stored { sha256: Sha256::of(bytes), size: bytes.len() as u64 }
}

pub fn hashed(bytes: &[u8], h1: H1) -> Hashed {
    Hashed { h1, sha256: Sha256::of(bytes), size: bytes.len() as u64, sum: SumSource::GoSum }
}

/// A manifest's module with the objects of a built one.
pub fn module(built: &airgo_testkit::Module, bytes: &mut HashMap<String, Vec<u8>>) -> Module {
    let id = built.id().clone();
    let info = airgo_bundle::info::canonical_info(&built.info_bytes(), &id.version).unwrap();
    let (go_mod, zip) = (built.go_mod_bytes(), built.zip_bytes());
    let found = Module {
        direct: true,
        info: Some(stored(&info.bytes)),
        go_mod: Some(hashed(&go_mod, h1_go_mod(&go_mod))),
        path: id.path.clone(),
        replacement: None,
        carried: None,
        encoder: None,
        files: None,
        required_by: Vec::new(),
        selected: true,
        time: info.time,
        version: id.version.clone(),
        zip: Some(hashed(&zip, built.h1())),
    };
    use airgo_bundle::ObjectKind::{Info, Mod, Zip};
    for (kind, content) in [(Info, info.bytes), (Mod, go_mod), (Zip, zip)] {
        bytes.insert(airgo_bundle::names::object_name(&id, kind).unwrap(), content);
    }
    found
}

pub fn empty_manifest() -> Manifest {
    Manifest {
        build_tags: Vec::new(),
        content_id: String::new(),
        data: Vec::new(),
        graph: Vec::new(),
        main_modules: vec![MainModule {
            dir: ".".into(),
            go_mod_sha256: Sha256::of(b"module example.com/app\n"),
            go_version: Some("1.24".into()),
            imports: Some(vec![Import { path: "example.com/Upper".into(), platforms: vec![], test: false }]),
            path: "example.com/app".into(),
            workspace: None,
        }],
        modules: Vec::new(),
        payload: Payload::default(),
        platforms: vec!["linux/amd64".into()],
        schema: SCHEMA.into(),
        scope: Scope::Build,
        workspaces: Vec::new(),
    }
}

/// Two modules, one behind a replacement, and a data snapshot.
pub fn tiny() -> World {
    let mut bytes = HashMap::new();
    let upper =
        airgo_testkit::Module::new("example.com/Upper", "v1.2.0").go("1.20").file("a.go", "package upper\n");
    let fork = airgo_testkit::Module::new("example.com/fork", "v0.1.0").file("b.go", "package fork\n");
    let mut replaced = module(&fork, &mut bytes);
    replaced.path = "example.com/orig".into();
    replaced.version = "v0.9.0".into();
    replaced.direct = false;
    replaced.replacement = Some(Replacement::Module(ReplacementModule {
        path: "example.com/fork".into(),
        version: "v0.1.0".into(),
    }));
    let data = b"{}".to_vec();
    let mut manifest = empty_manifest();
    manifest.data = vec![DataSnapshot {
        date: "2026-08-21T00:00:00Z".into(),
        name: "vulndb".into(),
        sha256: Sha256::of(&data),
        size: 2,
        stored: true,
    }];
    bytes.insert("data/vulndb".into(), data);
    manifest.graph = vec![
        GraphNode { module: "example.com/app".into(), requires: vec!["example.com/Upper@v1.2.0".into()] },
        GraphNode {
            module: "example.com/Upper@v1.2.0".into(),
            requires: vec!["go@1.20".into(), "example.com/orig@v0.9.0".into()],
        },
    ];
    manifest.modules = vec![replaced, module(&upper, &mut bytes)];
    World { manifest: manifest.seal().unwrap(), bytes }
}

impl World {
    pub fn open(&self, object: &Object) -> io::Result<Box<dyn Read + Send>> {
        match self.bytes.get(&object.name) {
            Some(bytes) => Ok(Box::new(Cursor::new(bytes.clone()))),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    pub fn write(&self, target: &Path, signings: &[Signing<'_>]) -> Result<(), BundleError> {
        self.write_with(target, &[], signings)
    }

    pub fn write_with(
        &self,
        target: &Path,
        evidence: &[(&str, &[u8])],
        signings: &[Signing<'_>],
    ) -> Result<(), BundleError> {
        let mut writer = BundleWriter::create(target, &self.manifest)?;
        writer.write_objects(&|o: &Object| self.open(o), JOBS, &())?;
        for (name, bytes) in evidence {
            writer.add_evidence(name, bytes.to_vec())?;
        }
        writer.finish(signings).map(drop)
    }

    /// The bytes of a bundle with these signers.
    pub fn packed(&self, signings: &[Signing<'_>]) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("tiny.airgo");
        self.write(&target, signings).unwrap();
        std::fs::read(target).unwrap()
    }
}

/// The same key on every run. It protects nothing.
pub fn key(number: u8) -> SigningKey {
    let pem = ed25519_dalek::pkcs8::EncodePrivateKey::to_pkcs8_pem(
        &ed25519_dalek::SigningKey::from_bytes(&[number; 32]),
        Default::default(),
    );
    SigningKey::parse(&pem.unwrap(), &mut || None).unwrap()
}

pub fn trust(keys: &[&SigningKey]) -> Trust {
    use airgo_bundle::keys::Signer as _;
    let mut trust = Trust::new();
    for key in keys {
        trust.add(TrustedKey::new(key.public_key().clone(), None));
    }
    trust
}

pub fn now() -> jiff::Timestamp {
    "2026-09-01T00:00:00Z".parse().unwrap()
}

pub fn open(bytes: &[u8]) -> Result<Unverified, BundleError> {
    Bundle::from_source(Arc::new(bytes.to_vec()), &Limits::default())
}

/// Everything that `airgo verify` does.
pub fn verify(bytes: &[u8], trust: &Trust) -> Result<SignedBundle, BundleError> {
    let signed = open(bytes)?.verify_signatures(trust, now())?;
    signed.verify_objects(NonZeroUsize::MIN, &())?;
    Ok(signed)
}
