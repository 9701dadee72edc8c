//! `<meta name="go-import" content="prefix vcs url [subdirectory]">` in a page
//! (cmd/go vcs/discovery.go and vcs.go matchGoImport).
//!
//! The page is read as loose XML, up to the end of its head. Where Go's parser
//! gives up at bad syntax, this one reads on.

use crate::address::in_text;
use crate::module::has_path_prefix;

/// One such tag: where the modules with a path prefix come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoImport {
    /// The import path of the repository's root.
    pub prefix: String,
    /// The version control system, or `mod` for a module proxy.
    pub vcs: String,
    /// The repository's URL.
    pub repo: String,
    /// The directory in it that is the root; empty where that is the repository's own.
    pub subdir: String,
}

/// The tags of a page: those of module proxies first, then the others, without
/// those that a proxy replaces.
pub fn parse(page: &str) -> Vec<GoImport> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(tag) = next_tag(&mut rest) {
        let (closing, name) = match tag.strip_prefix('/') {
            Some(name) => (true, name),
            None => (false, tag),
        };
        let name_end = name.find(|c: char| c.is_whitespace() || c == '/' || c == '>').unwrap_or(name.len());
        let (name, attributes) = name.split_at(name_end);
        let name = local(name);
        if closing && name.eq_ignore_ascii_case("head") || !closing && name.eq_ignore_ascii_case("body") {
            break;
        }
        if closing || !name.eq_ignore_ascii_case("meta") {
            continue;
        }
        let attributes = attributes_of(attributes);
        let value = |wanted: &str| {
            let found = attributes.iter().find(|(name, _)| local(name).eq_ignore_ascii_case(wanted));
            found.map_or("", |(_, value)| value.as_str())
        };
        if value("name") != "go-import" {
            continue;
        }
        let fields: Vec<&str> = value("content").split_whitespace().collect();
        if let [prefix, vcs, repo] | [prefix, vcs, repo, _] = fields[..] {
            let subdir = fields.get(3).copied().unwrap_or_default();
            let [prefix, vcs, repo, subdir] = [prefix, vcs, repo, subdir].map(str::to_owned);
            found.push(GoImport { prefix, vcs, repo, subdir });
        }
    }
    let (mut list, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|m: &GoImport| m.vcs == "mod");
    let proxied: Vec<String> = list.iter().map(|m| m.prefix.clone()).collect();
    list.extend(others.into_iter().filter(|m| !proxied.contains(&m.prefix)));
    list
}

/// Why a page does not say where a module comes from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GoImportError {
    /// No tag's prefix is one of the path; the prefixes that there are.
    #[error("no go-import meta tag{}", others(.0))]
    Missing(Vec<String>),
    /// Tags that contradict each other.
    #[error("multiple go-import meta tags match")]
    Ambiguous,
}

fn others(prefixes: &[String]) -> String {
    let each: Vec<String> = prefixes.iter().map(|prefix| format!("one for {}", in_text(prefix))).collect();
    if each.is_empty() { String::new() } else { format!(", only {}", each.join(", ")) }
}

/// The one tag that is for an import path.
///
/// # Errors
/// Where none is, or several are.
pub fn find(imports: &[GoImport], path: &str) -> Result<GoImport, GoImportError> {
    let mut matching = imports.iter().filter(|m| has_path_prefix(path, &m.prefix));
    let Some(first) = matching.next() else {
        return Err(GoImportError::Missing(imports.iter().map(|m| m.prefix.clone()).collect()));
    };
    // A proxy's tag needs no other; two others contradict each other.
    match matching.next() {
        Some(second) if (first.vcs == "mod") == (second.vcs == "mod") => Err(GoImportError::Ambiguous),
        _ => Ok(first.clone()),
    }
}

/// The inside of the next tag, `/name` for a closing one.
fn next_tag<'a>(rest: &mut &'a str) -> Option<&'a str> {
    loop {
        let after = &rest[rest.find('<')? + 1..];
        let past = |end: &str| after.find(end).map_or("", |at| &after[at + end.len()..]);
        if after.starts_with("!--") {
            *rest = past("-->");
        } else if after.starts_with("![CDATA[") {
            *rest = past("]]>");
        } else if after.starts_with('?') {
            *rest = past("?>");
        } else if after.starts_with('!') {
            *rest = past(">");
        } else if after.starts_with(|c: char| c.is_alphabetic() || matches!(c, '/' | '_' | ':')) {
            let end = tag_end(after);
            *rest = &after[end..];
            return Some(&after[..end]);
        } else {
            *rest = after;
        }
    }
}

/// Where a tag's `>` is; one in quotes does not end it.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return at,
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            _ => {}
        }
    }
    text.len()
}

fn attributes_of(mut text: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    loop {
        text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        let end = text.find(|c: char| c.is_whitespace() || matches!(c, '=' | '/')).unwrap_or(text.len());
        let (name, after) = text.split_at(end);
        let after = after.trim_start();
        let Some(value) = after.strip_prefix('=') else {
            if name.is_empty() {
                return found;
            }
            found.push((name, name.to_owned()));
            text = after;
            continue;
        };
        let value = value.trim_start();
        let (value, after) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            _ => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
        };
        found.push((name, unescape(value)));
        text = after;
    }
}

/// A name without its namespace prefix.
fn local(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

/// XML's own entities and character numbers; others stay as they are.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let entity = after.split_once(';').and_then(|(name, tail)| Some((entity(name)?, tail)));
        match entity {
            Some((c, tail)) => {
                out.push(c);
                rest = tail;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out + rest
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(prefix: &str, vcs: &str, repo: &str, subdir: &str) -> GoImport {
        let [prefix, vcs, repo, subdir] = [prefix, vcs, repo, subdir].map(str::to_owned);
        GoImport { prefix, vcs, repo, subdir }
    }

    #[test]
    fn pages_as_go_reads_them() {
        let foo = tag("foo/bar", "git", "https://g/r", "");
        // The shapes of cmd/go vcs/discovery_test.go.
        for (page, wanted) in [
            (r#"<meta name="go-import" content="foo/bar git https://g/r">"#, vec![foo.clone()]),
            (
                r#"<!doctype meta><head><!-- > <meta> --><META Name='go-import' X=1 disabled Content="foo/bar git https://g/r"/></head>"#,
                vec![foo.clone()],
            ),
            (
                r#"<meta name=go-import content="foo/bar git https://g/r">
                <meta name="go-import" content="foo/bar mod http://g/r">
                <meta name="go-import" content="baz svn https://g/s dir/of&#x2F;it">"#,
                vec![tag("foo/bar", "mod", "http://g/r", ""), tag("baz", "svn", "https://g/s", "dir/of/it")],
            ),
            (
                r#"<meta name="go-import" content="foo/bar git https://g/r"><body><meta name="go-import" content="baz git x">"#,
                vec![foo.clone()],
            ),
            (
                r#"<meta name="go-import" content="foo/bar git https://g/r"></head><meta name="go-import" content="baz git x">"#,
                vec![foo.clone()],
            ),
            (
                r#"<meta name="go-import" content="two fields"><meta name="go-import" content="five f i e lds">"#,
                vec![],
            ),
            (
                r#"<script>if (a < b) { x = '<'; }</script><meta name="go-import" content="foo/bar git https://g/r">"#,
                vec![foo.clone()],
            ),
            ("<meta name=\"go-import\" content=\"foo", vec![]),
            ("<", vec![]),
            ("", vec![]),
            (
                r#"<meta name="go-import" content="a&b;c git https://g/?a=1&amp;b=2">"#,
                vec![tag("a&b;c", "git", "https://g/?a=1&b=2", "")],
            ),
        ] {
            assert_eq!(parse(page), wanted, "{page}");
        }
    }

    #[test]
    fn one_tag_must_be_the_paths() {
        let list = [tag("a/b", "git", "x", ""), tag("c", "git", "y", ""), tag("c", "hg", "z", "")];
        assert_eq!(find(&list, "a/b/c").unwrap(), list[0]);
        let missing = find(&list, "a/bc").unwrap_err().to_string();
        assert_eq!(missing, "no go-import meta tag, only one for a/b, one for c, one for c");
        assert_eq!(find(&[], "a").unwrap_err().to_string(), "no go-import meta tag");
        assert_eq!(find(&list, "c/d"), Err(GoImportError::Ambiguous));
        let proxied = [tag("a/b", "mod", "x", ""), tag("a", "git", "y", "")];
        assert_eq!(find(&proxied, "a/b").unwrap(), proxied[0]);
    }
}
