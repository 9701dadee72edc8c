//! A secret in the address of a git repository stands in nothing that airgo
//! prints, keeps or signs: in the user's `insteadOf`, in the go-import tag of a
//! module's host, where git succeeds and where it fails. The repository is real,
//! served on loopback by git's own `http-backend`.

use crate::airgo::Airgo;
use crate::gohost::GoHost;
use crate::planted::{MARK, clean, clean_run};
use crate::secrets::payloads;
use crate::site::{snapshot, text};
use airgo_testkit::{Fault, Module, Proxy, TempTree, World, require_tool};
use std::fs;
use std::process::Command;

/// A module of the user's own hosts, and a project that needs it.
struct Bench {
    temp: TempTree,
    host: GoHost,
    module: &'static str,
}

/// The password alone.
const LOGIN: &str = "pl4nted-p";
const PRIVATE: &str = "github.com/private/m";
const VANITY: &str = "vanity.example.org/m";

impl Bench {
    fn new(module: &'static str) -> Self {
        let temp = TempTree::new();
        let code = Module::new(module, "v1.0.0").go("1.21").file("m.go", "package m\n");
        let sums = World::new().with(code).go_sum();
        let repository = temp.dir(format!("repos/{MARK}-dir/m.git"));
        for (name, content) in
            [("go.mod", format!("module {module}\n\ngo 1.21\n")), ("m.go", "package m\n".to_owned())]
        {
            fs::write(repository.join(name), content).unwrap();
        }
        temp.write(
            "gitconfig",
            "[user]\n\tname = t\n\temail = t@example.com\n[init]\n\tdefaultBranch = main\n[safe]\n\tdirectory = *\n",
        );
        for args in [&["init", "-q"][..], &["add", "."], &["commit", "-q", "-m", "m"], &["tag", "v1.0.0"]] {
            let mut git = Command::new("git");
            git.args(args).current_dir(&repository).env("GIT_CONFIG_GLOBAL", temp.join("gitconfig"));
            assert!(git.status().unwrap().success());
        }
        Module::project("example.com/main")
            .go("1.21")
            .require(module, "v1.0.0")
            .file("main.go", format!("package main\n\nimport _ \"{module}\"\n\nfunc main() {{}}\n"))
            .write_dir(&temp.dir("main"));
        temp.write("main/go.sum", sums);
        let host = GoHost::serve(&temp.join("repos"), &temp.join("gitconfig"));
        Self { temp, host, module }
    }

    /// The address of the repository with a secret wherever one can stand.
    fn address(&self) -> String {
        let host = self.host.url().replace("http://", &format!("http://user:{LOGIN}@"));
        format!("{host}/git/{MARK}-dir/m.git")
    }

    /// A user whose git takes this address for the module's.
    fn instead_of(&self, address: &str) -> &Self {
        let mut config = fs::read_to_string(self.temp.join("gitconfig")).unwrap();
        config += &format!("[url \"{address}\"]\n\tinsteadOf = https://{}\n", self.module);
        self.temp.write("gitconfig", config);
        self
    }

    fn airgo(&self) -> Airgo {
        Airgo::new("off")
            .env("GOPRIVATE", self.module)
            .env("GOINSECURE", "vanity.example.org")
            .env("GIT_CONFIG_GLOBAL", text(&self.temp.join("gitconfig")))
            .env("HTTP_PROXY", &self.host.url())
            .env("AIRGO_CACHE", text(&self.temp.join("cache")))
    }

    /// Packs and reviews in both voices; says the exit codes, and what was said.
    fn run_all(&self, airgo: &Airgo, what: &str) -> (Vec<i32>, String) {
        let file = |name: &str| text(&self.temp.join(name)).to_owned();
        let (project, bundle, key, public) = (file("main"), file("app.airgo"), file("key"), file("key.pub"));
        if !self.temp.join("key").exists() {
            airgo.run(&["keygen", "-o", &key]).done();
        }
        let once = ["--retries", "0", "--timeout", "5s"];
        let commands: [Vec<&str>; 7] = [
            [&["pack", "-v", &project, "-o", &bundle, "--key", &key], &once[..]].concat(),
            [&["pack", "--json", &project, "-o", &bundle, "--key", &key], &once[..]].concat(),
            [&["resolve", "-v", &project], &once[..]].concat(),
            [&["policy", "check", "--json", &project], &once[..]].concat(),
            [&["doctor", "-v", &project], &once[..]].concat(),
            vec!["inspect", "--json", &bundle, "--trust", &public],
            vec!["why", &bundle, self.module, "--trust", &public],
        ];
        let mut codes = Vec::new();
        let mut said = String::new();
        for args in commands {
            let run = airgo.run(&args);
            clean_run(what, &args, &run);
            codes.push(run.code);
            said += &run.stderr;
        }
        if let Ok(bytes) = fs::read(&bundle) {
            clean(&format!("{what}: the bundle"), &bytes);
            payloads(&bytes).iter().for_each(|payload| clean("a statement", payload.as_bytes()));
        }
        for (path, (_, bytes)) in snapshot(&self.temp.join("cache")) {
            // The path that a host's own page names is kept, as by go.
            let held = self.module == VANITY && !bytes.windows(LOGIN.len()).any(|w| w == LOGIN.as_bytes());
            if !held {
                clean(&format!("{what}: {}", path.display()), &bytes);
            }
            clean("a file's name", path.as_os_str().as_encoded_bytes());
        }
        (codes, said)
    }
}

#[test]
fn the_user_says_where_a_repository_is() {
    if !require_tool("git") {
        return;
    }
    let bench = Bench::new(PRIVATE);
    bench.instead_of(&bench.address());
    let (codes, said) = bench.run_all(&bench.airgo(), "insteadOf");
    assert_eq!(codes, [0, 0, 0, 0, codes[4], 0, 0], "{said}");
    assert!(bench.host.log().iter().any(|line| line.contains(MARK)), "the secret was used");

    // The same repository, without the version.
    let bench = Bench::new(PRIVATE);
    bench.instead_of(&bench.address());
    let go_mod = fs::read_to_string(bench.temp.join("main/go.mod")).unwrap();
    bench.temp.write("main/go.mod", go_mod.replace("v1.0.0", "v1.2.3"));
    let (codes, said) = bench.run_all(&bench.airgo(), "insteadOf, no such version");
    assert!(codes[0] == 1 && said.contains("v1.2.3"), "{said}");

    // Hosts that refuse, repeat the address, are not there, or are no host.
    let refusing = Proxy::serve(&World::new());
    for fault in [
        None,
        Some(Fault::Echo(403)),
        Some(Fault::Echo(401)),
        Some(Fault::Echo(500)),
        Some(Fault::Reset),
        Some(Fault::Html),
    ] {
        let bench = Bench::new(PRIVATE);
        refusing.heal();
        fault.iter().for_each(|fault| {
            refusing.fault("", fault.clone());
        });
        let host = refusing.url().replace("http://", &format!("http://user:{LOGIN}@"));
        bench.instead_of(&format!("{host}/{MARK}/m.git?t={MARK}"));
        let (codes, said) = bench.run_all(&bench.airgo(), &format!("insteadOf, {fault:?}"));
        assert_eq!(codes[0], 1, "{fault:?}: {said}");
    }
    for address in [
        format!("https://user:{LOGIN}@127.0.0.1:9/{MARK}/m.git"),
        format!("ssh://user:{LOGIN}@127.0.0.1:9/{MARK}/m.git"),
        format!("ext::sh -c {MARK}"),
        format!("ftp://user:{MARK}@h.example/{MARK}"),
        format!("user:{MARK}@:{MARK}"),
    ] {
        let bench = Bench::new(PRIVATE);
        bench.instead_of(&address);
        let (codes, said) = bench.run_all(&bench.airgo(), &address);
        assert_eq!(codes[0], 1, "{address}: {said}");
    }
    for govcs in ["*:off".to_owned(), format!("*:svn,https://user:{MARK}@h:git"), format!("{MARK}@h")] {
        let bench = Bench::new(PRIVATE);
        bench.instead_of(&bench.address());
        let airgo = bench.airgo().env("GOVCS", &govcs);
        assert_eq!(bench.run_all(&airgo, &govcs).0[0], 1, "{govcs}");
    }
}

#[test]
fn the_host_says_where_a_repository_is() {
    if !require_tool("git") {
        return;
    }
    let bench = Bench::new(VANITY);
    bench.host.import(VANITY, &format!("{VANITY} git {}", bench.address()));
    let (codes, said) = bench.run_all(&bench.airgo(), "go-import");
    assert_eq!(codes, [0, 0, 0, 0, codes[4], 0, 0], "{said}");
    assert!(bench.host.log().iter().any(|line| line.contains(MARK)), "the secret was used");

    let login = format!("user:{LOGIN}@127.0.0.1:9/{MARK}/m.git?t={MARK}");
    for tag in [
        format!("{VANITY} git https://{login}"),
        format!("{VANITY} git {login}"),
        format!("{VANITY} git ftp://{login}"),
        format!("{VANITY} svn https://{login}"),
        format!("{VANITY} mod https://{login}"),
        format!("{VANITY} mod http://{login}"),
        format!("{VANITY} git https://{login} {MARK}/sub"),
        format!("{VANITY} https://{login}"),
        format!("{VANITY} https://{login} https://{login}"),
        format!("{VANITY} git https://h.example/m -https://{login}"),
        format!("https://{login} git https://{login}"),
    ] {
        let bench = Bench::new(VANITY);
        bench.host.import(VANITY, &tag);
        let (codes, said) = bench.run_all(&bench.airgo(), &tag);
        assert_eq!(codes[0], 1, "{tag}: {said}");
    }
    let bench = Bench::new(VANITY);
    bench.host.page(VANITY, 403, &format!("no entry for https://user:{MARK}@h/{MARK}"));
    assert_eq!(bench.run_all(&bench.airgo(), "a page that refuses").0[0], 1);
}
