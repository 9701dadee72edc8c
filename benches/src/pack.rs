//! Fetching a project's modules from the proxy of this machine, cold.

use crate::setup::Setup;
use crate::table::Table;
use airgo_testkit::{Go, Sample, measure};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

pub fn run(setup: &Setup, pairs: usize) -> Table {
    let mut table = Table::new("pack: from the same proxy, nothing fetched before");
    let transfer = Transfer::of(setup);
    for _ in 0..pairs {
        table.add("airgo pack", airgo(setup));
        table.add("go mod download", go(setup));
        if let Some(transfer) = &transfer {
            table.add("bare transfer: curl --parallel", transfer.run(setup));
        }
    }
    table
}

fn airgo(setup: &Setup) -> Sample {
    let (store, bundle) = (setup.fresh("store"), setup.fresh("bundle"));
    let mut cmd = setup.airgo_command();
    cmd.arg("pack").arg(setup.project()).arg("-o").arg(&bundle).arg("--key").arg(&setup.key);
    cmd.arg("--cache").arg(&store);
    let sample = measure(cmd);
    let _ = fs::remove_dir_all(&store);
    let _ = fs::remove_file(&bundle);
    sample
}

fn go(setup: &Setup) -> Sample {
    measure(Go::online().command(&setup.project(), &["mod", "download"]))
}

/// The bundle's own objects, fetched by a client that does nothing else.
struct Transfer {
    config: std::path::PathBuf,
}

impl Transfer {
    /// Needs a curl that speaks HTTP/2 and a first proxy with a URL.
    fn of(setup: &Setup) -> Option<Self> {
        let go = Go::online();
        let proxy = go.vars()["GOPROXY"].split([',', '|']).next()?.trim_end_matches('/').to_owned();
        let curl = Command::new("curl").arg("--version").output().ok()?;
        if !proxy.starts_with("http") || !String::from_utf8_lossy(&curl.stdout).contains("HTTP2") {
            return None;
        }
        let mut text = String::from("parallel\nparallel-max = 64\nhttp2\nsilent\nfail\nlocation\n");
        let mut n = 0;
        urls(&setup.proxy_dir, &proxy, &mut |url| {
            n += 1;
            let _ = writeln!(text, "url = \"{url}\"\noutput = \"{n}\"");
        });
        Some(Self { config: setup.temp.write("curl.config", text) })
    }

    fn run(&self, setup: &Setup) -> Sample {
        let dir = setup.fresh("transfer");
        fs::create_dir(&dir).unwrap();
        let mut cmd = Command::new("curl");
        cmd.arg("--config").arg(&self.config).current_dir(&dir);
        let sample = measure(cmd);
        let _ = fs::remove_dir_all(&dir);
        sample
    }
}

fn urls(dir: &Path, url: &str, found: &mut dyn FnMut(String)) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            if name != "sumdb" {
                urls(&path, &format!("{url}/{name}"), found);
            }
        } else if name != "list" {
            found(format!("{url}/{}", name.replace('+', "%2B")));
        }
    }
}
