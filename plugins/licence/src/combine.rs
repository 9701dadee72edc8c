//! The licence files of a module, put together. Each licence that is found
//! holds beside the others, unless a file says how they relate.

use crate::documentation;
use crate::expression::Expression;
use crate::files::{Role, is_copyright};
use crate::groups::{bare, canonical, covers};
use crate::module::{Doubt, Licence, PATENT_GRANT, Read, expression_of, name, tagged, untagged};
use crate::names::names;
use crate::statement::{Kind, LINKING, Statement};

/// A licence of one file.
pub struct Item<'a> {
    pub path: &'a str,
    expression: Expression,
    pub tagged: bool,
}

impl Item<'_> {
    /// The one licence that it is.
    fn id(&self) -> Option<&str> {
        match &self.expression {
            Expression::Licence(id) => Some(id),
            _ => None,
        }
    }

    pub fn is_one_of(&self, ids: &[String]) -> bool {
        let named = |id: &str| ids.iter().any(|name| means(name, id));
        !self.expression.licences().is_empty() && self.expression.licences().into_iter().all(named)
    }
}

/// Whether a name in prose, which may be a family, means a licence.
fn means(name: &str, id: &str) -> bool {
    let family =
        |name: &str| !name.contains('-') && id.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
    covers(name, id) || covers(id, name) || (FAMILIES.iter().any(|(own, _)| *own == name) && family(name))
}

/// What the name of a family stands for, where nothing says more.
const FAMILIES: [(&str, Option<&str>); 8] = [
    ("GPL", Some("GPL-1.0-or-later")),
    ("LGPL", Some("LGPL-2.0-or-later")),
    ("AGPL", Some("AGPL-1.0-or-later")),
    ("BSD", None),
    ("MPL", Some("MPL-1.0")),
    ("EPL", Some("EPL-1.0")),
    ("CDDL", Some("CDDL-1.0")),
    ("EUPL", Some("EUPL-1.1")),
];

/// The licence that a name alone gives.
fn by_name(name: &str) -> Option<Expression> {
    let id = match FAMILIES.iter().find(|(family, _)| *family == name) {
        Some((_, id)) => (*id)?,
        None => name,
    };
    Some(Expression::Licence(id.to_owned()))
}

/// `files` are those at the root, licences first, and `named` what they, or
/// LICENSES/, lead to.
pub fn combine(files: Vec<Read>, named: &[Read]) -> Licence {
    let mut doubts = Vec::new();
    let root: Vec<&Read> = files.iter().filter(|file| file.role == Role::Licence).collect();
    let mut items = Vec::new();
    for file in &root {
        own_doubts(file, &mut doubts);
        items.extend(items_of(file));
    }
    let mut named: Vec<&Read> = named.iter().collect();
    let reuse = |file: &Read| file.path.starts_with("LICENSES/");
    let tags_cover = |file: &Read, items: &[Item<'_>]| {
        let own: Vec<Item<'_>> = items_of(file);
        own.iter().all(|own| {
            items.iter().any(|item| {
                item.tagged && item.expression.licences().iter().any(|id| own.is_one_of(&[(*id).to_owned()]))
            })
        })
    };
    named.retain(|file| !reuse(file) || !tags_cover(file, &items));
    for file in &named {
        let own = items_of(file);
        if own.is_empty() && !reuse(file) {
            doubts.push(unknown(file));
        }
        if reuse(file)
            && own.iter().any(|own| !items.iter().any(|item: &Item<'_>| item.expression == own.expression))
        {
            let what = own.iter().map(|own| own.expression.to_string()).collect::<Vec<_>>().join(", ");
            if !root.is_empty() || named.iter().filter(|file| reuse(file)).count() > 1 {
                doubts
                    .push(doubt(file, format!("{} is for files that say so themselves: {what}", file.path)));
            }
        }
        items.extend(own);
    }
    let statements: Vec<(&Read, &Statement)> =
        root.iter().flat_map(|file| file.detection.statements.iter().map(|said| (*file, said))).collect();
    let known = Known { files: &files, named: &named };
    let docs = documentation::take(&files, &statements, &mut items);
    exceptions(&statements, &mut items, &mut doubts);
    let parts = parts(&statements, &items, &known, &mut doubts);
    let mut all = parts;
    for (file, choice) in &statements {
        if let Some(expression) = offered(file, choice, &statements, &mut items, &mut doubts) {
            all.push(expression);
        }
    }
    by_custom(&root, &mut items, &mut all, &mut doubts);
    let tags: Vec<Expression> =
        items.iter().filter(|item| item.tagged).map(|item| item.expression.clone()).collect();
    items.retain(|item| {
        item.tagged
            || !tags.iter().any(|tag| {
                let ids: Vec<String> = tag.licences().into_iter().map(str::to_owned).collect();
                item.is_one_of(&ids)
            })
    });
    all.extend(items.into_iter().map(|item| item.expression));
    Licence {
        expression: Expression::all(without_incorporated(all)),
        files,
        doubts,
        docs,
        stale: None,
        clarified: false,
    }
}

/// A file has an item for each of its texts, or one for all that its tags say.
fn items_of(file: &Read) -> Vec<Item<'_>> {
    let detection = &file.detection;
    let item = |expression, tagged| Item { path: &file.path, expression, tagged };
    if let Some(expression) = tagged(detection) {
        return vec![item(expression, true)];
    }
    let found = detection.found.iter().filter(|found| found.id != PATENT_GRANT);
    let own: Vec<Item<'_>> = found.map(|found| item(Expression::Licence(name(&found.id)), false)).collect();
    // In LICENSES/ the name says it, where the text is not known.
    let stem =
        file.path.strip_prefix("LICENSES/").and_then(|name| name.rsplit_once('.')).map(|(stem, _)| stem);
    match stem.filter(|stem| own.is_empty() && (canonical(stem).is_some() || stem.starts_with("LicenseRef-")))
    {
        Some(stem) => vec![item(Expression::Licence(stem.to_owned()), false)],
        None => own,
    }
}

fn doubt(file: &Read, message: String) -> Doubt {
    Doubt { file: file.path.clone(), message, absent: None, unknown: false }
}

fn unknown(file: &Read) -> Doubt {
    let message = format!("{} holds none of the licences that are known", file.path);
    Doubt { file: file.path.clone(), message, absent: None, unknown: true }
}

/// What is doubtful about a file by itself.
fn own_doubts(file: &Read, doubts: &mut Vec<Doubt>) {
    let detection = &file.detection;
    let path = &file.path;
    let Some(expression) = expression_of(detection) else {
        // What only points at other files, or grants an exception, is not a licence of its own.
        let points = detection
            .statements
            .iter()
            .any(|said| !said.names.is_empty() || !said.files.is_empty() || said.exception.is_some());
        let says =
            detection.unknown_words > 0 || (detection.unread && (detection.restricts || !is_copyright(path)));
        if says && (!points || detection.is_mostly_unknown()) {
            doubts.push(unknown(file));
        } else if detection.unread && detection.restricts {
            doubts.push(doubt(file, format!("{path} speaks of limits, and of no known licence")));
        }
        return;
    };
    let mut tell = |message: String| doubts.push(doubt(file, message));
    for found in detection.found.iter().filter(|found| !found.exact) {
        tell(format!("{path} is close to {}, but not word for word", found.id));
    }
    if let Some(tagged) = tagged(detection) {
        if let Some(id) = untagged(detection, &tagged) {
            tell(format!("{path} is tagged {tagged}, but has the text of {id}"));
        }
        return;
    }
    if detection.is_mostly_unknown() {
        tell(format!("{path} has {} words that belong to no known licence", detection.unknown_words));
    }
    if detection.restricts {
        tell(format!("{path} speaks of limits beside {expression}"));
    }
}

/// The files that a statement may name.
struct Known<'a> {
    files: &'a [Read],
    named: &'a [&'a Read],
}

impl Known<'_> {
    fn find(&self, path: &str) -> Option<&Read> {
        let all = self.files.iter().chain(self.named.iter().copied());
        all.into_iter().find(|file| is_named(&file.path, path))
    }
}

/// A file may be named without its ending, and in other case.
pub fn is_named(path: &str, name: &str) -> bool {
    path.eq_ignore_ascii_case(name)
        || path.rsplit_once('.').is_some_and(|(stem, end)| {
            ["txt", "md", "rst"].contains(&end.to_ascii_lowercase().as_str())
                && stem.eq_ignore_ascii_case(name)
        })
}

/// What holds beside the rest, since prose says so: for parts of the module,
/// or where a file that holds no licence names one that no file has.
fn parts(
    statements: &[(&Read, &Statement)],
    items: &[Item<'_>],
    known: &Known<'_>,
    doubts: &mut Vec<Doubt>,
) -> Vec<Expression> {
    let mut all = Vec::new();
    for (file, said) in statements {
        let pointer = expression_of(&file.detection).is_none();
        for missing in said.files.iter().filter(|path| pointer && known.find(path).is_none()) {
            let message = format!("{} names {missing}, which is not in the module", file.path);
            doubts.push(Doubt { absent: Some(missing.clone()), ..doubt(file, message) });
        }
        let wanted = match said.kind {
            Kind::Part | Kind::All => true,
            Kind::Plain => pointer,
            Kind::Choice | Kind::Alternative | Kind::Docs => false,
        };
        if !wanted {
            continue;
        }
        for name in &said.names {
            let here: Vec<&Item<'_>> =
                items.iter().filter(|item| item.is_one_of(std::slice::from_ref(name))).collect();
            if !here.is_empty() {
                if said.kind != Kind::Plain {
                    all.extend(here.into_iter().map(|item| item.expression.clone()));
                }
            } else if let Some(expression) = by_name(name) {
                doubts
                    .push(doubt(file, format!("{} names {expression}, whose text is not in it", file.path)));
                all.push(expression);
            }
        }
    }
    all
}

/// The choice that a statement offers, in place of the items it speaks of.
fn offered(
    file: &Read,
    said: &Statement,
    statements: &[(&Read, &Statement)],
    items: &mut Vec<Item<'_>>,
    doubts: &mut Vec<Doubt>,
) -> Option<Expression> {
    if !matches!(said.kind, Kind::Choice | Kind::Alternative) {
        return None;
    }
    let of_file = |item: &Item<'_>| item.path == file.path;
    let is_named_file = |item: &Item<'_>| said.files.iter().any(|path| is_named(item.path, path));
    let bare = said.names.is_empty() && said.files.is_empty();
    let concerns = |item: &Item<'_>| {
        item.id().is_some()
            && match said.kind {
                _ if bare => of_file(item),
                Kind::Alternative => of_file(item) || item.is_one_of(&said.names),
                _ => item.is_one_of(&said.names) || is_named_file(item),
            }
    };
    let mut group: Vec<usize> = (0..items.len()).filter(|at| concerns(&items[*at])).collect();
    if bare && group.len() < 2 {
        group = (0..items.len()).filter(|at| is_named_for_it(&items[*at], &['-', '_', '.'])).collect();
        // One that is not named for a licence has a part of its own.
        if group.len() != items.len() {
            return None;
        }
    }
    // Many texts, and which are meant is not said.
    if bare && group.len() > 2 && group.iter().any(|at| of_file(&items[*at])) {
        return None;
    }
    // LICENSE-MIT must not hold anything but what the sentence says.
    let liar = group
        .iter()
        .map(|at| &items[*at])
        .find(|item| is_named_file(item) && !said.names.is_empty() && !item.is_one_of(&said.names));
    let together = statements.iter().any(|(_, other)| {
        let shared = other.names.iter().filter(|name| said.names.iter().any(|own| means(own, name))).count();
        let files = other.files.iter().filter(|path| said.files.contains(path)).count();
        other.kind == Kind::All && (shared.max(files) > 1 || bare)
    });
    let mut options: Vec<Expression> = group.iter().map(|at| items[*at].expression.clone()).collect();
    if said.kind == Kind::Alternative && !group.iter().any(|at| of_file(&items[*at])) {
        return None;
    }
    for name in &said.names {
        let has_text = group.iter().any(|at| items[*at].is_one_of(std::slice::from_ref(name)));
        // Where a file was to hold it and is missing, its name counts still.
        if !has_text
            && let Some(expression) = by_name(name).filter(|_| canonical(name).is_some() || is_gnu(name))
        {
            options.push(expression);
        }
    }
    let any = Expression::any(options.clone())?;
    let Expression::Or(_) = any else {
        // A choice of one is none.
        return (!bare && group.is_empty()).then_some(any);
    };
    let path = &file.path;
    if let Some(liar) = liar {
        doubts.push(doubt(file, format!("{path} offers a choice, but {} is {}", liar.path, liar.expression)));
    } else if together {
        doubts.push(doubt(
            file,
            format!("{path} offers a choice, but says too that its licences hold together"),
        ));
    } else {
        doubts.push(doubt(file, format!("{path} seems to offer a choice: {any}")));
        let mut at = 0;
        items.retain(|_| {
            at += 1;
            !group.contains(&(at - 1))
        });
        return Some(any);
    }
    Expression::all(options)
}

fn is_gnu(name: &str) -> bool {
    bare(name) != name && canonical(bare(name)).is_some()
}

/// LICENSE-MIT with the text of MIT, LICENSE-GPL-3.0.txt with that of GPL-3.0.
fn is_named_for_it(item: &Item<'_>, after: &[char]) -> bool {
    let path = item.path.to_lowercase().replace("licence", "license");
    let path = path.strip_suffix(".txt").or(path.strip_suffix(".md")).unwrap_or(&path);
    let Some(rest) = path.strip_prefix("license").and_then(|rest| rest.strip_prefix(after)) else {
        return false;
    };
    let Some(id) = item.id() else { return false };
    let spaced = rest.replace(['_', ' '], "-");
    let apart = spaced.replace('-', " ");
    let words: Vec<&str> = apart.split_whitespace().collect();
    let named = names(&[spaced.as_str()]).into_iter().chain(names(&words));
    let short = id.to_lowercase();
    let word = words.first().copied().unwrap_or_default();
    named.into_iter().any(|name| means(&name.id, id))
        || canonical(&spaced).is_some_and(|name| means(name, id))
        || (word.len() > 2 && short.split('-').next() == Some(word))
}

/// LICENSE-MIT beside LICENSE-APACHE, and no other licence: by custom a choice.
fn by_custom(root: &[&Read], items: &mut Vec<Item<'_>>, all: &mut Vec<Expression>, doubts: &mut Vec<Doubt>) {
    let single = |file: &&Read| items.iter().filter(|item| item.path == file.path).count() == 1;
    let says_nothing = |file: &&Read| file.detection.statements.iter().all(|said| said.kind == Kind::Plain);
    if !all.is_empty()
        || root.len() < 2
        || items.len() != root.len()
        || !root.iter().all(|file| single(file) && says_nothing(file))
        || !items.iter().all(|item| !item.tagged && is_named_for_it(item, &['-']))
    {
        return;
    }
    let any = Expression::any(items.drain(..).map(|item| item.expression));
    if let (Some(expression @ Expression::Or(_)), Some(file)) = (&any, root.first()) {
        doubts.push(doubt(file, format!("a file for each licence is taken to be a choice: {expression}")));
    }
    all.extend(any);
}

/// An exception goes with the GNU licence of the file that grants it, or with
/// the one that it names, or with the only one there is.
fn exceptions(statements: &[(&Read, &Statement)], items: &mut [Item<'_>], doubts: &mut Vec<Doubt>) {
    for (file, said) in statements {
        let Some(exception) = said.exception.as_ref().filter(|_| said.kind != Kind::Part) else { continue };
        let wanted = if exception == "LLVM-exception" { "Apache" } else { "GPL" };
        let fits =
            |item: &Item<'_>| item.id().is_some_and(|id| id.contains(wanted) && !id.contains(" WITH "));
        let own = |item: &Item<'_>| fits(item) && item.path == file.path;
        let named = |item: &Item<'_>| {
            fits(item)
                && (item.is_one_of(&said.names) || said.files.iter().any(|path| is_named(item.path, path)))
        };
        let chosen: Vec<usize> = if items.iter().any(own) {
            (0..items.len()).filter(|at| own(&items[*at])).collect()
        } else if items.iter().any(named) {
            (0..items.len()).filter(|at| named(&items[*at])).collect()
        } else {
            let all: Vec<usize> = (0..items.len()).filter(|at| fits(&items[*at])).collect();
            if all.len() == 1 { all } else { Vec::new() }
        };
        for at in chosen {
            let Some(id) = items[at].id().map(str::to_owned) else { continue };
            let exception = match (exception.as_str(), bare(&id)) {
                (LINKING, "LGPL-3.0") => "LGPL-3.0-linking-exception",
                (LINKING, "GPL-3.0") => "GPL-3.0-linking-exception",
                (other, _) => other,
            };
            let with = format!("{id} WITH {exception}");
            doubts.push(doubt(file, format!("{} seems to grant an exception: {with}", file.path)));
            items[at].expression = Expression::Licence(with);
        }
    }
}

/// LGPL-3.0 is written as additions to GPL-3.0, whose text lies beside it; and
/// a text beside the words "or later" is no second licence.
fn without_incorporated(mut parts: Vec<Expression>) -> Vec<Expression> {
    let ids: Vec<String> = parts
        .iter()
        .filter_map(|part| if let Expression::Licence(id) = part { Some(id.clone()) } else { None })
        .collect();
    let without_with = |id: &str| id.split(" WITH ").next().unwrap_or(id).to_owned();
    let lesser = ids.iter().any(|id| bare(&without_with(id)) == "LGPL-3.0");
    parts.retain(|part| {
        let Expression::Licence(id) = part else { return true };
        let precise = |other: &String| other != id && without_with(other) != *id && bare(other) == id;
        let incorporated = lesser && id == "GPL-3.0";
        !(incorporated || ids.iter().any(precise))
    });
    parts
}
