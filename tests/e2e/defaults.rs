//! Without an airgo.toml the built-in plugins judge with defaults that warn and
//! never refuse, and say so; unpacking believes what a trusted signer recorded
//! of that.

use crate::airgo::{Airgo, Run};
use crate::secrets::payloads;
use crate::site::{Site, text};
use airgo_bundle::keys::SigningKey;
use airgo_bundle::{Bundle, Limits, NewStatement, Signing};
use serde_json::Value;
use std::path::{Path, PathBuf};

const VERDICT: &str = "https://airgo.dev/attestation/verdict/v1";

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", run.stdout, run.stderr))
}

/// The verdict that was signed into the bundle.
fn recorded(bundle: &Path) -> Value {
    let bytes = std::fs::read(bundle).unwrap();
    let statements = payloads(&bytes).into_iter().map(|p| serde_json::from_str::<Value>(&p).unwrap());
    let mut verdicts = statements.filter(|s| s["predicateType"] == VERDICT);
    verdicts.next().unwrap()["predicate"].take()
}

#[test]
fn all_built_ins_judge_and_refuse_nothing() {
    let site = Site::new();
    let run = site.pack().done().says(&[
        "main/airgo.toml: the built-in plugins ran with defaults, which warn and never refuse\n",
        "\n  licence/missing: 1 module: example.com/a@v1.0.0\n",
        "\n  vulnerability/no-data: there is no data source vulndb",
        "airgo vulndb import",
        "hint: airgo policy check ",
        "hint: airgo policy init ",
        "Evaluated 6 plugins: 0 denied, 3 warned, 0 excepted\n",
    ]);
    let warnings = run.stderr.lines().filter(|line| line.starts_with("warning: ")).count();
    assert_eq!(warnings, 1, "one warning stands for all: {}", run.stderr);
    assert!(!run.stderr.contains("drift/") && !run.stderr.contains("allowlist/"), "{}", run.stderr);

    // Nothing is left out where a machine reads.
    let report = json(&site.pack_with(&["--json"]).done())["policy"].take();
    let codes: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            format!("{}/{} {}", f["plugin"].as_str().unwrap(), f["rule"].as_str().unwrap(), f["verdict"])
        })
        .collect();
    assert_eq!(
        codes,
        ["vulnerability/no-data \"warn\"", "licence/missing \"warn\"", "licence/unknown \"warn\""]
    );
    assert_eq!(report["plugins"].as_array().unwrap().len(), 6);
}

#[test]
fn policy_check_lists_everything_and_says_that_defaults_ran() {
    let site = Site::new();
    let project = site.project();
    let run = site.airgo.run(&["policy", "check", text(&project)]).done().says(&[
        "main/airgo.toml: the built-in plugins ran with defaults",
        "hint: airgo policy init ",
        "Evaluated 6 plugins: 0 denied, 3 warned, 0 excepted\n",
    ]);
    for words in ["warning[licence/missing]: ", "--> example.com/a@v1.0.0", "3 findings: 0 denied, 3 warned"]
    {
        assert!(run.stdout.contains(words), "no {words:?} in {}", run.stdout);
    }
    // The file that is looked for is the one beside go.mod.
    site.temp.write("main/airgo.toml", "[[plugin]]\nname = \"native\"\nbuiltin = \"native\"\n");
    let run = site.airgo.run(&["policy", "check", text(&project)]).done().says(&["Evaluated 1 plugin: "]);
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
}

#[test]
fn unpacking_believes_what_the_packer_recorded() {
    let site = Site::new();
    site.pack().done();
    let (bundle, cache, key) = (site.bundle(), site.modcache(), site.public_key());
    let gapped = Airgo::air_gapped();
    let args = ["unpack", text(&bundle), "--gomodcache", text(&cache), "--trust", text(&key)];
    let run = gapped.run(&args).done();
    let time = recorded(&bundle)["judgedAt"].as_str().unwrap()[.."2026-01-01T00:00:00".len()].to_owned();
    let line =
        format!("Evaluated at pack, at {time}Z, since there is no airgo.toml here: 0 denied, 3 warned; ");
    let run =
        run.says(&[&line, &format!("airgo policy check {} --trust ", text(&bundle)), "evaluates it again\n"]);
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
    let home = gapped.command().get_current_dir().unwrap().to_owned();
    assert!(!home.join(".cache/airgo/plugins").exists(), "plugins ran");

    let mut report = json(&gapped.run(&[&args[..], &["--json"]].concat()).done())["policy"].take();
    let by = report.as_object_mut().unwrap().remove("recordedBy").unwrap();
    assert!(by.as_str().unwrap().starts_with("SHA256:"), "{by}");
    // What was recorded is shown as if it had been evaluated here.
    let mut again =
        json(&site.unpack(&bundle, &["--json", "--at", report["judgedAt"].as_str().unwrap()]).done());
    let mut again = again["policy"].take();
    assert_eq!(again.as_object_mut().unwrap().remove("recordedBy").unwrap(), Value::Null);
    assert_eq!(report, again);
}

#[test]
fn a_time_or_a_policy_of_ones_own_evaluates_again() {
    let site = Site::new();
    site.pack().done();
    let again = ["Evaluated 6 plugins: 0 denied, 3 warned", "there is no airgo.toml: ", "licence/missing: "];
    site.unpack(&site.bundle(), &["--at", "2026-06-01T00:00:00Z"]).done().says(&again);
    let policy = "[[plugin]]\nname = \"native\"\nbuiltin = \"native\"\n";
    let named = site.temp.write("named.toml", policy);
    site.unpack(&site.bundle(), &["--policy", text(&named)]).done().says(&["Evaluated 1 plugin: "]);
    // In the working directory, which is airgo's home here.
    let home = site.airgo.command().get_current_dir().unwrap().to_owned();
    std::fs::write(home.join("airgo.toml"), policy).unwrap();
    site.unpack(&site.bundle(), &[]).done().says(&["Evaluated 1 plugin: "]);
}

#[test]
fn what_no_trusted_key_recorded_is_evaluated_again() {
    let site = Site::new();
    site.pack().done();
    let (bundle, packer) = (site.bundle(), site.public_key());
    let reviewer = reviewer(&site);
    let public = format!("{}.pub", text(&reviewer));
    let sign = ["sign", text(&bundle), "--key", text(&reviewer), "--trust", text(&packer)];
    site.airgo.run(&sign).done();
    unpack_trusting(&site, &bundle, &public).says(&["Evaluated 6 plugins: 0 denied, 3 warned"]);
}

#[test]
fn a_verdict_of_another_policy_is_evaluated_again() {
    let site = Site::new();
    let of = |config: &str| {
        let plugins = ["allowlist", "drift", "freshness", "licence", "native", "vulnerability"];
        let table = |name: &&str| format!("[[plugin]]\nname = \"{name}\"\nbuiltin = \"{name}\"\n");
        let mut text: String = plugins.iter().map(table).collect();
        text.push_str(config);
        site.temp.write("six.toml", text)
    };
    let lenient = of("config.no-data = \"allow\"\n");
    site.pack_with(&["--policy", text(&lenient)]).done().says(&["Evaluated 6 plugins: "]);
    site.unpack(&site.bundle(), &[]).done().says(&["Evaluated 6 plugins: 0 denied, 3 warned"]);
}

/// Only a verdict on the defaults, by these very plugins, counts; each of these
/// is signed by somebody trusted.
#[test]
fn a_verdict_that_is_not_of_these_very_plugins_is_evaluated_again() {
    let site = Site::new();
    site.pack().done();
    let reviewer = reviewer(&site);
    let public = format!("{}.pub", text(&reviewer));
    let as_it_is = restated(&site, &reviewer, "same", |_| ());
    unpack_trusting(&site, &as_it_is, &public).says(&["Evaluated at pack, at "]);

    let zeros = || Value::from("0".repeat(64));
    type Change<'a> = &'a dyn Fn(&mut Value);
    let changes: [(&str, Change<'_>); 7] = [
        ("component", &|v| v["plugins"][4]["sha256"] = zeros()),
        ("config", &|v| v["plugins"][1]["configSha256"] = zeros()),
        ("lacking", &|v| drop(v["plugins"].as_array_mut().unwrap().pop())),
        ("doubled", &|v| {
            let plugins = v["plugins"].as_array_mut().unwrap();
            plugins.push(plugins[0].clone());
        }),
        ("denied", &|v| v["verdict"] = "deny".into()),
        ("counts", &|v| v["counts"]["warn"] = 0.into()),
        ("policy", &|v| v["policySha256"] = zeros()),
    ];
    for (name, change) in changes {
        let bundle = restated(&site, &reviewer, name, change);
        let run = unpack_trusting(&site, &bundle, &public);
        assert!(run.stderr.contains("Evaluated 6 plugins: 0 denied, 3 warned"), "{name}: {}", run.stderr);
    }
}

fn reviewer(site: &Site) -> PathBuf {
    let key = site.temp.join("reviewer");
    site.airgo.run(&["keygen", "-o", text(&key)]).done();
    key
}

/// The site's bundle, to which another key adds its own word on the verdict.
fn restated(site: &Site, key: &Path, name: &str, change: impl FnOnce(&mut Value)) -> PathBuf {
    let mut predicate = recorded(&site.bundle());
    change(&mut predicate);
    let key = SigningKey::load(key, &mut || None).unwrap();
    let mut signing = Signing::new(&key);
    let (label, kind) = ("verdict".to_owned(), VERDICT.to_owned());
    signing.statements = vec![NewStatement { name: label, predicate_type: kind, predicate }];
    let target = site.temp.join(format!("out/{name}.airgo"));
    let bundle = Bundle::open(&site.bundle(), &Limits::default()).unwrap();
    bundle.countersign(&target, &signing, false).unwrap();
    target
}

/// Unpacks for somebody who trusts this key alone.
fn unpack_trusting(site: &Site, bundle: &Path, public: &str) -> Run {
    let cache = site.modcache();
    let args = ["unpack", text(bundle), "--gomodcache", text(&cache), "--trust", public];
    site.airgo.run(&args).done()
}
