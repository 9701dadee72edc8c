//! A checkout in memory, and what it is built for.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The files of a project, and what it is built for.
#[derive(Clone)]
pub struct Checkout {
    pub files: BTreeMap<String, String>,
    pub platform: String,
    pub tags: Vec<String>,
    pub cgo: bool,
    pub toolchain: &'static str,
    pub goflags: &'static str,
    /// What was changed.
    pub log: Vec<String>,
}

impl Checkout {
    pub fn new(files: &[(&str, &str)], go_sum: &str) -> Self {
        let mut files: BTreeMap<String, String> =
            files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let sums: Vec<String> =
            files.keys().filter_map(|name| Some(format!("{}go.sum", name.strip_suffix("go.mod")?))).collect();
        for sum in sums {
            files.entry(sum).or_insert_with(|| go_sum.to_owned());
        }
        Self {
            files,
            platform: "linux/amd64".to_owned(),
            tags: Vec::new(),
            cgo: false,
            toolchain: "local",
            goflags: "-mod=readonly",
            log: Vec::new(),
        }
    }

    pub fn write(&self, dir: &Path) {
        for (name, text) in &self.files {
            let file = dir.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        }
    }

    /// The names that end so.
    pub fn named(&self, end: &str) -> Vec<String> {
        self.files.keys().filter(|name| name.ends_with(end)).cloned().collect()
    }

    /// The packages of the project, as patterns; of a workspace, of each member.
    pub fn patterns(&self) -> Vec<String> {
        let work = self.files.get("go.work").map(String::as_str).unwrap_or_default();
        let mut members: Vec<String> =
            work.lines().filter_map(|line| Some(format!("{}/...", line.strip_prefix("use ")?))).collect();
        if members.is_empty() {
            members.push("./...".to_owned());
        }
        members
    }

    /// Changes the lines of a file.
    pub fn lines(&mut self, file: &str, change: impl FnOnce(&mut Vec<String>)) {
        let Some(text) = self.files.get_mut(file) else { return };
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        change(&mut lines);
        *text = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    }
}
