//! Checksum database notes: a note that opens was signed by the key of the
//! seeds; records, tree heads and tile names that are read are written alike.
#![no_main]

use airgo_gomod::note::{self, SignerKey};
use airgo_gomod::tlog::{Tile, Tree, format_record, parse_record};
use libfuzzer_sys::fuzz_target;

/// What the signed seeds say.
const SIGNED: [&[u8]; 1] = [include_bytes!("../seeds/sumdb_note/tree-text")];

fuzz_target!(|data: &[u8]| {
    let key = SignerKey::from_seed("sum.example.com", &[7; 32]).expect("the seeds' key");
    match note::open(data, &[key.verifier()]) {
        Ok(note) => {
            assert!(!note.signatures.is_empty());
            assert!(SIGNED.contains(&note.text.as_bytes()), "a text that was never signed");
        }
        Err(error) => {
            let _ = error.to_string();
        }
    }
    if let Ok((record, rest)) = parse_record(data) {
        let written = format_record(&record).expect("a record that was read");
        assert_eq!([written.as_bytes(), rest].concat(), data);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(tree) = text.parse::<Tree>() {
        assert_eq!(tree.to_string().parse::<Tree>().expect("a tree that was written"), tree);
    }
    if let Ok(tile) = text.parse::<Tile>() {
        assert_eq!(tile.to_string(), text);
    }
});
