//! Files as rows of fields, in the form that the oracle gives them.

use super::oracle::Rows;
use airgo_gomod::ModuleVersion;
use airgo_gomod::modfile::{self, GoDecl, Godebug, ModFileErrors, Pos, Replace, ToolchainDecl, work};
use airgo_gomod::module::{canonical_version, split_path_version};

/// What this crate makes of a file: sorted rows.
pub fn file(kind: &str, data: &[u8]) -> Rows {
    let mut rows = match kind {
        "main" => modfile::parse("F", data).map_or_else(|e| errors(&e), |f| go_mod(&f)),
        "dependency" => modfile::parse_lax("F", data).map_or_else(|e| errors(&e), |f| go_mod(&f)),
        "work" => work::parse("F", data).map_or_else(|e| errors(&e), |f| go_work(&f)),
        _ => panic!("no such kind of file: {kind}"),
    };
    rows.sort();
    rows
}

/// The same with every version that is not canonical spelt as the oracle's
/// stand-in for a query spells it.
pub fn file_with_queries(kind: &str, data: &[u8]) -> Rows {
    let mut rows = file(kind, data);
    let module = rows.iter().find(|row| row[0] == "module").map(|row| row[1].clone());
    for row in &mut rows {
        match row[0].as_str() {
            "require" | "exclude" => row[2] = query(&row[1], &row[2]),
            "replace" => {
                row[2] = query(&row[1], &row[2]);
                row[4] = query(&row[3], &row[4]);
            }
            // The path of a dependency does not matter to its retractions.
            "retract" if kind == "main" => {
                let path = module.clone().unwrap_or_default();
                row[1] = query(&path, &row[1]);
                row[2] = query(&path, &row[2]);
            }
            _ => {}
        }
    }
    rows.sort();
    rows
}

fn query(path: &str, version: &str) -> String {
    if version.is_empty() || canonical_version(version) == version {
        return version.to_owned();
    }
    let major = split_path_version(path).map_or("", |(_, major)| major);
    let major = major.strip_suffix("-unstable").unwrap_or(major).trim_start_matches(['.', '/']);
    let major = if major.is_empty() { "v0" } else { major };
    let hex: String = version.bytes().map(|b| format!("{b:02x}")).collect();
    format!("{major}.0.0-query.{hex}x")
}

fn go_mod(file: &modfile::ModFile) -> Rows {
    let mut rows = shared(&file.go, &file.toolchain, &file.godebug, &file.replace);
    if let Some(m) = &file.module {
        rows.push(row(&["module", &m.path, m.deprecated.as_deref().unwrap_or_default()], m.pos));
    }
    for r in &file.require {
        let ModuleVersion { path, version } = &r.module;
        rows.push(row(&["require", path, version, &r.indirect.to_string()], r.pos));
    }
    for x in &file.exclude {
        rows.push(row(&["exclude", &x.module.path, &x.module.version], x.pos));
    }
    for r in &file.retract {
        rows.push(row(&["retract", &r.low, &r.high, &r.rationale], r.pos));
    }
    rows.extend(file.tool.iter().map(|t| row(&["tool", &t.path], t.pos)));
    rows.extend(file.ignore.iter().map(|i| row(&["ignore", &i.path], i.pos)));
    rows
}

fn go_work(file: &work::WorkFile) -> Rows {
    let mut rows = shared(&file.go, &file.toolchain, &file.godebug, &file.replace);
    rows.extend(file.use_.iter().map(|u| row(&["use", &u.path], u.pos)));
    rows
}

fn shared(
    go: &Option<GoDecl>,
    toolchain: &Option<ToolchainDecl>,
    godebug: &[Godebug],
    replace: &[Replace],
) -> Rows {
    let mut rows = Rows::new();
    rows.extend(go.iter().map(|g| row(&["go", &g.version], g.pos)));
    rows.extend(toolchain.iter().map(|t| row(&["toolchain", &t.name], t.pos)));
    rows.extend(godebug.iter().map(|d| row(&["godebug", &d.key, &d.value], d.pos)));
    for Replace { old, new, pos } in replace {
        rows.push(row(&["replace", &old.path, &old.version, &new.path, &new.version], *pos));
    }
    rows
}

fn errors(errors: &ModFileErrors) -> Rows {
    errors.0.iter().map(|e| row(&["error", &e.to_string()], e.pos)).collect()
}

fn row(fields: &[&str], pos: Pos) -> Vec<String> {
    let mut row: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
    row.push(format!("{}:{}", pos.line, pos.column));
    row
}

/// What this crate makes of a file of a case, as text: a line a directive or
/// error, in the file's order. The name says how it is read.
pub fn text(name: &str, data: &[u8]) -> String {
    let mut rows = file(kind_of(name), data);
    rows.sort_by_key(|row| {
        let (line, column) = row.last().unwrap().split_once(':').unwrap();
        (line.parse::<u32>().unwrap(), column.parse::<u32>().unwrap())
    });
    let mut out = format!("{name}\n");
    for mut row in rows {
        let pos = row.pop().unwrap();
        if row[0] == "error" {
            out += &format!("  {}\n", row[1].replace('\n', "\\n"));
            continue;
        }
        let plain =
            |field: &String| !field.is_empty() && !field.contains(|c: char| c.is_whitespace() || c == '"');
        let quoted = |field: &String| if plain(field) { field.clone() } else { format!("{field:?}") };
        let fields: Vec<String> = row.iter().map(quoted).collect();
        out += &format!("  {pos} {}\n", fields.join(" "));
    }
    out
}

/// How a case's file is read: `go.mod` as the main module's, `dep.mod` as a
/// dependency's.
pub fn kind_of(name: &str) -> &'static str {
    match name {
        "go.mod" => "main",
        "dep.mod" => "dependency",
        "go.work" => "work",
        _ => panic!("{name} is none of go.mod, dep.mod, go.work"),
    }
}
