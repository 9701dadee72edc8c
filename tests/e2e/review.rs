//! Reviews: who may sign when, what is still missing, and what to do about a
//! bundle that signatures do not let in.

use crate::airgo::Run;
use crate::site::{Site, text};
use std::fs;
use std::path::{Path, PathBuf};

/// A site and the keys of a team.
struct Team {
    site: Site,
}

impl Team {
    fn new() -> Self {
        Self { site: Site::new() }
    }

    fn key(&self, name: &str) -> PathBuf {
        let key = self.site.temp.join(name);
        if !key.exists() {
            self.site.airgo.run(&["keygen", "-o", text(&key), "--format", "openssh"]).done();
        }
        key
    }

    fn public(&self, name: &str) -> PathBuf {
        self.key(name);
        self.site.temp.join(format!("{name}.pub"))
    }

    /// A trust file: roles with their numbers, keys with their roles.
    fn trust(&self, head: &str, roles: &[(&str, u32)], keys: &[(&str, &str)]) -> PathBuf {
        let mut out = format!("schema = \"https://airgo.dev/trust/v1\"\n{head}\n[roles]\n");
        for (role, count) in roles {
            out += &format!("{role} = {count}\n");
        }
        for (name, role) in keys {
            let public = fs::read_to_string(self.public(name)).unwrap();
            out += &format!(
                "[[key]]\nname = \"{name}\"\npublic-key = \"{}\"\nroles = [\"{role}\"]\n",
                public.trim()
            );
        }
        self.site.temp.write("trust.toml", out)
    }

    fn pack(&self, name: &str, more: &[&str]) -> PathBuf {
        let bundle = self.site.bundle();
        let (project, key) = (self.site.project(), self.key(name));
        let mut args = vec!["pack", text(&project), "-o", text(&bundle), "--key", text(&key)];
        args.extend(more);
        self.site.airgo.run(&args).done();
        bundle
    }

    fn sign(&self, name: &str, trust: &Path, more: &[&str]) -> Run {
        let (bundle, key) = (self.site.bundle(), self.key(name));
        let mut args = vec!["sign", text(&bundle), "--key", text(&key), "--trust", text(trust)];
        args.extend(more);
        self.site.airgo.run(&args)
    }

    fn verify(&self, trust: &Path, more: &[&str]) -> Run {
        let bundle = self.site.bundle();
        let mut args = vec!["verify", text(&bundle), "--trust", text(trust)];
        args.extend(more);
        self.site.airgo.run(&args)
    }
}

fn json(run: &Run) -> serde_json::Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {}", run.stdout))
}

const KEYS: [(&str, &str); 4] =
    [("pat", "packer"), ("rae", "reviewer"), ("rob", "reviewer"), ("sue", "security")];

#[test]
fn reviewers_sign_one_after_the_other_under_the_teams_file() {
    let team = Team::new();
    let trust = team.trust("", &[("packer", 1), ("reviewer", 2), ("security", 1)], &KEYS);
    team.pack("pat", &[]);
    // Two roles are missing beside the one that is added: whoever comes first may sign.
    let first = team.sign("rae", &trust, &["--json"]).done();
    let said = json(&first);
    assert_eq!(said["counts"], true);
    let missing = said["stillMissing"].as_array().unwrap();
    let roles: Vec<_> = missing.iter().map(|l| (l["role"].as_str().unwrap(), l["signed"].as_u64())).collect();
    assert_eq!(roles, [("reviewer", Some(1)), ("security", Some(0))], "{}", first.stdout);
    team.verify(&trust, &[]).ends(10).says(&["airgo sign", "--role reviewer"]);
    team.sign("sue", &trust, &["--role", "security"]).done().says(&["still missing: 1 of 2", "reviewer"]);
    team.sign("rob", &trust, &[]).done().says(&["still missing: nothing"]);
    team.verify(&trust, &[]).done();
    // A signature by an unknown key is added, and reported as not trusted.
    team.sign("eve", &trust, &[]).done().says(&["is not accepted", "not trusted"]);
    team.verify(&trust, &[]).done();
}

#[test]
fn nobody_signs_what_the_packer_did_not() {
    let team = Team::new();
    let trust = team.trust("", &[("packer", 1), ("reviewer", 1)], &KEYS[..3]);
    team.pack("eve", &[]);
    let before = fs::read(team.site.bundle()).unwrap();
    team.sign("rae", &trust, &[]).ends(10).says(&["is unchanged", "--trust SENDER.pub"]);
    // One reviewer's word does not stand for the packer's.
    let eve = team.public("eve");
    team.sign("rae", &eve, &[]).done();
    team.sign("rob", &trust, &[]).ends(10).says(&["packer"]);
    // The packer itself may add what is missing.
    team.sign("pat", &trust, &["--role", "packer"]).done().says(&["still missing: nothing"]);
    team.verify(&trust, &[]).done();
    assert!(before != fs::read(team.site.bundle()).unwrap());
}

#[test]
fn the_hint_of_a_refusal_follows_from_its_cause() {
    let team = Team::new();
    let two: &[(&str, u32)] = &[("packer", 1), ("reviewer", 1)];
    let trust = team.trust("", two, &KEYS[..3]);
    let (pat, eve) = (team.public("pat"), team.public("eve"));
    let wrong = "pack it again";
    let refused = |run: Run, says: &[&str]| {
        let run = run.ends(10).says(says);
        assert!(!run.stderr.contains(wrong), "the file is whole: {}", run.stderr);
        run
    };
    team.pack("pat", &[]);
    refused(team.verify(&eve, &[]), &["--trust SENDER.pub", "airgo inspect"]);
    let run = refused(team.verify(&trust, &["--json"]), &[]);
    assert!(run.stdout.contains("\"threshold\"") && run.stdout.contains("\"reviewer\""), "{}", run.stdout);
    refused(team.verify(&trust, &[]), &["ask a reviewer: airgo sign"]);
    team.pack("pat", &["--expires", "2020-01-01T00:00:00Z"]);
    refused(team.verify(&pat, &[]), &["expired", "for a new signature", "--replace --expires 90d"]);
    // The advice works: whoever signed may renew the signature.
    team.sign("pat", &pat, &["--replace", "--role", "packer", "--expires", "90d"]).done();
    team.verify(&pat, &[]).done();
    let record = team.site.temp.join("seen.json");
    let seen = ["--last-seen", text(&record)];
    team.pack("pat", &[]);
    refused(team.verify(&pat, &seen), &["airgo pack --sequence N"]);
    let revoked = fs::read_to_string(&pat).unwrap();
    let revoked = team.site.temp.write(
        "revoked.toml",
        format!(
            "schema = \"https://airgo.dev/trust/v1\"\n[[revoked]]\nkey = \"{}\"\nreason = \"lost\"\n",
            revoked.trim()
        ),
    );
    refused(team.verify(&pat, &["--trust", text(&revoked)]), &["lost", "not revoked"]);
    for (file, content) in [("nosuch.pub", None), ("empty.pub", Some("")), ("private.pub", Some("key"))] {
        let path = team.site.temp.join(file);
        match content {
            Some("key") => drop(fs::copy(team.key("pat"), &path).unwrap()),
            Some(content) => fs::write(&path, content).unwrap(),
            None => {}
        }
        let run = team.verify(&path, &[]).ends(1).says(&["the sender's public key", ".pub"]);
        assert!(!run.stderr.contains("keygen"), "{}", run.stderr);
    }
}

#[test]
fn a_base_that_is_not_trusted_is_the_one_that_is_named() {
    let team = Team::new();
    let (pat, eve) = (team.public("pat"), team.public("eve"));
    let base = team.site.temp.join("base.airgo");
    fs::copy(team.pack("eve", &[]), &base).unwrap();
    let (both, delta) = (format!("{}:{}", pat.display(), eve.display()), team.site.bundle());
    team.pack("pat", &["--since", text(&base), "--trust", &both]);
    let run = team.verify(&pat, &["--base", text(&base)]).ends(10).says(&["base.airgo"]);
    let hint = run.stderr.lines().find(|l| l.starts_with("hint")).unwrap();
    assert!(hint.contains("base.airgo") && !hint.contains(text(&delta)), "{}", run.stderr);
    // A delta is signed like any other bundle.
    let trust = PathBuf::from(&both);
    team.sign("rae", &trust, &["--base", text(&base)]).done();
    team.verify(&trust, &["--base", text(&base)]).done();
}

#[test]
fn a_signed_comment_is_shown() {
    let team = Team::new();
    let bundle = team.pack("pat", &["--comment", "release 7 \u{1b}[31mred", "--sequence", "7"]);
    let pat = team.public("pat");
    team.verify(&pat, &[]).done().says(&["release 7"]);
    let run = team.site.airgo.run(&["inspect", text(&bundle), "--trust", text(&pat)]).done();
    assert!(run.stdout.contains("comment    release 7"), "{}", run.stdout);
    assert!(!run.stdout.contains('\u{1b}') && run.stdout.contains("sequence   7"), "{}", run.stdout);
    let run = team.site.airgo.run(&["inspect", text(&bundle), "--trust", text(&pat), "--json"]).done();
    assert_eq!(json(&run)["signatures"][0]["sequence"], 7);
}
