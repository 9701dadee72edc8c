//! Bundles whose files are in blocks: what is read is what was packed, and what is
//! not as the lists and the manifest say is refused.

use crate::support::blocks::{Zips, compact, exact, modules, world};
use crate::support::{self, JOBS, World, key, now, open, trust, verify};
use airgo_bundle::manifest::{Encoding, SCHEMA_3, Stored};
use airgo_bundle::{
    BundleError, ContentSink, ContentsError, ErrorClass, ModuleFault, Rule, Sha256, SignedBundle, Signing,
};
use airgo_gomod::ModuleVersion;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// Collects all contents of a bundle's blocks by `module file`.
fn files_of(bundle: &SignedBundle) -> BTreeMap<String, Vec<u8>> {
    struct Collect(Vec<Vec<u8>>, usize);
    impl ContentSink for Collect {
        type Error = Infallible;
        fn start(&mut self, content: usize) -> Result<(), Infallible> {
            assert_eq!(content, self.0.len() + self.1);
            self.0.push(Vec::new());
            Ok(())
        }
        fn data(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
            self.0.last_mut().unwrap().extend_from_slice(bytes);
            Ok(())
        }
        fn end(&mut self) -> Result<(), Infallible> {
            Ok(())
        }
    }
    let blocks = bundle.blocks().unwrap();
    let mut found = BTreeMap::new();
    for index in 0..blocks.len() {
        let (range, _) = blocks.block(index);
        let mut sink = Collect(Vec::new(), range.start);
        blocks.read(index, &mut sink, &()).unwrap();
        for (content, bytes) in range.zip(sink.0) {
            assert_eq!(blocks.block_of(content), index);
            assert_eq!(Sha256::of(&bytes).0, blocks.contents().sha256(content));
            for place in blocks.contents().places(content) {
                let (module, file) = blocks.contents().file(*place).unwrap();
                found.insert(format!("{module} {}", file.name), bytes.clone());
            }
        }
    }
    found
}

fn signed(world: &World) -> Result<SignedBundle, BundleError> {
    let key = key(1);
    let bundle = open(&world.packed(&[Signing::new(&key)]))?.verify_signatures(&trust(&[&key]), now())?;
    bundle.verify_objects(JOBS, &())?;
    bundle.verify_modules(JOBS, &())?;
    Ok(bundle)
}

#[test]
fn what_is_read_is_what_was_packed() {
    for (world, carried) in [(exact(), false), (compact(), true)] {
        assert_eq!(world.manifest.schema, SCHEMA_3);
        let bundle = signed(&world).unwrap();
        let found = files_of(&bundle);
        let mut wanted = BTreeMap::new();
        for module in modules() {
            let (id, zips) = (module.id().clone(), Zips::of(&[module]));
            let list = zips.list(&id);
            assert_eq!(bundle.file_list(&id).unwrap().as_ref(), Some(&list));
            for file in list.iter().filter(|file| carried || !file.name.starts_with("data/")) {
                let bytes = zips.file(&id, file.name);
                wanted.insert(format!("{id} {}", file.name), bytes);
            }
        }
        assert_eq!(found, wanted);
        // Equal files are stored once.
        let blocks = bundle.blocks().unwrap();
        assert_eq!(blocks.contents().len(), found.len() - 2, "three files are equal");
    }
}

/// The same modules are the same content, however they are stored.
#[test]
fn the_content_id_is_that_of_the_zips() {
    let zips = world_of_zips();
    assert_eq!(exact().manifest.content_id, zips.manifest.content_id);
    assert_eq!(compact().manifest.content_id, zips.manifest.content_id);
}

/// The modules in their zips, with lists.
pub fn world_of_zips() -> World {
    let mut world = compact();
    world.manifest.payload = Default::default();
    for (stated, built) in world.manifest.modules.iter_mut().zip(modules()) {
        stated.encoder = None;
        world.bytes.insert(
            airgo_bundle::names::object_name(built.id(), airgo_bundle::ObjectKind::Zip).unwrap(),
            built.zip_bytes(),
        );
    }
    World { manifest: world.manifest.seal().unwrap(), ..world }
}

#[test]
fn zips_may_have_lists_beside_them() {
    let world = world_of_zips();
    assert_eq!(world.manifest.schema, SCHEMA_3);
    let bundle = signed(&world).unwrap();
    for module in modules() {
        assert_eq!(bundle.file_list(module.id()).unwrap().unwrap().h1(module.id()), module.h1());
    }
    assert!(bundle.blocks().unwrap().is_empty());
}

/// A list that hashes to something else than the module's h1.
#[test]
fn a_list_of_another_module_is_refused() {
    let mut world = exact();
    let list = |n: usize| {
        airgo_bundle::names::object_name(modules()[n].id(), airgo_bundle::ObjectKind::FileList).unwrap()
    };
    let other = world.bytes[&list(1)].clone();
    world.manifest.modules[0].files = Some(support::stored(&other));
    world.bytes.insert(list(0), other);
    world.manifest = world.manifest.seal().unwrap();
    let error = signed(&world).unwrap_err();
    assert!(
        matches!(&error, BundleError::Module(fault) if matches!(**fault, ModuleFault::H1 { .. })),
        "{error}"
    );
    assert_eq!(error.class(), ErrorClass::Checksum);
    assert!(error.to_string().contains("list of files of example.com/a/one@v1.0.0"), "{error}");
}

/// Replaces a block by other bytes, as a signer who packs carelessly would.
fn with_block(mut world: World, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> World {
    let block = world.manifest.payload.blocks[0].clone();
    let old = world.bytes.remove(&format!("blocks/{}.zst", block.sha256)).unwrap();
    let new = change(zstd::decode_all(old.as_slice()).unwrap());
    let stated = &mut world.manifest.payload.blocks[0];
    (stated.sha256, stated.size) = (Sha256::of(&new), new.len() as u64);
    world.bytes.insert(format!("blocks/{}.zst", stated.sha256), new);
    World { manifest: world.manifest.seal().unwrap(), ..world }
}

#[test]
fn a_file_unlike_its_line_is_refused() {
    let world = with_block(exact(), |mut bytes| {
        let at = bytes.windows(11).position(|w| w == b"package one").unwrap();
        bytes[at + 8] = b'0';
        zstd::encode_all(bytes.as_slice(), 3).unwrap()
    });
    let error = signed(&world).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Checksum);
    let text = error.to_string();
    assert!(text.contains("checksum mismatch for a.go of example.com/a/one@v1.0.0"), "{text}");
}

#[test]
fn blocks_that_are_not_what_is_stated_are_refused() {
    type Change = fn(Vec<u8>) -> Vec<u8>;
    let pack = |bytes: &[u8]| zstd::encode_all(bytes, 3).unwrap();
    let changes: [(&str, Change); 6] = [
        ("too short", |bytes| zstd::encode_all(&bytes[..bytes.len() - 1], 3).unwrap()),
        ("too long", |bytes| zstd::encode_all([bytes.as_slice(), b"x"].concat().as_slice(), 3).unwrap()),
        ("bytes behind", |bytes| [zstd::encode_all(bytes.as_slice(), 3).unwrap().as_slice(), b"x"].concat()),
        ("a second frame", |bytes| {
            let (one, two) = bytes.split_at(bytes.len() / 2);
            [zstd::encode_all(one, 3).unwrap(), zstd::encode_all(two, 3).unwrap()].concat()
        }),
        ("no frame", |bytes| bytes),
        ("a bomb", |_| zstd::encode_all(vec![0; 64 << 20].as_slice(), 3).unwrap()),
    ];
    for (what, change) in changes {
        let error = signed(&with_block(exact(), change)).unwrap_err();
        assert!(matches!(error.class(), ErrorClass::Malformed | ErrorClass::Checksum), "{what}: {error}");
    }
    // The trial itself is fair.
    signed(&with_block(exact(), |bytes| pack(&bytes))).unwrap();
}

/// A window is memory that the reader has to hold.
#[test]
fn a_block_with_a_wider_window_is_refused() {
    use std::io::Write as _;
    let world = with_block(exact(), |bytes| {
        let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(25).unwrap();
        encoder.write_all(&bytes).unwrap();
        encoder.finish().unwrap()
    });
    let error = signed(&world).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Malformed, "{error}");
}

/// Manifests whose members contradict each other, by the rule that each breaks.
#[test]
fn members_of_other_encodings_are_refused() {
    type Change = fn(&mut World);
    let changes: [(&str, Change); 9] = [
        ("blocks in a tree", |w| w.manifest.payload.encoding = Encoding::GoproxyTree),
        ("an encoder in exact", |w| {
            w.manifest.modules[0].encoder = Some(airgo_bundle::manifest::Encoder::Go126)
        }),
        ("carried without a list", |w| w.manifest.modules[1].files = None),
        ("carried that is not base64", |w| w.manifest.modules[1].carried = Some("!".into())),
        ("a list without its zip", |w| w.manifest.modules[0].zip = None),
        ("an empty block", |w| w.manifest.payload.blocks[0].contents = 0),
        ("a block twice", |w| w.manifest.payload.blocks[1] = w.manifest.payload.blocks[0].clone()),
        ("a block over the limit", |w| w.manifest.payload.blocks[0].unpacked = 17 << 20),
        ("carried in compact", |w| w.manifest.payload.encoding = Encoding::Compact),
    ];
    for (what, change) in changes {
        let mut world = exact();
        change(&mut world);
        let error = world.manifest.seal().unwrap_err();
        let airgo_bundle::ManifestError::Rule(error) = &error else { panic!("{what}: {error}") };
        assert!(matches!(error.rule, Rule::Encoding(_) | Rule::Size { .. }), "{what}: {error}");
    }
}

/// What follows from lists and manifest together.
#[test]
fn lists_and_blocks_that_do_not_fit_are_refused() {
    type Change = fn(&mut World);
    let wrong = |change: Change| {
        let mut world = exact();
        change(&mut world);
        world.manifest = world.manifest.seal().unwrap();
        signed(&world).unwrap_err()
    };
    // A module said to be whole of which a file is not there.
    let error = wrong(|w| w.manifest.modules[1].carried = None);
    assert!(matches!(error, BundleError::Contents(ContentsError::Count { .. })), "{error}");
    // A file said to be carried, for one that is.
    let error = wrong(|w| w.manifest.modules[1].carried = Some("Hg==".into()));
    assert!(matches!(error, BundleError::Contents(_) | BundleError::Module(_)), "{error}");
    // More bits than there are files.
    let error = wrong(|w| w.manifest.modules[1].carried = Some("AQE=".into()));
    assert!(matches!(error, BundleError::Contents(ContentsError::Carried(_))), "{error}");
    let error = wrong(|w| w.manifest.payload.blocks[0].unpacked += 1);
    assert!(matches!(error, BundleError::Contents(ContentsError::Unpacked { .. })), "{error}");
    let error = wrong(|w| {
        w.manifest.payload.blocks[0].contents -= 1;
    });
    assert!(matches!(error, BundleError::Contents(ContentsError::Count { .. })), "{error}");
    // Blocks in another order.
    let error = wrong(|w| w.manifest.payload.blocks.swap(0, 1));
    assert!(matches!(error, BundleError::Contents(ContentsError::Unpacked { .. })), "{error}");
}

/// A module of which an exact bundle has no list carries nothing of it.
#[test]
fn a_module_of_which_nothing_is_read_needs_no_list() {
    let mut world = world(&modules()[..1], Encoding::Exact, |_, _| true);
    let other = &modules()[2];
    let mut bytes = std::collections::HashMap::new();
    let stated = support::module(other, &mut bytes);
    bytes.retain(|name, _| !name.ends_with(".zip"));
    world.manifest.modules.push(stated);
    world.bytes.extend(bytes);
    world.manifest = world.manifest.seal().unwrap();
    let bundle = signed(&world).unwrap();
    assert_eq!(bundle.file_list(&ModuleVersion::new("example.com/b", "v1.0.0")).unwrap(), None);
    assert_eq!(bundle.blocks().unwrap().contents().modules().len(), 1);
}

/// A reader of the older schemas refuses the new one by its name alone.
#[test]
fn an_encoding_that_nobody_knows_is_named() {
    let bytes = exact().manifest.to_bytes().unwrap();
    let text = String::from_utf8(bytes).unwrap().replace(r#""encoding":"exact""#, r#""encoding":"tar""#);
    let error = airgo_bundle::Manifest::parse(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(error, r#"the payload's encoding is "tar", this airgo reads goproxy-tree, compact and exact"#);
}

/// A file in a list is a name on a disk: sizes that two lists state of one content.
#[test]
fn one_content_has_one_size() {
    let mut world = exact();
    let id = modules()[2].id().clone();
    let zips = Zips::of(&modules());
    let mut list = airgo_gomod::modzip::FileList::default();
    for file in zips.list(&id).iter() {
        let size = if file.name == "LICENSE" { file.size + 1 } else { file.size };
        list.push(file.name, size, file.sha256).unwrap();
    }
    let packed = airgo_bundle::compress_list(&list).unwrap();
    let stated = world.manifest.modules.iter_mut().find(|m| m.path == id.path).unwrap();
    stated.files = Some(Stored { sha256: Sha256::of(&packed), size: packed.len() as u64 });
    let name = airgo_bundle::names::object_name(&id, airgo_bundle::ObjectKind::FileList).unwrap();
    world.bytes.insert(name, packed);
    world.manifest = world.manifest.seal().unwrap();
    let error = signed(&world).unwrap_err();
    assert!(matches!(error, BundleError::Contents(ContentsError::Size { .. })), "{error}");
}

#[test]
fn every_flipped_byte_is_refused() {
    let small = || modules().into_iter().take(1).chain(modules().into_iter().skip(2)).collect::<Vec<_>>();
    let key = key(1);
    let trusted = trust(&[&key]);
    for encoding in [Encoding::Exact, Encoding::Compact] {
        let world = world(&small(), encoding, |_, name| encoding == Encoding::Compact || name != "LICENSE");
        let bytes = world.packed(&[Signing::new(&key)]);
        verify(&bytes, &trusted).unwrap();
        for at in 0..bytes.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut tampered = bytes.clone();
                tampered[at] ^= flip;
                assert!(
                    verify(&tampered, &trusted).is_err(),
                    "{encoding:?}: byte {at} ^ {flip:#x} is accepted"
                );
            }
        }
        println!("{encoding:?}: {} bytes, each flipped in three ways, none accepted", bytes.len());
    }
}

/// A delta carries the blocks that are new, and its base the others.
#[test]
fn a_delta_of_blocks() {
    let (old, new) = (
        exact(),
        world(&modules(), Encoding::Exact, |path, name| !name.starts_with("data/") || path.ends_with("two")),
    );
    let key = key(1);
    let dir = tempfile::tempdir().unwrap();
    let base =
        open(&old.packed(&[Signing::new(&key)])).unwrap().verify_signatures(&trust(&[&key]), now()).unwrap();
    let path = dir.path().join("delta.airgo");
    let mut writer = airgo_bundle::BundleWriter::create_delta(&path, &new.manifest, &old.manifest).unwrap();
    let names: Vec<String> = writer.objects().iter().map(|o| o.name.clone()).collect();
    assert!(names.iter().all(|name| name.starts_with("blocks/")), "{names:?}");
    assert_eq!(names.len(), 1, "{names:?}");
    writer.write_objects(&|o: &airgo_bundle::Object| new.open(o), JOBS, &()).unwrap();
    writer.finish(&[Signing::new(&key)]).unwrap();
    let delta = open(&std::fs::read(&path).unwrap()).unwrap();
    let bundle = delta.verify_with_base(&trust(&[&key]), now(), &base).unwrap();
    bundle.verify_modules(JOBS, &()).unwrap();
    assert_eq!(files_of(&bundle).len(), files_of(&base).len() + 1);
}
