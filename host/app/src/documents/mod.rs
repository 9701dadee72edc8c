//! What commands print with `--json`, as types: the names and the order of the
//! members are those of the printed text, and `docs/schemas` is made of these
//! types. Members may be added; none is removed, renamed or given another meaning
//! (docs/STABILITY.md).

mod bundles;
mod completeness;
mod env;
mod error;
mod exec;
mod ids;
mod image;
mod inputs;
mod machine;
mod plugins;
mod policy;
mod vendor;

pub use bundles::{
    Change, Comment, Convert, Diff, HashPair, Inspect, Key, Keygen, Pack, Repair, Resend, Resolve,
    ResolvedModule, ResolvedReplacement, Sign, SignDetached, Signature, StatedCompleteness, Unpack, Verify,
    Why,
};
pub use completeness::{Completeness, CompletenessProblem, Importer};
pub use env::Env;
pub use error::{
    DamagedEntries, DamagedVolumes, Error, ErrorBody, ErrorReport, Fact, MissingRole, Refused, Signer,
};
pub use exec::{Exec, ExecNetwork};
pub use ids::*;
pub use image::{Image, ImageLayer};
pub use inputs::{BundleKey, Skew, SkewedVersion};
pub use machine::{
    Age, AmountOfFiles, CacheClear, CacheShow, CacheTrim, CacheVerify, Cause, Check, CheckArea, CheckVerdict,
    DamagedFile, Doctor, Kinds, PluginFiles, RemovedPluginFiles, Version, Vulndb, VulndbSource,
};
pub use plugins::{
    BenchFacts, BenchLimits, BenchUsed, CaseState, Described, DescribedData, DescribedRule, GatheredFacts,
    PluginBench, PluginBuild, PluginCompile, PluginInspect, PluginNew, PluginTest, RunTimes, TestedCase,
};
pub use policy::{
    Counts, Data, Exception, ExceptionState, Finding, Findings, Plugin, PluginSigner, Policy, PolicyReport,
    RecordedReport, Verdict,
};
pub use vendor::{Vendor, VendorDifference, VendorLine};

use serde::{Serialize, Serializer};

/// An array of what an iterator gives: it is not in memory as a whole.
#[derive(Clone, Debug)]
pub struct Each<I>(pub I);

impl<I: Iterator<Item: Serialize> + Clone> Serialize for Each<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}
