//! From the text to a [`PolicyFile`].

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

use airgo_gomod::address::is_address;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::config::Reader;
use super::tables::{Source, Table};
use super::{
    DataEntry, Exception, PluginEntry, PluginSource, PolicyFile, PolicyFileError, SignatureEntry, units,
};
use crate::results::is_name;
use crate::{BUILTINS, Builtin, Limits, Verdict};

type Result<T> = std::result::Result<T, PolicyFileError>;

/// The keys of each table, sorted; airgo.schema.json has the same.
const ROOT: &[&str] = &["data", "exception", "limits", "plugin", "plugin-trust"];
const PLUGIN: &[&str] =
    &["builtin", "compiled", "config", "limits", "name", "path", "sha256", "signature", "trust"];
const DATA: &[&str] = &["date", "max-age", "name", "path", "sha256"];
const EXCEPTION: &[&str] = &["expires", "module", "reason", "rule"];
const LIMITS: &[&str] = &[
    "code",
    "compile-cost",
    "component",
    "fact",
    "facts",
    "findings",
    "function",
    "functions",
    "gather",
    "gather-total",
    "host-calls",
    "log-lines",
    "memory",
    "read",
    "result",
    "table-elements",
    "text",
    "time",
];

/// Bytes of a policy file.
const MAX_BYTES: usize = 4 << 20;

pub fn policy_file(file: &str, text: &str) -> Result<PolicyFile> {
    let source = Source { file, text };
    let document = parse(&source)?;
    let root = Table::new(&source, document.get_ref(), 0..0, ROOT)?;
    let limits = match root.table("limits", LIMITS)? {
        Some(table) => limits(&source, &table, &Limits::default())?,
        None => Limits::default(),
    };
    let trust = root.paths("plugin-trust")?;
    let plugins = each(&root, "plugin", PLUGIN, |table| plugin(&source, table, &limits, trust.as_deref()))?;
    let data = each(&root, "data", DATA, |table| data(&source, table))?;
    let exceptions = each(&root, "exception", EXCEPTION, |table| exception(&source, table))?;
    unique(&root, "plugin", plugins.iter().map(|p| (p.name.as_str(), p.line)))?;
    unique(&root, "data source", data.iter().map(|d| (d.name.as_str(), d.line)))?;
    let source = Some((file.to_owned(), text.to_owned()));
    Ok(PolicyFile { plugins, exceptions, data, strictest: Verdict::Deny, source })
}

pub fn limits_of(file: &str, text: &str, defaults: &Limits) -> Result<Limits> {
    let source = Source { file, text };
    let document = parse(&source)?;
    let keys: Vec<&str> = document.get_ref().keys().map(|key| key.get_ref().as_ref()).collect();
    let root = Table::new(&source, document.get_ref(), 0..0, &keys)?;
    match root.table("limits", LIMITS)? {
        Some(table) => limits(&source, &table, defaults),
        None => Ok(defaults.clone()),
    }
}

fn parse<'a>(source: &Source<'a>) -> Result<Spanned<DeTable<'a>>> {
    if source.text.len() > MAX_BYTES {
        return Err(source.error(0..0, format!("the file is larger than {MAX_BYTES} bytes")));
    }
    DeTable::parse(source.text).map_err(|err| {
        let message = err.message().lines().collect::<Vec<_>>().join(", ");
        source.error(err.span().unwrap_or(0..0), message)
    })
}

fn each<T>(
    root: &Table<'_>,
    key: &'static str,
    allowed: &[&str],
    read: impl Fn(&Table<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    root.tables(key, allowed)?.iter().map(read).collect()
}

fn unique<'a>(root: &Table<'_>, what: &str, names: impl Iterator<Item = (&'a str, u32)>) -> Result<()> {
    let mut seen = BTreeMap::new();
    for (name, line) in names {
        if let Some(first) = seen.insert(name, line) {
            let message = format!("there are two tables for the {what} {name}, at lines {first} and {line}");
            return Err(root.error_at(line, message));
        }
    }
    Ok(())
}

fn plugin(
    source: &Source<'_>,
    table: &Table<'_>,
    defaults: &Limits,
    trust: Option<&[PathBuf]>,
) -> Result<PluginEntry> {
    let name = name(source, table)?;
    let from = match (table.string("builtin")?, table.string("path")?) {
        (Some((builtin, span)), None) => {
            if Builtin::find(builtin).is_none() {
                let known: Vec<&str> = BUILTINS.iter().map(|b| b.name).collect();
                let builtin = builtin.escape_debug();
                let message = format!("there is no built-in plugin {builtin}; there is {}", known.join(", "));
                return Err(source.error(span, message));
            }
            PluginSource::Builtin(builtin.to_owned())
        }
        (None, Some((path, span))) => PluginSource::Path(source.path(path, span)?),
        _ => {
            let message = format!("plugin {name} names either builtin or path, where it comes from");
            return Err(table.error(message));
        }
    };
    let sha256 = sha256(source, table)?;
    if sha256.is_none() && matches!(from, PluginSource::Path(_)) {
        let message = format!(
            "plugin {name} has no sha256: pin the bytes that were reviewed (`sha256sum` shows the digest)"
        );
        return Err(table.error(message));
    }
    let signature = signature(source, table, &name, &from, trust)?;
    let compiled = compiled(source, table, &name, &from)?;
    let mut reader = Reader { source, places: BTreeMap::new() };
    let config = match table.get("config") {
        None => serde_json::json!({}),
        Some(value) => {
            reader.places.insert(String::new(), source.place(value.span().start));
            match value.get_ref().as_table() {
                Some(config) => reader.table(config, "", 0)?,
                None => return Err(table.wrong("config", value, "a table")),
            }
        }
    };
    let limits = match table.table("limits", LIMITS)? {
        Some(own) => limits(source, &own, defaults)?,
        None => defaults.clone(),
    };
    let (line, places) = (table.line(), reader.places);
    Ok(PluginEntry { name, source: from, sha256, signature, compiled, config, limits, line, places })
}

/// The file with a plugin's compiled code.
fn compiled(
    source: &Source<'_>,
    table: &Table<'_>,
    name: &str,
    from: &PluginSource,
) -> Result<Option<PathBuf>> {
    let Some((file, span)) = table.string("compiled")? else { return Ok(None) };
    if matches!(from, PluginSource::Builtin(_)) {
        return Err(source.error(span, format!("plugin {name} comes with airgo, and is compiled there")));
    }
    source.path(file, span).map(Some)
}

/// Who has to have signed a plugin. Where the file says whom to trust for its
/// plugins, every one of them has to be signed; airgo vouches for its own.
fn signature(
    source: &Source<'_>,
    table: &Table<'_>,
    name: &str,
    from: &PluginSource,
    trust: Option<&[PathBuf]>,
) -> Result<Option<SignatureEntry>> {
    let own = table.paths("trust")?;
    let file = table.string("signature")?.map(|(file, span)| source.path(file, span)).transpose()?;
    if matches!(from, PluginSource::Builtin(_)) {
        if file.is_some() || own.is_some() {
            let message = format!("plugin {name} comes with airgo: neither signature nor trust is for it");
            return Err(table.error(message));
        }
        return Ok(None);
    }
    match (file, own.as_deref().or(trust)) {
        (None, None) => Ok(None),
        (Some(file), Some(trust)) => Ok(Some(SignatureEntry { file, trust: trust.to_vec() })),
        (None, Some(_)) => Err(table.error(format!(
            "plugin {name} has no signature: name the file with it (`airgo sign FILE --detached ssh` makes one)"
        ))),
        (Some(_), None) => Err(table.error(format!(
            "plugin {name} has a signature, and nobody says whose counts: add trust = [\"KEY.pub\"]"
        ))),
    }
}

fn name(source: &Source<'_>, table: &Table<'_>) -> Result<String> {
    let (name, span) = table.required("name")?;
    if !is_name(name) {
        let message = format!("name {:?} is not of lower-case words joined by -", name);
        return Err(source.error(span, message));
    }
    Ok(name.to_owned())
}

fn sha256(source: &Source<'_>, table: &Table<'_>) -> Result<Option<String>> {
    let Some((text, span)) = table.string("sha256")? else { return Ok(None) };
    let digest = text.to_ascii_lowercase();
    if digest.len() != 64 || !digest.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(source.error(span, "sha256 is not 64 hexadecimal digits"));
    }
    Ok(Some(digest))
}

fn data(source: &Source<'_>, table: &Table<'_>) -> Result<DataEntry> {
    let name = name(source, table)?;
    let (path, span) = table.required("path")?;
    let path = source.path(path, span)?;
    let sha256 = sha256(source, table)?;
    let date = table.get("date").map(|value| instant(source, "date", value)).transpose()?;
    let max_age = match table.string("max-age")? {
        None => None,
        Some((text, span)) => match units::age(text) {
            Some(hours) => Some(SignedDuration::from_hours(hours)),
            None => return Err(source.error(span, "max-age is written like \"36h\", \"7d\" or \"2w\"")),
        },
    };
    Ok(DataEntry { name, path, sha256, date, max_age, line: table.line() })
}

fn exception(source: &Source<'_>, table: &Table<'_>) -> Result<Exception> {
    let (rule, span) = table.required("rule")?;
    let good = |rule: &str| rule == "*" || is_name(rule);
    if !rule.split_once('/').is_some_and(|(plugin, rule)| is_name(plugin) && good(rule)) {
        let message = format!("rule {rule:?} is not written like \"allowlist/denied\" or \"allowlist/*\"");
        return Err(source.error(span, message));
    }
    let module = match table.string("module")? {
        None => None,
        Some((text, span)) => {
            if text.trim_start_matches('=').is_empty() || text.contains([' ', ',']) || is_address(text) {
                let message = format!("module {text:?} is not written like \"github.com/acme/*\"");
                return Err(source.error(span, message));
            }
            Some(text.to_owned())
        }
    };
    let (reason, _) = table.required("reason")?;
    let expires = table.get("expires").map(|value| instant(source, "expires", value)).transpose()?;
    let (rule, reason) = (rule.to_owned(), reason.to_owned());
    Ok(Exception { rule, module, reason, expires, line: table.line() })
}

/// A date, which is its first moment in UTC, or a date with time and offset.
fn instant(source: &Source<'_>, key: &str, value: &Spanned<DeValue<'_>>) -> Result<Timestamp> {
    let wrong = || {
        let message = format!("{key} is written like 2027-03-31 or 2027-03-31T12:00:00Z, without quotes");
        source.error(value.span(), message)
    };
    let written = value.get_ref().as_datetime().ok_or_else(wrong)?.to_string();
    if let Ok(timestamp) = written.parse::<Timestamp>() {
        return Ok(timestamp);
    }
    let date: civil::Date = written.parse().map_err(|_| wrong())?;
    if written.len() > "2027-03-31".len() {
        // A local time says nothing without its place.
        return Err(wrong());
    }
    date.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).map_err(|_| wrong())
}

fn limits(source: &Source<'_>, table: &Table<'_>, defaults: &Limits) -> Result<Limits> {
    let mut limits = defaults.clone();
    time(source, table, "time", &mut limits.time)?;
    time(source, table, "gather", &mut limits.gather_time)?;
    time(source, table, "gather-total", &mut limits.gather_total)?;
    size(source, table, "fact", &mut limits.fact_bytes)?;
    size(source, table, "facts", &mut limits.facts_bytes)?;
    size(source, table, "memory", &mut limits.memory)?;
    size(source, table, "read", &mut limits.read_bytes)?;
    size(source, table, "component", &mut limits.component_bytes)?;
    size(source, table, "code", &mut limits.code_bytes)?;
    size(source, table, "function", &mut limits.function_bytes)?;
    resize(source, table, "result", &mut limits.result_bytes)?;
    resize(source, table, "text", &mut limits.text_bytes)?;
    number(source, table, "compile-cost", &mut limits.compile_cost)?;
    number(source, table, "functions", &mut limits.functions)?;
    number(source, table, "host-calls", &mut limits.host_calls)?;
    number(source, table, "log-lines", &mut limits.log_lines)?;
    number(source, table, "table-elements", &mut limits.table_elements)?;
    let mut findings = limits.findings as u64;
    number(source, table, "findings", &mut findings)?;
    limits.findings = usize::try_from(findings).unwrap_or(usize::MAX);
    Ok(limits)
}

fn time(source: &Source<'_>, table: &Table<'_>, key: &'static str, limit: &mut Duration) -> Result<()> {
    if let Some((text, span)) = table.string(key)? {
        let time = units::duration(text).filter(|time| !time.is_zero());
        let example = || source.error(span, format!("{key} is written like \"1500ms\", \"10s\" or \"2min\""));
        *limit = time.ok_or_else(example)?;
    }
    Ok(())
}

fn size(source: &Source<'_>, table: &Table<'_>, key: &'static str, limit: &mut u64) -> Result<()> {
    if let Some((text, span)) = table.string(key)? {
        let example = || source.error(span.clone(), format!("{key} is written like \"64MiB\" or \"500KiB\""));
        *limit = units::bytes(text).ok_or_else(example)?;
    }
    Ok(())
}

fn resize(source: &Source<'_>, table: &Table<'_>, key: &'static str, limit: &mut usize) -> Result<()> {
    let mut wide = *limit as u64;
    size(source, table, key, &mut wide)?;
    *limit = usize::try_from(wide).unwrap_or(usize::MAX);
    Ok(())
}

fn number(source: &Source<'_>, table: &Table<'_>, key: &'static str, limit: &mut u64) -> Result<()> {
    let Some(value) = table.get(key) else { return Ok(()) };
    let span: Range<usize> = value.span();
    let parsed = value.get_ref().as_integer().and_then(|n| u64::from_str_radix(n.as_str(), n.radix()).ok());
    *limit = parsed.ok_or_else(|| source.error(span, format!("{key} is a whole number, such as {limit}")))?;
    Ok(())
}
