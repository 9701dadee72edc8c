//! Volumes and repair requests: a header that is read describes ranges of one
//! file; every byte of it can be read or is reported as missing.
#![no_main]

use airgo_bundle::{Limits, ReadAt, ReassembledFile, RepairRequest, Volume, corruption};
use libfuzzer_sys::fuzz_target;
use std::num::NonZeroUsize;
use std::sync::Arc;

fuzz_target!(|data: &[u8]| {
    if let Ok(request) = RepairRequest::parse(data) {
        let written = request.to_bytes().expect("a request that was read");
        assert_eq!(RepairRequest::parse(&written).expect("a request that was written"), request);
    }
    let source: Arc<dyn ReadAt> = Arc::new(data.to_vec());
    let limits = Limits { bundle: 1 << 20, ..Limits::default() };
    if let Ok(found) = corruption::scan(&source, &limits, NonZeroUsize::MIN, &())
        && let Some(request) = found.repair_request()
    {
        let written = request.to_bytes().expect("a request");
        assert_eq!(RepairRequest::parse(&written).expect("our own request"), request);
    }
    let Ok(piece) = Volume::from_source("fuzz".to_owned(), source) else { return };
    let held: u64 = piece.header().parts.iter().map(|p| p.size).sum();
    let assembly = ReassembledFile::new(&[piece], None).expect("one piece");
    assert!(held <= assembly.len());
    let mut buffer = [0; 64];
    for offset in [0, assembly.len() / 2, assembly.len().saturating_sub(1), assembly.len()] {
        if let Ok(n) = assembly.read_at(&mut buffer, offset) {
            assert!(n > 0 || offset >= assembly.len());
        }
    }
});
