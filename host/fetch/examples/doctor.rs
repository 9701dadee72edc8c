//! Prints what the doctor finds.
//!
//! ```text
//! doctor GOPROXY [MODULE VERSION]
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::exit)]

use airgo_fetch::FetchConfig;
use airgo_fetch::doctor::{DoctorInput, run};
use airgo_gomod::ModuleVersion;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(goproxy) = args.first() else {
        eprintln!("usage: doctor GOPROXY [MODULE VERSION]");
        std::process::exit(2);
    };
    let word = |at: usize, or: &str| args.get(at).cloned().unwrap_or_else(|| or.to_owned());
    let module = ModuleVersion::new(word(1, "golang.org/x/text"), word(2, "v0.3.0"));
    let sumdb = Some(("sum.golang.org".to_owned(), None));
    let config = FetchConfig::new(goproxy, std::env::temp_dir().join("airgo-doctor"));
    run(&config, &DoctorInput::new(module, sumdb), &mut |check| {
        let millis = check.millis.map(|ms| format!(" ({ms} ms)")).unwrap_or_default();
        println!("{:8} {}: {}{millis}", format!("{:?}", check.verdict), check.name, check.detail);
        if let Some(fix) = &check.fix {
            println!("         fix: {fix}");
        }
    });
}
