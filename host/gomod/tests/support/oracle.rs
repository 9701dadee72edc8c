//! x/mod itself as the oracle: a program built against the copy of
//! golang.org/x/mod that the installed Go vendors for the go command.

use airgo_gomod::gover;
use airgo_testkit::{Go, TempTree, require_tool, target_tmp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::OnceLock;

/// What both sides say: rows of fields.
pub type Rows = Vec<Vec<String>>;

/// The running program; it ends when dropped.
pub struct Oracle {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    /// Builds and starts it; `None` after a loud word where there is no Go.
    #[track_caller]
    pub fn start() -> Option<Self> {
        if !require_tool("go") {
            return None;
        }
        let built = built();
        let mut child =
            std::process::Command::new(built).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let questions = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Some(Self { child, questions, answers })
    }

    /// Asks one question.
    pub fn ask(&mut self, name: &str, args: &[&str]) -> Rows {
        let mut question = vec![name];
        question.extend(args);
        let mut line = serde_json::to_string(&question).unwrap();
        line.push('\n');
        self.questions.as_mut().unwrap().write_all(line.as_bytes()).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let rows: Vec<Option<Vec<String>>> =
            serde_json::from_str(&answer).unwrap_or_else(|e| panic!("{question:?}: {e}: {answer:?}"));
        // An empty slice is null in Go's JSON.
        rows.into_iter().map(Option::unwrap_or_default).collect()
    }

    /// Asks for the meaning of a file.
    pub fn ask_file(&mut self, kind: &str, data: &[u8]) -> Rows {
        let mut rows = self.ask(kind, &[&STANDARD.encode(data)]);
        rows.sort();
        rows
    }

    /// The answer's only field.
    pub fn ask_one(&mut self, name: &str, args: &[&str]) -> String {
        let rows = self.ask(name, args);
        rows.into_iter().flatten().next().unwrap_or_default()
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        drop(self.questions.take());
        let _ = self.child.wait();
    }
}

/// The program, built once for each Go and each state of its own source.
fn built() -> PathBuf {
    const SOURCES: [(&str, &str); 2] =
        [("main.go", include_str!("../oracle/main.go")), ("log.go", include_str!("../oracle/log.go"))];
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let path = BUILT.get_or_init(|| {
        let dir = TempTree::new();
        let go = Go::with_proxy("off");
        let env = go.run(dir.path(), &["env", "GOROOT", "GOVERSION"]);
        let (root, version) = env.trim().split_once('\n').unwrap();
        let mut hasher = DefaultHasher::new();
        SOURCES.hash(&mut hasher);
        let binary = target_tmp().join(format!("x-mod-oracle-{version}-{:016x}", hasher.finish()));
        if binary.exists() {
            return binary;
        }
        let language = gover::lang(gover::from_toolchain(version));
        let vendored = Path::new(root).join("src/cmd/vendor/golang.org/x/mod");
        copy_go_files(&vendored, &dir, "xmod");
        dir.write("xmod/go.mod", format!("module golang.org/x/mod\n\ngo {language}\n"));
        for (name, source) in SOURCES {
            dir.write(name, source);
        }
        let require = "require golang.org/x/mod v0.0.0\n\nreplace golang.org/x/mod => ./xmod\n";
        dir.write("go.mod", format!("module oracle\n\ngo {language}\n\n{require}"));
        // Another test binary may build it at the same time: the rename decides.
        let own = format!("{}.{}", binary.display(), std::process::id());
        go.run(dir.path(), &["build", "-o", &own, "."]);
        fs::rename(own, &binary).unwrap();
        binary
    });
    path.clone()
}

fn copy_go_files(from: &Path, to: &TempTree, name: &str) {
    for entry in fs::read_dir(from).unwrap_or_else(|e| panic!("{}: {e}", from.display())) {
        let entry = entry.unwrap();
        let file_name = format!("{name}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            copy_go_files(&entry.path(), to, &file_name);
        } else if file_name.ends_with(".go") && !file_name.ends_with("sumdb/server.go") {
            // The server would only bring net/http with it.
            to.write(file_name, fs::read(entry.path()).unwrap());
        }
    }
}
