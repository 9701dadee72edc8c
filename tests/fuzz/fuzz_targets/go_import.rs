//! `go-import` pages: what is found is of four fields or three, module proxies come
//! first, and a page made of it says the same.
#![no_main]

use airgo_gomod::goimport::{find, parse};
use airgo_gomod::module::has_path_prefix;
use libfuzzer_sys::fuzz_target;

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;")
}

fuzz_target!(|page: &str| {
    let found = parse(page);
    let mut again = String::new();
    for tag in &found {
        assert!(![&tag.prefix, &tag.vcs, &tag.repo].iter().any(|field| field.is_empty()));
        let fields = [&tag.prefix, &tag.vcs, &tag.repo, &tag.subdir].map(|field| {
            assert!(!field.contains(char::is_whitespace), "{field:?}");
            escape(field)
        });
        again.push_str(&format!("<meta name=\"go-import\" content=\"{}\">\n", fields.join(" ")));
        if let Ok(one) = find(&found, &tag.prefix) {
            assert!(has_path_prefix(&tag.prefix, &one.prefix));
        }
    }
    assert!(found.is_sorted_by_key(|tag| tag.vcs != "mod"));
    assert_eq!(parse(&again), found);
});
