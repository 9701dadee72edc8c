//! GOAUTH, and that no secret gets anywhere but to the host it is for: each
//! test plants one and looks for it in every error, event and file.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;
#[path = "support/tls.rs"]
mod tls_server;

use airgo_fetch::{Credentials, Environment, FetchConfig, FetchError, Fetched, Kind, Object, Observer};
use airgo_testkit::{Fault, Module, Proxy, TempTree, World, require_tool};
use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::Run;
use support::forge::Forge;
use tls_server::{Flaw, SECRET, TlsProxy, pem};

const CHILD: &str = "AIRGO_FETCH_TEST_CHILD";
const M: &str = "example.com/m";

/// Runs the calling test again in a process that trusts the test's authority;
/// true in that process.
fn in_child(test: &str) -> bool {
    if std::env::var_os(CHILD).is_some() {
        return true;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]).env(CHILD, "1").env("SSL_CERT_FILE", pem("ca.pem"));
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_ascii_lowercase());
    }
    let out = command.output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && text.contains("1 passed"), "{test} in a child process:\n{text}");
    false
}

/// Everything that was ever said.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Heard {
    fn hear(&self, error: &FetchError) {
        let mut said = self.0.lock().unwrap();
        said.push(format!("{error} {error:?} {error:#?} {:?}", error.hint()));
        let mut source = error.source();
        while let Some(e) = source {
            said.push(format!("{e} {e:?}"));
            source = e.source();
        }
    }
}

impl Observer for Heard {
    fn retry(&self, _: &Object, error: &FetchError, _: Duration, _: u64) {
        self.hear(error);
    }
}

/// A fetcher, all that it says, and all that it writes.
struct Watched {
    run: Run,
    heard: Arc<Heard>,
}

impl Watched {
    fn new(goproxy: &str, change: impl FnOnce(&mut FetchConfig)) -> Self {
        let heard = Arc::new(Heard::default());
        let run = Run::with(goproxy, |config| {
            config.observer = Some(heard.clone());
            change(config);
            heard.0.lock().unwrap().push(format!("{:?} {:?}", config.environment, config.credentials));
        });
        Self { run, heard }
    }

    fn fetch(&self, path: &str) -> Result<Fetched, FetchError> {
        let result = self.run.fetch(path, "v1.0.0", Kind::Zip);
        match result {
            Ok(fetched) => {
                self.heard.0.lock().unwrap().push(format!("{fetched:?}"));
                self.run.fetcher.keep(fetched)
            }
            Err(error) => {
                self.heard.hear(&error);
                Err(error)
            }
        }
    }

    /// Nothing of the secret was said or written.
    #[track_caller]
    fn assert_silent(&self) {
        let encoded = [format!("u:{SECRET}"), format!("{SECRET}:")].map(|t| base64(&t));
        let leaks = |text: &str| text.contains(SECRET) || encoded.iter().any(|e| text.contains(e));
        for said in self.heard.0.lock().unwrap().iter() {
            assert!(!leaks(said), "{said}");
        }
        for file in files(self.run.store().parent().unwrap()) {
            let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
            assert!(!leaks(&text) && !leaks(&file.display().to_string()), "{}: {text}", file.display());
        }
    }
}

fn base64(text: &str) -> String {
    use ::base64::Engine as _;
    ::base64::engine::general_purpose::STANDARD.encode(text)
}

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

fn world() -> World {
    World::new().with(Module::new(M, "v1.0.0"))
}

fn script(tree: &TempTree, name: &str, text: &str) -> String {
    let path = tree.write(name, format!("#!/bin/sh\n{text}\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn environment() -> Environment {
    Environment::new([("PATH".into(), std::env::var_os("PATH").unwrap())])
}

/// Lets a way to credentials open a guarded host, and then meet one that
/// refuses whatever it gets and repeats it.
#[track_caller]
fn opens(name: &str, way: impl Fn(&TlsProxy, &mut FetchConfig)) {
    let guarded = TlsProxy::serve(&world(), "sound.pem", Flaw::Guarded);
    let watched = Watched::new(&guarded.url(), |config| way(&guarded, config));
    let fetched = watched.fetch(M);
    assert!(fetched.is_ok(), "{name}: {}", fetched.unwrap_err());
    watched.assert_silent();

    let echo = TlsProxy::serve(&world(), "sound.pem", Flaw::Echo);
    let watched = Watched::new(&echo.url(), |config| way(&echo, config));
    let error = watched.fetch(M).unwrap_err();
    assert!(matches!(error, FetchError::Forbidden { .. }), "{name}: {error}");
    // It was there to be repeated.
    assert!(error.to_string().contains("…"), "{name}: {error}");
    watched.assert_silent();
}

#[test]
fn all_ways_to_credentials_open_the_host() {
    if !in_child("all_ways_to_credentials_open_the_host") || !require_tool("git") {
        return;
    }
    let tree = TempTree::new();
    let netrc = |proxy: &TlsProxy| {
        Credentials::from_netrc(&format!("machine localhost:{} login u password {SECRET}\n", proxy.port))
    };
    opens("netrc", |proxy, config| config.credentials = netrc(proxy));
    opens("netrc by name", |proxy, config| {
        config.credentials = netrc(proxy);
        config.goauth = "netrc".into();
    });

    opens("command", |proxy, config| {
        let command = script(
            &tree,
            "first",
            &format!(
                "printf '%s\\n' 'https://localhost:{}' '' 'Authorization: Bearer {SECRET}' ''",
                proxy.port
            ),
        );
        config.goauth = format!("netrc; {command} --flag 'two words'").into();
    });

    let said = tree.join("said");
    opens("command that wants to see the refusal", |_, config| {
        let _ = fs::remove_file(&said);
        let command = script(
            &tree,
            "second",
            &format!(
                "echo \"args: $*\" >> '{said}'; [ -z \"$2\" ] && exit 0; cat >> '{said}'\n\
                 printf '%s\\n\\nAuthorization: Bearer {SECRET}\\n\\n' \"$2\"",
                said = said.display()
            ),
        );
        config.goauth = format!("'{command}' 'one argument'").into();
    });
    let said = fs::read_to_string(&said).unwrap();
    assert!(said.starts_with("args: one argument\nargs: one argument https://localhost:"), "{said}");
    assert!(said.contains("/example.com/m/@v/v1.0.0.zip\nHTTP/2.0 403 Forbidden\n"), "{said}");
    assert!(said.contains("\nContent-Type: text/plain\n"), "{said}");

    // The first in the list has the last word.
    opens("order", |proxy, config| {
        let line = |secret: &str| {
            format!(
                "printf '%s\\n' 'https://localhost:{}' '' 'Authorization: Bearer {secret}' ''",
                proxy.port
            )
        };
        let (right, wrong) = (script(&tree, "right", &line(SECRET)), script(&tree, "wrong", &line("wrong")));
        config.goauth = format!("{right}; {wrong}; netrc").into();
    });

    let repository = tree.dir("repository");
    let git = |args: &[&str]| {
        let status = Command::new("git").args(args).current_dir(&repository).status().unwrap();
        assert!(status.success());
    };
    git(&["init", "-q"]);
    let store = tree.join("credentials");
    git(&["config", "credential.helper", &format!("store --file={}", store.display())]);
    opens("git", |proxy, config| {
        fs::write(&store, format!("https://u:{SECRET}@localhost:{}\n", proxy.port)).unwrap();
        config.environment = environment();
        config.environment.set("HOME", tree.path());
        config.goauth = format!("git {}", repository.display()).into();
    });
}

#[test]
fn a_secret_in_the_address_stays_there() {
    if !in_child("a_secret_in_the_address_stays_there") {
        return;
    }
    for flaw in [Flaw::Guarded, Flaw::Echo] {
        let proxy = TlsProxy::serve(&world(), "sound.pem", flaw);
        for userinfo in [format!("u:{SECRET}"), SECRET.to_owned()] {
            let url = format!("https://{userinfo}@localhost:{}", proxy.port);
            let watched = Watched::new(&url, |_| ());
            assert_eq!(watched.fetch(M).is_ok(), flaw == Flaw::Guarded);
            watched.assert_silent();
        }
    }
    let watched = Watched::new(&format!("http://u:{SECRET}@localhost:1"), |_| ());
    assert!(matches!(watched.fetch(M), Err(FetchError::InsecureCredentials { .. })));
    watched.assert_silent();
}

/// As a registry has it that lets in by the path, and an artefact store by the query.
#[test]
fn a_token_in_path_or_query_stays_there() {
    let serve = || {
        let proxy = Proxy::serve(&world());
        proxy.below(&format!("api/{SECRET}/go"));
        proxy
    };
    let address = |proxy: &Proxy| format!("{}/api/{SECRET}/go?sig={SECRET}&v=1", proxy.url());
    let proxy = serve();
    let watched = Watched::new(&address(&proxy), |_| ());
    let source = watched.fetch(M).unwrap().source;
    assert_eq!(source, format!("{}/…", proxy.url()));
    watched.assert_silent();

    let elsewhere = Proxy::serve(&World::new());
    elsewhere.fault("", Fault::Echo(403));
    let signed = format!("{}/bucket/{SECRET}/file?X-Signature={SECRET}", elsewhere.url());
    let page = format!("<title>{SECRET} is not here</title>");
    for fault in [
        Fault::Echo(404),
        Fault::Echo(403),
        Fault::Echo(500),
        Fault::Bytes(page.into_bytes()),
        Fault::Truncate(10),
        Fault::Reset,
        Fault::Redirect(signed),
        Fault::Redirect(format!("ftp://h.example/{SECRET}")),
    ] {
        let proxy = serve();
        proxy.fault("", fault.clone());
        let watched = Watched::new(&address(&proxy), |config| config.retries.attempts = 2);
        let error = watched.fetch(M).unwrap_err();
        watched.assert_silent();
        let url = &error.at().unwrap().site.url;
        assert_eq!(*url, format!("{}/…/example.com/m/@v/v1.0.0.zip", proxy.url()), "{fault:?}");
    }
    let info = Proxy::serve(&world());
    info.fault(".info", Fault::Bytes(format!("{{\"Version\":\"{SECRET}\"}}").into_bytes()));
    let watched = Watched::new(&format!("{}/{SECRET}", info.url()), |_| ());
    info.below(SECRET);
    watched.heard.hear(&watched.run.fetch(M, "v1.0.0", Kind::Info).unwrap_err());
    watched.assert_silent();
}

#[test]
fn goauth_that_does_not_help() {
    if !in_child("goauth_that_does_not_help") {
        return;
    }
    let tree = TempTree::new();
    let guarded = TlsProxy::serve(&world(), "sound.pem", Flaw::Guarded);
    let fails = script(&tree, "fails", &format!("echo {SECRET}; echo {SECRET} >&2; exit 3"));
    let babbles = script(&tree, "babbles", &format!("echo https://localhost; echo; echo {SECRET}; echo"));
    for goauth in
        [format!("{fails} --token {SECRET}"), babbles, format!("no-such-program {SECRET}"), "off".to_owned()]
    {
        let watched = Watched::new(&guarded.url(), |config| {
            config.goauth = goauth.clone().into();
            config.environment = environment();
        });
        assert!(matches!(watched.fetch(M), Err(FetchError::Forbidden { .. })), "{goauth}");
        watched.assert_silent();
    }
    for goauth in ["netrc;off".to_owned(), format!("x '{SECRET}"), "git .".to_owned(), ";".to_owned()] {
        let watched = Watched::new(&guarded.url(), |config| config.goauth = goauth.clone().into());
        assert!(matches!(watched.fetch(M), Err(FetchError::GoAuth(_))), "{goauth}");
        watched.assert_silent();
    }
    // Without https nobody is asked.
    let plain = Proxy::serve(&world());
    let watched = Watched::new(&plain.url(), |config| config.goauth = ";".into());
    assert!(watched.fetch(M).is_ok());
}

#[test]
fn git_tells_no_secret() {
    if !require_tool("git") {
        return;
    }
    // A token in the user's insteadOf, as CI systems put it there.
    let private = |fault: Option<Fault>, in_path: bool| {
        let host = Proxy::serve(&World::new());
        if let Some(fault) = fault {
            host.fault("", fault);
        }
        let forge = Forge::new();
        let address = match in_path {
            true => format!("{}/{SECRET}", host.url()),
            false => host.url().replace("http://", &format!("http://u:{SECRET}@")),
        };
        forge.configure(&format!("[url \"{address}/\"]\n\tinsteadOf = https://github.com/private/\n"));
        (host, forge)
    };
    let faults = [None, Some(Fault::Status(403)), Some(Fault::Status(503)), Some(Fault::Status(401))];
    for (fault, in_path) in faults.iter().flat_map(|fault| [(fault, false), (fault, true)]) {
        let (_host, forge) = private(fault.clone(), in_path);
        let watched = Watched::new("direct", |config| config.environment = forge.environment());
        assert!(matches!(watched.fetch("github.com/private/m"), Err(FetchError::Direct { .. })));
        watched.assert_silent();
    }
    // Traces would show all.
    let (_host, forge) = private(None, false);
    let watched = Watched::new("direct", |config| {
        config.environment = forge.environment();
        for name in ["GIT_TRACE", "GIT_TRACE_CURL", "GIT_CURL_VERBOSE"] {
            config.environment.set(name, "1");
        }
        config.environment.set("GIT_TRACE_REDACT", "0");
    });
    assert!(watched.fetch("github.com/private/m").is_err());
    watched.assert_silent();
}
