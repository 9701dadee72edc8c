//! Groups of licences, and names that may stand in a list.

/// What a licence asks of those who ship a program with the module in it.
const GROUPS: [(&str, &[&str]); 4] = [
    (
        "permissive",
        &[
            "0BSD",
            "AAL",
            "AFL-2.1",
            "AFL-3.0",
            "Apache-1.0",
            "Apache-1.1",
            "Apache-2.0",
            "Artistic-2.0",
            "BSD-1-Clause",
            "BSD-2-Clause",
            "BSD-2-Clause-Patent",
            "BSD-2-Clause-Views",
            "BSD-3-Clause",
            "BSD-3-Clause-Clear",
            "BSD-3-Clause-LBNL",
            "BSD-3-Clause-Open-MPI",
            "BSD-4-Clause",
            "BSD-4-Clause-UC",
            "BSD-Source-Code",
            "BSL-1.0",
            "Beerware",
            "BlueOak-1.0.0",
            "CC-BY-3.0",
            "CC-BY-4.0",
            "CC0-1.0",
            "ECL-2.0",
            "EFL-2.0",
            "FSFAP",
            "FTL",
            "Fair",
            "HPND",
            "HPND-sell-variant",
            "ICU",
            "IJG",
            "ISC",
            "Info-ZIP",
            "Libpng",
            "MIT",
            "MIT-0",
            "MIT-CMU",
            "MIT-Modern-Variant",
            "MIT-advertising",
            "MIT-feh",
            "MITNFA",
            "MS-PL",
            "MirOS",
            "MulanPSL-2.0",
            "NAIST-2003",
            "NCSA",
            "NTP",
            "OFL-1.1",
            "OpenSSL",
            "PDDL-1.0",
            "PHP-3.01",
            "PSF-2.0",
            "PostgreSQL",
            "Python-2.0",
            "Python-2.0.1",
            "SMLNJ",
            "SSH-OpenSSH",
            "Spencer-94",
            "TCL",
            "UPL-1.0",
            "Unicode-3.0",
            "Unicode-DFS-2016",
            "Unlicense",
            "Vim",
            "W3C",
            "WTFPL",
            "X11",
            "Xnet",
            "ZPL-2.1",
            "Zlib",
            "blessing",
            "bzip2-1.0.6",
            "curl",
            "libpng-2.0",
            "libtiff",
            "zlib-acknowledgement",
        ],
    ),
    (
        "weak-copyleft",
        &[
            "Artistic-1.0",
            "CDDL-1.0",
            "CDDL-1.1",
            "CPL-1.0",
            "EPL-1.0",
            "EPL-2.0",
            "EUPL-1.1",
            "EUPL-1.2",
            "IPL-1.0",
            "LGPL-2.0",
            "LGPL-2.1",
            "LGPL-3.0",
            "MPL-1.0",
            "MPL-1.1",
            "MPL-2.0",
            "MS-RL",
            "ODbL-1.0",
            "Ruby",
        ],
    ),
    (
        "strong-copyleft",
        &[
            "AGPL-1.0",
            "AGPL-3.0",
            "CAL-1.0",
            "CC-BY-SA-3.0",
            "CC-BY-SA-4.0",
            "CECILL-2.1",
            "GPL-1.0",
            "GPL-2.0",
            "GPL-3.0",
            "OSL-3.0",
            "Parity-7.0.0",
            "Sleepycat",
        ],
    ),
    // Not open source: they forbid uses or users.
    (
        "restricted",
        &[
            "BSD-3-Clause-No-Nuclear-License",
            "BUSL-1.1",
            "CC-BY-NC-4.0",
            "CC-BY-NC-ND-4.0",
            "CC-BY-NC-SA-4.0",
            "CC-BY-ND-4.0",
            "CommonsClause",
            "Elastic-2.0",
            "FSL-1.1-ALv2",
            "FSL-1.1-MIT",
            "Hippocratic-2.1",
            "JSON",
            "PolyForm-Noncommercial-1.0.0",
            "PolyForm-Small-Business-1.0.0",
            "SSPL-1.0",
        ],
    ),
];

/// Every id of the SPDX licence list.
const SPDX_IDS: &str = include_str!("spdx-ids.txt");

/// The licences of a built-in group.
pub fn group(name: &str) -> Option<&'static [&'static str]> {
    GROUPS.iter().find(|(own, _)| *own == name).map(|(_, ids)| *ids)
}

/// The built-in group of a licence.
pub fn group_of(id: &str) -> Option<&'static str> {
    GROUPS.iter().find(|(_, ids)| ids.iter().any(|own| covers(own, id))).map(|(name, _)| *name)
}

/// Whether a word of a list, that is no group, is the name of a licence.
pub fn is_licence(name: &str) -> bool {
    let id = name.split(" WITH ").next().unwrap_or(name);
    let id = id.strip_suffix('+').unwrap_or(id);
    id.starts_with("LicenseRef-")
        || id.starts_with("DocumentRef-")
        || SPDX_IDS.lines().any(|known| known.eq_ignore_ascii_case(id))
        || GROUPS.iter().any(|(_, ids)| ids.contains(&id))
}

/// An id of the SPDX licence list as the list writes it.
pub fn canonical(name: &str) -> Option<&'static str> {
    SPDX_IDS.lines().find(|known| known.eq_ignore_ascii_case(name))
}

/// Whether an entry of a list speaks of a licence. `GPL-2.0`, which is what
/// the bare text is found to be, stands for `-only` and `-or-later` as well.
pub fn covers(entry: &str, id: &str) -> bool {
    if entry.eq_ignore_ascii_case(id) {
        return true;
    }
    if let Some((licence, exception)) = entry.split_once(" WITH ") {
        // With the very exception, the bare name stands for both here too.
        return id
            .split_once(" WITH ")
            .is_some_and(|(own, with)| exception.eq_ignore_ascii_case(with) && covers(licence, own));
    }
    let id = id.split(" WITH ").next().unwrap_or(id);
    let id = id.strip_prefix("LicenseRef-").unwrap_or(id);
    entry.eq_ignore_ascii_case(id)
        || entry.eq_ignore_ascii_case(bare(id))
        || bare(entry).eq_ignore_ascii_case(id)
}

/// Without what says which later versions hold.
pub fn bare(id: &str) -> &str {
    let id = id.strip_suffix('+').unwrap_or(id);
    let id = id.strip_suffix("-or-later").unwrap_or(id);
    id.strip_suffix("-only").unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bare_name_stands_for_both() {
        for (entry, id, wanted) in [
            ("GPL-2.0", "GPL-2.0-only", true),
            ("GPL-2.0", "GPL-2.0-or-later", true),
            ("GPL-2.0-only", "GPL-2.0", true),
            ("GPL-2.0-only", "GPL-2.0-or-later", false),
            ("GPL-2.0", "GPL-3.0", false),
            ("GPL-2.0", "GPL-2.0-only WITH Classpath-exception-2.0", true),
            ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only", false),
            ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0 WITH Classpath-exception-2.0", true),
            ("GPL-2.0 WITH Classpath-exception-2.0", "GPL-2.0 WITH Font-exception-2.0", false),
            ("mit", "MIT", true),
            ("CommonsClause", "LicenseRef-CommonsClause", true),
        ] {
            assert_eq!(covers(entry, id), wanted, "{entry} {id}");
        }
    }

    #[test]
    fn each_licence_is_in_one_group_at_most() {
        let all: Vec<&str> = GROUPS.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
        for id in &all {
            assert_eq!(all.iter().filter(|other| *other == id).count(), 1, "{id}");
            assert!(is_licence(id), "{id}");
        }
        assert!(!is_licence("permisive"));
        assert_eq!(group_of("LGPL-2.1-or-later"), Some("weak-copyleft"));
    }
}
