//! Files of the download store: what is read is written and read again as the same, and
//! nothing of it ends a line of a request.
#![no_main]

use libfuzzer_sys::fuzz_target;

// What host/fetch/src/store/text.rs uses of its crate, whose network libraries would be
// most of the build.
mod info {
    pub use airgo_gomod::info::Origin;
}
mod transport {
    #[derive(Clone, Debug, Default, PartialEq)]
    pub(crate) struct Rest {
        pub(crate) offset: u64,
        pub(crate) length: Option<u64>,
        pub(crate) etag: Option<String>,
    }
}
#[path = "../../../host/fetch/src/store/text.rs"]
mod text;

fuzz_target!(|data: &[u8]| {
    let Ok(data) = std::str::from_utf8(data) else { return };
    if let Some(entry) = text::parse_entry(data) {
        assert_eq!(text::unhex(&text::hex(&entry.sha256)), Some(entry.sha256));
        let again = text::parse_entry(&text::format_entry(&entry)).expect("an entry that was written");
        assert_eq!((again.sha256, again.size, &again.origin), (entry.sha256, entry.size, &entry.origin));
        // Signs that cannot be seen are left out, and an address is shown shorter once.
        let twice = text::parse_entry(&text::format_entry(&again)).expect("an entry that was written");
        assert_eq!(twice, again);
    }
    if let Some(rest) = text::parse_rest(data) {
        assert!(rest.offset == 0 && rest.etag.as_ref().is_none_or(|e| !e.contains(char::is_control)));
        assert_eq!(text::parse_rest(&text::format_rest(&rest)), Some(rest));
    }
});
