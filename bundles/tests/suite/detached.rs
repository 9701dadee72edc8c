//! Signatures over the whole file, with openssl, ssh-keygen and minisign as
//! is the reference in both directions.

use crate::support::{key, now, tiny, trust};
use airgo_bundle::detached::{self, DetachedError, Format, minisign_public_key};
use airgo_bundle::keys::{Signer as _, SigningKey, create_private_file};
use airgo_bundle::{NAMESPACE, PositionedFile, ReadAt, Signing, Trust, TrustedKey};
use airgo_testkit::require_tool;
use std::process::{Command, Stdio};
use std::sync::Arc;

struct Scene {
    dir: tempfile::TempDir,
    key: SigningKey,
    file: Arc<dyn ReadAt>,
}

/// A bundle in a directory, with the public key beside it in every form.
fn scene() -> Scene {
    let dir = tempfile::tempdir().unwrap();
    let key = key(5);
    tiny().write(&dir.path().join("app.airgo"), &[Signing::new(&key)]).unwrap();
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("key.pem"), key.public_key().to_pem().unwrap()).unwrap();
    std::fs::write(at("key.minisign"), minisign_public_key(key.public_key())).unwrap();
    let allowed = format!("dev@example.com namespaces=\"{NAMESPACE}\" {}\n", key.public_key().to_openssh());
    std::fs::write(at("allowed"), allowed).unwrap();
    let file = PositionedFile::new(std::fs::File::open(at("app.airgo")).unwrap()).unwrap();
    Scene { file: Arc::new(file), dir, key }
}

impl Scene {
    fn sign(&self, format: Format) -> String {
        let name = format!("app.airgo{}", format.extension());
        let signature = detached::sign(&self.key, &self.file, format, "app.airgo", now()).unwrap();
        std::fs::write(self.dir.path().join(&name), signature).unwrap();
        name
    }

    fn tool(&self, program: &str, args: &[&str], stdin: Option<&str>) -> (bool, String) {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.dir.path());
        if let Some(file) = stdin {
            command.stdin(Stdio::from(std::fs::File::open(self.dir.path().join(file)).unwrap()));
        }
        let out = command.output().unwrap();
        let text = [out.stdout, out.stderr].concat();
        (out.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    /// The tool accepts the file, and refuses it with one byte changed.
    fn both_ways(&self, program: &str, args: &[&str], stdin: Option<&str>) {
        let (ok, text) = self.tool(program, args, stdin);
        assert!(ok, "{program} {args:?}: {text}");
        println!("{program}: {}", text.trim());
        let path = self.dir.path().join("app.airgo");
        let good = std::fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[1000] ^= 1;
        std::fs::write(&path, bad).unwrap();
        let (ok, text) = self.tool(program, args, stdin);
        assert!(!ok, "{program} accepted a changed file: {text}");
        std::fs::write(&path, good).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.dir.path().join(name)).unwrap()
    }
}

#[test]
fn openssl_verifies_the_raw_signature() {
    if !require_tool("openssl") {
        return;
    }
    let scene = scene();
    let sig = scene.sign(Format::Raw);
    let args =
        ["pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "app.airgo", "-sigfile", &sig];
    scene.both_ways("openssl", &args, None);

    // And openssl's own signature is ours.
    create_private_file(&scene.dir.path().join("key.private"), &scene.key.to_pkcs8_pem().unwrap()).unwrap();
    let sign = ["pkeyutl", "-sign", "-inkey", "key.private", "-rawin", "-in", "app.airgo", "-out", "theirs"];
    assert!(scene.tool("openssl", &sign, None).0);
    assert_eq!(scene.read("theirs"), scene.read(&sig), "ed25519 is deterministic");
}

#[test]
fn ssh_keygen_verifies_and_is_verified() {
    if !require_tool("ssh-keygen") {
        return;
    }
    let scene = scene();
    let sig = scene.sign(Format::Ssh);
    let args = ["-Y", "verify", "-f", "allowed", "-I", "dev@example.com", "-n", NAMESPACE, "-s", &sig];
    scene.both_ways("ssh-keygen", &args, Some("app.airgo"));

    let private = scene.key.to_openssh("dev@example.com", None).unwrap();
    create_private_file(&scene.dir.path().join("key"), &private).unwrap();
    for (hash, namespace) in [("sha512", NAMESPACE), ("sha256", NAMESPACE), ("sha512", "file")] {
        let option = format!("hashalg={hash}");
        let args = ["-Y", "sign", "-f", "key", "-n", namespace, "-O", &option, "app.airgo"];
        let (ok, text) = scene.tool("ssh-keygen", &args, None);
        assert!(ok, "{text}");
        let theirs = scene.read("app.airgo.sig");
        std::fs::remove_file(scene.dir.path().join("app.airgo.sig")).unwrap();
        match detached::verify(&*scene.file, &theirs, &trust(&[&scene.key]), now()) {
            Ok(found) => assert_eq!((found.format, namespace), (Format::Ssh, NAMESPACE)),
            Err(e @ DetachedError::Namespace { .. }) => {
                assert_eq!(namespace, "file");
                println!("{e}");
            }
            Err(e) => panic!("{hash} {namespace}: {e}"),
        }
        if (hash, namespace) == ("sha512", NAMESPACE) {
            assert_eq!(String::from_utf8_lossy(&theirs), String::from_utf8_lossy(&scene.read(&sig)));
        }
    }
}

#[test]
fn minisign_verifies_and_is_verified() {
    if !require_tool("minisign") {
        return;
    }
    let scene = scene();
    let sig = scene.sign(Format::Minisign);
    let args = ["-V", "-p", "key.minisign", "-m", "app.airgo", "-x", &sig];
    scene.both_ways("minisign", &args, None);

    // A key and signatures of minisign's own making, prehashed and legacy.
    let make = ["-G", "-W", "-p", "theirs.pub", "-s", "theirs.key"];
    assert!(scene.tool("minisign", &make, None).0);
    let public = String::from_utf8(scene.read("theirs.pub")).unwrap();
    let blob =
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, public.lines().nth(1).unwrap());
    let bytes: [u8; 32] = blob.unwrap()[10..].try_into().unwrap();
    let mut theirs = Trust::new();
    let public = airgo_bundle::keys::PublicKey::from_bytes(&bytes).unwrap();
    theirs.add(TrustedKey::new(public, None));
    for legacy in [false, true] {
        let mut args =
            vec!["-S", "-s", "theirs.key", "-m", "app.airgo", "-x", "theirs.minisig", "-t", "release 7"];
        args.extend(legacy.then_some("-l"));
        let (ok, text) = scene.tool("minisign", &args, None);
        assert!(ok, "{text}");
        let signature = scene.read("theirs.minisig");
        let found = detached::verify(&*scene.file, &signature, &theirs, now()).unwrap();
        assert_eq!(found.comment.as_deref(), Some("release 7"));
        // The comment is signed too.
        let lie = String::from_utf8(signature).unwrap().replace("release 7", "release 8");
        detached::verify(&*scene.file, lie.as_bytes(), &theirs, now()).unwrap_err();
    }
}

#[test]
fn every_format_is_read_back_and_bound_to_file_key_and_time() {
    let scene = scene();
    let mut bytes = scene.read("app.airgo");
    let later = scene.file.len() as usize - 1;
    for format in Format::ALL {
        let name = scene.sign(format);
        let signature = scene.read(&name);
        let mut mine = Trust::new();
        let mut entry = TrustedKey::new(scene.key.public_key().clone(), Some("release".into()));
        entry.valid_before = Some("2026-10-01T00:00:00Z".parse().unwrap());
        mine.add(entry);
        let found = detached::verify(&*scene.file, &signature, &mine, now()).unwrap();
        assert_eq!((found.format, found.name.as_deref()), (format, Some("release")));
        assert_eq!(found.key_id, scene.key.public_key().id());

        let outsider = detached::verify(&*scene.file, &signature, &trust(&[&key(6)]), now()).unwrap_err();
        let late = "2026-10-01T00:00:00Z".parse().unwrap();
        let late = detached::verify(&*scene.file, &signature, &mine, late).unwrap_err();
        assert!(late.to_string().contains("only until"), "{late}");
        for at in [0, later / 2, later] {
            bytes[at] ^= 0x20;
            detached::verify(&bytes, &signature, &mine, now()).unwrap_err();
            bytes[at] ^= 0x20;
        }
        // No byte of the signature is free, but for the text that says it is untrusted
        // and the white space that base64 tools add.
        let mut free = 0;
        for at in 0..signature.len() {
            let mut changed = signature.clone();
            changed[at] ^= 1;
            free += usize::from(detached::verify(&*scene.file, &changed, &mine, now()).is_ok());
        }
        println!("{format:?}: {} bytes, {free} free; {outsider}", signature.len());
        let untrusted = String::from_utf8_lossy(&signature).lines().next().unwrap_or_default().len();
        assert!(free == 0 || (format == Format::Minisign && free <= untrusted), "{format:?}: {free}");
    }
    for text in
        [&b""[..], b"x", b"{}", b"-----BEGIN SSH SIGNATURE-----", b"untrusted comment: \n", &[b'A'; 70_000]]
    {
        let error = detached::verify(&*scene.file, text, &trust(&[&scene.key]), now()).unwrap_err();
        println!("{error}");
    }
}

/// A file that gives other bytes on every pass.
struct Shifting(std::sync::atomic::AtomicUsize);

impl ReadAt for Shifting {
    fn len(&self) -> u64 {
        100
    }

    fn read_at(&self, buf: &mut [u8], _: u64) -> std::io::Result<usize> {
        buf.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) as u8);
        Ok(buf.len())
    }
}

#[test]
fn a_file_that_changes_while_it_is_signed_gets_no_signature() {
    let shifting: Arc<dyn ReadAt> = Arc::new(Shifting(0.into()));
    let error = key(1).sign_file(&shifting).unwrap_err().to_string();
    assert!(error.contains("changed"), "{error}");
}

#[test]
fn a_file_is_signed_as_its_bytes_in_memory_are() {
    let bytes: Vec<u8> = (0..1_000_003_u32).map(|n| (n % 251) as u8).collect();
    let file: Arc<dyn ReadAt> = Arc::new(bytes.clone());
    let key = key(9);
    let signature = key.sign_file(&file).unwrap();
    assert_eq!(signature, key.sign(&bytes).unwrap());
    assert!(key.public_key().verify_file(&*file, &signature).unwrap());
    let mut weak = signature;
    weak[..32].fill(0);
    weak[0] = 1;
    assert!(!key.public_key().verify_file(&*file, &weak).unwrap());
}

#[test]
fn minisign_names_stay_on_their_line() {
    let scene = scene();
    let name = "a\nuntrusted comment: b\tc";
    let signature = detached::sign(&scene.key, &scene.file, Format::Minisign, name, now()).unwrap();
    assert_eq!(String::from_utf8(signature).unwrap().lines().count(), 4);
}
