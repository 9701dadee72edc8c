//! `airgo check` beside the real go: checkouts that changed since they were
//! packed, in a network namespace of their own, on the unpacked bundle. Where
//! `go list -deps -test`, `go build` or `go vet` fails, something is missing, and
//! nowhere else.

#![allow(clippy::print_stdout, reason = "count and seed")]

mod checkout;
mod mutations;
mod real;
mod worlds;

use crate::site::Heard;
use airgo_app::completeness::{CheckRequest, check};
use airgo_app::pack::{PackRequest, pack};
use airgo_app::unpack::{UnpackRequest, unpack};
use airgo_app::{Context, GoEnv, SignWith, TrustFiles};
use airgo_bundle::keys::{Signer as _, SigningKey, create_private_file};
use airgo_gomod::gosource::Platform;
use airgo_testkit::Rng;
use airgo_testkit::{Go, Proxy, TempTree, World, require_tool};
use checkout::Checkout;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Checkouts that are tried, unless the variable AIRGO_MUTATIONS says how many.
const CASES: usize = 360;
/// Checkouts that are tried at once.
const LANES: usize = 2;

/// A project that was packed, and where its bundle is unpacked.
struct Packed {
    name: &'static str,
    checkout: Checkout,
    bundle: PathBuf,
    cache: PathBuf,
}

struct Bench {
    temp: TempTree,
    proxy: Proxy,
}

impl Bench {
    fn new(world: &World) -> Self {
        let temp = TempTree::new();
        let key = SigningKey::generate().unwrap();
        create_private_file(&temp.join("key"), &key.to_pkcs8_pem().unwrap()).unwrap();
        temp.write("key.pub", key.public_key().to_pem().unwrap());
        Self { proxy: Proxy::serve(world), temp }
    }

    fn trust(&self) -> TrustFiles {
        TrustFiles { trust: vec![self.temp.join("key.pub")], base: Vec::new() }
    }

    fn context(&self, go: &Go) -> Context {
        let vars = go.vars().clone().into_iter().collect();
        Context::new(GoEnv::from_process(vars), Arc::<Heard>::default())
    }

    /// Packs a project, with others beside it, and unpacks the bundle.
    fn pack(&self, name: &'static str, checkout: Checkout, beside: &[Checkout]) -> Packed {
        let mut dirs = Vec::new();
        for (at, one) in std::iter::once(&checkout).chain(beside).enumerate() {
            let dir = self.temp.dir(format!("{name}-packed/{at}"));
            one.write(&dir);
            dirs.push(dir);
        }
        self.pack_dirs(name, &Go::with_proxy(&self.proxy.url()), dirs, checkout)
    }

    /// The same of directories that are there.
    fn pack_dirs(&self, name: &'static str, go: &Go, dirs: Vec<PathBuf>, checkout: Checkout) -> Packed {
        let (bundle, cache) =
            (self.temp.join(format!("{name}.airgo")), self.temp.join(format!("{name}-cache")));
        let context = self.context(go);
        let request = PackRequest {
            dirs,
            output: Some(bundle.clone()),
            signer: SignWith { key: Some(self.temp.join("key")), ..SignWith::default() },
            ..PackRequest::default()
        };
        pack(&context, &request).unwrap_or_else(|e| panic!("{name}: {}", e.text()));
        let request = UnpackRequest {
            files: vec![bundle.clone()],
            gomodcache: Some(cache.clone()),
            trust: self.trust(),
            ..UnpackRequest::default()
        };
        unpack(&context, &request).unwrap_or_else(|e| panic!("{name}: {}", e.text()));
        Packed { name, checkout, bundle, cache }
    }
}

/// What go says of a checkout: nothing where it builds.
fn go_refuses(go: &Go, dir: &Path, checkout: &Checkout) -> Option<String> {
    let tags = format!("-tags={}", checkout.tags.join(","));
    let patterns = checkout.patterns();
    let commands: [&[&str]; 3] = [&["list", "-deps", "-test"], &["build"], &["vet"]];
    commands.iter().find_map(|command| {
        let mut args = command.to_vec();
        args.push(&tags);
        args.extend(patterns.iter().map(String::as_str));
        let out = go.output(dir, &args);
        let said = String::from_utf8_lossy(&out.stderr).trim().to_owned();
        // Nothing to vet is nothing that is missing.
        let refused = !out.status.success() && !said.contains("no packages to vet");
        refused.then(|| format!("go {}: {said}", args[0]))
    })
}

/// What airgo says of it: nothing where it is complete.
fn airgo_refuses(bench: &Bench, packed: &Packed, go: &Go, dir: &Path, checkout: &Checkout) -> Option<String> {
    let request = CheckRequest {
        file: packed.bundle.clone(),
        dir: dir.to_owned(),
        platforms: vec![Platform::parse(&checkout.platform).unwrap()],
        tags: checkout.tags.clone(),
        trust: bench.trust(),
    };
    let found = check(&bench.context(go), &request).and_then(|checked| checked.enforce());
    found.err().map(|failure| failure.text())
}

/// Where the two differ, a text for people.
fn differs(bench: &Bench, packed: &Packed, number: usize, checkout: &Checkout) -> (bool, Option<String>) {
    let dir = bench.temp.dir(format!("case-{number}"));
    checkout.write(&dir);
    let (complete, difference) = differs_in(bench, packed, &dir, checkout);
    let difference = difference.map(|difference| {
        if let Ok(to) = std::env::var("AIRGO_KEEP") {
            checkout.write(&Path::new(&to).join(format!("case-{number}")));
        }
        format!("case {number}: {difference}")
    });
    std::fs::remove_dir_all(&dir).unwrap();
    (complete, difference)
}

/// The same in a directory that is there.
fn differs_in(bench: &Bench, packed: &Packed, dir: &Path, checkout: &Checkout) -> (bool, Option<String>) {
    let (os, arch) = checkout.platform.split_once('/').unwrap();
    let go = Go::air_gapped(&packed.cache)
        .env("GOOS", os)
        .env("GOARCH", arch)
        .env("CGO_ENABLED", if checkout.cgo { "1" } else { "0" })
        .env("GOTOOLCHAIN", checkout.toolchain)
        .env("GOFLAGS", checkout.goflags)
        .env("GONOSUMDB", "*");
    let theirs = go_refuses(&go, dir, checkout);
    let ours = airgo_refuses(bench, packed, &go, dir, checkout);
    let complete = theirs.is_none();
    let difference = (complete != ours.is_none()).then(|| {
        format!(
            "{}: {}\n  {} cgo {} tags {:?} {} {}\n  go: {}\n  airgo: {}\n",
            packed.name,
            checkout.log.join("; "),
            checkout.platform,
            checkout.cgo,
            checkout.tags,
            checkout.toolchain,
            checkout.goflags,
            theirs.as_deref().unwrap_or("builds"),
            ours.as_deref().unwrap_or("complete")
        )
    });
    (complete, difference)
}

#[test]
fn go_fails_exactly_where_check_says_that_something_is_missing() {
    if !require_tool("go") || !require_tool("unshare") {
        return;
    }
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seed = number("AIRGO_SEED").unwrap_or(20_261_127);
    let cases = number("AIRGO_MUTATIONS").map_or(CASES, |n| n as usize);
    let world = worlds::world();
    let bench = Bench::new(&world);
    let bases: Vec<Packed> = worlds::bases(&world)
        .into_iter()
        .map(|(name, checkout, beside)| bench.pack(name, checkout, &beside))
        .collect();
    for packed in &bases {
        let (complete, difference) = differs(&bench, packed, 0, &packed.checkout);
        assert!(complete && difference.is_none(), "{}: {difference:?}", packed.name);
    }
    let complete = AtomicUsize::new(0);
    let only = number("AIRGO_CASE").map(|n| n as usize);
    let lane = |first: usize| {
        let mut wrong = Vec::new();
        for case in (first..cases).step_by(LANES).filter(|case| only.is_none_or(|only| only == *case)) {
            let mut rng = Rng::new(seed.wrapping_add(case as u64));
            let packed = &bases[case % bases.len()];
            let mut checkout = packed.checkout.clone();
            mutations::apply(&mut checkout, &world, &mut rng);
            let (builds, difference) = differs(&bench, packed, case + 1, &checkout);
            complete.fetch_add(usize::from(builds), Ordering::Relaxed);
            wrong.extend(difference);
        }
        wrong
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|first| scope.spawn(move || lane(first))).collect();
        lanes.into_iter().flat_map(|lane| lane.join().unwrap()).collect()
    });
    let complete = complete.into_inner();
    println!(
        "{cases} mutated checkouts of {} projects, seed {seed}: {complete} build, {} do not, {} differ",
        bases.len(),
        cases - complete,
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        only.is_some() || complete > cases / 6 && complete < cases * 5 / 6,
        "one-sided: {complete} of {cases}"
    );
}
