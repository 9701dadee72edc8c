//! Measures `airgo` beside what it replaces, in one run on one machine: see
//! README.md for what is compared and how to read the table.
// A program for developers: it prints, and stops with what went wrong.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::panic, clippy::unwrap_used)]

mod bounds;
mod growth;
mod pack;
mod policy;
mod setup;
mod table;
mod unpack;

use airgo_testkit::Shape;
use clap::{Parser, ValueEnum};
use std::path::PathBuf;

/// Measure airgo beside the go command, tar and bare loops.
#[derive(Parser)]
struct Args {
    /// The project: a module as path@version, or a directory with a go.mod
    #[arg(long, default_value = "github.com/prometheus/prometheus@v0.305.0")]
    project: String,
    /// What to measure
    #[arg(long, value_enum, default_value = "all")]
    what: What,
    /// How often each contender runs, in turn with the others
    #[arg(long, default_value_t = 5)]
    pairs: usize,
    /// Modules of the bundle that policy is measured over
    #[arg(long, default_value_t = 2_000)]
    modules: usize,
    /// KiB of the largest zip that goes into it
    #[arg(long, default_value_t = 512)]
    max_zip: u64,
    /// Projects that bounds grows, one after the other: chain:N, flat:N, dense:NxE, findings:VxN (repeatable)
    #[arg(long, value_delimiter = ',', default_values_t = SHAPES.map(|s| s.parse::<Shape>().unwrap()))]
    shape: Vec<Shape>,
    /// How many modules growth has, one after the other
    #[arg(long, value_delimiter = ',', default_values_t = [100, 500, 1_000, 2_000])]
    sizes: Vec<usize>,
    /// The airgo binary; default: target/release/airgo beside this one
    #[arg(long)]
    airgo: Option<PathBuf>,
    /// airgo-modcache's example unpack_bench, for its bare loop; default: examples/ beside this binary
    #[arg(long)]
    bare: Option<PathBuf>,
    /// Where to work; default: /dev/shm, which takes the disk out of the figures
    #[arg(long)]
    dir: Option<PathBuf>,
}

/// Two or three sizes of each, of which the second is what the format's limits allow:
/// 200,000 entries, of which a module takes four, and 64 MiB of manifest.
const SHAPES: [&str; 9] = [
    "chain:12000",
    "chain:49000",
    "flat:12000",
    "flat:49000",
    "dense:500x500",
    "dense:1000x1000",
    "findings:20000x10",
    "findings:20000x20000",
    "findings:200000x20000",
];

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    All,
    Pack,
    Unpack,
    /// Not part of all: it takes 5 GiB and some minutes
    Policy,
    /// Every command on grown projects; not part of all: it takes 4 GiB and some minutes
    Bounds,
    /// All payload encodings on more and more modules; not part of all
    Growth,
}

fn main() {
    let args = Args::parse();
    if args.what == What::Bounds {
        bounds::run(&setup::binary(&args), args.dir.as_ref(), &args.shape);
        return;
    }
    let setup = setup::Setup::new(&args);
    println!("{}", setup.describe());
    if args.what == What::Growth {
        growth::run(&setup, &args.sizes, args.pairs);
        return;
    }
    if args.what == What::Policy {
        let tables = policy::run(&setup, args.modules, args.max_zip << 10, args.pairs);
        tables.iter().for_each(table::Table::print);
        return;
    }
    if args.what != What::Unpack {
        pack::run(&setup, args.pairs).print();
    }
    if args.what != What::Pack {
        unpack::run(&setup, args.pairs).print();
    }
}
