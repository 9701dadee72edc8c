//! What each command takes as projects grow to the format's limits (FORMAT.md,
//! section 11): time, memory and output of every command on graphs of a few
//! shapes. Growth shows where a shape is given in several sizes; a run over the
//! bounds of docs/PERFORMANCE.md is marked.

use airgo_testkit::{Bounded, Grown, Sample, Shape, TempTree, fast_temp_root, measure_within};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Over these a run is marked in the table.
const SECONDS: f64 = 10.0;
const MIB: f64 = 512.0;

/// A run is ended here: what grows so fast needs no exact figure, and the
/// machine is not ours alone.
const END: Sample = Sample { wall: Duration::from_secs(120), peak_kib: 4 << 20 };

/// Every module that no entry allows is a finding.
const POLICY: &str = "[[plugin]]\nname = \"allowlist\"\nbuiltin = \"allowlist\"\n\n\
    [plugin.config]\ndefault = \"warn\"\nallow = [\"nowhere.example\"]\n";

/// Besides, every vulnerability is one.
const VULNERABILITIES: &str = "\n[[plugin]]\nname = \"vulnerability\"\nbuiltin = \"vulnerability\"\n\n\
    [plugin.config]\ndefault = \"warn\"\n\n[[data]]\nname = \"vulndb\"\npath = \"vulndb.airgodb\"\n";

/// Grows each shape in turn and prints its table.
pub fn run(airgo: &Path, dir: Option<&PathBuf>, shapes: &[Shape]) {
    println!("| shape | command | exit | time | peak MiB | output KiB | |");
    println!("|-------|---------|-----:|-----:|---------:|-----------:|-|");
    for &shape in shapes {
        let temp = TempTree::within(dir.unwrap_or(&fast_temp_root()));
        let grown = shape.grow(temp.path());
        Place { airgo, temp: &temp, grown: &grown }.all();
    }
}

struct Place<'a> {
    airgo: &'a Path,
    temp: &'a TempTree,
    grown: &'a Grown,
}

impl Place<'_> {
    fn command(&self) -> Command {
        let mut cmd = Command::new(self.airgo);
        cmd.env_clear().env("HOME", self.temp.join("home")).env("PATH", "/usr/bin:/bin");
        cmd.env("GOENV", "off").env("GOPROXY", &self.grown.goproxy).env("GOTOOLCHAIN", "local");
        cmd.env("AIRGO_KEY", self.temp.join("key")).env("AIRGO_TRUST", self.temp.join("key.pub"));
        cmd.current_dir(self.temp.path());
        cmd
    }

    /// Runs a command and prints its row.
    fn row(&self, line: &str) -> Bounded {
        let mut cmd = self.command();
        cmd.args(line.split(' '));
        let run = measure_within(cmd, END, &self.temp.join("output"));
        let (wall, mib) = (run.sample.wall.as_secs_f64(), run.sample.peak_kib as f64 / 1024.0);
        let mark = match run.code {
            None => "ENDED",
            Some(_) if wall > SECONDS || mib > MIB => "OVER",
            Some(_) => "",
        };
        let code = run.code.map_or_else(|| "-".to_owned(), |c| c.to_string());
        println!(
            "| {} | {line} | {code} | {wall:.2} s | {mib:.0} | {:.0} | {mark} |",
            self.grown.shape,
            run.output as f64 / 1024.0,
        );
        run
    }

    /// Runs what the rows need beforehand.
    fn prepare(&self, line: &str) {
        let out = self.command().args(line.split(' ')).output().unwrap();
        assert!(out.status.success(), "airgo {line}: {}", String::from_utf8_lossy(&out.stderr));
    }

    fn all(&self) {
        let (key, last) = (self.temp.join("key"), &self.grown.last);
        self.prepare(&format!("keygen -o {}", key.display()));
        self.temp.write("airgo.toml", POLICY);
        if let Some(database) = self.grown.shape.database() {
            self.temp.write("vulndb.zip", database);
            self.row("vulndb import vulndb.zip -o vulndb.airgodb");
            let policy = format!("{POLICY}{VULNERABILITIES}");
            self.temp.write("project/airgo.toml", &policy);
            self.temp.write("project/vulndb.airgodb", fs::read(self.temp.join("vulndb.airgodb")).unwrap());
            self.temp.write("airgo.toml", policy);
        }
        for line in ["resolve project", "resolve project", "resolve --format graph project"] {
            self.row(line);
        }
        self.row("resolve --json project");
        self.row("policy check project");
        let packed = self.row("pack project -o b.airgo");
        if packed.code != Some(0) {
            println!(
                "\n{}",
                String::from_utf8_lossy(&fs::read(self.temp.join("output")).unwrap_or_default())
            );
            return;
        }
        self.row("pack older -o old.airgo");
        for line in ["verify b.airgo", "verify --json b.airgo", "inspect b.airgo", "inspect --json b.airgo"] {
            self.row(line);
        }
        for flags in ["", "--json "] {
            self.row(&format!("diff {flags}old.airgo b.airgo"));
            self.row(&format!("why {flags}b.airgo {last}"));
        }
        for format in ["human", "json", "sarif", "junit", "github"] {
            self.row(&format!("policy check b.airgo --format {format}"));
        }
        self.row("policy check b.airgo --format json --baseline old.airgo");
        self.row("pack project -o delta.airgo --since old.airgo");
        self.row("verify delta.airgo --base old.airgo");
        fs::copy(self.temp.join("b.airgo"), self.temp.join("signed.airgo")).unwrap();
        self.prepare("keygen -o other");
        self.row("sign signed.airgo --key other");
        self.volumes();
        self.row("unpack b.airgo --gomodcache cache");
        self.row("unpack b.airgo --gomodcache cache");
    }

    /// Splits, damages, asks, answers and repairs.
    fn volumes(&self) {
        let size = fs::metadata(self.temp.join("b.airgo")).unwrap().len();
        // As many volumes as a few discs.
        let volume = (size / 5).max(64 << 10);
        self.row(&format!("pack project -o split.airgo --split {volume}"));
        self.row("verify split.airgo.001");
        let mut bytes = fs::read(self.temp.join("b.airgo")).unwrap();
        // A byte of every so many of the payload: as many damaged objects as there can be.
        payload(&mut bytes).iter_mut().step_by(4096).for_each(|b| *b ^= 1);
        fs::write(self.temp.join("damaged.airgo"), &bytes).unwrap();
        self.row("verify damaged.airgo --request request");
        if self.temp.join("request").exists() {
            self.row("resend request b.airgo -o patch");
            self.row("repair -o whole.airgo damaged.airgo patch");
        }
    }
}

/// Behind the manifest and before the central directory.
fn payload(bundle: &mut [u8]) -> &mut [u8] {
    let number = |at: usize| bundle[at..at + 4].iter().rev().fold(0, |n, b| n << 8 | usize::from(*b));
    let manifest = 30 + "airgo.json".len() + number(18);
    // The first central header, as only a bundle has it (FORMAT.md, section 2).
    let header = b"PK\x01\x02\x2d\x03";
    let directory = bundle.windows(header.len()).position(|w| w == header).unwrap_or(bundle.len());
    &mut bundle[manifest..directory]
}
