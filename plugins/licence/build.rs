//! Compiles texts/*.txt, the licence templates, into one table of words and
//! one of code (src/opcodes.rs). texts/README.md says how a template is written.

#![allow(clippy::panic)] // a build script tells cargo by failing

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

#[path = "src/opcodes.rs"]
mod opcodes;
#[allow(dead_code)]
#[path = "src/words.rs"]
mod words;

use opcodes::{CHOICE, END, FIRST_OPCODE, JUMP, MAX_SKIP, SKIP, SPLIT};

/// A part of a template.
enum Part {
    Word(String),
    /// `<<n>>`
    Any(u16),
    /// `[[ a || b ]]`; with one branch, that may be missing.
    Choice(Vec<Vec<Part>>),
}

fn main() {
    println!("cargo:rerun-if-changed=texts");
    println!("cargo:rerun-if-changed=src/words.rs");
    println!("cargo:rerun-if-changed=src/opcodes.rs");
    let mut names: Vec<String> = fs::read_dir("texts")
        .expect("texts is a directory")
        .filter_map(|entry| entry.expect("texts can be listed").file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".txt").map(str::to_owned))
        .collect();
    names.sort();
    let templates: Vec<(String, Vec<Part>)> = names.into_iter().map(read).collect();

    let mut vocabulary = BTreeSet::new();
    templates.iter().for_each(|(_, parts)| collect(parts, &mut vocabulary));
    let vocabulary: Vec<&str> = vocabulary.into_iter().collect();
    assert!(vocabulary.len() < usize::from(FIRST_OPCODE), "too many words");

    let mut code = Vec::new();
    let mut table = String::from("const TEMPLATES: &[Template] = &[\n");
    let mut starting = vec![BTreeSet::new(); vocabulary.len()];
    for (number, (name, parts)) in templates.iter().enumerate() {
        let start = code.len();
        emit(parts, &vocabulary, &mut code);
        code.push(END);
        opcodes::firsts(&code, start, &mut |word| {
            starting[usize::from(word)].insert(number);
        });
        let mut trigrams = Vec::new();
        opcodes::trigrams(&code[start..], |trigram| trigrams.push(trigram));
        let different: BTreeSet<_> = trigrams.iter().collect();
        let (all, repeated) = (trigrams.len(), trigrams.len() - different.len());
        // `GPL-2.0-only@header` is another way to say `GPL-2.0-only`.
        let id = name.split('@').next().unwrap_or(name);
        let end = code.len();
        writeln!(
            table,
            "Template {{ id: {id:?}, start: {start}, end: {end}, trigrams: {all}, repeated: {repeated} }},"
        )
        .expect("a string");
    }
    table.push_str("];\n");

    let mut constant = |name: &str, kind: &str, values: Vec<usize>| {
        writeln!(table, "static {name}: [{kind}; {}] = {values:?};", values.len()).expect("a string");
    };
    constant("CODE", "u16", code.iter().map(|op| usize::from(*op)).collect());
    constant("WORDS", "u32", ends(vocabulary.iter().map(|word| word.len())));
    constant("SLOTS", "u16", slots(&vocabulary));
    constant("STARTS", "u32", ends(starting.iter().map(BTreeSet::len)));
    constant("STARTING", "u16", starting.into_iter().flatten().collect());

    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    let write = |name: &str, text: &str| fs::write(Path::new(&out).join(name), text).expect("written");
    write("vocabulary.txt", &vocabulary.concat());
    write("tables.rs", &table);
}

/// Where each of some lengths begins, and where the last one ends.
fn ends(lengths: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut ends = vec![0];
    for length in lengths {
        ends.push(ends[ends.len() - 1] + length);
    }
    ends
}

/// A hash table of the words' numbers, half of it empty.
fn slots(vocabulary: &[&str]) -> Vec<usize> {
    let mut slots = vec![usize::from(u16::MAX); (vocabulary.len() * 2).next_power_of_two()];
    for (number, word) in vocabulary.iter().enumerate() {
        let mut slot = opcodes::hash(word) as usize % slots.len();
        while slots[slot] != usize::from(u16::MAX) {
            slot = (slot + 1) % slots.len();
        }
        slots[slot] = number;
    }
    slots
}

fn read(name: String) -> (String, Vec<Part>) {
    let text = fs::read_to_string(format!("texts/{name}.txt")).expect("a template can be read");
    let mut rest = text.as_str();
    let mut branches = sequence(&mut rest, &name);
    assert!(rest.is_empty() && branches.len() == 1, "{name}: brackets do not pair");
    let mut parts = branches.remove(0);
    // A match starts at a word that has to be there: titles and copyright
    // notices before it are not compared.
    let first = parts.iter().position(|part| match part {
        Part::Word(_) => true,
        Part::Any(_) => false,
        Part::Choice(branches) => {
            branches.len() > 1 && branches.iter().all(|b| matches!(b.first(), Some(Part::Word(_))))
        }
    });
    parts.drain(..first.unwrap_or_else(|| panic!("{name} has no words")));
    while matches!(parts.last(), Some(Part::Any(_))) {
        parts.pop();
    }
    (name, parts)
}

/// Branches up to the closing brackets, or the end.
fn sequence(rest: &mut &str, name: &str) -> Vec<Vec<Part>> {
    let mut branches = vec![Vec::new()];
    loop {
        let next = ["[[", "||", "]]", "<<"].iter().filter_map(|mark| Some((rest.find(mark)?, *mark))).min();
        let (at, mark) = next.unwrap_or((rest.len(), ""));
        let branch = branches.last_mut().expect("never empty");
        words::each_word(&rest[..at], |word| {
            let text = Part::Word(word.text.to_owned());
            branch.push(if word.bullet { Part::Choice(vec![vec![text]]) } else { text });
        });
        *rest = &rest[at + mark.len()..];
        match mark {
            "[[" => {
                let inner = sequence(rest, name);
                branch.push(Part::Choice(inner));
            }
            "<<" => {
                let (number, after) =
                    rest.split_once(">>").unwrap_or_else(|| panic!("{name}: << without >>"));
                let number: u16 =
                    number.parse().unwrap_or_else(|_| panic!("{name}: {number:?} is no number"));
                assert!(number <= MAX_SKIP, "{name}: <<{number}>> is too many");
                *rest = after;
                branch.push(Part::Any(number));
            }
            "||" => branches.push(Vec::new()),
            _ => return branches,
        }
    }
}

fn collect<'a>(parts: &'a [Part], vocabulary: &mut BTreeSet<&'a str>) {
    for part in parts {
        match part {
            Part::Word(word) => drop(vocabulary.insert(word)),
            Part::Any(_) => {}
            Part::Choice(branches) => branches.iter().for_each(|b| collect(b, vocabulary)),
        }
    }
}

fn emit(parts: &[Part], vocabulary: &[&str], code: &mut Vec<u16>) {
    for part in parts {
        match part {
            Part::Word(word) => {
                let position = vocabulary.binary_search(&word.as_str()).expect("collected before");
                code.push(u16::try_from(position).expect("asserted before"));
            }
            Part::Any(number) => code.push(SKIP + number),
            Part::Choice(branches) => {
                let body = choice(branches, vocabulary);
                code.extend([CHOICE, distance(body.len())]);
                code.extend(body);
            }
        }
    }
}

fn choice(branches: &[Vec<Part>], vocabulary: &[&str]) -> Vec<u16> {
    let bodies = branches.iter().map(|branch| {
        let mut body = Vec::new();
        emit(branch, vocabulary, &mut body);
        body
    });
    let mut bodies: Vec<Vec<u16>> = bodies.collect();
    if bodies.len() == 1 {
        bodies.push(Vec::new());
    }
    let mut code = bodies.pop().unwrap_or_default();
    for body in bodies.into_iter().rev() {
        let mut longer = vec![SPLIT, distance(body.len() + 2)];
        longer.extend(body);
        longer.extend([JUMP, distance(code.len())]);
        longer.extend(code);
        code = longer;
    }
    code
}

fn distance(len: usize) -> u16 {
    u16::try_from(len).expect("a part of a template is too long")
}
