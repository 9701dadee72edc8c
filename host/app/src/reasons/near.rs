//! Names that are near to one that is not there.

/// How many are suggested.
const MOST: usize = 5;

/// The paths that may be meant by `asked`, the likeliest
/// first: those with such an element, those that hold it, those that differ in
/// a few letters.
pub fn near<'a>(asked: &str, paths: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let asked = asked.split_once('@').map_or(asked, |(path, _)| path);
    let asked = asked.trim_start_matches("https://").trim_end_matches('/').trim_end_matches(".git");
    let asked: String = asked.chars().take(300).flat_map(char::to_lowercase).collect();
    if asked.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(usize, &str)> =
        paths.filter_map(|path| Some((rank(&asked, &path.to_lowercase())?, path))).collect();
    found.sort_by_key(|(rank, path)| (*rank, path.len(), *path));
    found.dedup();
    found.into_iter().map(|(_, path)| path).take(MOST).collect()
}

/// The lower, the nearer; none where it is something else.
fn rank(asked: &str, path: &str) -> Option<usize> {
    if path == asked {
        return Some(0);
    }
    let major = |element: &str| {
        element.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut elements = path.rsplit('/').filter(|element| !major(element));
    let last = elements.next().unwrap_or_default();
    let bare = |name: &str| {
        name.trim_start_matches("go-").trim_end_matches("-go").trim_end_matches(".go").to_owned()
    };
    if last == asked || bare(last) == asked {
        return Some(1);
    }
    if path.ends_with(&format!("/{asked}"))
        || path.starts_with(&format!("{asked}/"))
        || elements.any(|e| e == asked)
    {
        return Some(2);
    }
    let whole = |word: &str| (word.len() / 8).clamp(1, 3);
    if let Some(letters) = distance(asked, path, whole(asked)) {
        return Some(2 + letters);
    }
    if let Some(letters) = distance(asked, last, whole(asked)).filter(|_| asked.len() > 2) {
        return Some(5 + letters);
    }
    (asked.len() > 2 && path.contains(asked)).then_some(9)
}

/// The letters to change, add, take out or swap; none where these are more than
/// `most`.
fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut rows = [vec![0; b.len() + 1], (0..=b.len()).collect(), vec![0; b.len() + 1]];
    for i in 1..=a.len() {
        rows[2][0] = i;
        for j in 1..=b.len() {
            let change = rows[1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(rows[1][j] + 1).min(rows[2][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[0][j - 2] + 1);
            }
            rows[2][j] = least;
        }
        rows.rotate_left(1);
    }
    Some(rows[1][b.len()]).filter(|letters| *letters <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_typos_and_addresses_find_their_module() {
        let paths = [
            "github.com/gin-gonic/gin",
            "github.com/gogo/protobuf",
            "github.com/go-playground/validator/v10",
            "google.golang.org/grpc",
            "google.golang.org/protobuf",
            "gopkg.in/yaml.v3",
        ];
        for (asked, want) in [
            ("grpc", "google.golang.org/grpc"),
            ("validator", "github.com/go-playground/validator/v10"),
            ("github.com/gin-gonic/gni", "github.com/gin-gonic/gin"),
            ("https://github.com/Gin-Gonic/gin.git", "github.com/gin-gonic/gin"),
            ("protobuff", "github.com/gogo/protobuf"),
            ("gopkg.in/yaml.v2@v2.4.0", "gopkg.in/yaml.v3"),
            ("yaml", "gopkg.in/yaml.v3"),
        ] {
            assert_eq!(near(asked, paths.into_iter()).first(), Some(&want), "{asked}");
        }
        assert!(near("example.com/quite/other", paths.into_iter()).is_empty());
        assert!(near("", paths.into_iter()).is_empty());
    }
}
