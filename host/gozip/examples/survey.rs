//! Which of Go's encoders gives back the zips in some directories:
//!
//! ```text
//! cargo run --release -p airgo-gozip --example survey -- DIR…
//! ```
//!
//! With `--speed FILE` it instead writes the content of the zips to FILE, as
//! tests/go/main.go reads it, and prints how fast each encoder compresses it.
// A program for developers: it prints, and stops with what went wrong.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::panic)]

use airgo_gozip::{Deflate, Encoder, Identified, Limits, Part, identify_with};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Instant;

fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let speed = args.iter().position(|arg| arg == "--speed").map(|at| {
        args.remove(at);
        args.remove(at)
    });
    let mut zips = Vec::new();
    for dir in &args {
        find(Path::new(dir), &mut zips);
    }
    zips.sort();
    match speed {
        Some(file) => measure(&zips, Path::new(&file)),
        None => survey(&zips),
    }
}

fn survey(zips: &[PathBuf]) {
    let (mut counts, mut size, mut content) = (BTreeMap::<String, usize>::new(), 0, 0);
    let start = clock();
    for path in zips {
        size += fs::metadata(path).unwrap().len();
        let found = identify_with(File::open(path).unwrap(), &Limits::default(), |part| {
            if let Part::Content(bytes) = part {
                content += bytes.len();
            }
        });
        let found = match found {
            Ok(Identified::By(encoder)) => encoder.name().to_owned(),
            Ok(Identified::AsIs) => {
                println!("as it is: {}", path.display());
                "as it is".to_owned()
            }
            Err(error) => {
                println!("{error}: {}", path.display());
                "refused".to_owned()
            }
        };
        *counts.entry(found).or_default() += 1;
    }
    let seconds = clock() - start;
    println!(
        "{} zips, {:.1} MB, content read {:.1} MB",
        zips.len(),
        megabytes(size),
        megabytes(content as u64)
    );
    for (found, count) in counts {
        println!("{found:>9} {count}");
    }
    println!("{seconds:.1} s of CPU, {:.1} MB/s of content", megabytes(content as u64) / seconds);
}

fn measure(zips: &[PathBuf], file: &Path) {
    let (mut names, mut contents) = (Vec::new(), Vec::<Vec<u8>>::new());
    for path in zips {
        identify_with(File::open(path).unwrap(), &Limits::default(), |part| match part {
            Part::Name(name) => {
                names.push(name.to_vec());
                contents.push(Vec::new());
            }
            Part::Content(bytes) => contents.last_mut().unwrap().extend_from_slice(bytes),
        })
        .unwrap();
    }
    let mut out = Vec::new();
    for field in names.iter().zip(&contents).flat_map(|(name, content)| [name, content]) {
        out.extend_from_slice(&u32::try_from(field.len()).unwrap().to_le_bytes());
        out.extend_from_slice(field);
    }
    fs::write(file, out).unwrap();
    let size = megabytes(contents.iter().map(|content| content.len() as u64).sum());
    for encoder in Encoder::ALL {
        let mut deflate = Deflate::new(encoder);
        let (start, mut compressed) = (clock(), 0);
        for content in &contents {
            deflate.write(content);
            deflate.finish();
            compressed += deflate.output().len() as u64;
            deflate.take_output();
        }
        let seconds = clock() - start;
        println!(
            "{}: {} files, {size:.1} MB to {:.1} MB in {seconds:.2} s of CPU, {:.1} MB/s",
            encoder.name(),
            contents.len(),
            megabytes(compressed),
            size / seconds
        );
    }
}

/// Seconds that this thread was on a CPU, where the system tells, so that a busy
/// machine does not count; else of the clock.
fn clock() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let start = *START;
    let used = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let used = used.and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    used.map_or_else(|| start.elapsed().as_secs_f64(), |nanoseconds| nanoseconds as f64 / 1e9)
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn find(dir: &Path, zips: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, zips);
        } else if path.extension().is_some_and(|extension| extension == "zip") {
            zips.push(path);
        }
    }
}
