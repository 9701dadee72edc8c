//! SPDX licence expressions: `MIT OR (Apache-2.0 AND BSD-3-Clause)`.
//! <https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/>

use std::fmt;

/// Brackets within brackets; nobody writes more.
const MAX_DEPTH: usize = 16;

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expression {
    /// A licence, `WITH` its exception where it has one.
    Licence(String),
    /// Each of them has to be kept.
    And(Vec<Expression>),
    /// One of them may be chosen.
    Or(Vec<Expression>),
}

impl Expression {
    /// Reads an expression. The words of a licence are checked for their form
    /// alone.
    pub fn parse(text: &str) -> Result<Self, String> {
        let spaced = text.replace('(', " ( ").replace(')', " ) ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let mut parser = Parser { words: &words, depth: 0 };
        let expression = parser.any().ok_or_else(|| format!("{text:?} is no licence expression"))?;
        if parser.words.is_empty() {
            Ok(expression)
        } else {
            Err(format!("{text:?} is no licence expression"))
        }
    }

    /// All of some expressions, each once; None of none.
    pub fn all(parts: impl IntoIterator<Item = Expression>) -> Option<Self> {
        let flat = parts.into_iter().flat_map(|part| match part {
            Expression::And(inner) => inner,
            other => vec![other],
        });
        join(flat, Expression::And)
    }

    /// One of some expressions; None of none.
    pub fn any(parts: impl IntoIterator<Item = Expression>) -> Option<Self> {
        join(parts, Expression::Or)
    }

    /// Whether it can be kept with licences of which `f` holds.
    pub fn permits(&self, f: &mut dyn FnMut(&str) -> bool) -> bool {
        match self {
            Expression::Licence(id) => f(id),
            // Every part is asked, so that each list entry of use is known.
            Expression::And(parts) => parts.iter().filter(|part| !part.permits(f)).count() == 0,
            Expression::Or(parts) => parts.iter().filter(|part| part.permits(f)).count() > 0,
        }
    }

    /// Its licences, in the order of writing.
    pub fn licences(&self) -> Vec<&str> {
        match self {
            Expression::Licence(id) => vec![id],
            Expression::And(parts) | Expression::Or(parts) => {
                parts.iter().flat_map(Expression::licences).collect()
            }
        }
    }
}

fn join(
    parts: impl IntoIterator<Item = Expression>,
    into: fn(Vec<Expression>) -> Expression,
) -> Option<Expression> {
    let mut all: Vec<Expression> = parts.into_iter().collect();
    all.sort();
    all.dedup();
    if all.len() > 1 { Some(into(all)) } else { all.pop() }
}

struct Parser<'a> {
    words: &'a [&'a str],
    depth: usize,
}

impl Parser<'_> {
    /// OR binds weakest, then AND, then WITH.
    fn any(&mut self) -> Option<Expression> {
        let mut parts = vec![self.all()?];
        while self.take("OR") {
            parts.push(self.all()?);
        }
        Expression::any(parts)
    }

    fn all(&mut self) -> Option<Expression> {
        let mut parts = vec![self.one()?];
        while self.take("AND") {
            parts.push(self.one()?);
        }
        Expression::all(parts)
    }

    fn one(&mut self) -> Option<Expression> {
        if self.take("(") {
            self.depth += 1;
            let inner = if self.depth > MAX_DEPTH { None } else { self.any() };
            self.depth -= 1;
            return inner.filter(|_| self.take(")"));
        }
        let id = self.id()?.to_owned();
        if !self.take("WITH") {
            return Some(Expression::Licence(id));
        }
        let exception = self.id()?;
        Some(Expression::Licence(format!("{id} WITH {exception}")))
    }

    fn id(&mut self) -> Option<&str> {
        let (word, rest) = self.words.split_first()?;
        let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'+' | b':');
        if ["AND", "OR", "WITH"].contains(&word.to_uppercase().as_str()) || !word.bytes().all(good) {
            return None;
        }
        self.words = rest;
        Some(word)
    }

    /// Operators may be lower case.
    fn take(&mut self, wanted: &str) -> bool {
        match self.words.split_first() {
            Some((word, rest)) if word.eq_ignore_ascii_case(wanted) => {
                self.words = rest;
                true
            }
            _ => false,
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut join = |parts: &[Expression], word: &str| {
            for (position, part) in parts.iter().enumerate() {
                if position > 0 {
                    write!(f, " {word} ")?;
                }
                match part {
                    Expression::Licence(id) => f.write_str(id)?,
                    other => write!(f, "({other})")?,
                }
            }
            Ok(())
        };
        match self {
            Expression::Licence(_) => join(std::slice::from_ref(self), ""),
            Expression::And(parts) => join(parts, "AND"),
            Expression::Or(parts) => join(parts, "OR"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes() {
        let same = |text: &str, wanted: &str| {
            assert_eq!(Expression::parse(text).expect("an expression").to_string(), wanted);
        };
        same("MIT", "MIT");
        same("mit or apache-2.0", "apache-2.0 OR mit");
        same("MIT OR Apache-2.0 AND BSD-3-Clause", "MIT OR (Apache-2.0 AND BSD-3-Clause)");
        same("(MIT)AND(MIT)", "MIT");
        same("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0");
        for bad in ["", "MIT OR", "AND", "(MIT", "MIT)", "MIT Apache-2.0", "MIT WITH", "a/b", &"(".repeat(99)]
        {
            assert!(Expression::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn one_of_a_choice_is_enough() {
        let permits =
            |text: &str| Expression::parse(text).expect("an expression").permits(&mut |id| id == "MIT");
        assert!(permits("MIT OR GPL-3.0-only"));
        assert!(!permits("MIT AND GPL-3.0-only"));
        assert!(permits("(MIT AND MIT) OR (MIT AND GPL-3.0-only)"));
    }
}
