//! `airgo plugin`, as far as it needs no compiler: what is written, tested,
//! shown and measured. tests/plugin-author.sh builds a new plugin too.

use crate::airgo::{Airgo, Run};
use crate::site::{Site, snapshot, text};
use airgo_testkit::TempTree;
use serde_json::Value;
use std::path::Path;

fn airgo() -> Airgo {
    Airgo::new("off")
}

/// A file or directory of this repository.
fn repository(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path).to_str().unwrap().to_owned()
}

/// The one document on stdout.
fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e} in {}", run.stdout))
}

const LOOPS: &[u8] = include_bytes!("plugins/loops.wasm");

#[test]
fn a_new_plugin_is_complete_and_writes_over_nothing() {
    let (airgo, temp) = (airgo(), TempTree::new());
    for (lang, source) in
        [("rust", "src/lib.rs"), ("go", "main.go"), ("js", "plugin.js"), ("python", "requirements.txt")]
    {
        let dir = temp.join(lang);
        let run = airgo.run(&["plugin", "new", "no-forks", "--lang", lang, "--dir", text(&dir)]).done();
        run.says(&["Wrote ", "airgo plugin test"]);
        for file in [source, "airgo-plugin.toml", "README.md", ".gitignore", "wit/v1/policy.wit"] {
            assert!(dir.join(file).is_file(), "{lang}: no {file}");
        }
        let before = snapshot(&dir);
        let again = airgo.run(&["plugin", "new", "other", "--lang", lang, "--dir", text(&dir)]).ends(1);
        again.says(&["is there already", "nothing was written", "hint: "]);
        assert_eq!(snapshot(&dir), before, "{lang}: a second run changed something");
    }
    // What it is built of: the SDK of this very airgo.
    let sdk = std::fs::read(repository("plugins/sdk/src/lib.rs")).unwrap();
    assert_eq!(std::fs::read(temp.join("rust/sdk/src/lib.rs")).unwrap(), sdk);
    let bad = airgo.run(&["plugin", "new", "No_Forks", "--dir", text(&temp.join("bad"))]).ends(2);
    bad.says(&["is not a name for a plugin", "nothing was written"]);
    assert!(!temp.join("bad").exists());
}

#[test]
fn the_allowlist_passes_its_own_cases() {
    let cases = repository("plugins/allowlist/tests");
    let run = airgo().run(&["plugin", "test", "builtin:allowlist", "--cases", &cases, "--json"]).done();
    let document = json(&run);
    assert_eq!(document["schema"], "airgo.dev/plugin-test/v1");
    assert!(document["passed"].as_u64().unwrap() >= 3 && document["failed"] == 0, "{document}");
}

/// A case for the allowlist, with what it should come to.
fn case(temp: &TempTree, name: &str, bundle: &str, golden: Option<&str>) -> String {
    temp.write(format!("cases/{name}/bundle.toml"), bundle);
    if let Some(golden) = golden {
        temp.write(format!("cases/{name}/findings.json"), golden);
    }
    text(&temp.join("cases")).to_owned()
}

const DENY: &str =
    "[config]\ndefault = \"deny\"\n[[module]]\npath = \"example.com/a\"\nversion = \"v1.0.0\"\n";

#[test]
fn a_difference_is_shown_and_can_be_written_down() {
    let (airgo, temp) = (airgo(), TempTree::new());
    let golden = r#"{"schema":"airgo.dev/plugin-findings/v1","findings":[
        {"module":"example.com/b@v1.0.0","rule":"denied","verdict":"deny","message":"is denied"}]}"#;
    let cases = case(&temp, "one", DENY, Some(golden));
    case(&temp, "two", "[[module]]\npath = \"example.com/a\"\nversoin = \"v1.0.0\"\n", None);
    let test = ["plugin", "test", "builtin:allowlist", "--cases", &cases];

    let run = airgo.run(&test).ends(1).says(&["2 of 2 cases failed", "--update"]);
    for line in [
        "FAILED   one",
        "    - deny denied example.com/b@v1.0.0: is denied",
        "    + deny not-listed example.com/a@v1.0.0: is not on the allow list",
        "BROKEN   two",
        "bundle.toml:3:1: unknown field `versoin`",
    ] {
        assert!(run.stdout.contains(line), "no {line:?} in {}", run.stdout);
    }
    let document = json(&airgo.run(&[&test[..], &["--json"]].concat()).ends(1));
    let report = &document["error"]["report"];
    assert_eq!(report["cases"][0]["missing"][0], "deny denied example.com/b@v1.0.0: is denied");

    // What is broken stays so; the rest is written, and holds from then on.
    airgo.run(&[&test[..], &["--update", "--only", "one"]].concat()).done();
    airgo.run(&[&test[..], &["--only", "one"]].concat()).done();
    let written = std::fs::read_to_string(temp.join("cases/one/findings.json")).unwrap();
    assert!(written.contains("\"rule\": \"not-listed\""), "{written}");
    airgo.run(&[&test[..], &["--only", "three"]].concat()).ends(1).says(&["no case three", "one, two"]);
}

#[test]
fn a_case_may_end_in_an_error() {
    let (airgo, temp) = (airgo(), TempTree::new());
    let failed = |why: &str| format!(r#"{{"schema":"airgo.dev/plugin-findings/v1","error":{why:?}}}"#);
    let cases = case(
        &temp,
        "config",
        "[config]\nalow = []\n",
        Some(&failed(
            "does not accept its config at /alow: is unknown; allowed here: allow, default, deny, unused",
        )),
    );
    airgo.run(&["plugin", "test", "builtin:allowlist", "--cases", &cases]).done();

    // The limits of the real host, or those that the case sets.
    let component = temp.write("loops/loops.wasm", LOOPS);
    temp.write("loops/tests/endless/bundle.toml", "[limits]\ntime = \"50ms\"\n");
    temp.write("loops/tests/endless/findings.json", failed("took longer than 50ms in check"));
    airgo.run(&["plugin", "test", text(&component)]).done();
}

#[test]
fn a_packed_bundle_is_a_case_too() {
    let site = Site::new();
    site.pack().done();
    let trust = site.public_key();
    let bundle = format!(
        "bundle = {:?}\ntrust = [{:?}]\nconfig.default = \"deny\"\nconfig.allow = [\"example.com/a\"]\n",
        site.bundle(),
        trust
    );
    site.temp.write("cases/packed/bundle.toml", bundle);
    let cases = site.temp.join("cases");
    let run = site.airgo.run(&["plugin", "test", "builtin:allowlist", "--cases", text(&cases)]).ends(1);
    assert!(run.stdout.contains("+ deny not-listed example.com/b/v2@v2.1.0"), "{}", run.stdout);
    assert!(!run.stdout.contains("example.com/a@v1.0.0"), "{}", run.stdout);
    std::fs::remove_file(trust).unwrap();
    let run = site.airgo.run(&["plugin", "test", "builtin:allowlist", "--cases", text(&cases)]).ends(1);
    assert!(run.stdout.contains("BROKEN   packed"), "{}", run.stdout);
}

/// A component that imports one empty instance of this name.
fn importing(name: &str) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    // One type, an empty instance.
    bytes.extend([7, 3, 1, 0x42, 0]);
    let import = [&[1, 0, name.len() as u8], name.as_bytes(), &[5, 0]].concat();
    bytes.extend([10, import.len() as u8]);
    bytes.extend(import);
    bytes
}

#[test]
fn inspect_says_what_a_plugin_is_and_why_another_is_none() {
    let (airgo, temp) = (airgo(), TempTree::new());
    let document = json(&airgo.run(&["plugin", "inspect", "builtin:licence", "--json"]).done());
    assert_eq!(document["schema"], "airgo.dev/plugin-inspect/v1");
    assert_eq!((&document["runs"], &document["plugin"]["name"]), (&true.into(), &"licence".into()));
    assert_eq!(document["plugin"]["configSchema"]["type"], "object");
    assert_eq!(document["sha256"].as_str().unwrap().len(), 64);
    let run = airgo.run(&["plugin", "inspect", "builtin:licence"]).done();
    for words in ["interface  airgo:policy@1.", "runs here  yes", "RULE ", "config schema"] {
        assert!(run.stdout.contains(words), "no {words:?} in {}", run.stdout);
    }

    let cases: [(&str, Vec<u8>, &[&str]); 7] = [
        ("text", b"[workspace]\n".to_vec(), &["runs here  no: it is not WebAssembly: it does not begin"]),
        ("empty", Vec::new(), &["interface  none", "runs here  no"]),
        ("core", b"\0asm\x01\0\0\0".to_vec(), &["core WebAssembly module"]),
        ("cut", LOOPS[..LOOPS.len() / 2].to_vec(), &["runs here  no"]),
        (
            "wasi",
            importing("wasi:cli/environment@0.2.0"),
            &["imports    wasi:cli/environment@0.2.0", "outside its sandbox"],
        ),
        (
            "newer",
            importing("airgo:policy/host@9.1.0"),
            &["interface  airgo:policy@9.1; this airgo speaks 1.", "runs here  no"],
        ),
        // A name that would start a line of its own, were it printed as it is.
        ("odd", importing("\u{1b}[2J\n::error::owned"), &["runs here  no"]),
    ];
    for (name, bytes, words) in cases {
        let file = temp.write(format!("{name}.wasm"), bytes);
        let run = airgo.run(&["plugin", "inspect", text(&file)]).ends(1);
        for word in words {
            assert!(run.stdout.contains(word), "{name}: no {word:?} in {}", run.stdout);
        }
        assert!(name == "odd" || !run.stdout.contains("\\u{"), "{name}: {}", run.stdout);
        assert!(!run.stdout.contains('\u{1b}') && !run.stdout.contains("\n::"), "{name}: {}", run.stdout);
        let document = json(&airgo.run(&["plugin", "inspect", text(&file), "--json"]).ends(1));
        assert_eq!(document["error"]["report"]["runs"], false, "{name}: {document}");
    }
    airgo.run(&["plugin", "inspect", text(temp.path())]).ends(1).says(&["airgo plugin build"]);
    airgo.run(&["plugin", "inspect", "nowhere.wasm"]).ends(1).says(&["nowhere.wasm", "hint: "]);
}

#[test]
fn bench_stands_beside_the_limits() {
    let (airgo, temp) = (airgo(), TempTree::new());
    let bench = ["plugin", "bench", "builtin:native", "--modules", "30", "--runs", "2"];
    let document = json(&airgo.run(&[&bench[..], &["--json"]].concat()).done());
    assert_eq!(document["schema"], "airgo.dev/plugin-bench/v1");
    assert_eq!((&document["modules"], &document["runs"]), (&30.into(), &2.into()));
    for what in ["memory", "hostCalls", "componentBytes", "functions"] {
        let (used, limit) = (document["used"][what].as_u64(), document["limits"][what].as_u64());
        assert!(used.unwrap() > 0 && used <= limit, "{what}: {document}");
    }
    let (cold, warm) = (&document["facts"]["gathered"], &document["facts"]["remembered"]);
    assert_eq!((&cold["gathered"], &cold["remembered"]), (&30.into(), &0.into()), "{document}");
    assert_eq!((&warm["gathered"], &warm["remembered"]), (&0.into(), &30.into()), "{document}");
    for what in ["guestMicros", "cpuMicros", "wallMicros", "readBytes"] {
        assert!(cold[what].as_u64().unwrap() > 0, "{what}: {document}");
    }
    assert!(cold["guestMicros"].as_u64() <= cold["cpuMicros"].as_u64(), "{document}");
    assert_eq!((&warm["guestMicros"], &warm["readBytes"]), (&0.into(), &0.into()), "{document}");
    assert_eq!(warm["bytes"], cold["bytes"], "the same facts");
    let without = ["plugin", "bench", "builtin:allowlist", "--modules", "3", "--runs", "1", "--json"];
    assert_eq!(json(&airgo.run(&without).done())["facts"], Value::Null);

    let run = airgo.run(&bench).done();
    assert!(run.stdout.contains("of 30 modules"), "{}", run.stdout);
    assert!(run.stdout.contains("guest memory") && run.stdout.contains("64.0 MiB"), "{}", run.stdout);

    // A config that it does not take is said before anything is measured.
    let config = temp.write("config.toml", "nonsense = 1\n");
    airgo
        .run(&[&bench[..], &["--config", text(&config)]].concat())
        .ends(1)
        .says(&["does not accept its config at /nonsense"]);
    let cases = case(&temp, "one", DENY, None);
    let over_case = format!("{cases}/one");
    airgo.run(&["plugin", "bench", "builtin:allowlist", &over_case, "--runs", "1"]).done();
}

#[test]
fn a_build_that_cannot_be_leaves_nothing() {
    let (temp, airgo) = (TempTree::new(), airgo());
    let empty = temp.dir("bin");
    let airgo = airgo.env("PATH", text(&empty));
    let dir = temp.join("no-forks");
    airgo.run(&["plugin", "new", "no-forks", "--lang", "go", "--dir", text(&dir)]).done();
    let before = snapshot(&dir);
    let run = airgo.run(&["plugin", "build", text(&dir)]).ends(1);
    run.says(&["building a Go plugin needs", "no-forks.wasm was not written", "hint: "]);
    assert_eq!(snapshot(&dir), before, "a failed build left something");

    airgo.run(&["plugin", "build", text(&empty)]).ends(1).says(&["holds no plugin", "airgo plugin new"]);
    temp.write(
        "no-forks/airgo-plugin.toml",
        "name = \"a\"\nlanguage = \"go\"\n[limits]\nmemroy = \"1MiB\"\n",
    );
    airgo.run(&["plugin", "build", text(&dir)]).ends(1).says(&["airgo-plugin.toml:4:1", "memroy"]);
}
