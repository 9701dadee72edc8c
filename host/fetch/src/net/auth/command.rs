//! A GOAUTH command: run without an argument, or with the URL that was refused
//! and the refusal on its stdin; what it prints (cmd/go auth/userauth.go).

use crate::net::credentials::Headers;
use crate::net::process::environment::Environment;
use crate::net::process::{Invocation, RunError, Stop};
use reqwest::{Response, Url, Version};
use std::path::PathBuf;
use std::time::Duration;

/// It may wait for somebody to log in.
const TIMEOUT: Duration = Duration::from_secs(300);
const MAX_OUTPUT: u64 = 1 << 20;

/// Runs a command; gives headers by URL prefix. Its own words are in no error:
/// they may be secrets.
pub(super) fn run(
    environment: &Environment,
    words: &[String],
    refused: Option<&(String, String)>,
    stop: &Stop,
) -> Result<Vec<(String, Headers)>, String> {
    let Some((program, args)) = words.split_first() else { return Ok(Vec::new()) };
    let path = PathBuf::from(program);
    let path = match path.components().count() {
        1 => environment.find_program(program).ok_or("is not on PATH")?,
        _ => path,
    };
    let mut args: Vec<_> = args.iter().map(Into::into).collect();
    args.extend(refused.map(|(url, _)| url.into()));
    let invocation = Invocation {
        program: &path,
        args,
        dir: None,
        environment,
        stdin: refused.map(|(_, answer)| answer.clone().into_bytes()),
        limit: MAX_OUTPUT,
        timeout: TIMEOUT,
        interactive: true,
        stop,
    };
    let output = invocation.run().map_err(|e| describe_failure(&e))?;
    parse(&String::from_utf8_lossy(&output))
}

/// What became of a program, without a word of its own.
pub(super) fn describe_failure(error: &RunError) -> String {
    match error {
        RunError::Shortage(shortage) => format!("cannot be run: {shortage}"),
        RunError::Start(e) => format!("cannot be run: {e}"),
        RunError::Exit { code: Some(code), .. } => format!("failed with status {code}"),
        RunError::Exit { code: None, .. } => "was killed".to_owned(),
        RunError::TooMuch(limit) => format!("printed more than {limit} bytes"),
        RunError::TimedOut(after) => format!("took longer than {} s", after.as_secs()),
        RunError::Stopped => "was cancelled".to_owned(),
        RunError::Io(e) => format!("could not be read: {e}"),
    }
}

/// Blocks of URLs, an empty line, headers, an empty line.
fn parse(text: &str) -> Result<Vec<(String, Headers)>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut urls = Vec::new();
        for url in block(&mut rest).ok_or("printed no empty line after the URLs")? {
            if Url::parse(url).is_err() && !url.starts_with('/') {
                return Err("printed a line that is not a URL".to_owned());
            }
            urls.push(url);
        }
        let mut headers = Headers::default();
        for line in block(&mut rest).ok_or("printed no empty line after the headers")? {
            let sound = line.split_once(": ").is_some_and(|(name, value)| headers.add(name, value.trim()));
            if !sound {
                return Err("printed a line that is not a header".to_owned());
            }
        }
        found.extend(urls.into_iter().map(|url| (url.to_owned(), headers.clone())));
    }
    Ok(found)
}

/// The lines up to an empty one.
fn block<'a>(rest: &mut &'a str) -> Option<Vec<&'a str>> {
    let mut lines = Vec::new();
    loop {
        let (line, after) = rest.split_once('\n')?;
        *rest = after;
        if line.is_empty() {
            return Some(lines);
        }
        lines.push(line);
    }
}

/// An answer's head as a command reads it.
pub(super) fn describe(answer: &Response) -> String {
    let protocol = match answer.version() {
        Version::HTTP_2 => "HTTP/2.0",
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    };
    let mut text = format!("{protocol} {}\n", answer.status());
    for name in answer.headers().keys() {
        let values = answer.headers().get_all(name).iter();
        let values: Vec<_> = values.map(|v| String::from_utf8_lossy(v.as_bytes())).collect();
        text.push_str(&format!("{}: {}\n", canonical(name.as_str()), values.join(", ")));
    }
    text.push('\n');
    text
}

/// `www-authenticate` as Go spells it: `Www-Authenticate`.
fn canonical(name: &str) -> String {
    let capital = |part: &str| part[..1].to_ascii_uppercase() + &part[1..];
    let parts: Vec<_> =
        name.split('-').map(|p| if p.is_empty() { String::new() } else { capital(p) }).collect();
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_may_print() {
        let given = parse(
            "https://a.example\nhttps://b.example/x/\n\nAuthorization: Basic x\nX-More: 1\n\n\
             https://c.example\n\n\n",
        )
        .unwrap();
        let prefixes: Vec<_> = given.iter().map(|(p, h)| (p.as_str(), h.lines().len())).collect();
        assert_eq!(
            prefixes,
            [("https://a.example", 2), ("https://b.example/x/", 2), ("https://c.example", 0)]
        );
        assert_eq!(parse(""), Ok(vec![]));
        for bad in [
            "https://a.example\n",
            "https://a.example\n\nX: y\n",
            "not a url s3cret\n\n\n",
            "https://a.example\n\ns3cret\n\n",
            "https://a.example\n\nX : s3cret\n\n",
        ] {
            let why = parse(bad).unwrap_err();
            assert!(!why.contains("s3cret"), "{why}");
        }
    }

    #[test]
    fn header_names_are_spelt_as_go_does() {
        assert_eq!(canonical("www-authenticate"), "Www-Authenticate");
        assert_eq!(canonical("x--y"), "X--Y");
    }
}
