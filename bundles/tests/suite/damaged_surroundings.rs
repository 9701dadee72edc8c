//! Trust files, volumes, repair requests and detached signatures with damage: no
//! parser panics, and what is still accepted keeps the parser's promise. The
//! inputs to start from are the fuzz targets' seeds, and the promises are theirs
//! too, so that every test run holds a little of what fuzzing holds for longer.

use crate::support::{JOBS, now};

use airgo_bundle::detached::{self, Format};
use airgo_bundle::{Limits, ReadAt, ReassembledFile, RepairRequest, Trust, Volume, corruption};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/seeds").join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files.iter().map(|f| std::fs::read(f).unwrap()).collect()
}

static TRUST_FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| seeds("trust_file"));
static VOLUMES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| seeds("volume"));
static DETACHED: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| seeds("detached"));

/// A change of a text: what, where, how much and to what.
type Edit = (u8, Index, u8, u8);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    vec((0_u8..5, any::<Index>(), any::<u8>(), any::<u8>()), 0..5)
}

fn edited(seed: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for (kind, at, len, value) in edits {
        let at = at.index(bytes.len() + 1);
        let end = (at + usize::from(*len) / 8).min(bytes.len());
        match kind {
            0 if at < bytes.len() => bytes[at] = *value,
            1 if at < bytes.len() => bytes[at] ^= 1 << (value % 8),
            2 => bytes.insert(at, *value),
            3 => drop(bytes.drain(at..end)),
            _ => {
                // A piece of it twice.
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

fn pick(seeds: &[Vec<u8>], at: Index) -> &[u8] {
    &seeds[at.index(seeds.len())]
}

/// A detached signature without what its format leaves free: white space around
/// it, minisign's first line, and its key number, which is a hint.
fn core(format: Format, bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    match format {
        Format::Raw => bytes.to_vec(),
        Format::Minisign => {
            let (line, rest) =
                text.split_once('\n').and_then(|(_, t)| t.split_once('\n')).unwrap_or_default();
            let (head, tail) = (line.get(..2).unwrap_or_default(), line.get(14..).unwrap_or_default());
            format!("{head}{tail}\n{}", rest.trim_end()).into_bytes()
        }
        _ => text.split_ascii_whitespace().collect::<String>().into_bytes(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_trust_file_is_taken_whole_or_not_at_all(seed in any::<Index>(), edits in edits()) {
        let bytes = edited(pick(&TRUST_FILES, seed), &edits);
        let text = String::from_utf8_lossy(&bytes);
        let mut trust = Trust::new();
        match trust.parse_trust_file("trust.toml", &text, Path::new("no/such/directory")) {
            Ok(count) => {
                prop_assert_eq!(trust.keys().count(), count);
                for (role, wanted) in trust.roles() {
                    let have = trust.keys().filter(|k| k.roles.contains(role)).count();
                    prop_assert!(0 < wanted && wanted <= have);
                }
            }
            Err(error) => {
                prop_assert!(trust.is_empty() && trust.roles().next().is_none());
                prop_assert!(error.line >= 1 && error.line <= text.lines().count() + 1, "{}", error);
            }
        }
    }

    #[test]
    fn volumes_and_requests_hold_what_they_say(seed in any::<Index>(), edits in edits()) {
        let bytes = edited(pick(&VOLUMES, seed), &edits);
        if let Ok(request) = RepairRequest::parse(&bytes) {
            prop_assert_eq!(RepairRequest::parse(&request.to_bytes().unwrap()).unwrap(), request);
        }
        let source: Arc<dyn ReadAt> = Arc::new(bytes);
        if let Some(request) = corruption::scan(&source, &Limits::default(), JOBS, &()).unwrap().repair_request() {
            prop_assert_eq!(RepairRequest::parse(&request.to_bytes().unwrap()).unwrap(), request);
        }
        if let Ok(piece) = Volume::from_source("seed".into(), source) {
            let held: u64 = piece.header().parts.iter().map(|p| p.size).sum();
            let assembly = ReassembledFile::new(&[piece], None).unwrap();
            prop_assert!(held <= assembly.len());
            let mut buffer = [0; 64];
            for offset in [0, assembly.len() / 2, assembly.len()] {
                if let Ok(n) = assembly.read_at(&mut buffer, offset) {
                    prop_assert!(n > 0 || offset >= assembly.len());
                }
            }
        }
    }

    #[test]
    fn no_detached_signature_is_made_by_editing_one(seed in any::<Index>(), edits in edits()) {
        let bytes = edited(pick(&DETACHED, seed), &edits);
        let mut trust = Trust::new();
        trust.load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/seeds/detached.pub")).unwrap();
        let file = b"the bytes of a bundle\n".to_vec();
        if let Ok(found) = detached::verify(&file, &bytes, &trust, now()) {
            let signed = DETACHED.iter().any(|s| core(found.format, s) == core(found.format, &bytes));
            prop_assert!(signed, "{:?} {:?}", found.format, String::from_utf8_lossy(&bytes));
        }
    }
}
