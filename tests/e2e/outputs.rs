//! What commands print, held in `snapshots/`: help, status lines, errors with
//! their hints, findings in every format. CONTRIBUTING.md says how a change of
//! them is reviewed.

use crate::airgo::{Airgo, Run};
use crate::redact::Redact;
use crate::site::{Site, small_world, text};
use airgo_testkit::{Fault, Module};
use std::fs;

/// Compares with `snapshots/NAME.snap`.
#[track_caller]
pub fn holds(name: &str, printed: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, printed));
}

/// A file's name of a command's words.
fn name_of(words: &[String]) -> String {
    words.join("-")
}

/// A page of help without the options that every command has.
fn own(page: &str) -> String {
    let Some((before, globals)) = page.split_once("Global options:\n") else { return page.to_owned() };
    let after = globals.find("\nExamples:").map_or("", |at| &globals[at + 1..]);
    format!("{before}{after}")
}

#[test]
fn help_of_every_command() {
    let (airgo, site) = (Airgo::new("off"), Site::new());
    let redact = Redact::of(&site);
    let help = |words: &[String]| {
        let run = airgo.run(&[words, &["--help".to_owned()]].concat()).done();
        format!("$ airgo {} --help\n{}", words.join(" "), redact.text(&own(&run.stdout)).trim_end())
    };
    holds("help", &redact.text(airgo.run(&["--help"]).done().stdout.trim_end()));
    for command in crate::manual::command().get_subcommands() {
        let words = vec![command.get_name().to_owned()];
        let mut pages = vec![help(&words)];
        for below in command.get_subcommands() {
            pages.push(help(&[words.clone(), vec![below.get_name().to_owned()]].concat()));
        }
        holds(&format!("help-{}", name_of(&words)), &pages.join("\n\n"));
    }
}

/// Several runs in one snapshot, each below what it shows.
struct Runs<'a> {
    redact: &'a Redact,
    text: String,
}

impl<'a> Runs<'a> {
    fn new(redact: &'a Redact) -> Self {
        Self { redact, text: String::new() }
    }

    fn add(&mut self, what: &str, run: &Run) {
        self.text += &format!("# {what}\n{}\n\n", self.redact.run(run));
    }

    #[track_caller]
    fn hold(self, name: &str) {
        holds(name, self.text.trim_end());
    }
}

#[test]
fn usage_errors() {
    let site = Site::new();
    let redact = Redact::of(&site);
    let mut runs = Runs::new(&redact);
    for (what, args) in [
        ("an unknown command", &["pakc"][..]),
        ("an unknown flag", &["pack", "--no-such-flag"]),
        ("a missing argument", &["unpack"]),
        ("a value that is none of those", &["resolve", "--format", "yaml"]),
        ("a number that is none", &["pack", "-o", "a.airgo", "--sequence", "one"]),
        ("an address in place of a file", &["unpack", "https://example.com/app.airgo"]),
        ("stdout in place of a file", &["pack", "-o", "-"]),
        ("two that exclude each other", &["verify", "-q", "-v", "a.airgo"]),
    ] {
        runs.add(what, &site.airgo.run(args).ends(2));
    }
    runs.hold("usage");
}

#[test]
fn status_lines() {
    let site = Site::new();
    let redact = Redact::of(&site);
    let (bundle, public) = (site.bundle(), site.public_key());
    let mut runs = Runs::new(&redact);
    runs.add("pack", &site.pack_with(&["--comment", "first release", "--sequence", "1"]).done());
    runs.add("pack again, from the store", &site.pack().done());
    runs.add("pack -q", &site.pack_with(&["-q"]).done());
    runs.add("verify", &site.verify(&bundle).done());
    runs.add("unpack", &site.unpack(&bundle, &[]).done());
    runs.add("unpack again", &site.unpack(&bundle, &[]).done());
    let trusted =
        |args: &[&str]| site.airgo.run(&[args, &[text(&bundle), "--trust", text(&public)]].concat());
    runs.add("inspect", &trusted(&["inspect"]).done());
    let why = ["why", text(&bundle), "example.com/b/v2", "--trust", text(&public)];
    runs.add("why", &site.airgo.run(&why).done());
    runs.add("diff", &trusted(&["diff", text(&bundle)]).done());
    runs.add("resolve", &site.airgo.run(&["resolve", text(&site.project())]).done());
    let volumes = site.temp.join("out/volumes.airgo");
    let (project, key) = (site.project(), site.key());
    let pack = ["pack", text(&project), "-o", text(&volumes), "--key", text(&key)];
    runs.add("pack in volumes", &site.airgo.run(&[&pack[..], &["--split", "4KiB"]].concat()).done());
    let whole = site.temp.join("out/whole.airgo");
    let repair = ["repair", text(&volumes), "-o", text(&whole), "--trust", text(&public)];
    runs.add("repair", &site.airgo.run(&repair).done());
    runs.add("keygen", &site.airgo.run(&["keygen", "-o", text(&site.temp.join("other"))]).done());
    runs.add("key show", &site.airgo.run(&["key", "show", text(&public)]).done());
    runs.add("policy init", &site.airgo.run(&["policy", "init", text(&site.project())]).done());
    runs.hold("status");
}

#[test]
fn errors_of_the_way_to_the_modules() {
    let mut all = Vec::new();
    let zip = "example.com/a/@v/v1.0.0.zip";
    for (what, fault) in [
        ("not found", Fault::Status(404)),
        ("forbidden", Fault::Status(403)),
        ("gone", Fault::Status(410)),
        ("a web page", Fault::Html),
        ("another file", Fault::Bytes(b"PK".to_vec())),
    ] {
        let site = Site::new();
        site.proxy.fault(zip, fault);
        let mut runs = Runs::new(&Redact::of(&site)).text;
        runs += &format!("# {what}\n{}", Redact::of(&site).run(&site.pack()));
        all.push(runs);
    }
    let mut site = Site::new();
    site.airgo = site.airgo.env("GOPROXY", "http://127.0.0.1:1");
    all.push(format!("# nobody listens\n{}", Redact::of(&site).run(&site.pack().ends(1))));
    let mut site = Site::new();
    site.airgo = site.airgo.env("GOPROXY", "off");
    all.push(format!("# GOPROXY=off\n{}", Redact::of(&site).run(&site.pack().ends(1))));
    holds("errors-network", &all.join("\n\n"));
}

#[test]
fn errors_of_a_project() {
    let mut all = Vec::new();
    let mut add = |what: &str, site: &Site, code| {
        all.push(format!("# {what}\n{}", Redact::of(site).run(&site.pack().ends(code))));
    };
    let site = Site::new();
    fs::remove_file(site.project().join("go.mod")).unwrap();
    add("no go.mod", &site, 1);
    let site = Site::new();
    fs::write(site.project().join("go.mod"), "module example.com/main\n\nrequire example.com/a\n").unwrap();
    add("a go.mod that does not parse", &site, 1);
    let site = Site::new();
    let sums = fs::read_to_string(site.project().join("go.sum")).unwrap();
    let without: String =
        sums.lines().filter(|l| !l.starts_with("example.com/a v1.0.0 ")).flat_map(|l| [l, "\n"]).collect();
    fs::write(site.project().join("go.sum"), without).unwrap();
    add("a line of go.sum is missing", &site, 1);
    let site = Site::new();
    let real = site.world.get("example.com/a", "v1.0.0").unwrap().h1().to_string();
    let other = site.world.get("example.com/b/v2", "v2.1.0").unwrap().h1().to_string();
    fs::write(site.project().join("go.sum"), site.world.go_sum().replace(&real, &other)).unwrap();
    add("another hash in go.sum", &site, 11);
    let main = Module::project("example.com/main").go("1.21").require("example.com/a", "v1.7.7");
    add("a version that nobody has", &Site::of(small_world(), &main), 1);
    holds("errors-project", &all.join("\n\n"));
}

#[test]
fn errors_of_a_bundle() {
    let site = Site::new();
    let redact = Redact::of(&site);
    let mut runs = Runs::new(&redact);
    site.pack().done();
    let bundle = site.bundle();
    let other = site.temp.join("other");
    site.airgo.run(&["keygen", "-o", text(&other)]).done();
    let trust = |key: &str| {
        site.airgo.run(&["unpack", text(&bundle), "--trust", key, "--gomodcache", text(&site.modcache())])
    };
    runs.add("signed by an unknown key", &trust(&format!("{}.pub", text(&other))).ends(10));
    runs.add("no such key file", &trust("team.pub"));
    let roles = "schema = \"https://airgo.dev/trust/v1\"\n[roles]\npacker = 1\nreviewer = 1\n";
    let key = |name: &str, file: &str, role: &str| {
        format!("[[key]]\nname = {name:?}\nfile = {file:?}\nroles = [{role:?}]\n")
    };
    let trust_file = [roles, &key("Pat", "key.pub", "packer"), &key("Rae", "other.pub", "reviewer")].concat();
    let trust_file = site.temp.write("trust.toml", trust_file);
    runs.add("a reviewer is missing", &trust(text(&trust_file)).ends(10));
    let mut bytes = fs::read(&bundle).unwrap();
    let at = bytes.windows(10).position(|w| w == b"v1.0.0.zip").unwrap();
    bytes[at + 60] ^= 1;
    let damaged = site.temp.write("damaged.airgo", &bytes);
    runs.add("damaged", &site.verify(&damaged).ends(11));
    let cut = site.temp.write("cut.airgo", &bytes[..bytes.len() / 2]);
    runs.add("cut off", &site.verify(&cut).ends(13));
    runs.add("no such file", &site.verify(&site.temp.join("nosuch.airgo")).ends(1));
    let public = site.public_key();
    let why = ["why", text(&bundle), "example.com/c", "--trust", text(&public)];
    runs.add("not in the bundle", &site.airgo.run(&why).ends(1));
    runs.hold("errors-bundle");
}

#[test]
fn findings_in_every_format() {
    let site = Site::new();
    let redact = Redact::of(&site);
    let policy = "[[plugin]]\nname = \"allowlist\"\nbuiltin = \"allowlist\"\nconfig.default = \"deny\"\nconfig.allow = [\"example.com/a\"]\n\n[[plugin]]\nname = \"licence\"\nbuiltin = \"licence\"\n";
    site.temp.write("main/airgo.toml", policy);
    let check = |format: &str| {
        let mut cmd = site.airgo.command();
        cmd.args(["policy", "check", "--format", format]).current_dir(site.project());
        crate::airgo::run(cmd).ends(12)
    };
    let mut runs = Runs::new(&redact);
    for format in ["human", "github", "junit"] {
        runs.add(&format!("policy check --format {format}"), &check(format));
    }
    runs.add("pack", &site.pack().ends(12));
    runs.hold("findings");
    holds("findings-sarif", &redact.document(&check("sarif").stdout));
    let broken =
        site.temp.write("broken.toml", "[[plugin]]\nname = \"x\"\nbuiltin = \"allowlist\"\nconfg = 1\n");
    let mut runs = Runs::new(&redact);
    runs.add("an unknown key", &site.pack_with(&["--policy", text(&broken)]).ends(1));
    let wrong = policy.replace("config.allow =", "config.alow =");
    let wrong = site.temp.write("wrong.toml", wrong);
    runs.add("a config that the plugin does not take", &site.pack_with(&["--policy", text(&wrong)]));
    runs.hold("errors-policy");
}
