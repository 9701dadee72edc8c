//! What commands take over thousands of modules: memory and output in
//! proportion to them. `airgo-bench --what bounds` has the whole table.

use crate::airgo::Airgo;
use crate::site::{Site, text};
use airgo_bundle::keys::SigningKey;
use airgo_bundle::{Bundle, Limits, Signing};
use airgo_testkit::{Sample, Shape, TempTree, measure_within};
use std::time::Duration;

/// Enough that what grows with its square, or takes much for each,
/// is far above what is allowed.
const MODULES: usize = 5000;

struct Grown {
    airgo: Airgo,
    temp: TempTree,
}

impl Grown {
    fn new(shape: &str) -> Self {
        let temp = TempTree::new();
        let grown = shape.parse::<Shape>().unwrap().grow(temp.path());
        let (key, public) = (temp.join("key"), temp.join("key.pub"));
        let airgo = Airgo::new(&grown.goproxy)
            .env("AIRGO_KEY", key.to_str().unwrap())
            .env("AIRGO_TRUST", public.to_str().unwrap());
        airgo.run(&["keygen", "-o", key.to_str().unwrap()]).done();
        Self { airgo, temp }
    }

    /// Runs a command that must do with so much memory and output.
    #[track_caller]
    fn takes(&self, line: &str, mib: u64, output_kib: u64) {
        let mut cmd = self.airgo.command();
        cmd.args(line.split(' ')).current_dir(self.temp.path());
        // The time only ends what would never end.
        let most = Sample { wall: Duration::from_secs(300), peak_kib: 4 << 20 };
        let run = measure_within(cmd, most, &self.temp.join("output"));
        assert_eq!(
            run.code,
            Some(0),
            "{line}: {}",
            std::fs::read_to_string(self.temp.join("output")).unwrap()
        );
        let (peak, output) = (run.sample.peak_kib >> 10, run.output >> 10);
        assert!(peak <= mib, "airgo {line}: {peak} MiB, more than {mib}");
        assert!(output <= output_kib, "airgo {line}: {output} KiB of output, more than {output_kib}");
    }
}

#[test]
fn a_long_chain_takes_what_it_is_worth() {
    let grown = Grown::new(&format!("chain:{MODULES}"));
    grown.takes("resolve project", 60, 200);
    grown.takes("pack project -o b.airgo", 160, 4);
    grown.takes("verify b.airgo", 90, 4);
    grown.takes(&format!("why b.airgo grown.example/m{:06}", MODULES - 1), 90, 4);
    grown.temp.write(
        "airgo.toml",
        "[[plugin]]\nname = \"allowlist\"\nbuiltin = \"allowlist\"\n\n\
         [plugin.config]\ndefault = \"warn\"\nallow = [\"nowhere.example\"]\n",
    );
    // Each finding with its chain, of which no more than twelve steps are told.
    let most = MODULES as u64 * 7 / 10;
    grown.takes("policy check b.airgo", 120, most);
    grown.takes("policy check b.airgo --format github", 120, most);
    grown.takes("policy check b.airgo --format sarif", 120, 3 * most);
    grown.takes("inspect --json b.airgo", 90, MODULES as u64);
}

#[test]
fn many_modules_at_once_take_what_they_are_worth() {
    let grown = Grown::new(&format!("flat:{MODULES}"));
    grown.takes("resolve project", 70, 200);
    grown.takes("pack project -o b.airgo", 160, 4);
}

#[test]
fn what_go_sum_lacks_is_summed_up() {
    let mut grown = Grown::new("flat:2000");
    std::fs::remove_file(grown.temp.join("project/go.sum")).unwrap();
    grown.airgo = grown.airgo.env("GOSUMDB", "off");
    grown.takes("pack project -o b.airgo --allow-incomplete", 160, 8);
    let output = std::fs::read_to_string(grown.temp.join("output")).unwrap();
    assert!(
        output.contains("warning: and 3990 more downloads of which project/go.sum lacks the line"),
        "{output}"
    );
}

/// Some 180,000 edges, whose names are 8 MiB of text.
#[test]
fn many_edges_take_what_they_are_worth() {
    let grown = Grown::new("dense:600x600");
    grown.takes("resolve --json project", 60, 16 << 10);
    grown.takes("resolve --format graph project", 60, 12 << 10);
    grown.takes("pack project -o b.airgo", 160, 4);
    // The manifest is 11 MiB; in memory it is there once, and its text no longer.
    grown.takes("policy check b.airgo", 90, 200);
    grown.takes("why b.airgo grown.example/m000599", 75, 4);
}

/// Whoever holds a bundle may add signatures by keys of his own.
#[test]
fn signatures_of_strangers_are_in_memory_one_at_a_time() {
    let grown = Grown::new("flat:1");
    grown.takes("pack project -o b.airgo", 160, 4);
    let bundle = grown.temp.join("b.airgo");
    for _ in 0..4 {
        let stranger = SigningKey::generate().unwrap();
        let mut signing = Signing::new(&stranger);
        signing.claims.comment = Some("c".repeat(11 << 20));
        Bundle::open(&bundle, &Limits::default()).unwrap().countersign(&bundle, &signing, false).unwrap();
    }
    grown.takes("verify b.airgo", 110, 4);
}

/// What the policy found is stated in the bundle: too much of it is refused with
/// what helps.
#[test]
fn too_many_findings_for_a_statement_are_refused_with_a_way_out() {
    let site = Site::new();
    let summary = "s".repeat(3_800);
    for n in 0..2_000 {
        let entry = format!(
            r#"{{"id":"GO-2026-{n:04}","modified":"2026-01-01T00:00:00Z","summary":"{summary}","affected":[
            {{"package":{{"name":"example.com/a","ecosystem":"Go"}},
            "ranges":[{{"type":"SEMVER","events":[{{"introduced":"0"}}]}}]}}]}}"#
        );
        site.temp.write(format!("osv/GO-2026-{n:04}.json"), entry);
    }
    let (osv, data) = (site.temp.join("osv"), site.temp.join("main/vulndb.airgodb"));
    site.airgo.run(&["vulndb", "import", text(&osv), "-o", text(&data)]).done();
    let plugin = |name| {
        format!(
            "[[plugin]]\nname = \"{name}\"\nbuiltin = \"vulnerability\"\n\
             config = {{ default = \"warn\", level = \"module\" }}\n"
        )
    };
    let policy =
        format!("{}{}[[data]]\nname = \"vulndb\"\npath = \"vulndb.airgodb\"\n", plugin("one"), plugin("two"));
    site.temp.write("main/airgo.toml", policy);
    let run = site.pack().ends(1).says(&[
        "error: the bundle would have ",
        " bytes in the statement of what the policy found, over the format's limit of 16777216\n",
        "app.airgo was not written",
        "hint: pack with a policy that finds less: allow or except modules in airgo.toml\n",
        "hint: leave out what is stated of the packing: --no-provenance",
    ]);
    assert!(run.stderr.len() < 450_000, "{} bytes", run.stderr.len());
    site.pack_with(&["--no-provenance"]).done();
}
