//! Names and hashes that a server gives for its branches and tags: hostile text
//! until it has been read here.

use std::collections::BTreeMap;

/// Lines of a hash and a name; anything else is passed over.
pub(super) fn parse_refs(text: &str) -> BTreeMap<String, String> {
    let mut refs = BTreeMap::new();
    let mut peeled = Vec::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [hash, name] = fields[..] else { continue };
        let ours = name == "HEAD" || name.starts_with("refs/heads/") || name.starts_with("refs/tags/");
        if !ours || !is_hash(hash) || !is_ref_name(name.strip_suffix("^{}").unwrap_or(name)) {
            continue;
        }
        match name.strip_suffix("^{}") {
            Some(tag) => peeled.push((tag.to_owned(), hash.to_owned())),
            None => drop(refs.insert(name.to_owned(), hash.to_owned())),
        }
    }
    refs.extend(peeled);
    refs
}

/// What `git check-ref-format` lets pass, as far as it could be taken for
/// something else in a refspec.
fn is_ref_name(name: &str) -> bool {
    !name.contains("..")
        && !name.contains("@{")
        && !name.contains("//")
        && !name.ends_with(['/', '.'])
        && !name.chars().any(|c| c.is_control() || " ~^:?*[\\".contains(c))
}

pub(super) fn is_hash(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && all_hex(text)
}

pub(super) fn all_hex(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_a_server_gives() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        let other = "76543210fedcba9876543210fedcba9876543210";
        let text = format!(
            "{hash}\tHEAD\n{hash}\trefs/heads/main\n{other}\trefs/tags/v1.0.0\n{hash}\trefs/tags/v1.0.0^{{}}\n\
             {hash}\trefs/pull/1/head\nnothex\trefs/tags/x\n{hash}\trefs/tags/a:refs/heads/b\n\
             {hash}\trefs/tags/two words\n{hash}\trefs/tags/../x\n--upload-pack=x\trefs/tags/y\n{hash}\trefs/tags/z*\n"
        );
        let refs = parse_refs(&text);
        let names: Vec<_> = refs.iter().map(|(n, h)| (n.as_str(), h == hash)).collect();
        assert_eq!(names, [("HEAD", true), ("refs/heads/main", true), ("refs/tags/v1.0.0", true)]);
    }
}
