//! Cases about go.sum: inputs `go.sum` and any number of `workspace/…/go.sum`,
//! then `checks`, lines of path, version, `zip` or `go.mod`, and the letter
//! that the downloaded hash is made of. In go.sum files `h1:A` stands for the
//! hash of 32 times that letter.

use super::case::Case;
use super::tables::subject;
use airgo_gomod::gosum::GoSumError;
use airgo_gomod::{GoSum, H1, ModuleVersion};

/// What each check says, or what is wrong with the files.
pub fn answer(case: &Case) -> String {
    let sums = match read(case) {
        Ok(sums) => sums,
        Err(error) => return format!("{error}\n  line {:?}\n", error.line_text),
    };
    let checks = std::str::from_utf8(case.input("checks")).unwrap();
    checks.lines().map(|line| format!("{line} => {}\n", check(&sums, line))).collect()
}

fn read(case: &Case) -> Result<GoSum, GoSumError> {
    let mut sums = GoSum::default();
    for (name, data) in &case.inputs {
        let data = spell_hashes(data);
        match name.as_str() {
            "go.sum" | "go.work.sum" => sums = GoSum::parse(name, &data)?,
            "checks" => {}
            name => sums.add_workspace_module(name, &data)?,
        }
    }
    Ok(sums)
}

fn check(sums: &GoSum, line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let [path, version, what, letter] = words[..] else { panic!("no check: {line}") };
    let module = ModuleVersion::new(path, version);
    let verdict = match sums.check(&module, subject(what), &hash(letter.as_bytes()[0])) {
        Ok(recorded) => format!("{recorded:?}"),
        Err(mismatch) => name_hashes(&mismatch.to_string()),
    };
    let lines: Vec<String> = sums
        .lookup(&module, subject(what))
        .map(|sum| format!("{}:{} {}", sum.file, sum.line, name_hashes(&sum.hash)))
        .collect();
    format!("{verdict} [{}]", lines.join(", "))
}

fn hash(letter: u8) -> H1 {
    H1([letter; 32])
}

fn spell_hashes(data: &[u8]) -> Vec<u8> {
    let mut text = String::from_utf8(data.to_vec()).unwrap();
    for letter in b'A'..=b'Z' {
        let short = format!("h1:{}", char::from(letter));
        for end in ["\n", "\r", " "] {
            text = text.replace(&format!("{short}{end}"), &format!("{}{end}", hash(letter)));
        }
    }
    text.into_bytes()
}

fn name_hashes(text: &str) -> String {
    let letters = b'A'..=b'Z';
    letters.fold(text.to_owned(), |text, letter| {
        text.replace(&hash(letter).to_string(), &format!("h1:{}", char::from(letter)))
    })
}
