//! Operating systems and architectures, in build tags and file names
//! (internal/syslist, go/build matchTag and goodOSArchFile).

use crate::constraint::Truth;

/// What a program is built for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    /// GOOS.
    pub os: String,
    /// GOARCH.
    pub arch: String,
}

impl Platform {
    /// All that a Go which is reckoned with builds for (`go tool dist list`, from
    /// Go 1.21 to 1.26): where nobody names a platform, code is for these.
    #[must_use]
    pub fn ports() -> Vec<Self> {
        let ports = PORTS.iter().flat_map(|(os, archs)| archs.iter().map(move |arch| (os, arch)));
        ports.map(|(os, arch)| Self { os: (*os).to_owned(), arch: (*arch).to_owned() }).collect()
    }

    /// Reads `os/arch`; `None` where Go knows no such pair's parts.
    pub fn parse(text: &str) -> Option<Self> {
        let (os, arch) = text.split_once('/')?;
        (SYSTEMS.contains(&os) && ARCHITECTURES.contains(&arch))
            .then(|| Self { os: os.to_owned(), arch: arch.to_owned() })
    }
}

impl std::fmt::Display for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.os, self.arch)
    }
}

/// The settings that build constraints are judged with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tags<'a> {
    /// Without one, all that a platform decides is [`Truth::Maybe`].
    pub platform: Option<&'a Platform>,
    /// `-tags`.
    pub build: &'a [String],
    /// CGO_ENABLED; unknown where it is not said.
    pub cgo: Option<bool>,
}

impl Tags<'_> {
    /// Whether a tag is set (go/build matchTag).
    pub fn has(&self, tag: &str) -> Truth {
        if self.build.iter().any(|t| t == tag) {
            return Truth::Yes;
        }
        match tag {
            "cgo" => return self.cgo.map_or(Truth::Maybe, Truth::from),
            "gc" => return Truth::Yes,
            "gccgo" => return Truth::No,
            // Every toolchain has its own set of experiments that are on.
            "boringcrypto" => return Truth::Maybe,
            tag if tag.starts_with("goexperiment.") => return Truth::Maybe,
            _ => {}
        }
        // Which Go will build is not known, only that it is not older than this.
        if let Some(minor) = tag.strip_prefix("go1.").filter(|n| !n.starts_with(['0', '+']))
            && let Ok(minor) = minor.parse::<u32>()
        {
            return if minor <= OLDEST_GO { Truth::Yes } else { Truth::Maybe };
        }
        // `amd64.v3` depends on GOAMD64 and the like.
        if let Some((arch, _)) = tag.split_once('.').filter(|(arch, _)| ARCHITECTURES.contains(arch)) {
            let other = self.platform.is_some_and(|p| !p.arch.starts_with(arch.trim_end_matches("le")));
            return if other { Truth::No } else { Truth::Maybe };
        }
        let decided_by_platform = SYSTEMS.contains(&tag) || ARCHITECTURES.contains(&tag) || tag == "unix";
        match self.platform {
            _ if !decided_by_platform => Truth::No,
            None => Truth::Maybe,
            Some(Platform { os, arch }) => Truth::from(match tag {
                "unix" => UNIX.contains(&os.as_str()),
                "linux" => os == "linux" || os == "android",
                "solaris" => os == "solaris" || os == "illumos",
                "darwin" => os == "darwin" || os == "ios",
                tag => tag == os || tag == arch,
            }),
        }
    }
}

/// The tags that a name asks for: `name_GOOS.go`, `name_GOARCH.go` and
/// `name_GOOS_GOARCH.go`, `_test` aside (go/build goodOSArchFile).
pub(crate) fn tags_of_name(name: &str) -> Vec<&str> {
    let name = name.split('.').next().unwrap_or_default();
    // Only what stands behind an underscore counts: `linux.go` is for all.
    let Some((_, name)) = name.split_once('_') else { return Vec::new() };
    let mut parts: Vec<&str> = name.split('_').collect();
    if parts.last() == Some(&"test") {
        parts.pop();
    }
    match parts.as_slice() {
        [.., os, arch] if SYSTEMS.contains(os) && ARCHITECTURES.contains(arch) => vec![os, arch],
        [.., last] if SYSTEMS.contains(last) || ARCHITECTURES.contains(last) => vec![last],
        _ => Vec::new(),
    }
}

/// The minor version of the oldest go command that is reckoned with: the first
/// that chooses toolchains.
const OLDEST_GO: u32 = 21;

const PORTS: &[(&str, &[&str])] = &[
    ("aix", &["ppc64"]),
    ("android", &["386", "amd64", "arm", "arm64"]),
    ("darwin", &["amd64", "arm64"]),
    ("dragonfly", &["amd64"]),
    ("freebsd", &["386", "amd64", "arm", "arm64", "riscv64"]),
    ("illumos", &["amd64"]),
    ("ios", &["amd64", "arm64"]),
    ("js", &["wasm"]),
    (
        "linux",
        &[
            "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64",
            "ppc64le", "riscv64", "s390x",
        ],
    ),
    ("netbsd", &["386", "amd64", "arm", "arm64"]),
    ("openbsd", &["386", "amd64", "arm", "arm64", "mips64", "ppc64", "riscv64"]),
    ("plan9", &["386", "amd64", "arm"]),
    ("solaris", &["amd64"]),
    ("wasip1", &["wasm"]),
    ("windows", &["386", "amd64", "arm", "arm64"]),
];

const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];

const UNIX: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "linux",
    "netbsd",
    "openbsd",
    "solaris",
];

const ARCHITECTURES: &[&str] = &[
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "armbe",
    "arm64",
    "arm64be",
    "loong64",
    "mips",
    "mipsle",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];
