//! What `//go:embed` takes into a program (cmd/go load.resolveEmbed).

use airgo_plugin::gosource::is_hidden;
use airgo_plugin::select::Glob;

use crate::part::Place;

/// A file that embeds others.
pub struct Embedder {
    dir: String,
    /// Each with whether it takes hidden files too (`all:`).
    patterns: Vec<(Glob, bool)>,
    place: Place,
}

impl Embedder {
    /// A source in `dir` with these patterns. One that does not read as a
    /// pattern embeds nothing: go refuses it.
    pub fn new(dir: &str, patterns: impl IntoIterator<Item = String>, place: Place) -> Self {
        let read = |pattern: String| {
            let (pattern, all) = match pattern.strip_prefix("all:") {
                Some(rest) => (rest.to_owned(), true),
                None => (pattern, false),
            };
            // A dot is the directory itself.
            let pattern = if pattern == "." { "*".to_owned() } else { pattern };
            Some((Glob::parse(&pattern).ok()?, all))
        };
        Embedder { dir: dir.to_owned(), patterns: patterns.into_iter().filter_map(read).collect(), place }
    }

    fn takes(&self, path: &str) -> bool {
        let below = match self.dir.as_str() {
            "" => Some(path),
            dir => path.strip_prefix(dir).and_then(|rest| rest.strip_prefix('/')),
        };
        let Some(below) = below else { return false };
        self.patterns.iter().any(|(glob, all)| {
            // What lies below a directory that matches comes with it, hidden
            // names aside.
            let inside = below.split('/').skip(glob.len());
            glob.matches_prefix(below) && (*all || !inside.into_iter().any(is_hidden))
        })
    }
}

/// The places that a file gets into by being embedded.
pub fn places(embedders: &[Embedder], path: &str) -> Vec<Place> {
    let mut places: Vec<Place> =
        embedders.iter().filter(|embedder| embedder.takes(path)).map(|e| e.place.clone()).collect();
    places.sort();
    places.dedup();
    places
}
