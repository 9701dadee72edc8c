//! Build constraints: `//go:build` expressions and the older `// +build`
//! lines (go/build/constraint).

use std::fmt;

/// Whether something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// That hangs on what is not known.
    Maybe,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

impl Truth {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Maybe,
        }
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    /// The contrary.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "beside `and` and `or`, which are no operators")]
    pub fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
        }
    }
}

/// A build constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// A tag.
    Tag(String),
    /// `!x`
    Not(Box<Self>),
    /// `x && y`
    And(Box<Self>, Box<Self>),
    /// `x || y`
    Or(Box<Self>, Box<Self>),
}

/// How many operands an expression may have, as in Go; parentheses cannot nest
/// deeper either.
const MAX_OPERANDS: usize = 1000;
/// How many operators a `// +build` line may have, as in Go.
const MAX_PLUS_OPERATORS: usize = 100;

impl Expr {
    /// Whether it holds, where `has` says it of each tag.
    pub fn evaluate(&self, has: &dyn Fn(&str) -> Truth) -> Truth {
        match self {
            Self::Tag(tag) => has(tag),
            Self::Not(x) => x.evaluate(has).not(),
            Self::And(x, y) => x.evaluate(has).and(y.evaluate(has)),
            Self::Or(x, y) => x.evaluate(has).or(y.evaluate(has)),
        }
    }

    /// Reads what is behind `//go:build`, or what `Display` writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parser = Parser { rest: text, operands: 0 };
        let expr = parser.or()?;
        parser.skip();
        parser.rest.is_empty().then_some(expr)
    }

    /// Reads what is behind `// +build`: words are alternatives, commas join
    /// what must all hold. What is not a tag counts as `ignore`. `None` where
    /// the line is too complex: Go then passes over it.
    pub(crate) fn parse_plus(text: &str) -> Option<Self> {
        let tag = |tag: &str| {
            let valid = !tag.is_empty() && tag.chars().all(is_tag);
            Self::Tag(if valid { tag } else { "ignore" }.to_owned())
        };
        let literal = |text: &str| match text.strip_prefix('!') {
            Some(rest) if rest.is_empty() || rest.starts_with('!') => tag(""),
            Some(rest) => Self::Not(Box::new(tag(rest))),
            None => tag(text),
        };
        let words = text.split_whitespace().count();
        if words.saturating_sub(1) + text.matches(',').count() > MAX_PLUS_OPERATORS {
            return None;
        }
        let word =
            |word: &str| word.split(',').map(literal).reduce(|x, y| Self::And(Box::new(x), Box::new(y)));
        let alternatives = text.split_whitespace().filter_map(word);
        Some(alternatives.reduce(|x, y| Self::Or(Box::new(x), Box::new(y))).unwrap_or_else(|| tag("")))
    }
}

/// As in a `//go:build` line, with no more brackets than it needs.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = |x: &Self| match (self, x) {
            (Self::Not(_), Self::And(..) | Self::Or(..))
            | (Self::And(..), Self::Or(..))
            // Go refuses `!!x`.
            | (Self::Not(_), Self::Not(_)) => format!("({x})"),
            _ => x.to_string(),
        };
        match self {
            Self::Tag(tag) => f.write_str(tag),
            Self::Not(x) => write!(f, "!{}", inner(x)),
            Self::And(x, y) => write!(f, "{} && {}", inner(x), inner(y)),
            Self::Or(x, y) => write!(f, "{} || {}", inner(x), inner(y)),
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
    operands: usize,
}

impl Parser<'_> {
    fn or(&mut self) -> Option<Expr> {
        let mut expr = self.and()?;
        while self.take("||") {
            expr = Expr::Or(Box::new(expr), Box::new(self.and()?));
        }
        Some(expr)
    }

    fn and(&mut self) -> Option<Expr> {
        let mut expr = self.not()?;
        while self.take("&&") {
            expr = Expr::And(Box::new(expr), Box::new(self.not()?));
        }
        Some(expr)
    }

    fn not(&mut self) -> Option<Expr> {
        self.operands += 1;
        if self.operands > MAX_OPERANDS {
            return None;
        }
        // A second `!` is not an operand: Go refuses `!!x`.
        if self.take("!") { Some(Expr::Not(Box::new(self.atom()?))) } else { self.atom() }
    }

    fn atom(&mut self) -> Option<Expr> {
        if self.take("(") {
            let inner = self.or()?;
            return self.take(")").then_some(inner);
        }
        self.skip();
        let end = self.rest.find(|c| !is_tag(c)).unwrap_or(self.rest.len());
        let (tag, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!tag.is_empty()).then(|| Expr::Tag(tag.to_owned()))
    }

    fn skip(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip();
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        self.rest = rest;
        true
    }
}

fn is_tag(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}
