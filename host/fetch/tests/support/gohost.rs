//! A host on loopback: pages with go-import tags for any host name, given to
//! whoever asks through it as an HTTP proxy, and git repositories by git's own
//! `http-backend` below `/git/`.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

pub struct GoHost {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    repositories: PathBuf,
    config: PathBuf,
    /// By host and path.
    pages: Mutex<HashMap<String, (u16, String)>>,
    log: Mutex<Vec<String>>,
}

struct Request {
    method: String,
    target: String,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

impl GoHost {
    /// Serves the repositories of a directory, with this git configuration.
    pub fn serve(repositories: &Path, config: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            repositories: repositories.to_owned(),
            config: config.to_owned(),
            pages: Mutex::default(),
            log: Mutex::default(),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&accepting);
                thread::spawn(move || answer(stream, &shared));
            }
        });
        Self { port, shared }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What `http://{path}?go-get=1` answers.
    pub fn page(&self, path: &str, status: u16, html: &str) -> &Self {
        self.shared.pages.lock().unwrap().insert(path.to_owned(), (status, html.to_owned()));
        self
    }

    /// A page with one tag.
    pub fn import(&self, path: &str, content: &str) -> &Self {
        let content = content.replace("HOST", &self.url());
        self.page(path, 200, &format!("<html><head><meta name=\"go-import\" content=\"{content}\"></head>"))
    }

    /// The first lines of all requests.
    pub fn log(&self) -> Vec<String> {
        self.shared.log.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, shared: &Shared) {
    let Some(request) = read(&stream) else { return };
    shared.log.lock().unwrap().push(format!("{} {}", request.method, request.target));
    let response = respond(&request, shared);
    let _ = stream.write_all(&response);
}

fn respond(request: &Request, shared: &Shared) -> Vec<u8> {
    if request.target.starts_with("/git/") {
        return backend(request, shared);
    }
    let page = request.target.strip_prefix("http://").and_then(|t| t.strip_suffix("?go-get=1"));
    let page = page.and_then(|path| shared.pages.lock().unwrap().get(path.trim_end_matches('/')).cloned());
    let (status, body) = page.unwrap_or((404, "nothing here".to_owned()));
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    (head + &body).into_bytes()
}

fn backend(request: &Request, shared: &Shared) -> Vec<u8> {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let header = |name: &str| request.headers.get(name).cloned().unwrap_or_default();
    let mut command = Command::new("git");
    command.arg("http-backend").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
        .env("GIT_PROJECT_ROOT", &shared.repositories)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_GLOBAL", &shared.config)
        .env("PATH_INFO", path.strip_prefix("/git").unwrap())
        .env("QUERY_STRING", query)
        .env("REQUEST_METHOD", &request.method)
        .env("CONTENT_TYPE", header("content-type"))
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .env("REMOTE_ADDR", "127.0.0.1");
    let mut child = command.spawn().unwrap();
    let (mut stdin, body) = (child.stdin.take().unwrap(), request.body.clone());
    thread::spawn(move || drop(stdin.write_all(&body)));
    let out = child.wait_with_output().unwrap().stdout;
    let end = out.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(out.len());
    let head = String::from_utf8_lossy(&out[..end]).into_owned();
    let status = head.lines().find_map(|l| l.strip_prefix("Status: ")).unwrap_or("200 OK");
    let mut response = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{head}\r\n\r\n").into_bytes();
    response.extend(out.get(end + 4..).unwrap_or_default());
    response
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = Vec::new();
    if headers.get("transfer-encoding").is_some_and(|v| v == "chunked") {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let size = usize::from_str_radix(line.trim(), 16).ok()?;
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk).ok()?;
            if size == 0 {
                break;
            }
            body.extend(&chunk[..size]);
        }
    } else if let Some(length) = headers.get("content-length") {
        body = vec![0; length.parse().ok()?];
        reader.read_exact(&mut body).ok()?;
    }
    Some(Request { method, target, headers, body })
}
