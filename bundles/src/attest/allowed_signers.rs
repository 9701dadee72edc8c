//! Files of trusted keys: PEM, OpenSSH public keys, and ssh-keygen's
//! allowed-signers (`man ssh-keygen`, ALLOWED SIGNERS).

use crate::attest::keys::{KeyError, PublicKey};
use crate::attest::trusted_key::TrustedKey;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The namespace that an allowed-signers line must permit, if it names any.
pub const NAMESPACE: &str = "airgo-bundle@v1";

const PEM_END: &str = "-----END PUBLIC KEY-----";

/// The ed25519 keys of a trust file, of any of the three kinds.
pub fn parse(text: &str) -> Result<Vec<TrustedKey>, KeyError> {
    if text.contains("PRIVATE KEY-----") {
        return Err(KeyError::PrivateGiven);
    }
    let mut keys = Vec::new();
    let mut other = None;
    if text.trim_start().starts_with("-----BEGIN ") {
        for block in text.split_inclusive(PEM_END).filter(|b| !b.trim().is_empty()) {
            keys.push(TrustedKey::new(PublicKey::parse(block)?, None));
        }
        return Ok(keys);
    }
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let at = |message: &str| KeyError::Malformed(format!("line {}: {message}", number + 1));
        match parse_line(line, &at)? {
            Line::Key(key) => keys.push(*key),
            Line::Other(algorithm) => other = Some(algorithm),
            Line::Elsewhere => {}
        }
    }
    match (keys.is_empty(), other) {
        (false, _) => Ok(keys),
        (true, Some(algorithm)) => Err(KeyError::Algorithm(algorithm)),
        (true, None) => Err(KeyError::Unrecognised),
    }
}

enum Line {
    Key(Box<TrustedKey>),
    /// A key of another algorithm.
    Other(String),
    /// A key for other namespaces only.
    Elsewhere,
}

fn is_key_type(word: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-"].iter().any(|p| word.starts_with(p))
}

fn parse_line(line: &str, at: &dyn Fn(&str) -> KeyError) -> Result<Line, KeyError> {
    let words = split_words(line).ok_or_else(|| at("a quote is not closed"))?;
    let kind = words.iter().position(|w| is_key_type(w)).filter(|k| *k <= 2);
    let kind = kind.ok_or(KeyError::Unrecognised)?;
    let blob = words.get(kind + 1).ok_or_else(|| at("the key is missing"))?;
    if words[kind] != "ssh-ed25519" {
        return Ok(Line::Other(words[kind].clone()));
    }
    let key = PublicKey::from_ssh_base64(blob)?;
    let comment = words.get(kind + 2..).filter(|w| !w.is_empty()).map(|w| w.join(" "));
    let mut trusted = TrustedKey::new(key, if kind == 0 { comment } else { Some(words[0].clone()) });
    if kind == 2 {
        for option in split_options(&words[1]) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let value = value.trim_matches('"');
            match name.to_ascii_lowercase().as_str() {
                "namespaces" if !value.split(',').any(|p| matches(p, NAMESPACE)) => {
                    return Ok(Line::Elsewhere);
                }
                "namespaces" => {}
                "valid-after" => trusted.valid_after = Some(moment(value).ok_or_else(|| at("bad time"))?),
                "valid-before" => trusted.valid_before = Some(moment(value).ok_or_else(|| at("bad time"))?),
                "cert-authority" => return Err(at("certificate authorities are not supported")),
                other => return Err(at(&format!("unknown option {other:?}"))),
            }
        }
    }
    Ok(Line::Key(Box::new(trusted)))
}

/// Words between spaces; a quoted part may hold spaces. Quotes around a whole
/// word are dropped, those inside an option stay.
fn split_words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in line.chars().chain([' ']) {
        match c {
            '"' => {
                quoted = !quoted;
                word.push(c);
            }
            ' ' | '\t' if !quoted => {
                if !word.is_empty() {
                    let bare = word.strip_prefix('"').and_then(|w| w.strip_suffix('"'));
                    words.push(bare.unwrap_or(&word).to_owned());
                    word.clear();
                }
            }
            _ => word.push(c),
        }
    }
    (!quoted).then_some(words)
}

/// Options between commas that are not inside quotes.
fn split_options(text: &str) -> Vec<&str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .filter(|o| !o.is_empty())
    .collect()
}

/// OpenSSH's wildcard: `*` for any run, `?` for one character. Only the last `*`
/// is ever stretched, since no earlier one has to be: the time is bounded by the
/// product of the lengths, whoever wrote the file.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => (p, t) = (p + 1, t + 1),
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                (p, t) = (at + 1, from + 1);
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// `YYYYMMDD[HHMM[SS]][Z]`. Without Z OpenSSH takes the machine's own time zone;
/// here it is UTC everywhere, so that a file means the same on every machine.
fn moment(text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z').unwrap_or(text);
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = |at: usize, len: usize| digits.get(at..at + len).map_or(Some(0), |d| d.parse::<i16>().ok());
    let small = |at| number(at, 2).and_then(|n| i8::try_from(n).ok());
    let time =
        DateTime::new(number(0, 4)?, small(4)?, small(6)?, small(8)?, small(10)?, small(12)?, 0).ok()?;
    time.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_those_of_openssh() {
        for pattern in ["*", "airgo-bundle@v1", "airgo*", "*@v1", "a*o-*@v?", "**v1**", "air?o-bundle@v1"] {
            assert!(matches(pattern, NAMESPACE), "{pattern}");
        }
        for pattern in ["", "?", "airgo", "*x*", "airgo-bundle@v1?", "a*o-*@v?x", "git"] {
            assert!(!matches(pattern, NAMESPACE), "{pattern}");
        }
        assert!(matches("", "") && matches("**", "") && !matches("?", ""));
    }

    /// Found by fuzzing: each star doubled the time.
    #[test]
    fn many_stars_cost_no_time() {
        let stars = "*".repeat(4000);
        assert!(!matches(&format!("airg{stars}x"), NAMESPACE));
        assert!(matches(&format!("airg{stars}1"), NAMESPACE));
    }
}
