//! The binary from outside: real projects without a network, and bad input.
//!
//! The real `go` is the judge, `unshare -n` the build without a network. Small
//! worlds come from a loopback proxy; the real projects' modules are fetched
//! once through the GOPROXY of this machine and kept below the target
//! directory.
#![allow(clippy::unwrap_used, clippy::panic)]

mod airgo;
// Of the command line's code the tree of its commands alone is used.
#[allow(dead_code)]
#[path = "../../host/cli/src/args/mod.rs"]
mod args;
mod bad_bundle;
mod bad_disk;
mod bad_network;
mod bad_project;
mod baseline;
mod bounds;
mod cache;
mod check;
mod check_vendored;
mod ci;
mod compact;
mod convert;
mod defaults;
mod docker;
mod documents;
mod drift;
mod exact;
mod exact_part;
mod exact_policy;
mod exchange;
mod exec;
#[allow(dead_code)]
#[path = "../../host/cli/src/exit.rs"]
mod exit;
#[cfg(target_os = "linux")]
mod few_threads;
mod findings;
// The host of the tests of host/fetch.
#[allow(dead_code)]
#[path = "../../host/fetch/tests/support/gohost.rs"]
mod gohost;
mod guide;
mod hints;
mod imports;
mod keys;
mod killed;
mod line;
mod little_memory;
mod machine;
#[allow(dead_code)]
#[path = "../../host/cli/src/manual.rs"]
mod manual;
mod native;
mod offline;
mod outputs;
mod planted;
mod planted_git;
mod planted_line;
mod planted_policy;
mod plugin;
mod plugin_compiled;
mod plugin_signatures;
mod policy;
mod projects;
mod reach;
mod real;
mod redact;
mod releases;
mod review;
mod schemas;
mod secrets;
// Of it the list alone is used.
#[allow(dead_code)]
#[path = "../../host/cli/src/argument_values.rs"]
mod argument_values;
mod site;
mod statements;
#[allow(dead_code)]
#[path = "../../host/cli/src/times.rs"]
mod times;
#[allow(dead_code)]
#[path = "../../host/cli/src/units.rs"]
mod units;
mod unpack_again;
mod untrusted_text;
mod vendor;
mod volumes;
mod vulndb;
mod why;
