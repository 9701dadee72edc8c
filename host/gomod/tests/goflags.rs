//! GOFLAGS as the real go reads it: which text it takes, and which go.mod it
//! then uses.
#![allow(clippy::unwrap_used, clippy::panic)]

use airgo_gomod::goenv::GoFlags;
use airgo_testkit::{Go, TempTree, require_tool};

const TEXTS: [&str; 35] = [
    "",
    "  \t ",
    "-modfile=a.mod",
    "--modfile=a.mod",
    "---modfile=a.mod",
    "-modfile a.mod",
    "-modfile=a.mod -modfile=b.mod",
    "-modfile=b.mod\n-modfile=a.mod",
    "-modfile",
    "-modfile=a.mod -modfile",
    "-modfile=",
    "'-modfile=c d.mod'",
    "\"-modfile=c d.mod\"",
    "-modfile='c d.mod'",
    "-modfile='a.mod'",
    "'-modfile=a.mod'-mod=mod",
    "'-modfile=a.mod",
    "'-modfile=\"a.mod\"'",
    "-modfile=a.mod'",
    "''",
    "-",
    "--",
    "-=x",
    "--=x",
    "a.mod",
    "-modcacherw -modfile=b.mod",
    "-modcacherw=0 -modfile=a.mod",
    "-modcacherw=maybe",
    "-modfile=a.mod\u{a0}",
    "-mod=mod -mod=readonly -modfile=a=b.mod",
    // Of another command is as good; of none is refused.
    "-nosuchflag",
    "-mod=mod -nosuchflag=1",
    "-test.run=x -shuffle=on -modfile=a.mod",
    "-test.nosuchflag",
    "-Mod=mod",
];

#[test]
fn flags_are_read_as_go_reads_them() {
    if !require_tool("go") {
        return;
    }
    let go = Go::with_proxy("off");
    let place = TempTree::new();
    for name in ["go.mod", "a.mod", "b.mod", "c d.mod", "a=b.mod"] {
        let path = name.trim_end_matches(".mod").replace([' ', '='], "-");
        place.write(name, format!("module example.com/{path}\n\ngo 1.21\n"));
    }
    for text in TEXTS {
        let out = go.command(place.path(), &["list", "-m"]).env("GOFLAGS", text).output().unwrap();
        let theirs = String::from_utf8(out.stdout).unwrap();
        let ours = GoFlags::parse(text).and_then(|flags| {
            flags.boolean("modcacherw")?;
            flags.value("mod")?;
            Ok(flags.value("modfile")?.filter(|file| !file.is_empty()).unwrap_or("go.mod").to_owned())
        });
        // A file that is not there or not called .mod is not this parser's concern.
        let ours = ours.map_or_else(
            |_| String::new(),
            |file| match file.strip_suffix(".mod") {
                Some(stem) if place.join(&file).exists() => {
                    format!("example.com/{}\n", stem.replace([' ', '='], "-"))
                }
                _ => String::new(),
            },
        );
        assert_eq!(theirs, ours, "{text:?}: {}", String::from_utf8_lossy(&out.stderr));
    }
}

#[test]
fn faults_are_told_as_go_tells_them() {
    for (text, want) in [
        ("'-mod=mod", "parsing $GOFLAGS: unterminated ' string"),
        ("-mod mod", "parsing $GOFLAGS: non-flag \"mod\""),
        ("-mod", "flag needs an argument: -mod (from $GOFLAGS)"),
    ] {
        let found = GoFlags::parse(text).and_then(|flags| flags.value("mod").map(|_| ()));
        assert_eq!(found.unwrap_err().to_string(), want);
    }
    let found = GoFlags::parse("-x=maybe").and_then(|flags| flags.boolean("x"));
    assert_eq!(found.unwrap_err().to_string(), "invalid boolean value \"maybe\" for flag -x (from $GOFLAGS)");
}
