//! What must hold of every path, version and file, whoever wrote it.
#![allow(clippy::unwrap_used, clippy::panic)]

use airgo_gomod::modfile::{self, work};
use airgo_gomod::pseudo::{self, Timestamp};
use airgo_gomod::tlog::{self, Hash, Tile, TilePlan, Tree};
use airgo_gomod::{GoSum, goenv, gover, module, note, semver, sumdb};
use proptest::prelude::*;
use std::cmp::Ordering;

/// A well-formed module path.
fn path() -> impl Strategy<Value = String> {
    "[a-z]{1,5}\\.[a-z]{2}(/[A-Za-z][A-Za-z0-9_]{0,5}){0,3}(/v[2-9])?"
        .prop_filter("reserved on Windows", |path| module::check_path(path).is_ok())
}

/// A well-formed version.
fn version() -> impl Strategy<Value = String> {
    let number = "(0|[1-9][0-9]{0,2})";
    let prerelease = "(-(0|[1-9][0-9]?|[a-z]{1,3}|A)(\\.(0|[1-9][0-9]?|[a-zA-Z-]{1,3})){0,2})?";
    proptest::string::string_regex(&format!(
        "v{number}\\.{number}\\.{number}{prerelease}(\\+incompatible|\\+[a-z0-9]{{1,3}})?"
    ))
    .unwrap()
}

fn go_version() -> impl Strategy<Value = String> {
    "1(\\.(0|[1-9][0-9]?)(\\.(0|[1-9])|(alpha|beta|rc)[1-9])?)?|bad"
}

/// Reflexive, antisymmetric and transitive on three values.
fn is_total_order<T: ?Sized>(compare: impl Fn(&T, &T) -> Ordering, a: &T, b: &T, c: &T) -> bool {
    compare(a, a).is_eq()
        && compare(a, b) == compare(b, a).reverse()
        && (compare(a, b).is_gt() || compare(b, c).is_gt() || compare(a, c).is_le())
}

proptest! {
    #[test]
    fn unescaping_undoes_escaping(path in path(), version in version()) {
        let escaped = module::escape_path(&path).unwrap();
        prop_assert!(!escaped.contains(|c: char| c.is_ascii_uppercase()));
        prop_assert_eq!(module::unescape_path(&escaped).unwrap(), path);
        let escaped = module::escape_version(&version).unwrap();
        prop_assert!(!escaped.contains(|c: char| c.is_ascii_uppercase()));
        prop_assert_eq!(module::unescape_version(&escaped).unwrap(), version);
    }

    #[test]
    fn what_unescapes_is_an_escape(escaped in "[a-z!./A-Z0-9-]{0,20}") {
        if let Ok(path) = module::unescape_path(&escaped) {
            prop_assert_eq!(module::escape_path(&path).unwrap(), &*escaped);
        }
        if let Ok(version) = module::unescape_version(&escaped) {
            prop_assert_eq!(module::escape_version(&version).unwrap(), escaped);
        }
    }

    #[test]
    fn versions_are_totally_ordered(a in version(), b in version(), c in version()) {
        prop_assert!(is_total_order(semver::compare, &a, &b, &c));
    }

    #[test]
    fn a_version_equals_its_canonical_form(a in version(), b in version()) {
        let canonical = semver::canonical(&a);
        prop_assert!(semver::compare(&a, &canonical).is_eq());
        prop_assert_eq!(semver::canonical(&canonical), &*canonical);
        // Equal precedence means the same canonical form.
        prop_assert_eq!(semver::compare(&a, &b).is_eq(), canonical == semver::canonical(&b));
        let canonical = module::canonical_version(&a);
        prop_assert_eq!(module::is_incompatible(&canonical), module::is_incompatible(&a));
    }

    #[test]
    fn go_versions_are_totally_ordered(a in go_version(), b in go_version(), c in go_version()) {
        prop_assert!(is_total_order(gover::compare, &a, &b, &c));
        // Go says 1 comes before 1.0alpha1.
        prop_assert!(gover::is_prerelease(&a) || gover::compare(&gover::prev(&a), &a).is_le());
    }

    #[test]
    fn pseudo_versions_give_back_what_they_are_made_of(
        older in version(), rev in "[0-9a-f]{12}", digits in "20[0-9]{2}(0[1-9]|1[0-2])[01][1-9]([01][0-9]|2[0-3])([0-5][0-9]){2}"
    ) {
        let Some(time) = Timestamp::parse(&digits) else { return Ok(()) };
        let build = if module::is_incompatible(&older) { "+incompatible" } else { "" };
        let older = format!("{}{build}", semver::canonical(&older));
        let v = pseudo::pseudo_version(semver::major(&older), &older, time, &rev);
        prop_assert!(pseudo::is_pseudo_version(&v), "{}", v);
        prop_assert_eq!(pseudo::pseudo_version_time(&v).unwrap().compact(), digits);
        prop_assert_eq!(pseudo::pseudo_version_rev(&v).unwrap(), &*rev);
        prop_assert_eq!(pseudo::pseudo_version_base(&v).unwrap(), &*older);
        prop_assert!(semver::compare(&older, &v).is_lt(), "{} {}", older, v);
        let first = pseudo::pseudo_version(semver::major(&older), "", time, &rev);
        prop_assert_eq!(pseudo::pseudo_version_base(&first).unwrap(), "");
    }

    #[test]
    fn any_bytes_are_read_or_refused(data in proptest::collection::vec(any::<u8>(), 0..200)) {
        read_all(&data);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(module|require|retract|//|\"|`|\\(|\\)|\\[|,|\\PC|\\s|v1\\.0\\.0|=>){0,40}") {
        read_all(text.as_bytes());
    }

    #[test]
    fn any_words_are_checked(a in "\\PC{0,20}", b in "\\PC{0,20}") {
        let _ = module::match_prefix_patterns(&a, &b);
        let _ = module::check(&a, &b);
        let _ = module::check_path_major(&a, &b);
        let _ = (module::unescape_path(&a), module::unescape_version(&a), module::escape_version(&a));
        let _ = (pseudo::pseudo_version_base(&a), pseudo::pseudo_version_time(&a));
        let _ = (gover::prev(&a), gover::lang(&a), gover::from_toolchain(&a));
        let _ = gover::mod_compare(&a, &b, &a);
    }

    #[test]
    fn a_tile_path_is_written_in_one_way(height in 1..31_u32, level in 0..64_u32, n in any::<u64>(), width in any::<u32>()) {
        let tile = Tile { height, level: Some(level), n, width: 1 + width % (1 << height) };
        prop_assert_eq!(tile.to_string().parse::<Tile>(), Ok(tile));
    }

    #[test]
    fn no_proof_makes_trouble(
        proof in proptest::collection::vec(any::<[u8; 32]>(), 0..70), size in any::<u64>(), n in any::<u64>(), index in any::<u64>()
    ) {
        let proof: Vec<Hash> = proof.into_iter().map(Hash).collect();
        let tree = |size| Tree { size, hash: Hash([0; 32]) };
        prop_assert!(tlog::check_record(&proof, &tree(size), n, Hash([1; 32])).is_err());
        prop_assert!(tlog::check_tree(&proof, &tree(size), &tree(n)).is_err());
        let tile = Tile { height: 8, level: Some(0), n, width: 256 };
        let _ = tlog::hash_from_tile(&tile, &[0; 32 * 256], index);
        if let Ok(plan) = TilePlan::new(tree(size), 8, &[index, n]) {
            prop_assert!(plan.tiles().len() < 100);
            let data: Vec<Vec<u8>> = plan.tiles().iter().map(|tile| vec![0; tile.size()]).collect();
            prop_assert!(plan.hashes(&data).is_err());
        }
    }

    #[test]
    fn what_is_read_points_into_the_file(text in "((require|exclude) ([a-z]\\.b/c|[é]) v1\\.0\\.[0-9]\n|\\s|// x\n){0,10}") {
        let lines: Vec<&str> = text.split('\n').collect();
        if let Ok(file) = modfile::parse("go.mod", text.as_bytes()) {
            for require in file.require {
                let line = lines[require.pos.line as usize - 1];
                let from: String = line.chars().skip(require.pos.column as usize - 1).collect();
                prop_assert!(from.starts_with("require"), "{:?} at {:?}", text, require.pos);
            }
        }
    }
}

fn read_all(data: &[u8]) {
    for result in [modfile::parse("go.mod", data), modfile::parse_lax("go.mod", data)] {
        if let Err(errors) = result {
            assert!(!errors.0.is_empty() && !errors.to_string().is_empty());
        }
    }
    let _ = work::parse("go.work", data);
    let _ = modfile::module_path(data);
    let _ = GoSum::parse("go.sum", data);
    let _ = goenv::parse(data);
    let _ = tlog::parse_record(data);
    let _ = note::open(data, &[]);
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = (text.parse::<Tree>(), text.parse::<Tile>(), text.parse::<note::VerifierKey>());
        let _ = sumdb::Config::parse(text);
    }
}

/// What would take hours or gigabytes in a careless reader.
#[test]
fn hostile_files_are_cheap() {
    let faulty = "require x\n".repeat(200_000);
    let errors = modfile::parse("go.mod", faulty.as_bytes()).unwrap_err();
    assert_eq!(errors.0.len(), 100);
    assert_eq!(modfile::parse_lax("go.mod", faulty.as_bytes()).unwrap_err().0.len(), 100);
    let in_block = format!("require (\n{}\n)\n", "\tx\n".repeat(200_000));
    assert_eq!(modfile::parse("go.mod", in_block.as_bytes()).unwrap_err().0.len(), 100);

    let shared = format!("{}retract (\n{})\n", "// why\n".repeat(100_000), "\tv1.0.0\n".repeat(100_000));
    let file = modfile::parse_lax("go.mod", shared.as_bytes()).unwrap();
    assert_eq!(file.retract.len(), 100_000);
    assert_eq!(file.retract[99_999].rationale.len(), "why\n".len() * 100_000 - 1);

    let comments = "x // y\n".repeat(200_000);
    assert!(modfile::parse_lax("go.mod", comments.as_bytes()).is_ok());
    let stars = format!("{}b", "*a".repeat(2_000));
    assert!(!module::match_prefix_patterns(&stars, &"a".repeat(20_000)));
    let deep = "(".repeat(1 << 20);
    assert!(modfile::parse("go.mod", deep.as_bytes()).is_err());
}
